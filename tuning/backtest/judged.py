"""Backtest: what profiles would have told of, what that was worth, and what the desk would have felt."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from math import isnan
from typing import Any, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct
from pydantic import TypeAdapter

from cases.policy import QueuePolicy
from config.profiles import load_profile
from connectors.alert_file import read_alert_file
from domain.instants import iso
from tuning.backtest.desk_figures import DeskFigures, desk_figures
from tuning.backtest.desk_load import Handling, Worked, work_through
from tuning.backtest.passes import Passed
from tuning.measures.bootstrap import DRAWS, SEED, Interval, day_blocks
from tuning.measures.days import DayCounts, alerts_a_day, by_day, precision_of, recall_of, span_of_days
from tuning.measures.figures import Contribution, Figures, contributions, figures_of, overlaps
from tuning.measures.judging import Judge, Judged
from tuning.measures.labels import Labels
from tuning.passes import Variant


class Rules(Struct, frozen=True, kw_only=True):
    """How a backtest judges: by what was known at `until_ms` (None: when the last event came).

    `agents` work at the desk (None: as many as there is work for), each as `handling` says. `draws` and
    `seed` are those of the bootstrap.
    """

    until_ms: int | None = None
    agents: int | None = None
    handling: Handling = Handling()
    draws: int = DRAWS
    seed: int = SEED


class Overlap(Struct, frozen=True):
    """On how many card-days two detectors both told; with itself, on how many one did."""

    one: str
    other: str
    card_days: int


class ProfileResult(Struct, frozen=True, kw_only=True):
    """What a profile told; `days` and `calls_by_day` go over all days of the backtest."""

    label: str
    profile: str
    name: str
    version: int
    figures: Figures
    detectors: list[Contribution]
    overlaps: list[Overlap]
    days: list[DayCounts]
    calls_by_day: list[float]
    desk: DeskFigures


class Difference(Struct, frozen=True, kw_only=True):
    """By how much a figure of a profile is more than that of the first, with its 95 % interval by day blocks.

    All three are None where the figure is undefined. `noise` says that it may as well be none.
    """

    label: str
    against: str
    figure: str
    low: float | None
    point: float | None
    high: float | None
    noise: bool


class Change(Struct, frozen=True, kw_only=True):
    """An alert that only the first profile raised (it vanishes) or only the second one (it appears)."""

    kind: Literal["appears", "vanishes"]
    id: str
    detector: str
    at: str
    at_ms: int


class Backtested(Struct, frozen=True, kw_only=True):
    """All figures of a backtest, as its JSON has them; times are ISO 8601 in UTC."""

    until: str
    time_zone: str
    first_day: date | None
    last_day: date | None
    events: int
    labels: int
    labels_known: int
    labels_without_event: int
    frauds_known: int
    profiles: list[ProfileResult]
    differences: list[Difference]
    changes: list[Change]


def backtest(
    variants: Sequence[Variant],
    passed: Passed,
    labels: Labels,
    rules: Rules,
    *,
    watch: Callable[[str, int, int], None] = lambda label, done, of: None,
) -> Backtested:
    """Judge the alerts of a pass, and let a desk work through them.

    Days are those of the first profile's bank. `watch` is told of the desk's progress: whose alerts, how many
    of them are worked, of how many.
    """
    until_ms = passed.progress.reached_ms if rules.until_ms is None else rules.until_ms
    zone = load_profile(variants[0].profile, text=variants[0].text).bank.time_zone
    judge = Judge(labels, until_ms=until_ms, zone=ZoneInfo(zone))
    runs = {each.label: list(read_alert_file(passed.alerts[each.label])) for each in variants}
    judged = {label: judge.judge(records) for label, records in runs.items()}
    days = span_of_days(list(judged.values()), judge)
    results = [
        _result(each, runs[each.label], judged[each.label], judge, days, rules, watch) for each in variants
    ]
    return Backtested(
        until=iso(until_ms),
        time_zone=zone,
        first_day=date.fromordinal(days[0]) if days else None,
        last_day=date.fromordinal(days[-1]) if days else None,
        events=passed.progress.events,
        labels=len(labels),
        labels_known=judge.labelled,
        labels_without_event=labels.without_event,
        frauds_known=len(judge.frauds),
        profiles=results,
        differences=[
            difference for other in results[1:] for difference in _differences(results[0], other, rules)
        ],
        changes=_changes(*(judged[each.label] for each in variants[:2])) if len(variants) > 1 else [],
    )


def _result(
    variant: Variant,
    records: Sequence[Mapping[str, Any]],
    judged: Sequence[Judged],
    judge: Judge,
    days: Sequence[int],
    rules: Rules,
    watch: Callable[[str, int, int], None],
) -> ProfileResult:
    profile = load_profile(variant.profile, text=variant.text)
    policy = TypeAdapter(QueuePolicy).validate_python(profile.queue)
    worked = work_through(
        records,
        policy,
        rules.handling,
        agents=rules.agents,
        watch=lambda done, of: watch(variant.label, done, of),
    )
    return ProfileResult(
        label=variant.label,
        profile=str(variant.profile),
        name=profile.name,
        version=profile.version,
        figures=figures_of(judged, judge),
        detectors=contributions(judged, judge),
        overlaps=[Overlap(one, other, count) for (one, other), count in sorted(overlaps(judged).items())],
        days=by_day(judged, judge, days),
        calls_by_day=_calls_by_day(worked, judge, days, rules.handling),
        desk=desk_figures(worked, judge, rules.handling, days, agents=rules.agents),
    )


def _calls_by_day(worked: Worked, judge: Judge, days: Sequence[int], handling: Handling) -> list[float]:
    calls = dict.fromkeys(days, 0.0)
    for contact in worked.contacts:
        day = judge.day(contact.ready_ms)
        # What comes on the last night can be worked on the day after it.
        calls[min(day, days[-1])] += handling.calls_per_task
    return list(calls.values())


def _differences(first: ProfileResult, other: ProfileResult, rules: Rules) -> list[Difference]:
    found = {
        name: day_blocks(first.days, other.days, statistic, draws=rules.draws, seed=rules.seed)
        for name, statistic in (
            ("alerts_a_day", alerts_a_day),
            ("precision", precision_of),
            ("recall", recall_of),
        )
    }
    found["calls_a_day"] = day_blocks(
        first.calls_by_day, other.calls_by_day, _mean, draws=rules.draws, seed=rules.seed
    )
    return [_difference(first.label, other.label, name, interval) for name, interval in found.items()]


def _difference(against: str, label: str, figure: str, interval: Interval) -> Difference:
    low, point, high = (None if isnan(value) else value for value in interval)
    return Difference(
        label=label,
        against=against,
        figure=figure,
        low=low,
        point=point,
        high=high,
        noise=interval.is_noise,
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _changes(first: Sequence[Judged], second: Sequence[Judged]) -> list[Change]:
    """Tell alerts apart by their ids, which are the same in every run that raises them."""
    of_first, of_second = {each.id for each in first}, {each.id for each in second}
    vanished = [_change("vanishes", each) for each in first if each.id not in of_second]
    appeared = [_change("appears", each) for each in second if each.id not in of_first]
    return sorted((*vanished, *appeared), key=lambda change: (change.at_ms, change.id))


def _change(kind: Literal["appears", "vanishes"], judged: Judged) -> Change:
    return Change(kind=kind, id=judged.id, detector=judged.detector, at=iso(judged.at_ms), at_ms=judged.at_ms)
