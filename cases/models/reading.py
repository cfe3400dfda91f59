"""What the store holds about learnt tables, read inside the caller's `reading` or `writing`."""

from typing import Any

from cases.audit.log import record
from cases.database import Database
from cases.errors import NotFound, NotPossible
from cases.models.table import MODEL, InForce, LearntTable, digest_of, learnt_by, parse, table_of
from cases.signing_off.change import Change
from cases.signing_off.ledger import Ledger, latest
from cases.signing_off.vouching import altered, check_count, vouched
from cases.who import Who
from domain.tables import Published, RiskModel

_THING = "model"


def ledger(db: Database) -> Ledger:
    """Give where proposals about models are kept."""
    return Ledger(db, _THING)


def versions(db: Database, name: str | None = None) -> tuple[LearntTable, ...]:
    """Give the versions of a table, or of all, the first one first."""
    return tuple(map(table_of, db.rows("learnt_tables", name=name)))


def named(db: Database, name: str, number: int) -> LearntTable:
    """Give a version. Raises NotFound."""
    there = versions(db, name)
    if not there:
        raise NotFound(f"there is no {name} in this store; `riskdesk model list` shows what there is")
    if number > len(there):
        raise NotFound(f"there is no {name}@{number}; {name} has versions 1 to {len(there)}")
    return there[number - 1]


def content(db: Database, version: LearntTable) -> Published:
    """Give what a version says. Raises StoreError unless it is what was added."""
    (row,) = db.rows("learnt_body", name=version.name, number=version.number)
    body = bytes(row["body"])
    if digest_of(body) != version.digest:
        raise altered(version.what, "it does not have the digest it was added with")
    if not vouched(db, f"{_THING}:{version.what}", _verb(version), _said(version)):
        raise altered(version.what, "the audit vouches for no such version")
    return parse(body)


def in_force(db: Database) -> tuple[InForce, ...]:
    """Give which version of each table is in force from when on, in the order of these times."""
    return tuple(
        InForce(row["name"], row["number"], row["since_ms"], row["turn"])
        for row in db.rows("tables_in_force")
    )


def check_in_force(db: Database) -> None:
    """See that nothing of what was in force is gone, or was put there past the people who decide.

    Raises StoreError for what was altered, and KeyTrouble for a key that is not this store's.
    """
    changes = ledger(db).changes(MODEL)
    ledger(db).check_approvals(MODEL, changes)
    for change in changes:
        if change.in_force_since_ms is not None:
            ledger(db).check(change)
    published = [each.name for each in versions(db) if each.since_ms is not None]
    for name in sorted(set(published)):
        check_count(db, _THING, name, "published", published.count(name), "publications")


def champion(db: Database) -> Change:
    """Give the change by which the last model takes effect.

    Raises NotPossible where there is none, or it has no standing approval.
    """
    last = latest(ledger(db).changes(MODEL))
    if last is None:
        raise NotPossible("no model is in force, so that none can be refreshed; add one, and propose it")
    if last.standing is None:
        raise NotPossible(f"{last.what} has no standing approval; add the model, and propose it")
    return last


def check_refresh(db: Database, last: Change, model: RiskModel) -> None:
    """See that a model was learnt as the one before it was, and did no worse than what was approved.

    Raises NotPossible naming all that differs, and StoreError for what was altered.
    """
    before = content(db, named(db, MODEL, last.number))
    against = [] if last.standing is None else last.standing.against(model.card.figures)
    if not isinstance(before, RiskModel) or learnt_by(before) != learnt_by(model):
        against.insert(0, "its features, pairs or settings are others")
    if against:
        raise NotPossible(
            f"this model is no refresh of {last.version}: {'; '.join(against)}; add it, and propose it"
        )


def record_table(db: Database, version: LearntTable, who: Who, now_ms: int) -> None:
    """Write into the audit that a version was added, or published; inside `writing`."""
    what, verb = f"{_THING}:{version.what}", _verb(version)
    record(db, who, verb, what, now_ms, after=_said(version), reason=version.reason)


def _verb(version: LearntTable) -> str:
    return f"{_THING}_{'added' if version.since_ms is None else 'published'}"


def _said(version: LearntTable) -> dict[str, Any]:
    return {
        "name": version.name,
        "number": version.number,
        "version": version.version,
        "digest": version.digest,
        "since_ms": version.since_ms,
    }
