"""Events, labels and alerts as tests of what alerts are worth need them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

from domain.instants import from_ms, iso
from tuning.measures.labels import Labels, Use

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
# Midnight of 2026-03-02 in UTC.
START_MS = 1_772_409_600_000
FIRST_DAY = from_ms(START_MS).toordinal()


def use(
    event_id: str,
    at_h: float,
    fraud: bool,
    *,
    card: str = "c1",
    known_h: float | None = None,
    minor: int = 100,
    currency: str = "EUR",
) -> Use:
    """Give a labelled use `at_h` hours after the start, known at once unless told."""
    at_ms = START_MS + round(at_h * HOUR_MS)
    known_ms = at_ms if known_h is None else START_MS + round(known_h * HOUR_MS)
    return Use(event_id, at_ms, card, None, minor, currency, fraud, known_ms)


def alert(
    event_id: str,
    at_h: float,
    *,
    card: str | None = "c1",
    detector: str = "burst",
    probability: float = 0.5,
    members: Iterable[str] = (),
    evidence: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Give an alert record with what judging looks at."""
    return {
        "id": f"{detector}-{event_id}",
        "detector": detector,
        "at": iso(START_MS + round(at_h * HOUR_MS)),
        "event_id": event_id,
        "probability": probability,
        "card": card,
        "members": [{"card": member, "customer": None, "last4": None} for member in members],
        "evidence": evidence or {},
    }


def transaction(event_id: str, at_h: float, *, card: str = "c1", minor: int = 100) -> dict[str, Any]:
    return {
        "kind": "transaction",
        "event_id": event_id,
        "at": iso(START_MS + round(at_h * HOUR_MS)),
        "card": card,
        "amount_minor": minor,
        "currency": "EUR",
        "channel": "pos",
    }


def write_lines(path: Path, lines: Iterable[dict[str, Any]]) -> Path:
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return path


def ids(labels: Labels) -> list[str]:
    return [each.event_id for each in labels]
