"""A case as the police would get it: two alerts, calls, a block, an order, and an approved export."""

from datetime import UTC, datetime
from io import BytesIO
from typing import NamedTuple
from zipfile import ZipFile

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cases.actions.action import Action, Basis, Order
from cases.actions.kinds import BasisKind, Kind, Target
from cases.actions.proposing import Proposal
from cases.calling.results import Report
from cases.store import Store, open_store
from cases.who import Role, Who
from domain.findings import Severity
from domain.reference import Card, Customer, PhoneNumber
from tests.cases.made import MINUTE_MS, NOON_MS, alert

AGENT = Who("agent-7", Role.AGENT)
LEAD = Who("lead-1", Role.LEAD)
COMPLIANCE = Who("comp-2", Role.COMPLIANCE)
LATER_MS = NOON_MS + 90 * MINUTE_MS

_SINCE = datetime(2024, 5, 1, 9, 30, tzinfo=UTC)
_TRAVEL = alert(
    "travel",
    "tok_7f3a",
    "u-1001",
    last4="4242",
    severity=Severity.CRITICAL,
    probability=0.94,
    exposure_minor=1_284_500,
    reason="withdrew at 台北市信义区 19 minutes after a purchase in Kaohsiung: 295 km, 932 km/h",
    evidence={
        "from": "Kaohsiung",
        "to": "台北市信义区",
        "km": 295.2,
        "gap_s": 1140.0,
        "kmh": 932,
        "left_at": "2026-03-05T11:40:00.000Z",
        "arrived_at": "2026-03-05T11:59:00.000Z",
        "events": ["tx-88120", "event-travel"],
    },
)
_AMOUNT = alert(
    "amount",
    "tok_9c11",
    "u-1001",
    at_ms=2 * MINUTE_MS,
    last4="0017",
    detector="amount_outlier",
    severity=Severity.HIGH,
    probability=0.71,
    exposure_minor=500_000,
    reason="CNY 20,000.00 where CNY 310.00 is usual",
    evidence={"amount_minor": 2_000_000, "usual_minor": 31_000, "history": 214, "standard_deviations": 6.2},
)


class Ready(NamedTuple):
    """A store and the number of its case."""

    store: Store
    case_id: str


@pytest.fixture
def worked(store: Store) -> Ready:
    """The case, worked and blocked, whose export nobody has asked for."""
    return work(store)


@pytest.fixture
def ready(worked: Ready) -> Ready:
    """The case, whose export is approved."""
    approve_export(worked)
    return worked


class Made(NamedTuple):
    """A package with the key that checks it."""

    package: bytes
    key: Ed25519PublicKey
    case_id: str


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """One package for all who only read it."""
    with open_store(f"sqlite:///{tmp_path_factory.mktemp('desk')}/desk.db") as store:
        ready = work(store)
        approve_export(ready)
        package = store.evidence.export(ready.case_id, LEAD, LATER_MS)
        return Made(package, store.db.keys.public_key, ready.case_id)


def files(package: bytes) -> dict[str, bytes]:
    """Give what is in a package."""
    with ZipFile(BytesIO(package)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def work(store: Store) -> Ready:
    """Let the case come in, and let the desk work it."""
    store.reference.put(_people())
    store.cases.take_in([_TRAVEL, _AMOUNT])
    (case,) = store.cases.list()
    claimed = store.work.claim(case.id, AGENT, NOON_MS + 3 * MINUTE_MS, lease_ms=60 * MINUTE_MS)
    _call(store, claimed.task.id, "no_answer", NOON_MS + 4 * MINUTE_MS)
    _block(store, case.id)
    _call_again(store, case.id, "no_answer", NOON_MS + 20 * MINUTE_MS)
    _call_again(store, case.id, "voicemail", NOON_MS + 40 * MINUTE_MS)
    _order(store, case.id)
    return Ready(store, case.id)


def approve_export(ready: Ready, at_ms: int = NOON_MS + 80 * MINUTE_MS) -> Action:
    """Let the lead ask for the export and compliance approve it."""
    store, case_id = ready
    reason = "police station Xinyi asked for it, letter 2026-0311"
    asked = store.actions.propose(
        Proposal(kind=Kind.EVIDENCE_EXPORT, target=f"case:{case_id}", reason=reason, case_id=case_id),
        LEAD,
        at_ms,
    )
    return store.actions.approve(asked.id, COMPLIANCE, at_ms + MINUTE_MS, "letter seen")


def _people() -> list[Customer | Card]:
    numbers = tuple(
        PhoneNumber(reference=reference, kind=kind, verified_since=_SINCE)
        for reference, kind in (("num-a", "mobile"), ("num-b", "home"))
    )
    return [
        Customer(id="u-1001", effective_at=_SINCE, tier="premium", time_zone="Asia/Taipei", numbers=numbers),
        *(
            Card(
                id=token,
                effective_at=_SINCE,
                customer="u-1001",
                last4=last4,
                issued_branch="b-021",
                issued_at=_SINCE,
            )
            for token, last4 in (("tok_7f3a", "4242"), ("tok_9c11", "0017"))
        ),
    ]


def _call(store: Store, task_id: int, disposition: str, at_ms: int) -> None:
    store.calling.begin_call(task_id, AGENT, at_ms)
    report = Report(task_id=task_id, disposition=disposition, note="响了很久 没有人接")
    store.calling.record(report, AGENT, at_ms + 45_000)


def _call_again(store: Store, case_id: str, disposition: str, at_ms: int) -> None:
    held = store.work.claim(case_id, AGENT, at_ms, lease_ms=60 * MINUTE_MS)
    _call(store, held.task.id, disposition, at_ms)


def _block(store: Store, case_id: str) -> None:
    proposal = Proposal(
        kind=Kind.TEMPORARY_BLOCK,
        target="card:tok_7f3a",
        reason="card used in two cities, customer not reached",
        case_id=case_id,
        basis=Basis(kind=BasisKind.TERMS),
    )
    made = store.actions.propose(proposal, AGENT, NOON_MS + 6 * MINUTE_MS)
    store.actions.approve(made.id, LEAD, NOON_MS + 9 * MINUTE_MS, "travel alert checked")


def _order(store: Store, case_id: str) -> None:
    at_ms = NOON_MS + 70 * MINUTE_MS
    order = Order(
        number="信义刑字第 2026-0311 号",
        authority="台北市政府警察局信义分局",
        scope=(Target("card", "tok_9c11"),),
        term_from_ms=at_ms,
        term_to_ms=at_ms + 48 * 60 * MINUTE_MS,
        note="by fax, original follows",
    )
    store.actions.record_order(order, LEAD, at_ms, case_id=case_id)
