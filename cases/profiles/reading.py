"""What the store holds about profiles, read inside the caller's `reading` or `writing`."""

from typing import NamedTuple

from cases.database import Database
from cases.errors import NotFound
from cases.profiles.version import Content, Reference, Table, Version, versions_of
from cases.profiles.vouching import check_version
from cases.signing_off.change import Change
from cases.signing_off.ledger import Ledger, latest
from domain.instants import iso


class InForce(NamedTuple):
    """A version that is in force, and the change that brought it."""

    version: Version
    change: Change


def versions(db: Database, name: str | None) -> tuple[Version, ...]:
    """Give the versions of a profile, or of all, the first one first."""
    return versions_of(db.rows("profile_versions", name=name), db.rows("profile_tables", name=name))


def ledger(db: Database) -> Ledger:
    """Give where proposals about profiles are kept."""
    return Ledger(db, "profile")


def get(db: Database, reference: Reference) -> Version:
    """Give a version: the one in force where none is numbered. Raises NotFound."""
    if reference.number is None:
        return in_force(db, reference.name).version
    return named(versions(db, reference.name), reference)


def content(db: Database, version: Version) -> Content:
    """Give what a version says. Raises StoreError unless it is what was added."""
    text = db.rows("profile_text", name=version.name, number=version.number)[0]["text"]
    bodies = db.rows("profile_bodies", name=version.name, number=version.number)
    tables = tuple(Table(row["path"], bytes(row["body"])) for row in bodies)
    found = Content(name=version.name, text=text, tables=tables)
    check_version(db, version, found)
    return found


def in_force(db: Database, name: str, at_ms: int | None = None) -> InForce:
    """Give the version that is in force now, or was at a time. Raises NotFound, and StoreError if altered."""
    there = versions(db, name)
    if not there:
        raise no_profile(name)
    all_changes = ledger(db).changes(name)
    ledger(db).check_approvals(name, all_changes)
    found = latest(all_changes, at_ms)
    if found is None:
        when = "is in force" if at_ms is None else f"was in force at {iso(at_ms)}"
        last = there[-1]
        raise NotFound(f"no version of {name} {when}; name one, as {last.what}, or promote it")
    ledger(db).check(found)
    return InForce(named(there, Reference(name, found.number)), found)


def named(among: tuple[Version, ...], reference: Reference) -> Version:
    """Give the version with the number that a reference has. Raises NotFound."""
    for version in among:
        if version.number == reference.number:
            return version
    if not among:
        raise no_profile(reference.name)
    raise NotFound(f"there is no {reference}; {reference.name} has versions 1 to {len(among)}")


def no_profile(name: str) -> NotFound:
    """Say that there is no profile of this name."""
    return NotFound(f"there is no profile {name!r} in this store; `riskdesk profile list` shows their names")
