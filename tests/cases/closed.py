"""Cases that are closed, for the tests of what comes after."""

from collections.abc import Sequence

from cases.case import Outcome
from cases.store import Store
from cases.who import DESK_ITSELF, Role, Who
from domain.alerts import Alert
from tests.cases.made import NOON_MS

AGENT = Who("agent-7")
LEAD = Who("lead-2", Role.LEAD)
OPS = Who("ops-1", Role.OPS)
OFFICER = Who("officer-1", Role.COMPLIANCE)


def live_case(store: Store, *alerts: Alert) -> str:
    """Take alerts in and give the one case they make."""
    before = {case.id for case in store.cases.list()}
    store.cases.take_in(alerts)
    (case,) = [case for case in store.cases.list() if case.id not in before]
    return case.id


def closed_case(
    store: Store, alerts: Sequence[Alert], outcome: Outcome = Outcome.GENUINE, at_ms: int = NOON_MS
) -> str:
    """Take alerts in, close the one case they make, and give its id."""
    case_id = live_case(store, *alerts)
    close(store, case_id, outcome, at_ms)
    return case_id


def close(store: Store, case_id: str, outcome: Outcome = Outcome.GENUINE, at_ms: int = NOON_MS) -> None:
    """Claim a case and close it."""
    store.work.claim(case_id, LEAD, at_ms)
    store.work.close(case_id, LEAD, None, outcome, "", at_ms)


def reopen(store: Store, case_id: str, at_ms: int) -> None:
    """Take back that a case was closed."""
    store.work.reopen(case_id, LEAD, "the customer called again", at_ms)


def whats(store: Store, case_id: str) -> list[str]:
    """What happened to a case, in order."""
    return [entry.what for entry in store.cases.show(case_id).timeline]


def verbs(store: Store) -> list[str]:
    """What the audit says was done, in order, apart from what the desk did by itself."""
    with store.db.reading():
        rows = store.db.rows("audit_rows", seq_from=1, seq_to=10_000)
    return [row["verb"] for row in rows if row["actor"] != DESK_ITSELF.name]
