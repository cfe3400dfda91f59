"""The engine's own runner starts the flow too, with inputs and store from the environment."""

import os
import subprocess
import sys

import pytest

from connectors.alert_file import sort_alert_file
from tests.flows.running import NIGHT, ROOT, stored_alerts

FLOW = 'flows.card_risk:build("replay_data/night/profile.yaml")'


def bytewax(*arguments: object, **environment: object) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {name: str(value) for name, value in environment.items()},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("recovering", [False, True])
def test_the_night_under_the_engines_own_runner_gives_its_alerts(store, tmp_path, recovering):
    alerts = tmp_path / "alerts.jsonl"
    flags: list[object] = []
    if recovering:
        recovery = tmp_path / "recovery"
        recovery.mkdir()
        bytewax("bytewax.recovery", recovery, 2)
        flags = ["-r", recovery, "-s", 1, "-b", 0]
    bytewax(
        "bytewax.run", FLOW, *flags,
        RISKDESK_INPUTS=NIGHT / "transactions.jsonl.zst", RISKDESK_STORE=store, RISKDESK_ALERTS=alerts,
    )  # fmt: skip
    sort_alert_file(alerts)
    assert alerts.read_bytes() == (NIGHT / "alerts.jsonl").read_bytes()
    assert len(stored_alerts(store)) == alerts.read_bytes().count(b"\n")
