"""A case to look at: two customers of a ring, their cards and numbers, and what their cards did."""

from collections.abc import Sequence
from datetime import UTC, datetime

from cases.store import Store
from desk.bank.history import HistoryAway, HistoryEntry
from domain.alerts import Alert
from domain.findings import Severity
from domain.reference import Card, Customer, PhoneNumber
from tests.cases.made import HOUR_MS, MINUTE_MS, NOON_MS, alert

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def customer(name: str, *numbers: str) -> Customer:
    """A customer of tier private in Shanghai whose numbers have these references."""
    known = tuple(PhoneNumber(reference=each, kind="mobile", verified_since=LONG_AGO) for each in numbers)
    return Customer(id=name, effective_at=LONG_AGO, tier="private", time_zone="Asia/Shanghai", numbers=known)


def card(token: str, holder: str, last4: str) -> Card:
    """A card opened long ago."""
    return Card(
        id=token,
        effective_at=LONG_AGO,
        customer=holder,
        last4=last4,
        issued_branch="br-1",
        issued_at=LONG_AGO,
    )


def finding(name: str, token: str, holder: str, last4: str, **fields: object) -> Alert:
    """An alert about one of two cards that were in two places: one ring."""
    given: dict[str, object] = {
        "last4": last4,
        "tier": "private",
        "ring": "travel:A>B",
        "exposure_minor": 123_400,
        "severity": Severity.HIGH,
        "evidence": {
            "km": 686.0,
            "gap_s": 6_900,
            "left_at": "2026-03-05T11:00:00.000Z",
            "sums_minor": {"CNY": 358_467},
            "children": [{"device": "dev-1", "late": True}],
            "events": [f"event-{name}", f"before-{name}"],
            "limit_kmh": 900.0,
        },
        **fields,
    }
    return alert(name, token, holder, **given)  # type: ignore[arg-type]


def ring(store: Store) -> str:
    """Take a ring of two customers in, and give the id of its case."""
    store.reference.put(
        [
            customer("u-1", "num-1", "num-2"),
            customer("u-2", "num-3"),
            card("c-1", "u-1", "1111"),
            card("c-2", "u-2", "2222"),
        ]
    )
    worst = finding("one", "c-1", "u-1", "1111", probability=0.9, reason="the worst of all")
    other = finding(
        "two", "c-2", "u-2", "2222", at_ms=MINUTE_MS, detector="burst", reason="another <b>sentence</b>"
    )
    store.cases.take_in([worst, other], NOON_MS)
    (case,) = store.cases.list()
    return case.id


def use(event: str, at_ms: int, token: str = "c-1", **fields: object) -> HistoryEntry:
    """One use of a card, `at_ms` after noon."""
    given: dict[str, object] = {
        "amount_minor": 4_200,
        "currency": "CNY",
        "type": "purchase",
        "channel": "pos",
        "outcome": "approved",
        "last4": "1111",
        "place": "Suzhou",
        "lat": 31.3,
        "lon": 120.6,
        **fields,
    }
    return HistoryEntry(event_id=event, at_ms=NOON_MS + at_ms, card=token, **given)  # type: ignore[arg-type]


class KnownUses:
    """A history that knows some uses, or is away."""

    def __init__(self) -> None:
        self.uses: list[HistoryEntry] = []
        self.away = False
        self.asked: tuple[tuple[str, ...], int, int] = ((), 0, 0)

    def around(
        self, cards: Sequence[str], from_ms: int, to_ms: int, limit: int = 2000
    ) -> tuple[HistoryEntry, ...]:
        self.asked = tuple(cards), from_ms, to_ms
        if self.away:
            raise HistoryAway("the history sleeps")
        return tuple(self.uses[:limit])


DAY_MS = 24 * HOUR_MS
