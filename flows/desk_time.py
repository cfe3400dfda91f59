"""The desk's clock, which says from when on people could have worked a case, and nothing else.

No detector, rank or id depends on it. A replay has none: there the event time stands for it.
"""

from datetime import UTC, datetime

from domain.instants import to_ms


def desk_now_ms() -> int:
    """Give the time in milliseconds since 1970."""
    return to_ms(datetime.now(UTC))
