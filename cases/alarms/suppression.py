"""What hides an alarm: looked for in a fixed order, and the first that applies is what is written down."""

from collections.abc import Iterator
from typing import NamedTuple

from cases.alarms.board import Board
from cases.alarms.live import LiveAlarm
from cases.alarms.outages import OUTAGES, Reached, hides
from cases.alarms.policy import AlarmPolicy
from cases.alarms.states import SHOWN
from domain.instants import span_ms, to_ms

# What a device says about itself that is no alarm, but the reason for others.
STOPPED = ("planned_stop", "out_of_service_ordered")
SUPERVISOR = "supervisor_enter"
MODES = frozenset({*STOPPED, SUPERVISOR})
# How long an end that is known may be believed: the register of devices may change before it.
_LOOK_AGAIN_MS = 600_000
# What an outage that explains everything is recorded as, by its code; others are an `outage`.
_KINDS = {"branch_power_down": "power", "power_fail": "power"}


class Suppression(NamedTuple):
    """Why people are not told of an alarm.

    `parent` is the alarm that explains it, at whose end it is looked at again; `until_ms` when to look again
    by the clock.
    """

    reason: str
    parent: str | None = None
    until_ms: int | None = None


def suppression(alarm: LiveAlarm, at_ms: int, board: Board, policy: AlarmPolicy) -> Suppression | None:
    """Give what hides an alarm at `at_ms`, None where nothing does but the flood gate.

    In this order: a stop that was planned or ordered, hours in which the device need not work, planned
    maintenance, supervisor mode, an outage (the widest first), flapping, the shelf. Not for codes that are
    never suppressed.
    """
    return (
        _need_not_work(alarm, at_ms, board)
        or _being_worked_on(alarm, at_ms, board, policy)
        or _explained(alarm, at_ms, board)
        or _flapping(alarm, board)
        or _shelved(alarm, at_ms)
    )


def _need_not_work(alarm: LiveAlarm, at_ms: int, board: Board) -> Suppression | None:
    if alarm.device is None:
        return None
    if any((alarm.device, mode) in board.modes for mode in STOPPED):
        return Suppression("planned_stop")
    if board.places.told_to_stop(alarm.device, at_ms):
        return Suppression("planned_stop", until_ms=at_ms + _LOOK_AGAIN_MS)
    opens_ms = board.places.opens_ms(alarm.device, at_ms)
    if opens_ms is None:
        return None
    return Suppression("out_of_window", until_ms=min(opens_ms, at_ms + _LOOK_AGAIN_MS))


def _being_worked_on(alarm: LiveAlarm, at_ms: int, board: Board, policy: AlarmPolicy) -> Suppression | None:
    planned = board.places.maintenance(alarm.device, alarm.branch, at_ms)
    if planned is not None:
        ends_ms = min(to_ms(planned.ends_at), at_ms + _LOOK_AGAIN_MS)
        return Suppression(f"maintenance:{planned.id}", until_ms=ends_ms)
    since_ms = board.modes.get((alarm.device or "", SUPERVISOR))
    # That somebody forgot to leave supervisor mode cannot be hidden by it.
    if since_ms is None or alarm.code == "supervisor_overstay":
        return None
    ends_ms = since_ms + span_ms(policy.supervisor_most)
    return Suppression("supervisor", until_ms=ends_ms) if at_ms < ends_ms else None


def _explained(alarm: LiveAlarm, at_ms: int, board: Board) -> Suppression | None:
    for outage in _outages_over(alarm, at_ms, board):
        if outage.active and outage is not alarm:
            return Suppression(hidden_by(outage), outage.id)
    return None


def hidden_by(outage: LiveAlarm) -> str:
    """Give what is recorded of an alarm that an outage explains."""
    return f"{_KINDS.get(outage.code, 'outage')}:{outage.id}"


def _outages_over(alarm: LiveAlarm, at_ms: int, board: Board) -> Iterator[LiveAlarm]:
    """Give the outages that would explain an alarm, the widest first."""
    for code in OUTAGES:
        if hides(code, alarm.code):
            yield from board.outages_at(_reached(code, alarm, at_ms, board))
        elif code == alarm.code:
            # Several who report one outage: whoever was first stands for all.
            mine = (alarm.raised_at_ms, alarm.id)
            same = board.outages_at(_reached(code, alarm, at_ms, board))
            yield from (each for each in same if (each.raised_at_ms, each.id) < mine)


def _reached(code: str, alarm: LiveAlarm, at_ms: int, board: Board) -> Reached | None:
    return board.places.reached(OUTAGES[code].reach, alarm.device, alarm.branch, at_ms, code)


def reaches(outage: LiveAlarm, alarm: LiveAlarm, at_ms: int, board: Board) -> bool:
    """Tell whether an alarm is at a place that an outage reaches."""
    found = board.outages_at(_reached(outage.code, alarm, at_ms, board))
    return any(each is outage for each in found)


def _flapping(alarm: LiveAlarm, board: Board) -> Suppression | None:
    found = flapping_at(alarm, board)
    return Suppression(f"flapping:{found.id}", found.id) if found else None


def flapping_at(alarm: LiveAlarm, board: Board) -> LiveAlarm | None:
    """Give the alarm that tells people that this one's component keeps coming and going."""
    if alarm.code == FLAPPING:
        return None
    found = board.current(alarm.fingerprint._replace(code=FLAPPING))
    return found if found is not None and found.state in SHOWN else None


FLAPPING = "flapping"


def _shelved(alarm: LiveAlarm, at_ms: int) -> Suppression | None:
    until_ms = alarm.shelved_until_ms
    return Suppression("shelved", until_ms=until_ms) if until_ms is not None and at_ms < until_ms else None
