"""A month at the desk: alarms come in as event time goes on, a crew works, and what people saw is read.

The detectors ran before, in the product's own flow. Their alerts go into a fresh store minute by minute, as
the flow brings them, and the crew works between the minutes, so that what people do and what alarm management
does act on each other.
"""

import sqlite3
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import NamedTuple

import orjson
from pydantic import TypeAdapter

from benchmarks.device_crew import Crew, Repairs
from benchmarks.device_month import PROFILE, Month
from benchmarks.device_truth import Shown
from cases.policy import QueuePolicy
from cases.store import open_store
from config.profiles import load_profile
from domain.alerts import Alert
from domain.instants import span_ms

TICK_MS = 60_000
# After the last event the desk goes on for so long, for what is still held back.
_AFTERMATH_MS = 3_600_000
# What ends it that an alarm stands before people.
_ENDS = ("returned", "suppressed", "closed")

_EVENTS = """
    SELECT alarm, at_ms, what, new, note FROM alarm_event ORDER BY at_ms, id
"""
_ALARMS = """
    SELECT alarm.id, alarm.code, alarm.device, alarm.branch, alert.record
    FROM alarm LEFT JOIN alert ON alert.id = alarm.alert_id
"""
_CASES = """
    SELECT id, status, merged_into, reopened, close_reason FROM case_ WHERE kind = 'device'
"""


class Lived(NamedTuple):
    """What the desk was shown in a month and what became of it.

    `items` are its cases, `again` how often one was reopened. `floods` are as alarm management has them,
    `suppressed` counts alarms by what hid them, `reasons` closed cases by their reason, and `refused` what
    the product did not let the crew do.
    """

    shown: tuple[Shown, ...]
    items: frozenset[str]
    again: int
    left_open: int
    raised: int
    floods: tuple[tuple[int, int], ...]
    suppressed: Counter[str]
    reasons: Counter[str]
    refused: Counter[str]


def live(month: Month, agents: int) -> Lived:
    """Let a crew live through a month, and read what there was."""
    profile = load_profile(PROFILE, QueuePolicy)
    policy = TypeAdapter(QueuePolicy).validate_python(profile.queue)
    lateness_ms = span_ms(profile.input.lateness)
    coming = deque(sorted(month.alerts, key=_told))
    with open_store(month.store, policy=policy) as store:
        crew = Crew(store, Repairs(month.truth), agents)
        for now_ms in range(month.begins_ms, month.ends_ms + _AFTERMATH_MS, TICK_MS):
            # The flow waits so long for what comes late.
            reached_ms = now_ms - lateness_ms
            store.alarms.take_in(tuple(_come_by(coming, reached_ms)), reached_ms)
            crew.act(now_ms)
    return _read(month.store, month.ends_ms, crew.refused)


def _told(alert: Alert) -> tuple[int, str]:
    return alert.told_ms or alert.at_ms, alert.id


def _come_by(coming: deque[Alert], reached_ms: int) -> Iterator[Alert]:
    while coming and _told(coming[0])[0] <= reached_ms:
        yield coming.popleft()


def _read(store: str, ends_ms: int, refused: Counter[str]) -> Lived:
    with closing(sqlite3.connect(store.removeprefix("sqlite:///"))) as file:
        events, alarms = file.execute(_EVENTS).fetchall(), file.execute(_ALARMS).fetchall()
        cases = file.execute(_CASES).fetchall()
    merged = {case_id: into for case_id, _, into, _, _ in cases if into is not None}
    whole = [row for row in cases if row[0] not in merged]
    return Lived(
        shown=tuple(_shown(events, {row[0]: row[1:] for row in alarms}, merged)),
        items=frozenset(case_id for case_id, *_ in whole),
        again=sum(reopened for *_, reopened, _ in whole),
        left_open=sum(status != "closed" for _, status, *_ in whole),
        raised=sum(what in ("raised", "reopened") for _, _, what, _, _ in events),
        floods=tuple(_floods(events, ends_ms)),
        suppressed=_hidden(events),
        reasons=Counter(reason for *_, reason in whole if reason is not None),
        refused=refused,
    )


def _shown(
    events: Sequence[tuple[str | None, int, str, str | None, str | None]],
    alarms: dict[str, tuple[str, str | None, str | None, str | None]],
    merged: dict[str, str],
) -> Iterator[Shown]:
    """Give each time that an alarm was put before people, until it no longer stood there."""
    ends: dict[str, int] = {}
    for alarm, at_ms, what, _, case_id in reversed(events):
        if alarm is None:
            continue
        if what in _ENDS:
            ends[alarm] = at_ms
        elif what == "annunciated":
            code, device, branch, record = alarms[alarm]
            while case_id in merged:
                case_id = merged[case_id]
            members = orjson.loads(record)["members"] if record else ()
            yield Shown(
                code=code,
                device=device,
                branch=branch,
                at_ms=at_ms,
                until_ms=ends.pop(alarm, None),
                item=case_id or "",
                members=frozenset(member["customer"] for member in members if member["customer"]),
            )


def _floods(
    events: Sequence[tuple[str | None, int, str, str | None, str | None]], ends_ms: int
) -> Iterator[tuple[int, int]]:
    began_ms: int | None = None
    for _, at_ms, what, _, _ in events:
        if what == "flood_began":
            began_ms = at_ms
        elif what == "flood_ended" and began_ms is not None:
            yield began_ms, at_ms
            began_ms = None
    if began_ms is not None:
        yield began_ms, ends_ms


def _hidden(events: Sequence[tuple[str | None, int, str, str | None, str | None]]) -> Counter[str]:
    """Count alarms by what hid them, each once for each reason; of `outage:ID` the word before the colon."""
    found = {
        (alarm, (new or "").partition(":")[0]) for alarm, _, what, new, _ in events if what == "suppressed"
    }
    return Counter(reason for _, reason in found)
