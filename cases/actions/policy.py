"""What a bank decides about its actions: who may act alone, for how long, and what happens unchecked."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

from cases.actions.kinds import BasisKind

# No temporary block is longer, whatever a profile says.
LONGEST_BLOCK = timedelta(hours=48)

_Moment = Annotated[timedelta, Field(ge=timedelta(seconds=1), le=timedelta(days=7))]


class Unchecked(StrEnum):
    """What becomes of a block that no second person has checked in time."""

    HOLD = "hold"  # stays until its term
    LIFT = "lift"  # is lifted at once


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class ActionPolicy:
    """When one person may act, and how long what was done lasts.

    A temporary block lasts `block_for` unless its maker says otherwise, at most `block_at_most`; the term of
    an order bounds it too. With a basis of `one_person_bases` one person sets it and another checks it within
    `check_within`; unchecked it alarms the lead and then lifts or holds. Once a block ended by itself or was
    refused, `again_after` must pass before one person may block the same thing again.
    A proposal waits `proposal_for` for its second person, and what was approved to be carried out by hand
    (reports, exports, changes) may be for `approval_for`.
    One person may release a temporary block of a customer who was right if the case's exposure is no more
    than `release_limit_minor`, in minor units of its currency.
    The bank is tried `attempts` times, first after `retry_first`, each time twice as long up to
    `retry_at_most`. A message is held for `held_for`, which must be longer than the bank takes to answer.
    """

    block_for: Annotated[timedelta, Field(ge=timedelta(minutes=1), le=LONGEST_BLOCK)] = timedelta(hours=24)
    block_at_most: Annotated[timedelta, Field(ge=timedelta(minutes=1), le=LONGEST_BLOCK)] = LONGEST_BLOCK
    one_person_bases: frozenset[BasisKind] = frozenset(BasisKind)
    check_within: _Moment = timedelta(minutes=30)
    unchecked: Unchecked = Unchecked.HOLD
    again_after: _Moment = timedelta(hours=24)
    proposal_for: _Moment = timedelta(hours=4)
    approval_for: _Moment = timedelta(hours=24)
    release_limit_minor: Annotated[int, Field(ge=0, le=10**15)] = 1_000_000
    attempts: Annotated[int, Field(ge=1, le=100)] = 8
    retry_first: _Moment = timedelta(seconds=5)
    retry_at_most: _Moment = timedelta(minutes=10)
    held_for: _Moment = timedelta(minutes=2)

    @model_validator(mode="after")
    def _short_before_long(self) -> Self:
        if self.block_for > self.block_at_most:
            raise ValueError("want block_for <= block_at_most")
        if self.retry_first > self.retry_at_most:
            raise ValueError("want retry_first <= retry_at_most")
        return self

    def wait_after(self, attempts: int) -> timedelta:
        """Give how long to wait before the bank is tried again, after so many attempts."""
        # Doubling for ever would overflow, and no policy waits longer than this many doublings.
        doubled: timedelta = self.retry_first * 2 ** min(attempts - 1, 20)
        return min(doubled, self.retry_at_most)
