"""The pictures of a backtest."""

from datetime import date, datetime, time
from importlib.resources import files
from zoneinfo import ZoneInfo

from domain.instants import to_ms
from tuning.backtest.judged import Backtested, ProfileResult
from tuning.report.axes import Axis
from tuning.report.page import Chart
from tuning.report.plots import Dot, Mark, Point, bars, dots_with_intervals, heat, scatter, timeline
from tuning.report.plots import hours_against_staff as steps
from tuning.report.words import Catalogue, Said

_WORDS = Catalogue(files("tuning.backtest").joinpath("words.yaml"))
_HOUR_MS = 3_600_000


def alerts_by_day(found: Backtested) -> Chart:
    """Draw how many alerts each profile raised on each day."""
    series: dict[Said, dict[date, float]] = {
        each.label: {day.day: day.alerts for day in each.days} for each in found.profiles
    }
    return bars(
        _WORDS.say("by_day"),
        series,
        Axis(_WORDS.say("alerts")),
        about=_WORDS.say("by_day_about"),
        grouped=True,
    )


def rates_with_intervals(found: Backtested) -> Chart:
    """Draw precision and recall of each profile."""
    dots = []
    for each in found.profiles:
        of = each.figures
        dots.append(
            Dot(_WORDS.say("precision"), of.precision, of.precision_low, of.precision_high, each.label)
        )
        dots.append(Dot(_WORDS.say("recall"), of.recall, of.recall_low, of.recall_high, each.label))
    axis = Axis(_WORDS.say("share"), "percent", low=0)
    return dots_with_intervals(_WORDS.say("rates"), dots, axis, about=_WORDS.say("rates_about"))


def detectors_with_intervals(found: Backtested) -> Chart:
    """Draw the precision of each detector alone, by profile."""
    dots = [
        Dot(
            told.detector,
            told.alone.precision,
            told.alone.precision_low,
            told.alone.precision_high,
            each.label,
        )
        for each in found.profiles
        for told in each.detectors
    ]
    axis = Axis(_WORDS.say("precision"), "percent", low=0)
    return dots_with_intervals(_WORDS.say("detector_rates"), dots, axis, about=_WORDS.say("rates_about"))


def hours_and_staff(profile: ProfileResult, time_zone: str) -> Chart:
    """Draw the agents that each hour of a bad day needs, against those that are there."""
    day = profile.days[-1].day if profile.days else date(1970, 1, 1)
    midnight_ms = to_ms(datetime.combine(day, time(), ZoneInfo(time_zone)))
    there = profile.desk.agents if profile.desk.agents is not None else profile.desk.positions
    return steps(
        _WORDS.say("hours", label=profile.label),
        (
            _WORDS.say("needed"),
            [(midnight_ms + hour.hour * _HOUR_MS, hour.positions) for hour in profile.desk.hours],
        ),
        (_WORDS.say("staff"), [(midnight_ms, there)]),
        Axis(_WORDS.say("agents")),
        zone=time_zone,
        about=_WORDS.say("hours_about"),
        of_day=True,
    )


def loss_against_calls(found: Backtested, currency: str) -> Chart:
    """Draw the fraudulent money that each profile found against the calls that it takes."""
    points = [
        Point(each.label, each.desk.calls_a_day, each.figures.value_minor.get(currency, 0))
        for each in found.profiles
    ]
    return scatter(
        _WORDS.say("pareto"),
        points,
        Axis(_WORDS.say("calls_a_day"), low=0),
        Axis(_WORDS.say("value_axis"), "money", currency=currency, low=0),
        about=_WORDS.say("pareto_about"),
    )


def detector_overlap(profile: ProfileResult) -> Chart:
    """Draw which share of each detector's card-days the others told of as well."""
    counts = {(each.one, each.other): each.card_days for each in profile.overlaps}
    names = sorted({each.one for each in profile.overlaps})
    shares = [[counts.get((one, other), 0) / counts[one, one] for other in names] for one in names]
    return heat(
        _WORDS.say("overlap", label=profile.label),
        names,
        shares,
        Axis(_WORDS.say("share"), "percent"),
        about=_WORDS.say("overlap_about"),
    )


def changes_over_time(found: Backtested) -> Chart:
    """Draw when alerts appear and vanish from the first profile to the second."""
    first, second = (each.label for each in found.profiles[:2])
    marks = [Mark(change.at_ms, change.detector, change.kind) for change in found.changes]
    return timeline(_WORDS.say("changes", first=first, second=second), marks, zone=found.time_zone)
