"""A hold is renewed, given back, runs out, is taken over; who comes too late is told and loses no word."""

import pytest

from cases.case import Outcome, Status
from cases.errors import NotAllowed, NotFound, NotPossible, NotYours, WrongUse
from cases.store import Store
from cases.who import Who
from tests.cases.made import HOUR_MS, MINUTE_MS, NOON_MS, alert
from tests.cases.work.doing import AGENT, LEAD, OTHER, audited, one_case, set_calling, tasks, whats


@pytest.fixture
def case_id(store: Store) -> str:
    return one_case(store, alert("a", "c1", "u1"))


def test_a_hold_is_renewed_up_to_its_cap(store: Store, case_id: str) -> None:
    held = store.work.claim(case_id, AGENT, NOON_MS)
    for minute in range(1, 45):
        renewed = store.work.renew(held.task.id, AGENT, held.task.lease_no, NOON_MS + minute * MINUTE_MS)
        assert renewed.task.lease_until_ms == NOON_MS + min(45, minute + 2) * MINUTE_MS
        assert renewed.task.lease_no == held.task.lease_no
    with pytest.raises(NotPossible, match="as long as it can be; release it"):
        store.work.renew(held.task.id, AGENT, held.task.lease_no, NOON_MS + 45 * MINUTE_MS)


def test_renewing_never_makes_a_hold_shorter(store: Store, case_id: str) -> None:
    held = store.work.claim(case_id, AGENT, NOON_MS, lease_ms=30 * MINUTE_MS)
    renewed = store.work.renew(held.task.id, AGENT, None, NOON_MS + MINUTE_MS)
    assert renewed.task.lease_until_ms == NOON_MS + 30 * MINUTE_MS


def test_only_the_holder_renews(store: Store, case_id: str) -> None:
    held = store.work.claim(case_id, AGENT, NOON_MS)
    with pytest.raises(NotYours, match="is with a17 until"):
        store.work.renew(held.task.id, OTHER, None, NOON_MS)
    with pytest.raises(NotFound, match="no task 999"):
        store.work.renew(999, AGENT, None, NOON_MS)


def test_what_is_given_back_is_free_at_once(store: Store, case_id: str) -> None:
    store.work.claim(case_id, AGENT, NOON_MS)
    assert store.work.release(case_id, AGENT, "lunch", NOON_MS + 1).status is Status.OPEN
    assert store.work.next(OTHER, NOON_MS + 1).case.id == case_id
    assert whats(store, case_id) == ["opened", "claimed", "released", "release_reason", "claimed"]


def test_nobody_gives_back_what_nobody_holds(store: Store, case_id: str) -> None:
    with pytest.raises(NotYours, match="nobody holds"):
        store.work.release(case_id, AGENT, "", NOON_MS)


def test_a_lead_takes_a_case_from_somebody_and_says_why(store: Store, case_id: str) -> None:
    store.work.claim(case_id, AGENT, NOON_MS)
    with pytest.raises(NotYours, match="is with a17 until"):
        store.work.release(case_id, OTHER, "I want it", NOON_MS)
    with pytest.raises(WrongUse, match="say why"):
        store.work.release(case_id, LEAD, " ", NOON_MS)
    assert store.work.release(case_id, LEAD, "gone home", NOON_MS).leases == ()


def test_nobody_is_cut_off_who_is_on_the_phone(store: Store, case_id: str) -> None:
    held = store.work.claim(case_id, AGENT, NOON_MS)
    set_calling(store, held.task.id)
    with pytest.raises(NotPossible, match=r"a call of .* is open"):
        store.work.release(case_id, LEAD, "gone home", NOON_MS)
    with pytest.raises(NotYours, match="a17 is on the phone with customer:u1"):
        store.work.close(case_id, LEAD, None, Outcome.GENUINE, "", NOON_MS)
    assert store.work.end_shift("a17", AGENT, NOON_MS) == ()
    assert store.cases.show(case_id).case.lease.by == "a17"


def test_the_end_of_a_shift_frees_everything(store: Store) -> None:
    store.cases.take_in([alert(f"{n}", f"c{n}", f"u{n}") for n in range(3)])
    held = [store.work.next(LEAD, NOON_MS).case.id for _ in range(3)]
    assert store.work.end_shift("lead-1", LEAD, NOON_MS) == tuple(held)
    assert {case.status for case in store.cases.list()} == {Status.OPEN}
    with pytest.raises(NotAllowed, match="that takes: lead"):
        store.work.end_shift("lead-1", AGENT, NOON_MS)


