"""What crosses between workers: each event once to each scope that reads it, in order, and time for all."""

import pickle
from datetime import timedelta, timezone

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.base import Scope
from domain.events import CardIssued, Issued, Place, Progress, Transaction
from domain.instants import from_ms
from flows.exchange import EventBatch, Exchange
from flows.plan import BUCKETS
from tests.flows.made import MINUTE_MS, START_MS, Counting, NoticingSilence, batches_of, plan_of, use


class CountingUses(Counting):
    reads = (Transaction,)


CARD = plan_of(Counting(), own_log=True)
TERMINAL = plan_of(CountingUses(scope=Scope.TERMINAL))
CUSTOMER = plan_of(Counting(scope=Scope.CUSTOMER), one_log=True)
BRANCH = plan_of(CountingUses(scope=Scope.BRANCH), one_log=True)
SILENT_CARD = plan_of(NoticingSilence(), own_log=True)
# Each of the scopes that are watched together, by its name.
PLANS = {plan.scope.value: plan for plan in (CARD, TERMINAL, CUSTOMER, BRANCH)}


def issued(event_id: str, minute: float, key: str, customer: str) -> CardIssued:
    at_ms = START_MS + round(minute * MINUTE_MS)
    return CardIssued(
        event_id=event_id, at=from_ms(at_ms), at_ms=at_ms, card=key, customer=customer, branch="b"
    )


@st.composite
def blocks(draw):
    events = []
    for number in range(draw(st.integers(0, 12))):
        minute = draw(st.integers(0, 30))
        key = draw(st.sampled_from(("c1", "c2", "上海", "\N{CREDIT CARD}")))
        customer = draw(st.sampled_from((None, "u1", "u2")))
        kind = draw(st.sampled_from(("use", "use", "issued", "progress")))
        if kind == "use":
            terminal = draw(st.sampled_from((None, "t1", "t2")))
            events.append(use(f"e{number}", minute, key, customer=customer, terminal=terminal))
        elif kind == "issued":
            events.append(issued(f"e{number}", minute, key, customer or "u3"))
        else:
            at_ms = START_MS + minute * MINUTE_MS
            events.append(Progress(at=from_ms(at_ms), at_ms=at_ms))
    return events


@settings(max_examples=100, deadline=None)
@given(blocks())
def test_each_event_goes_to_one_bucket_of_each_scope_that_reads_it_and_has_its_key(events):
    routed = batches_of(PLANS.values(), "p", events, False)
    for scope, plan in PLANS.items():
        arrived = [
            (batch.bucket, event) for address, batch in routed if address == scope for event in batch.events
        ]
        keyed = [event for event in events if type(event) in plan.reads and getattr(event, scope) is not None]
        assert sorted(event.event_id for _, event in arrived) == sorted(event.event_id for event in keyed)
        buckets_of = {getattr(event, scope): set() for event in keyed}
        for bucket, event in arrived:
            buckets_of[getattr(event, scope)].add(bucket)
        assert all(len(buckets) == 1 for buckets in buckets_of.values())


@settings(max_examples=100, deadline=None)
@given(blocks())
def test_within_a_bucket_events_keep_the_order_of_their_log(events):
    place = {id(event): number for number, event in enumerate(events)}
    for _, batch in batches_of(PLANS.values(), "p", events, False):
        places = [place[id(event)] for event in batch.events]
        assert places == sorted(places)


@settings(max_examples=100, deadline=None)
@given(blocks())
def test_each_event_carries_the_latest_time_seen_in_its_block_up_to_it(events):
    latest, orders = 0, {}
    for event in events:
        latest = max(latest, event.at_ms)
        orders[id(event)] = latest
    for address, batch in batches_of(PLANS.values(), "p", events, False):
        assert batch.high_ms == latest
        if PLANS[address].needs_marks:
            assert batch.orders == [orders[id(event)] for event in batch.events]
        else:
            assert batch.orders is None


def test_a_clock_that_is_wrong_is_overruled_by_when_the_event_was_ingested():
    fast = use("e1", 90, ingested_at=from_ms(START_MS))
    (batch,) = [batch for _, batch in batches_of([TERMINAL], "p", [fast], False) if batch.events]
    assert batch.orders == [START_MS]
    assert batch.high_ms == START_MS


