"""Rules that are ill are told of by a replay of the hours in which they are, with any number of processes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cases.store import open_store
from tests.flows.running import Command

pytestmark = pytest.mark.slow

PROFILE = """
name: ill
version: 1
input: {partitioned_by: card}
bank: {time_zone: Asia/Shanghai, currency: CNY}
bounds: {earliest: 2020-01-01T00:00:00Z, latest: 2040-01-01T00:00:00Z}
liveness:
  partition_hours: 1
  least_per_million: {amount_outlier: 2000}
detectors:
  burst: {uses: 1}              # a slip of the pen: fires at once
  amount_outlier: {sds: 90, sds_alone: 90}  # another: fires at nothing
  impossible_travel:            # nobody says where anything happens
"""


def uses(log: str, hours: int) -> Iterator[dict[str, Any]]:
    """Give 1,500 uses an hour, each card's far enough apart to be a burst of its own."""
    for number in range(hours * 1500):
        second = number * 3600 // 1500
        yield {
            "kind": "transaction", "event_id": f"{log}{number}", "card": f"{log}{number % 700}",
            "at": f"2026-03-02T{10 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z",
            "amount_minor": 500 + number % 90, "currency": "CNY", "channel": "pos",
        }  # fmt: skip


def write(path: Path, events: Iterator[dict[str, Any]]) -> Path:
    path.write_text("".join(f"{json.dumps(event)}\n" for event in events))
    return path


@pytest.mark.parametrize("processes", [1, 2])
def test_what_ails_rules_is_told_by_the_replay_of_those_hours(tmp_path: Path, processes: int) -> None:
    profile = tmp_path / "ill.yaml"
    profile.write_text(PROFILE)
    logs = [write(tmp_path / "a.jsonl", uses("a", 4)), write(tmp_path / "b.jsonl", uses("b", 1))]
    run = Command(
        [
            *("replay", str(profile), *map(str, logs), "--alerts", str(tmp_path / "alerts.jsonl")),
            *("--quiet", "--json", "--processes", str(processes)),
        ]
    )
    run.finish()
    problems = json.loads(run.out)["problems"]
    assert [
        (found["detector"], found["problem"], found["about"], found["since_ms"]) for found in problems
    ] == [
        ("all", "feed_stopped", "b.jsonl", 1_772_449_200_000),
        ("amount_outlier", "never_fires", "", 1_772_445_600_000),
        ("burst", "always_fires", "", 1_772_445_600_000),
        ("impossible_travel", "field_missing", "place", 1_772_445_600_000),
    ]
    for found in problems:
        assert f"{found['problem']}: {found['words']}" in run.err


@pytest.mark.parametrize("processes", [1, 2])
def test_a_rule_that_floods_fills_one_case_and_loses_no_alert(tmp_path: Path, processes: int) -> None:
    profile = tmp_path / "floods.yaml"
    profile.write_text(PROFILE + "queue: {flood: {alerts: 500}}\n")
    logs = [write(tmp_path / f"{name}.jsonl", uses(name, 1)) for name in "ab"]
    url = f"sqlite:///{tmp_path}/desk.db"
    arguments = ["replay", str(profile), *map(str, logs), "--store", url, "--quiet", "--json"]
    for new in (3000, 0):
        run = Command([*arguments, "--processes", str(processes)])
        run.finish()
        assert json.loads(run.out)["stored"] == new
        assert ("a detector gives too many alerts" in run.err) == bool(new)
        with open_store(url) as store:
            found = store.cases.list()
            assert [(case.kind, case.alerts) for case in found] == [("storm", 3000)]
            assert found[0].subject.startswith(
                "flood of burst: 3,000 alerts from 2026-03-02T10:00:00.000Z on"
            )
            assert store.cases.floods() == {"burst": 1}


def test_a_replay_in_which_all_rules_are_well_says_nothing_of_them(tmp_path: Path) -> None:
    profile = tmp_path / "well.yaml"
    profile.write_text(PROFILE.partition("liveness:")[0] + "detectors: {burst: }\n")
    log = write(tmp_path / "a.jsonl", uses("a", 1))
    run = Command(
        ["replay", str(profile), str(log), "--alerts", str(tmp_path / "alerts.jsonl"), "--quiet", "--json"]
    )
    run.finish()
    assert json.loads(run.out)["problems"] == []
    assert run.err.count("\n") == 1
