"""Learnt tables that say next to nothing, and the people who let them take effect."""

from datetime import UTC, datetime

import msgspec

from cases.signing_off.change import Change, Report
from cases.store import Store
from cases.who import Role, Who
from domain.tables import ModelCard, Published, RiskModel, TerminalRecord, TerminalRisk
from tests.cases.made import NOON_MS

ANALYST, OTHER_ANALYST = Who("ana-1", Role.ANALYST), Who("ana-2", Role.ANALYST)
LEAD = Who("lead-2", Role.LEAD)
REPORT = Report(name="shadow.html", digest="ab" * 32, figures={"alerts": 17})
LEAD_MS = 600_000
AT = datetime(2026, 3, 1, tzinfo=UTC)

CARD = ModelCard(
    learnt_from=AT,
    learnt_until=AT,
    transactions=1234,
    frauds=12,
    genuine=34,
    settings={"rate": 0.01},
    figures={"average_precision": 0.72},
    reliability=((0.001, 0.0012, 900), (0.31, 0.29, 100)),
)


def model(version: str, intercept: float = 0.0, at: datetime = AT) -> bytes:
    made = RiskModel(
        effective_at=at, version=version, features=(), crosses=(), intercept=intercept, weights={}, card=CARD
    )
    return msgspec.json.encode(made)


def learnt_anew(version: str, rate: float = 0.01, **figures: float) -> bytes:
    """A model by the same learner, set as it was unless another rate is given, with figures of its own."""
    made = msgspec.json.decode(model(version, float(sum(version.encode()))), type=RiskModel)
    card = msgspec.structs.replace(CARD, settings={"rate": rate}, figures=figures)
    return msgspec.json.encode(msgspec.structs.replace(made, card=card))


def terminals(version: str, *names: str, at: datetime = AT) -> bytes:
    record = TerminalRecord(lately=0.1, long=0.1, row=1, row_ms=0, last_ms=0, genuine=0)
    return msgspec.json.encode(
        TerminalRisk(effective_at=at, version=version, terminals=dict.fromkeys(names, record))
    )


def add(store: Store, version: str, now_ms: int = NOON_MS) -> int:
    """Keep a model whose weight is a digest of its version, so that no two are alike."""
    body = model(version, float(sum(version.encode())))
    return store.models.add(body, ANALYST, now_ms, "learnt anew").version.number


def promote(store: Store, number: int, now_ms: int = NOON_MS, since_ms: int | None = None) -> Change:
    """Let a model take effect by two people."""
    store.models.propose(number, ANALYST, now_ms, "finds more", REPORT, since_ms=since_ms)
    return store.models.approve(number, LEAD, now_ms)


def in_force(store: Store, name: str = "risk_model") -> list[tuple[int, int]]:
    """Which version is in force from how many milliseconds after noon on."""
    return [(each.number, each.since_ms - NOON_MS) for each in store.models.in_force() if each.name == name]


def taken(store: Store) -> list[Published]:
    return [table for _, table in store.models.later({})]
