"""Tuning: many parameters of one detector over the same events, chosen on earlier days, tested on later.

    TuneError               what was given leaves nothing to choose by, or nothing to test on

Each combination runs as a profile that holds the tuned detector alone, and what the profile's other detectors
tell is taken from one run of the whole profile. That gives the alerts of the whole changed profile, because a
detector is handed its own memory and nothing of any other: no alert of one depends on whether another runs.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from connectors.alert_file import read_alert_file
from domain.instants import to_ms
from domain.wording import counted
from tuning.measures.bootstrap import SEED
from tuning.measures.judging import Judge
from tuning.measures.labels import Labels
from tuning.passes import Variant
from tuning.report.plots.scatter import Point, front
from tuning.tune.choice import Objective, Verdict, choose, judge_choice
from tuning.tune.days import Day, calls_a_day, caught_a_day, days_of, outcomes_of
from tuning.tune.parameters import Combination, combinations, read_swept
from tuning.tune.variants import Tuned, changed

BASE = "base"


class TuneError(ValueError):
    """Nothing to choose by, or nothing to test on; the message says what to give."""


class Grid(NamedTuple):
    """What is tried: the combinations by their labels, and the variants of the profile, the base first."""

    tuned: Tuned
    combinations: Mapping[str, Combination]
    variants: tuple[Variant, ...]


class Split(NamedTuple):
    """The days (ordinals of local dates) that the choice is made on, and those that it is tested on."""

    earlier: range
    later: range
    zone: ZoneInfo

    @property
    def at_ms(self) -> int:
        """When the later part begins; the choice knows no label of then or after."""
        return _begin_ms(self.later.start, self.zone)


class Tuning(NamedTuple):
    """What a tuning found; days are in order, and those of a combination by its label.

    `earlier` holds the base and every combination, `later` the base and the chosen one alone: whoever sees
    what all came to on the later days has chosen by them. `front` are those on the earlier days that no
    other beats on both calls and loss caught. `other_frauds` have money in other currencies or none.
    """

    tuned: Tuned
    combinations: Mapping[str, Combination]
    objective: Objective
    split: Split
    currency: str
    other_frauds: int
    earlier: Mapping[str, Sequence[Day]]
    later: Mapping[str, Sequence[Day]]
    front: frozenset[str]
    chosen: str | None
    verdict: Verdict
    seed: int


def read_grid(tuned: Tuned, text: str, parameters: Sequence[str], *, steps: int = 5) -> Grid:
    """Read what is to be tried (see tuning/tune/parameters.py) and make the variants of it.

    `text` is what the profile's file held when it was read. Raises ParameterError.
    """
    swept = read_swept(parameters, tuned.detector, steps=steps)
    tried = {f"c{number:03}": each for number, each in enumerate(combinations(swept), start=1)}
    alone = (
        Variant(label, tuned.path, changed(tuned, text, each, alone=True)) for label, each in tried.items()
    )
    return Grid(tuned, tried, (Variant(BASE, tuned.path, text), *alone))


def split_days(labels: Labels, share: float, zone: ZoneInfo) -> Split:
    """Part the local days from the first labelled event to the last; the earlier part has `share` of them.

    Raises TuneError where one part has none, or where no fraud is known on the earlier days by their end.
    """
    if not labels.uses:
        raise TuneError("no label is about any of the events; give the labels of --over, in --labels")
    judge = Judge(labels, until_ms=0, zone=zone)
    first, last = judge.day(labels.uses[0].at_ms), judge.day(labels.uses[-1].at_ms)
    count = last + 1 - first
    later = first + int(count * share)
    split = Split(range(first, later), range(later, last + 1), zone)
    if not split.earlier or not split.later:
        raise TuneError(
            f"the labels are about {counted(count, 'day')}, which --split {share:g} parts into "
            f"{len(split.earlier)} and {len(split.later)}; both parts need days"
        )
    if not any(use.fraud and use.at_ms < split.at_ms for use in labels.known(split.at_ms)):
        raise TuneError(
            f"no fraud before {date.fromordinal(later)} was known by then; give more days, a later --split, "
            "or a shorter --labels-delay if labels really come sooner"
        )
    return split


def main_currency(labels: Labels, home: str) -> str:
    """Give the currency that loss is counted in: the bank's own, or where no fraud is in it the commonest."""
    counts: dict[str, int] = {}
    for use in labels:
        if use.fraud and use.currency:
            counts[use.currency] = counts.get(use.currency, 0) + 1
    return home if home in counts or not counts else max(sorted(counts), key=lambda name: counts[name])


def compare(
    grid: Grid,
    labels: Labels,
    split: Split,
    files: Mapping[str, Path],
    *,
    objective: Objective,
    seed: int = SEED,
) -> Tuning:
    """Choose by what the variants told on the earlier days, and test the choice on the later ones.

    `files` are the alerts of the grid's variants by label, as tuning/tune/runs.py gives them.
    """
    currency = main_currency(labels, grid.tuned.profile.bank.currency)
    telling = _Telling(grid.tuned.name, labels, split.zone, currency, files)
    earlier = telling.days(split.earlier, split.at_ms, tuple(files))
    tried = {label: days for label, days in earlier.items() if label != BASE}
    chosen = choose(earlier[BASE], tried, objective)
    # The report is read when all is known that ever became known.
    known_ms = max(use.known_ms for use in labels)
    later = telling.days(split.later, known_ms, (BASE,) if chosen is None else (BASE, chosen))
    points = [Point(label, calls_a_day(days), caught_a_day(days)) for label, days in earlier.items()]
    return Tuning(
        tuned=grid.tuned,
        combinations=grid.combinations,
        objective=objective,
        split=split,
        currency=currency,
        other_frauds=sum(use.fraud and use.currency != currency for use in labels),
        earlier=earlier,
        later=later,
        front=frozenset(str(point.name) for point in front(points, ("less", "more"))),
        chosen=chosen,
        verdict=judge_choice(later[BASE], later.get(chosen or ""), objective, seed=seed),
        seed=seed,
    )


class _Telling(NamedTuple):
    """What the variants told, to be judged for some days by what was known at some moment."""

    detector: str
    labels: Labels
    zone: ZoneInfo
    currency: str
    files: Mapping[str, Path]

    def days(self, days: range, until_ms: int, variants: Sequence[str]) -> dict[str, list[Day]]:
        begin_ms, end_ms = _begin_ms(days.start, self.zone), _begin_ms(days.stop, self.zone)
        judge = Judge(self.labels.between(begin_ms, end_ms), until_ms=until_ms, zone=self.zone)
        base = list(read_alert_file(self.files[BASE]))
        own = [alert for alert in base if alert["detector"] == self.detector]
        others = outcomes_of((alert for alert in base if alert["detector"] != self.detector), judge, days)
        found = {}
        for label in variants:
            told = outcomes_of(own if label == BASE else read_alert_file(self.files[label]), judge, days)
            found[label] = days_of(others.together(told), judge, days, self.currency)
        return found


def _begin_ms(day: int, zone: ZoneInfo) -> int:
    return to_ms(datetime.combine(date.fromordinal(day), time(), zone))
