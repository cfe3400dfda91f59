"""The flap detection of Nagios: its percentages to 1e-9, and its two thresholds, calculated anew."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.examples import run
from detectors.flapping import Flapping, flap_percent
from domain.tables import Tables
from tests.detectors.reports import report
from tests.detectors.streams import START_MS

STATES = 21
# 20 changes, the oldest first, weigh from 0.75 to 1.25 in equal steps: 0.75 + (i - 1) * 0.5 / 19.
WEIGHTS = [Fraction(3, 4) + Fraction(i, 38) for i in range(20)]


def nagios_percent(states: list[bool]) -> Fraction:
    """Calculate as base/flapping.c does: the last 21 states, what is before the first is OK."""
    kept = ([False] * STATES + states)[-STATES:]
    changes = zip(kept, kept[1:], WEIGHTS, strict=False)
    return 100 * sum((weight for one, other, weight in changes if one != other), Fraction(0)) / 20


def bits_of(states: list[bool]) -> int:
    bits = 0
    for state in states:
        bits = (bits << 1 | state) & (1 << STATES) - 1
    return bits


@pytest.mark.parametrize(
    ("states", "percent"),
    [
        ("000000000000000000000", 0.0),
        ("111111111111111111111", 0.0),
        ("000000000000000000001", 6.25),  # 1.25 / 20: the newest change
        ("011111111111111111111", 3.75),  # 0.75 / 20: the oldest
        ("010101010101010101010", 100.0),
        ("000000000011111111111", 4.934210526315789),  # (0.75 + 9 * 0.5 / 19) / 20: the tenth of 20
        ("000000000000000010101", 29.934210526315788),  # 6.25 + 6.118... of the last five
    ],
)
def test_the_percentages_are_those_of_nagios(states: str, percent: float) -> None:
    given_states = [state == "1" for state in states]
    assert flap_percent(bits_of(given_states)) == pytest.approx(percent, abs=1e-9)
    assert float(nagios_percent(given_states)) == pytest.approx(percent, abs=1e-9)


@given(st.lists(st.booleans(), max_size=60))
def test_any_states_give_the_percentage_calculated_anew(states: list[bool]) -> None:
    assert flap_percent(bits_of(states)) == pytest.approx(float(nagios_percent(states)), abs=1e-9)


@given(st.lists(st.booleans(), max_size=120), st.sampled_from([(20.0, 30.0), (5.0, 20.0)]))
def test_it_fires_where_nagios_starts_and_is_armed_where_it_stops(
    states: list[bool], thresholds: tuple[float, float]
) -> None:
    low, high = thresholds
    flapping, starts = False, []
    for number in range(len(states)):
        percent = float(nagios_percent(states[: number + 1]))
        if not flapping and percent >= high:
            starts.append(f"r{number}")
        flapping = percent >= high or (flapping and percent > low)
    events = [
        report(
            START_MS + number * 60_000,
            event_id=f"r{number}",
            component="sensors",
            code="module_fault",
            edge="raise" if holds else "clear",
        )
        for number, holds in enumerate(states)
    ]
    fired = run(Flapping(low_percent=low, high_percent=high), events, Tables())
    assert [one.event_id for one in fired] == starts
