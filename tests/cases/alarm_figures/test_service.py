"""Figures read from a store, on each database."""

import pytest

from cases.alarm_figures.load import Span
from cases.errors import WrongUse
from cases.kpi.values import Ratio
from cases.store import Store
from connectors.alarm_counts import AlarmCounter
from devices.failures import Acknowledgement
from observability.metrics import Metrics
from tests.cases.alarm_figures.histories import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    NOON_MS,
    figures,
    history,
    minutes,
    told,
    write,
)

DAY = 24 * 60
ALARMS = [
    *told(range(3)),
    history("c", (-DAY - 1, "raised"), (-DAY - 1, "annunciated"), (-DAY, "acknowledged"), device="atm-7"),
    history("d", (-2 * DAY, "raised"), (-2 * DAY, "annunciated"), (-DAY - 1, "closed"), device="atm-8"),
    history("e", (5, "raised"), (5, "suppressed", "outage:c"), (20, "returned"), device="atm-9"),
    history("f", (70, "raised"), (70, "annunciated"), device="atm-10"),
    history("g", (-60, "raised"), (-60, "annunciated"), (-50, "closed"), device="atm-11"),
]


def test_figures_are_made_of_what_was_live_in_the_period(store: Store) -> None:
    write(store, ALARMS, 90)
    found = store.alarm_figures.figures(NOON_MS, NOON_MS + HOUR_MS, NOON_MS + DAY_MS)
    expected = figures([each for each in ALARMS if each.alarm.id != "f"], now_ms=NOON_MS + 90 * MINUTE_MS)
    assert found.all.count == 3
    assert [alarm.alarm for alarm in found.nuisance.stale] == ["c"]
    assert found.suppressed == {"outage": 1}
    assert found == expected


def test_what_nobody_has_watched_yet_is_not_quiet(store: Store) -> None:
    write(store, told([1]), 30)
    found = store.alarm_figures.figures(NOON_MS, NOON_MS + HOUR_MS, NOON_MS + HOUR_MS)
    assert minutes(found.to_ms) == 30
    assert found.all.per_hour.average == 2
    early = store.alarm_figures.figures(NOON_MS, NOON_MS + HOUR_MS, NOON_MS + 20 * MINUTE_MS)
    assert minutes(early.to_ms) == 20


def test_a_flood_of_before_reaches_into_the_period(store: Store) -> None:
    storm = [
        history(f"a{at}", (-5, "raised"), (-5, "annunciated"), (-1, "closed"), device=f"atm-{at}")
        for at in range(11)
    ]
    write(store, storm, 60)
    found = store.alarm_figures.figures(NOON_MS, NOON_MS + HOUR_MS, NOON_MS + HOUR_MS)
    assert (found.all.count, found.all.flood_ms) == (0, 5 * MINUTE_MS)


def test_to_begin_with_a_tally_counts_nothing(store: Store) -> None:
    write(store, told([1, 2]), 30)
    found = store.alarm_figures.tally(None)
    assert (found.annunciated, found.suppressed, found.live) == ({}, {}, 2)
    assert store.alarm_figures.tally(0).annunciated == {2: 2}


@pytest.mark.parametrize(
    ("begin", "end", "said"), [(0, 0, "its end must lie behind"), (31, 60, "knows alarms before 2026-")]
)
def test_a_period_of_which_nothing_is_known_is_refused(store: Store, begin: int, end: int, said: str) -> None:
    write(store, told([1]), 30)
    with pytest.raises(WrongUse, match=said):
        store.alarm_figures.figures(NOON_MS + begin * MINUTE_MS, NOON_MS + end * MINUTE_MS, NOON_MS + HOUR_MS)


def test_a_store_without_alarms_says_so(store: Store) -> None:
    assert store.alarm_figures.span() is None
    with pytest.raises(WrongUse, match="the store knows no alarms yet"):
        store.alarm_figures.figures(NOON_MS, NOON_MS + HOUR_MS, NOON_MS + HOUR_MS)


