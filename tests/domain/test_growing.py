"""A history that grows answers as one that was whole from the start, and says when it grew too late."""

from threading import Thread

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.growing import GrowingHistory, growing_tables
from domain.instants import from_ms
from domain.tables import Tables, TerminalRecord, TerminalRisk, history

TIMES = st.integers(0, 50)


def table(at_ms: int) -> TerminalRisk:
    return TerminalRisk(effective_at=from_ms(at_ms), version=f"t{at_ms}", terminals={})


@given(st.sets(TIMES), st.lists(st.one_of(st.none(), TIMES)))
def test_it_answers_as_a_history_of_what_it_was_told_and_knows_what_came_too_late(
    since: set[int], acts: list[int | None]
) -> None:
    grown: GrowingHistory[TerminalRisk] = GrowingHistory()
    waiting = sorted(since)
    known: list[TerminalRisk] = []
    asked: list[int] = []
    for at_ms in acts:
        if at_ms is not None:
            asked.append(at_ms)
            assert grown.at(at_ms) == history(known).at(at_ms)
        elif waiting:
            known.append(table(waiting.pop(0)))
            at_ms = known[-1].effective_at.timestamp() * 1000
            assert grown.add(known[-1]) == all(earlier < at_ms for earlier in asked)
    assert grown.versions == tuple(known)


def test_versions_of_long_ago_lie_packed_and_say_the_same() -> None:
    records = {f"t{n}": TerminalRecord(0.1, 0.2, n, n, n, n) for n in range(50)}
    whole = [msgspec.structs.replace(table(at_ms), terminals=records) for at_ms in range(60)]
    grown: GrowingHistory[TerminalRisk] = GrowingHistory()
    for each in whole:
        grown.add(each)
    # Back and forth, further apart than is kept ready.
    assert [grown.at(at_ms) for at_ms in (0, 59, 30, 0, *range(60), *range(59, -1, -1))] == [
        whole[at_ms] for at_ms in (0, 59, 30, 0, *range(60), *range(59, -1, -1))
    ]
    assert grown.versions == tuple(whole)
    assert grown.at(55) is whole[55]
    assert grown.at(30) is grown.at(30) is not whole[30]


def test_a_version_that_is_not_the_latest_is_refused() -> None:
    grown: GrowingHistory[TerminalRisk] = GrowingHistory()
    assert grown.add(table(5))
    for at_ms in (5, 4):
        with pytest.raises(ValueError, match="a later one is known already"):
            grown.add(table(at_ms))


def test_who_asks_while_it_grows_is_told_of_one_moment() -> None:
    grown: GrowingHistory[TerminalRisk] = GrowingHistory()
    seen: list[str] = []

    def ask() -> None:
        while not seen or seen[-1] != "t999":
            found = grown.at(999)
            if found is not None and (not seen or found.version != seen[-1]):
                seen.append(found.version)

    asking = Thread(target=ask)
    asking.start()
    for at_ms in range(1000):
        grown.add(table(at_ms))
    asking.join()
    assert seen == sorted(seen, key=lambda version: int(version[1:]))


def test_two_that_grow_are_the_same_only_if_they_are_one() -> None:
    one, other = growing_tables(), growing_tables()
    assert (one == one, one == other, one == Tables()) == (True, False, False)
    assert Tables.of([table(1)]) == Tables.of([table(1)])


def test_a_table_of_ones_own_stands_for_all_versions_of_the_others() -> None:
    own, others = Tables.of([table(5)]), Tables.of([table(1), table(9)])
    assert own.or_else(others).terminal_risk is own.terminal_risk
    assert Tables().or_else(others) == others
    grown = growing_tables()
    assert own.or_else(grown).risk_model is grown.risk_model
