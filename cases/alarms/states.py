"""What may happen to an alarm, in one table; nothing changes its state but through it.

The states are ISA-18.2's. Suppression lies across them: an alarm that something hides is pending, whatever
it was, and its row says what hides it.
"""

from collections.abc import Mapping
from enum import StrEnum

from cases.errors import NotPossible


class State(StrEnum):
    """Where an alarm stands."""

    NORMAL = "normal"  # there is none; never written down
    PENDING = "pending"  # its condition is there, and people have not been told, or not again
    UNACKNOWLEDGED = "unacknowledged"  # people have been told
    ACKNOWLEDGED = "acknowledged"  # somebody has taken it up
    RETURNED_UNACKNOWLEDGED = "returned_unacknowledged"  # over before anybody took it up
    RETURNED = "returned"  # over; it may come back for a while
    CLOSED = "closed"


class Event(StrEnum):
    """What happens to an alarm."""

    RAISE = "raise"
    ANNUNCIATE = "annunciate"
    SUPPRESS = "suppress"
    ACKNOWLEDGE = "acknowledge"
    RETURN = "return"
    CLOSE = "close"


_NORMAL, _PENDING, _UNACKNOWLEDGED = State.NORMAL, State.PENDING, State.UNACKNOWLEDGED
_ACKNOWLEDGED, _RETURNED, _CLOSED = State.ACKNOWLEDGED, State.RETURNED, State.CLOSED
_RETURNED_UNACKNOWLEDGED = State.RETURNED_UNACKNOWLEDGED

# Its condition is there.
ACTIVE = frozenset({_PENDING, _UNACKNOWLEDGED, _ACKNOWLEDGED})
# People have been told of a condition that is there.
SHOWN = frozenset({_UNACKNOWLEDGED, _ACKNOWLEDGED})

# What is not here cannot happen.
_AFTER: dict[State, dict[Event, State]] = {
    _NORMAL: {Event.RAISE: _PENDING},
    _PENDING: {
        Event.RAISE: _PENDING,
        Event.ANNUNCIATE: _UNACKNOWLEDGED,
        Event.SUPPRESS: _PENDING,
        Event.RETURN: _RETURNED,
        Event.CLOSE: _CLOSED,
    },
    _UNACKNOWLEDGED: {
        Event.RAISE: _UNACKNOWLEDGED,
        Event.ANNUNCIATE: _UNACKNOWLEDGED,  # one that nothing hides is told of by another signal too
        Event.SUPPRESS: _PENDING,
        Event.ACKNOWLEDGE: _ACKNOWLEDGED,
        Event.RETURN: _RETURNED_UNACKNOWLEDGED,
        Event.CLOSE: _CLOSED,
    },
    _ACKNOWLEDGED: {
        Event.RAISE: _ACKNOWLEDGED,
        Event.ANNUNCIATE: _UNACKNOWLEDGED,
        Event.SUPPRESS: _PENDING,
        Event.RETURN: _RETURNED,
        Event.CLOSE: _CLOSED,
    },
    _RETURNED_UNACKNOWLEDGED: {
        Event.RAISE: _PENDING,
        Event.ACKNOWLEDGE: _RETURNED,
        Event.CLOSE: _CLOSED,
    },
    _RETURNED: {Event.RAISE: _PENDING, Event.CLOSE: _CLOSED},
    _CLOSED: {Event.RAISE: _PENDING},  # the very occurrence is told of again
}
MOVES: Mapping[tuple[State, Event], State] = {
    (state, event): after for state, row in _AFTER.items() for event, after in row.items()
}


def alarm_after(state: State, event: Event) -> State:
    """Give where an alarm stands after an event. Raises NotPossible for one that cannot happen to it."""
    after = MOVES.get((state, event))
    if after is None:
        may = ", ".join(sorted(each for stands, each in MOVES if stands is state))
        words = state.value.replace("_", " ")
        raise NotPossible(f"an alarm that is {words} does not {event}; possible is: {may}")
    return after
