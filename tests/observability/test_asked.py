"""Who asks for metrics waits for nobody, and nobody is asked more often than is good for him."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from observability.asked import Asked


class Respondent:
    """Counts how often it is asked, and can be kept from answering."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_answer = Event()
        self.may_answer.set()
        self.knows = True

    def __call__(self) -> int | None:
        self.asked += 1
        number = self.asked
        assert self.may_answer.wait(30)
        return number if self.knows else None


@pytest.fixture
def respondent() -> Iterator[Respondent]:
    made = Respondent()
    yield made
    made.may_answer.set()


def test_an_answer_is_kept_for_a_while(respondent: Respondent) -> None:
    asked = Asked(respondent, keep_s=60)
    assert [asked.latest() for _ in range(5)] == [1] * 5


def test_an_answer_that_is_no_longer_fresh_is_asked_for_again(respondent: Respondent) -> None:
    asked = Asked(respondent, keep_s=0)
    assert [asked.latest() for _ in range(3)] == [1, 2, 3]


def test_many_who_ask_at_once_put_one_question(respondent: Respondent) -> None:
    asked = Asked(respondent, keep_s=60, wait_s=30)
    together = Barrier(8)

    def ask(_: int) -> int | None:
        together.wait()
        return asked.latest()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [1] * 8


def test_who_is_slow_holds_nobody_up_and_the_last_answer_stands_meanwhile(respondent: Respondent) -> None:
    asked = Asked(respondent, keep_s=0, wait_s=0.05)
    assert asked.latest() == 1
    respondent.may_answer.clear()
    began = time.monotonic()
    assert [asked.latest() for _ in range(3)] == [1, 1, 1]
    assert time.monotonic() - began < 20
    assert respondent.asked == 2
    respondent.may_answer.set()
    while asked.latest() == 1:
        time.sleep(0.01)


def test_an_answer_that_is_too_old_is_none(respondent: Respondent) -> None:
    asked = Asked(respondent, keep_s=0, wait_s=0.05, old_s=0.2)
    assert asked.latest() == 1
    respondent.may_answer.clear()
    while asked.latest() is not None:
        time.sleep(0.01)


def test_who_does_not_know_gives_no_answer(respondent: Respondent) -> None:
    asked = Asked(respondent, keep_s=0)
    assert asked.latest() == 1
    respondent.knows = False
    assert asked.latest() is None


def test_who_fails_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    answers = iter([ZeroDivisionError(), 7])

    def ask() -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    asked = Asked(ask, keep_s=0)
    assert asked.latest() is None
    assert asked.latest() == 7
    assert "no answer for the metrics" in caplog.text
