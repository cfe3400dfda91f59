"""Figures of how well scores put fraud first, against plain counting."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.risk.quality import CardScore, QualityError, auc, average_precision, card_precision

SCORED = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=40).filter(
    lambda scored: len({fraud for _, fraud in scored}) == 2
)


@given(SCORED)
def test_auc_is_the_share_of_pairs_that_are_the_right_way_round(scored: list[tuple[int, bool]]) -> None:
    won = [
        (one > other) + (one == other) / 2
        for one, fraud in scored
        if fraud
        for other, its in scored
        if not its
    ]
    scores, frauds = zip(*scored, strict=True)
    assert auc(scores, frauds) == pytest.approx(sum(won) / len(won))


@given(SCORED)
def test_average_precision_is_the_mean_precision_at_each_fraud(scored: list[tuple[int, bool]]) -> None:
    at_least = [[fraud for its, fraud in scored if its >= score] for score, caught in scored if caught]
    wanted = sum(sum(taken) / len(taken) for taken in at_least) / len(at_least)
    scores, frauds = zip(*scored, strict=True)
    assert average_precision(scores, frauds) == pytest.approx(wanted)


def test_a_perfect_order_is_1_and_the_worst_is_as_low_as_it_gets() -> None:
    frauds = [False, False, False, True]
    assert (auc([1, 2, 3, 4], frauds), average_precision([1, 2, 3, 4], frauds)) == (1, 1)
    assert (auc([4, 3, 2, 1], frauds), average_precision([4, 3, 2, 1], frauds)) == (0, 0.25)


def test_scores_that_are_all_the_same_are_worth_as_much_as_chance() -> None:
    frauds = [True, False, False, False]
    assert (auc([5] * 4, frauds), average_precision([5] * 4, frauds)) == (0.5, 0.25)


@pytest.mark.parametrize("figure", [auc, average_precision])
def test_figures_need_frauds_and_genuine_ones(figure: object) -> None:
    assert callable(figure)
    with pytest.raises(QualityError, match="there are 2 and 0"):
        figure([1, 2], [True, True])


def test_a_cards_score_is_its_highest_of_the_day_and_its_fraud_is_any() -> None:
    uses = [CardScore(1, "a", 9, False), CardScore(1, "a", 1, True), CardScore(1, "b", 5, False)]
    assert card_precision(uses, 1) == 1


def test_the_mean_is_over_days_and_short_days_count_in_full() -> None:
    uses = [
        CardScore(1, "a", 9, True),
        CardScore(1, "b", 8, True),
        CardScore(1, "c", 7, True),
        CardScore(2, "d", 9, True),
    ]
    assert card_precision(uses, 2) == (1 + 0.5) / 2


def test_cards_that_share_the_last_place_count_by_their_mean_in_any_order() -> None:
    uses = [CardScore(1, name, 5, name == "a") for name in "abc"] + [CardScore(1, "d", 9, False)]
    assert {card_precision(order, 2) for order in permutations(uses)} == {(0 + 1 / 3) / 2}


def test_a_card_that_was_caught_is_left_out_on_later_days_where_that_is_asked() -> None:
    uses = [
        CardScore(1, "a", 9, True),
        CardScore(2, "a", 9, True),
        CardScore(2, "b", 5, False),
    ]
    assert card_precision(uses, 1) == 1
    assert card_precision(uses, 1, drop_caught=True) == 0.5


def test_what_cannot_be_told_is_refused() -> None:
    with pytest.raises(QualityError, match="no use of a card"):
        card_precision([], 5)
    with pytest.raises(QualityError, match="k is 0"):
        card_precision([CardScore(1, "a", 1, True)], 0)
