"""Tokens are kept side by side and shown on screens: none has a control character in it."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.blocks import Block
from connectors.codec import Codec, TimeBounds
from connectors.verdicts import Accepted, verdict
from domain.rejections import Reason
from tests.connectors.hostile import AHEAD_MS, EARLIEST_MS, LATEST_MS, honest, write

BOUNDS = TimeBounds(EARLIEST_MS, LATEST_MS, AHEAD_MS)
TOKENS = ("event_id", "card", "customer", "merchant", "terminal", "counterparty", "branch", "issuance")


@pytest.fixture
def random() -> Random:
    return Random(5)


def decoded(*lines: bytes):
    return Codec(BOUNDS).decode(Block("p", 1, b"".join(line + b"\n" for line in lines)))


def line(random: Random, **fields) -> bytes:
    return write(honest(random, **fields))


@pytest.mark.parametrize("name", TOKENS)
@pytest.mark.parametrize("character", ["\n", "\t", "\r", "\b", "\f", "\0", "\x1b", "\x1f"])
def test_a_token_with_a_control_character_is_refused(random, name, character):
    good, bad = line(random), line(random, **{name: f"a{character}b"})
    events, [refused] = decoded(good, bad, good)
    assert len(events) == 2
    assert refused.reason is Reason.OUT_OF_RANGE
    assert refused.detail.startswith(f"$.{name} is ")
    assert refused.detail.endswith("expected text without control characters")
    assert character not in refused.detail


def test_the_branch_that_issued_a_card_is_a_token_too(random):
    issued = {"branch": "b\n", "at": "2026-01-01T00:00:00Z"}
    _, [refused] = decoded(line(random, issued=issued))
    assert refused.detail.startswith("$.issued.branch is ")


def test_what_is_no_token_may_have_one(random):
    events, rejected = decoded(
        line(random, place={"lat": 1, "lon": 2, "city": "Two\nLines"}), line(random, note="a\tb")
    )
    assert len(events) == 2
    assert rejected == []


@given(st.text(min_size=1, max_size=12), st.sampled_from(TOKENS), st.booleans(), st.randoms())
def test_the_quick_look_misses_no_control_character(text, name, ensure_ascii, random):
    raw = write(honest(random, **{name: text}), ensure_ascii=ensure_ascii)
    events, rejected = decoded(raw)
    definition = verdict(raw, BOUNDS)
    if isinstance(definition, Accepted):
        assert events == [definition.event]
        assert min(text) >= " "
    else:
        assert [(each.reason, each.detail) for each in rejected] == [definition]
