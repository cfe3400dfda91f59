"""Where a case stands after new alerts: its subject, its rank, whom to call, and what changed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from cases.database import Database, Row, Values, as_json
from cases.grouping import Group
from cases.ranking import BAND_NAMES, Facts, Rank, RankPolicy, exposures, rank
from cases.subjects import Circle, Subject
from cases.timeline import DESK, event
from domain.findings import Severity
from domain.instants import iso
from domain.wording import counted


class _OnRecord(NamedTuple):
    """What the store holds about some cases, for each of them."""

    facts: Mapping[str, list[Row]]
    exposures: Mapping[str, list[Row]]
    subjects: Mapping[str, list[Row]]
    ready_tasks: Mapping[str, list[Row]]


def restate(db: Database, groups: Sequence[Group], before: Mapping[str, Row], policy: RankPolicy) -> None:
    """Rank the groups' cases by all alerts on record, and write what follows from it.

    `before` holds the cases as they stood; everything is read again from the alerts, so that no order of
    arrival and no merge can leave a trace in the rank.
    """
    found = _on_record(db, [each.case_id for each in groups])
    saved: list[Values] = []
    events: list[Values] = []
    new_tasks: list[Values] = []
    void_tasks: list[Values] = []
    for each in groups:
        circle = circle_of(found.subjects[each.case_id])
        facts = _facts(found, each.case_id, circle)
        row = _case_row(each, circle, rank(facts, policy))
        row["alerts"] = sum(part["alerts"] for part in found.facts[each.case_id])
        saved.append(row)
        events.extend(_events(each, row, before.get(each.case_id)))
        wanted = {_task(subject) for subject in circle.to_call}
        ready = {(task["kind"], task["subject"]): task["id"] for task in found.ready_tasks[each.case_id]}
        at_ms = each.alerts[-1].alert.at_ms
        new_tasks.extend(
            {"case_id": each.case_id, "kind": kind, "subject": subject, "at_ms": at_ms}
            for kind, subject in sorted(wanted - ready.keys())
        )
        void_tasks.extend({"id": ready[name], "at_ms": at_ms} for name in sorted(ready.keys() - wanted))
    db.run_all("save_case", saved)
    db.run_all("add_event", events)
    db.run_all("void_task", void_tasks)
    db.run_all("add_task", new_tasks)


def circle_of(rows: Iterable[Row]) -> Circle:
    """Give whom a case concerns, from its rows."""
    return Circle.of((row["subject"], row["customer"], row["last4"]) for row in rows)


def by_case(rows: Iterable[Row]) -> Mapping[str, list[Row]]:
    """Sort rows by their case; a case without any has an empty list."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["case_id"]].append(row)
    return found


def _on_record(db: Database, case_ids: Iterable[str]) -> _OnRecord:
    ids = as_json(case_ids)
    return _OnRecord(
        *(by_case(db.rows(name, ids=ids)) for name in ("facts", "exposures", "subjects", "ready_tasks"))
    )


def _facts(found: _OnRecord, case_id: str, circle: Circle) -> Facts:
    parts = found.facts[case_id]
    slots = {(row["exposed"], row["currency"]): row["exposure_minor"] for row in found.exposures[case_id]}
    return Facts(
        severity=Severity(min(part["severity"] for part in parts)),
        probability=max(part["probability"] for part in parts),
        exposure_minor=exposures(slots),
        first_at_ms=min(part["first_at_ms"] for part in parts),
        tiers=frozenset(part["tier"] for part in parts if part["tier"]),
        people=max(len(circle.customers), *(part["people"] for part in parts)),
        cards=len(circle.cards),
    )


def _case_row(each: Group, circle: Circle, ranked: Rank) -> dict[str, Any]:
    return {
        "id": each.case_id,
        "subject": circle.subject(each.case_id).key,
        "words": circle.words,
        "band": ranked.band,
        "due_ms": ranked.due_ms,
        "opened_at_ms": each.alerts[0].alert.at_ms,
        "probability": ranked.breakdown["probability"],
        "exposure_minor": ranked.exposure_minor,
        "currency": ranked.currency,
        "expected_loss_minor": ranked.expected_loss_minor,
        "breakdown": orjson.dumps(ranked.breakdown).decode(),
    }


def _events(each: Group, row: Values, before: Row | None) -> Iterator[Values]:
    """Say what the new alerts did to a case."""
    first, last = each.alerts[0].alert, each.alerts[-1].alert
    if before is None:
        yield event(each.case_id, first.at_ms, DESK, "opened", new=row["words"], note=first.reason)
        if len(each.alerts) > 1:
            yield event(each.case_id, last.at_ms, DESK, "grew", new=counted(len(each.alerts) - 1, "alert"))
        return
    yield event(each.case_id, last.at_ms, DESK, "grew", new=counted(len(each.alerts), "alert"))
    if row["words"] != before["words"]:
        yield event(each.case_id, last.at_ms, DESK, "concerns", old=before["words"], new=row["words"])
    if (row["band"], row["due_ms"]) != (before["band"], before["due_ms"]):
        yield event(each.case_id, last.at_ms, DESK, "ranked", old=_rank_words(before), new=_rank_words(row))


def _rank_words(row: Row | Values) -> str:
    return f"{BAND_NAMES[row['band']]}, due {iso(row['due_ms'])}"


def _task(subject: Subject) -> tuple[str, str]:
    kind = "call_customer" if subject.kind in ("customer", "card") else "call_site"
    return kind, subject.key
