"""What is forgotten of who signed in: sessions long over, and names under which signing in failed."""

import pytest

from cases.errors import LockedOut, SignInRefused
from cases.retention.policy import RetentionPolicy
from cases.store import Store
from domain.instants import span_ms
from tests.cases.accounts.people import Person, sign_in, team
from tests.cases.made import HOUR_MS, NOON_MS

DAY_MS = 24 * HOUR_MS
KEPT_MS = span_ms(RetentionPolicy().sign_ins_for)


def open_sessions(store: Store, person: Person) -> list[tuple[int, str]]:
    """Give when the sessions began that nobody ended, and from where they came."""
    return [(each.began_ms, each.ip) for each in store.accounts.sessions(person.who)]


def test_of_sessions_that_are_long_over_only_when_the_last_one_was_stays(store: Store) -> None:
    lead = team(store).lead
    began_ms = [NOON_MS + day * DAY_MS for day in (1, 2, 3)]
    ended = sign_in(store, lead, began_ms[0])
    store.accounts.sign_out(ended.token, began_ms[0] + HOUR_MS)
    for at_ms in began_ms[1:]:
        sign_in(store, lead, at_ms)  # and the browser was closed, which nobody is told

    assert store.retention.forget_sign_ins(began_ms[0] + HOUR_MS + KEPT_MS) == 0
    assert store.retention.forget_sign_ins(began_ms[0] + HOUR_MS + KEPT_MS + 1) == 1
    assert open_sessions(store, lead) == [(began_ms[1], "10.0.0.7"), (began_ms[2], "10.0.0.7")]
    assert store.retention.forget_sign_ins(began_ms[2] + KEPT_MS) == 1
    assert open_sessions(store, lead) == [(began_ms[2], "10.0.0.7")]
    assert store.retention.forget_sign_ins(began_ms[2] + KEPT_MS + 1) == 0
    assert open_sessions(store, lead) == [(began_ms[2], "")]
    assert store.accounts.last_signed_in(lead.who)["lena"] == began_ms[2]


def test_a_session_that_goes_on_is_left_alone(store: Store) -> None:
    ops = team(store).ops
    session = sign_in(store, ops, NOON_MS + DAY_MS)
    store.retention.forget_sign_ins(NOON_MS + DAY_MS + HOUR_MS)
    assert open_sessions(store, ops) == [(NOON_MS + DAY_MS, "10.0.0.7")]
    assert store.accounts.session(session.token, NOON_MS + DAY_MS + 1) is not None


def test_names_that_were_tried_are_forgotten_and_count_anew(store: Store) -> None:
    for tried in range(9):
        with pytest.raises(SignInRefused):
            store.accounts.sign_in("nobody", "some words of nobody", "", NOON_MS + tried)
    assert store.retention.forget_sign_ins(NOON_MS + 8 + KEPT_MS) == 0
    assert store.retention.forget_sign_ins(NOON_MS + 9 + KEPT_MS) == 1
    for tried in range(10):
        with pytest.raises(SignInRefused):
            store.accounts.sign_in("nobody", "some words of nobody", "", NOON_MS + 10 + KEPT_MS + tried)
    with pytest.raises(LockedOut):
        store.accounts.sign_in("nobody", "some words of nobody", "", NOON_MS + 20 + KEPT_MS)


def test_a_name_that_proved_who_it_is_leaves_nothing_to_forget(store: Store) -> None:
    lead = team(store).lead
    sign_in(store, lead, NOON_MS + DAY_MS)
    assert store.retention.forget_sign_ins(NOON_MS + DAY_MS + 2 * KEPT_MS) == 0
