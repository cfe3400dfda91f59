"""A desk with cases of long ago, and what there is to know about them."""

from datetime import UTC, datetime

from cases.case import Outcome
from cases.store import Store
from cases.work_orders.order import Department
from cases.work_orders.service import Asked
from domain.instants import to_ms
from domain.reference import Card, Customer, PhoneNumber
from tests.cases.closed import AGENT, close, live_case, reopen
from tests.cases.made import HOUR_MS, NOON_MS, alert

DAY_MS = 24 * HOUR_MS
# Cases are closed in March 2026.
JUNE_MS = to_ms(datetime(2026, 6, 1, tzinfo=UTC))
YEARS_LATER_MS = to_ms(datetime(2028, 3, 1, tzinfo=UTC))
LONG_AFTER_MS = to_ms(datetime(2031, 3, 1, tzinfo=UTC))


def customer(name: str) -> Customer:
    return Customer(
        id=name,
        effective_at=datetime(2020, 1, 1, tzinfo=UTC),
        tier="standard",
        time_zone="Asia/Shanghai",
        numbers=(PhoneNumber(reference=f"{name}-mobile", kind="mobile"),),
    )


def card(name: str, holder: str) -> Card:
    return Card(
        id=name,
        effective_at=datetime(2020, 1, 1, tzinfo=UTC),
        customer=holder,
        last4="4242",
        issued_branch="b1",
        issued_at=datetime(2020, 1, 1, tzinfo=UTC),
    )


def old_case(store: Store, name: str, outcome: Outcome = Outcome.GENUINE, at_ms: int = NOON_MS) -> str:
    """Open and close a case of customer u<name> with card c<name>, a work order, and a story."""
    found = live_case(
        store,
        alert(
            name,
            f"c{name}",
            f"u{name}",
            last4="4242",
            at_ms=at_ms - NOON_MS,
            reason=f"card c{name} was used twice",
            evidence={"cards": [f"c{name}"], "km": 686},
        ),
    )
    asked = Asked(Department.BRANCH, "documents", f"what did u{name} sign?", at_ms + HOUR_MS)
    order = store.work_orders.make(found, asked, AGENT, at_ms)
    store.work_orders.finish(order.id, f"u{name} signed for c{name}", AGENT, at_ms)
    close(store, found, outcome, at_ms)
    reopen(store, found, at_ms + 1)
    close(store, found, outcome, at_ms + 2)
    return found
