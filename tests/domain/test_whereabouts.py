"""Where a customer mostly is, at the edges of the globe and of the habit."""

import pytest

from domain.events import Place
from domain.whereabouts import Whereabouts, abroad, away_km

DAY_MS = 86_400_000
SUZHOU = Place(lat=31.3, lon=120.6)
TAIPEI = Place(lat=25.03, lon=121.57)


def daily(where: Whereabouts, place: Place, days: range) -> list[float | None]:
    return [away_km(where, place, day * DAY_MS, 1.0) for day in days]


def test_someone_who_moves_house_is_followed() -> None:
    where = Whereabouts()
    daily(where, SUZHOU, range(200))
    away = daily(where, TAIPEI, range(200, 320))
    assert away[0] == pytest.approx(704, abs=1)
    assert away[30] == pytest.approx(340, abs=100)
    assert away[-1] is not None
    assert away[-1] < 60


def test_the_middle_lies_across_the_date_line() -> None:
    where = Whereabouts()
    west, east = Place(lat=-16.5, lon=179.9), Place(lat=-16.5, lon=-179.9)
    for day in range(10):
        away_km(where, (west, east)[day % 2], day * DAY_MS, 1.0)
    away = away_km(where, Place(lat=-16.5, lon=180.0), 10 * DAY_MS, 0.0)
    assert away is not None
    assert away < 1


def test_places_all_over_the_globe_have_no_middle() -> None:
    where = Whereabouts(places=3.0, x=0.1, y=0.1, z=0.1)
    assert away_km(where, SUZHOU, 0, 1.0) is None
    assert where.places == 4


def test_a_weight_of_nothing_leaves_no_trace() -> None:
    where = Whereabouts()
    away_km(where, SUZHOU, 0, 0.0)
    abroad(where, "CN", 0, 0.0)
    assert where == Whereabouts()


def test_the_country_of_most_uses_is_the_usual_one() -> None:
    where = Whereabouts()
    assert abroad(where, "CN", 0, 1.0) == (None, "", "")
    assert abroad(where, "CN", 0, 1.0) == (1.0, "", "")
    assert abroad(where, "TW", 0, 1.0) == (0.0, "CN", "TW")
    assert abroad(where, "TW", 0, 1.0) == (pytest.approx(1 / 3), "CN", "TW")
    # Two each: the first in the alphabet.
    assert abroad(where, "TW", 0, 1.0) == (0.5, "CN", "TW")
    assert abroad(where, "CN", 0, 0.0) == (pytest.approx(2 / 5), "TW", "CN")


def test_the_country_that_was_longest_unused_makes_room() -> None:
    where = Whereabouts()
    for day, country in enumerate(("CN", "TW", "JP", "CN", "DE", "VN")):
        abroad(where, country, day * DAY_MS, 1.0)
    assert set(where.countries) == {"CN", "JP", "DE", "VN"}
