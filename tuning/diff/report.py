"""The differences between two runs as a page to read and print."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from importlib.resources import files
from zoneinfo import ZoneInfo

from msgspec import to_builtins

from domain.instants import to_ms
from tuning.diff.differences import Change, Counts, Differences, Kind, Told
from tuning.report.axes import Axis
from tuning.report.page import Chart, KeyFigure, KeyFigures, Part, Report, Section, Table
from tuning.report.plots.bars import bars
from tuning.report.plots.timeline import Kind as MarkKind
from tuning.report.plots.timeline import Mark, timeline
from tuning.report.words import Catalogue, Said

_WORDS = Catalogue(files("tuning.diff").joinpath("words.yaml"))
# So much of an id is enough for `riskdesk explain`.
_ID_DIGITS = 12
_MARKS: dict[Kind, MarkKind] = {Kind.APPEARED: "appears", Kind.VANISHED: "vanishes"}


def diff_report(found: Differences, a: str, b: str, zone: ZoneInfo) -> Report:
    """Give the report of a comparison of the runs named `a` and `b`; times are those of `zone`."""
    counts = to_builtins(found.total)
    lead = [
        _WORDS.say("same", alerts=f"{found.total.b:,}")
        if found.same
        else _WORDS.say("different", **{name: f"{count:,}" for name, count in counts.items()})
    ]
    if any(found.repeated):
        lead.append(_WORDS.say("repeated", a=found.repeated[0], b=found.repeated[1]))
    return Report(
        title=_WORDS.say("title"),
        lead=tuple(lead),
        sections=tuple(_sections(found, zone)),
        made_from=((_WORDS.say("run_a"), a), (_WORDS.say("run_b"), b)),
    )


def _sections(found: Differences, zone: ZoneInfo) -> Iterable[Section]:
    kinds = [
        KeyFigure(_WORDS.say(f"kind_{kind}"), f"{getattr(found.total, kind):,}") for kind in ("same", *Kind)
    ]
    pictures: tuple[Part, ...] = () if found.same else (_timeline(found, zone), _by_day(found, zone))
    yield Section(_WORDS.say("overall"), parts=(KeyFigures(tuple(kinds)), *pictures))
    yield Section(_WORDS.say("by_detector"), parts=(_detectors(found),))
    if found.changes:
        about = _WORDS.say("changes_about")
        yield Section(_WORDS.say("changes"), (about,), (_changes(found.changes, zone),))
    if found.retuned:
        yield Section(_WORDS.say("retuned"), (_WORDS.say("retuned_about"),), (_retuned(found),))


def _timeline(found: Differences, zone: ZoneInfo) -> Chart:
    marks = [
        Mark(_at_ms(change.told), change.detector, _MARKS.get(change.kinds[0], "moves"))
        for change in found.changes
    ]
    return timeline(_WORDS.say("timeline"), marks, zone=zone.key, about=_WORDS.say("timeline_about"))


def _by_day(found: Differences, zone: ZoneInfo) -> Chart:
    days: defaultdict[Said, Counter[date]] = defaultdict(Counter)
    for change in found.changes:
        days[change.detector][_local(change.told, zone).date()] += 1
    about = _WORDS.say("by_day_about", zone=zone.key)
    return bars(_WORDS.say("by_day"), days, Axis(_WORDS.say("alerts")), about=about)


def _detectors(found: Differences) -> Table:
    kinds = tuple(_WORDS.say(f"kind_{kind}") for kind in ("same", *Kind))
    head = (_WORDS.say("detector"), _WORDS.say("run_a"), _WORDS.say("run_b"), *kinds)
    rows = [_counts(name, counts) for name, counts in found.detectors.items()]
    return Table("", head, (*rows, _counts(_WORDS.say("all"), found.total)))


def _counts(name: Said, counts: Counts) -> tuple[Said, ...]:
    return (name, *(f"{count:,}" for count in to_builtins(counts).values()))


def _changes(changes: Iterable[Change], zone: ZoneInfo) -> Table:
    names = ("change", "alert", "time", "position", "reason")
    head = tuple(_WORDS.say(name, zone=zone.key) for name in names)
    return Table("", head, tuple(_change(change, zone) for change in changes))


def _change(change: Change, zone: ZoneInfo) -> tuple[Said, ...]:
    kinds = [_WORDS.say(f"kind_{kind}") for kind in change.kinds]
    kind: Said = type(kinds[0])(*(", ".join(texts) for texts in zip(*kinds, strict=True)))
    sides = [side for side in (change.a, change.b) if side is not None]
    ids = _both(side.id[:_ID_DIGITS] for side in sides)
    return (
        kind,
        f"{change.detector} {change.told.key} ({ids})",
        _times([_local(side, zone) for side in sides]),
        _both(f"{side.place:,}" for side in sides),
        " ".join([_both(side.reason for side in sides), *_bracketed(change)]),
    )


def _bracketed(change: Change) -> Iterator[str]:
    if said := "; ".join(change.said_otherwise()):
        yield f"({said})"


def _times(times: Sequence[datetime]) -> str:
    """Write one or two moments; a day that both have is written once."""
    first, *others = times
    same_day = all(other.date() == first.date() for other in others)
    later = "%H:%M:%S" if same_day else "%Y-%m-%d %H:%M:%S"
    written = [f"{first:%Y-%m-%d %H:%M:%S}", *(other.strftime(later) for other in others)]
    return " → ".join(written[:1] if all(other == first for other in others) else written)


def _both(texts: Iterable[str]) -> str:
    return " → ".join(dict.fromkeys(texts))


def _retuned(found: Differences) -> Table:
    names = ("detector", "parameter", "run_a", "run_b", "parameters_of")
    rows = [
        (each.detector, each.name, str(each.a), str(each.b), f"{each.alerts:,}") for each in found.retuned
    ]
    return Table("", tuple(map(_WORDS.say, names)), tuple(rows))


def _local(told: Told, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(told.at).astimezone(zone)


def _at_ms(told: Told) -> int:
    return to_ms(datetime.fromisoformat(told.at))
