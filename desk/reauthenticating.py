"""Once more who it is, before something of weight: a session that was left open decides nothing."""

from cases.errors import LockedOut, NotAllowed, SignInRefused
from desk.context import Context
from desk.errors import TooOften
from desk.guarding import cookie_name
from desk.wording import say

_MINUTE_MS = 60_000
_A_MINUTE = 10
# Who comes by the bank's own sign-in has no password here: they prove themselves there, lately.
_LATELY_MS = 30 * _MINUTE_MS


def session_token(here: Context) -> str:
    """Give the token of the session that asks."""
    return here.request.cookies.get(cookie_name(here.desk), "")


def has_password(here: Context) -> bool:
    """Tell whether the person signs in by a password of this desk."""
    return here.session is not None and not here.session.user.issuer


def reauthenticate(here: Context, password: str) -> None:
    """See that whoever is at the session is its user.

    Raises NotAllowed for a wrong password, or for who was last asked long ago at the bank's own sign-in;
    LockedOut and TooOften for too many.
    """
    if here.session is not None and not has_password(here):
        proved_ms = max(here.session.began_ms, here.desk.proofs.last_ms(here.session.id))
        if not here.desk.settings.demo and here.now_ms - proved_ms > _LATELY_MS:
            raise NotAllowed(say(here.language, "review.sign_in_again", minutes=_LATELY_MS // _MINUTE_MS))
        return
    if not here.desk.rates.take(f"password:{here.who.name}", here.now_ms, most=_A_MINUTE, per_ms=_MINUTE_MS):
        raise TooOften(say(here.language, "review.password_too_often"))
    try:
        here.store.accounts.reauthenticate(session_token(here), password, here.now_ms)
    except LockedOut:
        raise
    except SignInRefused:
        raise NotAllowed(say(here.language, "review.password_wrong")) from None
