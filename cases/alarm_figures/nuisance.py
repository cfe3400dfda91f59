"""Alarms that ask for attention and not for a response: chattering, fleeting and stale ones."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from msgspec import Struct

from cases.alarm_figures.load import DAY_MS, Span, most_within
from cases.alarm_figures.policy import AlarmFigurePolicy
from cases.alarm_figures.rows import Episode, History, Identity
from cases.kpi.values import Ratio
from domain.instants import span_ms


class Chatter(Struct, frozen=True, kw_only=True):
    """A condition that chattered: how often it began in its worst stretch, and how often the desk was told.

    `times` are all its beginnings in the period.
    """

    identity: Identity
    most: int
    most_told: int
    times: int


class Stale(Struct, frozen=True, kw_only=True):
    """An alarm that has been with the desk for too long at the end of the period, and since when."""

    alarm: str
    identity: Identity
    since_ms: int


class Nuisance(Struct, frozen=True, kw_only=True):
    """The nuisance alarms of a period.

    `fleeting` is a share of the conditions that were over in it, `fleeting_told` of those among them that the
    desk was told of. `chattering` are the conditions that began too often, `stale` the alarms that are stale
    at its end, `most_stale` the most that were on one of its days.
    """

    conditions: int
    chattering: tuple[Chatter, ...]
    fleeting: Ratio
    fleeting_told: Ratio
    stale: tuple[Stale, ...]
    most_stale: int

    @property
    def chattering_told(self) -> tuple[Chatter, ...]:
        """Give those whose every beginning reached the desk: chatter that nothing held back."""
        return tuple(each for each in self.chattering if each.most_told >= each.most)


def nuisance(histories: Sequence[History], period: Span, policy: AlarmFigurePolicy) -> Nuisance:
    """Give the nuisance alarms of a period."""
    began = _by_identity(histories, period, "raised", "reopened")
    chattering = _chattering(began, _by_identity(histories, period, "annunciated"), policy)
    noisy = {each.identity for each in chattering}
    over = [
        (
            episode,
            history.alarm.identity not in noisy and _length_ms(episode) < span_ms(policy.fleeting_under),
        )
        for history in histories
        for episode in history.episodes
        if episode.ended_ms is not None and period.from_ms <= episode.ended_ms < period.to_ms
    ]
    told = [is_fleeting for episode, is_fleeting in over if episode.told_ms is not None]
    return Nuisance(
        conditions=len(began),
        chattering=chattering,
        fleeting=Ratio(sum(is_fleeting for _, is_fleeting in over), len(over)),
        fleeting_told=Ratio(sum(told), len(told)),
        stale=_stale_at_the_end(histories, period, policy),
        most_stale=_most_stale(histories, period, policy),
    )


def _by_identity(histories: Iterable[History], period: Span, *what: str) -> dict[Identity, list[int]]:
    found: defaultdict[Identity, list[int]] = defaultdict(list)
    for history in histories:
        times_ms = [at_ms for at_ms in history.times_ms(*what) if period.from_ms <= at_ms < period.to_ms]
        if times_ms:
            found[history.alarm.identity] += times_ms
    return {identity: sorted(times_ms) for identity, times_ms in found.items()}


def _chattering(
    began: dict[Identity, list[int]], told: dict[Identity, list[int]], policy: AlarmFigurePolicy
) -> tuple[Chatter, ...]:
    """Give what chattered, the worst first."""
    within_ms = span_ms(policy.chatter_within)
    found = []
    for identity, times_ms in began.items():
        most, _ = most_within(times_ms, within_ms)
        if most >= policy.chatter_times:
            most_told, _ = most_within(told.get(identity, ()), within_ms)
            found.append(Chatter(identity=identity, most=most, most_told=most_told, times=len(times_ms)))
    return tuple(sorted(found, key=lambda each: (-each.most, -each.times, each.identity)))


def _length_ms(episode: Episode) -> int:
    return (episode.ended_ms or episode.began_ms) - episode.began_ms


def _stale_spans(history: History, until_ms: int, policy: AlarmFigurePolicy) -> Iterable[tuple[Span, bool]]:
    """Give from when until when an alarm was stale, and whether it still is."""
    for episode in history.episodes:
        if episode.told_ms is not None:
            stale_ms = episode.told_ms + span_ms(policy.stale_after)
            ends = (episode.ended_ms, episode.gone_ms, until_ms)
            end_ms = min(at_ms for at_ms in ends if at_ms is not None)
            if stale_ms < end_ms:
                yield Span(stale_ms, end_ms), end_ms == until_ms


def _stale_at_the_end(
    histories: Iterable[History], period: Span, policy: AlarmFigurePolicy
) -> tuple[Stale, ...]:
    """Give what is stale as the period ends, the longest first."""
    after_ms = span_ms(policy.stale_after)
    found = [
        Stale(alarm=history.alarm.id, identity=history.alarm.identity, since_ms=span.from_ms - after_ms)
        for history in histories
        for span, still in _stale_spans(history, period.to_ms, policy)
        if still
    ]
    return tuple(sorted(found, key=lambda each: (each.since_ms, each.identity)))


def _most_stale(histories: Iterable[History], period: Span, policy: AlarmFigurePolicy) -> int:
    """Give how many alarms were stale on the worst of the period's days, counted from its start."""
    days: Counter[int] = Counter()
    for history in histories:
        touched: set[int] = set()
        for span, _ in _stale_spans(history, period.to_ms, policy):
            first = max(0, (span.from_ms - period.from_ms) // DAY_MS)
            touched.update(range(first, -(-(span.to_ms - period.from_ms) // DAY_MS)))
        days.update(touched)
    return max(days.values(), default=0)
