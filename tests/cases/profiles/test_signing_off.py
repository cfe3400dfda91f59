"""Two people decide what runs, and what ran can be told for every moment in the past."""

import pytest

from cases.errors import NotAllowed, NotFound, NotPossible, StoreError, WrongUse
from cases.signing_off.change import ChangeKind, Verdict
from cases.store import Store, open_store
from cases.who import Role, Who
from tests.cases.actions.desk import execute
from tests.cases.closed import verbs
from tests.cases.conftest import URL_OF_STORE
from tests.cases.made import NOON_MS, processes
from tests.cases.profiles.signed import (
    ANALYST,
    LEAD,
    OTHER_ANALYST,
    OTHER_LEAD,
    REFUSED_BY_THE_DATABASE,
    REPORT,
    add,
    at,
    content,
    promote,
)


def test_a_version_comes_into_force_when_a_second_person_agrees(store: Store) -> None:
    add(store, "limit: 5")
    proposed = store.profiles.promote(at(1), ANALYST, NOON_MS, "to begin with")
    assert (proposed.kind, proposed.decision) == (ChangeKind.PROMOTION, None)
    with pytest.raises(
        NotFound, match="no version of night is in force; name one, as night@1, or promote it"
    ):
        store.profiles.in_force("night")
    approved = store.profiles.approve(at(1), LEAD, NOON_MS + 5, "looked at it")
    found = store.profiles.in_force("night")
    assert (found.version.number, found.change) == (1, approved)
    assert approved.in_force_since_ms == NOON_MS + 5
    assert store.profiles.get(at())[0] == found.version
    assert verbs(store) == ["profile_added", "profile_proposed", "profile_approved"]


@pytest.mark.parametrize("name", ["ana-1", "ANA-1", " ana-1 "])
def test_who_proposed_it_cannot_approve_it_whatever_the_role(store: Store, name: str) -> None:
    add(store, "limit: 5")
    store.profiles.promote(at(1), ANALYST, NOON_MS, "to begin with")
    for role in (Role.ANALYST, Role.LEAD):
        with pytest.raises(NotAllowed, match="another person must approve it"):
            store.profiles.approve(at(1), Who(name, role), NOON_MS)
    with pytest.raises(NotAllowed, match="may not approve rule; that takes: lead, analyst"):
        store.profiles.approve(at(1), Who("agent-7"), NOON_MS)
    assert store.profiles.approve(at(1), OTHER_ANALYST, NOON_MS).decision


def test_the_database_itself_refuses_a_checker_who_is_the_maker(store: Store, url: str) -> None:
    add(store, "limit: 5")
    store.profiles.promote(at(1), ANALYST, NOON_MS, "to begin with")
    deciding = (
        "INSERT INTO profile_decision (name, turn, maker, verdict, checker, role, at_ms, note) "
        "VALUES ('night', 1, ?, ?, ?, 'lead', 1, '')"
    )
    for maker, verdict, checker in (
        ("ana-1", "approved", "ana-1"),
        ("ana-1", "approved", " ANA-1 "),
        ("ana-1", "refused", "ana-1"),
        ("ana-1", "approved", " "),
    ):
        with pytest.raises(REFUSED_BY_THE_DATABASE):
            execute(url, deciding, maker, verdict, checker)
    decision = {"name": "night", "turn": 1, "verdict": "approved", "role": "lead", "at_ms": 1, "note": ""}
    with pytest.raises((StoreError, *REFUSED_BY_THE_DATABASE)), store.db.writing():
        store.db.run("decide_profile", **decision, maker="somebody", checker="ana-1")
    execute(url, deciding, "ana-1", "approved", "lead-2")


