"""Users as values: who they are, and what was proposed about them."""

import unicodedata
from enum import StrEnum
from typing import Any
from zoneinfo import available_timezones

import msgspec
import orjson
from msgspec import Struct

from cases.database import Database, Row
from cases.errors import NotFound, WrongUse
from cases.who import DESK_ITSELF, Role, Who
from domain.card_masking import mask_text
from domain.instants import iso

LANGUAGES = ("en", "zh")
# Programs act under names that begin so.
PROGRAM = "api:"
_MOST_CHARACTERS = 64


class ChangeKind(StrEnum):
    """What two people decide about a user."""

    ADD = "add"
    ROLE = "role"
    ENABLE = "enable"
    RESET = "reset"  # password and codes are to be set anew


class User(Struct, frozen=True, kw_only=True):
    """A person who may sign in; times are milliseconds since 1970.

    `enrolled_ms` is None until they have set password and codes, `issuer` empty but for who comes by the
    bank's own sign-in. `skills` are the kinds of tasks they are given; empty for those of their role.
    """

    name: str
    role: Role
    language: str
    time_zone: str
    team: str
    skills: tuple[str, ...]
    first: bool
    made_ms: int
    enrolled_ms: int | None = None
    disabled_ms: int | None = None
    issuer: str = ""

    @property
    def state(self) -> str:
        """Say in a word whether they may sign in."""
        if self.disabled_ms is not None:
            return "disabled"
        return "invited" if self.enrolled_ms is None else "active"


class AccountChange(Struct, frozen=True, kw_only=True):
    """What was proposed about a user, and what became of it; `alone` where the first user decided alone."""

    id: int
    name: str
    kind: ChangeKind
    role: Role | None
    team: str | None
    skills: tuple[str, ...] | None
    maker: str
    maker_role: Role
    at_ms: int
    reason: str
    verdict: str | None = None
    checker: str | None = None
    decided_ms: int | None = None
    note: str | None = None
    alone: bool = False

    @property
    def what(self) -> str:
        """Say what it is in a few words."""
        said = {
            ChangeKind.ADD: f"adding {self.name} as {self.role}",
            ChangeKind.ROLE: f"making {self.name} {self.role}",
            ChangeKind.ENABLE: f"letting {self.name} come back",
            ChangeKind.RESET: f"letting {self.name} set password and codes anew",
        }
        return said[self.kind]


class Proposed(Struct, frozen=True, kw_only=True):
    """A change that was proposed, and the token that lets the person in once it is approved."""

    change: AccountChange
    invitation: str | None = None


class Enrolment(Struct, frozen=True, kw_only=True):
    """What a person is shown once: for the authenticator, and the codes to write down.

    Where their role needs no codes `totp_uri` is empty, and they can sign in at once.
    """

    user: User
    totp_uri: str
    recovery_codes: tuple[str, ...]


def key_of(name: str) -> str:
    """Give a name in the one spelling by which users are told apart."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def checked_name(name: str) -> str:
    """Give a name as it is kept. Raises WrongUse for one that cannot be, or that riskdesk goes by."""
    said = unicodedata.normalize("NFKC", name).strip()
    if not 1 <= len(said) <= _MOST_CHARACTERS or not said.isprintable():
        raise WrongUse("a user needs a name of 1 to 64 characters that can be read")
    if mask_text(said) != said:
        raise WrongUse("a card number is nobody's name; choose another name")
    if key_of(said) == DESK_ITSELF.name or key_of(said).startswith(PROGRAM):
        raise WrongUse(f"{said!r} is what riskdesk and its programs go by; choose another name")
    return said


def check_preferences(language: str, time_zone: str) -> None:
    """Raise WrongUse for a language or time zone that there is not."""
    if language not in LANGUAGES:
        raise WrongUse(f"{language!r} is no language of the desk; allowed are: {', '.join(LANGUAGES)}")
    if time_zone not in available_timezones():
        raise WrongUse(f"{time_zone!r} is no time zone; write one as Asia/Shanghai")


def account_row(db: Database, name: str) -> Row | None:
    """Give what is kept of a user, however the name was typed; inside `reading` or `writing`."""
    rows = db.rows("accounts", name_key=key_of(name))
    return rows[0] if rows else None


def found_account(db: Database, name: str) -> Row:
    """Give what is kept of a user. Raises NotFound."""
    row = account_row(db, name)
    if row is None:
        raise NotFound(f"there is no user {name!r}; `riskdesk user list` shows their names")
    return row


def person_behind(db: Database, name: str) -> str:
    """Give who a record's name stands for: a program's owner, else the name itself; in one spelling.

    For whoever asks whether two are one person; inside `reading` or `writing`.
    """
    name_key = key_of(name)
    if not name_key.startswith(PROGRAM):
        return name_key
    tokens = db.rows("api_tokens", owner_key=None, name_key=name_key.removeprefix(PROGRAM))
    return str(tokens[0]["owner_key"]) if tokens else name_key


def user_of(row: Row) -> User:
    """Give the user that a row holds."""
    return User(
        name=row["name"],
        role=Role(row["role"]),
        language=row["language"],
        time_zone=row["time_zone"],
        team=row["team"],
        skills=tuple(orjson.loads(row["skills"])),
        first=bool(row["first"]),
        made_ms=row["made_ms"],
        enrolled_ms=row["enrolled_ms"],
        disabled_ms=row["disabled_ms"],
        issuer=row["issuer"] or "",
    )


def change_of(row: Row) -> AccountChange:
    """Give the change that a row holds."""
    return AccountChange(
        id=row["id"],
        name=row["name"],
        kind=ChangeKind(row["kind"]),
        role=row["role"] and Role(row["role"]),
        team=row["team"],
        skills=None if row["skills"] is None else tuple(orjson.loads(row["skills"])),
        maker=row["maker"],
        maker_role=Role(row["maker_role"]),
        at_ms=row["at_ms"],
        reason=row["reason"],
        verdict=row["verdict"],
        checker=row["checker"],
        decided_ms=row["decided_ms"],
        note=row["note"],
        alone=bool(row["alone"]),
    )


def as_who(user: User, session: str = "") -> Who:
    """Give the user as who does something."""
    return Who(user.name, user.role, session)


def user_record(user: User) -> dict[str, Any]:
    """Give a user as one JSON object, with times in ISO 8601 (UTC)."""
    return {**_with_times(user), "state": user.state}


def change_record(change: AccountChange) -> dict[str, Any]:
    """Give a change as one JSON object, with times in ISO 8601 (UTC)."""
    return {**_with_times(change), "verdict": change.verdict or "proposed"}


def _with_times(value: Struct) -> dict[str, Any]:
    """Write a value's fields, and each `x_ms` as `x_at`, or `at_ms` as `at`."""
    record: dict[str, Any] = {}
    for name, field in msgspec.to_builtins(value).items():
        if name.endswith("_ms"):
            said = "at" if name == "at_ms" else f"{name.removesuffix('_ms')}_at"
            record[said] = None if field is None else iso(field)
        else:
            record[name] = field
    return record
