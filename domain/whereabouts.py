"""Where a customer mostly is: the middle of the places of use, and the countries, newer ones counting more.

Weights halve in 30 days. A place far away is learnt as one 500 km away, so that a single journey, or a thief,
does not move the middle much, while someone who moves house is followed.
"""

from dataclasses import dataclass, field
from functools import reduce
from math import asin, cos, exp, log, radians, sin, sqrt
from operator import add
from typing import Any

from domain.places import EARTH_RADIUS_KM, Spot

# How fast weights fade, for each millisecond.
_30D = -log(2) / (30 * 86_400_000)
# The chord of 500 km on a globe of radius 1.
_PULL_CHORD = 2 * sin(500 / EARTH_RADIUS_KM / 2)
# Places have a middle when their mean lies at least so far from the globe's centre.
_LEAST_LENGTH = 0.5
_MOST_COUNTRIES = 4


@dataclass(slots=True)
class Whereabouts:
    """Faded sums of `places` places as points of a globe of radius 1, as of `last_ms`.

    `countries` holds the last use in a country (ms) and the faded count of uses there as of then.
    """

    last_ms: int = 0
    places: float = 0.0
    x: float = 0.0
    y: float = 0.0
    z: float = 0.0
    countries: dict[str, tuple[int, float]] = field(default_factory=dict)


def dump_whereabouts(where: Whereabouts) -> tuple[Any, ...]:
    """Give whereabouts as plain values."""
    return where.last_ms, where.places, where.x, where.y, where.z, list(where.countries.items())


def load_whereabouts(dumped: list[Any]) -> Whereabouts:
    """Give the whereabouts that were dumped; sequences may come back as lists."""
    *numbers, countries = dumped
    return Whereabouts(*[*numbers, {name: tuple(country) for name, country in countries}])


def away_km(where: Whereabouts, place: Spot, now_ms: int, weight: float) -> float | None:
    """Give how far a place is from the middle of those before, in km, and learn it with a weight.

    None where there are none, or they lie all over the globe and have no middle.
    """
    phi, lam = radians(place.lat), radians(place.lon)
    x, y, z = cos(phi) * cos(lam), cos(phi) * sin(lam), sin(phi)
    km = None
    length = sqrt(where.x * where.x + where.y * where.y + where.z * where.z)
    if length > _LEAST_LENGTH * where.places:
        mean_x, mean_y, mean_z = where.x / length, where.y / length, where.z / length
        far_x, far_y, far_z = x - mean_x, y - mean_y, z - mean_z
        chord = sqrt(far_x * far_x + far_y * far_y + far_z * far_z)
        km = 2 * EARTH_RADIUS_KM * asin(min(1.0, chord / 2))
        if chord > _PULL_CHORD:
            part = _PULL_CHORD / chord
            x, y, z = mean_x + part * far_x, mean_y + part * far_y, mean_z + part * far_z
    if weight:
        faded = exp(_30D * (now_ms - where.last_ms)) if where.places else 0.0
        where.last_ms = now_ms
        where.places = where.places * faded + weight
        where.x = where.x * faded + weight * x
        where.y = where.y * faded + weight * y
        where.z = where.z * faded + weight * z
    return km


def abroad(where: Whereabouts, country: str, now_ms: int, weight: float) -> tuple[float | None, str, str]:
    """Give a country's share of the uses before, and learn it with a weight.

    Where it is another one than usual, the usual one and itself come with it, else "" twice. Of equally
    usual ones it is the first in the alphabet.
    """
    known = where.countries
    if len(known) == 1 and country in known:  # as it is for most, at a tenth of the price
        last_ms, count = known[country]
        if weight:
            known[country] = (now_ms, count * exp(_30D * (now_ms - last_ms)) + weight)
        return 1.0, "", ""
    counts = {name: count * exp(_30D * (now_ms - last_ms)) for name, (last_ms, count) in known.items()}
    own = counts.get(country, 0.0)
    if weight:
        known[country] = (now_ms, own + weight)
        if len(known) > _MOST_COUNTRIES:
            del known[min(known, key=lambda name: known[name][0])]
    if not counts:
        return None, "", ""
    usual = min(counts, key=lambda name: (-counts[name], name))
    away = ("", "") if usual == country else (usual, country)
    # Not `sum`, which rounds otherwise from Python 3.12 on.
    return (own / reduce(add, counts.values()), *away)
