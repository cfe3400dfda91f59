from collections import Counter
from datetime import datetime

from domain.events import CardIssued
from simulation.truth import Incident
from tests.simulation.recorded import Recorded


def test_the_events_of_the_truth_are_in_the_stream_and_belong_to_one_truth_each(night: Recorded) -> None:
    named = Counter(event_id for truth in night.truths for event_id in truth.event_ids)
    assert set(named) <= set(night.by_id)
    assert set(named.values()) == {1}


def test_the_cards_and_customers_of_a_truth_are_those_of_its_events(night: Recorded) -> None:
    for truth in night.truths:
        cards = {night.by_id[event_id].card for event_id in truth.event_ids}
        assert cards == set(truth.cards) or not truth.event_ids
        assert {night.cards[card].customer for card in truth.cards} == set(truth.customers)


def test_a_truth_begins_and_ends_with_its_events(night: Recorded) -> None:
    for truth in night.truths:
        times = [night.by_id[event_id].at for event_id in truth.event_ids]
        if isinstance(truth, Incident):
            assert times
        if times:
            assert truth.at is not None
            assert truth.until is not None
            assert datetime.fromisoformat(truth.at) == min(times)
            assert datetime.fromisoformat(truth.until) == max(times)


def test_openings_are_events_of_their_lookalike(night: Recorded) -> None:
    (truth,) = night.of_kind("colleagues_opening")
    assert all(isinstance(night.by_id[event_id], CardIssued) for event_id in truth.event_ids)
    assert len(truth.event_ids) == 15
