"""The figures of alarms as one HTML file that needs nothing else and can be printed."""

from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path

from cases.alarm_figures.against import Line, against_limits, line_cells, load_cells
from cases.alarm_figures.load import DAY_MS, Pace
from cases.alarm_figures.page_tables import answers, nuisance, precision, shelved, suppressed
from cases.alarm_figures.pictures import (
    days_picture,
    hours_picture,
    label_of_hours,
    priorities_picture,
    top_picture,
)
from cases.alarm_figures.policy import AlarmFigurePolicy
from cases.alarm_figures.report import AlarmFigures, Top
from cases.alarm_figures.wording import AlarmWording, share
from devices.page import Cell, Keyed, keyed, note, page, section, table

_STYLE = Path(__file__).with_name("alarms.css")
_MINUTE_MS = 60_000
# The limits are meant for a month; what is shorter says so.
_ENOUGH_MS = 30 * DAY_MS


def alarm_page(found: AlarmFigures, policy: AlarmFigurePolicy, wording: AlarmWording) -> str:
    """Write the page of a period."""
    say = wording.say
    title = say("title", first=wording.at(found.from_ms), last=wording.at(found.to_ms))
    sections = [
        section(label_of_hours(found, wording), hours_picture(found, wording), _told_legend(wording)),
        section(say("days_picture"), days_picture(found, wording), _held_legend(wording)),
        section(say("limits"), _limits(found, wording), note(say("method"))),
        section(say("loads"), _loads(found, wording), note(say("loads_note")), note(_gate(found, wording))),
        section(say("priorities_picture"), priorities_picture(found, wording), note(say("priorities_note"))),
        _top(say("top_alarms"), found.top_alarms, wording, str),
        _top(say("top_codes"), found.top_codes, wording, wording.cause),
        _top(say("top_devices"), found.top_devices, wording, str),
        section(say("answers"), answers(found, wording)),
        section(say("precision"), *precision(found, wording), kind="long"),
        section(say("suppressed"), *suppressed(found, wording)),
        section(say("nuisance"), *nuisance(found, policy, wording), kind="long"),
        section(say("shelved"), shelved(found, wording), kind="long"),
    ]
    body = (*_scope(found, wording), _headline(found, wording), *sections)
    return page(title, wording.language, _STYLE.read_text("utf-8"), body)


def _scope(found: AlarmFigures, wording: AlarmWording) -> Iterator[str]:
    length_ms = found.to_ms - found.from_ms
    counts = {"raised": f"{found.raised:,}", "told": f"{found.all.count:,}"}
    yield note(wording.say("scope", days=f"{length_ms / DAY_MS:.1f}", zone=wording.zone, **counts))
    if length_ms < _ENOUGH_MS:
        yield note(wording.say("short"))


def _headline(found: AlarmFigures, wording: AlarmWording) -> str:
    """Show the rates, an average never without its peak."""
    say, load, known = wording.say, found.all, found.answers.waits
    flood = say("flood_minutes", minutes=f"{load.flood_ms / _MINUTE_MS:,.1f}", floods=len(load.floods))
    taken_up = say("taken_up_is", number=f"{known.number:,}", p90=wording.minutes(known.p90_ms))
    figures = [
        _figure(say("per_day"), f"{load.per_day.average:,.1f}", _peak(load.per_day, wording)),
        _figure(say("per_hour"), f"{load.per_hour.average:,.2f}", _peak(load.per_hour, wording)),
        _figure(
            say("per_ten_minutes"),
            f"{load.per_ten_minutes.average:,.2f}",
            _peak(load.per_ten_minutes, wording),
        ),
        _figure(say("flood_time"), share(load.flood_share), flood),
        _figure(say("level"), say(f"level_{found.level}"), say("level_is")),
        _figure(say("taken_up"), wording.minutes(known.median_ms), taken_up),
        _figure(
            say("devices_told"),
            f"{found.devices_told:,}",
            say("devices_told_is", raised=f"{found.devices_raised:,}"),
        ),
    ]
    return "\n".join(('<div class="figures">', *figures, "</div>"))


def _figure(name: str, value: str, note: str) -> str:
    return f"<div>{escape(name)}<b>{escape(value)}</b><small>{escape(note)}</small></div>"


def _peak(pace: Pace, wording: AlarmWording) -> str:
    if pace.peak_from_ms is None:
        return wording.say("no_peak")
    return wording.say("peak", peak=f"{pace.peak:,}", at=wording.at(pace.peak_from_ms))


def _told_legend(wording: AlarmWording) -> str:
    limits = [Keyed(kind, wording.say(f"limit_{kind}")) for kind in ("acceptable", "manageable", "too_many")]
    bars = [Keyed(kind, wording.say(kind)) for kind in ("managed", "never_suppressed")]
    return _legend(bars + limits)


def _held_legend(wording: AlarmWording) -> str:
    told = Keyed("managed", wording.say("annunciated"))
    return _legend([told, Keyed("held_back", wording.say("held_back"))])


def _legend(keys: list[Keyed]) -> str:
    return "\n".join(('<ul class="legend">', *(f"<li>{keyed(key)}</li>" for key in keys), "</ul>"))


def _gate(found: AlarmFigures, wording: AlarmWording) -> str:
    return wording.say("gate", minutes=f"{found.gate_ms / _MINUTE_MS:,.1f}")


def _limits(found: AlarmFigures, wording: AlarmWording) -> str:
    heads = ("figure", "value", "count", "acceptable_to", "manageable_to", "verdict")
    return table(
        [wording.say(key) for key in heads], [_limit(line, wording) for line in against_limits(found)]
    )


def _limit(line: Line, wording: AlarmWording) -> list[Cell]:
    verdict = line.verdict
    standing: Cell = Keyed(verdict, wording.say(f"verdict_{verdict}")) if verdict else ""
    return [wording.say(line.name), *line_cells(line), standing]


def _loads(found: AlarmFigures, wording: AlarmWording) -> str:
    heads = ("figure", "alarms", "per_day", "per_hour", "per_ten_minutes", "flood_time")
    named = (("all", found.all), ("managed", found.managed), ("never_suppressed", found.never_suppressed))
    return table(
        [wording.say(key) for key in heads], [[wording.say(name), *load_cells(load)] for name, load in named]
    )


def _top(title: str, top: Top, wording: AlarmWording, named: Callable[[str], str]) -> str:
    parts = {"part": f"{top.share.numerator:,}", "whole": f"{top.share.denominator:,}"}
    of_all = wording.say("top_share", **parts, share=share(top.share))
    counts = [(named(name), count) for name, count in top.counts]
    return section(title, top_picture(counts, title), note(of_all))
