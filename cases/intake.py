"""Alerts come in: once each, and each into the case it belongs to."""

from collections.abc import Iterable, Iterator, Sequence

import orjson

from cases.case import Status
from cases.database import Database, Row, Values, as_json
from cases.grouping import Group, GroupingPolicy, Sighting, group, short_id, touched_subjects
from cases.ranking import RankPolicy
from cases.standing import restate
from cases.subjects import Incoming, Subject
from cases.timeline import DESK, event
from domain.alerts import Alert, alert_record


def take_in(db: Database, alerts: Sequence[Alert], grouping: GroupingPolicy, ranking: RankPolicy) -> int:
    """Take in a batch in one transaction and give the number of alerts that were new."""
    with db.writing():
        new = _new_alerts(db, alerts)
        if new:
            groups = _group(db, new, grouping)
            before = _cases(db, groups)
            for merging in groups:
                if merging.merged:
                    _merge(db, merging, before)
            db.run_all("add_alert", _alert_rows(groups))
            db.run_all("add_subject", _subject_rows(groups))
            restate(db, groups, before, ranking)
        return len(new)


def _new_alerts(db: Database, alerts: Sequence[Alert]) -> list[Incoming]:
    """Give the alerts that are not on record, each once, in the order of their time."""
    by_id: dict[str, Alert] = {}
    for alert in alerts:
        by_id.setdefault(alert.id, alert)
    known = {row["id"] for row in db.rows("known_alerts", ids=as_json(by_id))}
    new = [alert for alert_id, alert in by_id.items() if alert_id not in known]
    return [Incoming.of(alert) for alert in sorted(new, key=lambda alert: (alert.at_ms, alert.id))]


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


def _cases(db: Database, groups: Iterable[Group]) -> dict[str, Row]:
    """Give the cases on record that the groups concern, as they stand."""
    ids = as_json(case_id for each in groups for case_id in (each.case_id, *each.merged))
    return {row["id"]: row for row in db.rows("cases", ids=ids)}


def _merge(db: Database, merging: Group, before: dict[str, Row]) -> None:
    """Let the oldest case take in the others: their alerts, subjects and calls, and who holds them."""
    survivor, at_ms = merging.case_id, merging.alerts[-1].alert.at_ms
    moves = [{"survivor": survivor, "merged": merged} for merged in merging.merged]
    for name in ("move_alerts", "move_subjects", "move_tasks", "follow_merge", "end_merged"):
        db.run_all(name, moves)
    events = [event(merged, at_ms, DESK, "merged", new=survivor) for merged in merging.merged]
    events += [event(survivor, at_ms, DESK, "took_in", new=merged) for merged in merging.merged]
    held = [before[merged] for merged in merging.merged if before[merged]["status"] == Status.WORKING]
    if held and before[survivor]["status"] == Status.OPEN:
        # Whoever is on the phone keeps the customer: the case that takes this one in becomes theirs.
        holder = max(held, key=lambda row: (row["lease_until_ms"], row["id"]))
        db.run("pass_lease", id=survivor, agent=holder["lease_by"], until_ms=holder["lease_until_ms"])
        events.append(event(survivor, at_ms, DESK, "passed", new=holder["lease_by"], note=holder["id"]))
    db.run_all("add_event", events)


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
                "people": len(incoming.parties),
                "tier": alert.tier,
                "reason": alert.reason,
                "record": orjson.dumps(alert_record(alert)).decode(),
            }


def _exposed(incoming: Incoming) -> str:
    """Give the card whose money the alert's figure is about; without one its subject, of several none."""
    cards = {member.card for member in incoming.cards}
    if len(cards) > 1:
        return ""
    return Subject("card", cards.pop()).key if cards else incoming.subjects[0].key


def _subject_rows(groups: Iterable[Group]) -> Iterator[Values]:
    for each in groups:
        for incoming in each.alerts:
            for subject in incoming.subjects:
                if subject.kind != "card":
                    yield {"case_id": each.case_id, "subject": subject.key, "customer": None, "last4": None}
            for member in incoming.cards:
                key = Subject("card", member.card).key
                yield {
                    "case_id": each.case_id,
                    "subject": key,
                    "customer": member.customer,
                    "last4": member.last4,
                }


def _sighting_rows(sightings: Iterable[Sighting]) -> Iterator[Values]:
    for ring, subject, first_ms, last_ms in sightings:
        yield {"ring": ring, "subject": subject.key, "first_ms": first_ms, "last_ms": last_ms}
