"""Numbers in full: with a reason, to who holds the case, for half a minute, on record before it is seen."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse

from cases.reveals import RevealReason, Wanted
from cases.who import Right
from desk.bank.vault import NumberKind, VaultAway
from desk.context import Context
from desk.errors import Away
from desk.guarding import Needs
from desk.revealing import reveal as reveal_digits

router = APIRouter()

SHOWN_S = 30


@router.post("/cases/{case_id}/reveal")
def reveal(
    here: Annotated[Context, Needs(Right.REVEAL_NUMBERS)],
    case_id: str,
    kind: Annotated[NumberKind, Form()],
    handle: Annotated[str, Form(max_length=128)],
    reason: Annotated[RevealReason, Form()],
    words: Annotated[str, Form(max_length=200)] = "",
) -> HTMLResponse:
    """Show a number; the answer is the only place where its digits ever are."""
    wanted = Wanted(kind=kind, handle=handle, reason=reason, words=words)
    try:
        digits = reveal_digits(here, case_id, wanted)
    except VaultAway as error:
        raise Away(str(error)) from None
    template = "case/revealed.html" if here.by_htmx else "case/revealed_page.html"
    answer = here.page(template, digits=digits, kind=kind, case_id=case_id, shown_s=SHOWN_S)
    if not here.by_htmx:
        # Without scripts the browser goes back to the masked page by itself.
        answer.headers["Refresh"] = f"{SHOWN_S}; url=/cases/{case_id}"
    return answer
