"""What may follow what in the life of a work order, as a table that is looked at from all sides."""

from itertools import product

import pytest

from cases.work_orders.order import LIVE, TRANSITIONS, OrderState, Step

ENDED = [state for state in OrderState if state not in LIVE]


@pytest.mark.parametrize("state", ENDED)
def test_what_has_ended_stays_so(state):
    assert not [step for step in Step if (state, step) in TRANSITIONS]


@pytest.mark.parametrize("state", LIVE)
def test_what_is_live_can_come_to_an_end_and_be_cancelled(state):
    assert TRANSITIONS[state, Step.CANCEL] is OrderState.CANCELLED
    reached = {state}
    for _ in OrderState:
        reached |= {after for (before, _), after in TRANSITIONS.items() if before in reached}
    assert OrderState.DONE in reached


def test_every_state_but_the_first_is_reached_by_some_step():
    assert set(TRANSITIONS.values()) == set(OrderState)
    assert {(state, step) for state, step in product(OrderState, Step)} > TRANSITIONS.keys()
