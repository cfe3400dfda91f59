"""Where a card was opened is known from the branch's record."""

from datetime import UTC, datetime

from domain.events import Place, Transaction
from domain.instants import to_ms
from domain.reference import Branch, Card, Reference

OPENED, USED = (datetime(2026, month, 1, 20, tzinfo=UTC) for month in (1, 3))
SUZHOU = Place(lat=31.3, lon=120.6, city="Suzhou")


def joined(*records: Branch | Card) -> Transaction:
    event = Transaction(
        event_id="e1", at=USED, at_ms=to_ms(USED), card="c1", amount_minor=1, currency="CNY", channel="pos"
    )
    Reference.of(records, "Asia/Shanghai").join(event)
    return event


CARD = Card(
    id="c1", effective_at=OPENED, customer="k1", last4="0001", issued_branch="north", issued_at=OPENED
)


def test_the_branch_gives_the_place_and_the_zone_of_the_opening() -> None:
    branch = Branch(id="north", effective_at=OPENED, time_zone="America/New_York", place=SUZHOU)
    event = joined(CARD, branch)
    assert event.issued is not None
    assert event.issued.place == SUZHOU
    assert event.issuance == "north|2026-01-01"


def test_a_branch_without_a_record_has_no_place_and_the_home_zone() -> None:
    event = joined(CARD)
    assert event.issued is not None
    assert event.issued.place is None
    assert event.issuance == "north|2026-01-02"


def test_a_record_that_is_not_yet_in_force_says_nothing() -> None:
    late = Branch(id="north", effective_at=USED.replace(day=2), time_zone="UTC", place=SUZHOU)
    event = joined(CARD, late)
    assert event.issued is not None
    assert event.issued.place is None
