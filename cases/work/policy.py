"""What a bank decides about working on cases: how long one holds a task, and what brings a case back."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

from domain.instants import span_ms

Lease = Annotated[timedelta, Field(ge=timedelta(seconds=10), le=timedelta(days=1))]
Count = Annotated[int, Field(ge=1, le=1000)]


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class WorkPolicy:
    """How tasks are held, promoted and brought back.

    A task stays with whoever claims it for `lease`, renewed while they are at it, and never longer than
    `lease_cap` in all. An agent holds `tasks_per_agent` at most, a lead `tasks_per_lead`. What nobody has
    taken up `promote_after` times its service level after its first alert, or `promote_at_latest` after it,
    moves up to high (with None for the first: never).
    An alert on a case closed no more than `reopen_within` ago reopens it (0: never); on one closed earlier
    it opens a new case that is linked to the old one. Of the alerts of one detector in one minute of event
    time those beyond `storm_alerts` that would each open a case share a single one (None: never). That
    counts in the order of arrival, so it is the one thing about grouping that this order decides.
    """

    lease: Lease = timedelta(seconds=120)
    lease_cap: Lease = timedelta(minutes=45)
    tasks_per_agent: Count = 1
    tasks_per_lead: Count = 5
    promote_after: Annotated[float, Field(ge=1, le=1000)] | None = 10
    promote_at_latest: Annotated[timedelta, Field(ge=timedelta(minutes=1), le=timedelta(days=31))] = (
        timedelta(hours=5)
    )
    reopen_within: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=31))] = timedelta(hours=72)
    storm_alerts: Annotated[int, Field(ge=1, le=1_000_000)] | None = None

    @model_validator(mode="after")
    def _a_lease_fits_below_its_cap(self) -> Self:
        if self.lease > self.lease_cap:
            raise ValueError("a lease must not begin longer than it may become: want lease <= lease_cap")
        return self

    def promotion_ms(self, sla: timedelta) -> int | None:
        """Give how long after its first alert a case with this service level moves up; None for never."""
        if self.promote_after is None:
            return None
        return span_ms(min(self.promote_after * sla, self.promote_at_latest))
