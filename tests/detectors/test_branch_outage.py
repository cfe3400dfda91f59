"""A cut line is one outage, however many devices hang on it and however they send their heartbeats."""

from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.branch_outage import BranchOutage
from detectors.examples import Fired, run
from domain.events import Event, Progress
from domain.instants import from_ms
from domain.tables import Tables
from tests.detectors.reports import report
from tests.detectors.streams import HOUR_MS, START_MS

MINUTE_MS = 60_000
GRACE_MS = 15_000
CUT_MS = START_MS + 8 * HOUR_MS
# The interval of a device's heartbeats in minutes, and how far into it the first comes, in seconds.
DEVICES = st.lists(st.tuples(st.sampled_from((1, 2, 5)), st.integers(0, 59)), min_size=2, max_size=12)


def beats(devices: list[tuple[int, int]], cut: int, back_ms: int, until_ms: int) -> list[Event]:
    """Give the heartbeats of a branch of which the first `cut` devices are not heard for a while."""
    events: list[Event] = []
    for number, (minutes, second) in enumerate(devices):
        for at_ms in range(START_MS + second * 1000 + number, until_ms, minutes * MINUTE_MS):
            if number < cut and CUT_MS <= at_ms < back_ms:
                continue
            events.append(report(at_ms, device=f"d{number}", event_id=f"d{number}-{at_ms}", **BEAT))
    return sorted(events, key=lambda event: event.at_ms)


BEAT = {"component": "device", "code": "heartbeat", "edge": "heartbeat"}


def fired_on(events: list[Event], until_ms: int) -> list[Fired]:
    return run(BranchOutage(), [*events, Progress(at=from_ms(until_ms), at_ms=until_ms)], Tables())


@settings(max_examples=30, deadline=None)
@given(devices=DEVICES, lasts_min=st.integers(16, 90))
def test_a_cut_line_is_told_once_within_two_heartbeats_and_over_within_one(
    devices: list[tuple[int, int]], lasts_min: int
) -> None:
    back_ms = CUT_MS + lasts_min * MINUTE_MS
    until_ms = back_ms + HOUR_MS
    begun, ended = fired_on(beats(devices, len(devices), back_ms, until_ms), until_ms)
    slowest_ms = max(minutes for minutes, _ in devices) * MINUTE_MS
    assert begun.at_ms <= CUT_MS + 2 * slowest_ms + GRACE_MS
    assert begun.finding.alarm is not None
    assert begun.finding.alarm.code == "branch_link_down"
    assert ended.finding.alarm is not None
    assert ended.finding.alarm.over
    assert back_ms <= ended.at_ms <= back_ms + slowest_ms
    # Whoever was silent at the end is listed, those who followed the others as well.
    assert {child["device"] for child in ended.finding.evidence["children"]} <= {
        f"d{number}" for number in range(len(devices))
    }
    earliest = min(child["heard_at"] for child in begun.finding.evidence["children"])
    assert begun.finding.evidence["since"] == earliest


@settings(max_examples=30, deadline=None)
@given(devices=DEVICES, share=st.floats(0, 1))
def test_it_takes_two_devices_and_three_in_five(devices: list[tuple[int, int]], share: float) -> None:
    cut = round(share * len(devices))
    until_ms = CUT_MS + HOUR_MS
    fired = fired_on(beats(devices, cut, until_ms, until_ms), until_ms - MINUTE_MS)
    assert len(fired) == (cut >= 2 and cut * 5 >= len(devices) * 3)
