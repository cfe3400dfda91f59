"""What of a branch is down, and which of its devices fell silent with it."""

from typing import Any

from msgspec import Struct

from domain.alarms import Alarm
from domain.heartbeats import Pulse
from domain.instants import iso


class Child(Pulse):
    """A device of the branch.

    `power_ms` is since when its power is in trouble; `cut_ms` its last report before the outage that goes
    on, where it is part of it, and `late` whether it fell silent after that was told.
    """

    power_ms: int | None = None
    cut_ms: int | None = None
    late: bool = False


class Outage(Struct):
    """What is down since when, which probe says so, and how many silent devices (`needed`) say so.

    `cut` tells that so many were silent; `few_ms` is when they will have been fewer for long enough.
    """

    code: str
    component: str
    unit: int
    since_ms: int
    probe: str | None = None
    needed: int = 2
    cut: bool = False
    few_ms: int | None = None

    @property
    def alarm(self) -> Alarm:
        """What is said of it to alarm management."""
        return Alarm(code=self.code, component=self.component, unit=self.unit, since_ms=self.since_ms)


def children_cut(children: dict[str, Child]) -> list[dict[str, Any]]:
    """List the devices in an outage by their names, with when each was last heard before it."""
    return [
        {"device": name, "heard_at": iso(child.cut_ms), "late": child.late, "silent": child.silent}
        for name, child in sorted(children.items())
        if child.cut_ms is not None
    ]