def test_the_store_tells_from_when_to_when_it_knows(store: Store) -> None:
    write(store, told([1, 2]), 30)
    assert store.alarm_figures.span() == Span(NOON_MS + MINUTE_MS, NOON_MS + 30 * MINUTE_MS)


def test_what_is_on_the_shelf_is_shown_with_the_time_left(store: Store) -> None:
    shelf = {"shelved_by": "lead-1", "shelve_reason": "a part is on its way"}
    write(store, told([1]), 30, shelved_until_ms=NOON_MS + 50 * MINUTE_MS, **shelf)
    found = store.alarm_figures.figures(NOON_MS, NOON_MS + HOUR_MS, NOON_MS + HOUR_MS)
    (shelved,) = found.shelved
    assert (shelved.shelved_by, shelved.shelve_reason, shelved.place) == (
        "lead-1",
        "a part is on its way",
        "atm-0",
    )
    assert shelved.shelved_until_ms - found.now_ms == 20 * MINUTE_MS


def test_what_was_taken_up_makes_the_mtta_of_devices(store: Store) -> None:
    taken = [
        history("a", (0, "raised"), (1, "annunciated"), (4, "acknowledged")),
        history("b", (0, "raised"), (59, "annunciated"), (70, "acknowledged"), device="atm-2"),
        history("c", (0, "raised"), (61, "annunciated"), (70, "acknowledged"), device="atm-3"),
        history("d", (0, "raised"), (2, "annunciated"), (3, "acknowledged"), device=None),
    ]
    write(store, taken, 90)
    assert store.alarm_figures.acknowledgements(NOON_MS, NOON_MS + HOUR_MS) == [
        Acknowledgement("atm-1", NOON_MS + MINUTE_MS, NOON_MS + 4 * MINUTE_MS),
        Acknowledgement("atm-2", NOON_MS + 59 * MINUTE_MS, NOON_MS + 70 * MINUTE_MS),
    ]


def sample(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"riskdesk_{name}", labels)


def test_metrics_count_what_happens_from_now_on_and_each_of_it_once(store: Store) -> None:
    write(store, told([1, 2]), 30)
    metrics = Metrics()
    counter = AlarmCounter(store, metrics)
    counter.count()
    assert sample(metrics, "alarms_annunciated_total", priority="2") is None
    assert (sample(metrics, "alarms_live"), sample(metrics, "alarm_flood")) == (2, 0)
    later = [
        history("x", (31, "raised"), (31, "annunciated"), (33, "returned"), (64, "closed"), device="atm-8"),
        history("y", (31, "raised"), (31, "suppressed", "outage:x"), device="atm-9"),
        history("z", (32, "raised"), (32, "suppressed", "outage:w"), (40, "returned"), device="atm-6"),
    ]
    write(store, later, 60)
    for _ in range(2):
        counter.count()
        assert sample(metrics, "alarms_annunciated_total", priority="2") == 1
        assert sample(metrics, "alarms_suppressed_total", reason="outage") == 2
        assert sample(metrics, "alarms_live") == 2


def test_a_flood_shows_in_the_metrics_while_it_lasts(store: Store) -> None:
    metrics = Metrics()
    counter = AlarmCounter(store, metrics)
    for since_ms, shown in ((NOON_MS, 1), (None, 0)):
        with store.db.writing():
            store.db.run("move_alarm_clock", settled_ms=NOON_MS, flood_since_ms=since_ms, gate="{}")
        counter.count()
        assert sample(metrics, "alarm_flood") == shown


def test_the_off_delay_does_not_lengthen_what_was_there(store: Store) -> None:
    # The condition was there for 20 seconds; it counts as over a minute later.
    write(store, [history("a", (0, "raised"), (0.1, "annunciated"), (1 + 1 / 3, "returned"))], 30)
    found = store.alarm_figures.figures(NOON_MS, NOON_MS + HOUR_MS, NOON_MS + HOUR_MS)
    assert found.nuisance.fleeting_told == Ratio(1, 1)
