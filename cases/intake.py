"""Alerts come in: once each, and each into the case it belongs to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import orjson

from cases.audit.log import record
from cases.case import Status
from cases.database import Database, Row, Values, as_json
from cases.floods.breaker import NONE as NO_FLOOD
from cases.floods.breaker import Counted, bring_back, count, settle_floods
from cases.grouping import Group, GroupingPolicy, Sighting, group, short_id, touched_subjects
from cases.policy import QueuePolicy
from cases.standing import restate
from cases.subjects import Incoming, Subject
from cases.timeline import DESK, event
from cases.who import DESK_ITSELF
from cases.work.revival import revive
from cases.work.states import Event, case_after
from cases.work.storms import divert
from cases.work.to_do import void_twins
from domain.alerts import Alert, alert_record

# What goes over to the case that takes in another.
_MOVES = (
    *("move_alerts", "move_items", "move_alarms", "move_retained_cards"),
    *("move_subjects", "move_tasks", "move_attempts"),
)


def take_in(db: Database, alerts: Sequence[Alert], policy: QueuePolicy, now_ms: int | None = None) -> int:
    """Take in a batch in one transaction and give the number of alerts that were new.

    `now_ms` is when the cases can first be worked; without it the event time stands for it.
    """
    with db.writing():
        return take_in_within(db, alerts, policy, now_ms)


def take_in_within(
    db: Database, alerts: Sequence[Alert], policy: QueuePolicy, now_ms: int | None = None
) -> int:
    """Take in a batch inside the caller's `writing`; else as `take_in`."""
    new = divert(db, [Incoming.of(alert) for alert in new_alerts(db, alerts)], policy.work)
    if new:
        put_into_cases(db, new, policy, now_ms, count(db, new, policy.flood))
    return len(new)


def put_into_cases(
    db: Database,
    new: Sequence[Incoming],
    policy: QueuePolicy,
    now_ms: int | None,
    counted: Counted = NO_FLOOD,
) -> None:
    """Put alerts that are not on record into the cases that they belong to; inside the caller's `writing`.

    `counted` is which of their detectors give too many.
    """
    links = revive(db, new, policy)
    groups = _group(db, new, policy.grouping)
    ids = as_json(case_id for each in groups for case_id in (each.case_id, *each.merged))
    db.rows("lock_tasks", ids=ids)
    before = {row["id"]: row for row in db.rows("cases", ids=ids)}
    at_ms = max(incoming.alert.at_ms for incoming in new)
    left: set[str] = set()
    if swept := [row for row in before.values() if row["status"] == Status.MERGED]:
        left = bring_back(db, swept, at_ms)
        before = {row["id"]: row for row in db.rows("cases", ids=ids)}
    for merging in groups:
        if merging.merged:
            join(db, merging, before)
            _tell_merged(db, merging)
    db.run_all("add_alert", _alert_rows(groups))
    if items := list(_item_rows(groups)):
        db.run_all("add_device_item", items)
    db.run_all("add_subject", _new_subjects(db, groups))
    restate(db, groups, before, _links(groups, links), policy, now_ms)
    settle_floods(db, [each.case_id for each in groups], counted, left, policy, now_ms, at_ms)
    _record(db, groups, now_ms)


def _record(db: Database, groups: Sequence[Group], now_ms: int | None) -> None:
    """Audit what a batch did to cases: one row, since the cases' timelines tell the rest."""
    went = {
        each.case_id: {"merged": each.merged, "alerts": [incoming.alert.id for incoming in each.alerts]}
        for each in groups
    }
    at_ms = groups[-1].alerts[-1].alert.at_ms if now_ms is None else now_ms
    record(db, DESK_ITSELF, "took_in", "queue:alerts", at_ms, after=went)


def new_alerts(db: Database, alerts: Sequence[Alert]) -> list[Alert]:
    """Give the alerts that are not on record, each once, in the order of their time."""
    by_id: dict[str, Alert] = {}
    for alert in alerts:
        by_id.setdefault(alert.id, alert)
    known = {row["id"] for row in db.rows("known_alerts", ids=as_json(by_id))}
    new = [alert for alert_id, alert in by_id.items() if alert_id not in known]
    return sorted(new, key=lambda alert: (alert.at_ms, alert.id))


