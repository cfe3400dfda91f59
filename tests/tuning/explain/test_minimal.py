"""What delta debugging leaves."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuning.explain.minimal import minimal

Holds = Callable[[Sequence[int]], bool]


@st.composite
def properties(draw: st.DrawFn) -> tuple[list[int], Holds]:
    """Draw some items, and what they have to do with each other: some are needed, others must go in pairs."""
    items = draw(st.lists(st.integers(0, 40), min_size=1, max_size=25, unique=True))
    needed = draw(st.sets(st.sampled_from(items), max_size=6))
    together = draw(st.lists(st.tuples(st.sampled_from(items), st.sampled_from(items)), max_size=4))
    least = draw(st.integers(0, sum(items)))

    def holds(some: Sequence[int]) -> bool:
        whole = all((one in some) == (other in some) for one, other in together)
        return needed <= set(some) and whole and sum(some) >= least

    return items, holds


@given(properties())
def test_what_is_left_holds_in_its_order_and_without_any_one_item_it_does_not(
    given_: tuple[list[int], Holds],
) -> None:
    items, holds = given_
    left = minimal(items, holds)
    assert holds(left)
    assert left == [item for item in items if item in left]
    assert not any(holds([*left[:index], *left[index + 1 :]]) for index in range(len(left)))


def test_nothing_is_left_where_nothing_is_needed() -> None:
    assert minimal([1, 2, 3], lambda some: True) == []


def test_all_is_left_where_all_is_needed() -> None:
    assert minimal([1, 2, 3], lambda some: len(some) == 3) == [1, 2, 3]


def test_equal_items_are_told_apart_by_their_places() -> None:
    assert minimal([7, 7, 7, 7], lambda some: len(some) >= 2) == [7, 7]


def test_what_does_not_hold_to_begin_with_is_refused() -> None:
    with pytest.raises(ValueError, match="does not hold of all of it"):
        minimal([1], lambda some: False)
