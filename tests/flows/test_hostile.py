"""Ten thousand hostile lines through the whole flow: it never stops, loses none, and keeps no card number."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from cases.store import Store, open_store
from domain.rejections import Reason
from tests.connectors.hostile import Line, honest, hostile_lines, write
from tests.flows.running import ROOT

# The bounds are those that the lines were made for.
PROFILE = """
name: hostile
version: 1
input: {partitioned_by: card}
bank: {time_zone: UTC, currency: EUR}
bounds: {earliest: 2020-01-01T00:00:00Z, latest: 2040-01-01T00:00:00Z, ahead_of_ingest: PT15M}
dead_letters: {limit_share: 1}
detectors:
  amount_outlier:
  burst:
  impossible_travel:
  many_cards_one_terminal:
  opened_together:
"""
MADE = hostile_lines(seed=20260917, count=10_000)
# Feeds also send things twice: every third line once more, right behind. And thieves come all the same.
LINES = [line for number, line in enumerate(MADE) for line in [line] * (2 if number % 3 == 0 else 1)]
LINES += [
    Line(write(honest(Random(number), card="c-used", at=f"2026-03-05T10:00:{number:02}Z")), None)
    for number in range(20)
]
KEPT_DIGITS = 4
# What may part the digits of a number, written out or escaped.
PARTS = re.compile(r"\\u[0-9a-fA-F]{4}|[\s._/-]")


class Ran(NamedTuple):
    """What is left of the run."""

    counts: dict[str, int]
    folder: Path
    log: str
    store_url: str

    def open(self) -> Store:
        return open_store(self.store_url)


@pytest.fixture(scope="module")
def ran(tmp_path_factory) -> Ran:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "hostile.yaml").write_text(PROFILE)
    (folder / "feed.jsonl").write_bytes(b"".join(line.raw + b"\n" for line in LINES))
    (folder / "out").mkdir()
    store_url = f"sqlite:///{folder}/out/store.sqlite"
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "replay", folder / "hostile.yaml", folder / "feed.jsonl",
         "--json", "--store", store_url, "--alerts", folder / "out" / "alerts.jsonl",
         "--recovery", folder / "out" / "recovery", "--epoch-s", "0.1"],
        cwd=ROOT, env=os.environ | {"RISKDESK_LOG_LEVEL": "info"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return Ran(json.loads(done.stdout), folder / "out", done.stderr, store_url)


def test_every_line_is_an_event_or_a_dead_letter(ran):
    refused = sum(line.reason is not None for line in LINES)
    assert ran.counts["events"] == len(LINES) - refused
    assert ran.counts["rejected"] == refused
    assert ran.counts["errors"] == 0
    assert ran.counts["read_bytes"] >= sum(len(line.raw) + 1 for line in LINES) - 100 * 70_000


def test_the_store_has_each_refused_line_at_its_place_for_its_reason(ran):
    expected = {}
    offset = 0
    for line in LINES:
        if line.reason is not None:
            expected[offset] = line.reason
        offset += len(line.raw) + 1
    with ran.open() as store:
        letters = store.dead_letters.list(limit=len(LINES))
        assert {letter.rejected.offset: letter.rejected.reason for letter in letters} == expected
        assert store.dead_letters.counts() == Counter(expected.values())
    # What is no message at all comes from card messages alone, never from lines.
    assert set(expected.values()) == set(Reason) - {Reason.NOT_A_MESSAGE}


def test_what_comes_twice_is_watched_once(ran):
    # A line that was doubled is a repeat for each scope that has its key.
    doubled = sum(line.reason is None for line in MADE[::3])
    assert ran.counts["repeats"] >= doubled * 0.9
    assert ran.counts["alerts"] == ran.counts["stored"] > 0


def numbers() -> set[str]:
    """What must not be left of each card number in the lines: all but its last digits."""
    return {line.number[:-KEPT_DIGITS] for line in LINES if line.reason is not None and line.number}


def found_in(text: str, wanted: set[str]) -> set[str]:
    """The digits that are in a text, whatever parts them and in whatever script they are written."""
    text = PARTS.sub("", text).translate({0xFF10 + digit: str(digit) for digit in range(10)})
    lengths = {len(number) for number in wanted}
    return {
        window
        for stretch in re.findall(r"[0-9]{9,}", text)
        for length in lengths
        for start in range(len(stretch) - length + 1)
        if (window := stretch[start : start + length]) in wanted
    }


def test_the_search_for_numbers_finds_them():
    assert found_in("x 4111-1111 1111.1111", {"411111111111"}) == {"411111111111"}
    assert found_in("\uff14\uff11\uff11\uff11111111111111", {"411111111111"}) == {"411111111111"}
    assert len(numbers()) > 1500


def test_no_card_number_is_left_in_any_byte_of_what_was_written(ran):
    files = [path for path in ran.folder.rglob("*") if path.is_file()]
    assert {"store.sqlite", "alerts.jsonl", "part-0.sqlite3"} <= {path.name for path in files}
    wanted = numbers()
    for path in files:
        assert found_in(path.read_bytes().decode("utf-8", "replace"), wanted) == set(), path.name
    assert found_in(ran.log, wanted) == set()


def test_no_card_number_is_left_in_any_dead_letter_or_alert(ran):
    wanted = numbers()
    with ran.open() as store:
        for letter in store.dead_letters.list(limit=len(LINES)):
            text = letter.rejected.raw.decode("utf-8", "replace")
            assert found_in(text, wanted) == set(), text
            assert found_in(letter.rejected.detail, wanted) == set(), letter.rejected.detail
