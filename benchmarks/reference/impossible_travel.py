"""Impossible travel as the reference workload defines it."""

from dataclasses import dataclass
from math import asin, cos, pi, sin, sqrt
from typing import Any

from benchmarks.reference.base import ReferenceDetector
from domain.events import Transaction
from domain.findings import QUIET, Finding

HALF_RADIAN = pi / 360
RADIAN = pi / 180
DIAMETER_KM = 12742.0


class Place:
    """Where the card was last present; `at_ms` is -1 before that."""

    __slots__ = ("at_ms", "lat", "lon")

    def __init__(self, lat: float, lon: float, at_ms: int) -> None:
        """Keep the parts."""
        self.lat = lat
        self.lon = lon
        self.at_ms = at_ms


@dataclass(frozen=True, kw_only=True)
class ImpossibleTravel(ReferenceDetector[Place]):
    """Fire over 100 km and 900 km/h from the last card-present place in event time.

    Why: the reference workload. Misses: what it does not define. False alarms: as planted.
    State: one place.
    """

    def start(self) -> Place:
        return Place(0.0, 0.0, -1)

    def dump(self, state: Place) -> tuple[Any, ...]:
        return state.lat, state.lon, state.at_ms

    def load(self, dumped: list[Any], state_version: int) -> Place:
        return Place(*dumped)

    def step(self, state: Place, event: Transaction) -> tuple[Finding, ...]:
        place = event.place
        if place is None:
            return QUIET
        lat, lon, at_ms = place.lat, place.lon, event.at_ms
        last_lat, last_ms = state.lat, state.at_ms
        found = QUIET
        # Half a degree each way is under 80 km anywhere: most uses need no trigonometry.
        if last_ms >= 0 and not (-0.5 < lat - last_lat < 0.5 and -0.5 < lon - state.lon < 0.5):
            phi = sin((lat - last_lat) * HALF_RADIAN)
            lam = sin((lon - state.lon) * HALF_RADIAN)
            km = DIAMETER_KM * asin(sqrt(phi * phi + cos(last_lat * RADIAN) * cos(lat * RADIAN) * lam * lam))
            if km > 100.0:
                kmh = km * 3600000.0 / max(abs(at_ms - last_ms), 1)
                if kmh > 900.0:
                    evidence = {"kmh": round(kmh, 1)}
                    found = (Finding(reason="impossible travel", probability=0.5, evidence=evidence),)
        if at_ms >= last_ms:
            state.lat = lat
            state.lon = lon
            state.at_ms = at_ms
        return found
