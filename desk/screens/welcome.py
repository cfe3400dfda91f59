"""Pages for who has no account yet, or is to set password and codes anew: nobody else ever knows either."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from fastapi.responses import Response

from cases.accounts.enrolling import FIRST_ROLES
from cases.errors import NotPossible, WrongUse
from cases.who import Role
from desk.context import Context
from desk.enrolment import picture, secret_words
from desk.errors import TooOften
from desk.guarding import Anybody
from desk.screens.me import ZONES
from desk.wording import LANGUAGES, say

router = APIRouter()

Guest = Annotated[Context, Anybody()]
_Token = Annotated[str, Query(max_length=200)]
_MINUTE_MS = 60_000
_A_MINUTE = 20


@router.get("/first")
def first(here: Guest, token: _Token = "") -> Response:
    """Ask the very first user for a name and a password."""
    return _ask(here, token)


@router.get("/welcome")
def invitation(here: Guest, token: _Token = "") -> Response:
    """Ask who was invited for a password."""
    return _ask(here, token)


@router.post("/welcome/set")
def set_up(
    here: Guest,
    token: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form()],
    again: Annotated[str, Form()],
    language: Annotated[str, Form()],
    time_zone: Annotated[str, Form(max_length=64)],
    name: Annotated[str | None, Form(max_length=64)] = None,
    role: Annotated[Role | None, Form()] = None,
) -> Response:
    """Keep a password, and show what the authenticator is to read and the codes to write down."""
    _not_too_often(here)
    if password != again:
        raise WrongUse(say(here.language, "welcome.not_the_same"))
    made = here.store.accounts.accept(
        token, name, password, here.now_ms, role, language=language, time_zone=time_zone.strip()
    )
    uri = made.totp_uri
    if not uri:
        return _page(here, "done", name=made.user.name)
    return _page(here, "codes", made=made, token=token, picture=picture(uri), secret=secret_words(uri))


@router.post("/welcome/confirm")
def confirm(
    here: Guest,
    token: Annotated[str, Form(max_length=200)],
    code: Annotated[str, Form(max_length=24)],
) -> Response:
    """See that the authenticator has it; from then on the person can sign in."""
    _not_too_often(here)
    return _page(here, "done", name=here.store.accounts.confirm_totp(token, code, here.now_ms).name)


def _ask(here: Context, token: str) -> Response:
    _not_too_often(here)
    try:
        user = here.store.accounts.invited(token, here.now_ms)
    except NotPossible as refusal:
        return here.page("welcome/welcome.html", status=404, part="over", words=str(refusal))
    return _page(here, "ask", token=token, user=user, roles=FIRST_ROLES, languages=LANGUAGES, zones=ZONES)


def _page(here: Context, part: str, **values: Any) -> Response:
    template = f"welcome/{part}.html" if here.by_htmx else "welcome/welcome.html"
    return here.page(template, part=part, **values)


def _not_too_often(here: Context) -> None:
    address = here.request.client.host if here.request.client else ""
    if not here.desk.rates.take(f"welcome:{address}", here.now_ms, most=_A_MINUTE, per_ms=_MINUTE_MS):
        raise TooOften(say(here.language, "welcome.too_often"))
