"""What a bank measures its desk by."""

from datetime import timedelta
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

Span = Annotated[timedelta, Field(ge=timedelta(seconds=1), le=timedelta(days=31))]


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class KpiPolicy:
    """The bounds that figures are taken against.

    `within_*`: the service level of a band is the share of its cases first called within this time.
    `callback_tolerance`: a call so much before or after the time promised kept the promise.
    `resolution_lag`: a case closed on its first contact is resolved when it stayed quiet for so long.
    """

    within_critical: Span = timedelta(seconds=25)
    within_high: Span = timedelta(minutes=5)
    within_rest: Span = timedelta(minutes=30)
    callback_tolerance: Span = timedelta(minutes=15)
    resolution_lag: Span = timedelta(hours=72)

    def within(self, band: int) -> timedelta:
        """Give the service level's time of a band."""
        return (self.within_critical, self.within_high, self.within_rest)[band]
