"""What a bank decides about telling others: how often it is tried, and how slowly."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

_Moment = Annotated[timedelta, Field(ge=timedelta(seconds=1), le=timedelta(days=7))]


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class DeliveryPolicy:
    """How messages to a gateway, a mailing office or a pager are tried.

    A receiver is tried `attempts` times, first after `retry_first`, each time twice as long up to
    `retry_at_most`. A message is held for `held_for`, which must be longer than a receiver takes to answer.
    """

    attempts: Annotated[int, Field(ge=1, le=100)] = 12
    retry_first: _Moment = timedelta(seconds=5)
    retry_at_most: _Moment = timedelta(minutes=30)
    held_for: _Moment = timedelta(minutes=2)

    @model_validator(mode="after")
    def _short_before_long(self) -> Self:
        if self.retry_first > self.retry_at_most:
            raise ValueError("want retry_first <= retry_at_most")
        return self

    def wait_after(self, attempts: int) -> timedelta:
        """Give how long to wait before a receiver is tried again, after so many attempts."""
        # Doubling for ever would overflow, and no policy waits longer than this many doublings.
        doubled: timedelta = self.retry_first * 2 ** min(attempts - 1, 20)
        return min(doubled, self.retry_at_most)
