"""What a bank decides about calling: how often and when for each rung of urgency, and what is too much."""

from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, field_validator, model_validator
from pydantic.dataclasses import dataclass

from cases.calling.dispositions import DISPOSITIONS
from cases.calling.windows import Window, rest_days

# How long until the next attempt: a span, the next opening of the window, or another hour of the next day.
Gap = Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=7))] | Literal["next_window", "next_day"]
# What comes after the last attempt without success.
Then = Literal["close", "lead_review", "message", "branch"]
Rung = Literal["critical", "high", "medium", "low"]
Wait = Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=31))]
Limit = Annotated[int, Field(ge=1, le=100)]

_LOW = "low"


def _minutes(*gaps: int | Gap) -> tuple[Gap, ...]:
    return tuple(timedelta(minutes=gap) if isinstance(gap, int) else gap for gap in gaps)


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class Cadence:
    """How a customer is tried: one attempt after each of `gaps`, inside `window` (None: around the clock).

    After attempt number `message_after` a message without details asks the customer to call the number on
    the card. After the last attempt `then` happens: `close` ends the case as unreachable, `lead_review`
    hands it to a lead instead, `message` sends a last message, `branch` asks for a letter or a visit.
    """

    gaps: Annotated[tuple[Gap, ...], Field(min_length=1, max_length=50)]
    window: Window | None = None
    message_after: Annotated[int, Field(ge=1)] | None = None
    then: tuple[Then, ...]

    @model_validator(mode="after")
    def _begins_and_ends(self) -> Self:
        if self.gaps[0] != timedelta(0):
            raise ValueError("the first gap is before the first attempt and must be 0")
        if ("close" in self.then) == ("lead_review" in self.then):
            raise ValueError("`then` needs one of close and lead_review: nothing is left to nobody")
        return self


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class CallingPolicy:
    """When customers are called, how often, and on which numbers.

    Band `rest` is `medium`, or `low` where the worst alert is. A line that is busy is tried again after
    `busy_retry`, should the gap be longer; a telephone that is off not before `switched_off_retry`.
    `next_day` are the hours after the last attempt at which the next day is tried: the first in the window
    counts. Nobody is called more than `most_a_day`, on one number not more than `most_a_number` in a case,
    and nobody again after as many of one disposition as `most_of` allows.

    A number verified less than `fresh_number` ago is not rung while an older one is left: whoever takes
    over an account changes the number first. A callback is kept for the agent who promised it until
    `callback_grace` after its time, and overrides the window from `callback_grace` before its time until
    `callback_valid` after; it lies at most `callback_latest` ahead. Calls wait `contact_data_wait` for a
    number, `technician_wait` for the technician and `branch_wait` for the customer to come to a branch
    before they come back. On the weekends and holidays of the country `holidays` (weekends alone without)
    calls begin later. `time_zone` is of those whose own nobody knows.
    """

    critical: Cadence = Cadence(
        gaps=_minutes(0, 2, 5, 10, 20, 40, 60, 120),
        message_after=2,
        then=("lead_review", "branch"),
    )
    high: Cadence = Cadence(
        gaps=_minutes(0, 10, 30, 60, 180, "next_window"),
        window=Window(opens="07:00", closes="23:00", rest_day_opens="08:00"),
        then=("lead_review",),
    )
    medium: Cadence = Cadence(
        gaps=_minutes(0, 60, 240, "next_day"),
        window=Window(opens="08:00", closes="21:00", rest_day_opens="10:00"),
        then=("message", "close"),
    )
    low: Cadence = Cadence(
        gaps=_minutes(0, "next_day"),
        window=Window(opens="09:00", closes="20:00", rest_day_opens="10:00"),
        then=("close",),
    )
    busy_retry: Wait = timedelta(minutes=5)
    switched_off_retry: Wait = timedelta(hours=1)
    next_day: Annotated[tuple[Wait, ...], Field(min_length=1)] = (timedelta(hours=27), timedelta(hours=21))
    most_a_day: Limit = 10
    most_a_number: Limit = 8
    most_of: dict[str, Limit] = field(default_factory=lambda: {"third_party": 3})
    fresh_number: Wait = timedelta(days=30)
    callback_grace: Wait = timedelta(minutes=15)
    callback_valid: Wait = timedelta(hours=2)
    callback_latest: Wait = timedelta(days=7)
    contact_data_wait: Wait = timedelta(hours=4)
    technician_wait: Wait = timedelta(hours=4)
    branch_wait: Wait = timedelta(days=3)
    holidays: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    time_zone: str = "Asia/Shanghai"

    @field_validator("holidays")
    @classmethod
    def _has_a_calendar(cls, country: str | None) -> str | None:
        rest_days(country)
        return country

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, KeyError):  # names that look like paths fail in their own ways
            raise ValueError(f"{name!r} is no time zone; want an IANA name such as Asia/Shanghai") from None
        return name

    @field_validator("most_of")
    @classmethod
    def _are_dispositions(cls, most_of: dict[str, int]) -> dict[str, int]:
        unknown = sorted(set(most_of) - set(DISPOSITIONS))
        if unknown:
            raise ValueError(f"no disposition {', '.join(unknown)}; there are: {', '.join(DISPOSITIONS)}")
        return most_of

    def cadence(self, rung: Rung) -> Cadence:
        """Give how customers are tried on a rung."""
        return {"critical": self.critical, "high": self.high, "medium": self.medium, "low": self.low}[rung]


def rung(breakdown: Mapping[str, Any]) -> Rung:
    """Give the rung of a case from what its rank is made of: promotion does not make a call more urgent.

    A queue that is late moves cases up in it, but wakes nobody at three in the morning for that.
    """
    if "annunciated" in breakdown and breakdown["band"] == "critical":
        return "high"  # of a card or cash in a device: by day it is called about first, at night it can wait
    named: dict[str, Rung] = {"critical": "critical", "high": "high"}
    last: Rung = "low" if breakdown["severity"] == _LOW else "medium"
    return named.get(breakdown["band"], last)
