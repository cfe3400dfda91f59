"""What a bank decides about alarms: when one counts as over, what may hide it, and how many are too many."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

Delay = Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=1))]
Window = Annotated[timedelta, Field(ge=timedelta(seconds=1), le=timedelta(days=1))]
Count = Annotated[int, Field(ge=1, le=1000)]


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class AlarmPolicy:
    """How alarms of devices are held back, hidden and shown; how long each is held before says its code.

    An alarm that was shown is over once its condition has been away for `off_delay`; when it comes back
    within `reopen_window` it is the same alarm again. Supervisor mode hides a device's alarms for no longer
    than `supervisor_most`. What an outage has hidden is looked at again `outage_grace_heartbeats` of the
    device's own heartbeats after its end; `heartbeat` stands in for devices that are not on record.

    No more than `flood_most` alarms are shown within any `flood_window`. There is a flood from when more than
    that ask to be shown within it, until fewer than `flood_end` do. Nobody shelves an alarm for longer than
    `shelve_most`.
    """

    off_delay: Delay = timedelta(seconds=60)
    reopen_window: Window = timedelta(minutes=30)
    supervisor_most: Window = timedelta(minutes=60)
    outage_grace_heartbeats: Annotated[int, Field(ge=0, le=100)] = 1
    heartbeat: Window = timedelta(minutes=5)
    flood_most: Count = 10
    flood_window: Window = timedelta(minutes=10)
    flood_end: Count = 5
    shelve_most: Window = timedelta(hours=8)

    @model_validator(mode="after")
    def _a_flood_ends_below_where_it_begins(self) -> Self:
        if self.flood_end > self.flood_most:
            raise ValueError("a flood should end below where it begins: want flood_end <= flood_most")
        return self
