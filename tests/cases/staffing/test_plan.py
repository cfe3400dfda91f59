"""How many agents a forecast needs, and what is said when there are too few."""

from zoneinfo import ZoneInfo

import pytest

from cases.errors import WrongUse
from cases.staffing.plan import Work, load_words, need_record, plan
from cases.staffing.policy import StaffingPolicy
from domain.forecasts import QUARTER_MS, QuarterHour

MIDNIGHT_MS = 1_772_668_800_000  # 2026-03-05T00:00Z
SHANGHAI = ZoneInfo("Asia/Shanghai")
WORK = Work(calls_per_alert=2, aht_s=180)


def quarters(*highs: float) -> list[QuarterHour]:
    return [
        QuarterHour(from_ms=MIDNIGHT_MS + number * QUARTER_MS, expected=high / 2, high=high)
        for number, high in enumerate(highs)
    ]


def test_a_quarter_hour_is_staffed_for_its_95th_percentile() -> None:
    # 25 alerts a quarter-hour x 4 x 2 calls = 200 calls an hour: the published example of Erlang C.
    (need,) = plan(quarters(25), WORK, StaffingPolicy(), agents=12)
    assert (need.calls_per_hour, need.positions, need.rostered) == (200, 14, 20)
    assert need.load == pytest.approx(10 / 12)
    assert need.missing == 2
    assert need_record(need) == {
        "from": "2026-03-05T00:00:00.000Z",
        "calls_per_hour": 200.0,
        "positions": 14,
        "rostered": 20,
        "occupancy": 0.7143,
        "service_level": 0.8884,
        "asa_s": 7.836,
        "agents": 12,
        "load": 0.833,
        "missing": 2,
    }


def test_the_load_says_how_many_more_are_needed_and_until_when() -> None:
    # 10.8 erlangs on 10 agents; 14 are needed, and in the next quarter-hour too; then it is quiet.
    needs = plan(quarters(27, 25, 2, 27), WORK, StaffingPolicy(), agents=10)
    assert [need.positions for need in needs] == [14, 14, 3, 14]
    assert load_words(needs, SHANGHAI) == "load 1.08, need 4 more agents until 08:30"


def test_enough_agents_are_enough() -> None:
    needs = plan(quarters(25, 30), WORK, StaffingPolicy(), agents=14)
    assert load_words(needs, SHANGHAI) == "load 0.71, enough agents"


def test_without_agents_there_is_no_load() -> None:
    needs = plan(quarters(25), WORK, StaffingPolicy())
    assert (needs[0].load, needs[0].missing) == (None, 0)
    assert "number of agents" in load_words(needs, SHANGHAI)


def test_nobody_at_work_is_refused() -> None:
    with pytest.raises(WrongUse, match="1 or more"):
        plan(quarters(25), WORK, StaffingPolicy(), agents=0)
