"""How far apart places are, at least and at most."""

from hypothesis import given
from hypothesis import strategies as st

from domain.events import Place
from domain.places import distance_km, least_km, no_further_than_km, place_words

LAT, LON = st.floats(-90, 90), st.floats(-180, 180)


@given(lat_a=LAT, lon_a=LON, lat_b=LAT, lon_b=LON)
def test_the_cheap_distance_is_never_too_short(
    lat_a: float, lon_a: float, lat_b: float, lon_b: float
) -> None:
    most = no_further_than_km(lat_a, lon_a, lat_b, lon_b)
    assert distance_km(lat_a, lon_a, lat_b, lon_b) <= most * (1 + 1e-9) + 1e-6


def test_both_radii_are_taken_off() -> None:
    one, other = Place(lat=0, lon=0, error_km=10), Place(lat=0, lon=1, error_km=200)
    assert round(least_km(one, other), 3) == round(111.195 - 210, 3)


def test_a_place_without_a_name_is_said_by_its_cell() -> None:
    assert place_words(31.23, 121.47, "Shanghai") == "Shanghai"
    assert place_words(-33.87, -70.6, "") == "34S 71W"
