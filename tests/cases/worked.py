"""A desk at work: customers with a number, and calls made to them."""

from datetime import UTC, datetime

from cases.calling.results import Report
from cases.store import Store
from cases.who import Who
from domain.reference import Customer, PhoneNumber
from tests.cases.made import NOON_MS

AGENT = Who("a17")
SECOND_MS = 1000


def customer(name: str) -> Customer:
    return Customer(
        id=name,
        effective_at=datetime(2020, 1, 1, tzinfo=UTC),
        tier="standard",
        time_zone="Asia/Shanghai",
        numbers=(PhoneNumber(reference=f"{name}-mobile", kind="mobile"),),
    )


def call(store: Store, how: str, start_ms: int, end_ms: int, checked: tuple[str, ...] = ()) -> None:
    """Claim what is next, call, and say how it ended; times count from noon."""
    claimed = store.work.next(AGENT, NOON_MS + start_ms)
    assert claimed is not None
    begun = store.calling.begin_call(claimed.task.id, AGENT, NOON_MS + start_ms)
    report = Report(
        task_id=begun.task_id,
        disposition=how,
        checked=checked,
        answered_at_ms=NOON_MS + start_ms + 10 * SECOND_MS,
        ended_at_ms=NOON_MS + end_ms,
    )
    store.calling.record(report, AGENT, NOON_MS + end_ms + 5 * SECOND_MS)
