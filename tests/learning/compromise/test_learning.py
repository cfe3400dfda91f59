"""Common points of compromise: the skimmed machine is found among hundreds, and honest places are not."""

from datetime import timedelta
from typing import Any

import pytest

from domain.instants import from_ms, to_ms
from domain.tables import CompromisePoint
from learning.compromise.learning import Learnt, learn_compromise
from learning.compromise.settings import Settings
from learning.published import TableError
from tests.learning.compromise.town import DAY_MS, LATER, START, START_MS, Town, town

SKIMMED, OTHER = "atm-station-3", "atm-station-0"


def learnt(made: Town, at: Any = LATER, **settings: Any) -> Learnt:
    known = made.known(at)
    events = [event for event in made.events if event.at < at]
    return learn_compromise(
        lambda: events, lambda event_id: event_id in known or None, at, Settings(**settings)
    )


def used(made: Town, point: CompromisePoint, margin: timedelta = timedelta(0)) -> dict[str, int]:
    """Give when each card was used last at a point while it was one, or as shortly before or after."""
    since, until = point.since - margin, point.until + margin
    return {
        event.card: event.at_ms
        for event in made.events
        if event.terminal == point.id and since <= event.at <= until
    }


@pytest.fixture(scope="module")
def one() -> Town:
    return town(1, skimmed=[SKIMMED])


def test_the_skimmed_machine_is_found_among_hundreds_of_places(one: Town) -> None:
    said = learnt(one)
    assert said.tested > 1_000
    (point,) = said.table.points
    assert point.name == f"terminal:{SKIMMED}"
    assert point.bad >= 10 * point.expected
    assert point.p_value < 1e-6
    # It was skimmed from day 20 to 23; chance may add uses before and after of cards that turned bad anyway.
    assert START + timedelta(days=18) < point.since < point.until < START + timedelta(days=25)
    assert said.themselves == ()


def test_it_says_which_cards_were_exposed_and_when(one: Town) -> None:
    (point,) = learnt(one).table.points
    bad = {card.card for card in point.bad_cards}
    within, around = used(one, point), used(one, point, 3 * (point.until - point.since) / (point.bad - 1))
    assert (len(within), len(bad)) == (point.seen, point.bad)
    assert within.items() >= {card.card: card.at_ms for card in point.bad_cards}.items()
    # Also those that were used shortly before and after are watched, but who turned bad long before is not.
    listed = {card.card: card.at_ms for card in point.cards}
    assert within.keys() - bad <= listed.keys() <= around.keys()
    assert listed.items() <= around.items()
    assert not listed.keys() & {event.card for event in one.events if event.event_id in one.known(LATER)}
    known = one.known(LATER)
    assert bad <= {event.card for event in one.events if event.event_id in known}
    assert all(card.customer is not None for card in point.cards)
    assert list(point.cards) == sorted(point.cards, key=lambda card: (-card.at_ms, card.card))
    assert point.currency == "CNY"
    assert 200_000 <= point.loss_minor <= 600_000


def test_two_machines_are_told_apart() -> None:
    points = learnt(town(3, skimmed=[SKIMMED, OTHER])).table.points
    assert {point.name for point in points} == {f"terminal:{SKIMMED}", f"terminal:{OTHER}"}


def test_an_honest_town_has_no_common_point() -> None:
    assert learnt(town(4)).table.points == ()


@pytest.mark.slow
def test_honest_towns_have_no_common_point() -> None:
    """Ten towns of about 1,200 places, in which 20 to 30 cards turned bad for reasons of their own."""
    for seed in range(10):
        said = learnt(town(seed))
        assert said.bad_cards > 15
        assert said.shared > 0
        assert (said.table.points, said.themselves) == ((), ())


@pytest.mark.slow
def test_of_the_points_that_are_published_hardly_any_is_false() -> None:
    found = [
        point.name for seed in range(20, 28) for point in learnt(town(seed, skimmed=[SKIMMED])).table.points
    ]
    assert found == [f"terminal:{SKIMMED}"] * 8


def test_where_the_copies_are_cashed_is_no_common_point(one: Town) -> None:
    assert {event.terminal for event in one.events if event.event_id in one.known(LATER)} >= {"atm-far-1"}
    assert not any(
        point.id.startswith("atm-far") for point in learnt(one, least_cards=2, least_customers=2).table.points
    )


def test_where_the_fraud_itself_took_place_is_told_apart() -> None:
    said = learnt(town(2, skimmed=[SKIMMED], cashed_at=[SKIMMED]))
    assert said.table.points == ()
    assert [point.name for point in said.themselves] == [f"terminal:{SKIMMED}"]


def test_only_what_was_known_by_then_counts() -> None:
    made = town(1, skimmed=[SKIMMED])
    # The first copies are used from day 24 on, and the first claims come two days later.
    assert learnt(made, from_ms(START_MS + 26 * DAY_MS)).table.points == ()
    bad = [
        sum(point.bad for point in learnt(made, from_ms(START_MS + day * DAY_MS)).table.points)
        for day in (40, 60)
    ]
    assert 0 < bad[0] < bad[1]


def test_the_order_of_events_matters_little(one: Town) -> None:
    known = one.known(LATER)
    backwards = learn_compromise(
        lambda: reversed(one.events), lambda event_id: event_id in known or None, LATER
    )
    (point,) = backwards.table.points
    assert point.name == f"terminal:{SKIMMED}"


def test_the_longest_lists_are_of_the_cards_used_there_last(one: Town) -> None:
    (whole,) = learnt(one).table.points
    (cut,) = learnt(one, most_cards=5).table.points
    assert cut.cards == whole.cards[:5]


def test_the_version_says_whether_two_tables_say_the_same(one: Town) -> None:
    assert learnt(one).table.version == learnt(one).table.version
    assert learnt(one).table.version != learnt(one, most_cards=5).table.version


def test_a_table_without_points_is_one() -> None:
    said = learn_compromise(lambda: [], lambda _: None, LATER)
    assert (said.table.points, said.tested, said.bad_cards) == ((), 0, 0)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"window": timedelta(hours=1)}, "window is 1:00:00; allowed is a day at least"),
        ({"apart": timedelta(days=40)}, "less than the window"),
        ({"look_back": timedelta(0)}, "more than `apart`"),
        ({"least_cards": 1}, "2 at least"),
        ({"least_customers": 9}, "1 to least_cards"),
        ({"times": 1.0}, "more than 1"),
        ({"false_share": 0.0}, "between 0 and 1"),
        ({"most_cards": 0}, "1 at least"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(TableError, match=told):
        learn_compromise(lambda: [], lambda _: None, LATER, Settings(**settings))


def test_a_table_must_not_know_its_own_time(one: Town) -> None:
    last = one.events[-1]
    with pytest.raises(TableError, match="must not know its own time"):
        learn_compromise(lambda: one.events, lambda _: None, last.at)
    with pytest.raises(TableError, match="write an offset"):
        learn_compromise(lambda: one.events, lambda _: None, LATER.replace(tzinfo=None))
    assert to_ms(LATER) > last.at_ms
