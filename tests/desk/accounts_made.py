"""People with a password of their own at the desk of a test, besides those of the bank's sign-in."""

from urllib.parse import parse_qs, urlsplit

from cases.accounts.codes import code_at
from cases.accounts.users import Enrolment
from cases.store import Store
from cases.who import Role, Who
from desk.guarding import COOKIE

PASSWORD = "lantern under seven bridges"


def secret_of(made: Enrolment) -> str:
    """What the authenticator of the person makes codes from."""
    return parse_qs(urlsplit(made.totp_uri).query)["secret"][0]


def first_user(store: Store, now_ms: int, name: str = "lena", role: Role = Role.LEAD) -> str:
    """Make the first user, and give what their authenticator has."""
    token = store.accounts.first_token(now_ms)
    assert token is not None
    made = store.accounts.accept(token, name, PASSWORD, now_ms, role)
    store.accounts.confirm_totp(token, code_at(secret_of(made), now_ms), now_ms)
    return secret_of(made)


def with_password(store: Store, browser, clock, name: str = "lena"):
    """A browser in which the first user is signed in by password and code."""
    secret = first_user(store, clock(), name)
    clock.now_ms += 60_000
    signed_in = store.accounts.sign_in(name, PASSWORD, code_at(secret, clock()), clock())
    client = browser("auditor", "somebody")
    client.cookies.set(COOKIE, signed_in.token)
    return client


LENA = Who("lena", Role.LEAD)
