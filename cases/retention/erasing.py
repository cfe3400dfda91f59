"""One customer's data is erased where the law allows it: other names in their place, everywhere.

The names are numbered, so that nothing leads back from them; what is left still counts and still fits
together. The audit keeps hashes of what was changed, and stays as it is.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from cases.case import Status
from cases.database import Database, as_json
from cases.errors import MustBeKept, NotFound
from cases.retention.archive_file import write_archive
from cases.retention.holds import all_holds, held_by
from cases.retention.naming_archives import NamingArchive, archives_that_name
from cases.retention.person import Names, Person, find_person, reference_rows
from cases.retention.policy import RetentionPolicy, month_of, ripe_before_ms
from cases.retention.requests import Kind, approved, done
from cases.retention.rows import Family, families, lines_of, roots_of
from cases.who import Who

# Tables in whose rows other names are put; of the rest of a case no row names anybody.
_RENAMED = frozenset(
    {
        "case_",
        "case_subject",
        "alert",
        "task",
        "case_event",
        "attempt",
        "action",
        "work_order",
        "retained_card",
    }
)


class Erased(NamedTuple):
    """What an erasure did: the name put in place of the customer's, and how much was changed.

    `replaced` are archive files that were written anew and deleted; copies of them are the bank's to destroy.
    """

    name: str
    cases: int
    rows: int
    replaced: tuple[str, ...]


def erase(
    db: Database, request_id: int, folder: Path | None, policy: RetentionPolicy, who: Who, now_ms: int
) -> Erased:
    """Do an erasure that was agreed to, in one transaction.

    `folder` is where the archive files are, needed once there are any. Raises NotAllowed, NotFound,
    NotPossible, MustBeKept with every reason, WrongUse, and StoreError for an archive that is not whole.
    """
    with db.writing():
        request = approved(db, request_id, Kind.ERASE, who, now_ms)
        person, naming = archives_that_name(db, folder, find_person(db, request.customer))
        found = families(db, roots_of(db, person.customer, person.subjects))
        _refuse_what_must_stay(db, person, found, naming, policy, now_ms)
        if not found and not naming and not reference_rows(db, person.customer):
            raise NotFound(f"the store holds nothing about customer {person.customer!r}")
        number = db.rows("add_erasure", at_ms=now_ms, made_by=who.name)[0]["id"]
        name_of = _name_of(person, number)
        names = Names(name_of)
        rows = _rename_cases(db, found.values(), names) + _rename_elsewhere(db, person, name_of, names)
        for each in naming:
            _replace(db, each, names, who, now_ms)
        own_name = name_of[person.customer]
        done(db, request, who, now_ms, after={"name": own_name, "cases": sorted(found), "rows": rows})
        db.run("rename_in_retention_request", customer=person.customer, name=own_name)
    # Only now: what was undone must still have its files.
    for each in naming:
        each.path.unlink()
    return Erased(own_name, len(found), rows, tuple(each.path.name for each in naming))


def _refuse_what_must_stay(
    db: Database,
    person: Person,
    found: Mapping[str, Family],
    naming: Iterable[NamingArchive],
    policy: RetentionPolicy,
    now_ms: int,
) -> None:
    """Raise MustBeKept with every reason for which a person's data must stay as it is."""
    holds = all_holds(db)
    ids = [case_id for family in found.values() for case_id in family.ids]
    reasons = [held_by(holds, frozenset(person.subjects))]
    reasons += [
        f"{row['kind']} {row['id']} of {row['case_id']} is {row['status']}"
        for row in db.rows("live_actions", ids=as_json(ids), now_ms=now_ms)
    ]
    for root, family in found.items():
        reasons.append(held_by(holds, family.subjects))
        if family.status is not Status.CLOSED:
            reasons.append(f"{root} is {family.status}: it must be closed first")
        else:
            reasons.append(_duty(root, family.outcome, family.closed_at_ms, policy, now_ms))
    for case in (case for each in naming for case in each.cases if case["id"] not in found):
        reasons.append(_duty(case["id"], case["outcome"], case["closed_at_ms"], policy, now_ms))
    standing = list(dict.fromkeys(reason for reason in reasons if reason))
    if standing:
        raise MustBeKept(f"the data of customer {person.customer} must be kept: {'; '.join(standing)}")


