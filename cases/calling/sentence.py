"""What was tried, said in one sentence that is computed from the attempts and never typed."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from cases.calling.cadence import Tried
from cases.calling.dispositions import DISPOSITIONS
from domain.instants import from_ms
from domain.wording import counted

NOT_TRIED = "not tried yet"


def tried_sentence(tried: Sequence[Tried], zone: str) -> str:
    """Say how often, on how many numbers, when and with what result a customer was tried.

    Times are those of the customer's `zone`, which is named. What is no attempt is not counted.

    >>> night = [Tried(1_772_726_400_000 + ms, 0, ref, "no_answer") for ms, ref in ((0, "a"), (60_000, "b"))]
    >>> tried_sentence(night, "Asia/Shanghai")
    'tried 2 times on 2 numbers between 00:00 and 00:01, no answer (times of Asia/Shanghai on 2026-03-06)'
    """
    made = [each for each in tried if each.how.counts]
    if not made:
        return NOT_TRIED
    numbers = len({each.reference for each in made})
    times = [from_ms(each.started_at_ms).astimezone(ZoneInfo(zone)) for each in made]
    first, last = min(times), max(times)
    one_day = first.date() == last.date()
    where = f"times of {zone}" + (f" on {first.date().isoformat()}" if one_day else "")
    return (
        f"tried {_times(len(made))} on {counted(numbers, 'number')} "
        f"{_span(first, last, one_day)}, {_results(made)} ({where})"
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _span(first: datetime, last: datetime, one_day: bool) -> str:
    form = "%H:%M" if one_day else "%Y-%m-%d %H:%M"
    begin, end = first.strftime(form), last.strftime(form)
    return f"at {begin}" if begin == end else f"between {begin} and {end}"


def _results(made: Sequence[Tried]) -> str:
    """Say the results, the commonest first; how often each only where they differ."""
    found = Counter(each.disposition for each in made)
    if len(found) == 1:
        return DISPOSITIONS[made[0].disposition].words
    ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{_times(count)} {DISPOSITIONS[code].words}" for code, count in ranked)
