"""Transactions around a case on a time axis: a lane for each card, as high as the amount's power of ten."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from desk.drawing.amounts import Scale, about_units
from desk.drawing.hours import AXIS_HEIGHT, Span, axis
from desk.drawing.legend import Key, legend, swatch
from desk.drawing.marks import Drawn, Use, gathered, sign, stem
from desk.drawing.svg import Anchor, bar, cut, line, picture, text, text_width

_NAMES, _FIGURES, _TOP, _MOMENT_ROW = 128.0, 52.0, 16.0, 16.0
_LEAST_LANE, _HIGHEST_LANE, _ALL_LANES = 46.0, 120.0, 380.0
_INSET = 9.0


class Moment(NamedTuple):
    """A time that a line is drawn at: when the case was opened, now."""

    at_ms: int
    said: str


@dataclass(frozen=True, kw_only=True)
class TimeLineWords:
    """What a time line says, in the reader's language.

    `others` names the lane of the cards that have none of their own, `several` says what is to be said of
    some uses that are drawn as one: their number, and from when until when.
    """

    title: str
    description: str
    flagged: str
    usual: str
    declined: str
    remote: str
    together: str
    nothing: str
    others: Callable[[int], str]
    several: Callable[[int, int, int], str]
    day: Callable[[date], str] = date.isoformat


def time_line(
    uses: Sequence[Use],
    span_ms: tuple[int, int],
    zone: str,
    words: TimeLineWords,
    *,
    home: str,
    lane_names: dict[str, str] | None = None,
    moments: Sequence[Moment] = (),
    width: float = 960.0,
    most_marks: int = 300,
    most_lanes: int = 8,
) -> str:
    """Draw uses of cards within a span of time (milliseconds since 1970); those outside are left out.

    `home` is the currency that heights are said in, `lane_names` says what a lane is called. Cards with
    flagged uses have the upper lanes. Beyond `most_marks` uses near each other are drawn as one.
    """
    from_ms, to_ms = span_ms
    span = Span(from_ms, to_ms, _NAMES, width - _FIGURES)
    shown = [use for use in uses if from_ms <= use.at_ms <= to_ms]
    shown, lanes = _laned(shown, lane_names or {}, most_lanes, words)
    flags = list(_flags([each for each in moments if from_ms <= each.at_ms <= to_ms], span))
    top = max((flag.y for flag in flags), default=0.0) + _TOP
    height = min(_HIGHEST_LANE, max(_LEAST_LANE, _ALL_LANES / max(1, len(lanes))))
    bottom = top + height * max(1, len(lanes))
    scale = Scale.of(about_units(use.amount_minor, use.currency, home) for use in shown)
    parts = [bar(span.left, top, span.right - span.left, bottom - top, "ground")]
    parts += axis(span, zone, top, bottom, words.day)
    drawn = gathered(shown, span, most_marks, home)
    for index, (lane, name) in enumerate(lanes.items()):
        within = [each for each in drawn if each.lane == lane]
        parts += _lane(name, within, span, scale, top + index * height, height, words)
    for flag in flags:
        parts.append(line(flag.x, flag.y - 10, flag.x, bottom, "moment"))
        parts.append(text(flag.text_x, flag.y, flag.said, flag.anchor, "moment-name"))
    if not lanes:
        parts.append(text((span.left + span.right) / 2, (top + bottom) / 2, words.nothing, "middle"))
    else:
        parts.append(text(span.right + 6, top - 4, home, kind="tick"))
    keys, keys_height = legend(
        _keys(shown, drawn, words), span.left, bottom + AXIS_HEIGHT + 6, span.right - span.left
    )
    total = bottom + AXIS_HEIGHT + 6 + keys_height + 4
    return picture(width, total, words.title, words.description, [*parts, *keys], "time-line")


def _laned(
    uses: Sequence[Use], names: dict[str, str], most: int, words: TimeLineWords
) -> tuple[list[Use], dict[str, str]]:
    """Give each card its lane, the flagged ones first; what is beyond the most shares the last one."""
    order = dict.fromkeys(use.lane for use in sorted(uses, key=lambda use: (not use.flagged, use.at_ms)))
    lanes = list(order)
    if len(lanes) <= most:
        return list(uses), {lane: names.get(lane, lane) for lane in lanes}
    own = lanes[: most - 1]
    rest = f"\n{len(lanes)}"  # no card is called so
    moved = [use if use.lane in own else use._replace(lane=rest) for use in uses]
    return moved, {lane: names.get(lane, lane) for lane in own} | {rest: words.others(len(lanes) - len(own))}


def _lane(
    name: str,
    drawn: Sequence[Drawn],
    span: Span,
    scale: Scale,
    top: float,
    height: float,
    words: TimeLineWords,
) -> Iterator[str]:
    bottom, high = top + height - 4, height - _INSET - 6
    yield line(0, top, span.right, top, "lane")
    yield text(2, top + height / 2 + 4, cut(name, _NAMES - 10), kind="lane-name")
    for share, said in scale.lines(3 if height > 64 else 2):
        y = bottom - share * high
        yield line(span.left, y, span.right, y, "grid faint")
        yield text(span.right + 6, y + 4, said, kind="tick")
    # What is flagged comes last, so that nothing lies on it.
    for each in sorted(drawn, key=lambda each: (each.flagged, each.use is not None, each.from_ms)):
        y = bottom - scale.share(each.units) * high
        if each.use is not None:
            yield stem(span.x(each.from_ms), y, bottom, each.use)
            continue
        x = span.x(each.from_ms)
        wide = max(2.0, span.x(each.to_ms) - x - 0.6)
        kind = "mark-bad" if each.flagged else "mark-many"
        title = words.several(each.uses, each.from_ms, min(each.to_ms, span.to_ms))
        yield bar(min(x, span.right - wide), y, wide, max(1.5, bottom - y), f"mark {kind}", title)


class _Flag(NamedTuple):
    x: float
    text_x: float
    y: float
    anchor: Anchor
    said: str


def _flags(moments: Sequence[Moment], span: Span) -> Iterator[_Flag]:
    """Name moments beside their lines, in as many rows as keep the names off each other and off lines."""
    ends: list[float] = []
    for moment in sorted(moments, key=lambda moment: moment.at_ms):
        x = span.x(moment.at_ms)
        said = cut(moment.said, (span.right - span.left) / 2)
        length = text_width(said, bold=True) + 8
        turned = x + length > span.right
        left = x - length if turned else x
        # Its line runs down through the rows below, where nothing may be in its way.
        row = max((row + 1 for row, end in enumerate(ends) if end > left), default=0)
        ends[row : row + 1] = [left + length]
        y = _MOMENT_ROW * row + 12
        yield _Flag(x, x - 4 if turned else x + 4, y, "end" if turned else "start", said)


def _keys(shown: Sequence[Use], drawn: Sequence[Drawn], words: TimeLineWords) -> list[Key]:
    """Give a key for each kind of sign that there is."""

    def like(*, flagged: bool = False, declined: bool = False, remote: bool = False) -> Callable[..., str]:
        return lambda x, y: sign(x, y, flagged=flagged, declined=declined, remote=remote)

    singles = [each.use for each in drawn if each.use is not None]
    found = []
    if any(use.flagged for use in shown):
        found.append(Key(like(flagged=True), words.flagged))
    if any(not use.flagged for use in singles):
        found.append(Key(like(), words.usual))
    if any(use.declined for use in singles):
        found.append(Key(like(declined=True), words.declined))
    if any(use.remote for use in singles):
        found.append(Key(like(remote=True), words.remote))
    if len(singles) < len(drawn):
        found.append(Key(swatch("mark mark-many"), words.together))
    return found