def test_who_comes_too_late_hears_who_has_it_and_keeps_what_they_wrote(store: Store, case_id: str) -> None:
    held = store.work.claim(case_id, AGENT, NOON_MS)
    later_ms = NOON_MS + 3 * MINUTE_MS
    store.work.claim(case_id, OTHER, later_ms)
    sentence = "this case was taken over by a18 at 12:03 UTC"
    with pytest.raises(NotYours, match=sentence):
        store.work.complete(held.task.id, AGENT, held.task.lease_no, "said no to all", later_ms)
    with pytest.raises(NotYours, match=sentence):
        store.work.close(
            *(case_id, AGENT, held.task.lease_no, Outcome.CONFIRMED_FRAUD),
            "gave 4111 1111 1111 1111 as hers",
            later_ms,
        )
    drafts = [entry.note for entry in store.cases.show(case_id).timeline if entry.what == "draft"]
    assert drafts == ["said no to all", "gave **** **** **** 1111 as hers"]
    assert store.cases.show(case_id).case.status is Status.WORKING


def test_who_comes_too_late_hears_that_nobody_has_it(store: Store, case_id: str) -> None:
    held = store.work.claim(case_id, AGENT, NOON_MS)
    store.work.sweep(NOON_MS + HOUR_MS)
    with pytest.raises(NotYours, match=f"nobody holds {case_id}; claim it"):
        store.work.complete(held.task.id, AGENT, held.task.lease_no, "", NOON_MS + HOUR_MS)
    assert "draft" not in whats(store, case_id)


def test_who_comes_too_late_hears_that_it_is_over(store: Store, case_id: str) -> None:
    held = store.work.claim(case_id, AGENT, NOON_MS)
    store.work.close(case_id, LEAD, None, Outcome.GENUINE, "", NOON_MS)
    with pytest.raises(NotYours, match=r"task \d+ of .* is done since 12:00 UTC"):
        store.work.complete(held.task.id, AGENT, held.task.lease_no, "", NOON_MS)


def test_one_person_in_two_sessions_works_in_the_later_one(store: Store, case_id: str) -> None:
    morning, evening = Who("a17", session="s1"), Who("a17", session="s2")
    held = store.work.claim(case_id, morning, NOON_MS)
    with pytest.raises(NotYours, match="by a17 in another session at 12:00 UTC"):
        store.work.renew(held.task.id, evening, None, NOON_MS)
    again = store.work.claim(case_id, evening, NOON_MS)
    assert (again.task.id, again.task.lease_no) == (held.task.id, held.task.lease_no + 1)
    with pytest.raises(
        NotYours, match="taken over since: lease 1 is stale, a17 holds it again under lease 2"
    ):
        store.work.complete(held.task.id, morning, held.task.lease_no, "", NOON_MS)


def test_a_task_that_is_done_leaves_a_review_when_it_was_the_last(store: Store, case_id: str) -> None:
    held = store.work.claim(case_id, AGENT, NOON_MS)
    case = store.work.complete(held.task.id, AGENT, held.task.lease_no, "reached her", NOON_MS)
    assert case.status is Status.OPEN
    assert [(task.kind, task.state) for task in tasks(store, case_id)] == [
        ("call_customer", "done"),
        ("review", "ready"),
    ]


def test_an_agent_does_not_close_over_somebody_elses_head(store: Store) -> None:
    case_id = one_case(store, alert("a", scope="branch", members=[("c1", "u1"), ("c2", "u2")]))
    for who in (AGENT, OTHER):
        store.work.claim(case_id, who, NOON_MS)
    with pytest.raises(NotYours, match=r"is with a18 until .*; a17 cannot close it"):
        store.work.close(case_id, AGENT, None, Outcome.GENUINE, "", NOON_MS)
    store.work.close(case_id, LEAD, None, Outcome.GENUINE, "all of it a mistake", NOON_MS)


def test_every_act_is_in_the_timeline_and_in_the_audit(store: Store, case_id: str) -> None:
    held = store.work.claim(case_id, AGENT, NOON_MS)
    store.work.renew(held.task.id, AGENT, None, NOON_MS + MINUTE_MS)
    store.work.release(case_id, AGENT, "", NOON_MS + MINUTE_MS)
    store.work.claim(case_id, OTHER, NOON_MS + MINUTE_MS)
    store.work.close(case_id, OTHER, None, Outcome.GENUINE, "", NOON_MS + MINUTE_MS)
    acts = ["claimed", "renewed", "released", "claimed", "closed"]
    assert whats(store, case_id) == ["opened", *acts]
    rows = audited(store)
    assert [row["verb"] for row in rows if row["object"] == f"case:{case_id}"] == acts
    assert [row["actor"] for row in rows][:3] == ["riskdesk", "a17", "a17"]
