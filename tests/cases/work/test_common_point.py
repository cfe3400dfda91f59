"""Confirmed fraud on a card that a suspected reader has read comes back to the case of that reader."""

import pytest

from cases.case import Outcome, Status
from cases.store import Store
from tests.cases.device_cases.machines import AGENT, LEAD, case_of, one_case, raised, work
from tests.cases.made import MINUTE_MS, NOON_MS, alert

DAY_MS = 24 * 60 * MINUTE_MS


def suspected(store: Store) -> str:
    """Put a reader before the desk that has read two cards since it changed; gives its case."""
    found = raised("r", "reader_tampering", members=[("c1", "k1"), ("c2", "k2")])
    return one_case(store, found)


def defrauded(store: Store, card: str, customer: str, outcome: Outcome, at_ms: int) -> str:
    """Let a case about a card be closed by whoever took it; gives its id."""
    store.cases.take_in([alert(f"fraud-{card}-{at_ms}", card, customer, at_ms=at_ms)])
    now_ms = NOON_MS + at_ms + MINUTE_MS
    case_id = next(
        case.id for case in store.cases.list() if customer in case.customers and case.kind == "fraud"
    )
    claimed = store.work.claim(case_id, AGENT, now_ms)
    assert claimed is not None
    store.work.close(case_id, AGENT, None, outcome, "the customer says so", now_ms)
    return case_id


def told(store: Store, case_id: str) -> list[tuple[str | None, str | None]]:
    timeline = store.cases.show(case_id).timeline
    return [(entry.new, entry.note) for entry in timeline if entry.what == "fraud_followed"]


def test_a_lead_looks_at_the_reader_when_a_card_it_read_was_defrauded(store: Store) -> None:
    reader = suspected(store)
    fraud = defrauded(store, "c1", "k1", Outcome.CONFIRMED_FRAUD, DAY_MS)
    assert told(store, reader) == [(fraud, "1 card read there since were defrauded")]
    assert ("review", "security:atm-4", "lead") in work(store, reader)
    again = defrauded(store, "c2", "k2", Outcome.CONFIRMED_FRAUD, 2 * DAY_MS)
    assert [new for new, _ in told(store, reader)] == [fraud, again]


def test_a_reader_whose_case_was_closed_is_looked_at_again(store: Store) -> None:
    reader = suspected(store)
    now_ms = NOON_MS + MINUTE_MS
    store.work.close(reader, LEAD, None, Outcome.FALSE_ALARM, "", now_ms, reason="no_fault_found")
    defrauded(store, "c1", "k1", Outcome.CONFIRMED_FRAUD, DAY_MS)
    assert case_of(store, reader).status is Status.OPEN
    assert case_of(store, reader).reopened == 1


@pytest.mark.parametrize(
    ("card", "outcome", "days"),
    [
        ("c1", Outcome.GENUINE, 1),
        ("c9", Outcome.CONFIRMED_FRAUD, 1),
        ("c1", Outcome.CONFIRMED_FRAUD, 15),
    ],
)
def test_other_cards_other_outcomes_and_fraud_much_later_say_nothing(
    store: Store, card: str, outcome: Outcome, days: int
) -> None:
    reader = suspected(store)
    defrauded(store, card, "k1", outcome, days * DAY_MS)
    assert told(store, reader) == []
