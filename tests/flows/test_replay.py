"""The recorded night gives its alerts, however its events are spread over files and processes."""

import pytest

from tests.flows.running import NIGHT, PROFILE, lines_in, stored_alerts

EXPECTED = NIGHT / "alerts.jsonl"


def test_the_recorded_night_gives_exactly_the_alerts_beside_it(riskdesk, store, tmp_path):
    alerts = tmp_path / "alerts.jsonl"
    riskdesk(
        "replay", PROFILE, NIGHT / "transactions.jsonl.zst", "--store", store, "--alerts", alerts
    ).finish()
    assert alerts.read_bytes() == EXPECTED.read_bytes()
    assert len(stored_alerts(store)) == lines_in(EXPECTED)


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_two_partitions_give_the_same_bytes_as_one(riskdesk, store, tmp_path, halves, processes):
    alerts = tmp_path / "alerts.jsonl"
    riskdesk(
        "replay", PROFILE, *halves, "--store", store, "--alerts", alerts, "--processes", processes
    ).finish()
    assert alerts.read_bytes() == EXPECTED.read_bytes()


@pytest.mark.slow
def test_a_second_replay_into_the_same_store_changes_nothing(riskdesk, store, night):
    riskdesk("replay", PROFILE, night, "--store", store).finish()
    before = stored_alerts(store)
    riskdesk("replay", PROFILE, night, "--store", store).finish()
    assert stored_alerts(store) == before


def test_a_replay_without_anywhere_to_put_the_alerts_is_wrong_use(riskdesk, night):
    command = riskdesk("replay", PROFILE, night)
    assert command.wait() == 2
    assert "--store" in command.err
    assert "--alerts" in command.err


def test_refused_lines_beyond_the_share_stop_the_flow_and_are_kept(riskdesk, store, tmp_path):
    bad = tmp_path / "bad.jsonl"
    bad.write_bytes(b'{"kind": "transaction"}\n' * 20_000)
    command = riskdesk("replay", PROFILE, bad, "--store", store)
    assert command.wait() == 1
    assert "dead-letters" in command.err
    assert "missing_field" in command.err
