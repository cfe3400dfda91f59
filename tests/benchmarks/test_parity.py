"""What differs between two ways to the same alerts is told, and a rule that reads the clock is caught."""

import re
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.nights import riskdesk
from benchmarks.parity import Check, Checked, differences, lines
from benchmarks.parity_live import pieces
from benchmarks.parity_streams import Stream, profile_beside, recorded_streams
from cases.policy import QueuePolicy
from config.profiles import load_profile
from connectors.alert_file import read_alert_file
from tests.flows.running import ROOT

STREAMS = recorded_streams()
ALERT = {
    "id": "a1",
    "at": "2026-03-01T12:00:00.000Z",
    "detector": "burst",
    "scope": "card",
    "key": "c1",
    "severity": "high",
    "probability": 0.9,
    "exposure_minor": 100,
    "currency": "CNY",
    "reason": "six uses",
    "evidence": {"uses": 6},
    "version": 1,
    "parameters": {"uses": 6},
}
NAMES = ("round_amount", "round_amount_by_clock")
PROFILE = """
name: {name}
version: 1
input: {{partitioned_by: card}}
bank: {{time_zone: UTC, currency: CNY}}
bounds: {{earliest: 2020-01-01T00:00:00Z, latest: 2040-01-01T00:00:00Z}}
detector_package: tests.benchmarks.clock_readers
detectors: {{{name}: }}
"""
STREAM = """
profile: profile.yaml
inputs: [events.jsonl]
reference: [bank.jsonl]
beside: {{{name}: {{remembers: PT30M}}}}
"""


def told(found: list[dict[str, Any]]) -> str:
    return "\n".join(differences([ALERT], found))


def test_the_same_alerts_in_any_order_do_not_differ() -> None:
    other = ALERT | {"id": "a2", "key": "c2"}
    assert list(differences([ALERT, other], [other, ALERT])) == []


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ([], "vanished: a1 of burst"),
        ([ALERT, ALERT | {"id": "a2", "key": "c2"}], "appeared: a2 of burst"),
        ([ALERT | {"evidence": {"uses": 7}}], "altered: a1 of burst .* evidence is {'uses': 7} instead of"),
        ([ALERT | {"severity": "low"}], "reranked: a1 of burst .* severity is 'low' instead of 'high'"),
        ([ALERT | {"id": "a3"}], "moved: a1 of burst .* id is 'a3' instead of 'a1'"),
        ([ALERT | {"parameters": {"uses": 5}}], "burst: uses is 5 instead of 6"),
        ([ALERT, ALERT], "1 of the alerts are told once more"),
    ],
)
def test_whatever_differs_is_told_with_its_id(found: list[dict[str, Any]], words: str) -> None:
    assert re.search(words, told(found))


def test_what_differs_stands_below_its_way_and_the_rest_is_counted() -> None:
    same = Check(mode="live", alerts=2, differences=(), took_s=1)
    other = Check(mode="shadow", alerts=2, differences=tuple("abcdefg"), took_s=1)
    each = Checked(name="night", checks=(same, other))
    first, second, *below = lines(each)
    assert each.differs
    assert first.endswith("the same")
    assert second.endswith("DIFFERS in 7")
    assert [line.strip() for line in below] == [*"abcde", "and 2 more; --json shows all"]


@given(st.binary(max_size=200), st.integers(1, 20), st.integers())
def test_pieces_are_all_of_the_data_in_order(data: bytes, count: int, seed: int) -> None:
    cut = list(pieces(data, count, Random(seed)))
    assert b"".join(cut) == data
    assert len(cut) == count


def test_pieces_end_within_lines() -> None:
    line = b'{"kind":"progress","at":"2026-03-01T00:00:00Z"}\n'
    ends = [piece[-1:] for piece in pieces(line * 100, 20, Random(1))]
    assert set(ends[:-1]) - {b"\n", b""}


@pytest.mark.parametrize("stream", STREAMS, ids=[stream.name for stream in STREAMS])
def test_a_recorded_stream_is_whole_and_its_other_profile_is_one(stream: Stream, tmp_path: Path) -> None:
    assert all(path.is_file() for path in (*stream.inputs, *stream.reference))
    assert list(read_alert_file(stream.alerts))
    other = tmp_path / "other.yaml"
    other.write_text(profile_beside(stream), "utf-8")
    own, beside = load_profile(stream.profile, QueuePolicy), load_profile(other, QueuePolicy)
    assert own.detectors != beside.detectors
    assert own.read_tables() == beside.read_tables()


def test_of_every_detector_that_ships_a_recorded_stream_has_an_alert() -> None:
    enabled = {name for stream in STREAMS for name in load_profile(stream.profile, QueuePolicy).detectors}
    fired = {alert["detector"] for stream in STREAMS for alert in read_alert_file(stream.alerts)}
    # What takes a habit or a rate that a day is too short for.
    assert enabled - fired <= {
        "cash_out_soon", "error_rate", "fault_rate", "reader_tampering", "silent_device",
    }  # fmt: skip


def test_a_stream_that_is_not_there_is_named_beside_those_that_are() -> None:
    done = parity("--stream", "nights")
    assert done.returncode == 1
    assert "no stream nights; there are: day, disorder" in done.stderr


@pytest.mark.slow
def test_a_detector_that_reads_the_clock_is_caught_and_an_honest_one_is_not(tmp_path: Path) -> None:
    for name in NAMES:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "profile.yaml").write_text(PROFILE.format(name=name))
        (folder / "stream.yaml").write_text(STREAM.format(name=name))
        riskdesk(
            "simulate", "--seed", 5, "--customers", 600, "--hours", 20, "--events", 8000,
            "--start", "2026-09-18T12:00+08:00", "-o", folder / "events.jsonl",
            "--truth", folder / "truth.jsonl", "--reference", folder / "bank.jsonl",
        )  # fmt: skip
    assert parity("--recorded", tmp_path, "--golden").returncode == 0
    done = parity("--recorded", tmp_path, "--json")
    assert done.returncode == 1
    verdict = orjson.loads(done.stdout)
    assert (verdict["streams"], verdict["differing"]) == (2, 1)
    honest, by_clock = sorted(verdict["checked"], key=lambda each: NAMES.index(each["name"]))
    assert [check["differences"] for check in honest["checks"]] == [[]] * len(honest["checks"])
    assert all(check["differences"] for check in by_clock["checks"])
    assert "evidence is {'noticed_ns': " in by_clock["checks"][0]["differences"][0]


def parity(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.parity", *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
