"""What is kept of a customer in a few numbers against the whole history."""

from collections.abc import Iterable
from datetime import timedelta
from math import isfinite
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import Place, Transaction
from domain.instants import EPOCH
from domain.risk_features import COUNTRIES, NAMES
from domain.risk_habits import DAY_MS, MEMORY_MS, Habits, dump, load, measure, start
from domain.tables import TerminalRecord
from tests.domain.habits_oracle import Oracle

START_MS = 1_772_416_800_000
HOUR_MS = 3_600_000
SUZHOU = Place(lat=31.3, lon=120.6, country="CN")
PLACES = (
    SUZHOU,
    Place(lat=31.31, lon=120.61, country="CN"),
    Place(lat=25.03, lon=121.57, country="TW"),
    Place(lat=52.5, lon=13.4, country="DE"),
    Place(lat=-16.5, lon=179.9),
    Place(lat=-16.5, lon=-179.9),
)
GAPS_MS = (0, 1, 60_000, HOUR_MS, 5 * HOUR_MS, DAY_MS, 3 * DAY_MS, 20 * DAY_MS, 100 * DAY_MS, 181 * DAY_MS)
LATE_MS = (-1, -60_000, -5 * HOUR_MS, -3 * DAY_MS, -50 * DAY_MS, -181 * DAY_MS)


def use(at_ms: int = START_MS, **fields: Any) -> Transaction:
    given = {"amount_minor": 5_000, "currency": "CNY", "channel": "pos"} | fields
    at = EPOCH + timedelta(milliseconds=at_ms)
    return Transaction(event_id="e", at=at, at_ms=at_ms, card="c", customer="k", **given)


def measured(
    habits: Habits, event: Transaction, record: TerminalRecord | None = None
) -> dict[str, float | None]:
    return dict(zip(NAMES, measure(habits, event, record), strict=True))


def after(events: Iterable[Transaction]) -> Habits:
    habits = start()
    for event in events:
        measure(habits, event, None)
    return habits


def daily(count: int, **fields: Any) -> list[Transaction]:
    return [use(START_MS + day * DAY_MS, **fields) for day in range(count)]


@st.composite
def histories(draw: st.DrawFn) -> list[Transaction]:
    """Draw the uses of one customer: near and far in time, some late, in six ways at most."""
    newest_ms, events = START_MS, []
    for _ in range(draw(st.integers(1, 25))):
        gap_ms = draw(st.sampled_from(GAPS_MS) | st.sampled_from(GAPS_MS[:6]) | st.sampled_from(LATE_MS))
        at_ms = newest_ms + gap_ms
        newest_ms = max(newest_ms, at_ms)
        fields = {
            "amount_minor": draw(
                st.sampled_from((0, 1, 999, 5_000, 5_200, 60_000, 10**15)) | st.integers(0, 10**6)
            ),
            "currency": draw(st.sampled_from(("CNY", "CNY", "JPY"))),
            "channel": draw(st.sampled_from(("pos", "pos", "atm", "ecom"))),
            "type": "purchase",
            "outcome": draw(st.sampled_from(("approved", "approved", "approved", "declined"))),
            "entry": draw(st.sampled_from(("none", "chip", "manual"))),
            "place": draw(st.none() | st.sampled_from(PLACES)),
        }
        events.append(use(at_ms, **fields))
    return events


