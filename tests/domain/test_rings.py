"""Rings: the fullest span, the people behind cards, and what can still go."""

from hypothesis import given
from hypothesis import strategies as st

from domain.findings import Member
from domain.rings import CardUse, fullest, money_left, people


@given(others=st.lists(st.integers(0, 40), max_size=9), own=st.integers(0, 40), length_ms=st.integers(1, 20))
def test_the_fullest_span_holds_the_most_and_the_one_asked_for(
    others: list[int], own: int, length_ms: int
) -> None:
    times = [*others, own]
    found = fullest(times, lambda time: time, own, length_ms)
    starts = range(own - length_ms, own + 1)
    most = max(sum(start <= time <= start + length_ms for time in times) for start in starts)
    assert len(found) == most
    assert own in found
    assert found == sorted(found)
    assert found[-1] - found[0] <= length_ms


def test_a_card_of_unknown_customer_is_a_person_of_its_own() -> None:
    members = [
        Member(card="c1", customer="k1"),
        Member(card="c2", customer="k1"),
        Member(card="k1"),
        Member(card="c3"),
    ]
    assert people(members) == 3


def test_what_is_left_is_the_latest_balance_or_as_much_again() -> None:
    def use(at_ms: int, card: str, amount: int, balance: int | None, currency: str = "CNY") -> CardUse:
        return CardUse(at_ms, card, amount, currency, balance)

    uses = [
        use(3, "c1", 100, 50),
        use(1, "c1", 100, 900),
        use(1, "c2", 70, None),
        use(2, "c2", 30, None),
        use(1, "c3", 10, -5),
        use(1, "c4", 10, 4000, "TWD"),
    ]
    assert money_left(uses, "CNY") == 50 + 70 + 0
    assert money_left([], "CNY") == 0
