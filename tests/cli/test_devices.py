"""The `devices` command."""

from pathlib import Path

import msgspec
import orjson
import pytest
from click.testing import CliRunner, Result

from cases.store import open_store
from cli.main import cli
from domain.instants import to_ms
from tests.cases.alarm_figures.histories import MINUTE_MS, NOON_MS, history, write
from tests.devices.made import MIDNIGHT, alive, told

SITE = {"record": "site", "id": "b1", "effective_at": "2025-01-01T00:00:00Z", "time_zone": "Asia/Shanghai"}
DEVICE = {
    "record": "device",
    "id": "atm-1",
    "effective_at": "2026-10-05T00:00:00+08:00",
    "branch": "b1",
    "kind": "atm",
    "vendor": "acme",
    "model": "m1",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "fleet.jsonl").write_bytes(orjson.dumps(SITE) + b"\n" + orjson.dumps(DEVICE) + b"\n")
    events = [*alive(0, 1435), told(60, "epp_fail"), told(204, "epp_fail", "clear")]
    lines = [msgspec.json.encode(event) + b"\n" for event in events]
    # A later half that is read first, and twice.
    (tmp_path / "late.jsonl").write_bytes(b"".join(lines[100:]))
    (tmp_path / "early.jsonl").write_bytes(b"".join(lines[:120]))
    return tmp_path


def run(folder: Path, *words: str) -> Result:
    files = ("--telemetry", f"{folder}/late.jsonl", f"{folder}/early.jsonl")
    given = ("--registry", f"{folder}/fleet.jsonl", *files, "--zone", "Asia/Shanghai")
    return CliRunner().invoke(cli, ["devices", *words, *given])


def test_availability_is_lines_of_json(folder: Path) -> None:
    result = run(folder, "availability", "--month", "2026-10", "--json")
    assert result.exit_code == 0, result.output
    fleet, *_ = [orjson.loads(line) for line in result.stdout.splitlines()]
    # The day of the last report is the last that counts: one day, of which 144 minutes were lost.
    assert fleet["last"] == "2026-10-05"
    assert fleet["service_rate"] == {"value": 0.9, "numerator_minutes": 1296, "denominator_minutes": 1440}
    assert fleet["open_rate_assessed"]["value"] == 1


@pytest.mark.parametrize(
    ("since", "days", "failures", "faulty"), [("2026-10-01", 2, 1, 1), ("2026-10-06", 1, 0, 0)]
)
def test_days_before_the_first_that_counts_are_left_out_with_their_failures(
    folder: Path, since: str, days: int, failures: int, faulty: int
) -> None:
    words = ("--month", "2026-10", "--since", since, "--until", "2026-10-06", "--json")
    fleet, *_ = map(orjson.loads, run(folder, "availability", *words).stdout.splitlines())
    assert fleet["service_rate"]["denominator_minutes"] == days * 1440
    assert fleet["first"] == since
    assert (fleet["failures"], fleet["devices_with_a_fault"]) == (failures, faulty)


def test_the_table_shows_the_rates_with_their_parts(folder: Path) -> None:
    words = " ".join(run(folder, "availability", "--month", "2026-10").stdout.split())
    assert "Service rate 90.00 % 21.6 of 24.0 h" in words
    assert "Devices with a fault 1 distinct, of 1" in words


def test_a_credit_changes_the_assessed_rate_only(folder: Path) -> None:
    result = run(folder, "availability", "--month", "2026-10", "--credit", "epp_fail=0.5", "--json")
    fleet = orjson.loads(result.stdout.splitlines()[0])
    assert fleet["service_rate"]["value"] == 0.9
    assert fleet["open_rate_assessed"]["value"] == 0.95


def test_the_page_is_written_in_the_language_asked_for(folder: Path) -> None:
    page = folder / "page.html"
    words = ("availability", "--month", "2026-10", "--language", "zh", "--html", str(page))
    assert run(folder, *words).exit_code == 0
    assert "自助现金设备可用率" in page.read_text("utf-8")


