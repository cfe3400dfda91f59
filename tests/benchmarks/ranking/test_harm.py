"""What time does to money is learnt from the past, by what its alerts had said."""

import pytest

from benchmarks.ranking.calls import HOUR_MS, Alert, Case, Episode, Truth
from benchmarks.ranking.harm import Harm
from domain.findings import Severity

DAY_H = 24


def alert(at_h: float, party: str, probability: float = 0.5) -> Alert:
    return Alert(round(at_h * HOUR_MS), party, "test", Severity.MEDIUM, probability, 1000, 1000)


def past() -> tuple[list[Alert], Truth]:
    """Forty parties with an alert each; every second one loses 300 after 90 minutes, 100 after 30 hours."""
    alerts = [alert(0, f"p{number}") for number in range(40)]
    episodes = [
        Episode(f"p{number}", 0, 7 * DAY_H * HOUR_MS, ((HOUR_MS * 3 // 2, 300), (30 * HOUR_MS, 100)))
        for number in range(0, 40, 2)
    ]
    return alerts, Truth(episodes)


def learnt() -> Harm:
    harm = Harm()
    harm.learn(*past())
    return harm


def test_what_remains_falls_with_the_age_of_the_latest_alert() -> None:
    harm, case = learnt(), Case(alert(0, "new"))
    # 20 of 40 lose: the alerts said 500 each, and 200 each were lost.
    assert harm.remaining(case, 0) == pytest.approx(200)
    assert harm.remaining(case, HOUR_MS) == pytest.approx(200)
    assert harm.remaining(case, 2 * HOUR_MS) == pytest.approx(50)
    assert harm.remaining(case, 40 * HOUR_MS) == 0


def test_the_next_hour_is_worth_what_leaves_in_it() -> None:
    harm, case = learnt(), Case(alert(0, "new"))
    assert harm.next_hour(case, 0) == 0
    assert harm.next_hour(case, HOUR_MS) == pytest.approx(150)
    # Between 24 and 36 hours after the alert 50 are lost, spread over twelve hours.
    assert harm.next_hour(case, 30 * HOUR_MS) == pytest.approx(50 / 12)


def test_how_long_money_stays_is_weighed_by_the_money() -> None:
    assert learnt().lasts_ms == pytest.approx((300 * 1.5 + 100 * 30) / 400 * HOUR_MS)


def test_a_newer_alert_makes_a_case_young_again() -> None:
    harm, case = learnt(), Case(alert(0, "new"))
    case.add(alert(40, "new"))
    assert harm.remaining(case, 40 * HOUR_MS) == pytest.approx(200)


def test_a_case_is_worth_in_proportion_to_what_its_alerts_say() -> None:
    harm = learnt()
    low, high = (Case(alert(0, "new", probability)) for probability in (0.1, 0.9))
    assert harm.remaining(high, 0) == pytest.approx(9 * harm.remaining(low, 0))


def test_a_detector_without_a_past_is_believed() -> None:
    case = Case(alert(0, "new", 0.25))
    assert Harm().remaining(case, 5 * HOUR_MS) == 250
    assert Harm().next_hour(case, 0) == 250


def test_alerts_before_the_latest_tell_nothing_of_older_ages() -> None:
    """A second alert after three hours: ages from four hours on are known of the second alone."""
    alerts, truth = past()
    harm = Harm()
    harm.learn(sorted([*alerts, *(alert(3, f"p{number}") for number in range(40))]), truth)
    rows = {age: remaining for age, remaining, _ in harm.rows("test")}
    assert rows[0] == pytest.approx((200 + 50) / 1000)
    assert rows[4] == pytest.approx(50 / 500)
