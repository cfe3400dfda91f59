"""Home by record and by majority."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from domain.events import Place
from domain.homes import Home, settled, voted

SUZHOU, TAIPEI, BEIJING = Place(lat=31.3, lon=120.6), Place(lat=25.0, lon=121.6), Place(lat=39.9, lon=116.4)


def vote(places: list[Place], home: Home | None = None) -> Home | None:
    for place in places:
        near = home is not None and (home.lat, home.lon) == (place.lat, place.lon)
        home = voted(home, place, near=near)
    return home


@given(places=st.lists(st.sampled_from((SUZHOU, TAIPEI, BEIJING)), min_size=1, max_size=15))
def test_a_place_that_more_than_half_vote_for_wins_in_any_order(places: list[Place]) -> None:
    most, votes = Counter(place.lat for place in places).most_common(1)[0]
    home = vote(places)
    assert home is not None
    if 2 * votes > len(places):
        assert home.lat == most


def test_what_is_on_record_stands_against_any_majority() -> None:
    home = settled(vote([TAIPEI, TAIPEI]), SUZHOU)
    assert home == Home(SUZHOU.lat, SUZHOU.lon, None)
    assert vote([TAIPEI] * 9, home) == home
    assert settled(home, TAIPEI) == home


def test_no_record_changes_nothing() -> None:
    assert settled(None, None) is None
    home = vote([SUZHOU])
    assert settled(home, None) is home
