"""Cases that come in while somebody looks: of this moment, about people with a telephone."""

from typing import Any

from cases.store import Store
from domain.alerts import Alert
from domain.findings import Severity
from tests.browser.watching import now_ms
from tests.cases.made import NOON_MS, alert
from tests.cases.worked import customer


def take_in(store: Store, name: str, severity: Severity = Severity.CRITICAL, **fields: Any) -> str:
    """Take in an alert of this moment about customer `cus-<name>`, who has a number; give the case's id."""
    store.reference.put([customer(f"cus-{name}")])
    given: dict[str, Any] = {"last4": "4242", "exposure_minor": 1_000_000, **fields}
    told = tell(store, name, severity, **given)
    return next(
        case.id
        for case in store.cases.list()
        if any(record.get("id") == told.id for record in store.cases.show(case.id).evidence)
    )


def tell(store: Store, name: str, severity: Severity = Severity.HIGH, **fields: Any) -> Alert:
    """Take in an alert of this moment about customer `cus-<name>`, and no more."""
    now = now_ms()
    told = alert(
        f"{name}-{now}", f"crd-{name}", f"cus-{name}", severity=severity, at_ms=now - NOON_MS, **fields
    )
    store.cases.take_in([told], now)
    return told


def burst(store: Store, number: int) -> None:
    """Take in that many alerts about as many customers, one after another."""
    for each in range(number):
        tell(store, f"burst-{each}")
