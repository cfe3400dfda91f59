"""Reports of devices to examine detectors with: crowds, ordinary ones, and drawn ones between card uses."""

from functools import cache
from random import Random
from typing import Any, get_args

from hypothesis import strategies as st

from devices.codes import catalogue
from domain.events import Event, Transaction
from domain.instants import from_ms
from domain.telemetry import Component, Counters, Edge, Telemetry
from tests.detectors.streams import GAPS_MS, JUMPS_MS, START_MS, long_token

CODES = tuple(catalogue().codes)
MOST = 10**9


@cache
def report_crowd(scope: str, count: int) -> list[Event]:
    """Give many reports of one key, second by second, as different and with as long tokens as may be."""
    random = Random(13)
    return [
        report(
            START_MS + number * 1000,
            event_id=long_token("r", number),
            **{"device": long_token("d", random.randrange(50)), "branch": "b", scope: "key"},
            component=random.choice(get_args(Component)),
            unit=random.randrange(100),
            code=random.choice((*CODES, long_token("x", random.randrange(99)))),
            edge=random.choice(get_args(Edge)),
            severity=random.randrange(5),
            counters=random.choice((None, counters_of(random, long_token("l", random.randrange(99))))),
        )
        for number in range(count)
    ]


def homely_reports(count: int) -> list[Event]:
    """Give a few ordinary reports: signs of life, counts, and small troubles."""
    random = Random(17)
    told = (
        {"component": "device", "code": "heartbeat", "edge": "heartbeat"},
        {"component": "cassette", "code": "counted", "edge": "count", "unit": 1},
        {"component": "receipt_printer", "code": "receipt_low", "edge": "state", "severity": 1},
        {"component": "card_reader", "code": "card_track_error", "edge": "raise", "severity": 1},
    )
    return [
        report(
            START_MS,
            event_id=f"h{number}",
            branch="b1",
            counters=counters_of(random, "l1") if number % 4 == 1 else None,
            **told[number % 4],
        )
        for number in range(count)
    ]


def report(at_ms: int, **fields: Any) -> Telemetry:
    """Make a report, by default of device d1."""
    given: dict[str, Any] = {"event_id": f"r{at_ms}", "device": "d1", "branch": "b1", **fields}
    return Telemetry(at=from_ms(at_ms), at_ms=at_ms, **given)


def counters_of(random: Random, load: str) -> Counters:
    """Give counters with all that they may say."""
    return Counters(
        remaining=random.choice((0, 40, 900, MOST)),
        dispensed=random.choice((0, 60, 1_200, MOST)),
        deposited=random.choice((0, 60, 2_400, MOST)),
        rejected=random.choice((0, 3, MOST)),
        attempts=random.choice((0, 100, MOST)),
        errors=random.choice((0, 7, MOST)),
        denomination_minor=random.choice((None, 10_000, MOST)),
        currency=random.choice((None, "CNY")),
        load=random.choice((None, load)),
    )


@st.composite
def device_streams(draw: st.DrawFn) -> list[Event]:
    """Draw what two devices of a branch report, and the uses of cards at them, in runs of like ones."""
    at_ms = START_MS
    events: list[Event] = []
    for _ in range(draw(st.integers(0, 5))):
        at_ms += draw(st.sampled_from(JUMPS_MS))
        gap_ms = draw(st.sampled_from(GAPS_MS))
        device = draw(st.sampled_from(("d1", "d1", "d2")))
        growth = draw(st.sampled_from((-30, 0, 1, 25)))
        alike, use = draw(LIKE_REPORTS), draw(LIKE_USES)
        mixed = draw(st.sampled_from(("reports", "uses", "both")))
        for number in range(draw(st.integers(1, 13))):
            at_ms += gap_ms
            common = {"event_id": f"e{len(events)}", "at": from_ms(at_ms), "at_ms": at_ms}
            common |= {"device": device, "branch": "b1"}
            if mixed == "uses" or (mixed == "both" and number % 2):
                events.append(Transaction(**common, card=f"c{number % 3}", **use))
                continue
            edge = alike["edge"] if alike["edge"] != "turn" else ("raise", "clear")[number % 2]
            counters = grown(alike["counters"], number * growth) if edge == "count" else None
            events.append(Telemetry(**common, **{**alike, "edge": edge, "counters": counters}))
    return events


def grown(counters: dict[str, Any], by: int) -> Counters:
    """Give counters that went on counting."""
    money_out = max(0, counters["remaining"] - by)
    return Counters(
        **{**counters, "remaining": money_out},
        dispensed=max(0, 500 + by),
        deposited=max(0, 900 + by),
        attempts=max(0, 300 + 2 * by),
        errors=max(0, 60 + by),
    )


LIKE_REPORTS = st.fixed_dictionaries(
    {
        "component": st.sampled_from(("device", "card_reader", "dispenser", "cassette", "network")),
        "code": st.sampled_from(CODES),
        "edge": st.sampled_from(("raise", "clear", "state", "count", "count", "heartbeat", "turn", "turn")),
        "severity": st.integers(0, 4),
        "unit": st.sampled_from((0, 0, 1)),
        "counters": st.fixed_dictionaries(
            {
                "remaining": st.sampled_from((0, 300, 2_000)),
                "denomination_minor": st.sampled_from((None, 10_000)),
                "load": st.sampled_from((None, "l1", "l2")),
            }
        ),
    }
)
LIKE_USES = st.fixed_dictionaries(
    {
        "amount_minor": st.sampled_from((0, 10_000, 250_000)),
        "currency": st.sampled_from(("CNY", "USD")),
        "channel": st.just("atm"),
        "type": st.sampled_from(("withdrawal", "withdrawal", "reversal", "deposit", "balance_inquiry")),
        "outcome": st.sampled_from(("approved", "approved", "declined")),
        "customer": st.sampled_from(("k1", None)),
        "last4": st.sampled_from(("1234", None)),
    }
)
