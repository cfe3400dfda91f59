"""Requests under keys: each is done once, answered the same again, and forgotten after a day."""

import pytest

from cases.errors import NotPossible
from cases.repeats import KEPT_MS, Answered, OtherRequest

ANSWERED = Answered(status=200, headers={"ETag": '"1"'}, body="{}")


def test_a_request_that_was_cut_off_is_never_done_twice(store):
    repeats = store.repeats
    assert repeats.begin("cti", "one", "d", 1000) is None
    with pytest.raises(NotPossible, match="being worked on"):
        repeats.begin("cti", "one", "d", 2000)
    with pytest.raises(NotPossible, match="cut off"):
        repeats.begin("cti", "one", "d", 120_000)
    with pytest.raises(OtherRequest, match="another request"):
        repeats.begin("cti", "one", "e", 120_000)
    repeats.keep("cti", "one", ANSWERED)
    assert repeats.begin("cti", "one", "d", 120_000) == ANSWERED


def test_what_changed_nothing_can_be_sent_again_and_what_was_answered_stays(store):
    repeats = store.repeats
    repeats.begin("cti", "one", "d", 1000)
    repeats.forget("cti", "one")
    assert repeats.begin("cti", "one", "d", 2000) is None
    repeats.keep("cti", "one", ANSWERED)
    repeats.forget("cti", "one")
    assert repeats.begin("cti", "one", "d", 3000) == ANSWERED


def test_what_is_too_old_to_come_again_is_forgotten(store):
    repeats = store.repeats
    repeats.begin("cti", "one", "d", 1000)
    repeats.keep("cti", "one", ANSWERED)
    repeats.sweep_if_due(1000 + KEPT_MS)
    assert repeats.begin("cti", "one", "d", 1000 + KEPT_MS) == ANSWERED
    repeats.sweep_if_due(1001 + KEPT_MS)
    with store.db.reading():
        assert store.db.rows("api_request", program="cti", key="one") == []
