"""What each rule brings, on every store."""

from datetime import date
from zoneinfo import ZoneInfo

from cases.kpi.values import Ratio
from cases.kpi.voice import Voice
from cases.rule_figures import DAY_MS, precision
from cases.store import Store
from tests.cases.made import HOUR_MS, NOON_MS, alert

SHANGHAI = ZoneInfo("Asia/Shanghai")


def fill(store: Store) -> None:
    """Two alerts of one rule on one day of Shanghai and one on the day after, one of another rule."""
    store.cases.take_in(
        [
            alert("a", "c1", "u1", detector="burst"),
            alert("b", "c2", "u2", detector="burst", at_ms=3 * HOUR_MS, parameters={"uses": 8}),
            alert(
                "c", "c3", "u3", detector="burst", at_ms=5 * HOUR_MS, parameters={"uses": 9}
            ),  # past midnight
            alert("d", "c4", "u4", detector="drain"),
        ]
    )


def test_alerts_are_counted_by_rule_within_the_time(store: Store) -> None:
    fill(store)
    loads = store.rule_figures.loads(NOON_MS, NOON_MS + 5 * HOUR_MS)
    assert [(each.detector, each.alerts, each.last_ms - NOON_MS) for each in loads] == [
        ("burst", 2, 3 * HOUR_MS),
        ("drain", 1, 0),
    ]


def test_alerts_are_counted_by_the_days_of_a_zone_and_a_quiet_day_is_zero(store: Store) -> None:
    fill(store)
    found = store.rule_figures.days("burst", NOON_MS - DAY_MS, NOON_MS + 6 * HOUR_MS, SHANGHAI)
    assert found == {date(2026, 3, 4): 0, date(2026, 3, 5): 2, date(2026, 3, 6): 1}


def test_the_last_alerts_come_newest_first_with_how_the_rule_was_set(store: Store) -> None:
    fill(store)
    latest = store.rule_figures.latest("burst", NOON_MS + DAY_MS, limit=2)
    assert [(each.reason, each.parameters) for each in latest] == [
        ("reason c", {"uses": 9}),
        ("reason b", {"uses": 8}),
    ]
    assert store.rule_figures.latest("burst", NOON_MS + 100 * DAY_MS) == ()


def test_when_the_last_alert_was_is_known_and_none_of_an_empty_store(store: Store) -> None:
    assert store.rule_figures.last_alert_ms(NOON_MS) is None
    fill(store)
    assert store.rule_figures.last_alert_ms(NOON_MS + DAY_MS) == NOON_MS + 5 * HOUR_MS
    assert store.rule_figures.last_alert_ms(NOON_MS) == NOON_MS


def test_a_rule_is_right_in_the_cases_that_were_not_called_for_nothing() -> None:
    month = Voice(
        month="2026-03",
        detector="burst",
        outcomes={"confirmed_fraud": 3, "genuine": 1, "false_alarm": 1, "unreachable": 7},
        dispositions={},
    )
    assert precision([month]) == {"burst": Ratio(3, 5)}