@pytest.mark.parametrize(("key", "bucket"), [("c1", 33), ("上海", 61)])
def test_a_key_has_the_same_bucket_in_every_process_and_every_version(key, bucket):
    # CRC-32 is 0x5ED72AA1 and 0xFF9C3D7D, of which the last six bits count.
    ((_, batch),) = batches_of([CARD], "east/today.jsonl", [use("e1", 0, key)], False)
    assert batch.bucket == f"east/today.jsonl:{bucket}"
    ((_, batch),) = batches_of([CUSTOMER], "p", [use("e1", 0, customer=key)], False)
    assert batch.bucket == str(bucket)


@pytest.mark.parametrize("plan", [TERMINAL, SILENT_CARD], ids=["merged", "silence"])
def test_where_time_matters_every_bucket_hears_of_it(plan):
    mark = Progress(at=from_ms(START_MS), at_ms=START_MS)
    prefix = "p:" if plan.own_log else ""
    for events, closed in (([mark], False), ([use("e1", 0)], False), ([], True)):
        batches = [batch for _, batch in batches_of([plan], "p", events, closed)]
        assert [batch.bucket for batch in batches] == [f"{prefix}{n}" for n in range(BUCKETS)]
        assert {batch.closed for batch in batches} == {closed}
        assert {batch.high_ms for batch in batches} == {START_MS if events else 0}
    assert Exchange([plan]).route("p", [], False) == []


def test_where_time_does_not_matter_only_buckets_with_events_hear_of_them():
    scopes = [CARD, CUSTOMER]
    assert len(batches_of(scopes, "p", [use("e1", 0), use("e2", 1)], False)) == 1
    assert Exchange(scopes).route("p", [], True) == []


FULL = (
    Transaction(
        event_id="e" * 64,
        at=from_ms(START_MS).astimezone(timezone(timedelta(hours=8))),
        card="\N{CREDIT CARD}" * 64,
        amount_minor=10**15,
        currency="CNY",
        channel="atm",
        type="withdrawal",
        outcome="declined",
        decline_reason="wrong_pin",
        entry="chip",
        customer="u",
        last4="1234",
        merchant="m",
        mcc="6011",
        terminal="t",
        counterparty="p",
        place=Place(lat=-33.9, lon=151.2, city="悉尼", country="AU", error_km=0.1),
        balance_after_minor=-(10**15),
        ended_at=from_ms(START_MS + 1),
        ingested_at=from_ms(START_MS + 2),
        tier="private",
        issued=Issued(branch="b", at=from_ms(START_MS), place=Place(lat=0.0, lon=-0.0)),
        issuance="b|2026-03-02",
        device="d",
        branch="b",
        reverses="r" * 64,
        at_ms=START_MS,
    ),
    CardIssued(
        event_id="i1",
        at=from_ms(START_MS),
        card="c",
        customer="u",
        branch="b",
        place=Place(lat=1.0, lon=2.0),
        officer="o",
        last4="0000",
        ingested_at=from_ms(START_MS),
        tier="standard",
        issuance="b|2026-03-02",
        at_ms=START_MS,
    ),
)


def parts_of(batch: EventBatch):
    return batch.partition, batch.high_ms, batch.events, batch.orders, batch.closed


def test_an_event_with_every_field_crosses_to_another_process_unchanged():
    for event in FULL:
        assert all(getattr(event, field) is not None for field in event.__struct_fields__)
    batch = EventBatch("p", START_MS, list(FULL), [START_MS, START_MS], True)
    crossed = pickle.loads(pickle.dumps(batch))
    assert parts_of(crossed) == parts_of(batch)
    assert list(map(type, crossed.events)) == [Transaction, CardIssued]


@settings(max_examples=60, deadline=None)
@given(blocks(), st.booleans())
def test_batches_cross_to_another_process_unchanged(events, closed):
    for _, batch in batches_of(PLANS.values(), "p", events, closed):
        crossed = pickle.loads(pickle.dumps(batch))
        assert crossed.bucket == batch.bucket
        assert parts_of(crossed) == parts_of(batch)


def test_crossing_costs_hardly_more_than_the_bytes_of_the_events():
    events = [use(f"e{number}", number) for number in range(500)]
    batch = EventBatch("p", 0, list(events), None, False)
    assert len(pickle.dumps(batch)) < 1.05 * len(msgspec.msgpack.encode(events))
