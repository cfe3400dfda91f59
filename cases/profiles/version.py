"""A version of a profile as the store keeps it: its text and the tables it names, under one digest."""

import re
from collections.abc import Iterable
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from msgspec import Struct

from cases.database import Row
from cases.errors import WrongUse
from domain.card_numbers import holds_card_number
from domain.instants import iso

# The name of the YAML file beside its tables, wherever a version is written to.
PROFILE_FILE = "profile.yaml"
# Text and tables of one version together; tables are sums over segments, not data.
LARGEST_BYTES = 8_000_000

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_REFERENCE = re.compile(rf"({_NAME.pattern})(?:@([1-9][0-9]{{0,8}}))?")


class Table(NamedTuple):
    """A table that a profile names: its path as written there, and what the file holds."""

    path: str
    body: bytes


class Content(Struct, frozen=True, kw_only=True):
    """What a profile says: the text of its YAML file, and the tables in the order of their paths."""

    name: str
    text: str
    tables: tuple[Table, ...] = ()

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return len(self.text.encode()) + sum(len(table.body) for table in self.tables)

    @property
    def digest(self) -> str:
        """The SHA-256 of what `sha256sum profile.yaml TABLES` prints, tables in the order of their paths."""
        files = [(PROFILE_FILE, self.text.encode()), *sorted(self.tables)]
        return sha256("".join(f"{digest_of(body)}  {path}\n" for path, body in files).encode()).hexdigest()


class Version(Struct, frozen=True, kw_only=True):
    """One version of a profile. Times are milliseconds since 1970; `tables` gives a digest for each path."""

    name: str
    number: int
    digest: str
    tables: dict[str, str]
    parent: int | None
    author: str
    role: str
    at_ms: int
    reason: str

    @property
    def what(self) -> str:
        """Name it as `Reference.parse` reads it."""
        return f"{self.name}@{self.number}"


class Reference(NamedTuple):
    """A profile, or one version of it, as people write it: `card_risk` or `card_risk@2`."""

    name: str
    number: int | None = None

    def __str__(self) -> str:
        """Write it as `parse` reads it."""
        return self.name if self.number is None else f"{self.name}@{self.number}"

    @classmethod
    def parse(cls, text: str) -> "Reference":
        """Read one. Raises WrongUse for anything else."""
        found = _REFERENCE.fullmatch(text)
        if found is None:
            raise WrongUse(f"{text[:80]!r} names no profile; write NAME, or NAME@2 for its second version")
        return cls(found[1], int(found[2]) if found[2] else None)


def digest_of(body: bytes) -> str:
    """Give the SHA-256 of a file."""
    return sha256(body).hexdigest()


def checked(content: Content) -> Content:
    """Give what can be kept, its tables in order.

    Raises WrongUse for a name that is none, tables that do not lie beside the profile, a card number in the
    text, and what is too large.
    """
    if not _NAME.fullmatch(content.name):
        raise WrongUse(
            f"{content.name!r} is no name of a profile; write a-z, 0-9 and _, at most 64, a-z first"
        )
    for table in content.tables:
        path = PurePosixPath(table.path)
        if path.is_absolute() or ".." in path.parts or str(path) != table.path or not path.name:
            raise WrongUse(
                f"the table {table.path} does not lie beside the profile; put it into the profile's folder, "
                "or one below, and name it by its path from there"
            )
        if path.parts[0] == PROFILE_FILE:
            raise WrongUse(f"a table cannot be named {PROFILE_FILE}, as the profile itself is; rename it")
    if holds_card_number(content.text):
        raise WrongUse("the profile holds a card number; take it out, cards go by their tokens")
    if content.size > LARGEST_BYTES:
        raise WrongUse(
            f"the profile and its tables have {content.size:,} bytes, and the store keeps up to "
            f"{LARGEST_BYTES:,} of a version; learn tables with fewer segments"
        )
    return Content(name=content.name, text=content.text, tables=tuple(sorted(content.tables)))


def versions_of(rows: Iterable[Row], tables: Iterable[Row]) -> tuple[Version, ...]:
    """Give the versions that rows of the store hold."""
    digests: dict[tuple[str, int], dict[str, str]] = {}
    for table in tables:
        digests.setdefault((table["name"], table["number"]), {})[table["path"]] = table["digest"]
    return tuple(
        Version(
            name=row["name"],
            number=row["number"],
            digest=row["digest"],
            tables=digests.get((row["name"], row["number"]), {}),
            parent=row["parent"],
            author=row["author"],
            role=row["role"],
            at_ms=row["at_ms"],
            reason=row["reason"],
        )
        for row in rows
    )


def version_record(version: Version) -> dict[str, Any]:
    """Give a version as one JSON object, with its time in ISO 8601 (UTC)."""
    return {
        "profile": version.name,
        "number": version.number,
        "digest": version.digest,
        "tables": version.tables,
        "parent": version.parent,
        "author": version.author,
        "role": version.role,
        "at": iso(version.at_ms),
        "reason": version.reason,
    }
