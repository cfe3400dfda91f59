"""Users of a desk as tests need them: enrolled as people are, with an authenticator of their own."""

from typing import NamedTuple

from pyotp import parse_uri

from cases.accounts.codes import code_at
from cases.accounts.sessions import SignedIn
from cases.accounts.users import Enrolment
from cases.store import Store
from cases.who import Role, Who
from tests.cases.made import NOON_MS

PASSWORD = "four grey herons wading"
STEP_MS = 30_000


class Person(NamedTuple):
    """Somebody with a password and an authenticator."""

    name: str
    role: Role
    secret: str
    recovery_codes: tuple[str, ...]

    @property
    def who(self) -> Who:
        return Who(self.name, self.role)

    def code(self, at_ms: int) -> str:
        return code_at(self.secret, at_ms)


def secret_of(enrolment: Enrolment) -> str:
    return parse_uri(enrolment.totp_uri).secret


def enrol(store: Store, token: str, now_ms: int, name: str | None = None, role: Role | None = None) -> Person:
    """Accept an invitation and confirm it with a code."""
    enrolment = store.accounts.accept(token, name, PASSWORD, now_ms, role)
    secret = secret_of(enrolment)
    user = store.accounts.confirm_totp(token, code_at(secret, now_ms), now_ms)
    return Person(user.name, user.role, secret, enrolment.recovery_codes)


def first(store: Store, name: str = "opal", role: Role = Role.OPS, now_ms: int = NOON_MS) -> Person:
    """Make the first user."""
    token = store.accounts.first_token(now_ms)
    assert token is not None
    return enrol(store, token, now_ms, name, role)


def add(store: Store, maker: Person, checker: Person, name: str, role: Role, now_ms: int = NOON_MS) -> Person:
    """Add a user by two people, or by the first one alone."""
    made = store.accounts.propose_user(maker.who, name, role, now_ms, "new at the desk")
    assert made.invitation is not None
    store.accounts.approve_user(checker.who, name, now_ms)
    return enrol(store, made.invitation, now_ms)


class Team(NamedTuple):
    """Enough people for everything that takes two."""

    ops: Person
    lead: Person
    compliance: Person


def team(store: Store, now_ms: int = NOON_MS) -> Team:
    """Make the first user, who adds a lead and a compliance officer alone."""
    ops = first(store, now_ms=now_ms)
    lead = add(store, ops, ops, "lena", Role.LEAD, now_ms)
    return Team(ops, lead, add(store, ops, ops, "cora", Role.COMPLIANCE, now_ms))


def sign_in(store: Store, person: Person, now_ms: int) -> SignedIn:
    return store.accounts.sign_in(person.name, PASSWORD, person.code(now_ms), now_ms, ip="10.0.0.7")
