"""What customers told the desk: by month and detector, how calls ended and what the cases were."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import tzinfo
from typing import Any, NamedTuple

from msgspec import Struct

from domain.instants import from_ms


class Said(NamedTuple):
    """A case that was closed, or a call that ended, once for each detector with an alert in the case."""

    at_ms: int
    detector: str
    said: str


class Voice(Struct, frozen=True, kw_only=True):
    """One detector in one month (`2026-11`): outcomes of its cases and dispositions of their calls."""

    month: str
    detector: str
    outcomes: dict[str, int]
    dispositions: dict[str, int]


def voices(outcomes: Iterable[Said], dispositions: Iterable[Said], zone: tzinfo) -> list[Voice]:
    """Count by calendar month of `zone` and by detector; within each the commonest first."""
    closed, called = _counted(outcomes, zone), _counted(dispositions, zone)
    return [
        Voice(
            month=month, detector=detector, outcomes=_ordered(closed[key]), dispositions=_ordered(called[key])
        )
        for key in sorted({*closed, *called})
        for month, detector in (key,)
    ]


def voice_record(voice: Voice) -> dict[str, Any]:
    """Give it as one JSON object."""
    return {
        "month": voice.month,
        "detector": voice.detector,
        "cases": sum(voice.outcomes.values()),
        "outcomes": voice.outcomes,
        "calls": sum(voice.dispositions.values()),
        "dispositions": voice.dispositions,
    }


def _counted(said: Iterable[Said], zone: tzinfo) -> defaultdict[tuple[str, str], Counter[str]]:
    counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for at_ms, detector, word in said:
        counts[f"{from_ms(at_ms).astimezone(zone):%Y-%m}", detector][word] += 1
    return counts


def _ordered(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
