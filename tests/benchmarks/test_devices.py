"""The whole benchmark of devices runs on a small fleet and ends with the figures that count."""

import sys

import pytest

from benchmarks import devices
from benchmarks.device_judging import CUT_MOST_MS


def test_an_outage_has_two_heartbeats_and_the_hold() -> None:
    assert CUT_MOST_MS == 4 * 300_000


@pytest.mark.slow
def test_a_short_month_of_a_small_fleet_is_judged(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    small = ("--days", "1", "--devices", "20", "--branches", "6", "--level", "middle", "--followed", "20")
    monkeypatch.setattr(sys, "argv", ["devices", *small])
    devices.main()
    told = capsys.readouterr().out.splitlines()
    names = [line.partition(": ")[0] for line in told[-3:]]
    assert names == ["raw_alarms_per_item", "incidents_found", "never_suppressed_lost"]
    assert told[-1] == "never_suppressed_lost: 0"
