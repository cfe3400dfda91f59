"""From when on a detector's alerts are a flood."""

from datetime import timedelta
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from domain.instants import span_ms


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class FloodPolicy:
    """More than `alerts` of one detector within one `per` of event time, counted from 1970, are a flood."""

    alerts: Annotated[int, Field(ge=1, le=1_000_000)] = 500
    per: Annotated[timedelta, Field(ge=timedelta(minutes=1), le=timedelta(days=1))] = timedelta(hours=1)

    def from_ms(self, at_ms: int) -> int:
        """Give when the hour begins in which a time lies."""
        return at_ms - at_ms % span_ms(self.per)
