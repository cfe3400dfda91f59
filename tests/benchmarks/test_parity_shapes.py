"""Shapes given to a stream: nothing is lost, and what is hostile is what it was made to be."""

from collections import Counter, defaultdict

import orjson
import pytest

from benchmarks.parity_shapes import by_card, disordered, unpacked, with_verdicts
from connectors.blocks import Block
from connectors.codec import Codec, TimeBounds
from domain.events import CardIssued, Disposition, Event, Progress, Transaction
from domain.rejections import Reason, Rejected
from tests.flows.running import ROOT

VERDICTS = ROOT / "replay_data" / "verdicts"
LATENESS_MS, AHEAD_MS = 60_000, 900_000


@pytest.fixture(scope="module")
def stream() -> list[bytes]:
    """Events as the simulation gives them."""
    lines = unpacked(VERDICTS / "transactions.jsonl.zst").splitlines()
    return [line for line in lines if b'"disposition"' not in line][:4000]


def decoded(lines: list[bytes]) -> tuple[list[Event], list[Rejected]]:
    codec = Codec(TimeBounds(1_577_836_800_000, 2_208_988_800_000, AHEAD_MS))
    return codec.decode(Block("p", 0, b"".join(line + b"\n" for line in lines)))


def test_parts_by_card_hold_each_event_once_and_each_card_in_one(stream) -> None:
    parts = by_card(stream)
    assert sorted(line for part in parts for line in part) == sorted(stream)
    cards = [{orjson.loads(line)["card"] for line in part} for part in parts]
    assert all(cards)
    assert not set.intersection(*cards)


def test_disorder_of_one_seed_is_the_same_and_of_another_is_not(stream) -> None:
    assert disordered(stream, 1) == disordered(stream, 1) != disordered(stream, 2)


def test_disorder_brings_everything_out_of_order_in_both_parts_and_some_twice(stream) -> None:
    parts = [decoded(part) for part in disordered(stream, 1)]
    counts = Counter(
        event.event_id for events, _ in parts for event in events if not isinstance(event, Progress)
    )
    refused = Counter(
        orjson.loads(letter.raw)["event_id"]
        for _, letters in parts
        for letter in letters
        if letter.reason is Reason.TOO_LATE
    )
    assert set(counts) | set(refused) == {orjson.loads(line)["event_id"] for line in stream}
    assert 0 < sum(count > 1 for count in counts.values()) < len(stream) / 20
    for events, _ in parts:
        times = [event.at_ms for event in events]
        assert times != sorted(times)


def test_disorder_has_lines_of_many_kinds_that_are_no_event_and_few_enough(stream) -> None:
    parts = [decoded(part) for part in disordered(stream, 1)]
    letters = Counter(letter.reason for _, letters in parts for letter in letters)
    assert len(letters) >= 9
    assert letters.total() < 0.05 * len(stream)


def test_marks_of_progress_stay_behind_all_but_slow_clocks(stream) -> None:
    ahead: defaultdict[str, int] = defaultdict(int)
    for events, _ in map(decoded, disordered(stream, 1)):
        reached_ms = 0
        for event in events:
            if isinstance(event, Progress):
                reached_ms = event.at_ms
            elif isinstance(event, (Transaction, CardIssued)) and event.at_ms < reached_ms:
                ahead[getattr(event, "terminal", None) or ""] += 1
    assert 0 < sum(ahead.values()) < len(stream) / 50
    assert "" not in ahead


def test_verdicts_come_when_they_are_known_and_all_else_stays_in_its_order(stream) -> None:
    uses = [orjson.loads(line) for line in stream[:100:10]]
    alerts = [
        {"id": f"a{number}", "detector": "burst", "scope": "card", "key": use["card"], "card": use["card"],
         "customer": None, "at": use["at"], "event_id": use["event_id"]}
        for number, use in enumerate(uses)
    ]  # fmt: skip
    mixed = with_verdicts(stream, alerts, 1)
    assert [line for line in mixed if b'"disposition"' not in line] == stream
    events, letters = decoded(mixed)
    told = [event for event in events if isinstance(event, Disposition)]
    assert letters == []
    assert {event.alert for event in told} == {alert["id"] for alert in alerts}
    assert any(event.retracted for event in told)
    before = max(event.at_ms for event in events[: events.index(told[0])])
    assert before <= told[0].at_ms
    assert 0 < events.index(told[0]) < len(events) - 1
