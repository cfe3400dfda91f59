"""`riskdesk warm` over the first half of a night, and runs over the second half."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.alert_file import read_alert_file
from tests.flows.running import NIGHT, PROFILE, Command, lines_in, until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def evening_and_morning(night, tmp_path_factory) -> tuple[Path, Path]:
    """The night cut in two at one moment, with the second half's first time."""
    folder = tmp_path_factory.mktemp("cut")
    lines = night.read_bytes().splitlines(keepends=True)
    (folder / "evening.jsonl").write_bytes(b"".join(lines[: len(lines) // 2]))
    (folder / "morning.jsonl").write_bytes(b"".join(lines[len(lines) // 2 :]))
    return folder / "evening.jsonl", folder / "morning.jsonl"


def records(path: Path) -> list[dict[str, Any]]:
    return list(read_alert_file(path))


@pytest.fixture
def warm_file(riskdesk: Callable[..., Command], store, evening_and_morning, tmp_path) -> Path:
    command = riskdesk("warm", PROFILE, evening_and_morning[0], "-o", tmp_path / "warm", "--store", store)
    command.finish()
    assert "cards, " in command.err
    assert sorted(path.name for path in tmp_path.glob("*warm*")) == ["warm"]
    return tmp_path / "warm"


@pytest.fixture(scope="session")
def expected(evening_and_morning) -> list[dict[str, Any]]:
    """The alerts of the whole night that the second half's events fire."""
    triggers = {orjson.loads(line)["event_id"] for line in evening_and_morning[1].read_bytes().splitlines()}
    return [alert for alert in records(NIGHT / "alerts.jsonl") if alert["event_id"] in triggers]


def test_the_second_half_after_a_warm_start_gives_what_the_whole_night_gives_for_it(
    riskdesk, store, evening_and_morning, warm_file, expected, tmp_path
):
    _, morning = evening_and_morning
    where = ("--store", store, "--alerts", tmp_path / "alerts.jsonl", "--warm", warm_file)
    riskdesk("replay", PROFILE, morning, *where).finish()
    assert records(tmp_path / "alerts.jsonl") == expected
    riskdesk("replay", PROFILE, morning, "--store", store, "--alerts", tmp_path / "cold.jsonl").finish()
    assert len(records(tmp_path / "cold.jsonl")) < len(expected)


def test_a_live_run_in_two_processes_that_is_ended_and_goes_on_begins_warm_too(
    riskdesk, store, evening_and_morning, warm_file, expected, tmp_path
):
    _, morning = evening_and_morning
    alerts = tmp_path / "alerts.jsonl"
    live = (
        "run", "card-risk", "--profile", PROFILE, "--input", morning, "--warm", warm_file, "--store", store,
        "--alerts", alerts, "--processes", 2, "--recovery", tmp_path / "state", "--epoch-s", 0.1,
    )  # fmt: skip
    following = riskdesk(*live)
    until(lambda: lines_in(alerts) > 3, following)
    assert following.terminate() == 0
    riskdesk(*live, "--no-follow").finish()
    assert sorted(records(alerts), key=lambda alert: (alert["at"], alert["id"])) == expected


def test_a_profile_that_is_set_otherwise_is_refused_before_anything_runs(
    riskdesk, store, evening_and_morning, warm_file, tmp_path
):
    changed = tmp_path / "profile.yaml"
    text = PROFILE.read_text().replace("  burst:\n", "  burst: {uses: 77}\n")
    changed.write_text(text.replace("- segments.json", f"- {NIGHT / 'segments.json'}"))
    assert text != PROFILE.read_text()
    command = riskdesk("replay", changed, evening_and_morning[1], "--store", store, "--warm", warm_file)
    assert command.wait() == 1
    assert "burst has uses 77, it was 6" in command.err


def test_history_without_an_event_makes_no_file(riskdesk, store, tmp_path):
    (tmp_path / "empty.jsonl").write_bytes(b"")
    command = riskdesk("warm", PROFILE, tmp_path / "empty.jsonl", "-o", tmp_path / "warm", "--store", store)
    assert command.wait() == 1
    assert "no event of the history" in command.err
    assert not (tmp_path / "warm").exists()
