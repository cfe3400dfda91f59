"""The figures of a backtest as a page to read and print."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from importlib.resources import files
from typing import NamedTuple

from domain.instants import span_ms, span_words, to_ms
from tuning.backtest.charts import (
    alerts_by_day,
    changes_over_time,
    detector_overlap,
    detectors_with_intervals,
    hours_and_staff,
    loss_against_calls,
    rates_with_intervals,
)
from tuning.backtest.judged import Backtested, Difference
from tuning.measures.days import alerts_a_day
from tuning.report.axes import Axis, moment
from tuning.report.numerals import number, percent
from tuning.report.page import Notice, Part, Report, Section, Table
from tuning.report.words import Catalogue, Said, Words

_WORDS = Catalogue(files("tuning.backtest").joinpath("words.yaml"))
_SHARES = frozenset({"precision", "recall"})


class MadeFrom(NamedTuple):
    """What a backtest read: events, labels, and how late labels are that do not say."""

    over: tuple[str, ...]
    labels: tuple[str, ...]
    delay: timedelta


def backtest_report(found: Backtested, made_from: MadeFrom) -> Report:
    """Give the report of a backtest."""
    return Report(
        title=_WORDS.say("title", labels=", ".join(each.label for each in found.profiles)),
        lead=(
            _WORDS.say(
                "lead",
                events=f"{found.events:,}",
                first=str(found.first_day),
                last=str(found.last_day),
                until=moment(to_ms(datetime.fromisoformat(found.until)), found.time_zone),
                labels=f"{found.labels:,}",
                known=f"{found.labels_known:,}",
                frauds=f"{found.frauds_known:,}",
            ),
        ),
        sections=tuple(_sections(found)),
        made_from=(
            (_WORDS.say("made_profiles"), ", ".join(each.profile for each in found.profiles)),
            (_WORDS.say("made_over"), ", ".join(made_from.over)),
            (_WORDS.say("made_labels"), ", ".join(made_from.labels)),
            (_WORDS.say("made_delay"), span_words(span_ms(made_from.delay))),
        ),
    )


def _sections(found: Backtested) -> Iterator[Section]:
    differences = (_differences(found),) if found.differences else ()
    yield Section(
        _WORDS.say("overall"),
        parts=(
            *_notices(found.differences),
            _overall(found),
            *differences,
            rates_with_intervals(found),
            alerts_by_day(found),
        ),
    )
    overlap = (detector_overlap(each) for each in found.profiles if len(each.detectors) > 1)
    yield Section(
        _WORDS.say("detectors"),
        (_WORDS.say("detectors_about"),),
        (_detectors(found), detectors_with_intervals(found), *overlap),
    )
    yield _desk(found)
    if len(found.profiles) > 1:
        kinds = [change.kind for change in found.changes]
        first, second = (each.label for each in found.profiles[:2])
        about = _WORDS.say("changes_about", appear=kinds.count("appears"), vanish=kinds.count("vanishes"))
        yield Section(
            _WORDS.say("changes", first=first, second=second), (about,), (changes_over_time(found),)
        )


def _notices(differences: Sequence[Difference]) -> Iterator[Part]:
    for label in dict.fromkeys(each.label for each in differences):
        own = [each for each in differences if each.label == label]
        for key, kind, noise in (("clear", "good", False), ("noise", "warning", True)):
            names = [_WORDS.say(each.figure) for each in own if each.noise is noise]
            if names:
                listed = Words(", ".join(name.en for name in names), "、".join(name.zh for name in names))
                yield Notice(
                    _WORDS.say(key, label=label, against=own[0].against, names=listed),
                    "warning" if kind == "warning" else "good",
                )


def _overall(found: Backtested) -> Table:
    rows: list[tuple[Said, ...]] = []

    def row(name: Said, *cells: str) -> None:
        rows.append((name, *cells))

    of = found.profiles
    row(_WORDS.say("alerts"), *(f"{each.figures.alerts:,}" for each in of))
    row(_WORDS.say("alerts_a_day"), *(number(alerts_a_day(each.days), 1) for each in of))
    row(_WORDS.say("unlabelled"), *(f"{each.figures.unlabelled:,}" for each in of))
    row(_WORDS.say("precision"), *(percent(each.figures.precision) for each in of))
    row(_WORDS.say("recall"), *(percent(each.figures.recall) for each in of))
    row(_WORDS.say("f1"), *(number(each.figures.f1) for each in of))
    row(_WORDS.say("average_precision"), *(number(each.figures.average_precision) for each in of))
    for most in of[0].figures.card_precision:
        cells = (percent(each.figures.card_precision[most]) for each in of)
        row(_WORDS.say("card_precision", most=most), *cells)
    row(_WORDS.say("card_day_precision"), *(percent(each.figures.card_days.precision) for each in of))
    row(_WORDS.say("card_day_recall"), *(percent(each.figures.card_days.recall) for each in of))
    for currency, minor in of[0].figures.value_all_minor.items():
        axis = Axis(kind="money", currency=currency)
        cells = (axis.write(each.figures.value_minor.get(currency, 0)) for each in of)
        row(_WORDS.say("value", currency=currency, all=axis.write(minor)), *cells)
    row(_WORDS.say("cases"), *(f"{each.desk.cases:,}" for each in of))
    row(_WORDS.say("calls_a_day"), *(number(each.desk.calls_a_day, 1) for each in of))
    row(_WORDS.say("positions"), *(f"{each.desk.positions:,}" for each in of))
    row(_WORDS.say("late"), *(f"{each.desk.late:,}" for each in of))
    row(_WORDS.say("at_stake"), *(_money(each.desk.at_stake_minor) for each in of))
    row(_WORDS.say("lost"), *(_money(each.desk.lost_minor) for each in of))
    head: tuple[Said, ...] = (_WORDS.say("figure"), *(each.label for each in of))
    return Table(_WORDS.say("overall"), head, tuple(rows))


def _money(amounts: Mapping[str, int]) -> str:
    written = (Axis(kind="money", currency=currency).write(minor) for currency, minor in amounts.items())
    return ", ".join(written) or "-"


def _differences(found: Backtested) -> Table:
    against = found.differences[0].against
    rows = tuple((each.label, _WORDS.say(each.figure), *_interval(each)) for each in found.differences)
    title = _WORDS.say("difference", against=against)
    head = (_WORDS.say("profile"), _WORDS.say("figure"), title, _WORDS.say("interval"))
    return Table(title, head, rows)


def _interval(difference: Difference) -> tuple[str, str]:
    write = percent if difference.figure in _SHARES else number
    return write(difference.point), f"{write(difference.low)} … {write(difference.high)}"


def _detectors(found: Backtested) -> Table:
    names = ("alerts", "true", "false", "unlabelled", "precision", "recall", "only_found", "recall_without")
    rows = tuple(
        (
            profile.label,
            each.detector,
            f"{each.alone.alerts:,}",
            f"{each.alone.true:,}",
            f"{each.alone.false:,}",
            f"{each.alone.unlabelled:,}",
            percent(each.alone.precision),
            percent(each.alone.recall),
            f"{each.only_found:,}",
            percent(each.without.recall),
        )
        for profile in found.profiles
        for each in profile.detectors
    )
    head = (_WORDS.say("profile"), _WORDS.say("detector"), *map(_WORDS.say, names))
    return Table(_WORDS.say("detectors"), head, rows)


def _desk(found: Backtested) -> Section:
    desk = found.profiles[0].desk
    about = _WORDS.say(
        "desk_about",
        agents=_WORDS.say("as_many") if desk.agents is None else desk.agents,
        aht=number(desk.handling.aht_s),
        calls=number(desk.handling.calls_per_task),
    )
    hours = (hours_and_staff(each, found.time_zone) for each in found.profiles)
    pareto = (loss_against_calls(found, currency) for currency in found.profiles[0].figures.value_all_minor)
    return Section(_WORDS.say("desk"), (about,), (*hours, _shifts(found), _bands(found), *pareto))


def _shifts(found: Backtested) -> Table:
    rows = tuple(
        (
            each.label,
            f"{shift.from_hour:02}:00",
            number(shift.calls, 1),
            number(shift.calls_high, 1),
            number(shift.calls_most, 1),
        )
        for each in found.profiles
        for shift in each.desk.shifts
    )
    names = ("profile", "shift", "mean_day", "bad_day", "worst_day")
    return Table(_WORDS.say("shifts"), tuple(map(_WORDS.say, names)), rows)


def _bands(found: Backtested) -> Table:
    rows = tuple(
        (each.label, band.band, f"{band.cases:,}", f"{band.late:,}", number(band.longest_wait_s / 60, 1))
        for each in found.profiles
        for band in each.desk.bands
    )
    names = ("profile", "band", "cases", "late", "longest_wait")
    return Table(_WORDS.say("bands"), tuple(map(_WORDS.say, names)), rows)
