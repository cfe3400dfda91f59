"""What a bank calls a nuisance: the standards name these kinds of alarm and leave the numbers open."""

from datetime import timedelta
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

Span = Annotated[timedelta, Field(ge=timedelta(seconds=1), le=timedelta(days=31))]


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class AlarmFigurePolicy:
    """The bounds of nuisance alarms.

    `chatter_times` beginnings of one condition within `chatter_within` are chatter; one that is over in less
    than `fleeting_under` and does not chatter is fleeting; one that has been with the desk for more than
    `stale_after` without returning to normal is stale.
    """

    chatter_times: Annotated[int, Field(ge=2, le=1000)] = 3
    chatter_within: Span = timedelta(minutes=10)
    fleeting_under: Span = timedelta(seconds=30)
    stale_after: Span = timedelta(hours=24)
