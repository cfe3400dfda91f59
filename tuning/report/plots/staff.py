"""What each hour asks of the desk, against who is there."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from domain.instants import from_ms, to_ms
from tuning.report.axes import Axis, Ticks, moment, number_ticks, time_ticks
from tuning.report.drawing import Picture, blocks, place
from tuning.report.numerals import drawable
from tuning.report.page import Chart, Table
from tuning.report.plots.frame import Key, Plot, chart, end_of, legend, plot, spans
from tuning.report.words import LANGUAGES, PHRASES, Language, Said, Words, say

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
# Beyond so many hours a bar of one cannot be seen any more.
_MOST_HOURS, _MOST_TIPS = 21 * 24, 24 * 7


class _Hour(NamedTuple):
    at_ms: int
    asked: float
    staff: float


def hours_against_staff(
    title: Said,
    asked: tuple[Said, Sequence[tuple[int, float]]],
    staff: tuple[Said, Sequence[tuple[int, float]]],
    y_axis: Axis,
    *,
    zone: str,
    about: Said = "",
    of_day: bool = False,
) -> Chart:
    """Draw a bar for each hour and the staff as a step line; what is above the line stands out.

    Args:
        title: What the picture shows.
        asked: The bars: their name, and (the hour's start in ms since 1970, figure).
        staff: The line, of the same unit: its name, and (ms since 1970, figure) that holds until the next.
        y_axis: The unit of both, such as agents.
        zone: The desk's time zone.
        about: How to read the picture.
        of_day: The hours are those of a day that stands for many, and its date is not told.
    """
    hours = _hours(asked[1], staff[1])
    by_day = len(hours) > _MOST_HOURS
    if by_day:
        shown, length_ms = _hardest(hours, ZoneInfo(zone)), DAY_MS
        more = PHRASES.say("busiest_hours")
        about = Words(*(f"{say(about, each)} {say(more, each)}".strip() for each in LANGUAGES))
    else:
        shown, length_ms = hours, HOUR_MS
    drawing = _Staff(shown, length_ms, asked[0], staff[0], y_axis, zone, of_day)
    head = (drawing.x_axis.heading, asked[0], staff[0])
    rows = tuple((drawing.moment(hour), y_axis.write(hour.asked), y_axis.write(hour.staff)) for hour in hours)
    figures = [(asked[0], [hour.asked for hour in hours]), (staff[0], [hour.staff for hour in hours])]
    return chart(
        title, about, Table(title, head, rows), drawing.draw if hours else None, spans(y_axis, figures)
    )


def _hours(asked: Sequence[tuple[int, float]], staff: Sequence[tuple[int, float]]) -> list[_Hour]:
    """Join each hour with the staff that was last set at its start; before the first nobody is there."""
    changes, there, at = sorted(staff), 0.0, 0
    found = []
    for at_ms, figure in sorted(asked):
        while at < len(changes) and changes[at][0] <= at_ms:
            there, at = drawable(changes[at][1]) or 0.0, at + 1
        found.append(_Hour(at_ms, drawable(figure) or 0.0, there))
    return found


def _hardest(hours: Sequence[_Hour], zone: ZoneInfo) -> list[_Hour]:
    """Give the hour of each day that lacks most, and of these the busiest, as if it were the whole day."""

    def midnight(hour: _Hour) -> datetime:
        local = from_ms(hour.at_ms).astimezone(zone)
        return local.replace(hour=0, minute=0, second=0, microsecond=0)

    return [
        max(of_day, key=lambda hour: (hour.asked - hour.staff, hour.asked))._replace(at_ms=to_ms(day))
        for day, of_day in groupby(hours, midnight)
    ]


class _Staff(NamedTuple):
    hours: Sequence[_Hour]
    length_ms: int
    asked: Said
    staff: Said
    y_axis: Axis
    zone: str
    of_day: bool

    @property
    def x_axis(self) -> Axis:
        return Axis(PHRASES.say("hour" if self.of_day else "time"), "time", zone=self.zone)

    def moment(self, hour: _Hour) -> str:
        said = moment(hour.at_ms, self.zone)
        return said[-5:] if self.of_day else said

    def draw(self, picture: Picture, language: Language) -> float:
        keys = (
            Key(self.asked, "area c0"),
            Key(PHRASES.say("short"), "short"),
            Key(self.staff, "step", "line"),
        )
        top = legend(picture, language, keys)
        y = number_ticks(
            [each for hour in self.hours for each in (hour.asked, hour.staff)],
            self.y_axis,
            language,
            zero=True,
        )
        area = plot(
            picture,
            language,
            x=self._ticks,
            y=y,
            x_axis=self.x_axis,
            y_axis=self.y_axis,
            top=top,
        )
        self._bars(picture, area)
        picture.path("".join(self._steps(area)), "step")
        if len(self.hours) <= _MOST_TIPS:
            for hour, left, right in self._slots(area):
                asked = f"{say(self.asked, language)} {self.y_axis.write(hour.asked)}"
                staff = f"{say(self.staff, language)} {self.y_axis.write(hour.staff)}"
                tip = f"{self.moment(hour)} · {asked} · {staff}"
                picture.box(left, area.top, right - left, area.bottom - area.top, "touch", tip)
        return end_of(area, self.x_axis)

    def _ticks(self, room: float) -> Ticks:
        ends = (self.hours[0].at_ms, self.hours[-1].at_ms + self.length_ms)
        ticks = time_ticks(ends, self.x_axis, room)
        if self.of_day:
            return ticks._replace(marks=tuple(tick._replace(below="") for tick in ticks.marks))
        return ticks

    def _slots(self, area: Plot) -> Iterator[tuple[_Hour, float, float]]:
        for hour in self.hours:
            yield hour, area.across(hour.at_ms), area.across(hour.at_ms + self.length_ms)

    def _bars(self, picture: Picture, area: Plot) -> None:
        covered, short = [], []
        for hour, left, right in self._slots(area):
            inside = min(hour.asked, hour.staff)
            width = (right - left) * 0.84
            x = left + (right - left) * 0.08
            covered.append((x, area.up(inside), width, area.up(0) - area.up(inside)))
            if hour.asked > hour.staff:
                short.append((x, area.up(hour.asked), width, area.up(hour.staff) - area.up(hour.asked)))
        picture.path(blocks([box for box in covered if box[3] > 0]), "area c0")
        picture.path(blocks(short), "short")

    def _steps(self, area: Plot) -> Iterator[str]:
        """Give the staff as steps; where hours are missing the line breaks."""
        last = None
        for hour, left, right in self._slots(area):
            move = "L" if last is not None and abs(last - left) < 0.05 else "M"
            yield f"{move}{place(left)} {place(area.up(hour.staff))}H{place(right)}"
            last = right
