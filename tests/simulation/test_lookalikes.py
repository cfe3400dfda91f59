"""Each lookalike comes close to an incident, and is none."""

from datetime import timedelta
from itertools import pairwise
from statistics import geometric_mean

from domain.events import CardIssued
from simulation.truth import Lookalike
from tests.simulation.recorded import Recorded


def test_every_kind_of_lookalike_fits_into_a_night(night: Recorded) -> None:
    assert {truth.kind for truth in night.truths if isinstance(truth, Lookalike)} == {
        "frequent_flyer",
        "family_trip",
        "payday_queue",
        "big_purchase",
        "night_market",
        "colleagues_opened",
        "colleagues_opening",
        "family_opening",
    }


def test_a_flyer_pays_in_both_cities_within_hours(night: Recorded) -> None:
    for truth in night.of_kind("frequent_flyer"):
        uses = night.uses_of(truth)
        cities = [use.place.city for use in uses if use.place]
        assert cities[0] == "Shanghai"
        assert len(set(cities[1:])) == 1
        assert cities[1] != "Shanghai"
        assert uses[1].at - uses[0].at < timedelta(hours=9)


def test_a_family_flies_together(night: Recorded) -> None:
    (truth,) = night.of_kind("family_trip")
    assert len(truth.customers) > 1
    ways = {
        tuple(use.place.city for use in night.uses_of(truth) if use.card == card and use.place)
        for card in truth.cards
    }
    assert len(ways) == 1


def test_a_payday_queue_is_many_cards_at_one_atm_with_ordinary_amounts_at_an_ordinary_pace(
    night: Recorded,
) -> None:
    (truth,) = night.of_kind("payday_queue")
    drawn = [use for use in night.uses_of(truth) if use.channel == "atm"]
    assert len({use.card for use in drawn}) == 12
    assert len({use.terminal for use in drawn}) == 1
    assert all(use.amount_minor <= 300_000 for use in drawn)
    assert all(b.at - a.at >= timedelta(seconds=150) for a, b in pairwise(drawn))


def test_a_big_purchase_is_well_above_the_habit_but_below_ten_times(night: Recorded) -> None:
    for truth in night.of_kind("big_purchase"):
        (big,) = night.uses_of(truth)
        earlier = [
            use.amount_minor
            for use in night.uses
            if use.card == big.card and use.at < big.at and use.channel == "pos"
        ]
        assert len(earlier) >= 8
        assert 4 < big.amount_minor / geometric_mean(earlier) < 10


def test_a_night_market_is_four_small_purchases_within_ten_minutes(night: Recorded) -> None:
    for truth in night.of_kind("night_market"):
        uses = night.uses_of(truth)
        assert len(uses) == 4
        assert uses[-1].at - uses[0].at < timedelta(minutes=10)
        assert max(use.amount_minor for use in uses) < 5_000


def test_colleagues_open_fifteen_cards_at_one_branch_within_about_an_hour(night: Recorded) -> None:
    for kind in ("colleagues_opened", "colleagues_opening"):
        (truth,) = night.of_kind(kind)
        cards = [night.cards[card] for card in truth.cards]
        times = [card.issued_at for card in cards]
        assert len({card.customer for card in cards}) == len(cards) == 15
        assert len({card.issued_branch for card in cards}) == 1
        assert max(times) - min(times) < timedelta(minutes=75)


def test_colleagues_live_ordinary_lives(night: Recorded) -> None:
    (truth,) = night.of_kind("colleagues_opened")
    assert [use for use in night.uses if night.cards[use.card].customer in truth.customers]


def test_cards_opened_in_the_window_are_in_the_stream_before_their_first_use(night: Recorded) -> None:
    opened = {event.card: event.at for event in night.events if isinstance(event, CardIssued)}
    assert opened == {
        card.id: card.issued_at
        for card in night.cards.values()
        if card.issued_at.timestamp() * 1_000 >= night.plan.start_ms
    }
    assert len(opened) > 15
    assert all(use.at > opened[use.card] for use in night.uses if use.card in opened)