def test_what_is_refused_or_taken_back_does_not_come_into_force(store: Store) -> None:
    add(store, "limit: 5")
    store.profiles.promote(at(1), ANALYST, NOON_MS, "to begin with")
    with pytest.raises(WrongUse, match="say why"):
        store.profiles.refuse(at(1), LEAD, NOON_MS, "")
    refused = store.profiles.refuse(at(1), LEAD, NOON_MS, "too many calls")
    store.profiles.promote(at(1), ANALYST, NOON_MS, "all the same")
    with pytest.raises(NotAllowed, match="may not approve rule"):
        store.profiles.refuse(at(1), Who("agent-7"), NOON_MS, "no")
    withdrawn = store.profiles.refuse(at(1), ANALYST, NOON_MS, "I was wrong")
    assert [each.decision and each.decision.verdict for each in (refused, withdrawn)] == [
        Verdict.REFUSED,
        Verdict.WITHDRAWN,
    ]
    with pytest.raises(NotPossible, match="the promotion of night@1 was withdrawn by ana-1"):
        store.profiles.approve(at(1), LEAD, NOON_MS)
    with pytest.raises(NotFound):
        store.profiles.in_force("night")


def test_one_proposal_waits_at_a_time_and_only_what_was_looked_at_is_approved(store: Store) -> None:
    add(store, "limit: 5")
    add(store, "limit: 6")
    with pytest.raises(NotPossible, match="nothing was proposed about night"):
        store.profiles.approve(at(), LEAD, NOON_MS)
    store.profiles.promote(at(2), ANALYST, NOON_MS, "better")
    with pytest.raises(
        NotPossible, match=r"the promotion of night@2 was proposed by ana-1 .* refuse that one"
    ):
        store.profiles.promote(at(1), OTHER_ANALYST, NOON_MS, "better")
    with pytest.raises(NotPossible, match="night@2 waits for a second person, not night@1"):
        store.profiles.approve(at(1), LEAD, NOON_MS)
    assert store.profiles.approve(at(), LEAD, NOON_MS).number == 2


def test_a_promotion_over_another_version_names_its_report(store: Store) -> None:
    promote(store, add(store, "limit: 5"))
    add(store, "limit: 6")
    with pytest.raises(WrongUse, match="night@1 is in force; name the report"):
        store.profiles.promote(at(2), ANALYST, NOON_MS, "better")
    changed = store.profiles.promote(at(2), ANALYST, NOON_MS, "better", REPORT)
    assert store.profiles.changes("night")[-1] == changed
    assert changed.report == REPORT
    store.profiles.approve(at(2), LEAD, NOON_MS)
    with pytest.raises(NotPossible, match="night@2 is in force already"):
        store.profiles.promote(at(2), ANALYST, NOON_MS, "again", REPORT)
    with pytest.raises(WrongUse, match="say which version: night@2"):
        store.profiles.promote(at(), ANALYST, NOON_MS, "again", REPORT)
    with pytest.raises(NotFound, match="there is no night@9; night has versions 1 to 2"):
        store.profiles.promote(at(9), ANALYST, NOON_MS, "again", REPORT)


def test_a_rollback_goes_to_what_was_in_force_before_and_takes_two_people(store: Store) -> None:
    for limit in range(3):
        add(store, f"limit: {limit}")
    promote(store, 1)
    promote(store, 2)
    with pytest.raises(NotPossible, match="night@3 was never in force"):
        store.profiles.rollback(at(3), ANALYST, NOON_MS, "worse")
    store.profiles.rollback(at(1), ANALYST, NOON_MS, "worse")
    assert store.profiles.in_force("night").version.number == 2
    with pytest.raises(NotAllowed, match="ana-1 proposed the rollback to night@1"):
        store.profiles.approve(at(1), ANALYST, NOON_MS)
    store.profiles.approve(at(1), LEAD, NOON_MS)
    assert store.profiles.in_force("night").version.number == 1


# --- the past


