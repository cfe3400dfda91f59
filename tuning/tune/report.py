"""What a tuning found as a page to read and print."""

from collections.abc import Iterable, Mapping
from typing import Any

from tuning.report.axes import Axis
from tuning.report.numerals import percent
from tuning.report.page import Chart, Notice, Report, Section, Table
from tuning.report.plots.dots import Dot, dots_with_intervals
from tuning.report.plots.scatter import Point, scatter
from tuning.report.words import Said, Words
from tuning.tune.choice import ALLOWANCE, FIGURES
from tuning.tune.parameters import said
from tuning.tune.record import WORDS, figure_words, in_force, tuning_record, verdict_words
from tuning.tune.tuning import BASE, Tuning

_SHARES = ("caught_share", "precision", "recall", "f1")
_PARTS = ("earlier", "later")


def tune_report(tuning: Tuning, made_from: Mapping[str, str]) -> Report:
    """Give the report of a tuning; `made_from` says of what, by the keys profile, over, labels and so on."""
    record = tuning_record(tuning)
    return Report(
        title=WORDS.say("title", detector=tuning.tuned.name),
        lead=tuple(_lead(tuning, record)),
        sections=(_later(tuning, record), _earlier(tuning, record)),
        made_from=tuple((WORDS.say(key), text) for key, text in made_from.items()),
    )


def _lead(tuning: Tuning, record: Mapping[str, Any]) -> Iterable[Words]:
    earlier, later = record["earlier"], record["later"]
    yield WORDS.say(
        "lead",
        count=len(tuning.combinations),
        names=", ".join(next(iter(tuning.combinations.values()))),
        profile=f"{record['profile']} {record['profile_version']}",
        earlier_days=earlier["days"],
        earlier_last=earlier["last_day"],
        later_days=later["days"],
        later_first=later["first_day"],
    )
    yield objective_words(tuning)
    if tuning.other_frauds:
        yield WORDS.say("other_frauds", currency=tuning.currency, count=f"{tuning.other_frauds:,}")


def objective_words(tuning: Tuning) -> Words:
    """Say what was wanted."""
    objective = tuning.objective
    if objective.limit is None:
        return WORDS.say(f"objective_{objective.name}")
    return WORDS.say(f"objective_{objective.name}_limit", limit=percent(objective.limit))


def _later(tuning: Tuning, record: Mapping[str, Any]) -> Section:
    notice = Notice(verdict_words(tuning), "good" if tuning.verdict.holds else "warning")
    return Section(
        WORDS.say("later_part"),
        (WORDS.say("later_text", allowance=percent(ALLOWANCE, 0)),),
        (notice, _comparison(tuning, record), _shares(tuning, record)),
    )


def _comparison(tuning: Tuning, record: Mapping[str, Any]) -> Table:
    """Compare the base with the chosen combination, figure by figure on both parts."""
    shown = [name for name in ("base", "chosen") if record[name]]
    rows: list[tuple[Said, ...]] = []
    for name in FIGURES:
        for part in _PARTS:
            cells = [_with_interval(name, record[each][part], tuning.currency) for each in shown]
            rows.append((WORDS.say(name), WORDS.say(part), *cells))
    parameters = [said(in_force(tuning, record[each]["label"])) for each in shown]
    rows.append((WORDS.say("tried"), "", *parameters))
    head = (WORDS.say("figure"), WORDS.say("part"), *(WORDS.say(each) for each in shown))
    return Table(WORDS.say("comparison"), head, tuple(rows))


def _shares(tuning: Tuning, record: Mapping[str, Any]) -> Chart:
    dots = [
        Dot(WORDS.say(name), *_dot(record[each]["later"], name), series=WORDS.say(each))
        for name in _SHARES
        for each in ("base", "chosen")
        if record[each]
    ]
    axis = Axis(kind="percent", low=0)
    return dots_with_intervals(WORDS.say("shares"), dots, axis, about=WORDS.say("shares_about"))


def _earlier(tuning: Tuning, record: Mapping[str, Any]) -> Section:
    return Section(
        WORDS.say("earlier_part"),
        (WORDS.say("earlier_text"),),
        (_pareto(tuning, record), _front(tuning, record), _all(tuning, record)),
    )


def _pareto(tuning: Tuning, record: Mapping[str, Any]) -> Chart:
    rows = (record["base"], *record["combinations"])
    points = [
        Point(
            _name(tuning, row["label"]),
            row["earlier"]["calls_a_day"],
            row["earlier"]["caught_a_day_minor"],
            series=WORDS.say("base" if row["label"] == BASE else "combination"),
            chosen=row["label"] == tuning.chosen,
        )
        for row in rows
    ]
    money = Axis(WORDS.say("caught_a_day_minor"), kind="money", currency=tuning.currency)
    return scatter(WORDS.say("pareto"), points, Axis(WORDS.say("calls_a_day")), money)


def _front(tuning: Tuning, record: Mapping[str, Any]) -> Table:
    names = ("calls_a_day", "caught_a_day_minor")
    rows = tuple(
        (
            _name(tuning, row["label"]),
            *(_with_interval(name, row["earlier"], tuning.currency) for name in names),
        )
        for row in sorted(
            (row for row in (record["base"], *record["combinations"]) if row["label"] in tuning.front),
            key=lambda row: (row["earlier"]["calls_a_day"], row["label"]),
        )
    )
    head = (WORDS.say("combination"), *map(WORDS.say, names))
    return Table(WORDS.say("front_intervals"), head, rows)


def _all(tuning: Tuning, record: Mapping[str, Any]) -> Table:
    rows = tuple(
        (
            _name(tuning, row["label"]),
            *(figure_words(name, row["earlier"][name], tuning.currency) for name in FIGURES),
            WORDS.say("yes") if row["label"] in tuning.front else "",
        )
        for row in (record["base"], *record["combinations"])
    )
    head = (WORDS.say("combination"), *map(WORDS.say, FIGURES), WORDS.say("on_front"))
    return Table(WORDS.say("all_combinations"), head, rows)


def _name(tuning: Tuning, label: str) -> Said:
    return WORDS.say("base") if label == BASE else said(tuning.combinations[label])


def _with_interval(name: str, figures: Mapping[str, Any], currency: str) -> str:
    point = figure_words(name, figures[name], currency)
    ends = figures["intervals"].get(name)
    if ends is None or ends["low"] is None:
        return point
    low, high = (figure_words(name, ends[end], currency) for end in ("low", "high"))
    return f"{point} [{low}, {high}]"


def _dot(figures: Mapping[str, Any], name: str) -> tuple[float | None, float | None, float | None]:
    ends = figures["intervals"][name]
    return figures[name], ends["low"], ends["high"]
