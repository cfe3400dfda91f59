"""What the store holds about profiles, read inside the caller's `reading` or `writing`."""

from collections.abc import Iterable
from typing import NamedTuple

from cases.database import Database
from cases.errors import NotFound
from cases.profiles.change import Change, change_of
from cases.profiles.version import Content, Reference, Table, Version, versions_of
from cases.profiles.vouching import check_approvals, check_change, check_version
from domain.instants import iso


class InForce(NamedTuple):
    """A version that is in force, and the change that brought it."""

    version: Version
    change: Change


def versions(db: Database, name: str | None) -> tuple[Version, ...]:
    """Give the versions of a profile, or of all, the first one first."""
    return versions_of(db.rows("profile_versions", name=name), db.rows("profile_tables", name=name))


def changes(db: Database, name: str | None) -> tuple[Change, ...]:
    """Give what was proposed about a profile, or about all, in order."""
    return tuple(map(change_of, db.rows("profile_changes", name=name)))


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
    all_changes = changes(db, name)
    check_approvals(db, name, sum(each.in_force_since_ms is not None for each in all_changes))
    found = latest(all_changes, at_ms)
    if found is None:
        when = "is in force" if at_ms is None else f"was in force at {iso(at_ms)}"
        last = there[-1]
        raise NotFound(f"no version of {name} {when}; name one, as {last.what}, or promote it")
    check_change(db, found)
    return InForce(named(there, Reference(name, found.number)), found)


def latest(of: Iterable[Change], at_ms: int | None = None) -> Change | None:
    """Give the change by which a version is in force, or was at a time."""
    found = None
    for change in of:
        since_ms = change.in_force_since_ms
        if since_ms is not None and (at_ms is None or since_ms <= at_ms):
            found = change
    return found


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
