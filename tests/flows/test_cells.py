"""What a bucket remembers is what one dictionary would, however it is packed, rested and swept."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.instants import span_ms
from flows.cells import IDS, LATEST, PARTER, STATES, Cells, last_ids, relaid
from flows.plan import ScopePlan, Watcher
from tests.flows.made import Counting, plan_of


@dataclass(frozen=True, kw_only=True)
class Listing(Counting):
    """Its state is not what it dumps, and from version 2 on it dumps something else."""

    state_version: int = 1

    def start(self) -> dict[str, Any]:
        return {"texts": []}

    def dump(self, state: dict[str, Any]) -> tuple[Any, ...]:
        return (tuple(state["texts"]),) if self.state_version == 1 else ("v2", *state["texts"])

    def load(self, dumped: list[Any], state_version: int) -> dict[str, Any]:
        return {"texts": list(dumped[0]) if state_version == 1 else dumped[1:]}


PLAN = plan_of(Counting(), Listing())
MEMORY_MS = span_ms(timedelta(minutes=60))
EMPTY = [0, PARTER, None, None]

touches = st.tuples(st.just("touch"), st.sampled_from("abcde"), st.integers(0, MEMORY_MS))
steps = st.lists(
    touches | st.tuples(st.sampled_from(("pack", "resume")), st.just(""), st.just(0)), max_size=40
)


def run(saves: bool, steps) -> tuple[Cells, dict[str, list[Any]], int]:
    """Touch keys as time goes on, save or rest between; gives the cells, an oracle and the time."""
    cells, oracle, latest = Cells(PLAN, {}), {}, 0
    for what, key, passed in steps:
        if what == "touch":
            latest += passed // 4
            cell = cells.live.get(key) or cells.wake(key, latest)
            plain = oracle.setdefault(key, [latest, *EMPTY[1:]])
            if latest - plain[LATEST] > MEMORY_MS:
                cell = cells.start(key, latest)
                plain = oracle[key] = [latest, *EMPTY[1:]]
            assert cell == plain
            for each in (cell, plain):
                each[LATEST] = latest
                each[IDS] += f"{latest}{PARTER}"
                each[STATES] = [(each[STATES] or [0])[0] + 1]
                if latest % 3:  # the other detector does not want every event
                    each[STATES + 1] = each[STATES + 1] or {"texts": []}
                    each[STATES + 1]["texts"].append(f"{key}上{latest}")
        elif not saves:
            cells.rest(latest)
        else:
            packed = cells.save(latest)
            if what == "resume":
                cells = Cells(PLAN, dict(packed))
    return cells, oracle, latest


@settings(max_examples=100, deadline=None)
@given(st.booleans(), steps)
def test_any_sequence_of_touches_and_packing_gives_the_cells_of_a_plain_dictionary(saves, steps):
    cells, oracle, latest = run(saves, steps)
    for key, plain in oracle.items():
        if latest - plain[LATEST] <= MEMORY_MS:
            assert cells.wake(key, latest + 1) == plain if key not in cells.live else cells.live[key] == plain


@settings(max_examples=100, deadline=None)
@given(st.booleans(), steps)
def test_a_sweep_removes_only_what_counts_as_never_seen(saves, steps):
    cells, oracle, latest = run(saves, steps)
    fresh = {key for key, plain in oracle.items() if latest - plain[LATEST] <= MEMORY_MS}
    assert len(fresh) <= len(cells) <= len(oracle)
    for key in set(oracle) - fresh:
        cell = cells.live.get(key) or cells.wake(key, latest)
        assert cell in (oracle[key], [latest, *EMPTY[1:]])


def test_cells_that_nobody_touches_any_more_go():
    for saves in (True, False):
        cells = Cells(PLAN, {})
        for number in range(100):
            cells.start(f"k{number}", number)
        for hour in range(4):
            latest = hour * MEMORY_MS
            cells.start("moving", latest)
            cells.save(latest) if saves else cells.rest(latest)
        assert len(cells) == 1


def test_a_key_that_is_touched_again_is_told_from_one_that_is_not():
    cells = Cells(PLAN, {})
    cells.start("old", 0)
    cells.start("kept", 0)
    packed = cells.save(0)
    cells.wake("kept", 0)[LATEST] = MEMORY_MS
    packed = cells.save(MEMORY_MS + 1)
    assert set(packed) == {"kept"}
    assert cells.wake("kept", 0)[LATEST] == MEMORY_MS


def test_what_was_saved_does_not_change_with_the_cell():
    cells = Cells(PLAN, {})
    cells.start("k", 5)[STATES] = [1]
    saved = dict(cells.save(5))
    cells.wake("k", 6)[STATES][0] = 2
    assert Cells(PLAN, saved).wake("k", 7)[STATES] == [1]


@given(st.lists(st.text("ab", min_size=1, max_size=3), min_size=8, max_size=20))
def test_cut_back_at_least_the_last_eight_ids_are_left(ids):
    text = PARTER + "".join(f"{event_id}{PARTER}" for event_id in ids)
    assert last_ids(text) == PARTER + "".join(f"{event_id}{PARTER}" for event_id in ids[-8:])


# --- another set of detectors

NAMES = ("burst", "travel", "outlier", "rings")


def plan(entries) -> ScopePlan:
    watchers = tuple(
        Watcher(name, detector, detector.step, {})
        for name, version in entries
        for detector in [Listing(state_version=version)]
    )
    return replace(PLAN, watchers=watchers)


layouts = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from((1, 2))), min_size=1, unique_by=lambda e: e[0]
)


@settings(max_examples=100, deadline=None)
@given(layouts, layouts)
def test_detectors_added_removed_reordered_or_of_a_new_version_keep_the_others_state(before, after):
    cells = Cells(plan(before), {})
    for key in ("a", "b"):
        cell = cells.start(key, 7)
        cell[IDS] += f"e1{PARTER}"
        for index, (name, _) in enumerate(before, start=STATES):
            cell[index] = {"texts": [f"{key} of {name}"]} if key == "a" else None
    laid = relaid(cells.save(7), list(before), plan(after))
    again = Cells(plan(after), laid)
    assert len(again) == 2
    for key in ("a", "b"):
        latest, ids, *states = again.wake(key, 9)
        assert (latest, ids) == (7, f"{PARTER}e1{PARTER}")
        known = {name for name, _ in before}
        expected = [
            {"texts": [f"{key} of {name}"]} if name in known and key == "a" else None for name, _ in after
        ]
        assert states == expected


@pytest.mark.parametrize("layout_type", [tuple, list])
def test_the_same_detectors_leave_the_cells_as_they_are(layout_type):
    packed = Cells(plan([("burst", 1)]), {}).save(0) | {"k": b"never looked into"}
    assert relaid(packed, [layout_type(("burst", 1))], plan([("burst", 1)])) is packed