def test_the_store_knows_how_soon_alarms_of_the_month_were_taken_up(folder: Path) -> None:
    url = f"sqlite:///{folder}/desk.db"
    minute = (to_ms(MIDNIGHT) - NOON_MS) / MINUTE_MS
    taken = [
        history("a", (minute, "raised"), (minute + 2, "annunciated"), (minute + 32, "acknowledged")),
        history("b", (minute + 900, "raised"), (minute + 901, "annunciated"), (minute + 991, "acknowledged")),
        # Before the month, and never taken up.
        history("c", (minute - 7200, "raised"), (minute - 7200, "annunciated"), (minute, "acknowledged")),
        history("d", (minute + 5, "raised"), (minute + 6, "annunciated")),
    ]
    with open_store(url) as store:
        write(store, taken, minute + 1440)
    result = run(folder, "availability", "--month", "2026-10", "--store", url, "--json")
    assert result.exit_code == 0, result.output
    fleet = orjson.loads(result.stdout.splitlines()[0])
    assert (fleet["mtta"]["count"], fleet["mtta"]["mean_minutes"]) == (2, 60)
    words = " ".join(run(folder, "availability", "--month", "2026-10", "--store", url).stdout.split())
    assert "Mean time to acknowledge 1.0 h 2" in words


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--month", "october"), "write one such as 2026-10"),
        (("--month", "2026-10", "--credit", "epp_fail"), "write one such as note_jam=0.5"),
        (("--month", "2026-10", "--credit", "epp_fial=1"), "perhaps epp_fail"),
        (("--month", "2026-11"), "before 2026-11-01"),
        (("--month", "2026-10", "--since", "2026-10-06"), "before 2026-10-06"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_is_allowed(
    folder: Path, words: tuple[str, ...], said: str
) -> None:
    result = run(folder, "availability", *words)
    assert result.exit_code != 0
    assert said in result.stderr


def test_a_device_is_shown_as_it_was_at_a_moment(folder: Path) -> None:
    result = run(folder, "show", "atm-1", "--at", "2026-10-05T02:00:00+08:00", "--json")
    assert result.exit_code == 0, result.output
    state = orjson.loads(result.stdout)
    assert (state["run"]["value"], state["module"]["causes"]) == ("no_service", ["epp_fail"])
    assert state["run"]["expires"] == "2026-10-04T18:15:00.000Z"
    assert state["conditions"][0]["since"] == "2026-10-04T17:00:00.000Z"
    words = " ".join(run(folder, "show", "atm-1", "--at", "2026-10-05T02:00:00+08:00").stdout.split())
    assert "run no_service 2026-10-04T18:15:00.000Z PIN pad faulty" in words


def test_the_ledger_of_a_day_is_lines_of_json(folder: Path) -> None:
    lines = run(folder, "show", "atm-1", "--ledger").stdout.splitlines()
    found = [(line["bucket"], line["minutes"]) for line in map(orjson.loads, lines)]
    assert found == [("full", 60), ("hard_fault", 144), ("full", 1236)]


def test_a_device_that_is_not_on_record_is_named(folder: Path) -> None:
    result = run(folder, "show", "atm-9")
    assert result.exit_code == 1
    assert "'atm-9'" in result.stderr


def test_the_list_has_every_device_with_its_states(folder: Path) -> None:
    (line,) = run(folder, "list", "--json").stdout.splitlines()
    assert orjson.loads(line)["run"]["value"] == "healthy"
    assert "atm-1 healthy healthy healthy healthy ok" in " ".join(run(folder, "list").stdout.split())


def test_lines_that_are_no_event_and_devices_not_on_record_are_told(folder: Path) -> None:
    stranger = msgspec.json.encode(told(5, "heartbeat", "heartbeat", on="atm-9"))
    (folder / "early.jsonl").write_bytes(b"no event\n" + stranger + b"\n")
    result = run(folder, "availability", "--month", "2026-10")
    assert result.exit_code == 0
    assert "1 line of telemetry" in result.stderr
    assert "atm-9" in result.stderr
