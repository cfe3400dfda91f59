"""The quick ways in C against the whole steps in Python: the same findings, and the same is remembered."""

import sys
from collections.abc import Sequence
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from detectors import available
from detectors.base import Detector, Step
from detectors.examples import read
from domain import quick as whole_steps
from domain.events import CARD_PRESENT, Event, Place, Transaction
from domain.instants import from_ms
from domain.tables import NO_TABLES, Tables
from tests.detectors.streams import START_MS, disturbed, streams

pytest.importorskip(
    "domain._hot", reason="no part in C was built: there was no compiler", exc_type=ImportError
)

QUICK = {name: made for name, made in available().items() if hasattr(sys.modules[made.__module__], "quick")}
MINUTE_MS, DAY_MS = 60_000, 86_400_000
# From one use to the next: mostly hours, at times at once, late, or after a season and longer than memory.
GAPS_MS = (0, 7_000, MINUTE_MS, 20 * MINUTE_MS, DAY_MS // 4, DAY_MS, 3 * DAY_MS, -MINUTE_MS, -DAY_MS)
SELDOM_MS = (40 * DAY_MS, 100 * DAY_MS, 200 * DAY_MS, 500 * DAY_MS, -30 * DAY_MS)
PLACES = (
    None,
    Place(lat=31.23, lon=121.47, city="Shanghai", country="CN"),
    Place(lat=31.3, lon=121.5, city="Shanghai", country="CN"),
    Place(lat=31.25, lon=121.4, error_km=2.0),
    Place(lat=25.03, lon=121.56, city="Taipei", country="TW", error_km=1.0),
    Place(lat=48.86, lon=2.35, city="Paris", country="FR"),
)


@pytest.fixture(scope="module", params=QUICK.values(), ids=list(QUICK))
def made(request: pytest.FixtureRequest) -> Any:
    return request.param


def whole(detector: Detector[Any, Any], tables: Tables) -> Step:
    """Bind a detector as where nothing was built."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules[type(detector).__module__], "quick", whole_steps.quick)
        return detector.bound(tables)


def same(detector: Detector[Any, Any], tables: Tables, events: Sequence[Event]) -> None:
    """Demand the same of both, also when either takes over what the other remembers."""
    ways = detector.bound(tables), whole(detector, tables)
    states = [detector.start(), detector.start()]
    for number, event in enumerate(event for event in events if detector.wants(event)):
        quickly, slowly = (way(state, event) for way, state in zip(ways, states, strict=True))
        assert quickly == slowly
        one, other = (msgspec.msgpack.encode(detector.dump(state)) for state in states)
        assert one == other
        if number % 11 == 10:
            states = [
                detector.load(msgspec.msgpack.decode(each), detector.state_version) for each in (other, one)
            ]


def life(seed: int, count: int) -> list[Event]:
    """Give the uses of one card and customer over years, of which a few are out of the ordinary."""
    random = Random(seed)
    at_ms, events = START_MS, []
    far = random.random() < 0.5
    for number in range(count):
        at_ms += random.choice(SELDOM_MS if random.random() < 0.03 else GAPS_MS)
        wild = random.random() < 0.2
        events.append(
            Transaction(
                event_id=f"e{number}",
                at=from_ms(at_ms),
                at_ms=at_ms,
                card="c1" if random.random() < 0.9 else "c2",
                customer="k1",
                merchant="m1",
                terminal="t1",
                amount_minor=random.choice((0, 10**9, 700_000)) if wild else random.randrange(1, 30_000),
                currency=random.choice(("CNY", "CNY", "CNY", "USD", "JPY", "\N{EURO SIGN}UR")),
                channel=random.choice(("pos", "pos", "atm", "counter", "ecom", "moto", "mobile")),
                type=random.choice(
                    ("purchase", "purchase", "purchase", "withdrawal", "transfer_out", "balance_inquiry")
                ),
                entry=random.choice(("chip", "chip", "none", "manual", "contactless", "magstripe")),
                outcome="declined" if random.random() < 0.1 else "approved",
                decline_reason=random.choice((None, "wrong_pin", "over_limit")),
                mcc=random.choice((None, "5411", "5411", "3001")),
                place=random.choice(PLACES if wild or far else PLACES[:4]),
                balance_after_minor=random.choice((None, 5_000)),
                ended_at=from_ms(at_ms + 1) if random.random() < 0.05 else None,
            )
        )
    return list(events)


def test_they_are_the_same_on_every_example(made: Any) -> None:
    for example in read(made):
        same(TypeAdapter(made).validate_python(example.parameters), example.tables, example.events)


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_they_are_the_same_on_disturbed_examples(made: Any, data: st.DataObject) -> None:
    example = data.draw(st.sampled_from(read(made)), label="example")
    events = data.draw(disturbed(example.events))
    same(TypeAdapter(made).validate_python(example.parameters), example.tables, events)


@settings(max_examples=12, deadline=None)
@given(events=streams())
def test_they_are_the_same_on_any_events(made: Any, events: list[Event]) -> None:
    same(made(), NO_TABLES, events)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), declined=st.none() | st.booleans())
def test_they_are_the_same_for_years(made: Any, seed: int, declined: bool | None) -> None:
    chosen = {} if declined is None or "count_declined" not in parameters(made) else declined_as(declined)
    same(made(**chosen), read(made)[seed % len(read(made))].tables, life(seed, 60))


def parameters(made: Any) -> set[str]:
    return set(TypeAdapter(made).json_schema()["properties"])


def declined_as(counts: bool) -> dict[str, bool]:
    return {"count_declined": counts}


def test_most_uses_take_it(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or nothing of the kind would have been compared."""
    taken: list[int] = []
    detector = made()
    built = sys.modules[made.__module__].quick

    def counted(name: str, step: Step, facts: tuple[Any, ...]) -> Step:
        def counting(state: Any, event: Any) -> Any:
            taken.append(1)
            return step(state, event)

        return built(name, counting, facts)

    monkeypatch.setattr(sys.modules[made.__module__], "quick", counted)
    step, state = detector.bound(NO_TABLES), detector.start()
    ordinary = [
        msgspec.structs.replace(
            event,
            at=from_ms(START_MS + number * DAY_MS // 3),
            at_ms=START_MS + number * DAY_MS // 3,
            card="c1",
            amount_minor=8_000 + number,
            currency="CNY",
            type="purchase",
            entry="chip",
            outcome="approved",
            place=PLACES[1] if event.channel in CARD_PRESENT else None,
            mcc=None,
            ended_at=None,
        )
        for number, event in enumerate(each for each in life(7, 300) if isinstance(each, Transaction))
        if made.wants(event)
    ]
    for event in ordinary:
        assert step(state, event) == ()
    assert len(ordinary) > 20
    assert len(taken) < len(ordinary) / 4


@pytest.mark.parametrize("wrong", [("no_such", ()), ("burst", (1,) * 9)])
def test_what_there_is_no_quick_way_of_is_refused(wrong: tuple[str, tuple[int, ...]]) -> None:
    from domain.hot import quick

    name, facts = wrong
    with pytest.raises(ValueError, match="no quick way"):
        quick(name, len, facts)
