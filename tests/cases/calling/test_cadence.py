from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cases.calling.cadence import Exhausted, NoNumber, Rules, Tried, Try, next_try, standing_callback
from cases.calling.dispositions import DISPOSITIONS
from cases.calling.policy import CallingPolicy, rung
from cases.calling.windows import may_call, rest_days
from domain.instants import from_ms, to_ms

ZONE = "Asia/Shanghai"
POLICY = CallingPolicy()
GOLDEN = yaml.safe_load(Path(__file__).with_name("cadence.yaml").read_text("utf-8"))
MINUTE_MS = 60_000
THURSDAY_TEN_MS = to_ms(datetime(2026, 3, 5, 10, 0, tzinfo=ZoneInfo(ZONE)))
RUNGS = ("critical", "high", "medium", "low")


def rules(name: str, policy: CallingPolicy = POLICY) -> Rules:
    return Rules(policy, policy.cadence(name), ZONE, rest_days(None))  # type: ignore[arg-type]


def clock(at_ms: int) -> str:
    return f"{from_ms(at_ms).astimezone(ZoneInfo(ZONE)):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: row["name"])
def test_the_golden_table_holds(row: Mapping[str, Any]) -> None:
    now_ms = to_ms(datetime.fromisoformat(row["start"]).replace(tzinfo=ZoneInfo(ZONE)))
    left, tried, made = list(row["numbers"]), [], []
    for how in row["ends"]:
        planned = next_try(tried, left, rules(row["rung"]), now_ms)
        assert isinstance(planned, Try), planned
        now_ms = planned.at_ms
        made.append(f"{clock(now_ms)} {planned.reference}")
        tried.append(Tried(now_ms, now_ms, planned.reference, how))
        if DISPOSITIONS[how].number_unusable:
            left.remove(planned.reference)
    assert made == row["tries"]
    assert said(next_try(tried, left, rules(row["rung"]), now_ms)) == row["then"]


def said(planned: Try | Exhausted | NoNumber) -> str:
    if isinstance(planned, Try):
        return f"{clock(planned.at_ms)} {planned.reference} {planned.reason}"
    return planned.why if isinstance(planned, Exhausted) else "no number"


def test_every_rung_is_in_the_golden_table() -> None:
    assert {row["rung"] for row in GOLDEN} == set(RUNGS)


def test_nobody_is_called_more_than_so_often_a_day_whatever_the_case() -> None:
    elsewhere = [THURSDAY_TEN_MS + minute * MINUTE_MS for minute in range(POLICY.most_a_day)]
    planned = next_try([], ["a"], rules("critical"), THURSDAY_TEN_MS + 60 * MINUTE_MS, elsewhere)
    assert said(planned) == "2026-03-06 00:00 a window"


def test_a_number_is_not_rung_more_often_than_its_cap() -> None:
    policy = CallingPolicy(most_a_number=1)
    tried = [Tried(THURSDAY_TEN_MS, THURSDAY_TEN_MS, "a", "no_answer")]
    assert next_try(tried, ["a"], rules("critical", policy), THURSDAY_TEN_MS) == Exhausted(
        "every number was tried 1 time"
    )
    planned = next_try(tried, ["a", "b"], rules("critical", policy), THURSDAY_TEN_MS)
    assert isinstance(planned, Try)
    assert planned.reference == "b"


@given(
    name=st.sampled_from(RUNGS),
    start_ms=st.integers(THURSDAY_TEN_MS, THURSDAY_TEN_MS + 14 * 24 * 60 * MINUTE_MS),
    ends=st.lists(
        st.sampled_from(["no_answer", "busy", "voicemail", "switched_off", "third_party", "dialer_failed"]),
        max_size=12,
    ),
    numbers=st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True),
)
def test_attempts_stay_within_window_and_caps_and_in_order(
    name: str, start_ms: int, ends: list[str], numbers: list[str]
) -> None:
    bounds = rules(name)
    tried: list[Tried] = []
    now_ms = start_ms
    for how in ends:
        planned = next_try(tried, numbers, bounds, now_ms)
        if not isinstance(planned, Try):
            break
        assert planned.at_ms >= now_ms
        assert planned.reference in numbers
        assert may_call(planned.at_ms, ZONE, bounds.cadence.window, bounds.resting) is None
        now_ms = planned.at_ms
        tried.append(Tried(now_ms, now_ms, planned.reference, how))
    assert sum(each.how.counts for each in tried) <= len(bounds.cadence.gaps)


@given(st.integers(1, 8), st.integers(1, 4))
def test_numbers_take_turns(tries: int, many: int) -> None:
    numbers = list("abcd"[:many])
    tried: list[Tried] = []
    now_ms = THURSDAY_TEN_MS
    for _ in range(tries):
        planned = next_try(tried, numbers, rules("critical"), now_ms)
        assert isinstance(planned, Try)
        now_ms = planned.at_ms
        tried.append(Tried(now_ms, now_ms, planned.reference, "no_answer"))
    uses = [sum(each.reference == number for each in tried) for number in numbers]
    assert max(uses) - min(uses) <= 1


def test_a_callback_is_due_around_its_time_only() -> None:
    agreed_ms = THURSDAY_TEN_MS
    tried = [Tried(0, 0, "a", "callback_later", agreed_ms)]
    for minutes, due in ((-16, False), (-15, True), (0, True), (120, True), (121, False)):
        found = standing_callback(tried, POLICY, agreed_ms + minutes * MINUTE_MS)
        assert (found is not None) == due, minutes
    assert standing_callback([], POLICY, agreed_ms) is None


def test_a_promoted_case_is_called_no_more_urgently() -> None:
    assert rung({"band": "rest", "severity": "low"}) == "low"
    assert rung({"band": "rest", "severity": "medium"}) == "medium"
    assert rung({"band": "high", "severity": "low"}) == "high"


def test_a_cadence_leaves_nothing_to_nobody() -> None:
    with pytest.raises(ValueError, match="one of close and lead_review"):
        type(POLICY.low)(gaps=(timedelta(0),), then=("message",))
    with pytest.raises(ValueError, match="first gap"):
        type(POLICY.low)(gaps=(timedelta(1),), then=("close",))
