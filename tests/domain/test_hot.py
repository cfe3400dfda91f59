"""What is built in C against its twin in Python: the same to the last bit."""

from collections.abc import Sequence
from math import nextafter

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import hatch_build
from domain import risk_habits, risk_sums
from domain.events import Transaction
from domain.risk_features import CROSSES, FEATURES, NAMES
from domain.risk_sums import Cross
from domain.tables import TerminalRecord
from tests.domain.test_risk_habits import DAY_MS, PLACES, START_MS, histories, use

hot = pytest.importorskip(
    "domain._hot", reason="no part in C was built: there was no compiler", exc_type=ImportError
)

RECORDS = (
    None,
    TerminalRecord(0.4, 0.2, 2, START_MS, START_MS + 7, 0, 3.5),
    TerminalRecord(0.1, 0.05, 0, 0, START_MS - 3 * DAY_MS, 4, 0.25),
)
numbers = st.floats(-1e6, 1e6)


def test_what_is_installed_is_built_of_these_sources() -> None:
    assert hatch_build.sources_digest() == hot.SOURCES, "run `python hatch_build.py`"


def abroad() -> list[Transaction]:
    """Use a card in more countries, and in more ways, than are remembered."""
    countries, currencies = ("CN", "TW", "DE", "KH", "PE", "CN", "DE"), ("CNY", "USD", "EUR", "JPY")
    return [
        use(
            START_MS + number * DAY_MS,
            place=msgspec.structs.replace(PLACES[number % 6], country=countries[number % 7]),
            currency=currencies[number % 4],
            type=("purchase", "withdrawal", "transfer_out")[number % 3],
            channel=("pos", "ecom", "mobile")[number % 3],
            entry=("chip", "none", "token")[number % 3],
            amount_minor=number**5,
        )
        for number in range(60)
    ]


@settings(max_examples=300, deadline=None)
@given(events=histories(), record=st.sampled_from(RECORDS), saved=st.integers(0, 25))
@example(events=abroad(), record=RECORDS[1], saved=30)
@example(events=[use(START_MS, outcome="declined"), use(START_MS - 200 * DAY_MS)], record=None, saved=1)
def test_habits_are_the_same_to_the_last_bit(
    events: list[Transaction], record: TerminalRecord | None, saved: int
) -> None:
    """Also after either took over what the other saved."""
    plain, built = risk_habits.start(), hot.start()
    for number, event in enumerate(events):
        assert hot.measure(built, event, record) == risk_habits.measure(plain, event, record)
        one, other = risk_habits.dump(plain), hot.dump(built)
        assert msgspec.msgpack.encode(other) == msgspec.msgpack.encode(one)
        assert built.last_ms == plain.last_ms
        if number == saved:
            plain = risk_habits.load(msgspec.msgpack.decode(msgspec.msgpack.encode(other)))
            built = hot.load(msgspec.msgpack.decode(msgspec.msgpack.encode(one)))


def test_what_the_one_refuses_the_other_refuses() -> None:
    unknown = msgspec.structs.replace(use(), entry="nobody")
    for habits in (risk_habits, hot):
        with pytest.raises(KeyError, match="nobody"):
            habits.measure(habits.start(), unknown, None)


def test_a_customer_who_was_declined_for_years_is_one_without_uses() -> None:
    """Of nothing but declines nothing is left to divide by."""
    plain, built = risk_habits.start(), hot.start()
    for number in range(9):
        event = use(START_MS + number * 179 * DAY_MS, outcome="declined" if number else "approved")
        measured = risk_habits.measure(plain, event, None)
        assert hot.measure(built, event, None) == measured
    assert plain.uses_1d == 0.0
    assert plain.uses_30d > 0.0


@pytest.mark.parametrize("wrong", [(), [1], (1,) * 15, "habits", None, [0] * 13 + [[["a|b", [0] * 5]], []]])
def test_what_is_no_dump_is_refused(wrong: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        hot.load(wrong)


@given(edges=st.lists(st.lists(numbers, unique=True).map(sorted), min_size=1, max_size=5), values=st.data())
def test_bins_are_the_same(edges: list[list[float]], values: st.DataObject) -> None:
    on_edges = [st.sampled_from(row) if row else st.just(0.0) for row in edges]
    drawn = values.draw(st.tuples(*(st.none() | numbers | edge | edge.map(above) for edge in on_edges)))
    assert hot.Sorter(edges)(drawn) == risk_sums.Sorter(edges)(drawn)


def above(number: float) -> float:
    return nextafter(number, 1e9)


@given(intercept=numbers, weights=st.lists(numbers, min_size=300, max_size=300), seed=st.integers(0, 999))
def test_sums_are_the_same(intercept: float, weights: list[float], seed: int) -> None:
    sizes = [len(feature.edges) + 2 for feature in FEATURES]
    taken = iter(weights * 300)

    def row(size: int) -> list[float]:
        return [next(taken) for _ in range(size)]

    rows = [row(size) for size in sizes]
    places = [(NAMES.index(one), NAMES.index(other)) for one, other in CROSSES[:-1]]
    crosses: list[Cross] = [
        (one, other, [row(sizes[other]) for _ in range(sizes[one])]) for one, other in places
    ]
    bins = [(seed * 31 + place) % size for place, size in enumerate(sizes)]
    plain, built = risk_sums.Adder(intercept, rows, crosses), hot.Adder(intercept, rows, crosses)
    given_as: list[Sequence[int]] = [bins, tuple(bins), bytes(bins)]
    assert {built(each) for each in given_as} == {plain(bins)}


@pytest.mark.parametrize("bins", [(9, 0), (0, -1), (0, 2), (1, 2), (0,), (0, 0, 0)])
def test_a_bin_that_there_is_not_is_refused(bins: tuple[int, ...]) -> None:
    adder = hot.Adder(0.0, [[1.0, 2.0], [3.0, 4.0]], [(0, 1, [[1.0, 2.0], [3.0, 4.0]])])
    assert adder((1, 1)) == 10
    with pytest.raises(IndexError, match="no such bin"):
        adder(bins)
