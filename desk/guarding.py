"""Who may open which page: a route gets its request's context from here, or not at all.

An endpoint asks for `Annotated[Context, Needs(Right.READ_CASES)]`; without that it knows neither the
store nor who asks. Whether an act is allowed is decided once more in the service that does it.
"""

from fastapi import Depends, Request
from fastapi.params import Depends as DependsParam

from cases.accounts.sessions import Session
from cases.errors import NotAllowed
from cases.who import RIGHTS, Right
from desk.context import Context, Desk
from desk.errors import Locked, SignedOut

COOKIE = "sid"
SECURE_COOKIE = "__Host-sid"
# By which open pages hear of changes: answers that never end.
STREAMS = ("/live", "/wallboard/live")


class Guard:
    """Lets a request through that has a session, and one of some rights where they are named."""

    def __init__(self, rights: tuple[Right, ...], *, signed_in: bool = True, locked: bool = False) -> None:
        """Let through who has any of `rights`; `locked` lets a locked session in, not `signed_in` anybody."""
        self.rights = rights
        self.signed_in = signed_in
        self.locked = locked

    def __call__(self, request: Request) -> Context:
        """Give the context. Raises SignedOut, Locked, NotAllowed."""
        desk: Desk = request.app.state.desk
        session = session_of(desk, request)
        if session is None and self.signed_in:
            raise SignedOut
        if session is not None and session.locked and not self.locked:
            raise Locked
        if session is not None and self.rights and not RIGHTS[session.user.role] & set(self.rights):
            words = " or ".join(right.replace("_", " ") for right in self.rights)
            raise NotAllowed(
                f"{session.user.name} ({session.user.role}) may not {words}; ask a lead"
            ).known_as("not_allowed", name=session.user.name, role=session.user.role.value)
        return Context(desk, request, session)


def Needs(*rights: Right) -> DependsParam:  # noqa: N802 - read as a type's annotation
    """Ask for a person who is signed in and has one of `rights`; without any, whoever is signed in."""
    found: DependsParam = Depends(Guard(rights))
    return found


def Anybody(*, locked: bool = True) -> DependsParam:  # noqa: N802
    """Ask for nobody: pages for signing in and unlocking."""
    found: DependsParam = Depends(Guard((), signed_in=False, locked=locked))
    return found


def session_of(desk: Desk, request: Request) -> Session | None:
    """Give the session of a request's cookie; a stream that waits for changes is no sign of a person."""
    token = request.cookies.get(cookie_name(desk))
    if not token:
        return None
    # What pages ask by themselves says so, and keeps no session from locking.
    by_itself = request.headers.get("X-By-Itself") == "1" or request.url.path in STREAMS
    return desk.store.accounts.session(token, desk.clock(), touch=not by_itself)


def cookie_name(desk: Desk) -> str:
    """Give the cookie's name: with TLS one that browsers guard."""
    return SECURE_COOKIE if desk.settings.secure else COOKIE
