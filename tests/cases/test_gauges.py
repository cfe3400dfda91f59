"""How the desk stands, in numbers for whoever keeps it running, on every database."""

from cases.case import Outcome
from cases.gauges import read_gauges
from cases.outbox import ALARM, CORE_BANKING, publish
from cases.store import Store
from cases.who import Who
from domain.findings import Severity
from tests.cases.alarms.watched import at_s, signal
from tests.cases.made import HOUR_MS, NOON_MS, alert


def test_an_empty_desk_has_nothing_to_do(store: Store) -> None:
    found = read_gauges(store.db)
    assert (found.cases, found.alarms) == ((), ())
    assert (found.unsealed, found.unsealed_since_ms, found.sealed_at_ms) == (0, None, None)
    assert all((each.waiting, each.given_up, each.oldest_ms) == (0, 0, None) for each in found.messages)


def test_live_cases_are_counted_with_the_oldest_and_the_first_that_is_due(store: Store) -> None:
    for hour, card in enumerate(("c1", "c2", "c3")):
        store.cases.take_in([alert(card, card, f"u-{card}")], NOON_MS + hour * HOUR_MS)
    dues = [case.due_ms for case in store.cases.list()]
    (standing,) = read_gauges(store.db).cases
    assert (standing.kind, standing.status, standing.cases) == ("fraud", "open", 3)
    assert (standing.oldest_ms, standing.due_ms) == (NOON_MS, min(dues))


def test_a_case_that_is_being_worked_is_counted_apart_and_a_closed_one_not_at_all(store: Store) -> None:
    store.cases.take_in([alert("a", "c1", "u1", severity=Severity.CRITICAL)], NOON_MS)
    store.cases.take_in([alert("b", "c2", "u2")], NOON_MS)
    claimed = store.work.next(Who("agent-1"), NOON_MS)
    assert claimed is not None
    assert sorted((each.status, each.cases) for each in read_gauges(store.db).cases) == [
        ("open", 1),
        ("working", 1),
    ]
    store.work.close(claimed.case.id, Who("agent-1"), None, Outcome.GENUINE, "", NOON_MS)
    assert [(each.status, each.cases) for each in read_gauges(store.db).cases] == [("open", 1)]


def test_an_alarm_is_unacknowledged_from_when_it_is_told_until_somebody_takes_it_up(store: Store) -> None:
    store.alarms.take_in([signal("note_jam", "d1", 0), signal("card_retained", "d2", 30)], at_s(300))
    views = store.alarms.list()
    told = [view for view in views if view.state == "unacknowledged"]
    assert told
    found = {each.priority: each for each in read_gauges(store.db).alarms}
    assert sum(each.alarms for each in found.values()) == len(told)
    first = min(told, key=lambda view: view.annunciated_at_ms or 0)
    assert found[first.priority].oldest_ms == first.annunciated_at_ms
    store.work.claim(first.case_id or "", Who("ann"), at_s(400))
    assert sum(each.alarms for each in read_gauges(store.db).alarms) < len(told)


def test_messages_wait_until_they_are_delivered_or_given_up(store: Store) -> None:
    with store.db.writing():
        publish(store.db, CORE_BANKING, "k1", {}, NOON_MS)
        publish(store.db, CORE_BANKING, "k2", {}, NOON_MS + 1)
        publish(store.db, ALARM, "k3", {}, NOON_MS + 2)
        (taken,) = store.db.rows(
            "take_message", topic=CORE_BANKING, now_ms=NOON_MS + 5, held_until_ms=NOON_MS + 9
        )
        settled = {"id": taken["id"], "attempts": taken["attempts"], "now_ms": NOON_MS + 6}
        store.db.run("message_given_up", **settled, error="refused")
    found = {each.topic: each for each in read_gauges(store.db).messages}
    assert (found[CORE_BANKING].waiting, found[CORE_BANKING].given_up) == (1, 1)
    assert found[CORE_BANKING].oldest_ms == NOON_MS + 1
    assert (found[ALARM].waiting, found[ALARM].given_up, found[ALARM].oldest_ms) == (1, 0, NOON_MS + 2)