def test_what_was_in_force_can_be_told_for_every_moment(store: Store) -> None:
    for limit in range(2):
        add(store, f"limit: {limit}")
    promote(store, 1, NOON_MS + 10)
    promote(store, 2, NOON_MS + 20)
    store.profiles.rollback(at(1), ANALYST, NOON_MS + 25, "worse")
    store.profiles.approve(at(1), LEAD, NOON_MS + 30)
    told = {
        since: store.profiles.in_force("night", NOON_MS + since).version.number
        for since in (10, 19, 20, 29, 30, 10_000)
    }
    assert told == {10: 1, 19: 1, 20: 2, 29: 2, 30: 1, 10_000: 1}
    with pytest.raises(NotFound, match=r"no version of night was in force at 2026-03-05T12:00:00\.009Z"):
        store.profiles.in_force("night", NOON_MS + 9)


def test_history_has_one_order_although_a_clock_is_behind(store: Store) -> None:
    for limit in range(2):
        add(store, f"limit: {limit}")
    promote(store, 1, NOON_MS + 1000)
    behind = promote(store, 2, NOON_MS)
    assert (behind.at_ms, behind.in_force_since_ms) == (NOON_MS + 1000, NOON_MS + 1000)
    assert store.profiles.in_force("night", NOON_MS + 1000).version.number == 2


def test_profiles_of_other_names_are_none_of_its_business(store: Store) -> None:
    promote(store, add(store, "limit: 5"))
    store.profiles.add(content("limit: 5", name="day"), ANALYST, NOON_MS, "other")
    store.profiles.promote(at(1, "day"), ANALYST, NOON_MS, "other")
    assert [(each.name, each.number) for each in store.profiles.versions()] == [("day", 1), ("night", 1)]
    assert [each.name for each in store.profiles.changes()] == ["day", "night"]
    assert [each.name for each in store.profiles.changes("night")] == ["night"]
    assert store.profiles.in_force("night").version.name == "night"


# --- at once


def approve_at_once(url: str, name: str) -> bool:
    with open_store(url) as store:
        try:
            store.profiles.approve(at(), Who(name, Role.LEAD), NOON_MS)
        except NotPossible:
            return False
        return True


def add_at_once(url: str, name: str) -> list[int]:
    who = Who(name, Role.ANALYST)
    with open_store(url) as store:
        added = [store.profiles.add(content(f"by: {name} {n}"), who, NOON_MS, "better") for n in range(5)]
    return [each.version.number for each in added]


@pytest.fixture(params=URL_OF_STORE)
def raced(request: pytest.FixtureRequest) -> str:
    """Every store, in the tests that take seconds as well."""
    found: str = request.getfixturevalue(URL_OF_STORE[request.param])
    return found


def test_of_approvals_at_once_one_holds(raced: str) -> None:
    with open_store(raced) as store:
        add(store, "limit: 5")
        store.profiles.promote(at(1), ANALYST, NOON_MS, "better")
    with processes(4) as pool:
        held = list(pool.map(approve_at_once, [raced] * 4, [f"lead-{n}" for n in range(4)]))
    assert held.count(True) == 1
    with open_store(raced) as store:
        assert verbs(store).count("profile_approved") == 1
        (change,) = store.profiles.changes("night")
        assert change.decision is not None
        assert change.decision.checker == f"lead-{held.index(True)}"
        assert store.audit.verify().breaks == ()


def test_versions_that_are_added_at_once_have_a_number_each(raced: str) -> None:
    open_store(raced).close()
    with processes(4) as pool:
        found = pool.map(add_at_once, [raced] * 4, [f"ana-{n}" for n in range(4)])
        numbers = [number for each in found for number in each]
    assert sorted(numbers) == list(range(1, 21))


def test_one_decision_holds_even_where_two_read_the_proposal_before_either_wrote(raced: str) -> None:
    with open_store(raced) as store:
        add(store, "limit: 5")
        store.profiles.promote(at(1), ANALYST, NOON_MS, "better")
        values = {"name": "night", "turn": 1, "maker": "ana-1", "verdict": "approved", "role": "lead"}
        with store.db.writing():
            assert store.db.run("decide_profile", **values, checker=LEAD.name, at_ms=1, note="") == 1
        with store.db.writing():
            second = {"checker": OTHER_LEAD.name, "at_ms": 2, "note": ""}
            assert store.db.run("decide_profile", **values, **second) == 0
