"""What an earlier version left in the middle of a run is resumed by this one, to exactly the same alerts.

`make_fixture.py` says how each fixture was made.
"""

import shutil
from pathlib import Path

import pytest
import zstandard

from cases.store import open_store
from connectors.alert_file import read_alert_file
from tests.flows.running import alert_ids, stored_alerts

FIXTURES = sorted((Path(__file__).parent / "fixtures").iterdir())


@pytest.fixture(params=FIXTURES, ids=lambda path: path.name)
def left(request, tmp_path) -> Path:
    """A copy of what was left, with the streams that have grown since."""
    folder = tmp_path / "left"
    shutil.copytree(request.param, folder)
    for packed in folder.glob("*.zst"):
        content = zstandard.ZstdDecompressor().decompress(packed.read_bytes())
        packed.with_suffix("").write_bytes(content)
    return folder


def test_there_is_something_to_resume():
    assert "v1" in [path.name for path in FIXTURES]


def test_an_old_run_is_resumed_to_the_alerts_of_an_uninterrupted_one(riskdesk, left):
    alerts, store = left / "alerts.jsonl", f"sqlite:///{left}/store.sqlite"
    before = alert_ids(alerts)
    riskdesk(
        "replay", left / "profile.yaml", left / "east.jsonl", left / "west.jsonl",
        "--store", store, "--alerts", alerts, "--recovery", left / "recovery",
    ).finish()  # fmt: skip
    expected = alert_ids(left / "expected.jsonl")
    assert 0 < len(before) < len(expected)
    assert set(before) < set(expected)
    assert alerts.read_bytes() == (left / "expected.jsonl").read_bytes()
    assert stored_alerts(store) == sorted(expected)
    with open_store(store) as opened:
        assert sum(opened.dead_letters.counts().values()) == 2


def test_an_old_store_opens_with_all_that_is_in_it(left):
    told = {alert["id"]: alert for alert in read_alert_file(left / "alerts.jsonl")}
    with open_store(f"sqlite:///{left}/store.sqlite") as store:
        kept = {
            alert["id"]: alert for case in store.cases.list() for alert in store.cases.show(case.id).evidence
        }
        assert sum(store.dead_letters.counts().values()) == 1
        assert len(list(store.reference.all())) > 900
    assert kept.keys() == told.keys()
    for alert_id, alert in kept.items():
        assert {name: told[alert_id][name] for name in ("detector", "at", "reason", "key")} == {
            name: alert[name] for name in ("detector", "at", "reason", "key")
        }
