"""What a profile in the shadow would have told, beside what was live over the same stretch of time."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from importlib.resources import files
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.instants import iso, to_ms
from tuning.diff.differences import Differences, compare
from tuning.diff.pairs import Record
from tuning.diff.report import diff_report
from tuning.report.axes import Axis, moment
from tuning.report.page import KeyFigure, KeyFigures, Report, Section
from tuning.report.plots.bars import bars
from tuning.report.words import Catalogue, Said

_WORDS = Catalogue(files("tuning").joinpath("shadow_words.yaml"))
_DAY_MS = 86_400_000


class NothingToCompareError(ValueError):
    """Why two runs cannot be put beside one another."""


class Shadowed(Struct, frozen=True, kw_only=True):
    """The alerts of both from `since` on and before `until`, and what differs.

    `live_per_day` and `shadow_per_day` are alerts for 24 hours of that stretch; `by_day` gives for each local
    day how many alerts were live and how many in the shadow.
    """

    since: str
    until: str
    live_per_day: float
    shadow_per_day: float
    by_day: dict[str, tuple[int, int]]
    differences: Differences


def compare_shadow(
    live: Iterable[Record],
    shadow: Iterable[Record],
    zone: ZoneInfo,
    *,
    since_ms: int | None = None,
    until_ms: int | None = None,
) -> Shadowed:
    """Compare the alerts of a shadow profile with those that were live; days are those of `zone`.

    Without `since_ms` and `until_ms` the stretch is that of the alerts of both, the first to the last. Raises
    NothingToCompareError where it holds no time, and NoAlertError.
    """
    kept = [[(_at_ms(record), record) for record in run] for run in (live, shadow)]
    times = [at_ms for run in kept for at_ms, _ in run]
    begin = since_ms if since_ms is not None else min(times, default=0)
    end = until_ms if until_ms is not None else max(times, default=-1) + 1
    if begin >= end:
        raise NothingToCompareError(
            "there is no alert on either side; say from when to when both ran with --since and --until"
            if not times
            else f"nothing lies from {iso(begin)} to before {iso(end)}; --since must be before --until"
        )
    ours, theirs = ([record for at_ms, record in run if begin <= at_ms < end] for run in kept)
    days = max((end - begin) / _DAY_MS, 1 / 24)
    return Shadowed(
        since=iso(begin),
        until=iso(end),
        live_per_day=len(ours) / days,
        shadow_per_day=len(theirs) / days,
        by_day=_by_day(ours, theirs, zone),
        differences=compare(ours, theirs),
    )


def shadow_report(found: Shadowed, live: str, shadow: str, zone: ZoneInfo) -> Report:
    """Give the report of a shadow; `live` and `shadow` name the two runs, times are those of `zone`."""
    compared = diff_report(found.differences, live, shadow, zone)
    figures = KeyFigures(
        (
            KeyFigure(_WORDS.say("live_per_day"), f"{found.live_per_day:,.1f}"),
            KeyFigure(_WORDS.say("shadow_per_day"), f"{found.shadow_per_day:,.1f}"),
        )
    )
    days: dict[Said, dict[date, float]] = {
        name: {date.fromisoformat(day): counts[index] for day, counts in found.by_day.items()}
        for index, name in enumerate((_WORDS.say("live"), _WORDS.say("shadow")))
    }
    about = _WORDS.say("by_day_about", zone=zone.key)
    chart = bars(_WORDS.say("by_day"), days, Axis(_WORDS.say("alerts")), about=about, grouped=True)
    return Report(
        title=_WORDS.say("title"),
        lead=(_WORDS.say("stretch", **_stretch(found, zone)), *compared.lead),
        sections=(Section(_WORDS.say("load"), parts=(figures, chart)), *compared.sections),
        made_from=((_WORDS.say("live"), live), (_WORDS.say("shadow"), shadow)),
    )


def _stretch(found: Shadowed, zone: ZoneInfo) -> dict[str, str]:
    ends = {"since": found.since, "until": found.until}
    return {name: moment(to_ms(datetime.fromisoformat(end)), zone.key) for name, end in ends.items()}


def _by_day(live: Iterable[Record], shadow: Iterable[Record], zone: ZoneInfo) -> dict[str, tuple[int, int]]:
    of_live, of_shadow = (
        Counter(datetime.fromisoformat(record["at"]).astimezone(zone).date().isoformat() for record in run)
        for run in (live, shadow)
    )
    return {day: (of_live[day], of_shadow[day]) for day in sorted({*of_live, *of_shadow})}


def _at_ms(record: Record) -> int:
    return to_ms(datetime.fromisoformat(record["at"]))
