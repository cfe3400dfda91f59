"""A stopped flow goes on with more processes, or with fewer, and keeps every alert."""

import pytest

from cases.store import open_store
from connectors.reference_files import read_reference
from tests.flows.device_day import PROFILE as DEVICES
from tests.flows.device_day import everything, unpack_day
from tests.flows.running import NIGHT, PROFILE, lines_in, stored_alerts, until

EXPECTED = NIGHT / "alerts.jsonl"


def rescaled(riskdesk, command, alerts, stops) -> int:
    """Run a command with so many processes for so many alerts more, and to its end at last.

    Gives how often it was stopped before its end.
    """
    stopped = 0
    *earlier, (last, _) = stops
    for processes, more in earlier:
        wanted = lines_in(alerts) + more
        run = riskdesk(*command, "--processes", processes)
        until(lambda run=run, wanted=wanted: lines_in(alerts) >= wanted or not run.running, run)
        run.terminate()
        stopped += "stopped: SIGTERM" in run.err
    riskdesk(*command, "--processes", last).finish()
    return stopped


@pytest.mark.slow
def test_a_night_goes_from_two_processes_to_four_and_back(riskdesk, store, tmp_path, halves):
    alerts = tmp_path / "alerts.jsonl"
    command = (
        "replay", PROFILE, *halves, "--store", store, "--alerts", alerts, "--quiet",
        "--recovery", tmp_path / "recovery", "--epoch-s", "0.1",
    )  # fmt: skip
    assert rescaled(riskdesk, command, alerts, [(2, 6), (4, 6), (2, None)]) == 2
    assert alerts.read_bytes() == EXPECTED.read_bytes()
    assert stored_alerts(store) == sorted(line.split('"')[3] for line in EXPECTED.read_text().splitlines())


@pytest.mark.slow
def test_a_day_of_devices_goes_from_two_processes_to_four_and_back(riskdesk, tmp_path):
    unpack_day(tmp_path)
    files = tmp_path / "telemetry.jsonl", tmp_path / "transactions.jsonl"
    quiet, cut = f"sqlite:///{tmp_path}/quiet.sqlite", f"sqlite:///{tmp_path}/cut.sqlite"
    for url in (quiet, cut):
        with open_store(url) as store:
            store.reference.put(read_reference([tmp_path / "reference.jsonl", tmp_path / "fleet.jsonl"]))
    alerts = tmp_path / "alerts.jsonl"
    riskdesk("replay", DEVICES, *files, "--store", quiet, "--quiet").finish()
    command = (
        "replay", DEVICES, *files, "--store", cut, "--alerts", alerts, "--quiet",
        "--recovery", tmp_path / "recovery", "--epoch-s", "0.1",
    )  # fmt: skip
    assert rescaled(riskdesk, command, alerts, [(2, 10), (4, 10), (2, None)]) == 2
    assert everything(cut) == everything(quiet)
