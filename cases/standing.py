"""Where a case stands after new alerts: its subject, its rank, whom to call, and what changed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from cases.case import Status
from cases.combination import CombinationPolicy
from cases.database import Database, Row, Values, as_json
from cases.device_cases.items import Item, items_from, items_words, still_on
from cases.device_cases.ranking import rank_with_items
from cases.grouping import Group
from cases.outbox import CHANGES, publish_all
from cases.policy import QueuePolicy
from cases.ranking import BAND_NAMES, PROMOTED_BAND, Facts, Rank, exposures, rank
from cases.subjects import STORM, Circle
from cases.timeline import DESK, event
from cases.work.settling import standing_after
from cases.work.states import Event
from cases.work.to_do import TaskPlan, plan_tasks, write_tasks
from domain.findings import Severity
from domain.instants import iso
from domain.wording import counted


class _OnRecord(NamedTuple):
    """What the store holds about some cases, for each of them."""

    facts: Mapping[str, list[Row]]
    subjects: Mapping[str, list[Row]]
    tasks_of_cases: Mapping[str, list[Row]]
    device_items: Mapping[str, list[Row]]
    alarms_of_cases: Mapping[str, list[Row]]


def restate(
    db: Database,
    groups: Sequence[Group],
    before: Mapping[str, Row],
    links: Mapping[str, str],
    policy: QueuePolicy,
    now_ms: int | None,
) -> None:
    """Rank the groups' cases by all alerts on record, and write what follows from it.

    `before` holds the cases as they stood; everything is read again from the alerts, so that no order of
    arrival and no merge can leave a trace in the rank. `links` names the older case of a new one.
    """
    found = _on_record(db, [each.case_id for each in groups])
    saved: list[Values] = []
    events: list[Values] = []
    planned: list[TaskPlan] = []
    for each in groups:
        old = before.get(each.case_id)
        circle = circle_of(found.subjects[each.case_id])
        facts = _facts(found, each.case_id, circle, policy.combination)
        items = items_from(found.device_items[each.case_id])
        alerts = sum(part["alerts"] for part in found.facts[each.case_id])
        ranked = rank(facts, policy.ranking)
        if items:
            ranked = rank_with_items(ranked, items, alone=len(items) == alerts)
        row = _case_row(each, circle, ranked)
        row["alerts"] = alerts
        row["promote_at_ms"] = _promotion_ms(facts, row, policy)
        row["escalate_at_ms"] = None
        if items:
            _about_devices(row, circle, items, found.alarms_of_cases[each.case_id])
        row["linked_to"] = links.get(each.case_id)
        row["ready_at_ms"] = row["opened_at_ms"] if now_ms is None else now_ms
        if any(before[merged]["promoted"] for merged in each.merged) or (old is not None and old["promoted"]):
            row.update(band=min(PROMOTED_BAND, row["band"]), promoted=1, promote_at_ms=None)
        saved.append(row)
        events.extend(_events(each, row, old))
        planned.append(plan_tasks(each, circle, found.tasks_of_cases[each.case_id], row, items))
    db.run_all("save_case", saved)
    db.run_all("add_event", events)
    write_tasks(db, planned)
    known = [(each, plan) for each, plan in zip(groups, planned, strict=True) if each.case_id in before]
    stand = [(each, _standing(each, before, plan)) for each, plan in known]
    db.run_all("settle_case", [now for each, now in stand if _differs(now, before[each.case_id])])
    for each, now in stand:
        if now["team"] and not before[each.case_id]["team"]:
            db.run("give_tasks_to", case_id=each.case_id, skill=now["team"], had=None)
    publish_all(db, CHANGES, [(each.case_id, {}) for each in groups], groups[-1].at_ms)


def _standing(each: Group, before: Mapping[str, Row], plan: TaskPlan) -> Values:
    """Give where a case that was on record stands; what a team had before a merge stays with the team."""
    case = before[each.case_id]
    now = standing_after(case, Event.TAKE_IN if each.merged else Event.NEW_ALERT, plan.live)
    teams = [before[merged]["team"] for merged in each.merged if before[merged]["team"]]
    if teams and now["status"] != Status.ESCALATED:
        escalated = {**dict(case), "status": now["status"]}
        return standing_after(escalated, Event.ESCALATE, plan.live, team=teams[0])
    return now


def _differs(now: Values, before: Row) -> bool:
    """Whether anything is to be written: mostly a case stands after an alert where it stood."""
    return any(now[name] != before[name] for name in now)


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
    names = ("facts", "subjects", "tasks_of_cases", "device_items", "alarms_of_cases")
    return _OnRecord(*(by_case(db.rows(name, ids=ids)) for name in names))


def _facts(found: _OnRecord, case_id: str, circle: Circle, combination: CombinationPolicy) -> Facts:
    parts = found.facts[case_id]
    slots: dict[tuple[str, str], int] = {}
    findings: dict[str, float] = {}
    for part in parts:
        slot, detector = (part["exposed"], part["currency"]), part["detector"]
        slots[slot] = max(slots.get(slot, 0), part["exposure_minor"])
        findings[detector] = max(findings.get(detector, 0.0), part["probability"])
    return Facts(
        severity=Severity(min(part["severity"] for part in parts)),
        probability=combination.probability(findings),
        findings=findings,
        exposure_minor=exposures(slots),
        first_at_ms=min(part["first_at_ms"] for part in parts),
        tiers=frozenset(part["tier"] for part in parts if part["tier"]),
        people=max(len(circle.customers), *(part["people"] for part in parts)),
        cards=len(circle.cards),
    )


def _case_row(each: Group, circle: Circle, ranked: Rank) -> dict[str, Any]:
    subject = circle.subject(each.case_id)
    return {
        "id": each.case_id,
        "kind": "storm" if subject.kind == STORM else "fraud",
        "subject": subject.key,
        "words": circle.words,
        "band": ranked.band,
        "due_ms": ranked.due_ms,
        "rank_ms": ranked.rank_ms,
        "promoted": 0,
        "tier": ranked.breakdown["tier"],
        "opened_at_ms": each.alerts[0].alert.at_ms if each.alerts else each.at_ms,
        "probability": ranked.breakdown["probability"],
        "exposure_minor": ranked.exposure_minor,
        "currency": ranked.currency,
        "expected_loss_minor": ranked.expected_loss_minor,
        "breakdown": orjson.dumps(ranked.breakdown).decode(),
    }


def _about_devices(row: dict[str, Any], circle: Circle, items: Sequence[Item], alarms: Sequence[Row]) -> None:
    """Say in a case's row what is wrong with devices, and when a lead is told if that goes on."""
    alone = len(items) == row["alerts"]
    said = items_words(circle.place_words, still_on(items, alarms) or items)
    row["words"] = f"{circle.words}: {said}" if circle.parties else said
    row["escalate_at_ms"] = min(
        (item.escalate_at_ms for item in items if item.escalate_at_ms and not item.escalated_at_ms),
        default=None,
    )
    if alone:
        # What waits for too long is put before a lead instead.
        row.update(kind="device", promote_at_ms=None)


