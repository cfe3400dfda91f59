"""The signs that stand for transactions, and how many of them become one where they are too many."""

from collections.abc import Sequence
from typing import NamedTuple

from desk.drawing.amounts import about_units
from desk.drawing.hours import Span
from desk.drawing.svg import element, hover

_RADIUS, _FLAGGED_RADIUS = 4.0, 5.5


class Use(NamedTuple):
    """One use of a card as it is drawn; `title` is what is said of it when one points at it.

    `flagged` are those that an alert names, `remote` those where the card itself was not at hand.
    """

    at_ms: int
    lane: str
    amount_minor: int
    currency: str
    title: str
    flagged: bool = False
    declined: bool = False
    remote: bool = False


class Drawn(NamedTuple):
    """One sign: a use, or as many as `uses` says between two times with the largest amount among them."""

    lane: str
    from_ms: int
    to_ms: int
    units: float
    uses: int
    flagged: bool
    use: Use | None


def gathered(uses: Sequence[Use], span: Span, most: int, home: str) -> list[Drawn]:
    """Give at most `most` signs for any number of uses; the flagged ones stand alone as long as they can."""
    if len(uses) <= most:
        return [_single(use, home) for use in uses]
    flagged = [use for use in uses if use.flagged]
    alone = flagged if len(flagged) <= most // 2 else []
    together = [use for use in uses if not (alone and use.flagged)]
    lanes = {(use.lane, use.flagged) for use in together}
    slots = max(1, (most - len(alone)) // len(lanes))
    slot_ms = max(1, -(-(span.to_ms - span.from_ms + 1) // slots))
    groups: dict[tuple[str, bool, int], list[Use]] = {}
    for use in together:
        slot = (use.at_ms - span.from_ms) // slot_ms
        groups.setdefault((use.lane, use.flagged, slot), []).append(use)
    found = [_several(group, span.from_ms + slot * slot_ms, slot_ms, home)
             for (_, _, slot), group in groups.items()]  # fmt: skip
    return found + [_single(use, home) for use in alone]


def sign(x: float, y: float, *, flagged: bool, declined: bool, remote: bool) -> str:
    """Draw the sign of one use: a circle, or a diamond for a remote one; hollow for a declined one."""
    kind = f"mark {'mark-bad' if flagged else 'mark-usual'}{' mark-hollow' if declined else ''}"
    radius = _FLAGGED_RADIUS if flagged else _RADIUS
    if not remote:
        return element("circle", class_=kind, cx=x, cy=y, r=radius)
    radius *= 1.25
    corners = ((x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y))
    return element("polygon", class_=kind, points=" ".join(f"{a:.2f},{b:.2f}" for a, b in corners))


def stem(x: float, y: float, bottom: float, use: Use) -> str:
    """Draw one use that stands as high as its amount."""
    foot = element("line", class_=f"stem{' stem-bad' if use.flagged else ''}", x1=x, x2=x, y1=bottom, y2=y)
    mark = sign(x, y, flagged=use.flagged, declined=use.declined, remote=use.remote)
    return element("g", hover(use.title) + foot + mark, class_="use")


def _single(use: Use, home: str) -> Drawn:
    units = about_units(use.amount_minor, use.currency, home)
    return Drawn(use.lane, use.at_ms, use.at_ms, units, 1, use.flagged, use)


def _several(uses: Sequence[Use], from_ms: int, slot_ms: int, home: str) -> Drawn:
    if len(uses) == 1:
        return _single(uses[0], home)
    units = max(about_units(use.amount_minor, use.currency, home) for use in uses)
    first = uses[0]
    return Drawn(first.lane, from_ms, from_ms + slot_ms, units, len(uses), first.flagged, None)
