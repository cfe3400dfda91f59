"""Numbers in full: asked of the vault, and put on record before anybody sees them."""

from cases.reveals import RevealedTooOften, Wanted
from desk.bank.vault import Purpose
from desk.context import Context
from desk.errors import TooOften


def reveal(here: Context, case_id: str, wanted: Wanted) -> str:
    """Give a number's digits, for the answer to this one request.

    Raises what the store's record of reveals does, TooOften, and VaultAway, with which nothing was shown.
    """
    most = here.desk.settings.reveals_per_hour
    purpose = Purpose(agent=here.who.name, case=case_id, reason=wanted.reason.value)
    try:
        here.store.reveals.check(case_id, wanted, here.who, here.now_ms, most)
        digits = here.desk.vault.reveal_number(wanted.handle, wanted.kind, purpose)
        here.store.reveals.record(case_id, wanted, here.who, here.now_ms, most)
    except RevealedTooOften as error:
        raise TooOften(str(error)) from error
    return digits
