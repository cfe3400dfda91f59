"""A level of chatter judged: what the desk was shown against the truth, as tables."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.device_cuts import Cut, cuts, harm_during
from benchmarks.device_desk import Lived, live
from benchmarks.device_floods import floods, most_at_a_time, share_of_time
from benchmarks.device_month import HEARTBEAT_S, Fleet, Month, month_of
from benchmarks.device_truth import (
    Answer,
    Tally,
    answers,
    never_suppressed_answers,
    nuisances,
    precision,
    right_items,
    tallies,
    tally,
)
from benchmarks.markdown import table
from devices.codes import catalogue
from domain.instants import iso, span_words

# An outage is known after two heartbeats of silence, and then held back as its handling says.
_COMMS = catalogue().handlings["comms"]
CUT_MOST_MS = ((2 + _COMMS.hold_heartbeats) * HEARTBEAT_S + _COMMS.hold_s) * 1000


class Judged(NamedTuple):
    """A month at one level, how the desk lived through it, and what became of each incident."""

    month: Month
    lived: Lived
    answered: list[Answer]
    cut: list[Cut]

    @property
    def ratio(self) -> float | None:
        """Raw alarms to an item, one that came back to the desk counting again; None without items."""
        work = len(self.lived.items) + self.lived.again
        return self.month.raw.count / work if work else None

    @property
    def found(self) -> Tally:
        """How the incidents that ask for an item were answered."""
        return tally(self.answered)

    @property
    def never(self) -> list[Answer]:
        """What became of customer harm and security."""
        return never_suppressed_answers(self.answered, catalogue().never_suppressed)

    @property
    def lost(self) -> int:
        """How many of those are in no item."""
        return sum(not each.shown for each in self.never)


def judge(fleet: Fleet, agents: int) -> Judged:
    """Simulate a month, let the desk live through it, and judge. Raises RuntimeError when a command fails."""
    with TemporaryDirectory() as folder:
        month = month_of(fleet, Path(folder))
        lived = live(month, agents)
    answered = answers(month.truth, lived.shown, catalogue().never_suppressed)
    return Judged(month, lived, answered, cuts(answered, lived.shown, month.branch_of))


def loads(judged: Mapping[str, Judged]) -> str:
    """Tell how much there was, and how much of it came to the desk."""
    heads = (
        *("chatter", "reports", "raw alarms", "raised", "shown", "items", "again", "raw to an item"),
        *("most in 10 min", "flood at the gate", "flood shown", "left open"),
    )
    return table(heads, ((level, *_load(each)) for level, each in judged.items()))


def _load(each: Judged) -> tuple[str, ...]:
    month, lived = each.month, each.lived
    shown = [one.at_ms for one in lived.shown if not catalogue().never_suppressed(one.code)]
    window = month.begins_ms, month.ends_ms
    counts = (month.reports, month.raw.count, lived.raised, len(lived.shown), len(lived.items), lived.again)
    return (
        *(f"{count:,}" for count in counts),
        number(each.ratio, ".1f"),
        str(most_at_a_time(shown)),
        f"{share_of_time(lived.floods, *window):.2%}",
        f"{share_of_time(floods(shown), *window):.2%}",
        str(lived.left_open),
    )


def findings(judged: Mapping[str, Judged]) -> str:
    """Tell what was found and when, and what was wrong."""
    heads = (
        *("chatter", "incidents", "found", "in time", "median", "p90", "longest", "items right"),
        *("harm and security", "lost", "late"),
    )
    return table(heads, ((level, *_finding(each)) for level, each in judged.items()))


def _finding(each: Judged) -> tuple[str, ...]:
    right = precision(each.lived.items, each.answered)
    late = sum(not answer.in_time for answer in each.never) - each.lost
    return (*_tally(each.found), number(right, ".1%"), *map(str, (len(each.never), each.lost, late)))


def outages(judged: Mapping[str, Judged]) -> str:
    """Tell what became of branches that were cut off."""
    heads = ("chatter", "cut", "how many", "one item", "soon enough", "longest", "harm meanwhile", "own item")
    rows = []
    for level, each in judged.items():
        for kind in sorted({one.incident.kind for one in each.cut}):
            own = [one for one in each.cut if one.incident.kind == kind]
            delays = [one.delay_ms for one in own if one.delay_ms is not None]
            soon = sum(delay <= CUT_MOST_MS for delay in delays)
            longest = span_words(max(delays)) if delays else "-"
            one_item = sum(len(one.items) == 1 for one in own)
            rows.append((level, kind, len(own), one_item, soon, longest, *harm_during(own, each.answered)))
    return table(heads, rows)


def kinds(each: Judged) -> str:
    """Tell of each kind of incident what was found of it."""
    heads = ("kind", "incidents", "found", "in time", "median", "p90", "longest")
    return table(heads, ((kind, *_tally(one)) for kind, one in tallies(each.answered).items()))


def nothings(each: Judged) -> str:
    """Tell of each kind of nuisance how often it made a wrong item all the same, and what hid the others."""
    heads = ("asks for nothing", "how many", "wrong items")
    hidden = table(("hidden by", "alarms"), each.lived.suppressed.most_common())
    closed = table(("closed as", "cases"), each.lived.reasons.most_common())
    made = table(heads, ((kind, *counts) for kind, counts in nuisances(each.answered).items()))
    return "\n".join((made, hidden, closed))


def faults(each: Judged) -> list[str]:
    """List what went wrong, one by one: incidents missed or late, cuts of several items, wrong items."""
    told = [_fault(answer) for answer in each.answered if _is_wrong(answer)]
    told += [
        f"{one.incident.id} {one.incident.kind} made {len(one.items)} items: {', '.join(sorted(one.items))}"
        for one in each.cut
        if len(one.items) > 1
    ]
    right = right_items(each.answered)
    told += [
        f"{one.item} is wrong: {one.code} of {one.device or one.branch} at {iso(one.at_ms)}"
        for one in sorted(each.lived.shown, key=lambda one: one.at_ms)
        if one.item not in right
    ]
    return told + [f"refused {count} times: {what}" for what, count in each.lived.refused.most_common()]


def _is_wrong(answer: Answer) -> bool:
    return answer.incident.expect == "item" and not answer.in_time


def _fault(answer: Answer) -> str:
    incident = answer.incident
    late = "lost" if answer.delay_ms is None else f"shown after {span_words(answer.delay_ms)}"
    where = incident.device or incident.branch or "everywhere"
    return f"{incident.id} {incident.kind} at {where} from {iso(incident.begins_ms)}: {late}"


def _tally(found: Tally) -> tuple[str, ...]:
    times = (found.median_s, found.p90_s, found.longest_s)
    return (
        f"{found.incidents:,}",
        number(found.recall, ".2%"),
        number(found.kept, ".2%"),
        *("-" if each is None else span_words(round(each * 1000)) for each in times),
    )


def number(value: float | None, form: str) -> str:
    """Write a figure, `none` where there was nothing to count."""
    return "none" if value is None else format(value, form)
