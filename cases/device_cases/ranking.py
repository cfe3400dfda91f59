"""In which order cases of devices are worked: by their alarms' priorities and what their classes allow."""

from collections.abc import Sequence
from typing import Any

from cases.device_cases.items import Item
from cases.ranking import BAND_NAMES, Rank
from domain.instants import iso, span_words

# ISA-18.2's priorities from 1, the highest, to 4; two of them share the last band.
_BAND_OF_PRIORITY = {1: 0, 2: 1, 3: 2, 4: 2}


def rank_with_items(ranked: Rank, items: Sequence[Item], *, alone: bool) -> Rank:
    """Rank a case by its items; unless these are `alone` its other alerts count too, and the worst decides.

    Band, due and what stands where in a band only move forward with more items, whatever the order in which
    they come. A device has no money to lose: it stands at its due time, where the even loss does.
    """
    worst = min(items, key=lambda item: (item.priority, item.due_ms, item.about))
    first = min(items, key=lambda item: (item.due_ms, item.priority, item.about))
    band, due_ms = _BAND_OF_PRIORITY[worst.priority], first.due_ms
    band_reason = f"priority {worst.priority}: {worst.words}"
    due_reason = _due_words(first)
    said: dict[str, Any] = {"annunciated": iso(first.annunciated_at_ms)} if alone else {}
    if not alone:
        if ranked.band < band:
            band, band_reason = ranked.band, ranked.breakdown["band_reason"]
        elif ranked.band == band:
            band_reason = f"{ranked.breakdown['band_reason']} and {band_reason}"
        if ranked.due_ms < due_ms:
            due_ms, due_reason = ranked.due_ms, ""
    rank_ms = due_ms
    if not alone:
        _, rank_ms = min((ranked.band, ranked.rank_ms), (_BAND_OF_PRIORITY[worst.priority], due_ms))
    said |= {
        "band": BAND_NAMES[band],
        "band_reason": band_reason,
        "due": iso(due_ms),
        "head_start_s": (due_ms - rank_ms) / 1000,
        "stands_at": iso(rank_ms),
    }
    if due_reason:
        said["due_reason"] = due_reason
    return ranked._replace(band=band, due_ms=due_ms, rank_ms=rank_ms, breakdown={**ranked.breakdown, **said})


def _due_words(item: Item) -> str:
    span = span_words(item.due_ms - item.annunciated_at_ms)
    care = ", half the time for a device of care level 1" if item.halved else ""
    return f"{span} after {item.words} came before the desk at {iso(item.annunciated_at_ms)}{care}"
