"""The table of states is all that may happen to an alarm."""

import pytest

from cases.alarms.states import ACTIVE, MOVES, SHOWN, Event, State, alarm_after
from cases.errors import NotPossible


def test_an_alarm_goes_from_normal_to_closed_by_way_of_people() -> None:
    state = State.NORMAL
    passed = []
    for event in (Event.RAISE, Event.ANNUNCIATE, Event.ACKNOWLEDGE, Event.RETURN, Event.CLOSE):
        state = alarm_after(state, event)
        passed.append(state.value)
    assert passed == ["pending", "unacknowledged", "acknowledged", "returned", "closed"]


def test_one_that_is_over_before_anybody_took_it_up_says_so() -> None:
    assert alarm_after(State.UNACKNOWLEDGED, Event.RETURN) is State.RETURNED_UNACKNOWLEDGED
    assert alarm_after(State.RETURNED_UNACKNOWLEDGED, Event.ACKNOWLEDGE) is State.RETURNED


def test_every_state_can_be_reached_and_left() -> None:
    assert {after for after in MOVES.values()} | {State.NORMAL} == set(State)
    assert {state for state, _ in MOVES} == set(State)


def test_only_a_raise_brings_back_what_is_not_there() -> None:
    into = {
        (state, event) for (state, event), after in MOVES.items() if after in ACTIVE and state not in ACTIVE
    }
    assert {event for _, event in into} == {Event.RAISE}
    assert {state for (state, event), after in MOVES.items() if after in SHOWN and state not in SHOWN} == {
        State.PENDING
    }


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", Event)
def test_what_is_not_in_the_table_is_refused_with_what_is_possible(state: State, event: Event) -> None:
    if (state, event) in MOVES:
        assert alarm_after(state, event) is MOVES[state, event]
    else:
        with pytest.raises(NotPossible, match=rf"does not {event}; possible is: .*close|raise"):
            alarm_after(state, event)
