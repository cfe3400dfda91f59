"""Rings: the fullest span, the people behind cards, and what can still go."""

from hypothesis import given
from hypothesis import strategies as st

from domain.findings import Member
from domain.rings import CardUse, Group, fullest, grow, money_left, people


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


@given(links=st.lists(st.sets(st.integers(0, 7), min_size=2, max_size=3), max_size=12))
def test_groups_grown_link_by_link_are_what_hangs_together(links: list[set[int]]) -> None:
    groups: list[Group] = []
    expected: list[set[int]] = []
    for at_ms, link in enumerate(links):
        grown = grow(groups, [Member(card=str(card)) for card in link], at_ms, at_ms, 64)
        touched = [part for part in expected if part & link]
        expected = [part for part in expected if not part & link] + [set().union(link, *touched)]
        assert {member.card for member in grown.members} == {str(card) for card in expected[-1]}
        assert grown.last_ms == at_ms
    assert sorted(len(group.members) for group in groups) == sorted(len(part) for part in expected)


def test_a_group_that_was_told_of_keeps_its_beginning_and_its_first_cards() -> None:
    groups: list[Group] = []
    grow(groups, [Member(card="a"), Member(card="b")], 10, 20, 4)
    told = grow(groups, [Member(card="c"), Member(card="d")], 30, 40, 4)
    told.told = 2
    both = grow(groups, [Member(card="b"), Member(card="d"), Member(card="e")], 50, 60, 4)
    assert groups == [both]
    assert (both.began_ms, both.last_ms, both.told) == (30, 60, 2)
    # Four at most: who comes later is left out.
    assert [member.card for member in both.members] == ["c", "d", "a", "b"]
