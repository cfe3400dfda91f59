from collections import Counter

import msgspec
import pytest

from connectors.blocks import Block
from connectors.codec import Codec
from connectors.time_bounds import TimeBounds
from domain.events import CARD_PRESENT
from tests.simulation.recorded import EVENTS, Recorded

JOINED = {"tier", "issued", "issuance", "device", "branch", "last4", "at_ms"}
TRUE_WORDS = (
    b"truth",
    b"ring",
    b"clone",
    b"fraud",
    b"incident",
    b"lookalike",
    b"runner",
    b"planted",
)


def test_every_line_is_an_event_and_nothing_else(night: Recorded) -> None:
    lines = night.stream.splitlines()
    assert len(lines) == night.plan.events
    for line in lines:
        assert msgspec.json.encode(EVENTS.decode(line)) == line


def test_the_codec_rejects_no_line_and_knows_every_field(night: Recorded) -> None:
    window = night.plan.window
    codec = Codec(TimeBounds(window.start_ms, window.end_ms, 0))
    events, rejected = codec.decode(Block("night", 0, night.stream, last=True))
    assert (len(events), rejected) == (night.plan.events, [])
    assert not codec.unknown_fields


def test_what_reference_data_says_is_not_in_the_stream(night: Recorded) -> None:
    for line in night.stream.splitlines():
        fields = msgspec.json.decode(line)
        allowed = {"branch"} if fields["kind"] == "card_issued" else set()
        assert not JOINED & set(fields) - allowed


@pytest.mark.parametrize("word", TRUE_WORDS, ids=bytes.decode)
def test_no_word_of_the_truth_is_in_the_stream(night: Recorded, word: bytes) -> None:
    assert word not in night.stream.lower()


def test_a_card_that_is_present_is_where_its_terminal_stands(night: Recorded) -> None:
    for use in night.uses:
        present = use.channel in CARD_PRESENT
        assert (use.place is not None) == (use.terminal is not None) == present
        if use.terminal is not None:
            assert use.place == night.terminals[use.terminal].place


def test_times_are_local_or_utc(night: Recorded) -> None:
    offsets = Counter(use.at.utcoffset() for use in night.uses)
    assert sorted(offset.total_seconds() / 3_600 for offset in offsets if offset is not None) == [0, 8]


def test_atm_sessions_end_after_they_start_and_nothing_else_has_an_end(night: Recorded) -> None:
    for use in night.uses:
        assert (use.ended_at is not None) == (use.channel == "atm")
        assert use.ended_at is None or use.ended_at > use.at


def test_nobody_is_refused_without_a_reason(night: Recorded) -> None:
    refused = [use for use in night.uses if use.outcome == "declined"]
    assert 0.005 < len(refused) / len(night.uses) < 0.04
    assert all((use.decline_reason is not None) == (use.outcome == "declined") for use in night.uses)


def test_every_channel_and_type_happens(night: Recorded) -> None:
    assert {use.channel for use in night.uses} == {"pos", "atm", "ecom", "moto", "mobile", "counter"}
    assert {use.type for use in night.uses} >= {
        "purchase",
        "withdrawal",
        "deposit",
        "transfer_in",
        "transfer_out",
        "refund",
        "balance_inquiry",
    }


def test_no_account_is_overdrawn_and_balances_add_up(night: Recorded) -> None:
    left: dict[str, int] = {}
    unknown: set[str] = set()
    added = 0
    for use in sorted(night.uses, key=lambda use: use.at):
        if use.outcome == "declined":
            continue
        if use.balance_after_minor is None:
            # Paid in another currency: what is left is not known until the next use.
            unknown.add(use.card)
            continue
        assert use.balance_after_minor >= 0
        money_in = use.type in ("deposit", "transfer_in", "refund", "reversal")
        change = use.amount_minor if money_in else -use.amount_minor
        if use.card in left and use.card not in unknown:
            assert use.balance_after_minor == left[use.card] + change
            added += 1
        left[use.card] = use.balance_after_minor
        unknown.discard(use.card)
    assert added > 500