@settings(max_examples=100, deadline=None)
@given(
    events=histories(),
    record=st.none() | st.just(TerminalRecord(0.4, 0.2, 2, START_MS, START_MS + 7, 0, 3.5)),
)
def test_every_feature_is_what_the_whole_history_says(
    events: list[Transaction], record: TerminalRecord | None
) -> None:
    habits, oracle = start(), Oracle()
    for event in events:
        found = {name: value for name, value in measured(habits, event, record).items() if value is not None}
        assert found == pytest.approx(oracle.known(event, record), rel=1e-9, abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(events=histories())
def test_saving_and_loading_anywhere_changes_no_bit(events: list[Transaction]) -> None:
    habits, resumed = start(), start()
    for event in events:
        assert measure(habits, event, None) == measure(resumed, event, None)
        saved = msgspec.msgpack.encode(dump(habits))
        resumed = load(msgspec.msgpack.decode(saved))
        assert msgspec.msgpack.encode(dump(resumed)) == saved
        assert resumed == habits


@settings(max_examples=50, deadline=None)
@given(events=histories())
def test_nothing_but_finite_numbers_arises(events: list[Transaction]) -> None:
    habits = start()
    for event in events:
        assert all(value is None or isfinite(value) for value in measure(habits, event, None))


@settings(max_examples=50, deadline=None)
@given(events=histories())
def test_the_size_of_a_currency_changes_nothing_but_the_amount(events: list[Transaction]) -> None:
    """A thousand won are about a dollar, and ten of the smallest units of a won are one cent."""
    of_size = [event for event in events if event.amount_minor >= 999]
    dollars, won = start(), start()
    for event in of_size:
        one = measured(dollars, msgspec.structs.replace(event, currency="USD"))
        other = measured(
            won, msgspec.structs.replace(event, currency="KRW", amount_minor=event.amount_minor * 10)
        )
        assert one.keys() == other.keys()
        for name in NAMES:
            assert (one[name] is None) == (other[name] is None)
        assert {name: value for name, value in one.items() if value is not None} == pytest.approx(
            {name: value for name, value in other.items() if value is not None}, rel=1e-9, abs=1e-9
        )


def test_a_use_counts_a_half_after_each_half_life() -> None:
    habits = after([use()])
    found = measured(habits, use(START_MS + 7 * DAY_MS))
    assert found["uses_1d"] == pytest.approx(2**-7)
    assert found["uses_7d"] == pytest.approx(1 / 2)
    assert found["uses_30d"] == pytest.approx(2 ** (-7 / 30))
    assert found["hours_since"] == 7 * 24


def test_an_amount_is_compared_with_those_before_in_the_same_way() -> None:
    habits = after([*daily(20), use(START_MS + 20 * DAY_MS, amount_minor=90_000, channel="atm")])
    found = measured(habits, use(START_MS + 20 * DAY_MS, amount_minor=40_000))
    assert found["ratio"] == pytest.approx(8)
    # All were alike, and count as 16.0 by now: log(8) / sqrt(2 * 0.5 / (16.0 + 2))
    assert found["deviations"] == pytest.approx(8.8, abs=0.05)
    assert found["amount"] == 40


def test_nothing_is_known_of_the_first_use_but_itself() -> None:
    found = measured(start(), use())
    known = {name for name, value in found.items() if value is not None}
    assert known == {"amount", "hour", "channel", "type", "entry", "outcome"}


def test_an_extreme_amount_moves_the_habit_as_little_as_three_times_the_usual() -> None:
    """Of a hundred yuan a day one of a million makes no more of it than one of three hundred would."""
    extreme = after([*daily(30, amount_minor=10_000), use(START_MS + 30 * DAY_MS, amount_minor=10**15)])
    large = after([*daily(30, amount_minor=10_000), use(START_MS + 30 * DAY_MS, amount_minor=30_000)])
    later = use(START_MS + 31 * DAY_MS, amount_minor=50_000)
    assert measure(extreme, later, None) == pytest.approx(measure(large, later, None), nan_ok=False)
    assert extreme.large_7d == pytest.approx(1 + 2 ** (-1 / 7))


def test_a_lasting_change_is_followed() -> None:
    habits = after(daily(60, amount_minor=10_000))
    for day in range(60, 130):
        found = measured(habits, use(START_MS + day * DAY_MS, amount_minor=80_000))
    assert found["ratio"] is not None
    assert found["ratio"] < 1.4


def test_tries_that_are_declined_are_counted_and_become_no_habit() -> None:
    plain, tried = daily(10), daily(10)
    for second in range(5):
        at_ms = START_MS + 9 * DAY_MS + 1000 * (second + 1)
        tried.append(use(at_ms, amount_minor=900_000, outcome="declined", place=PLACES[3], channel="atm"))
    last = use(START_MS + 10 * DAY_MS, place=SUZHOU)
    one, other = measured(after(plain), last), measured(after(tried), last)
    differ = {name for name in NAMES if one[name] != pytest.approx(other[name])}
    assert differ == {"declined_1d", "hours_since"}
    assert other["declined_1d"] == pytest.approx(5 * 2 ** (-1), rel=1e-3)


def test_an_hour_that_is_never_used_is_unlike_one_that_always_is() -> None:
    habits = after(daily(30))
    usual = measured(habits, use(START_MS + 30 * DAY_MS))["hour_habit"]
    habits = after(daily(30))
    night = measured(habits, use(START_MS + 30 * DAY_MS + 12 * HOUR_MS))["hour_habit"]
    # At the peak 1 + 4/3 + 2/3; opposite to it 1 - 4/3 + 2/3.
    assert usual == pytest.approx(3)
    assert night == pytest.approx(1 / 3)


def test_far_away_and_in_another_country() -> None:
    habits = after(daily(30, place=SUZHOU))
    found = measured(habits, use(START_MS + 30 * DAY_MS, place=PLACES[2]))
    assert found["km_from_usual"] == pytest.approx(704, abs=1)
    assert found["country_share"] == 0
    assert found["corridor_from"] == COUNTRIES.index("CN")
    assert found["corridor_to"] == COUNTRIES.index("TW")
    home = measured(habits, use(START_MS + 31 * DAY_MS, place=SUZHOU))
    # One far use of about thirty, learnt as 500 km away.
    assert home["km_from_usual"] == pytest.approx(500 / 24, rel=0.1)
    assert home["corridor_from"] is None


@pytest.mark.parametrize("fields", [{"channel": "ecom"}, {"entry": "manual"}])
def test_a_use_without_the_card_is_at_no_distance(fields: dict[str, Any]) -> None:
    habits = after(daily(30, place=SUZHOU))
    assert measured(habits, use(START_MS + 30 * DAY_MS, place=PLACES[3], **fields))["km_from_usual"] is None


def test_half_a_year_of_silence_begins_anew() -> None:
    habits = after(daily(10, place=SUZHOU))
    later = use(START_MS + 9 * DAY_MS + MEMORY_MS + 1, place=SUZHOU)
    assert measure(habits, later, None) == measure(start(), later, None)
    assert habits == after([later])


def test_a_way_of_use_begins_anew_by_itself() -> None:
    """Half a year of cash alone: what the shop's amounts were is no longer known, and cash's are."""
    at_shops = daily(10)
    cash = [use(START_MS + day * DAY_MS, channel="atm", amount_minor=70_000) for day in range(10, 195, 5)]
    habits = after([*at_shops, *cash])
    end_ms = START_MS + 195 * DAY_MS
    assert measured(habits, use(end_ms))["ratio"] is None
    assert measured(habits, use(end_ms, channel="atm", amount_minor=70_000))["ratio"] == pytest.approx(1)


def test_the_order_of_uses_that_come_late_does_not_change_the_counts() -> None:
    events = daily(20)
    shuffled = events[:-1]
    Random(3).shuffle(shuffled)
    one, other = after(events), after([events[-1], *shuffled])
    for name in ("uses_1d", "uses_7d", "uses_30d", "cos_1", "sin_2"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-9, abs=1e-9)
    assert other.last_ms == events[-1].at_ms


def test_the_way_that_was_longest_unused_makes_room() -> None:
    currencies = ("CNY", "USD", "EUR", "JPY", "KRW", "TWD", "HKD")
    habits = after(use(START_MS + n * DAY_MS, currency=name) for n, name in enumerate(currencies))
    assert [way.split("|")[0] for way in habits.ways] == list(currencies[1:])


def test_ten_thousand_uses_take_no_more_room_than_a_few() -> None:
    random, habits = Random(5), start()
    sizes = []
    for number in range(10_000):
        place = Place(
            lat=random.uniform(-90, 90), lon=random.uniform(-180, 180), country=random.choice(COUNTRIES)
        )
        currency = random.choice(("CNY", "USD", "EUR", "JPY", "KRW", "TWD", "HKD", "MOP"))
        channel = random.choice(("pos", "atm", "ecom"))
        measure(habits, use(START_MS + number * 1000, place=place, currency=currency, channel=channel), None)
        sizes.append(len(msgspec.msgpack.encode(dump(habits))))
    assert max(sizes[5000:]) <= max(sizes[:5000]) <= 1000
    assert len(msgspec.msgpack.encode(dump(after(daily(40, place=SUZHOU))))) <= 300


def test_a_terminal_is_what_its_record_says() -> None:
    record = TerminalRecord(0.5, 0.25, 3, START_MS - 6 * DAY_MS, START_MS - 2 * DAY_MS, 0, 4.0)
    found = measured(start(), use(), record)
    terminal = {name: value for name, value in found.items() if name.startswith("terminal")}
    assert terminal == {
        "terminal_lately": 0.5,
        "terminal_long": 0.25,
        "terminal_row": 3,
        "terminal_row_days": 6,
        "terminal_fraud_days": 2,
        "terminal_genuine": 0,
        "terminal_uses": 4,
    }
    over = msgspec.structs.replace(record, row=0, genuine=2)
    assert measured(start(), use(), over)["terminal_row_days"] is None
