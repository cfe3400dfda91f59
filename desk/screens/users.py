"""Users: who may sign in and as what, their sessions and programs; one proposes, another approves."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from cases.accounts.users import AccountChange, Proposed, User
from cases.who import Right, Role
from desk.context import Context
from desk.guarding import Needs
from desk.telling import see, told
from desk.wording import LANGUAGES, say

router = APIRouter()

_SEES = (Right.PROPOSE_USER, Right.APPROVE_USER, Right.READ_AUDIT)
Any = Annotated[Context, Needs()]
Keeper = Annotated[Context, Needs(Right.PROPOSE_USER, Right.APPROVE_USER)]
_PEOPLE = tuple(role for role in Role if role is not Role.SYSTEM)
_Words = Annotated[str, Form(max_length=500)]


@router.get("/users")
def page(here: Any) -> Response:
    """List the users for who keeps them or reads the audit; everybody else has an account to look after."""
    if not any(here.may(right) for right in _SEES):
        return see(here, "/me")
    users = here.store.accounts.users(here.who)
    open_sessions = here.store.accounts.sessions(here.who, everybody=True, now_ms=here.now_ms)
    return here.page(
        "users/users.html",
        users=users,
        last=here.store.accounts.last_signed_in(here.who),
        sessions={user.name: sum(each.user.name == user.name for each in open_sessions) for user in users},
        waiting=here.store.accounts.changes(here.who, waiting=True),
        roles=_PEOPLE,
        languages=LANGUAGES,
    )


@router.get("/users/{name}")
def user(here: Annotated[Context, Needs(*_SEES)], name: str) -> Response:
    """Show a user with sessions, programs and what was decided about them."""
    return _user(here, here.store.accounts.user(name))


@router.post("/users/add")
def add(
    here: Keeper,
    name: _Words,
    role: Annotated[Role, Form()],
    reason: _Words,
    language: Annotated[str, Form()] = "en",
    team: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Propose a user; the invitation is shown once, for the person."""
    made = here.store.accounts.propose_user(
        here.who, name, role, here.now_ms, reason, language=language, team=team
    )
    return _invited(here, made)


@router.post("/users/reset")
def reset(here: Keeper, name: _Words, reason: _Words) -> Response:
    """Propose that a user set password and codes anew; the invitation is shown once, for the person."""
    return _invited(here, here.store.accounts.reset(here.who, name, here.now_ms, reason))


@router.post("/users/role")
def change_role(
    here: Keeper,
    name: _Words,
    role: Annotated[Role, Form()],
    reason: _Words,
    team: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Propose another role, or another team."""
    return _proposed(
        here, here.store.accounts.change_role(here.who, name, role, here.now_ms, reason, team=team)
    )


@router.post("/users/enable")
def enable(here: Keeper, name: _Words, reason: _Words) -> Response:
    """Propose that a disabled user come back."""
    return _proposed(here, here.store.accounts.enable(here.who, name, here.now_ms, reason))


@router.post("/users/disable")
def disable(here: Keeper, name: _Words, reason: _Words) -> Response:
    """Let a user in no longer, at once."""
    found = here.store.accounts.disable(here.who, name, here.now_ms, reason)
    return _done(here, found, "users.was_disabled")


@router.post("/users/sign-out")
def sign_out(here: Keeper, name: _Words) -> Response:
    """End all sessions of a user."""
    here.store.accounts.revoke_all(here.who, name, here.now_ms)
    return _done(here, here.store.accounts.user(name), "users.was_signed_out")


def _proposed(here: Context, change: AccountChange) -> Response:
    """Go where it waits for its second person."""
    if here.may(Right.READ_CASES):
        return see(here, "/approvals", item=f"user:{change.name}")
    return see(here, "/users")


def _done(here: Context, found: User, words: str) -> Response:
    if not here.by_htmx:
        return see(here, f"/users/{found.name}")
    return told(_user(here, found), say(here.language, words, name=found.name))


def _invited(here: Context, made: Proposed) -> Response:
    template = "users/invited_part.html" if here.by_htmx else "users/invited.html"
    address = here.request.url_for("invitation").include_query_params(token=made.invitation)
    return here.page(template, change=made.change, address=str(address))


def _user(here: Context, found: User) -> Response:
    everybody = here.store.accounts.sessions(here.who, everybody=True, now_ms=here.now_ms)
    tokens = here.store.accounts.tokens(here.who, everybody=True)
    changes = here.store.accounts.changes(here.who)
    return here.page(
        "users/user_part.html" if here.by_htmx else "users/user.html",
        user=found,
        sessions=[each for each in everybody if each.user.name == found.name],
        tokens=[each for each in tokens if each.owner == found.name],
        changes=[each for each in reversed(changes) if each.name == found.name][:20],
        last_ms=here.store.accounts.last_signed_in(here.who).get(found.name),
        roles=_PEOPLE,
    )
