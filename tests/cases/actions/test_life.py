"""The life of an action: one table that cannot be stepped around."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.actions.kinds import RULES, Kind, Second
from cases.actions.life import ENDED, IN_FORCE, TABLE, Move, Status, follow
from cases.errors import NotPossible
from cases.who import RIGHTS, Role


def test_every_status_can_be_reached_from_a_proposal() -> None:
    reached = {Status.PROPOSED}
    for _ in Status:
        reached |= {after for (before, _), after in TABLE.items() if before in reached}
    assert reached == set(Status)


@given(st.lists(st.sampled_from(Move), max_size=12))
def test_no_row_of_moves_gets_past_the_second_person(moves: list[Move]) -> None:
    status, seen = Status.PROPOSED, []
    for move in moves:
        try:
            status = follow(status, move)
        except NotPossible:
            continue
        seen.append(status)
    if Status.EXECUTING in seen:
        assert seen[0] is Status.APPROVED
        assert Status.REJECTED not in seen
        assert Status.EXPIRED not in seen
    if status in ENDED:
        assert all((status, move) not in TABLE for move in Move)


def test_what_ended_is_not_in_force() -> None:
    assert {Status.FAILED, Status.REJECTED, Status.EXPIRED, Status.REVERSED} == ENDED
    assert not ENDED & set(IN_FORCE)


def test_a_move_that_is_not_in_the_table_says_what_is() -> None:
    with pytest.raises(NotPossible, match="an action that is expired cannot start; it can: nothing any more"):
        follow(Status.EXPIRED, Move.START)
    with pytest.raises(NotPossible, match="it can: approve, expire, reject"):
        follow(Status.PROPOSED, Move.START)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_somebody_to_make_it_and_somebody_to_check_it(kind: Kind) -> None:
    people = [role for role in Role if role is not Role.SYSTEM]
    rule = RULES[kind]
    assert any(rule.make in RIGHTS[role] for role in people)
    assert any(rule.check in RIGHTS[role] for role in people)
    assert rule.second is Second.AFTER if kind is Kind.TEMPORARY_BLOCK else rule.second is Second.BEFORE
