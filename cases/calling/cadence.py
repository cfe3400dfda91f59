"""When to try again and on which number, from the attempts so far: pure, and the same for every reader.

The answer is `Try` (a time, a number, and why not sooner), `Exhausted` or `NoNumber`.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from cases.calling.dispositions import DISPOSITIONS, Disposition, Step
from cases.calling.policy import Cadence, CallingPolicy, Gap
from cases.calling.windows import RestDays, may_call, next_opening, on_another_hour
from domain.instants import from_ms, span_ms, to_ms
from domain.wording import counted

_DAY = timedelta(days=1)


class Tried(NamedTuple):
    """One attempt: when it began and ended, on which number, how, and the callback then agreed on."""

    started_at_ms: int
    ended_at_ms: int
    reference: str
    disposition: str
    callback_at_ms: int | None = None

    @property
    def how(self) -> Disposition:
        """The flags of its disposition."""
        return DISPOSITIONS[self.disposition]


class Rules(NamedTuple):
    """What bounds the attempts at one customer: the policy, their rung's cadence, zone and days of rest."""

    policy: CallingPolicy
    cadence: Cadence
    zone: str
    resting: RestDays


class Try(NamedTuple):
    """The next attempt; `reason` is what it waits for."""

    at_ms: int
    reference: str
    reason: Literal["cadence", "window"]


class Exhausted(NamedTuple):
    """Nobody is to be tried again, and why."""

    why: str


class NoNumber(NamedTuple):
    """There is no number to ring."""


def next_try(
    tried: Sequence[Tried],
    numbers: Sequence[str],
    rules: Rules,
    now_ms: int,
    elsewhere_ms: Sequence[int] = (),
) -> Try | Exhausted | NoNumber:
    """Say when and where to try next.

    `tried` are the attempts at this customer in this case, in their order; `numbers` the references that
    can be rung, the best first; `elsewhere_ms` when the same customer was called for other cases.
    """
    made = [each for each in tried if each.how.counts]
    spent = _spent(made, rules)
    if spent is not None:
        return spent
    if not numbers:
        return NoNumber()
    uses = Counter(each.reference for each in made)
    left = [reference for reference in numbers if uses[reference] < rules.policy.most_a_number]
    if not left:
        return Exhausted(f"every number was tried {counted(rules.policy.most_a_number, 'time')}")
    free_ms = min(_free_ms(made, reference, rules.policy) for reference in left)
    wanted_ms = max(_due_ms(made, rules), free_ms, now_ms)
    times_ms = [*elsewhere_ms, *(each.started_at_ms for each in made)]
    at_ms = _on_a_day_with_room(wanted_ms, times_ms, rules)
    opens_ms = may_call(at_ms, rules.zone, rules.cadence.window, rules.resting)
    at_ms = at_ms if opens_ms is None else opens_ms
    reason: Literal["cadence", "window"] = "cadence" if at_ms == wanted_ms else "window"
    return Try(at_ms, _rotated(made, left, at_ms, rules.policy), reason)


def standing_callback(tried: Sequence[Tried], policy: CallingPolicy, now_ms: int) -> Tried | None:
    """Give the attempt whose agreed callback is due at `now_ms`, for which no window counts."""
    last = tried[-1] if tried else None
    if last is None or last.callback_at_ms is None:
        return None
    earliest_ms = last.callback_at_ms - span_ms(policy.callback_grace)
    latest_ms = last.callback_at_ms + span_ms(policy.callback_valid)
    return last if earliest_ms <= now_ms <= latest_ms else None


def _spent(made: Sequence[Tried], rules: Rules) -> Exhausted | None:
    """Say why there is no further attempt, if so."""
    if len(made) >= len(rules.cadence.gaps):
        return Exhausted(f"all {counted(len(rules.cadence.gaps), 'attempt')} were made")
    for code, times in Counter(each.disposition for each in made).items():
        if times >= rules.policy.most_of.get(code, times + 1):
            return Exhausted(f"{DISPOSITIONS[code].words}, {counted(times, 'time')}")
    return None


def _due_ms(made: Sequence[Tried], rules: Rules) -> int:
    """Give when the cadence wants the next attempt, whatever the numbers and the window allow."""
    if not made:
        return 0
    last, gap = made[-1], rules.cadence.gaps[len(made)]
    if last.how.next is Step.NEXT_NUMBER:
        return last.ended_at_ms  # nobody the customer knows was rung: the next number cannot annoy them
    due_ms = _after(last.ended_at_ms, gap, rules)
    if last.how.next is Step.SOON:
        return min(due_ms, last.ended_at_ms + span_ms(rules.policy.busy_retry))
    return due_ms


def _after(last_ms: int, gap: Gap, rules: Rules) -> int:
    if isinstance(gap, timedelta):
        return last_ms + span_ms(gap)
    window = rules.cadence.window
    if gap == "next_day":
        return on_another_hour(last_ms, rules.policy.next_day, rules.zone, window, rules.resting)
    if window is None:
        return last_ms + span_ms(_DAY)
    return next_opening(last_ms, rules.zone, window, rules.resting)


def _free_ms(made: Sequence[Tried], reference: str, policy: CallingPolicy) -> int:
    """Give before when a number would only be busy or off again."""
    last = next((each for each in reversed(made) if each.reference == reference), None)
    pause = {Step.SOON: policy.busy_retry, Step.LATER: policy.switched_off_retry}
    if last is None or last.how.next not in pause:
        return 0
    return last.ended_at_ms + span_ms(pause[last.how.next])


def _on_a_day_with_room(at_ms: int, times_ms: Sequence[int], rules: Rules) -> int:
    """Give `at_ms`, or the beginning of the first later day on which the customer may still be called."""
    zone = ZoneInfo(rules.zone)
    calls = Counter(from_ms(each).astimezone(zone).date() for each in times_ms)
    day = from_ms(at_ms).astimezone(zone).date()
    while calls[day] >= rules.policy.most_a_day:
        day += _DAY
        at_ms = to_ms(datetime.combine(day, time(), tzinfo=zone))
    return at_ms


def _rotated(made: Sequence[Tried], left: Sequence[str], at_ms: int, policy: CallingPolicy) -> str:
    """Give the number to ring at `at_ms`: the least tried, then the one that rested longest, the best."""
    uses = Counter(each.reference for each in made)
    last_ms = {each.reference: each.ended_at_ms for each in made}
    free = [reference for reference in left if _free_ms(made, reference, policy) <= at_ms]
    return min(free, key=lambda reference: (uses[reference], last_ms.get(reference, 0)))
