"""The way between two uses of cards, and whether anyone can make it."""

from typing import Generic, NamedTuple, Protocol, TypeVar

from domain.places import Spot, least_km

HOUR_MS = 3_600_000
# Uses this close, beyond their error radii, are at one end of a hop.
_SAME_END_KM = 50.0


class Stop(Spot, Protocol):
    """A use at a spot, until `end_ms` where it lasts; `atm` where it was at a cash machine."""

    @property
    def at_ms(self) -> int: ...
    @property
    def end_ms(self) -> int: ...
    @property
    def atm(self) -> bool: ...


S = TypeVar("S", bound=Stop)


class Limits(NamedTuple):
    """What is believed: the fastest travel, that between cash machines, how near is near, the least gap."""

    max_kmh: float
    atm_kmh: float
    min_km: float
    min_gap_ms: int


class Hop(NamedTuple, Generic[S]):
    """The way between two uses that no one can travel between, `least_km` long given both error radii."""

    earlier: S
    later: S
    least_km: float
    gap_ms: int
    kmh: float
    limit_kmh: float

    @property
    def km(self) -> float:
        """The way between the points, in km."""
        return self.least_km + self.earlier.error_km + self.later.error_km

    @property
    def times(self) -> float:
        """How many times the limit the speed is."""
        return self.kmh / self.limit_kmh

    def ends_near(self, one: Spot, other: Spot) -> bool:
        """Whether two uses are at the same end, given how far the ends are apart."""
        return least_km(one, other) <= min(_SAME_END_KM, self.least_km / 4)

    def leads(self, one: Spot, other: Spot) -> bool:
        """Whether the way leads from the one to the other."""
        return self.ends_near(one, self.earlier) and self.ends_near(other, self.later)

    def joins(self, one: Spot, other: Spot) -> bool:
        """Whether the way leads between these two, in whichever direction."""
        return self.leads(one, other) or self.leads(other, one)


def hop_between(earlier: S, later: S, limits: Limits) -> Hop[S] | None:
    """Measure the way between two uses, from the end of the one; None when it can be travelled."""
    km = least_km(earlier, later)
    if km <= limits.min_km:
        return None
    gap_ms = max(limits.min_gap_ms, later.at_ms - earlier.end_ms)
    limit_kmh = limits.atm_kmh if earlier.atm and later.atm else limits.max_kmh
    kmh = km * HOUR_MS / gap_ms
    return Hop(earlier, later, km, gap_ms, kmh, limit_kmh) if kmh > limit_kmh else None
