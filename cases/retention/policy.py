"""How long a bank keeps what, in whole months of the calendar (UTC)."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

from cases.case import Outcome
from domain.instants import from_ms, to_ms

Months = Annotated[int, Field(ge=0, le=1200)]
Term = Annotated[timedelta, Field(ge=timedelta(minutes=5), le=timedelta(days=30))]
# No session lasts longer than a day, so whatever was not seen for one is over.
SignIns = Annotated[timedelta, Field(ge=timedelta(days=1), le=timedelta(days=3660))]


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class RetentionPolicy:
    """When closed cases go into an archive file, when they leave the store, and what must not be erased.

    A case that was closed in March goes into March's archive `archive_after_months` months later, and its
    rows leave the store after `purge_after_months`; the audit stays. `fraud_duty_months` and
    `other_duty_months` are how long the law wants the records of a confirmed fraud and of any other case:
    before that a customer's data is not erased. Archive files are the bank's to destroy when their time is
    over. A request to export or erase is good for `request_term`.

    What others were told leaves the outbox `settled_messages_for` after it was settled; what nobody took
    within `waiting_messages_for` is given up, and a lead is told. Sessions at the desk, with the address that
    they came from, and names under which signing in failed are forgotten `sign_ins_for` after they were over.
    """

    archive_after_months: Months = 3
    purge_after_months: Months = 24
    fraud_duty_months: Months = 60
    other_duty_months: Months = 6
    request_term: Term = timedelta(days=2)
    settled_messages_for: Term = timedelta(days=7)
    waiting_messages_for: Term = timedelta(days=7)
    sign_ins_for: SignIns = timedelta(days=90)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.purge_after_months < self.archive_after_months:
            raise ValueError(
                "want archive_after_months <= purge_after_months: only what is archived is purged"
            )
        return self

    def duty_months(self, outcome: str | None) -> int:
        """Give how long a case with this outcome must be kept."""
        return self.fraud_duty_months if outcome == Outcome.CONFIRMED_FRAUD else self.other_duty_months


def month_of(at_ms: int) -> str:
    """Give the month in which `at_ms` lies, as 2026-03."""
    return f"{from_ms(at_ms):%Y-%m}"


def ripe_before_ms(now_ms: int, months: int) -> int:
    """Give the time before which a month lies that ended `months` months ago, this month not counted.

    >>> month_of(ripe_before_ms(1_772_712_000_000, 3) - 1)  # at noon on 5 March 2026
    '2025-12'
    """
    now = from_ms(now_ms)
    index = max(0, (now.year - 1970) * 12 + now.month - 1 - months + 1)
    return to_ms(datetime(1970 + index // 12, index % 12 + 1, 1, tzinfo=UTC))
