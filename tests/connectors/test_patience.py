import logging
from datetime import timedelta

import pytest

from cases.errors import StoreBusy, StoreMissing
from connectors.patience import patiently

AT_ONCE = (timedelta(0), timedelta(milliseconds=1))


def asking(*answers: Exception | int):
    """Give what answers so, and then always with the last."""
    left = list(answers)

    def ask() -> int:
        answer = left.pop(0) if len(left) > 1 else left[0]
        asked.append(answer)
        if isinstance(answer, Exception):
            raise answer
        return answer

    asked: list[Exception | int] = []
    return ask, asked


def test_a_busy_store_is_asked_again_for_as_long_as_it_takes(caplog):
    ask, asked = asking(*[StoreBusy("locked")] * 20, 7)
    with caplog.at_level(logging.WARNING):
        assert patiently(ask, pauses=AT_ONCE) == 7
    assert len(asked) == 21
    assert len(caplog.records) == 20
    assert "locked; next try in" in caplog.text


def test_patience_ends_where_the_policy_says(caplog):
    ask, asked = asking(StoreBusy("locked"))
    with pytest.raises(StoreBusy):
        patiently(ask, timedelta(milliseconds=5), pauses=AT_ONCE)
    # At once, once without a pause, and after each of five milliseconds.
    assert len(asked) == 7


def test_what_waiting_cannot_cure_is_not_waited_for():
    ask, asked = asking(StoreMissing("no store"))
    with pytest.raises(StoreMissing):
        patiently(ask, pauses=AT_ONCE)
    assert len(asked) == 1
