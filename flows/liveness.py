"""Which rules are ill, told from what came hour by hour: a pure judge that never asks a clock.

A rule that never fires, always fires, reads a field that is always missing, or whose feed has stopped looks
just like one that has nothing to say; counts tell them apart. Hours are judged once, in their order.
"""

from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum
from math import log
from typing import NamedTuple

from msgspec import Struct

from config.profiles import Liveness
from domain.instants import iso
from flows.liveness_feeds import Feeds
from flows.liveness_rules import Rule, events_for
from observability.hours import HOUR_MS, STRIDE, Hour

# Stands where a detector's name does for what concerns all of them.
ALL = "all"


class Illness(StrEnum):
    """What can be wrong with a rule."""

    NEVER_FIRES = "never_fires"
    ALWAYS_FIRES = "always_fires"
    FIELD_MISSING = "field_missing"
    FEED_STOPPED = "feed_stopped"


class Problem(Struct, frozen=True, kw_only=True):
    """What is wrong with a rule: since which hour (its beginning, event time), about what, and in words.

    `detector` is ALL where a partition stopped; `about` is a field, a kind of event or a partition, or "".
    """

    detector: str
    problem: Illness
    about: str
    since_ms: int
    words: str

    @property
    def key(self) -> tuple[str, str, str]:
        """Give what tells it from others, whatever its figures."""
        return self.detector, self.problem.value, self.about


class Changes(NamedTuple):
    """What an hour brought to light, and what is over with it."""

    begun: tuple[Problem, ...]
    over: tuple[Problem, ...]


class Judge:
    """Judges hour after hour; what it says depends on the counts alone.

    With `whole` unset the counts lack alerts that other machines raised: how often rules fire is then not
    judged.
    """

    def __init__(self, rules: Iterable[Rule], settings: Liveness, *, whole: bool = True) -> None:
        """Begin with every rule well."""
        self._rules = tuple(rules)
        self._settings = settings
        self._whole = whole
        self._problems: dict[tuple[str, str, str], Problem] = {}
        self._unheard: defaultdict[str, float] = defaultdict(float)  # events since a rule's last alert
        self._fired: defaultdict[str, _Share] = defaultdict(_Share)
        self._there: defaultdict[tuple[str, str], _Share] = defaultdict(_Share)
        self._partitions = Feeds(settings.partition_hours, settings.least_due)
        self._kinds = Feeds(settings.kind_hours, settings.least_due)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong by now."""
        return tuple(self._problems[key] for key in sorted(self._problems))

    def judge(self, hour: Hour, *, ended: bool = True) -> Changes:
        """Take in the next hour; unless it has `ended`, nobody has stopped yet who brought nothing in it."""
        before = dict(self._problems)
        for rule in self._rules:
            self._judge_needs(rule, hour)
            if self._whole:
                self._judge_firing(rule, hour)
        self._judge_feeds(hour, ended=ended)
        return Changes(
            tuple(found for key, found in self._problems.items() if key not in before),
            tuple(found for key, found in before.items() if key not in self._problems),
        )

    def _judge_needs(self, rule: Rule, hour: Hour) -> None:
        for field, kinds in rule.needs.items():
            seen = sum(hour.sampled.get(kind, 0) for kind in kinds)
            there = sum(hour.present.get(f"{kind}.{field}", 0) for kind in kinds)
            share = self._there[rule.name, field].add(
                there * STRIDE, seen * STRIDE, self._settings.least_events
            )
            if share is None:
                continue
            words = f"{rule.name} needs the field {field}, which {_share_words(*share)} events have"
            self._set(
                share.part <= self._settings.present_share * share.of,
                rule.name,
                Illness.FIELD_MISSING,
                field,
                hour,
                words,
            )

    def _judge_firing(self, rule: Rule, hour: Hour) -> None:
        read, alerts = events_for(rule, hour), hour.alerts.get(rule.name, 0)
        share = self._fired[rule.name].add(alerts, read, self._settings.least_events)
        if share is not None:
            words = (
                f"{rule.name} gave {share.part:,.0f} alerts for {share.of:,.0f} events; a share above "
                f"{rule.most_share:.0%} is not credible"
            )
            fires = share.part > rule.most_share * share.of
            self._set(fires, rule.name, Illness.ALWAYS_FIRES, "", hour, words)
        unheard = self._unheard[rule.name] = 0.0 if alerts else self._unheard[rule.name] + read
        if rule.least_per_million is not None:
            due = unheard * rule.least_per_million / 1_000_000
            words = (
                f"{rule.name} gave no alert for {unheard:,.0f} events, for which {due:,.1f} or more were due"
            )
            # So many were due that the chance of none (Poisson) is below `surprise`.
            silent = due >= -log(self._settings.surprise)
            self._set(silent, rule.name, Illness.NEVER_FIRES, "", hour, words)

    def _judge_feeds(self, hour: Hour, *, ended: bool) -> None:
        stopped = self._partitions.add(hour.hour, hour.partitions, ended=ended)
        for name, has in stopped.items():
            words = f"partition {name} brought nothing for a whole hour while the others went on"
            self._set(has, ALL, Illness.FEED_STOPPED, name, hour, words)
        for kind, has in self._kinds.add(hour.hour, hour.events, ended=ended).items():
            for rule in self._rules:
                if kind in rule.kinds:
                    words = (
                        f"{rule.name} reads events of the kind {kind}, of which none came for a whole hour"
                    )
                    self._set(has, rule.name, Illness.FEED_STOPPED, kind, hour, words)

    def _set(self, ill: bool, name: str, illness: Illness, about: str, hour: Hour, words: str) -> None:
        key = name, illness.value, about
        if not ill:
            self._problems.pop(key, None)
        elif key not in self._problems:
            since_ms = hour.hour * HOUR_MS
            self._problems[key] = Problem(
                detector=name,
                problem=illness,
                about=about,
                since_ms=since_ms,
                words=f"{words} (hour from {iso(since_ms)})",
            )


class _Of(NamedTuple):
    part: float
    of: float


class _Share:
    """A share that is told once it is one of enough, and then counted anew."""

    def __init__(self) -> None:
        self._part = self._of = 0.0

    def add(self, part: float, of: float, least: int) -> _Of | None:
        self._part += part
        self._of += of
        if self._of < least:
            return None
        told = _Of(self._part, self._of)
        self._part = self._of = 0.0
        return told


def _share_words(part: float, of: float) -> str:
    return f"none of about {of:,.0f}" if not part else f"no more than {part / of:.2%} of about {of:,.0f}"
