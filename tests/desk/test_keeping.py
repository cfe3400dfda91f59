"""Values that take long to find are found by one request and shown to all."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from desk.keeping import Keeping


@pytest.fixture
def found():
    """Gives the numbers of the times that a value was found."""
    return iter(range(100))


def test_a_value_is_kept_for_its_time(found):
    keeping = Keeping()
    ask = [keeping.get("a", now_ms, 1000, lambda: next(found)) for now_ms in (0, 999, 1000, 1500, 2000)]
    assert [each.value for each in ask] == [0, 0, 1, 1, 2]
    assert [each.at_ms for each in ask] == [0, 0, 1000, 1000, 2000]


def test_names_are_apart_and_a_clock_set_back_finds_anew(found):
    keeping = Keeping()
    assert keeping.get("a", 0, 1000, lambda: next(found)).value == 0
    assert keeping.get("b", 0, 1000, lambda: next(found)).value == 1
    assert keeping.get("a", -5, 1000, lambda: next(found)).value == 2


def test_while_one_request_finds_it_the_others_get_what_was_there():
    keeping, begun, go = Keeping(), Event(), Event()
    keeping.get("a", 0, 10, lambda: "old")

    def slowly() -> str:
        begun.set()
        go.wait(30)
        return "new"

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(keeping.get, "a", 100_000, 10, slowly)
        assert begun.wait(30)
        assert keeping.get("a", 100_000, 10, lambda: "never").value == "old"
        go.set()
        assert first.result(30).value == "new"


def test_who_asks_first_together_waits_for_one_finding():
    keeping, begun, go = Keeping(), Event(), Event()
    times = []

    def slowly() -> str:
        times.append(1)
        begun.set()
        go.wait(30)
        return "new"

    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(keeping.get, "a", 0, 10, slowly) for _ in range(3)]
        assert begun.wait(30)
        go.set()
        assert {each.result(30).value for each in asked} == {"new"}
    assert len(times) == 1


def test_what_could_not_be_found_is_asked_for_again():
    keeping = Keeping()
    with pytest.raises(LookupError):
        keeping.get("a", 0, 10, lambda: {}["nothing"])
    assert keeping.get("a", 0, 10, lambda: 7).value == 7
