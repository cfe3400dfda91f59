"""Figures of alarms that alarm management has followed and the desk has worked: no rows written by hand."""

import pytest

from cases.case import Outcome
from cases.kpi.values import Ratio
from cases.store import Store
from cases.who import Role, Who
from connectors.alarm_counts import AlarmCounter
from observability.metrics import Metrics
from tests.cases.alarms.watched import NOON_MS, SMALL_FLEET, at_s, signal

LEAD = Who("lead-1", Role.LEAD)
HOUR_S = 3600


@pytest.fixture
def watched(store: Store) -> Store:
    """A jam and a card are shown, the line of branch b1 takes d2 with it, and a key pad fails for 20 s."""
    store.reference.put(SMALL_FLEET)
    signals = [
        signal("note_jam", "d1", 0),
        signal("card_retained", "d3", 10),
        signal("branch_link_down", "b1", 20),
        signal("device_offline", "d2", 30),
        signal("epp_fail", "d4", 60),
        signal("epp_fail", "d4", 80, since=60, over=True),
    ]
    store.alarms.take_in(signals, at_s(HOUR_S))
    return store


def test_what_reached_the_desk_and_what_did_not(watched: Store) -> None:
    found = watched.alarm_figures.figures(NOON_MS, at_s(HOUR_S), at_s(HOUR_S))
    told = {each.alarm.code: (each.at_ms - NOON_MS) // 1000 for each in found.annunciations}
    # The jam is held for 2 minutes, a card never; the key pad was over before its time.
    assert told["card_retained"] == 10
    assert told["note_jam"] == 120
    assert set(told) == {"card_retained", "note_jam", "branch_link_down"}
    assert (found.raised, found.all.count, found.managed.count, found.never_suppressed.count) == (5, 3, 2, 1)
    assert found.suppressed == {"outage": 1}
    # 20 seconds is fleeting, and the desk was not told.
    assert (found.nuisance.fleeting, found.nuisance.fleeting_told) == (Ratio(1, 1), Ratio(0, 0))


def test_taking_a_case_up_and_closing_it_shows_in_the_figures(watched: Store) -> None:
    (jam,) = [alarm for alarm in watched.alarms.list() if alarm.code == "note_jam"]
    assert jam.case_id is not None
    watched.work.claim(jam.case_id, Who("agent-1"), at_s(420), lease_ms=60_000)
    watched.work.close(
        jam.case_id,
        Who("agent-1"),
        None,
        Outcome.DEVICE_RESOLVED,
        "",
        at_s(430),
        reason="flm_fixed",
    )
    found = watched.alarm_figures.figures(NOON_MS, at_s(HOUR_S), at_s(HOUR_S))
    # Shown at 120 s, taken up at 420 s. What was closed by hand is not held back.
    assert (found.answers.waits.number, found.answers.waits.median_ms) == (1, 300_000)
    assert found.answers.waiting == 2
    (precision,) = found.precision
    assert (precision.code, precision.right, precision.reasons) == ("note_jam", Ratio(1, 1), {"flm_fixed": 1})
    assert found.suppressed == {"outage": 1}


def test_what_is_put_on_the_shelf_is_listed_with_its_end(watched: Store) -> None:
    watched.alarms.shelve("d1|dispenser|0|note_jam", at_s(2 * HOUR_S), "a part is coming", LEAD, at_s(HOUR_S))
    found = watched.alarm_figures.figures(NOON_MS, at_s(HOUR_S), at_s(HOUR_S))
    (shelved,) = found.shelved
    assert (shelved.code, shelved.shelved_by, shelved.shelved_until_ms) == ("note_jam", "lead-1", at_s(7200))


def test_a_flood_is_held_at_the_gate_and_measured_there(store: Store) -> None:
    store.reference.put(SMALL_FLEET)
    metrics = Metrics()
    counter = AlarmCounter(store, metrics)
    codes = ("card_jam", "note_jam", "epp_fail", "card_reader_fault")
    storm = [signal(code, device, 0) for code in codes for device in ("d1", "d2", "d3", "d5")]
    store.alarms.take_in(storm, at_s(200))
    counter.count()
    assert metrics.registry.get_sample_value("riskdesk_alarm_flood") == 1
    assert metrics.registry.get_sample_value("riskdesk_alarms_live") == 10
    assert metrics.registry.get_sample_value("riskdesk_alarms_suppressed_total", {"reason": "flood"}) == 6
    store.alarms.take_in([], at_s(HOUR_S))
    found = store.alarm_figures.figures(NOON_MS, at_s(HOUR_S), at_s(HOUR_S))
    # 16 ask at once: 10 are shown and 6 ten minutes later, when the flood is over.
    assert (found.all.count, found.all.per_ten_minutes.peak, found.all.floods) == (16, 10, ())
    assert (found.suppressed, found.released, found.gate_ms) == ({"flood": 6}, 6, 600_000)