def _promotion_ms(facts: Facts, row: Values, policy: QueuePolicy) -> int | None:
    """Give when a case moves up if nobody has taken it up by then; None for one that is above."""
    wait_ms = policy.work.promotion_ms(policy.ranking.sla(row["band"], facts.severity))
    if wait_ms is None or row["band"] <= PROMOTED_BAND:
        return None
    return facts.first_at_ms + wait_ms


def _events(each: Group, row: Values, before: Row | None) -> Iterator[Values]:
    """Say what the new alerts did to a case."""
    if before is None:
        first = each.alerts[0].alert
        yield event(each.case_id, first.at_ms, DESK, "opened", new=row["words"], note=first.reason)
        if len(each.alerts) > 1:
            yield event(each.case_id, each.at_ms, DESK, "grew", new=counted(len(each.alerts) - 1, "alert"))
        return
    if each.alerts:
        yield event(each.case_id, each.at_ms, DESK, "grew", new=counted(len(each.alerts), "alert"))
    if row["words"] != before["words"]:
        yield event(each.case_id, each.at_ms, DESK, "concerns", old=before["words"], new=row["words"])
    if (row["band"], row["due_ms"]) != (before["band"], before["due_ms"]):
        yield event(each.case_id, each.at_ms, DESK, "ranked", old=_rank_words(before), new=_rank_words(row))


def _rank_words(row: Row | Values) -> str:
    return f"{BAND_NAMES[row['band']]}, due {iso(row['due_ms'])}"