def _group(db: Database, alerts: Sequence[Incoming], policy: GroupingPolicy) -> tuple[Group, ...]:
    """Decide where the alerts go, and note who was seen with which ring key."""
    rings = {alert.ring for alert, *_ in alerts if alert.ring}
    seen = frozenset(
        Sighting(row["ring"], Subject.of(row["subject"]), row["first_ms"], row["last_ms"])
        for row in db.rows("sightings", rings=as_json(rings))
    )
    touched = touched_subjects(alerts, seen)
    owners = db.rows("owners", subjects=as_json(subject.key for subject in touched))
    taken = db.rows("known_cases", ids=as_json(short_id(alert.id) for alert, *_ in alerts))
    plan = group(
        alerts,
        {Subject.of(row["subject"]): row["case_id"] for row in owners},
        {row["case_id"]: row["opened_at_ms"] for row in owners},
        seen,
        {row["id"] for row in taken},
        policy,
    )
    db.run_all("drop_sighting", _sighting_rows(seen - plan.sightings))
    db.run_all("add_sighting", _sighting_rows(plan.sightings - seen))
    return plan.groups


def _links(groups: Iterable[Group], links: Mapping[Subject, str]) -> dict[str, str]:
    """Give the older case of each new one whose subjects had one."""
    found: dict[str, str] = {}
    for each in groups:
        if each.opens:
            for subject in (subject for incoming in each.alerts for subject in incoming.subjects):
                if subject in links:
                    found.setdefault(each.case_id, links[subject])
    return found


def join(db: Database, merging: Group, before: Mapping[str, Row]) -> None:
    """Let a case take in the others of its group: their alerts, subjects and tasks, with whoever holds these.

    Where the case then stands is for `restate` to say. Raises NotPossible for a case that cannot be merged.
    """
    for merged in merging.merged:
        case_after(Status(before[merged]["status"]), Event.MERGE)
    void_twins(db, (merging.case_id, *merging.merged), merging.at_ms)
    moves = [{"survivor": merging.case_id, "merged": merged} for merged in merging.merged]
    for name in (*_MOVES, "follow_merge", "end_merged"):
        db.run_all(name, moves)


def _tell_merged(db: Database, merging: Group) -> None:
    survivor, at_ms = merging.case_id, merging.at_ms
    db.run_all("add_event", [event(merged, at_ms, DESK, "merged", new=survivor) for merged in merging.merged])
    db.run_all(
        "add_event", [event(survivor, at_ms, DESK, "took_in", new=merged) for merged in merging.merged]
    )


def _alert_rows(groups: Iterable[Group]) -> Iterator[Values]:
    for each in groups:
        for incoming in each.alerts:
            alert = incoming.alert
            yield {
                "id": alert.id,
                "case_id": each.case_id,
                "detector": alert.detector,
                "rule_version": alert.version,
                "scope": alert.scope,
                "scope_key": alert.key,
                "ring": alert.ring,
                "at_ms": alert.at_ms,
                "severity": int(alert.severity),
                "probability": alert.probability,
                "exposed": _exposed(incoming),
                "exposure_minor": alert.exposure_minor,
                "currency": alert.currency,
                "people": max(1, len(incoming.parties)),
                "tier": alert.tier,
                "reason": alert.reason,
                "record": orjson.dumps(alert_record(alert)).decode(),
            }


def _item_rows(groups: Iterable[Group]) -> Iterator[Values]:
    for each in groups:
        for incoming in each.alerts:
            if incoming.item is not None:
                item = incoming.item._asdict()
                yield {**item, "case_id": each.case_id, "in_hours": int(incoming.item.in_hours)}


def _exposed(incoming: Incoming) -> str:
    """Give the card whose money the alert's figure is about; without one its subject, of several none."""
    cards = {member.card for member in incoming.cards}
    if len(cards) > 1:
        return ""
    return Subject("card", cards.pop()).key if cards else incoming.subjects[0].key


def _new_subjects(db: Database, groups: Sequence[Group]) -> list[Values]:
    """Give the subjects that are new to their case, or about which the alerts know more."""
    rows = db.rows("subjects", ids=as_json(each.case_id for each in groups))
    known = {(row["case_id"], row["subject"], row["customer"], row["last4"]) for row in rows}
    names = ("case_id", "subject", "customer", "last4")
    return [
        dict(zip(names, each, strict=True)) for each in dict.fromkeys(_subjects(groups)) if each not in known
    ]


def _subjects(groups: Iterable[Group]) -> Iterator[tuple[str, str, str | None, str | None]]:
    for each in groups:
        for incoming in each.alerts:
            for subject in incoming.subjects:
                if subject.kind != "card":
                    yield each.case_id, subject.key, None, None
            for member in incoming.cards:
                yield each.case_id, Subject("card", member.card).key, member.customer, member.last4


def _sighting_rows(sightings: Iterable[Sighting]) -> Iterator[Values]:
    for ring, subject, first_ms, last_ms in sightings:
        yield {"ring": ring, "subject": subject.key, "first_ms": first_ms, "last_ms": last_ms}
