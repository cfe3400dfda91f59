"""The order in which alerts arrive, and in what batches, leaves no trace in what floods hold either."""

from itertools import pairwise
from shutil import rmtree
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.floods.policy import FloodPolicy
from cases.integrity import faults
from cases.policy import QueuePolicy
from cases.store import Store, open_store
from domain.alerts import Alert
from tests.cases.made import HOUR_MS, alert
from tests.sqlite_store import sqlite_store

POLICY = QueuePolicy(flood=FloodPolicy(alerts=3))


@st.composite
def alerts(draw: st.DrawFn) -> list[Alert]:
    """Give alerts of few people, detectors and hours, so that floods, rings and merges overlap."""
    found = []
    for number in range(draw(st.integers(1, 18))):
        person = draw(st.integers(0, 7))
        members = [(f"c{other}", None) for other in draw(st.lists(st.integers(0, 7), max_size=1))]
        found.append(
            alert(
                str(number),
                f"c{person}",
                draw(st.sampled_from([f"u{person // 2}", None])),
                at_ms=draw(st.integers(0, 1)) * HOUR_MS + number,
                detector=draw(st.sampled_from(["burst", "burst", "burst", "amount_outlier"])),
                ring=draw(st.sampled_from(["", "", "r"])),
                members=draw(st.sampled_from([[], members])),
                exposure_minor=draw(st.sampled_from([0, 5_000])),
                currency=draw(st.sampled_from(["CNY", "EUR"])),
            )
        )
    return found


def picture(store: Store) -> Any:
    """Give everything about the live cases that an agent goes by, but the names of those of people."""
    return sorted(
        (
            sorted(record["id"] for record in file.evidence),
            file.case.kind,
            file.case.subject,
            file.case.band,
            file.case.due_ms,
            file.case.rank_ms,
            file.case.alerts,
            repr(file.case.breakdown),
            file.case.reasons,
            repr(file.case.members),
            sorted((task.kind, task.subject) for task in file.tasks if task.state == "ready"),
        )
        for file in (store.cases.show(case.id) for case in store.cases.list())
    )


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_order_and_any_batches_give_the_same_floods_and_cases(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    found = data.draw(alerts())
    shuffled = data.draw(st.permutations(found))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(found)))) | {0, len(found)})
    folder = tmp_path_factory.mktemp("order")
    with (
        open_store(sqlite_store(folder / "one.db"), policy=POLICY) as one,
        open_store(sqlite_store(folder / "many.db"), policy=POLICY) as many,
    ):
        one.cases.take_in(found)
        for start, end in pairwise(cuts):
            many.cases.take_in(shuffled[start:end])
            assert faults(many.db) == ()
        assert picture(many) == picture(one)
        told = {record["id"] for case in many.cases.list() for record in many.cases.show(case.id).evidence}
        assert told == {each.id for each in found}
    rmtree(folder)
