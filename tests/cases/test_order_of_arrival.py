"""The order in which alerts arrive, and in what batches, leaves no trace in the cases."""

from itertools import pairwise
from shutil import rmtree
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.grouping import GroupingPolicy
from cases.policy import QueuePolicy
from cases.store import Store, open_store
from domain.alerts import Alert
from domain.findings import Severity
from tests.cases.made import HOUR_MS, alert, partition
from tests.sqlite_store import sqlite_store

CUSTOMER_OF_CARD = {f"c{n}": f"u{n // 2}" for n in range(10)}
cards = st.sampled_from(sorted(CUSTOMER_OF_CARD))


@st.composite
def holders(draw: st.DrawFn, card: str) -> str | None:
    """Give the card's customer, or None: not every alert knows."""
    return CUSTOMER_OF_CARD[card] if draw(st.booleans()) else None


@st.composite
def alerts(draw: st.DrawFn) -> list[Alert]:
    """Give alerts in no order whose customers, members and ring keys overlap."""
    found = []
    for number in range(draw(st.integers(1, 12))):
        common: dict[str, Any] = {
            "at_ms": draw(st.integers(-6, 6)) * HOUR_MS // 2 + draw(st.integers(0, 1)),
            "ring": draw(st.sampled_from(["", "r", "q"])),
            "severity": draw(st.sampled_from(Severity)),
            "probability": draw(st.sampled_from([0.1, 0.5, 0.9])),
            "exposure_minor": draw(st.sampled_from([0, 900_000, 20_000_000])),
            "currency": draw(st.sampled_from(["CNY", "TWD"])),
            "tier": draw(st.sampled_from([None, "standard", "premium", "private"])),
        }
        scope = draw(st.sampled_from(["card", "card", "customer", "terminal", "branch"]))
        card = draw(cards)
        members = [(token, draw(holders(token))) for token in draw(st.lists(cards, max_size=4, unique=True))]
        name = str(number)
        match scope:
            case "card":
                found.append(alert(name, card, draw(holders(card)), **common))
            case "customer":
                found.append(alert(name, None, CUSTOMER_OF_CARD[card], scope=scope, **common))
            case _:
                key = draw(st.sampled_from(["k1", "k2"]))
                found.append(alert(name, card, scope=scope, key=key, members=members, **common))
    return found


def picture(store: Store) -> Any:
    """Give everything about the cases that an agent goes by, but their names."""
    cases = [store.cases.show(case.id) for case in store.cases.list()]
    return sorted(
        (
            sorted(record["id"] for record in file.evidence),
            file.case.subject,
            file.case.band,
            file.case.due_ms,
            file.case.rank_ms,
            file.case.expected_loss_minor,
            repr(file.case.breakdown),
            file.case.reasons,
            repr(file.case.members),
            sorted(task.subject for task in file.tasks if task.state == "ready"),
        )
        for file in cases
    )


@pytest.mark.parametrize("ring_customers", [2, 3])
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_any_order_and_any_batches_give_the_same_cases_and_none_falls_back(
    tmp_path_factory: pytest.TempPathFactory, ring_customers: int, data: st.DataObject
) -> None:
    found = data.draw(alerts())
    shuffled = data.draw(st.permutations(found))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(found)))) | {0, len(found)})
    folder = tmp_path_factory.mktemp("order")
    policy = GroupingPolicy(ring_customers=ring_customers)
    with (
        open_store(sqlite_store(folder / "one.db"), policy=QueuePolicy(grouping=policy)) as one,
        open_store(sqlite_store(folder / "many.db"), policy=QueuePolicy(grouping=policy)) as many,
    ):
        one.cases.take_in(found)
        stood: dict[str, tuple[int, int, int]] = {}
        for start, end in pairwise(cuts):
            many.cases.take_in(shuffled[start:end])
            for case in many.cases.list():
                band, due_ms, rank_ms = stood.get(case.id, (case.band, case.due_ms, case.rank_ms))
                assert (case.band, case.rank_ms) <= (band, rank_ms)
                assert case.due_ms <= due_ms
                stood[case.id] = (case.band, case.due_ms, case.rank_ms)
        assert picture(many) == picture(one)
        assert set.union(set(), *partition(many.cases)) == {each.id for each in found}
    rmtree(folder)
