"""What a shadow would have told is put beside what was live over the same stretch of time."""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from cli.main import cli
from connectors.alert_file import read_alert_file
from tests.flows.running import NIGHT
from tuning.shadow import NothingToCompareError, compare_shadow

SHANGHAI = ZoneInfo("Asia/Shanghai")
LIVE = list(read_alert_file(NIGHT / "alerts.jsonl"))
DAY_MS = 86_400_000


def test_a_shadow_that_says_the_same_differs_in_nothing():
    found = compare_shadow(LIVE, LIVE, SHANGHAI)
    assert found.differences.same
    assert found.live_per_day == found.shadow_per_day > len(LIVE)
    assert sum(live for live, _ in found.by_day.values()) == len(LIVE)
    assert found.since == LIVE[0]["at"]


def test_only_the_stretch_in_which_both_ran_is_compared():
    begin = compare_shadow(LIVE, LIVE, SHANGHAI)
    late = [record for record in LIVE if record["at"] >= LIVE[10]["at"]]
    from_there = compare_shadow(LIVE, late, SHANGHAI, since_ms=_ms(LIVE[10]["at"]))
    assert from_there.differences.same
    assert compare_shadow(LIVE, late, SHANGHAI).differences.total.vanished == len(LIVE) - len(late) > 0
    until = compare_shadow(LIVE, [], SHANGHAI, until_ms=_ms(LIVE[10]["at"])).differences.total
    assert until.vanished == until.a == len(LIVE) - len(late)
    assert begin.until > from_there.since > begin.since


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def test_alerts_are_counted_for_a_day_of_the_stretch():
    begin = _ms(LIVE[0]["at"])
    found = compare_shadow(LIVE, LIVE[:5], SHANGHAI, since_ms=begin, until_ms=begin + 2 * DAY_MS)
    assert (found.live_per_day, found.shadow_per_day) == (len(LIVE) / 2, 2.5)
    assert list(found.by_day) == ["2026-09-18", "2026-09-19"]


@pytest.mark.parametrize(
    ("live", "stretch", "message"),
    [
        ([], {}, "no alert on either side"),
        (LIVE, {"since_ms": 2 * DAY_MS, "until_ms": DAY_MS}, "--since must be before --until"),
        (LIVE, {"until_ms": 0}, "--since must be before --until"),
    ],
)
def test_a_stretch_without_time_is_refused(live, stretch, message):
    with pytest.raises(NothingToCompareError, match=message):
        compare_shadow(live, [], SHANGHAI, **stretch)


def test_the_command_tells_it_and_writes_the_report_with_its_numbers(tmp_path):
    shadow = tmp_path / "shadow.jsonl"
    shadow.write_bytes(b"".join((NIGHT / "alerts.jsonl").read_bytes().splitlines(keepends=True)[3:]))
    report = tmp_path / "report.html"
    arguments = ["shadow", str(NIGHT / "alerts.jsonl"), str(shadow), "--zone", "Asia/Shanghai"]
    told = CliRunner().invoke(cli, [*arguments, "--report", str(report)])
    assert told.exit_code == 0, told.output
    assert "alerts a day" in told.stdout
    assert LIVE[0]["id"] in told.stdout
    numbers = json.loads(report.with_suffix(".json").read_text())
    assert numbers["differences"]["total"]["vanished"] == 3
    assert json.loads(CliRunner().invoke(cli, [*arguments, "--json"]).stdout) == numbers
    page = report.read_text()
    assert "A profile in the shadow" in page
    assert "影子规则集" in page
    assert LIVE[0]["key"] in page
