"""One's own account: language, time zone, password, sessions, and the programs that act for one."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from cases.accounts.tokens import RIGHTS_OF_SCOPE, ApiToken, Scope
from cases.errors import NotAllowed, SignInRefused, WrongUse
from cases.who import RIGHTS
from desk.context import Context
from desk.enrolment import picture, secret_words
from desk.guarding import Needs
from desk.reauthenticating import reauthenticate, session_token
from desk.telling import see, told
from desk.wording import LANGUAGES, say

router = APIRouter()

Person = Annotated[Context, Needs()]
_DAY_MS = 86_400_000
# What is offered; any zone there is may be typed.
ZONES = (
    "Asia/Shanghai", "Asia/Urumqi", "Asia/Hong_Kong", "Asia/Singapore", "Asia/Tokyo", "Europe/Berlin",
    "Europe/London", "America/New_York", "UTC",
)  # fmt: skip
_DAYS = (30, 90, 180, 365)


@router.get("/me")
def page(here: Person) -> Response:
    """Show the account."""
    return _page(here)


@router.post("/me/preferences")
def prefer(
    here: Person, language: Annotated[str, Form()], time_zone: Annotated[str, Form(max_length=64)]
) -> Response:
    """Set language and time zone."""
    here.store.accounts.prefer(here.who.name, language, time_zone.strip(), here.now_ms)
    return see(here, "/me")


@router.post("/me/password")
def change_password(
    here: Person,
    password: Annotated[str, Form()],
    new: Annotated[str, Form()],
    again: Annotated[str, Form()],
) -> Response:
    """Set another password; other sessions end."""
    if new != again:
        raise WrongUse(say(here.language, "welcome.not_the_same"))
    try:
        here.store.accounts.change_password(session_token(here), password, new, here.now_ms)
    except SignInRefused:
        raise NotAllowed(say(here.language, "review.password_wrong")) from None
    return _done(here, "users.password_changed")


@router.post("/me/codes")
def offer_codes(here: Person, password: Annotated[str, Form()]) -> Response:
    """Show what a new authenticator is to read; the old one holds until a code of the new one came."""
    try:
        offered = here.store.accounts.offer_codes(session_token(here), password, here.now_ms)
    except SignInRefused:
        raise NotAllowed(say(here.language, "review.password_wrong")) from None
    uri = offered.totp_uri
    template = "users/codes_part.html" if here.by_htmx else "users/codes.html"
    return here.page(
        template, sealed=offered.sealed, picture=picture(uri), secret=secret_words(uri), recovery=()
    )


@router.post("/me/codes/confirm")
def renew_codes(
    here: Person,
    sealed: Annotated[str, Form(max_length=500)],
    code: Annotated[str, Form(max_length=24)],
) -> Response:
    """Let the new authenticator replace the old one; new recovery codes are shown this once."""
    codes = here.store.accounts.renew_codes(session_token(here), sealed, code, here.now_ms)
    template = "users/codes_part.html" if here.by_htmx else "users/codes.html"
    return here.page(template, sealed="", picture="", secret="", recovery=codes)


@router.post("/me/sessions/end")
def end_session(here: Person, session: Annotated[str, Form(max_length=64)]) -> Response:
    """End a session: one's own, or somebody else's for who keeps the users."""
    here.store.accounts.revoke(here.who, session, here.now_ms)
    return _done(here, "users.session_ended")


@router.post("/me/sessions/end-others")
def end_others(here: Person) -> Response:
    """End all of one's sessions but this one."""
    here.store.accounts.revoke_all(here.who, here.who.name, here.now_ms)
    return _done(here, "users.session_ended")


@router.post("/me/tokens")
def make_token(
    here: Person,
    name: Annotated[str, Form(max_length=64)],
    days: Annotated[int, Form(ge=1, le=731)],
    scopes: Annotated[list[str] | None, Form()] = None,
    password: Annotated[str, Form()] = "",
) -> Response:
    """Let a program act; its secret is shown this once."""
    reauthenticate(here, password)
    made = here.store.accounts.make_token(
        here.who, name, tuple(scopes or ()), here.now_ms + days * _DAY_MS, here.now_ms
    )
    return _page(here, made)


@router.post("/me/tokens/revoke")
def revoke_token(here: Person, name: Annotated[str, Form(max_length=64)]) -> Response:
    """Let a program act no longer: one's own, or somebody else's for who keeps the users."""
    here.store.accounts.revoke_token(here.who, name, here.now_ms)
    return _done(here, "users.token_revoked")


def _done(here: Context, words: str) -> Response:
    if not here.by_htmx:
        return see(here, "/me")
    return told(_page(here), say(here.language, words))


def _page(here: Context, made: tuple[ApiToken, str] | None = None) -> Response:
    role = here.who.role
    return here.page(
        "users/me_part.html" if here.by_htmx else "users/me.html",
        user=here.store.accounts.user(here.who.name),
        sessions=here.store.accounts.sessions(here.who, now_ms=here.now_ms),
        tokens=here.store.accounts.tokens(here.who),
        scopes=[scope for scope in Scope if RIGHTS_OF_SCOPE[scope] & RIGHTS[role]],
        made=made,
        languages=LANGUAGES,
        zones=ZONES,
        days=_DAYS,
    )
