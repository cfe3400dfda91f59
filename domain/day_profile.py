"""The hours of the day at which something happens: counts on a circle of 24 hours, and the local hour.

Midnight has neighbours on both sides, so the counts are smoothed around the circle. They are whole numbers
in a plain list, one byte each for most: River has no circular profile, and an object of its for each
card would take 5 to 45 times the bytes.
"""

from datetime import timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.instants import from_ms

HOURS = 24
# A count for each hour of the day, in quarters.
Profile = list[int]

# What one counts as: so it is forgotten only when it was halved three times.
ONE = 4
# When the counts are this many together, all are halved.
_MOST = 256 * ONE
# Weights of an hour and its neighbours: binomial, the smoothest of this width; their sum is 16.
_KERNEL = ((-2, 1), (-1, 4), (0, 6), (1, 4), (2, 1))
_KERNEL_SUM = 16
# Every zone of today is a whole number of quarters of an hour away from UTC.
SLOT_MS = 900_000
_HOUR_MS = 3_600_000
_HOUR_DEGREES = 15


def no_hours() -> Profile:
    """Give the profile of nothing."""
    return [0] * HOURS


def counted_hours(profile: Profile) -> int:
    """Give how many hours are counted, faded ones as what is left of them."""
    return sum(profile) // ONE


def add_hours(profile: Profile, hours: int) -> None:
    """Count hours of the day once each: the bits of `hours`, the lowest for midnight.

    When there are 256 all are halved, so the last 128 to 256 make the profile.
    """
    while hours:
        latest = hours.bit_length() - 1
        profile[latest] += ONE
        hours ^= 1 << latest
    if sum(profile) >= _MOST:
        profile[:] = [count // 2 for count in profile]


def share_of_hour(profile: Profile, hour: int, prior: float) -> float:
    """Give how likely one is to fall on an hour of the day.

    The counts are smoothed over two hours to each side, and drawn towards an even day by the weight of
    `prior` hours.

    >>> evenings = no_hours()
    >>> for _ in range(50): add_hours(evenings, 1 << 19 | 1 << 20)
    >>> [round(share_of_hour(evenings, hour, 2), 3) for hour in (19, 22, 3)]
    [0.307, 0.031, 0.001]
    """
    near = sum(weight * profile[(hour + away) % HOURS] for away, weight in _KERNEL) / _KERNEL_SUM
    return (near + ONE * prior / HOURS) / (sum(profile) + ONE * prior)


@lru_cache(maxsize=4096)  # of a stream, many moments lie in one quarter of an hour
def local_hour(time_zone: str, slot: int) -> tuple[int, float]:
    """Give the hour of the day in a zone (an IANA name), and the meridian (degrees east) of its clocks.

    `slot` is the quarter of an hour since 1970 (UTC), of `SLOT_MS` each.

    >>> local_hour("Asia/Shanghai", 0), local_hour("Asia/Kolkata", 3)
    ((8, 120.0), (6, 82.5))
    """
    local = from_ms(slot * SLOT_MS).astimezone(ZoneInfo(time_zone))
    offset = local.utcoffset() or timedelta(0)
    return local.hour, offset / timedelta(hours=1) * _HOUR_DEGREES


def solar_hour(at_ms: int, lon: float) -> float:
    """Give the hour of the day by the mean sun at a longitude in degrees, where no zone is known.

    >>> solar_hour(0, 120.0), solar_hour(0, -75.0)
    (8.0, 19.0)
    """
    return (at_ms / _HOUR_MS + lon / _HOUR_DEGREES) % HOURS
