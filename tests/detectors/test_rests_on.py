"""Without the table that it rests on a detector changes nothing and says nothing: nobody need ask it."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from detectors import available
from detectors.examples import Example, read
from domain.growing import growing_tables
from domain.tables import NO_TABLES, Tables
from flows.plan import at_rest, plan_scopes

RESTING = [(made, example) for made in available().values() if made.rests_on for example in read(made)]
IDS = [f"{made.__module__}: {example.name}" for made, example in RESTING]


@pytest.mark.parametrize(("made", "example"), RESTING, ids=IDS)
def test_it_does_nothing_without_the_table(made: Any, example: Example) -> None:
    detector = TypeAdapter(made).validate_python(example.parameters)
    step, state = detector.bound(NO_TABLES), detector.start()
    for event in example.events:
        assert not detector.wants(event) or step(state, event) == ()
    assert detector.dump(state) == detector.dump(detector.start())


@pytest.mark.parametrize(("made", "example"), RESTING, ids=IDS)
def test_it_is_asked_where_the_table_is_there_or_may_come(made: Any, example: Example) -> None:
    detector = TypeAdapter(made).validate_python(example.parameters)

    def asked(tables: Tables) -> bool:
        (plan,) = plan_scopes([detector], tables, log_scope=None, partitions=1)
        (watcher,) = plan.watchers
        steps = [plan.steps(2, kind) for kind in plan.reads]
        assert all(bool(each) is (watcher.step is not at_rest) for each in steps)
        return any(steps)

    assert not asked(NO_TABLES)
    assert asked(growing_tables())
    assert asked(example.tables) is bool(getattr(example.tables, made.rests_on).versions)
