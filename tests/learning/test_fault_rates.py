"""The published rates of faults: what is learnt of a model, and what is refused."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from detectors.fault_rate import FaultRate
from domain.fault_history import FAULT_CODES
from domain.instants import from_ms, to_ms
from domain.telemetry import Telemetry
from learning.fault_rates import learn_fault_rates
from learning.published import TableError

START_MS = to_ms(datetime(2026, 3, 1, tzinfo=UTC))
DAY_MS = 86_400_000
DAYS = 40
LATER = from_ms(START_MS + DAYS * DAY_MS)


def reports(rates: list[float], model: str = "m1", days: int = DAYS) -> Iterator[Telemetry]:
    """Give what devices report that fail at these rates a day."""
    for number, a_day in enumerate(rates):
        random, at_ms = Random(number), START_MS
        for beat_ms in range(START_MS, START_MS + days * DAY_MS, DAY_MS // 4):
            yield report(f"{model}-{number}", model, beat_ms, code="heartbeat", edge="heartbeat")
        while (at_ms := at_ms + round(random.expovariate(a_day) * DAY_MS)) < START_MS + days * DAY_MS:
            yield report(f"{model}-{number}", model, at_ms, code="app_fault", edge="raise", severity=4)


def report(device: str, model: str | None, at_ms: int, **fields: Any) -> Telemetry:
    given: dict[str, Any] = {"component": "device", **fields}
    return Telemetry(
        event_id=f"{device}-{at_ms}", at=from_ms(at_ms), at_ms=at_ms, device=device, model=model, **given
    )


def in_order(rates: list[float], **fields: Any) -> list[Telemetry]:
    return sorted(reports(rates, **fields), key=lambda report: report.at_ms)


def test_it_is_learnt_how_often_the_devices_of_a_model_fail_and_how_alike_they_are() -> None:
    alike = learn_fault_rates(in_order([1.0] * 60), LATER).models["m1"]
    unlike = learn_fault_rates(in_order([0.2, 1.8] * 30), LATER).models["m1"]
    assert alike.mean == pytest.approx(1.0, abs=0.08)
    assert unlike.mean == pytest.approx(1.0, abs=0.08)
    # Rates of 0.2 and 1.8 have a standard deviation of 0.8, and (1 / 0.8) ** 2 is 1.6.
    assert unlike.shape == pytest.approx(1.6, abs=0.4)
    assert alike.shape > 20
    assert alike.devices == 60
    assert alike.days == pytest.approx(60 * DAYS, rel=0.01)


def test_models_are_told_apart_and_those_with_few_devices_left_out() -> None:
    known = [*in_order([0.5] * 8), *in_order([2.0] * 8, model="m2"), *in_order([9.0] * 4, model="m3")]
    table = learn_fault_rates(sorted(known, key=lambda report: report.at_ms), LATER)
    assert list(table.models) == ["m1", "m2"]
    assert table.models["m2"].mean > 2 * table.models["m1"].mean


def test_a_model_that_never_failed_has_a_rate_all_the_same() -> None:
    beats = [one for one in in_order([0.1] * 6) if one.edge == "heartbeat"]
    assert learn_fault_rates(beats, LATER).models["m1"].mean == pytest.approx(0.5 / (6 * DAYS), rel=0.02)


def test_chatter_is_one_fault_and_others_reports_are_no_days() -> None:
    beats = [one for one in in_order([0.1] * 6) if one.edge == "heartbeat"]
    chatter = [
        report("m1-0", "m1", START_MS + minute * 60_000, code="note_jam", edge="raise", severity=4)
        for minute in range(120)
    ]
    outside = [
        report("m1-9", "m1", START_MS + hour * 3_600_000, code="device_offline", edge="raise")
        for hour in range(900)
    ]
    known = sorted([*beats, *chatter, *outside], key=lambda report: report.at_ms)
    (model,) = learn_fault_rates(known, LATER).models.values()
    assert model.devices == 6
    assert model.mean == pytest.approx(1 / (6 * DAYS), rel=0.02)


def test_it_counts_what_the_detector_counts() -> None:
    detector = FaultRate()
    assert detector.codes == FAULT_CODES
    assert detector.same == timedelta(minutes=15)


def test_the_version_says_whether_two_tables_say_the_same() -> None:
    one, same = (learn_fault_rates(in_order([0.5] * 6), LATER) for _ in range(2))
    other = learn_fault_rates(in_order([0.5] * 7), LATER)
    assert one.version == same.version != other.version


@pytest.mark.parametrize(
    ("rates", "effective_at", "told"),
    [
        ([0.5] * 6, LATER - timedelta(days=1), "a table must not know its own time"),
        ([0.5] * 6, LATER.replace(tzinfo=None), "write an offset such as"),
        ([0.5] * 4, LATER, "no model has 5 devices that are known for 7 days, the largest has 4"),
        ([], LATER, "the largest has 0"),
    ],
)
def test_what_cannot_be_published_is_said(rates: list[float], effective_at: datetime, told: str) -> None:
    with pytest.raises(TableError, match=told):
        learn_fault_rates(in_order(rates), effective_at)
