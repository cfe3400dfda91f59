"""When the worst that was wrong with a device had which priority."""

import pytest

from cases.alarms.histories import Spell, spells


def event(alarm: str, priority: int, at_ms: int, what: str) -> dict[str, object]:
    return {"alarm": alarm, "priority": priority, "at_ms": at_ms, "what": what}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], []),
        ([event("a", 2, 10, "raised")], [Spell(10, 100, 2)]),
        ([event("a", 2, -50, "raised"), event("a", 2, 20, "returned")], [Spell(0, 20, 2)]),
        ([event("a", 2, -50, "raised"), event("a", 2, -20, "closed")], []),
        (
            [event("a", 3, 10, "raised"), event("b", 1, 20, "raised"), event("b", 1, 30, "closed")],
            [Spell(10, 20, 3), Spell(20, 30, 1), Spell(30, 100, 3)],
        ),
        (
            [event("a", 2, 10, "raised"), event("a", 2, 20, "returned"), event("a", 2, 40, "reopened"),
             event("a", 2, 50, "returned"), event("a", 2, 60, "closed")],
            [Spell(10, 20, 2), Spell(40, 50, 2)],
        ),
        (
            [event("a", 2, 10, "raised"), event("b", 2, 20, "raised"), event("a", 2, 30, "closed"),
             event("b", 2, 40, "closed")],
            [Spell(10, 40, 2)],
        ),
    ],
)  # fmt: skip
def test_the_worst_counts_and_touching_times_are_one(events, expected):
    assert spells(events, 0, 100) == expected
