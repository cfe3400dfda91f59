from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.instants import to_ms
from tuning.report.axes import Axis, number_ticks, time_ticks
from tuning.report.words import LANGUAGES, Language

values = st.lists(st.floats(-1e18, 1e18) | st.integers(-10_000, 10_000), max_size=20)
MONEY = Axis(kind="money", currency="CNY")
kinds = st.sampled_from(
    [Axis("n"), Axis("p", "percent"), Axis("m", "money", "JPY"), Axis("m", "money", "CNY")]
)


@given(values, kinds, st.booleans(), st.sampled_from(LANGUAGES))
def test_an_axis_covers_its_figures_in_a_few_even_steps(
    shown: list[float], axis: Axis, zero: bool, language: Language
) -> None:
    ticks = number_ticks(shown, axis, language, zero=zero)
    assert ticks.low < ticks.high
    assert all(ticks.low <= value <= ticks.high for value in shown)
    assert 2 <= len(ticks.marks) <= 9
    assert not zero or ticks.low <= 0 <= ticks.high
    steps = [later.at - tick.at for tick, later in zip(ticks.marks, ticks.marks[1:], strict=False)]
    assert all(step == pytest.approx(steps[0], rel=1e-3) for step in steps)


@given(values, st.sampled_from(LANGUAGES))
def test_no_two_ticks_read_the_same(shown: list[float], language: Language) -> None:
    labels = [tick.label for tick in number_ticks(shown, Axis("n"), language).marks]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    ("shown", "axis", "language", "expected"),
    [
        ([0, 97], Axis(), "en", ["0", "20", "40", "60", "80", "100"]),
        ([1, 2, 3], Axis(), "en", ["0", "1", "2", "3"]),  # there is no half alert
        ([0.12, 0.3], Axis(kind="percent"), "en", ["0 %", "10 %", "20 %", "30 %"]),
        ([-5, 5], Axis(), "en", ["-6", "-4", "-2", "0", "2", "4", "6"]),
        ([7, 7], Axis(), "en", ["6", "7", "8"]),
        ([], Axis(), "en", ["0", "1"]),
        ([0, 0], Axis(), "en", ["0", "1"]),
        ([980, 1000], Axis(), "en", ["980", "985", "990", "995", "1,000"]),
        ([0, 250_000_000], MONEY, "en", ["0", "0.5M", "1.0M", "1.5M", "2.0M", "2.5M"]),
        ([0, 250_000_000], MONEY, "zh", ["0", "50万", "100万", "150万", "200万", "250万"]),
        ([0.5], Axis(kind="percent", low=0, high=1), "zh", ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]),
    ],
)  # fmt: skip
def test_figures_beside_an_axis_are_round(
    shown: list[float], axis: Axis, language: Language, expected: list[str]
) -> None:
    assert [tick.label for tick in number_ticks(shown, axis, language).marks] == expected


def ms(*parts: int, zone: str = "UTC") -> float:
    return float(to_ms(datetime(*parts, tzinfo=ZoneInfo(zone))))  # type: ignore[arg-type, misc]


def test_days_begin_at_midnight_of_the_axis_zone() -> None:
    axis = Axis(kind="time", zone="Asia/Taipei")
    ticks = time_ticks([ms(2026, 9, 1), ms(2026, 9, 6)], axis, 800)
    assert ticks.marks[0].label == "2026-09-02"
    assert ticks.marks[0].at == ms(2026, 9, 2, zone="Asia/Taipei")


def test_within_days_hours_are_named_and_midnight_has_its_date() -> None:
    axis = Axis(kind="time", zone="Asia/Taipei")
    ticks = time_ticks([ms(2026, 9, 1, 3), ms(2026, 9, 2, 3)], axis, 800)
    assert [tick.label for tick in ticks.marks[:3]] == ["12:00", "15:00", "18:00"]
    assert {tick.label: tick.below for tick in ticks.marks if tick.below} == {
        "12:00": "2026-09-01",
        "00:00": "2026-09-02",
    }


def test_an_hour_that_the_clock_repeats_is_named_once() -> None:
    axis = Axis(kind="time", zone="America/New_York")  # the clock goes back on 2026-11-01 at 02:00
    start = ms(2026, 11, 1, 0, zone="America/New_York")
    at = [tick.at for tick in time_ticks([start, start + 6 * 3_600_000], axis, 800).marks]
    assert at == sorted(set(at))


@given(
    st.lists(st.integers(300_000_000_000, 7_000_000_000_000), max_size=8),
    st.sampled_from(["UTC", "Asia/Taipei", "America/New_York", "Asia/Kathmandu"]),
)
def test_times_stand_within_the_axis_and_in_order(moments: list[int], zone: str) -> None:
    ticks = time_ticks(moments, Axis(kind="time", zone=zone), 860)
    assert ticks.low < ticks.high
    assert all(ticks.low <= value <= ticks.high for value in moments)
    at = [tick.at for tick in ticks.marks]
    assert at == sorted(set(at))
    assert all(ticks.low <= each <= ticks.high for each in at)
    assert len(at) <= 25
