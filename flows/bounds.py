"""The event times that a profile believes, as the codec wants them."""

from config.profiles import Profile
from connectors.time_bounds import TimeBounds
from domain.instants import span_ms, to_ms


def time_bounds(profile: Profile) -> TimeBounds:
    """Give the bounds of a profile in milliseconds."""
    return TimeBounds(
        # The flow counts from 1970: earlier times are never believed.
        earliest_ms=max(0, to_ms(profile.bounds.earliest)),
        latest_ms=to_ms(profile.bounds.latest),
        ahead_of_ingest_ms=span_ms(profile.bounds.ahead_of_ingest),
    )
