"""The `devices` commands about alarms."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from cases.store import open_store
from cases.who import Role, Who
from cli.main import cli
from domain.instants import iso
from tests.cases.alarms.watched import NOON_MS, SMALL_FLEET, at_s, signal
from tests.sqlite_store import sqlite_store

HOUR_S = 3600
AS_LEAD = ("--agent", "lead-1", "--role", "lead")


@pytest.fixture
def url(tmp_path: Path) -> str:
    found = sqlite_store(tmp_path / "desk.db")
    signals = [
        signal("note_jam", "d1", 0),
        signal("card_retained", "d3", 10),
        signal("epp_fail", "d4", 60),
        signal("epp_fail", "d4", 80, since=60, over=True),
    ]
    with open_store(found) as store:
        store.reference.put(SMALL_FLEET)
        store.alarms.take_in(signals, at_s(HOUR_S))
        shelf = ("d1|dispenser|0|note_jam", at_s(2 * HOUR_S), "a part is coming")
        store.alarms.shelve(*shelf, Who("lead-1", Role.LEAD), at_s(HOUR_S))
    return found


def run(url: str, *words: str) -> Result:
    return CliRunner().invoke(cli, ["devices", *words], env={"RISKDESK_STORE": url})


def lines(result: Result, record: str) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    found = [orjson.loads(line) for line in result.stdout.splitlines()]
    return [line for line in found if line["record"] == record]


def test_live_alarms_are_lines_with_what_hides_them(url: str) -> None:
    result = run(url, "alarms", "--live", "--json")
    card, jam = lines(result, "alarm")
    assert (card["code"], card["state"], card["suppressed_by"]) == ("card_retained", "unacknowledged", None)
    assert (jam["fingerprint"], jam["suppressed_by"]) == ("d1|dispenser|0|note_jam", "shelved")
    assert jam["shelved_until"] == iso(at_s(2 * HOUR_S))
    assert lines(result, "figure") == []


def test_figures_are_lines_with_their_parts(url: str) -> None:
    found = lines(run(url, "alarms", "--json"), "figure")
    by_name = {line["figure"]: line for line in found}
    # From the first alarm, at noon, to what is settled, an hour later.
    assert (by_name["period"]["from"], by_name["period"]["to"]) == (iso(NOON_MS), iso(at_s(HOUR_S)))
    average = by_name["average_per_hour"]
    assert (average["value"], average["numerator"], average["denominator"]) == (2, 2, 1)
    assert (average["acceptable"], average["manageable"], average["verdict"]) == (6, 12, "acceptable")
    loads = {line["of"]: line["annunciated"] for line in found if line["figure"] == "load"}
    assert loads == {"all": 2, "managed": 1, "never_suppressed": 1}
    assert by_name["shelved"]["left_ms"] == HOUR_S * 1000
    assert by_name["fleeting_of_all"]["numerator"] == 1


def test_the_table_names_alarms_and_figures(url: str) -> None:
    words = " ".join(run(url, "alarms").stdout.split())
    assert "2 Notes jammed d1|dispenser|0|note_jam pending Shelved 2026-03-05 14:00 2026-03-05 12:00" in words
    assert "Alarms an hour on average 2 2 / 1 6 12 acceptable" in words
    assert "Held back: Shelved" not in words  # that came at the very end, which is outside
    chinese = " ".join(run(url, "alarms", "--language", "zh", "--zone", "Asia/Shanghai").stdout.split())
    assert "人工搁置 2026-03-05 22:00" in chinese


def test_a_period_may_be_given(url: str) -> None:
    window = ("--from", iso(at_s(60)), "--to", iso(at_s(600)))
    (period,) = (
        line for line in lines(run(url, "alarms", *window, "--json"), "figure") if line["figure"] == "period"
    )
    assert (period["annunciated"], period["raised"]) == (1, 1)


def test_the_page_is_written_in_the_language_asked_for(url: str, tmp_path: Path) -> None:
    page = tmp_path / "alarms.html"
    result = run(url, "alarms", "--html", str(page), "--language", "zh")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "设备告警指标" in page.read_text("utf-8")


def test_a_store_without_alarms_shows_none(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/empty.db"
    open_store(url).close()
    result = run(url, "alarms")
    assert (result.exit_code, result.stdout.strip()) == (0, "No alarm is there.")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("alarms", "--live", "--html", "x.html"), 2, "choose one"),
        (("alarms", "--from", iso(at_s(HOUR_S))), 2, "the store knows alarms before"),
        (("alarms", "--from", "yesterday"), 2, "should be ISO 8601"),
        (
            ("shelve", "x", "--for", "2 hours", "--reason", "r", *AS_LEAD),
            2,
            "write one such as 45m, 12h or 7d",
        ),
        (("shelve", "x", "--for", "2h", *AS_LEAD), 2, "--reason"),
        (("shelve", "x", "--for", "9h", "--reason", "r", *AS_LEAD), 2, "8 hours at most"),
        (("shelve", "x", "--for", "2h", "--reason", "r", *AS_LEAD), 1, "there is no alarm 'x'"),
        (("shelve", "x", "--for", "2h", "--reason", "r", "--agent", "a"), 1, "that takes: lead"),
        (("unshelve", "x", "--reason", "r", *AS_LEAD), 1, "there is no alarm 'x'"),
    ],
)
def test_what_cannot_be_is_told(url: str, words: tuple[str, ...], code: int, said: str) -> None:
    result = run(url, *words)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr


def test_a_lead_puts_an_alarm_aside_and_takes_it_back(url: str) -> None:
    name = "d1|dispenser|0|note_jam"
    assert run(url, "unshelve", name, "--reason", "the part is here", *AS_LEAD).exit_code == 0
    result = run(url, "shelve", name, "--for", "45m", "--reason", "another part is coming", *AS_LEAD)
    assert result.exit_code == 0
    assert f"{name} is shelved until 20" in result.stderr
    _, jam = lines(run(url, "alarms", "--live", "--json"), "alarm")
    assert (jam["shelve_reason"], jam["shelved_by"]) == ("another part is coming", "lead-1")
