"""Pictures of alarms, with the limits drawn; colours come from classes of the page."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from math import ceil

from cases.alarm_figures.limits import PER_HOUR, PRIORITY_MIX
from cases.alarm_figures.load import BUSY_HOUR, DAY_MS, HOUR_MS
from cases.alarm_figures.report import AlarmFigures
from cases.alarm_figures.wording import AlarmWording
from devices.drawing import BELOW, LEFT, PLOT_HEIGHT, RIGHT, TOP, WIDTH, bar, grid, picture, text

# Beyond so many hours a bar of one hour cannot be seen any more, and each day shows its busiest.
MOST_HOURS = 31 * 24
_PLOT_WIDTH = WIDTH - LEFT - RIGHT
_ROW, _NAMES, _FIGURES = 26, 340, 90
# A wider bar says no more.
_WIDEST = 60
_MOST_LABELS = 12


def label_of_hours(found: AlarmFigures, wording: AlarmWording) -> str:
    """Say what `hours_picture` shows of a period: every hour, or of a long one the busiest of each day."""
    return wording.say("hours_picture" if _by_hour(found) else "hours_of_days_picture")


def hours_picture(found: AlarmFigures, wording: AlarmWording) -> str:
    """Draw the annunciations of each hour from the period's start, or of each day's busiest hour."""
    hours = _hours(found)
    limits = (
        ("acceptable", PER_HOUR.acceptable),
        ("manageable", PER_HOUR.manageable),
        ("too_many", BUSY_HOUR),
    )
    most = max((managed + never for _, managed, never in hours), default=0)
    # A limit far above all bars would make them unreadable; the next one above shows that there is room.
    shown = [each for index, each in enumerate(limits) if index == 0 or most > limits[index - 1][1]]
    top = _top(max(most, *(value for _, value in shown)))
    parts = list(grid(top, lambda value: f"{value:g}"))
    slot = _PLOT_WIDTH / len(hours)
    for index, (at_ms, managed, never) in enumerate(hours):
        title = f"{wording.at(at_ms)} · {managed + never}"
        parts += _stack(
            LEFT + index * slot, slot, top, (("managed", managed), ("never_suppressed", never)), title
        )
    starts_ms = [at_ms for at_ms, *_ in hours]
    short = found.to_ms - found.from_ms <= 2 * DAY_MS
    parts += _below(starts_ms, wording.clock if short else wording.day)
    for kind, value in shown:
        y = TOP + PLOT_HEIGHT * (1 - value / top)
        parts.append(f'<line class="limit {kind}" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:g}" y2="{y:g}"/>')
    return picture(TOP + PLOT_HEIGHT + BELOW, label_of_hours(found, wording), parts)


def days_picture(found: AlarmFigures, wording: AlarmWording) -> str:
    """Draw how many alarms were annunciated, and how many held back, on each day from the period's start."""
    days = range(found.from_ms, found.to_ms, DAY_MS)
    told = Counter((each.at_ms - found.from_ms) // DAY_MS for each in found.annunciations)
    held = Counter((each.at_ms - found.from_ms) // DAY_MS for each in found.suppressions)
    top = _top(max((*told.values(), *held.values()), default=0))
    slot = _PLOT_WIDTH / len(days)
    parts = list(grid(top, lambda value: f"{value:g}"))
    for index, at_ms in enumerate(days):
        for place, (kind, name, count) in enumerate(
            (("managed", "annunciated", told[index]), ("held_back", "held_back", held[index]))
        ):
            title = f"{wording.day(at_ms)} · {wording.say(name)} · {count}"
            x = LEFT + (index + place / 2) * slot
            parts += _stack(x, slot / 2, top, ((kind, count),), title)
    parts += _below(days, wording.day)
    return picture(TOP + PLOT_HEIGHT + BELOW, wording.say("days_picture"), parts)


def priorities_picture(found: AlarmFigures, wording: AlarmWording) -> str:
    """Draw each priority's share of all annunciations, with a line at what is advised."""
    width = WIDTH - _NAMES - _FIGURES
    parts = []
    for index, (priority, ratio) in enumerate(found.priorities.items()):
        y, share = index * _ROW + 4, ratio.value or 0.0
        name, advised = wording.say(f"priority_{priority}"), PRIORITY_MIX[priority]
        parts.append(text(_NAMES - 8, y + 14, name, "end"))
        title = (
            f"{name} · {ratio.numerator} / {ratio.denominator} · {100 * share:.1f} % ({100 * advised:g} %)"
        )
        parts.append(bar(_NAMES, y, width * share, _ROW - 8, "other", title))
        x = _NAMES + width * advised
        parts.append(f'<line class="target" x1="{x:.2f}" x2="{x:.2f}" y1="{y - 2}" y2="{y + _ROW - 6}"/>')
        parts.append(text(WIDTH - _FIGURES + 8, y + 14, f"{100 * share:.1f} %", "start"))
    return picture(len(found.priorities) * _ROW, wording.say("priorities_picture"), parts)


def top_picture(counts: Sequence[tuple[str, int]], label: str) -> str:
    """Draw how often each of the most frequent was annunciated."""
    width = WIDTH - _NAMES - _FIGURES
    most = max((count for _, count in counts), default=1)
    parts = []
    for index, (name, count) in enumerate(counts):
        y = index * _ROW + 4
        length = width * count / most
        parts.append(text(_NAMES - 8, y + 14, name, "end"))
        parts.append(bar(_NAMES, y, length, _ROW - 8, "other", f"{name} · {count}"))
        parts.append(text(_NAMES + length + 6, y + 14, f"{count:,}", "start"))
    return picture(max(1, len(counts)) * _ROW, label, parts)


def _by_hour(found: AlarmFigures) -> bool:
    return found.to_ms - found.from_ms <= MOST_HOURS * HOUR_MS


def _hours(found: AlarmFigures) -> list[tuple[int, int, int]]:
    """Give each hour's start with its managed and its never suppressed annunciations."""
    counts = Counter(
        ((each.at_ms - found.from_ms) // HOUR_MS, each.never_suppressed) for each in found.annunciations
    )
    hours = [
        (at_ms, counts[index, False], counts[index, True])
        for index, at_ms in enumerate(range(found.from_ms, found.to_ms, HOUR_MS))
    ]
    if _by_hour(found):
        return hours
    days = (hours[first : first + 24] for first in range(0, len(hours), 24))
    return [max(day, key=lambda hour: hour[1] + hour[2]) for day in days]


def _stack(x: float, slot: float, top: float, counts: Iterable[tuple[str, int]], title: str) -> Iterator[str]:
    above = float(TOP + PLOT_HEIGHT)
    for kind, count in counts:
        if count:
            height = PLOT_HEIGHT * count / top
            above -= height
            width = min(slot * 0.8, _WIDEST)
            yield bar(x + (slot - width) / 2, above, width, height, kind, title)


def _below(starts_ms: Sequence[int], named: Callable[[int], str]) -> Iterator[str]:
    """Write below the plot as many of its times as fit, each once."""
    slot = _PLOT_WIDTH / len(starts_ms)
    last = None
    for index in range(0, len(starts_ms), max(1, ceil(len(starts_ms) / _MOST_LABELS))):
        said = named(starts_ms[index])
        if said != last:
            yield text(LEFT + (index + 0.5) * slot, TOP + PLOT_HEIGHT + 18, said, "middle")
        last = said


def _top(most: float) -> int:
    """Give an end of the scale that four lines divide evenly."""
    return max(4, ceil(most / 4) * 4)
