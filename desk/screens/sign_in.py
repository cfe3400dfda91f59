"""Signing in and out, and the lock that a session falls into when nobody is there."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from cases.accounts.policy import PEOPLE
from cases.accounts.sessions import SignedIn
from cases.errors import LockedOut, NotFound, SignInRefused
from cases.who import Role
from desk.context import Context
from desk.demo import ISSUER
from desk.errors import TooOften
from desk.guarding import Anybody, Needs, cookie_name

router = APIRouter()

_MINUTE_MS = 60_000
_HOURS_S = 12 * 3600


@router.get("/sign-in")
def page(here: Annotated[Context, Anybody()], next: str = "/") -> Response:  # noqa: A002 - the query's name
    """Ask who it is; who is signed in goes on."""
    if here.session is not None and not here.session.locked:
        return RedirectResponse(within(next), 303)
    return asked(here, next)


@router.post("/sign-in")
def sign_in(
    here: Annotated[Context, Anybody()],
    name: Annotated[str, Form()],
    password: Annotated[str, Form()],
    code: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    """Begin a session with a token that was never used before."""
    not_too_often(here)
    try:
        signed_in = here.store.accounts.sign_in(
            name, password, code, here.now_ms, ip=address_of(here), agent=agent_of(here)
        )
    except (SignInRefused, LockedOut) as error:
        return here.page(
            "sign_in/sign_in.html",
            status=401,
            next=within(next),
            words=here.words_of(error),
            name=name,
            roles=PEOPLE,
        )
    return with_cookie(here, signed_in, RedirectResponse(within(next), 303))


@router.post("/demo/enter")
def enter_demo(here: Annotated[Context, Anybody()], role: Annotated[Role, Form()]) -> Response:
    """Begin a session of a demo in a role; there is no such page where there is no demo."""
    if not here.desk.settings.demo:
        raise NotFound("this desk is no demo; sign in instead")
    not_too_often(here)
    signed_in = here.store.accounts.from_identity(
        ISSUER,
        role,
        f"{ISSUER}-{role}",
        [f"{ISSUER}:{role}"],
        here.now_ms,
        ip=address_of(here),
        agent=agent_of(here),
    )
    return with_cookie(here, signed_in, RedirectResponse("/", 303))


@router.post("/sign-out")
def sign_out(here: Annotated[Context, Needs()]) -> Response:
    """End the session."""
    here.store.accounts.sign_out(_token(here), here.now_ms)
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(cookie_name(here.desk), path="/", secure=here.desk.settings.secure, httponly=True)
    return answer


@router.post("/lock")
def lock(here: Annotated[Context, Needs()]) -> Response:
    """Lock the session; the page keeps what was typed."""
    here.store.accounts.lock(_token(here), here.now_ms)
    return Response(status_code=423, headers={"HX-Trigger": "desk:locked"})


@router.get("/locked")
def locked(here: Annotated[Context, Anybody()], next: str = "/") -> Response:  # noqa: A002
    """Ask for the password of a session that is locked."""
    if here.session is None or not here.session.locked:
        return RedirectResponse(within(next), 303)
    return here.page("sign_in/locked.html", next=within(next), words="")


@router.post("/unlock")
def unlock(
    here: Annotated[Context, Anybody()],
    password: Annotated[str, Form()],
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    """Go on with a session that was locked, under a new token."""
    not_too_often(here)
    try:
        signed_in = here.store.accounts.unlock(_token(here), password, here.now_ms)
    except (SignInRefused, LockedOut) as error:
        template = "sign_in/unlock_form.html" if here.by_htmx else "sign_in/locked.html"
        return here.page(template, status=401, next=within(next), words=here.words_of(error))
    if here.by_htmx:
        answer = Response(status_code=204, headers={"HX-Trigger": "desk:unlocked"})
    else:
        answer = RedirectResponse(within(next), 303)
    return with_cookie(here, signed_in, answer)


def within(path: str) -> str:
    """Give a path of ours to go to next; anything that leads elsewhere becomes the first page."""
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and "\n" not in path
    return path if ours else "/"


def asked(here: Context, path: str, *, status: int = 200, words: str = "", name: str = "") -> Response:
    """Ask for who it is, with `words` on what went wrong."""
    values = {"next": within(path), "words": words, "name": name, "roles": PEOPLE}
    return here.page("sign_in/sign_in.html", status=status, **values)


def with_cookie(here: Context, signed_in: SignedIn, answer: Response) -> Response:
    """Let the browser keep the token of a session that began."""
    answer.set_cookie(
        cookie_name(here.desk),
        signed_in.token,
        max_age=_HOURS_S,
        path="/",
        secure=here.desk.settings.secure,
        httponly=True,
        samesite="strict",
    )
    return answer


def _token(here: Context) -> str:
    return here.request.cookies.get(cookie_name(here.desk), "")


def not_too_often(here: Context) -> None:
    """Raise TooOften for an address from which too many try."""
    if not here.desk.rates.take(f"sign-in:{address_of(here)}", here.now_ms, most=20, per_ms=_MINUTE_MS):
        raise TooOften("too many attempts from here; wait a minute")


def address_of(here: Context) -> str:
    """Give where somebody comes from."""
    return here.request.client.host if here.request.client else ""


def agent_of(here: Context) -> str:
    """Give what their browser calls itself."""
    return here.request.headers.get("user-agent", "")[:120]
