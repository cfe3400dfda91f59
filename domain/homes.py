"""Where a group of cards is at home: on record, or by majority."""

from msgspec import Struct

from domain.events import Place


class Home(Struct, frozen=True, gc=False):
    """A point in degrees; `votes` is None where it is on record, else how far its majority goes."""

    lat: float
    lon: float
    votes: int | None


def settled(home: Home | None, recorded: Place | None) -> Home | None:
    """Take the place on record, if there is one."""
    if recorded is None or (home is not None and home.votes is None):
        return home
    return Home(recorded.lat, recorded.lon, None)


def voted(home: Home | None, place: Place, *, near: bool) -> Home:
    """Count one vote for a place, `near` home or not; what is on record stands.

    Whatever the order, a place that more than half vote for wins, and nothing else is remembered.

    Source: R. S. Boyer, J. S. Moore, MJRTY, a fast majority vote algorithm (1981).
    """
    if home is None or home.votes == 0:
        return Home(place.lat, place.lon, 1)
    if home.votes is None:
        return home
    return Home(home.lat, home.lon, home.votes + (1 if near else -1))
