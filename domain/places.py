"""Distance on the globe."""

from math import asin, cos, pi, radians, sin, sqrt
from typing import Protocol

# Mean radius R1 of the International Union of Geodesy and Geophysics (IUGG), in km.
EARTH_RADIUS_KM = 6371.0088
KM_PER_DEGREE = EARTH_RADIUS_KM * pi / 180


def distance_km(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Give the great-circle distance in km between two points in degrees, by the haversine formula.

    Source: R. W. Sinnott, Virtues of the Haversine, Sky and Telescope 68 (1984).
    """
    phi_a, phi_b = radians(lat_a), radians(lat_b)
    half_phi = sin((phi_b - phi_a) / 2)
    half_lambda = sin(radians(lon_b - lon_a) / 2)
    chord = half_phi * half_phi + cos(phi_a) * cos(phi_b) * half_lambda * half_lambda
    # Rounding may lift antipodes a hair above 1, where asin has no value.
    return 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, chord)))


def no_further_than_km(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Give a distance in km that `distance_km` never exceeds, at a tenth of its price.

    It is the way along the meridian and then along the equator, where degrees of longitude are longest.
    """
    return (abs(lat_a - lat_b) + abs(lon_a - lon_b)) * KM_PER_DEGREE


class Spot(Protocol):
    """A point in degrees, with the radius in km inside which the truth lies."""

    @property
    def lat(self) -> float: ...
    @property
    def lon(self) -> float: ...
    @property
    def error_km(self) -> float: ...


def least_km(one: Spot, other: Spot) -> float:
    """Give how far apart two spots are at the least, in km: negative where their radii overlap."""
    return distance_km(one.lat, one.lon, other.lat, other.lon) - one.error_km - other.error_km


def place_words(lat: float, lon: float, city: str) -> str:
    """Name a place: its city, else its cell of one degree.

    >>> place_words(31.23, 121.47, "Shanghai"), place_words(31.23, 121.47, "")
    ('Shanghai', '31N 121E')
    """
    return city or f"{abs(round(lat))}{'S' if lat < 0 else 'N'} {abs(round(lon))}{'W' if lon < 0 else 'E'}"
