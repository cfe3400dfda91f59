"""What the parts of the accounts share: the store, the policy, and where random tokens come from."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from cases.accounts.policy import AccountPolicy
from cases.database import Database

_TOKEN_BYTES = 32


def random_token() -> str:
    """Make a token of 256 bits: what it is decides nothing, so that a replay need not make it again."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def token_hash(token: str) -> str:
    """Give what is kept of a token; it is too long to be found by trying, so that it takes no slow hash."""
    return sha256(token.encode()).hexdigest()


@dataclass(frozen=True)
class AccountsPart:
    """One part. Times are milliseconds since 1970; the caller says what time it is."""

    db: Database
    policy: AccountPolicy = field(default_factory=AccountPolicy)
    time_zone: str = "Asia/Shanghai"  # of users who have not chosen one
    token_source: Callable[[], str] = random_token
