"""The loop and the routing in C against their twins in Python: the same alerts, cells, counts and buckets."""

import pickle
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flows.watch
import hatch_build
from domain.events import CardIssued, Progress, Transaction
from domain.instants import from_ms, to_ms
from flows.routing import into_buckets, running_latest
from flows.stepping import Stepper
from tests.flows.made import KEYS, Bank, Counting, Failing, NoticingSilence, minute_ms, plan_of, use
from tests.flows.test_watch import COUNTS, a_log

hot = pytest.importorskip(
    "flows._hot", reason="no part in C was built: there was no compiler", exc_type=ImportError
)


CHANNELS, TYPES = st.sampled_from(("pos", "atm", "ecom")), st.sampled_from(("purchase", "withdrawal"))


@st.composite
def some_blocks(draw: st.DrawFn) -> list[Any]:
    """Give events of several kinds, some with an ingest stamp, with keys of several scripts or none."""
    events: list[Any] = []
    for number in range(draw(st.integers(0, 12))):
        at = from_ms(minute_ms(draw(st.integers(0, 30))))
        key = draw(st.sampled_from((*KEYS, "上海", "\N{CREDIT CARD}")))
        ingested = draw(st.sampled_from((None, at, at + timedelta(minutes=7, microseconds=999))))
        at_ms = to_ms(at)
        common = {"event_id": f"e{number}", "at": at, "at_ms": at_ms, "card": key, "ingested_at": ingested}
        kind = draw(st.sampled_from((Transaction, Transaction, CardIssued, Progress)))
        if kind is Transaction:
            customer = draw(st.sampled_from((None, "u1", "u2")))
            channel, type_ = draw(CHANNELS), draw(TYPES)
            uses = {"channel": channel, "type": type_, "customer": customer}
            events.append(Transaction(**common, **uses, amount_minor=1, currency="EUR"))
        elif kind is CardIssued:
            events.append(CardIssued(**common, customer="u3", branch="b"))
        else:
            events.append(Progress(at=at, at_ms=at_ms))
    return events


def test_what_is_installed_is_built_of_these_sources() -> None:
    assert hatch_build.sources_digest() == hot.SOURCES, "run `python hatch_build.py`"


def read(loop: type, events: list[Any], *detectors: Any) -> tuple[Any, ...]:
    """Let a bucket see events through a loop; gives all that it said, counted and saved."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(flows.watch, "Stepper", loop)
        bank = Bank(plan_of(*detectors, one_log=True))
        bank.read(("p", events, False))
    saved = {name: pickle.loads(kept) for name, kept in bank.end_epoch().items()}
    errors = [bank.errors(type(each).__name__) for each in detectors]
    return bank.told, [bank.count(name) for name in COUNTS], errors, saved


@settings(max_examples=100, deadline=None)
@given(events=a_log("p"), silence=st.booleans())
def test_both_say_count_and_keep_the_same(events: list[Any], silence: bool) -> None:
    noticing = (NoticingSilence(wait=timedelta(minutes=59)),) if silence else ()
    assert read(hot.Stepper, events, Failing(), *noticing) == read(Stepper, events, Failing(), *noticing)


@given(ids=st.lists(st.text("1|. é字", min_size=1, max_size=4), max_size=40))
def test_ids_of_any_script_are_kept_and_told_apart_alike(ids: list[str]) -> None:
    events = [use(event_id, number / 10, KEYS[number % 2]) for number, event_id in enumerate(ids)]
    assert read(hot.Stepper, events, Counting()) == read(Stepper, events, Counting())


def test_other_kinds_of_events_find_their_detectors_alike() -> None:
    issued = CardIssued(
        event_id="i1", at=from_ms(minute_ms(1)), at_ms=minute_ms(1), card=KEYS[0], customer="u", branch="b"
    )
    events = [use("e1", 0, KEYS[0]), issued, issued, use("e2", 2, KEYS[0])]
    told, counts, *_ = read(hot.Stepper, events, Counting())
    assert (told, counts) == read(Stepper, events, Counting())[:2]
    assert counts[0] == 1


@pytest.mark.parametrize("loop", [hot.Stepper, Stepper])
def test_what_is_no_fault_of_a_detector_stops_all(loop: type) -> None:
    class Stopping(Counting):
        def step(self, state: list[int], event: Any) -> Any:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read(loop, [use("e1", 0)], Stopping())


@settings(max_examples=300, deadline=None)
@given(
    events=some_blocks(),
    reads=st.frozensets(st.sampled_from((Transaction, CardIssued, Progress))),
    key=st.sampled_from(("card", "customer")),
    uses=st.one_of(st.none(), st.dictionaries(CHANNELS, st.frozensets(TYPES))),
    marked=st.booleans(),
    count=st.sampled_from((1, 3, 64)),
)
def test_both_put_events_into_the_same_buckets(
    events: list[Any],
    reads: frozenset[type],
    key: str,
    uses: dict[str, frozenset[str]] | None,
    marked: bool,
    count: int,
) -> None:
    reads -= {Progress}  # which has no key
    orders = running_latest(events)
    assert hot.running_latest(events) == orders
    wanted = (reads, key, uses, orders if marked else None, count)
    assert hot.into_buckets(events, *wanted) == into_buckets(events, *wanted)


def test_orders_that_are_not_as_many_as_the_events_are_refused() -> None:
    with pytest.raises(ValueError, match="as many"):
        hot.into_buckets([use("e1", 0)], frozenset({Transaction}), "card", None, [], 64)
