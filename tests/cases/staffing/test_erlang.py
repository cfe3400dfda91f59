"""The queueing formulas: published figures to all printed digits, a simulation, and what must always hold."""

from heapq import heapify, heappop, heappush
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.errors import WrongUse
from cases.staffing.erlang import erlang_a, erlang_c, positions


def test_a_hundred_calls_in_half_an_hour_need_fourteen_positions() -> None:
    # pyworkforce's and R ErlangC's published example: 80 % in 20 s, occupancy 0.85, shrinkage 0.3.
    staff = positions(200, 180, target=0.8, within_s=20, max_occupancy=0.85, shrinkage=0.3)
    assert (staff.positions, staff.rostered) == (14, 20)
    assert round(staff.waiting.wait_probability, 7) == 0.1741319
    assert round(staff.waiting.service_level(20), 7) == 0.8883500
    assert round(staff.waiting.asa_s, 3) == 7.836
    assert round(staff.waiting.occupancy, 7) == 0.7142857


def test_a_thousand_calls_an_hour_with_forty_agents() -> None:
    # The page of call-center-tools.
    waiting = erlang_c(1000, 120, 40)
    assert round(waiting.wait_probability, 4) == 0.1907
    assert round(waiting.service_level(20), 4) == 0.9372
    assert round(waiting.asa_s, 2) == 3.43
    assert round(waiting.occupancy, 4) == 0.8333


def test_callers_who_give_up_after_a_minute() -> None:
    abandoning = erlang_a(200, 180, 10, patience_s=60)
    assert round(abandoning.wait_probability, 4) == 0.4234
    assert round(abandoning.abandon_probability, 4) == 0.1575
    assert round(abandoning.wait_s, 2) == 9.45
    # Those who stay keep agents busy: 10 erlangs x (1 - 0.1575) on 10 agents.
    assert round(abandoning.occupancy, 4) == 0.8425


def test_a_simulated_queue_waits_as_erlang_c_says() -> None:
    random = Random(7)
    free, now, waits = [0.0] * 14, 0.0, []
    heapify(free)
    for _ in range(100_000):
        now += random.expovariate(200 / 3600)
        begin = max(now, heappop(free))
        heappush(free, begin + random.expovariate(1 / 180))
        waits.append(begin - now)
    said = erlang_c(200, 180, 14)
    assert sum(wait > 0 for wait in waits) / len(waits) == pytest.approx(said.wait_probability, abs=0.03)
    assert sum(waits) / len(waits) == pytest.approx(said.asa_s, rel=0.12)


def test_as_much_work_as_agents_waits_without_bound() -> None:
    waiting = erlang_c(200, 180, 10)
    assert (waiting.wait_probability, waiting.asa_s, waiting.occupancy) == (1.0, float("inf"), 1.0)
    assert waiting.service_level(3600) == 0.0


def test_without_calls_one_position_is_kept() -> None:
    staff = positions(0, 180, shrinkage=0)
    assert (staff.positions, staff.rostered, staff.waiting.wait_probability) == (1, 1, 0.0)
    assert erlang_a(0, 180, 3, patience_s=60) == (0.0, 0.0, 0.0, 0.0)


RATES = st.floats(1, 2_000)
TIMES = st.floats(10, 900)


@given(rate=RATES, aht_s=TIMES)
def test_one_position_less_would_not_do(rate: float, aht_s: float) -> None:
    staff = positions(rate, aht_s)
    assert staff.waiting.service_level(20) >= 0.8
    assert staff.waiting.occupancy <= 0.85 + 1e-9
    if staff.positions > 1:
        fewer = erlang_c(rate, aht_s, staff.positions - 1)
        assert fewer.service_level(20) < 0.8 or fewer.occupancy > 0.85


@given(rate=RATES, aht_s=TIMES, agents=st.integers(1, 300), patience_s=st.floats(1, 3600))
def test_giving_up_shortens_the_wait_and_stays_a_probability(
    rate: float, aht_s: float, agents: int, patience_s: float
) -> None:
    abandoning = erlang_a(rate, aht_s, agents, patience_s)
    assert 0 <= abandoning.abandon_probability <= abandoning.wait_probability <= 1
    assert abandoning.wait_s <= erlang_c(rate, aht_s, agents).asa_s + 1e-9
    assert 0 <= abandoning.occupancy <= 1 + 1e-9


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"calls_per_hour": -1, "aht_s": 180}, "want a rate of 0 or more"),
        ({"calls_per_hour": 9, "aht_s": 0}, "a handling time above 0 s"),
        ({"calls_per_hour": 9, "aht_s": 180, "target": 1}, "shares below 1"),
        ({"calls_per_hour": 9, "aht_s": 180, "max_occupancy": 0}, "shares below 1"),
        ({"calls_per_hour": 9, "aht_s": 180, "shrinkage": 1}, "shares below 1"),
        ({"calls_per_hour": 1e9, "aht_s": 180}, "allowed is 1 to 100000"),
    ],
)
def test_what_cannot_be_planned_is_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(WrongUse, match=told):
        positions(**given)


def test_nobody_waits_for_no_agents_or_without_patience() -> None:
    with pytest.raises(WrongUse, match="0 agents; allowed is 1"):
        erlang_c(9, 180, 0)
    with pytest.raises(WrongUse, match="a patience of 0 s"):
        erlang_a(9, 180, 3, patience_s=0)
