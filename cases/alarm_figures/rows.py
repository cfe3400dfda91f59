"""What figures of alarms are made of: the few columns of alarms and of their events that they read."""

from functools import cached_property
from typing import NamedTuple

from msgspec import Struct


class Identity(NamedTuple):
    """What makes two alarms one condition: where, what of it, and which code."""

    place: str  # the device, else the branch
    component: str
    unit: int
    code: str


class AlarmRow(Struct, frozen=True, kw_only=True):
    """An alarm as far as figures go; `close_reason` is that of its case, None while that is open."""

    id: str
    place: str
    device: str | None = None
    component: str
    unit: int = 0
    code: str
    priority: int
    case_id: str | None = None
    close_reason: str | None = None

    @property
    def identity(self) -> Identity:
        """Give what makes it one condition with others."""
        return Identity(self.place, self.component, self.unit, self.code)


class EventRow(NamedTuple):
    """What happened to an alarm, in order; `new` says into what, of a suppression by what."""

    alarm: str
    at_ms: int
    what: str
    new: str | None = None


class ShelvedRow(Struct, frozen=True, kw_only=True):
    """An alarm that somebody put aside for a time, who and why."""

    id: str
    place: str
    component: str
    unit: int = 0
    code: str
    shelved_until_ms: int
    shelved_by: str
    shelve_reason: str

    @property
    def identity(self) -> Identity:
        """Give what makes it one condition with others."""
        return Identity(self.place, self.component, self.unit, self.code)


class Episode(NamedTuple):
    """One time that a condition was there: when it began, was over, and was with the desk.

    `told_ms` is None where the desk was not told, `gone_ms` unless something has hidden it again or people
    have dealt with it though it lasts.
    """

    began_ms: int
    ended_ms: int | None = None
    told_ms: int | None = None
    gone_ms: int | None = None


class History:
    """An alarm with its events, in order."""

    def __init__(self, alarm: AlarmRow, events: tuple[EventRow, ...]) -> None:
        """Keep both."""
        self.alarm = alarm
        self.events = events

    def times_ms(self, *what: str) -> list[int]:
        """Give when any of these happened to it, ascending."""
        return [event.at_ms for event in self.events if event.what in what]

    @cached_property
    def episodes(self) -> tuple[Episode, ...]:
        """Give the times its condition was there, in order.

        Each begins when it is raised or reopened and ends when it returns, or is closed. What the desk was
        told of before it came back counts as told when it comes back.
        """
        found: list[Episode] = []
        told = False
        for event in self.events:
            lasts = bool(found) and found[-1].ended_ms is None
            if event.what in ("raised", "reopened") and not lasts:
                found.append(Episode(event.at_ms, told_ms=event.at_ms if told else None))
            elif event.what == "annunciated":
                told = True
                if lasts and (found[-1].told_ms is None or found[-1].gone_ms is not None):
                    found[-1] = found[-1]._replace(told_ms=event.at_ms, gone_ms=None)
            elif event.what == "suppressed" and lasts and found[-1].told_ms is not None:
                found[-1] = found[-1]._replace(gone_ms=event.at_ms)
            elif event.what in ("returned", "closed") and lasts:
                found[-1] = found[-1]._replace(ended_ms=event.at_ms)
        return tuple(found)
