"""The transactions around a case: a time line, a map and a table, or else what alerts name."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import NamedTuple

from markupsafe import Markup

from cases.case import CaseFile
from desk.bank.history import HistoryAway, HistoryEntry, NoHistorySetUp
from desk.case_page.why import alert_times_ms, instant_ms, named_events
from desk.context import Context
from desk.drawing.marks import Use
from desk.drawing.place_map import MapWords, place_map
from desk.drawing.time_line import Moment, TimeLineWords, time_line
from desk.drawing.ways import Stop
from desk.wording import said, say

MOST_ROWS, _MOST_CARDS = 100, 60
_AROUND_MS, _LEAST_ROOM_MS = 24 * 3_600_000, 3_600_000
_MAP_WIDTH, _MAP_HEIGHT = 900.0, 330.0
_REMOTE = frozenset({"ecom", "moto", "mobile"})


class UseShown(NamedTuple):
    """One use of a card, and whether an alert names it."""

    entry: HistoryEntry
    flagged: bool


class Named(NamedTuple):
    """An event that an alert names, where nothing else of it is known."""

    at_ms: int
    last4: str | None
    event: str
    reason: str


class Uses(NamedTuple):
    """What is shown: drawings and rows, the flagged first, then the newest; `missing` says why none."""

    rows: tuple[UseShown, ...]
    more: int
    timeline: Markup | None
    map: Markup | None
    from_ms: int
    to_ms: int
    missing: str
    set_up: bool
    named: tuple[Named, ...]
    cards: int
    cards_left_out: int


def uses_of(here: Context, file: CaseFile) -> Uses | None:
    """Give the uses of a case's cards around its alerts; None for a case without cards."""
    times_ms = alert_times_ms(file)
    cards = _cards(file)
    if not cards or not times_ms:
        return None
    from_ms, to_ms = times_ms[0] - _AROUND_MS, times_ms[-1] + _AROUND_MS
    entries: tuple[HistoryEntry, ...] = ()
    missing, set_up = "", True
    try:
        entries = here.desk.history.around(cards[:_MOST_CARDS], from_ms, to_ms)
    except NoHistorySetUp as away:
        missing, set_up = str(away), False
    except HistoryAway as away:
        missing = str(away)
    events = named_events(file)
    shown = [UseShown(entry, entry.event_id in events) for entry in entries]
    newest = sorted(shown, key=lambda use: (not use.flagged, -use.entry.at_ms, use.entry.event_id))
    return Uses(
        rows=tuple(newest[:MOST_ROWS]),
        more=max(0, len(newest) - MOST_ROWS),
        timeline=_time_line(here, file, shown, times_ms) if shown else None,
        map=_map(here, shown),
        from_ms=from_ms,
        to_ms=to_ms,
        missing=missing,
        set_up=set_up,
        named=() if shown else tuple(_named(file))[:MOST_ROWS],
        cards=len(cards),
        cards_left_out=max(0, len(cards) - _MOST_CARDS),
    )


def _cards(file: CaseFile) -> list[str]:
    """Give the cards of a case, those first that alerts are about."""
    alerted = [alert["card"] for alert in file.evidence if alert["card"]]
    members = [member.card for member in file.case.members]
    known = frozenset(members)
    return list(dict.fromkeys([*(card for card in alerted if card in known), *members]))


def _named(file: CaseFile) -> Iterable[Named]:
    for alert in reversed(file.evidence):
        yield Named(instant_ms(alert["at"]), alert["last4"], alert["event_id"], alert["reason"])


def _time_line(here: Context, file: CaseFile, shown: Sequence[UseShown], times_ms: Sequence[int]) -> Markup:
    """Draw the uses, from the first of them to the last, with when the case was opened."""
    words = partial(say, here.language)
    at_ms = [use.entry.at_ms for use in shown]
    # As long as the uses are, not the two days that were asked for: most of those would be bare.
    span_ms = min(*at_ms, times_ms[0]) - _LEAST_ROOM_MS, max(*at_ms, times_ms[-1]) + _LEAST_ROOM_MS
    opened = Moment(
        file.case.opened_at_ms, words("case.opened", at=here.formats.clock(file.case.opened_at_ms))
    )
    said_by_line = TimeLineWords(
        title=words("case.line_title"),
        description=words("case.line_description", count=len(shown)),
        flagged=words("case.line_flagged"),
        usual=words("case.line_usual"),
        declined=words("case.line_declined"),
        remote=words("case.line_remote"),
        together=words("case.line_together"),
        nothing=words("case.line_nothing"),
        others=lambda count: words("case.line_others", count=count),
        several=lambda count, begin_ms, end_ms: words(
            "case.line_several",
            count=count,
            begin=here.formats.clock(begin_ms),
            end=here.formats.clock(end_ms),
        ),
    )
    # The drawing escapes every text in it.
    return Markup(
        time_line(
            [_use(here, use) for use in shown],
            span_ms,
            here.time_zone,
            said_by_line,
            home=file.case.currency or shown[0].entry.currency,
            lane_names=_lane_names(shown),
            moments=[opened],
        )
    )


def _lane_names(shown: Sequence[UseShown]) -> dict[str, str]:
    return {use.entry.card: f"•••• {use.entry.last4}" for use in shown if use.entry.last4}


def _use(here: Context, use: UseShown) -> Use:
    entry = use.entry
    return Use(
        at_ms=entry.at_ms,
        lane=entry.card,
        amount_minor=entry.amount_minor,
        currency=entry.currency,
        title=_title(here, entry),
        flagged=use.flagged,
        declined=entry.outcome == "declined",
        remote=entry.channel in _REMOTE,
    )


def _title(here: Context, entry: HistoryEntry) -> str:
    parts = (
        here.formats.moment(entry.at_ms),
        here.formats.money(entry.amount_minor, entry.currency),
        said(here.language, "case.type", entry.type),
        entry.place,
        said(here.language, "case.result", entry.outcome) if entry.outcome == "declined" else "",
    )
    return " · ".join(part for part in parts if part)


def _map(here: Context, shown: Sequence[UseShown]) -> Markup | None:
    """Draw where cards were at hand; None where that is one place or none."""
    words = partial(say, here.language)
    stops = [
        Stop(entry.at_ms, entry.card, entry.lat, entry.lon, entry.place, _title(here, entry), flagged)
        for entry, flagged in shown
        if entry.lat is not None and entry.lon is not None and entry.channel not in _REMOTE
    ]
    if len({(round(stop.lat, 1), round(stop.lon, 1)) for stop in stops}) < 2:
        return None
    said_by_map = MapWords(
        title=words("case.map_title"),
        description=words("case.map_description", count=len(stops)),
        flagged=words("case.line_flagged"),
        usual=words("case.line_usual"),
        not_believed=words("case.map_not_believed"),
        way_taken=words("case.map_way"),
        nothing=words("case.map_nothing"),
        way=lambda km, gap_ms, kmh: words(
            "case.map_how_far",
            km=here.formats.number(round(km)),
            span=here.formats.span(gap_ms),
            kmh=here.formats.number(round(kmh)),
        ),
    )
    # The drawing escapes every text in it.
    return Markup(place_map(stops, said_by_map, width=_MAP_WIDTH, height=_MAP_HEIGHT))
