"""Events and labels for tests of the learner of risk."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from domain.events import Chargeback, Disposition, Transaction
from domain.instants import to_ms

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def use(event_id: str, at: datetime = START, **fields: Any) -> Transaction:
    """Make one use of a card."""
    given = {"card": "c1", "customer": "u1", "terminal": "t1", "amount_minor": 5000, "currency": "CNY"}
    return Transaction(event_id=event_id, at=at, at_ms=to_ms(at), **{**given, "channel": "pos", **fields})


def claim(about: str, at: datetime, *, fraud: bool = True, **fields: Any) -> Chargeback:
    """Make a claim about a use, decided at `at`."""
    given = {"event_id": f"claim-{about}-{at:%m%dT%H%M}-{fraud}", "transaction_at": START, **fields}
    return Chargeback(about=about, at=at, at_ms=to_ms(at), fraud=fraud, **given)


def said(about: str | None, at: datetime, outcome: str = "confirmed_fraud", **fields: Any) -> Disposition:
    """Make what the desk said at `at` of the alert on a use."""
    given: dict[str, Any] = {"alert": f"a-{about}", "case": "case", "alert_at": START, "detector": "burst"}
    given |= {"event_id": f"said-{about}-{at:%m%dT%H%M}-{outcome}", "scope": "card", "key": "c1"}
    return Disposition(trigger=about, at=at, at_ms=to_ms(at), outcome=outcome, **{**given, **fields})  # type: ignore[arg-type]


def month(
    days: int = 20, a_day: int = 60, seed: int = 3, delay: timedelta = 2 * DAY
) -> list[tuple[Transaction, Chargeback]]:
    """Make uses of 20 customers at 15 terminals with a claim of each; large amounts are mostly fraud."""
    random = Random(seed)
    made = []
    for number in range(days * a_day):
        at = START + DAY * number / a_day
        large = random.random() < 0.1
        fraud = random.random() < (0.8 if large else 0.02)
        customer, terminal = f"u{random.randrange(20)}", f"t{random.randrange(15)}"
        amount = round(random.lognormvariate(0, 0.3) * (60_000 if large else 5_000))
        event = use(
            f"e{number}", at, card=f"c-{customer}", customer=customer, terminal=terminal, amount_minor=amount
        )
        made.append((event, claim(event.event_id, at + delay, fraud=fraud)))
    return made
