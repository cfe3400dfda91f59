"""A device's day as a strip of states that follow one another, with the hours and what the colours mean."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from desk.drawing.hours import AXIS_HEIGHT, Span, axis
from desk.drawing.legend import Key, legend, swatch
from desk.drawing.svg import bar, cut, line, picture, text, text_width

_TOP, _ROW, _THICK, _THIN, _RIGHT = 16.0, 36.0, 24.0, 6.0, 24.0
_MOST_NAME = 150.0
# What is shorter could not be seen.
_LEAST_PX = 1.6


class Stretch(NamedTuple):
    """A time in one state: `kind` is the class of its colour, `title` what is said of it."""

    begin_ms: int
    end_ms: int
    kind: str
    title: str


class Strip(NamedTuple):
    """The stretches of one device; they do not overlap."""

    name: str
    stretches: Sequence[Stretch]


@dataclass(frozen=True, kw_only=True)
class LedgerWords:
    """What a strip says, in the reader's language; `lasted` writes a length of time in milliseconds.

    `kinds` names the states, the gravest first: short ones are drawn over what is less grave.
    """

    title: str
    description: str
    kinds: dict[str, str]
    lasted: Callable[[int], str]
    now: str = ""
    day: Callable[[date], str] = date.isoformat


def ledger(
    strips: Sequence[Strip],
    span_ms: tuple[int, int],
    zone: str,
    words: LedgerWords,
    *,
    thin: Sequence[str] = ("bucket-out_of_window", "bucket-planned_stop"),
    now_ms: int | None = None,
    width: float = 960.0,
) -> str:
    """Draw the states of one or more devices within a span of time (milliseconds since 1970).

    Nothing is drawn where nothing is said; states in `thin` are drawn as a narrow strip, as nobody asked
    for the device then. `now_ms` gets a line. Raises ValueError for a state that `words` does not name.
    """
    if strange := {each.kind for strip in strips for each in strip.stretches} - set(words.kinds):
        raise ValueError(f"state {min(strange)!r} is none of {', '.join(words.kinds)}")
    names = max((text_width(strip.name) for strip in strips), default=0.0)
    left = min(_MOST_NAME, names) + 14 if names else 4.0
    span = Span(*span_ms, left, width - _RIGHT)
    bottom = _TOP + _ROW * max(1, len(strips))
    parts = [bar(left, _TOP, span.right - left, bottom - _TOP, "ground")]
    parts += axis(span, zone, _TOP, bottom, words.day)
    for index, strip in enumerate(strips):
        parts += _strip(strip, span, _TOP + (index + 0.5) * _ROW, list(words.kinds), thin)
    if now_ms is not None and span.from_ms <= now_ms <= span.to_ms:
        x = span.x(now_ms)
        half = text_width(words.now, bold=True) / 2
        parts.append(line(x, _TOP - 3, x, bottom, "moment"))
        at = min(max(x, left + half), span.right - half)
        parts.append(text(at, _TOP - 5, words.now, "middle", "moment-name"))
    keys, keys_height = legend(_keys(strips, span, words), left, bottom + AXIS_HEIGHT + 4, span.right - left)
    total = bottom + AXIS_HEIGHT + keys_height + 8
    return picture(width, total, words.title, words.description, [*parts, *keys], "ledger")


def _strip(
    strip: Strip, span: Span, middle: float, kinds: Sequence[str], thin: Sequence[str]
) -> Iterator[str]:
    yield text(2, middle + 4, cut(strip.name, _MOST_NAME), kind="lane-name")
    for each in sorted(strip.stretches, key=lambda each: -kinds.index(each.kind)):
        if each.end_ms <= span.from_ms or each.begin_ms >= span.to_ms:
            continue
        x, end = span.x(each.begin_ms), span.x(each.end_ms)
        wide = max(_LEAST_PX, end - x)
        thick = _THIN if each.kind in thin else _THICK
        x = min(x, span.right - wide)
        yield bar(x, middle - thick / 2, wide, thick, f"state {each.kind}", each.title)


def _keys(strips: Sequence[Strip], span: Span, words: LedgerWords) -> list[Key]:
    """Name each state that there was, with how long it was altogether."""
    lasted = dict.fromkeys(words.kinds, 0)
    for strip in strips:
        for each in strip.stretches:
            within = min(each.end_ms, span.to_ms) - max(each.begin_ms, span.from_ms)
            lasted[each.kind] += max(0, within)
    return [
        Key(swatch(f"state {kind}"), f"{words.kinds[kind]} {words.lasted(length_ms)}")
        for kind, length_ms in lasted.items()
        if length_ms
    ]
