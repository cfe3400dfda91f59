"""What the desk made of its alarms: how soon it took them up, what they were, and what it was spared."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from msgspec import Struct

from cases.alarm_figures.load import Span
from cases.alarm_figures.rows import History
from cases.alarms.acknowledging import HANDLED
from cases.device_cases.closing import CloseReason
from cases.kpi.values import Ratio
from devices.failures import Acknowledgement, Spread, spread

# Somebody had to do something, which is what makes an alarm one (ISA-18.2).
_NEEDED = frozenset(
    {
        CloseReason.FIXED_REMOTELY,
        CloseReason.FLM_FIXED,
        CloseReason.SLM_FIXED,
        CloseReason.CUSTOMER_CONTACTED,
    }
)
# The condition was there, though nobody had to do anything about this alarm of it.
_THERE = _NEEDED | {CloseReason.CLEARED_ITSELF, CloseReason.PARENT_OUTAGE, CloseReason.PLANNED_WORK}
# All others say that it was not there, but for one that cannot tell and counts neither way.
_TELLING = frozenset(CloseReason) - {CloseReason.UNDETERMINED}


class _Answer(NamedTuple):
    """One time the desk was told, when somebody took it up, and when the condition was last over."""

    told_ms: int
    taken_ms: int | None = None
    over_ms: int | None = None


class Suppression(NamedTuple):
    """That something held an alarm back; the `kind` of `outage:1f3a` is the word before the colon."""

    at_ms: int
    alarm: str
    kind: str


class Answers(Struct, frozen=True, kw_only=True):
    """Alarms of a period by when they were taken up.

    `waits` are the times from annunciation to acknowledgement; `unanswered` went back to normal, were
    closed or hidden before anybody took them up; `waiting` still wait, the longest for `longest_wait_ms`.
    """

    waits: Spread
    unanswered: int
    waiting: int
    longest_wait_ms: int | None


class Precision(Struct, frozen=True, kw_only=True):
    """What the cases of a code's alarms were closed as, each case once.

    `right` is closed with a condition that was there / closed with a reason that tells; `needed` the share
    of these in which somebody had to do something. `undetermined` tells nothing and is in neither.
    """

    code: str
    right: Ratio
    needed: Ratio
    reasons: dict[str, int]


def acknowledgements(histories: Iterable[History], period: Span) -> list[Acknowledgement]:
    """Give the alarms of devices annunciated in the period that somebody took up, in order."""
    return sorted(
        Acknowledgement(history.alarm.device, answer.told_ms, answer.taken_ms)
        for history in histories
        for answer in _answers(history, period)
        if answer.taken_ms is not None and history.alarm.device is not None
    )


def answers(histories: Iterable[History], period: Span, now_ms: int) -> Answers:
    """Give how soon alarms annunciated in the period were taken up, as far as is known at `now_ms`."""
    found = [answer for history in histories for answer in _answers(history, period)]
    left = [answer for answer in found if answer.taken_ms is None]
    waiting_ms = [now_ms - answer.told_ms for answer in left if answer.over_ms is None]
    return Answers(
        waits=spread([answer.taken_ms - answer.told_ms for answer in found if answer.taken_ms is not None]),
        unanswered=len(left) - len(waiting_ms),
        waiting=len(waiting_ms),
        longest_wait_ms=max(waiting_ms, default=None),
    )


def precision(histories: Iterable[History], period: Span) -> tuple[Precision, ...]:
    """Give what came of the alarms annunciated in the period, by code: those with the most cases first."""
    reasons: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for history in histories:
        alarm = history.alarm
        if alarm.case_id and alarm.close_reason and _told_within(history, period):
            reasons[alarm.code][alarm.case_id] = alarm.close_reason
    found = [_precision(code, Counter(cases.values())) for code, cases in reasons.items()]
    return tuple(sorted(found, key=lambda each: (-sum(each.reasons.values()), each.code)))


def suppressions(histories: Iterable[History], period: Span) -> list[Suppression]:
    """Give the suppressions in the period, each alarm once for each kind of reason, by time.

    What people have dealt with was not held back from them.
    """
    first: dict[tuple[str, str], Suppression] = {}
    for history in histories:
        for event in history.events:
            if event.what == "suppressed" and period.from_ms <= event.at_ms < period.to_ms:
                kind = (event.new or "").partition(":")[0]
                first.setdefault((event.alarm, kind), Suppression(event.at_ms, event.alarm, kind))
    return sorted(each for each in first.values() if each.kind != HANDLED)


def released(histories: Iterable[History], held_back: Iterable[Suppression]) -> int:
    """Give of how many alarms the desk was told after they had been held back."""
    since_ms: dict[str, int] = {}
    for each in held_back:
        since_ms.setdefault(each.alarm, each.at_ms)
    return sum(
        any(at_ms >= since_ms[history.alarm.id] for at_ms in history.times_ms("annunciated"))
        for history in histories
        if history.alarm.id in since_ms
    )


def _answers(history: History, period: Span) -> list[_Answer]:
    found: list[_Answer] = []
    for event in history.events:
        if event.what == "annunciated":
            found.append(_Answer(event.at_ms))
        elif found and found[-1].taken_ms is None:
            if event.what == "acknowledged":
                found[-1] = found[-1]._replace(taken_ms=event.at_ms)
            elif event.what in ("returned", "closed", "suppressed"):
                found[-1] = found[-1]._replace(over_ms=event.at_ms)
            elif event.what == "reopened":
                found[-1] = found[-1]._replace(over_ms=None)
    return [answer for answer in found if period.from_ms <= answer.told_ms < period.to_ms]


def _told_within(history: History, period: Span) -> bool:
    return any(period.from_ms <= at_ms < period.to_ms for at_ms in history.times_ms("annunciated"))


def _precision(code: str, reasons: Counter[str]) -> Precision:
    told = sum(count for reason, count in reasons.items() if reason in _TELLING)
    return Precision(
        code=code,
        right=Ratio(sum(reasons[reason] for reason in _THERE), told),
        needed=Ratio(sum(reasons[reason] for reason in _NEEDED), told),
        reasons=dict(sorted(reasons.items(), key=lambda each: (-each[1], each[0]))),
    )
