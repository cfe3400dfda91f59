"""Watches over a run's rules: gathers what its processes counted, and tells of rules that are ill."""

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from datetime import timedelta
from threading import Lock

from config.profiles import Liveness, Profile
from flows.liveness import ALL, Changes, Illness, Judge, Problem
from flows.liveness_rules import rules_of
from observability.hours import Hour

log = logging.getLogger(__name__)

# A partition that has counted nothing for so long holds nobody up: perhaps it is the one that has stopped.
_RISING_S = 120.0
# Alerts come a little after the events that they are about were read.
_SETTLE = timedelta(seconds=5)

Tell = Callable[[str, str, bool], None]


class RuleWatch:
    """Judges the rules of a run by the counts of all its processes, each hour of event time once.

    What is wrong is logged as a warning when it begins and when it is over, and `tell` is given detector,
    problem and whether it is there. After a crash some events are counted again, which changes little.
    """

    def __init__(
        self,
        tell: Tell = lambda detector, problem, is_there: None,
        *,
        whole: bool = True,
        settle: timedelta = _SETTLE,
    ) -> None:
        """Watch over nothing yet; `whole` is whether the processes of this machine raise all alerts.

        A live run's hour is judged when all have left it behind for `settle`, by a steady clock.
        """
        self._tell = tell
        self._whole = whole
        self._lock = Lock()
        self._judge = Judge((), Liveness())
        self._under: object = None
        self._waiting: dict[int, Hour] = {}
        self._judged = -1
        # Which hour each partition has come to, and when it last counted something (steady clock).
        self._come: dict[str, tuple[int, float]] = {}
        # Which hours all had left behind, and since when.
        self._behind: deque[tuple[int, float]] = deque()
        self._settle_s = settle.total_seconds()

    def begin(self, profile: Profile) -> None:
        """Watch over the rules of `profile` from now on; under the same ones it goes on where it was."""
        under = profile.liveness, profile.build_detectors()
        if under == self._under:
            return
        rules = rules_of(under[1], profile.liveness)
        with self._lock:
            for problem in self._judge.problems:
                self._tell(problem.detector, problem.problem.value, False)
            self._under, self._judge = under, Judge(rules, profile.liveness, whole=self._whole)
        for name in (*(rule.name for rule in rules), ALL):
            for illness in Illness:
                self._tell(name, illness.value, False)

    def take(self, hours: Iterable[Hour]) -> None:
        """Take in what a process has counted since it last told."""
        now_s = time.monotonic()
        with self._lock:
            for hour in hours:
                for partition in hour.partitions:
                    come, _ = self._come.get(partition, (hour.hour, now_s))
                    self._come[partition] = max(come, hour.hour), now_s
                # What comes after its hour was judged counts in the next one.
                number = max(hour.hour, self._judged + 1)
                self._waiting.setdefault(number, Hour(hour=number)).add(hour)

    def look(self) -> None:
        """Judge the hours that every partition which still comes has left behind."""
        now_s = time.monotonic()
        with self._lock:
            come = [hour for hour, at_s in self._come.values() if at_s >= now_s - _RISING_S]
            self._behind.append((min(come, default=0), now_s))
            end = 0
            while self._behind and self._behind[0][1] <= now_s - self._settle_s:
                end, _ = self._behind.popleft()
            changes = self._judge_until(end)
        self._report(changes)

    def end(self) -> tuple[Problem, ...]:
        """Judge all hours that were counted, and give what is wrong with the rules by now.

        In the last hour, which mostly is none of sixty minutes, nobody is said to have stopped.
        """
        with self._lock:
            changes = self._judge_until(max(self._waiting, default=-1) + 1)
            problems = self._judge.problems
        self._report(changes)
        return problems

    def _judge_until(self, end: int) -> list[Changes]:
        """Judge the hours that wait and lie before `end`, in their order."""
        last = max(self._waiting, default=0)
        changes = []
        for number in sorted(number for number in self._waiting if number < end):
            changes.append(self._judge.judge(self._waiting.pop(number), ended=number < last))
            self._judged = number
        return changes

    def _report(self, changes: Iterable[Changes]) -> None:
        for begun, over in changes:
            for problem in begun:
                log.warning("a rule is ill: %s", problem.words, extra=_fields(problem))
            for problem in over:
                log.warning("a rule is well again", extra=_fields(problem))
            self._show({(problem.detector, problem.problem) for problem in (*begun, *over)})

    def _show(self, touched: Iterable[tuple[str, Illness]]) -> None:
        there = {(problem.detector, problem.problem) for problem in self._judge.problems}
        for detector, illness in touched:
            self._tell(detector, illness.value, (detector, illness) in there)


def _fields(problem: Problem) -> dict[str, str]:
    return {"detector": problem.detector, "problem": problem.problem.value, "about": problem.about}
