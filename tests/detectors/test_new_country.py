"""New countries: each is told once, known ones never, and every sign makes the risk larger."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from detectors.examples import run
from detectors.new_country import NewCountry
from domain.events import Place, Transaction
from domain.instants import from_ms
from domain.tables import Tables

START_MS = 1_772_416_800_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
COUNTRIES = ("CN", "KH", "TH", "JP", "FR", "LA")
# Everything anywhere is risky enough.
ALWAYS = NewCountry(corridors={"*>*": 1.0}, least_risk=0.1)


def use(number: int, at_ms: int, country: str, **fields: Any) -> Transaction:
    place = Place(lat=30.0, lon=0.0, country=country)
    given = {"card": "c1", "amount_minor": 100, "currency": "CNY", "channel": "pos", "place": place, **fields}
    return Transaction(event_id=f"e{number}", at=from_ms(at_ms), at_ms=at_ms, **given)


def at_home(days: int) -> list[Transaction]:
    return [use(day, START_MS + day * DAY_MS, "CN") for day in range(days)]


@given(
    moves=st.lists(
        st.tuples(st.sampled_from(COUNTRIES), st.integers(-2 * DAY_MS, 20 * DAY_MS)), min_size=1, max_size=15
    )
)
def test_each_country_is_told_once_when_it_is_new_and_home_never(moves: list[tuple[str, int]]) -> None:
    events, at_ms = at_home(10), START_MS + 10 * DAY_MS
    expected: list[str] = []
    for country, gap_ms in moves:
        at_ms += gap_ms
        events.append(use(len(events), at_ms, country))
        if country not in ("CN", *expected):
            expected.append(country)
    fired = run(ALWAYS, events, Tables())
    assert [one.finding.evidence["country"] for one in fired] == expected


@given(
    kind=st.sampled_from(("purchase", "withdrawal", "transfer_out")),
    entry=st.sampled_from(("chip", "magstripe", "contactless")),
    amount_minor=st.sampled_from((100, 900_000)),
    hour=st.integers(0, 23),
    ticket=st.booleans(),
)
def test_every_sign_makes_the_risk_larger_and_a_ticket_smaller(
    kind: str, entry: str, amount_minor: int, hour: int, ticket: bool
) -> None:
    made = NewCountry(corridors={"CN>KH": 0.09}, least_risk=0.02)
    ways = {"type": kind, "entry": entry, "amount_minor": amount_minor}
    # At the meridian of Greenwich the hour of the sun is that of UTC.
    midnight_ms = START_MS // DAY_MS * DAY_MS + 20 * DAY_MS
    before = at_home(10)
    if ticket:
        before.append(use(90, START_MS + 10 * DAY_MS, "CN", mcc="3005", channel="ecom", place=None))
    (fired,) = run(made, [*before, use(99, midnight_ms + hour * HOUR_MS, "KH", **ways)], Tables())
    expected = 0.09 * (2 if kind == "withdrawal" else 1) * (2 if entry == "magstripe" else 1)
    expected *= (1.5 if hour < 6 else 1) * (1.5 if amount_minor == 900_000 else 1) * (0.3 if ticket else 1)
    assert fired.finding.probability == pytest.approx(expected, abs=0.001)


@given(days=st.integers(1, 8), min_days=st.integers(1, 8))
def test_it_takes_so_many_days_of_use_before_anything_is_new(days: int, min_days: int) -> None:
    made = NewCountry(corridors={"*>*": 1.0}, min_days=min_days)
    fired = run(made, [*at_home(days), use(99, START_MS + days * DAY_MS, "KH")], Tables())
    assert bool(fired) == (days >= min_days)


@given(countries=st.lists(st.sampled_from([f"{one}{two}" for one in "ABD" for two in "EFGHI"]), max_size=60))
def test_home_is_kept_whatever_else_is_forgotten(countries: list[str]) -> None:
    events = at_home(30)
    events += [use(100 + day, START_MS + (30 + day) * DAY_MS, code) for day, code in enumerate(countries)]
    events += [use(999, START_MS + 100 * DAY_MS, "CN")]
    fired = run(ALWAYS, events, Tables())
    assert all(one.finding.evidence["home"] == "CN" for one in fired)
    assert all(one.finding.evidence["country"] != "CN" for one in fired)
    assert all(len(one.finding.evidence["countries_before"]) <= 8 for one in fired)


@pytest.mark.parametrize("corridors", [{"CN-KH": 0.3}, {"cn>kh": 0.3}, {"CN>KHM": 0.3}, {"CN>KH": 1.1}])
def test_a_corridor_that_is_none_is_refused(corridors: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match="corridors"):
        TypeAdapter(NewCountry).validate_python({"corridors": corridors})
