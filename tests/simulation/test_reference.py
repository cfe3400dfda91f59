from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from connectors.blocks import Block
from connectors.codec import Codec
from connectors.reference_files import read_reference, reference_line
from connectors.time_bounds import TimeBounds
from domain.events import CardIssued, Progress
from domain.reference import Customer, Reference
from tests.simulation.recorded import Recorded


def test_the_product_reads_every_record_back(night: Recorded, tmp_path: Path) -> None:
    file = tmp_path / "reference.jsonl"
    file.write_bytes(b"".join(map(reference_line, night.records)))
    assert list(read_reference([file])) == list(night.records)


def test_everything_in_the_stream_is_on_record(night: Recorded) -> None:
    for event in night.events:
        assert night.cards[event.card].customer in night.customers
        if isinstance(event, CardIssued):
            assert event.branch in night.branches
            assert event.customer == night.cards[event.card].customer
        else:
            assert event.terminal is None or event.terminal in night.terminals
            assert event.customer in (None, night.cards[event.card].customer)


def test_the_join_knows_every_event_at_its_time(night: Recorded) -> None:
    reference = Reference.of(night.records, "Asia/Shanghai")
    codec = Codec(TimeBounds(night.plan.window.start_ms, night.plan.window.end_ms, 0))
    events, _ = codec.decode(Block("night", 0, night.stream, last=True))
    assert all(reference.join(event) for event in events if not isinstance(event, Progress))


def test_atms_are_devices_of_the_banks_branches_and_others_are_not(night: Recorded) -> None:
    own = [terminal for terminal in night.terminals.values() if terminal.branch]
    assert {terminal.branch for terminal in own} == set(night.branches)
    assert all(terminal.device for terminal in own)
    assert all(terminal.device is None for terminal in night.terminals.values() if not terminal.branch)


def test_customers_have_tiers_zones_and_numbers_without_digits(night: Recorded) -> None:
    customers = [record for record in night.records if isinstance(record, Customer)]
    tiers = Counter(customer.tier for customer in customers)
    assert tiers["standard"] > tiers["premium"] > tiers["private"] > 0
    assert all(ZoneInfo(customer.time_zone) for customer in customers)
    numbers = [number.reference for customer in customers for number in customer.numbers]
    assert len(set(numbers)) == len(numbers) >= len(customers)
    assert not any(character.isdigit() for number in numbers for character in number)


def test_cards_take_effect_when_opened_in_opening_hours_and_all_else_long_before(night: Recorded) -> None:
    start = datetime.fromtimestamp(night.plan.start_ms / 1_000, UTC)
    for card in night.cards.values():
        assert card.effective_at == card.issued_at
        assert 9 <= card.issued_at.astimezone(ZoneInfo("Asia/Shanghai")).hour <= 17
    for record in (*night.customers.values(), *night.terminals.values(), *night.branches.values()):
        assert record.effective_at < start - timedelta(days=3_000)


def test_customers_have_one_to_three_cards(night: Recorded) -> None:
    counts = Counter(card.customer for card in night.cards.values())
    assert set(counts) == set(night.customers)
    assert set(counts.values()) == {1, 2, 3}