def _duty(
    root: str, outcome: str | None, closed_at_ms: int, policy: RetentionPolicy, now_ms: int
) -> str | None:
    """Say until when a closed case must be kept, None when that is over."""
    months = policy.duty_months(outcome)
    if closed_at_ms < ripe_before_ms(now_ms, months):
        return None
    return f"{root}, closed as {outcome} in {month_of(closed_at_ms)}, must be kept for {months} months"


def _name_of(person: Person, number: int) -> dict[str, str]:
    """Number the names: they tell an erasure's cards apart, and nothing else."""
    cards = {card: f"erased-{number}-card-{place}" for place, card in enumerate(person.cards, 1)}
    numbers = {handle: f"erased-{number}-number-{place}" for place, handle in enumerate(person.numbers, 1)}
    return {**numbers, **cards, person.customer: f"erased-{number}"}


def _rename_cases(db: Database, found: Iterable[Family], names: Names) -> int:
    """Put the names into the rows of cases, and give how many rows were changed."""
    changed = 0
    db.run("unlock_timeline", why="erasure")
    for family in found:
        for _, table, row in lines_of(db, family):
            renamed = names.row(row) if table in _RENAMED else row
            if renamed != row:
                was: dict[str, Any] = {"was": row["subject"]} if table == "case_subject" else {}
                changed += db.run(f"rename_in_{table}", **renamed, **was)
    db.run("lock_timeline")
    return changed


def _rename_elsewhere(db: Database, person: Person, name_of: Mapping[str, str], names: Names) -> int:
    """Forget what is kept about the customer beside cases, and put the names into what was told to others."""
    changed = db.run("forget_number_state", customer=person.customer)
    changed += db.run("forget_customer_wish", customer=person.customer)
    for kind, token in (("customer", person.customer), *(("card", card) for card in person.cards)):
        changed += db.run("forget_reference", kind=kind, id=token)
        changed += db.run("forget_sightings", subject=f"{kind}:{token}")
        subject, name = f"{kind}:{token}", f"{kind}:{name_of[token]}"
        changed += db.run("rename_in_legal_hold", subject=subject, name=name)
    for row in db.rows("message_texts"):
        renamed = names.row(dict(row))
        if renamed != dict(row):
            changed += db.run("rename_in_outbox", **renamed)
    for row in db.rows("signal_texts"):
        renamed = names.row(dict(row))
        if renamed != dict(row):
            changed += db.run("rename_in_alarm_signal", **renamed)
    for row in db.rows("answer_texts"):
        renamed = names.row({"body": row["body"]})
        if renamed["body"] != row["body"]:
            changed += db.run("rename_in_answer", **{**dict(row), **renamed})
    for row in db.rows("letter_texts"):
        text = b" ".join((row["raw"], row["corrected"] or b"")).decode("utf-8", "replace")
        if names.names(text):
            changed += db.run("forget_dead_letter", id=row["id"])
    return changed


def _replace(db: Database, naming: NamingArchive, names: Names, who: Who, now_ms: int) -> None:
    """Write an archive file anew with the names, and let everything point to it."""
    lines = (line._replace(row=names.row(line.row)) for line in naming.lines())
    written = write_archive(naming.path.parent, naming.month, lines)
    db.run(
        "add_archive",
        file=written.file,
        month=written.month,
        sha256=written.sha256,
        cases=len(written.digests),
        lines=written.lines,
        made_by=who.name,
        made_at_ms=now_ms,
    )
    db.run_all(
        "move_archived_case",
        [
            {"case_id": root, "was": naming.path.name, "file": written.file, "digest": found}
            for root, found in written.digests.items()
        ],
    )
    db.run("replace_archive", file=naming.path.name, now_ms=now_ms)
