import json
import re
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.codec import Codec
from connectors.verdicts import Accepted, verdict
from domain.events import Event
from domain.rejections import Reason, Rejected
from tests.connectors.decoding import BOUNDS, decoded
from tests.connectors.hostile import MAX_LINE_BYTES, Line, hostile_lines

HOSTILE = hostile_lines(seed=20260301, count=10_000)


def blob(lines: list[Line]) -> bytes:
    return b"".join(line.raw + b"\n" for line in lines)


@pytest.fixture(scope="module")
def all_decoded() -> tuple[list[Event], list[Rejected]]:
    return decoded(blob(HOSTILE))


def test_each_hostile_line_is_an_event_or_is_refused_for_the_right_reason(all_decoded):
    events, rejected = all_decoded
    offset, expected = 1, []
    for line in HOSTILE:
        if line.reason is not None:
            expected.append((offset, line.reason, line.raw[:200]))
        offset += len(line.raw) + 1
    raw_at = {place: raw for place, _, raw in expected}
    found = [(each.offset, each.reason, raw_at.get(each.offset, each.raw)) for each in rejected]
    assert found == expected
    assert len(events) == len(HOSTILE) - len(rejected)


def test_the_hostile_lines_hold_every_reason_and_enough_events():
    reasons = Counter(line.reason for line in HOSTILE)
    # What is no line of JSON is refused before it is one, by who reads card messages.
    assert set(reasons) == {None, *Reason} - {Reason.NOT_A_MESSAGE}
    assert reasons[None] > 2000


def test_events_come_in_the_order_of_their_lines(all_decoded):
    expected = [json.loads(line.raw).get("event_id") for line in HOSTILE if line.reason is None]
    assert [getattr(event, "event_id", None) for event in all_decoded[0]] == expected


def test_each_line_alone_gives_what_it_gives_among_others(all_decoded):
    events, rejected, offset = [], [], 1
    for line in HOSTILE:
        more_events, more_rejected = decoded(line.raw + b"\n", offset)
        events += more_events
        rejected += more_rejected
        offset += len(line.raw) + 1
    assert (events, rejected) == all_decoded


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), cuts=st.lists(st.integers(0, 300)))
def test_how_lines_are_cut_into_blocks_changes_nothing(seed, cuts):
    lines = hostile_lines(seed, 300)
    whole = Codec(BOUNDS)
    cut = Codec(BOUNDS)
    events, rejected, offset = [], [], 1
    for start, end in pairwise(sorted({0, 300, *cuts})):
        more_events, more_rejected = decoded(blob(lines[start:end]), offset, cut)
        events += more_events
        rejected += more_rejected
        offset += len(blob(lines[start:end]))
    assert decoded(blob(lines), 1, whole) == (events, rejected)
    assert whole.unknown_fields == cut.unknown_fields


def test_the_fast_path_gives_what_the_verdict_would():
    events = [
        found.event
        for line in HOSTILE
        if isinstance(found := verdict(line.raw, BOUNDS), Accepted) and len(line.raw) <= MAX_LINE_BYTES
    ]
    assert decoded(blob(HOSTILE))[0] == events


def windows(text: str) -> list[str]:
    """Give every window of 13 to 19 digits, single blanks and dashes between them left out.

    Coordinates, which may have so many decimals, are left out too.
    """
    text = re.sub(r'"(lat|lon)":-?[0-9]{1,3}\.[0-9]+(?=[,}])', "", text)
    found = []
    for stretch in re.findall(r"[0-9](?:[ -]?[0-9])+", text):
        digits = re.sub(r"[^0-9]", "", stretch)
        found += [
            digits[start:end]
            for start in range(len(digits))
            for end in range(start + 13, min(start + 19, len(digits)) + 1)
        ]
    return found


def luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0


def test_no_card_number_is_left_in_what_was_refused(all_decoded):
    for each in all_decoded[1]:
        for text in (each.raw.decode("utf-8", "replace"), each.detail):
            assert [window for window in windows(text) if luhn(window)] == []


def test_not_even_most_digits_of_a_card_number_are_left_in_what_was_refused(all_decoded):
    numbers = {}
    offset = 1
    for line in HOSTILE:
        numbers[offset] = line.number
        offset += len(line.raw) + 1
    with_number = [(each, numbers[each.offset]) for each in all_decoded[1] if numbers[each.offset]]
    assert len(with_number) > 500
    for each, number in with_number:
        assert number[:9] not in each.raw.decode("utf-8", "replace")
        assert number[:9] not in each.detail
