"""Forty days of cards in which four uses within five minutes are a thief's, and six within ten a market's."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

import orjson

from domain.instants import iso

DAYS = 40
MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
# Midnight of 2026-03-02 in Shanghai.
START_MS = 1_772_380_800_000

PROFILE = """\
name: tuned
version: 3
input: {partitioned_by: card}   # as it comes
bank: {time_zone: Asia/Shanghai, currency: CNY}
bounds: {earliest: 2010-01-01T00:00:00+08:00, latest: 2040-01-01T00:00:00+08:00}
detectors:
  amount_outlier:
  burst: {uses: 6, window: PT10M, lateness: PT1M}
"""


class Made(NamedTuple):
    """A profile, the events and what is known of them."""

    profile: Path
    events: Path
    labels: Path


class Line(NamedTuple):
    """A use of a card, and whether it was a thief's."""

    at_ms: int
    card: str
    amount_minor: int
    fraud: bool


def make(folder: Path, *, seed: int = 5, days: int = DAYS, singles: int = 120) -> Made:
    """Write the stream. Honest people use cards once in a while; at markets six times, 110 seconds apart."""
    made = Made(folder / "profile.yaml", folder / "events.jsonl", folder / "labels.jsonl")
    made.profile.write_text(PROFILE, "utf-8")
    uses = sorted(_uses(Random(seed), days, singles))
    with made.events.open("wb") as events, made.labels.open("wb") as labels:
        for number, use in enumerate(uses):
            events.write(orjson.dumps(_event(number, use)) + b"\n")
            labels.write(orjson.dumps({"event_id": f"e{number}", "label": use.fraud}) + b"\n")
    return made


def label_at_random(made: Made, path: Path, *, seed: int, share: float = 0.02) -> Path:
    """Write labels of the same events that know nothing of what happened."""
    random = Random(seed)
    with path.open("wb") as labels:
        for line in made.labels.read_bytes().splitlines():
            label = {"event_id": orjson.loads(line)["event_id"], "label": random.random() < share}
            labels.write(orjson.dumps(label) + b"\n")
    return path


def _uses(random: Random, days: int, singles: int) -> Iterator[Line]:
    for day in range(days):
        begin_ms = START_MS + day * DAY_MS
        for _ in range(singles):
            at_ms = begin_ms + random.randrange(DAY_MS)
            yield Line(at_ms, f"card-{random.randrange(200)}", random.randrange(1_000, 60_000), False)
        for market in range(random.randint(2, 4)):
            at_ms = begin_ms + random.randrange(DAY_MS - 60 * MINUTE_MS)
            for number in range(6):
                yield Line(
                    at_ms + number * 110_000, f"market-{day}-{market}", random.randrange(500, 3_000), False
                )
        for thief in range(random.randint(0, 3)):
            at_ms = begin_ms + random.randrange(DAY_MS - 60 * MINUTE_MS)
            for number in range(4):
                yield Line(
                    at_ms + number * 50_000, f"stolen-{day}-{thief}", random.randrange(50_000, 90_000), True
                )


def _event(number: int, use: Line) -> dict[str, object]:
    return {
        "kind": "transaction",
        "event_id": f"e{number}",
        "at": iso(use.at_ms),
        "card": use.card,
        "amount_minor": use.amount_minor,
        "currency": "CNY",
        "channel": "pos",
    }
