"""What is made of a table is made once for each version, also of those that come later."""

from domain.growing import GrowingHistory
from domain.instants import from_ms
from domain.prepared import Prepared
from domain.tables import TerminalRisk


def test_each_version_is_made_ready_once_when_the_first_event_of_its_time_comes() -> None:
    history: GrowingHistory[TerminalRisk] = GrowingHistory()
    made: list[str] = []

    def make(table: TerminalRisk) -> str:
        made.append(table.version)
        return f"made of {table.version}"

    prepared = Prepared(history, make)
    assert prepared.at(5) is None
    for at_ms in (10, 20):
        history.add(TerminalRisk(effective_at=from_ms(at_ms), version=f"t{at_ms}", terminals={}))
    assert prepared.at(9) is None
    # Two logs that are on either side of the moment.
    assert [prepared.at(at_ms) for at_ms in (10, 20, 19, 21, 9)] == [
        "made of t10", "made of t20", "made of t10", "made of t20", None
    ]  # fmt: skip
    assert made == ["t10", "t20"]


def test_of_many_versions_only_the_last_few_are_kept() -> None:
    history: GrowingHistory[TerminalRisk] = GrowingHistory()
    made: list[str] = []
    for at_ms in range(6):
        history.add(TerminalRisk(effective_at=from_ms(at_ms), version=f"t{at_ms}", terminals={}))
    prepared = Prepared(history, lambda table: made.append(table.version) or table.version)
    assert [prepared.at(at_ms) for at_ms in (*range(6), 5, 2, 1)] == [f"t{n}" for n in (*range(6), 5, 2, 1)]
    assert made == ["t0", "t1", "t2", "t3", "t4", "t5", "t1"]
