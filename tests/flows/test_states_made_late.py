"""A state that is made when its detector first wants an event does as one that was there from the start."""

import pickle
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from detectors import available
from domain.events import Progress
from flows.cells import Cell, Cells
from flows.plan import ScopePlan
from tests.flows.made import Bank, Counting, NoticingSilence, minute_ms, plan_of, runs, use
from tests.flows.test_watch import COUNTS, a_log


@dataclass(frozen=True, kw_only=True)
class OfMachines(Counting):
    """Wants withdrawals at machines alone."""

    reads: ClassVar[tuple[type, ...]] = Counting.reads[:1]
    channels: ClassVar[frozenset[str]] = frozenset({"atm"})


@dataclass(frozen=True, kw_only=True)
class SilentMachines(NoticingSilence):
    """Notices the silence of cards that were used at a machine."""

    reads: ClassVar[tuple[type, ...]] = Counting.reads[:1]
    channels: ClassVar[frozenset[str]] = frozenset({"atm"})


PLAN = plan_of(Counting(), OfMachines(), SilentMachines(), one_log=True)


@st.composite
def logs(draw: st.DrawFn) -> list[Any]:
    """Draw a log of which some uses are at machines."""
    return [
        event
        if isinstance(event, Progress)
        else replace(event, channel=draw(st.sampled_from(("pos", "pos", "atm"))))
        for event in draw(a_log("p"))
    ]


def as_format_2(kept: dict[str, bytes], plan: ScopePlan) -> dict[str, bytes]:
    """Write snapshots as they were before: every detector's state in every cell."""
    older = {}
    for name, saved in kept.items():
        written, layout, latest_ms, packed, *rest = pickle.loads(saved)
        assert written == 3
        cells = msgspec.msgpack.decode(packed, type=dict[str, bytes]) if packed else {}
        for key, cell in cells.items():
            ids, *states = msgspec.msgpack.decode(cell[8:])
            begun = [
                each.detector.dump(each.detector.start()) if state is None else state
                for each, state in zip(plan.watchers, states, strict=True)
            ]
            cells[key] = cell[:8] + msgspec.msgpack.encode([ids, *begun])
        older[name] = pickle.dumps((2, layout, latest_ms, msgspec.msgpack.encode(cells), *rest))
    return older


class FromTheStart(Cells):
    """Makes every state with the cell, as it once was."""

    def start(self, key: str, at_ms: int) -> Cell:
        cell = super().start(key, at_ms)
        cell[2:] = [detector.start() for detector in self._detectors]
        return cell


def watched(drawn: list[list[Any]], *, older: bool) -> Bank:
    """Read runs that each resume the last, from snapshots as they are or as they were."""
    bank, kept = Bank(PLAN), None
    for run in drawn:
        if kept is not None:
            bank.resume(as_format_2(kept, PLAN) if older else kept)
        bank.read(*run)
        kept = bank.end_epoch()
    return bank


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_it_says_what_one_that_was_there_from_the_start_says(data: st.DataObject) -> None:
    """Also where the cells are those that an earlier version saved."""
    log = data.draw(logs())
    drawn = data.draw(runs({"p": log}))
    late, older = watched(drawn, older=False), watched(drawn, older=True)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("flows.watch.Cells", FromTheStart)
        expected = watched([[("p", log, False), ("p", [], True)]], older=False)
    for bank in (late, older):
        assert bank.told == expected.told
        assert [bank.count(name) for name in COUNTS] == [expected.count(name) for name in COUNTS]


def test_nothing_is_kept_of_a_detector_that_wanted_nothing() -> None:
    bank = Bank(PLAN)
    bank.read(("p", [use("e1", 0, "k")], False))
    saved = [pickle.loads(kept)[3] for kept in bank.end_epoch().values()]
    (cell,) = [
        cell for cells in saved for cell in msgspec.msgpack.decode(cells, type=dict[str, bytes]).values()
    ]
    assert msgspec.msgpack.decode(cell[8:])[1:] == [[1], None, None]
    assert int.from_bytes(cell[:8]) == minute_ms(0)


@pytest.mark.parametrize("made", available().values(), ids=list(available()))
def test_nothing_is_due_where_nothing_was_seen(made: Any) -> None:
    detector = made()
    assert detector.due(detector.start()) is None
