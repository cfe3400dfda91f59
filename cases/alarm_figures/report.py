"""All figures of alarms of one period, from the alarms that were there in it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct

from cases.alarm_figures.answers import (
    Answers,
    Precision,
    Suppression,
    answers,
    precision,
    released,
    suppressions,
)
from cases.alarm_figures.limits import PRIORITY_MIX, Level, level
from cases.alarm_figures.load import Load, Span, clipped, load
from cases.alarm_figures.nuisance import Nuisance, nuisance
from cases.alarm_figures.policy import AlarmFigurePolicy
from cases.alarm_figures.rows import AlarmRow, EventRow, History, ShelvedRow
from cases.kpi.values import Ratio

# As many codes and devices as are looked into.
TOP = 10


class Period(Struct, frozen=True, kw_only=True):
    """What the figures of [from_ms, to_ms) are made of, as it is known at now_ms.

    `histories` are the alarms that were live in it or in the day before; `gate` is when the flood gate began
    and ended to hold alarms back, `shelved` what is put aside now; `never_suppressed` tells a code that
    passes every gate.
    """

    from_ms: int
    to_ms: int
    now_ms: int
    histories: tuple[History, ...]
    gate: tuple[EventRow, ...] = ()
    shelved: tuple[ShelvedRow, ...] = ()
    never_suppressed: Callable[[str], bool]


class Annunciation(Struct, frozen=True):
    """That the desk was told."""

    at_ms: int
    alarm: AlarmRow
    never_suppressed: bool


class Top(Struct, frozen=True, kw_only=True):
    """The most frequent of something, with their counts, and their share of all."""

    counts: tuple[tuple[str, int], ...]
    share: Ratio


class AlarmFigures(Struct, frozen=True, kw_only=True):
    """The figures of a period.

    `all` is the load of everything annunciated, `managed` without the codes that are never suppressed, which
    are in `never_suppressed`. `raised` counts every time a condition began, annunciated or not. `suppressed`
    counts alarms by what held them back, `released` those that reached the desk afterwards;
    `suppressed_alarms` are the distinct ones. `gate_ms` is how long the flood gate held alarms back;
    `shelved` is put aside at `now_ms`, whatever the period.
    `top_alarms` are conditions of one device each, by their fingerprint.
    `devices_told` and `devices_raised` are the distinct devices of which the desk was told, and of which
    anything was raised.
    """

    from_ms: int
    to_ms: int
    now_ms: int
    all: Load
    managed: Load
    never_suppressed: Load
    raised: int
    nuisance: Nuisance
    top_alarms: Top
    top_codes: Top
    top_devices: Top
    priorities: dict[int, Ratio]
    answers: Answers
    precision: tuple[Precision, ...]
    suppressed: dict[str, int]
    suppressed_alarms: int
    released: int
    gate_ms: int
    shelved: tuple[ShelvedRow, ...]
    devices_told: int
    devices_raised: int
    annunciations: tuple[Annunciation, ...]
    suppressions: tuple[Suppression, ...]

    @property
    def level(self) -> Level:
        """Give EEMUA's level of everything annunciated."""
        pace = self.all.per_ten_minutes
        return level(pace.average, pace.peak)


def alarm_figures(period: Period, policy: AlarmFigurePolicy) -> AlarmFigures:
    """Give every figure of a period that is longer than nothing."""
    span = Span(period.from_ms, period.to_ms)
    histories = period.histories
    known = _annunciations(period)
    told = [each for each in known if each.at_ms >= span.from_ms]
    held_back = suppressions(histories, span)
    return AlarmFigures(
        from_ms=span.from_ms,
        to_ms=span.to_ms,
        now_ms=period.now_ms,
        all=_load(known, span),
        managed=_load([each for each in known if not each.never_suppressed], span),
        never_suppressed=_load([each for each in known if each.never_suppressed], span),
        raised=sum(len(_within(history, span, "raised", "reopened")) for history in histories),
        nuisance=nuisance(histories, span, policy),
        top_alarms=_top("|".join(map(str, each.alarm.identity)) for each in told),
        top_codes=_top(each.alarm.code for each in told),
        top_devices=_top(each.alarm.device for each in told if each.alarm.device is not None),
        priorities=_priorities(told),
        answers=answers(histories, span, period.now_ms),
        precision=precision(histories, span),
        suppressed=dict(Counter(each.kind for each in held_back).most_common()),
        suppressed_alarms=len({each.alarm for each in held_back}),
        released=released(histories, held_back),
        gate_ms=sum(part.to_ms - part.from_ms for part in clipped(_gate(period), span)),
        shelved=period.shelved,
        devices_told=len({each.alarm.device for each in told} - {None}),
        devices_raised=len(
            {each.alarm.device for each in histories if _within(each, span, "raised", "reopened")} - {None}
        ),
        annunciations=tuple(told),
        suppressions=tuple(held_back),
    )


def _annunciations(period: Period) -> list[Annunciation]:
    """Give what the desk was told until the period ends, by time; before it too, for a flood that goes on."""
    found = [
        Annunciation(at_ms, history.alarm, period.never_suppressed(history.alarm.code))
        for history in period.histories
        for at_ms in history.times_ms("annunciated")
        if at_ms < period.to_ms
    ]
    return sorted(found, key=lambda each: (each.at_ms, each.alarm.id))


def _load(told: Iterable[Annunciation], span: Span) -> Load:
    return load([each.at_ms for each in told], *span)


def _within(history: History, span: Span, *what: str) -> list[int]:
    return [at_ms for at_ms in history.times_ms(*what) if span.from_ms <= at_ms < span.to_ms]


def _top(names: Iterable[str]) -> Top:
    counts = Counter(names)
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:TOP]
    return Top(counts=tuple(ranked), share=Ratio(sum(count for _, count in ranked), counts.total()))


def _priorities(told: Sequence[Annunciation]) -> dict[int, Ratio]:
    counts = Counter(each.alarm.priority for each in told)
    return {priority: Ratio(counts[priority], len(told)) for priority in PRIORITY_MIX}


def _gate(period: Period) -> Iterator[Span]:
    """Give the times in which the flood gate held alarms back; one that goes on ends with what is known."""
    began_ms: int | None = None
    for event in period.gate:
        if event.what == "flood_began" and began_ms is None:
            began_ms = event.at_ms
        elif event.what == "flood_ended" and began_ms is not None:
            yield Span(began_ms, event.at_ms)
            began_ms = None
    if began_ms is not None:
        yield Span(began_ms, period.to_ms)
