"""Two people decide who may sign in, but for the first user at the beginning; one person may end it."""

import sqlite3

import psycopg
import pytest

from cases.errors import NotAllowed, NotFound, NotPossible, SignInRefused, WrongUse
from cases.who import DESK_ITSELF, RIGHTS, Right, Role, Who
from tests.cases.accounts.people import PASSWORD, STEP_MS, add, enrol, first, sign_in, team
from tests.cases.made import HOUR_MS, NOON_MS

LATER_MS = NOON_MS + HOUR_MS
REFUSED = (sqlite3.IntegrityError, psycopg.errors.CheckViolation)


def test_a_user_is_added_by_one_person_and_approved_by_another(store):
    ops, lead, compliance = team(store)
    made = store.accounts.propose_user(
        ops.who, "ana", Role.AGENT, NOON_MS, "joins", team="night", skills=("cards", "calls"), language="zh"
    )
    assert [each.name for each in store.accounts.changes(lead.who, waiting=True)] == ["ana"]
    with pytest.raises(NotFound):
        store.accounts.user("ana")
    with pytest.raises(NotAllowed, match="may not approve user"):
        store.accounts.approve_user(ops.who, "ana", NOON_MS)
    change = store.accounts.approve_user(compliance.who, "ana", LATER_MS, "on the list")
    assert (change.verdict, change.checker, change.alone) == ("approved", "cora", False)
    user = enrol(store, made.invitation, LATER_MS)
    found = store.accounts.user(user.name)
    assert (found.team, found.skills, found.language, found.made_ms) == (
        "night", ("cards", "calls"), "zh", LATER_MS,
    )  # fmt: skip
    assert [each.name for each in store.accounts.users(lead.who)] == ["ana", "cora", "lena", "opal"]
    assert store.accounts.changes(lead.who, waiting=True) == ()


def test_nobody_approves_what_they_proposed_or_what_is_about_themselves(store):
    ops, lead, compliance = team(store)
    store.accounts.propose_user(lead.who, "ana", Role.AGENT, NOON_MS, "joins")
    with pytest.raises(NotAllowed, match="another person must"):
        store.accounts.approve_user(lead.who, "ana", NOON_MS)
    store.accounts.change_role(ops.who, "lena", Role.COMPLIANCE, NOON_MS, "moves")
    with pytest.raises(NotAllowed, match="another person must"):
        store.accounts.approve_user(lead.who, "lena", NOON_MS)
    store.accounts.approve_user(compliance.who, "lena", NOON_MS)
    assert store.accounts.user("lena").role is Role.COMPLIANCE


def test_the_database_refuses_one_person_for_two_whatever_the_code_believes(store):
    _, lead, _ = team(store)
    change = store.accounts.propose_user(lead.who, "ana", Role.AGENT, NOON_MS, "joins").change
    decided = {"verdict": "approved", "checker_role": "lead", "decided_ms": NOON_MS, "note": "", "alone": 0}
    for checker in ("LENA ", "ana"):
        with pytest.raises(REFUSED), store.db.writing():
            store.db.run("decide_account_change", id=change.id, checker=checker, **decided)


def test_the_first_user_decides_alone_until_two_could_approve_and_never_again(store):
    ops = first(store)
    lead = add(store, ops, ops, "lena", Role.LEAD)
    add(store, ops, ops, "cora", Role.COMPLIANCE)
    assert [each.alone for each in store.accounts.changes(lead.who)] == [True, True]
    store.accounts.propose_user(ops.who, "ana", Role.AGENT, NOON_MS, "joins")
    with pytest.raises(NotAllowed):
        store.accounts.approve_user(ops.who, "ana", NOON_MS)
    store.accounts.disable(ops.who, "cora", NOON_MS, "left")
    with pytest.raises(NotAllowed):
        store.accounts.approve_user(ops.who, "ana", NOON_MS)


def test_a_first_lead_is_alone_until_a_second_person_can_approve(store):
    lead = first(store, "lena", Role.LEAD)
    add(store, lead, lead, "cora", Role.COMPLIANCE)
    store.accounts.propose_user(lead.who, "ana", Role.AGENT, NOON_MS, "joins")
    with pytest.raises(NotAllowed):
        store.accounts.approve_user(lead.who, "ana", NOON_MS)


def test_the_last_who_can_approve_is_not_disabled(store):
    ops, _, _ = team(store)
    store.accounts.disable(ops.who, "cora", NOON_MS, "left")
    with pytest.raises(NotPossible, match="the last who can approve"):
        store.accounts.disable(ops.who, "lena", NOON_MS, "left")


def test_disabling_takes_one_person_and_ends_everything_at_once(store):
    ops, lead, compliance = team(store)
    signed_in = sign_in(store, lead, LATER_MS)
    _, secret = store.accounts.make_token(
        signed_in.session.who, "ledger", ("cases:read",), LATER_MS + HOUR_MS, LATER_MS
    )
    assert store.accounts.disable(compliance.who, "LENA", LATER_MS, "left").state == "disabled"
    assert store.accounts.session(signed_in.token, LATER_MS) is None
    assert store.accounts.token(secret, LATER_MS) is None
    with pytest.raises(SignInRefused):
        sign_in(store, lead, LATER_MS + STEP_MS)
    for act in (
        lambda: store.accounts.disable(ops.who, "lena", LATER_MS, "left"),
        lambda: store.accounts.enable(ops.who, "opal", LATER_MS, "is back"),
    ):
        with pytest.raises(NotPossible):
            act()
    store.accounts.enable(ops.who, "lena", LATER_MS, "is back")
    store.accounts.approve_user(compliance.who, "lena", LATER_MS)
    sign_in(store, lead, LATER_MS + 2 * STEP_MS)


def test_another_role_ends_the_sessions_that_had_the_old_one(store):
    ops, lead, compliance = team(store)
    signed_in = sign_in(store, lead, LATER_MS)
    store.accounts.change_role(ops.who, "lena", Role.AUDITOR, LATER_MS, "moves", team="audit")
    store.accounts.approve_user(compliance.who, "lena", LATER_MS)
    assert store.accounts.session(signed_in.token, LATER_MS) is None
    user = sign_in(store, lead, LATER_MS + STEP_MS).user
    assert (user.role, user.team) == (Role.AUDITOR, "audit")


def test_only_an_active_user_in_their_own_role_changes_users(store):
    team(store)
    for who in (
        Who("stranger", Role.OPS),
        Who("opal", Role.COMPLIANCE),
        Who("opal", Role.LEAD),
        DESK_ITSELF,
    ):
        with pytest.raises(NotAllowed, match="no active user"):
            store.accounts.propose_user(who, "ana", Role.AGENT, NOON_MS, "joins")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SYSTEM])
def test_who_may_propose_and_see_users_is_who_has_the_right(store, role):
    ops, lead, _ = team(store)
    made = store.accounts.propose_user(ops.who, "ana", role, NOON_MS, "joins")
    store.accounts.approve_user(lead.who, "ana", NOON_MS)
    ana = enrol(store, made.invitation, NOON_MS)
    rights = RIGHTS[role]
    outcomes = []
    for act in (
        lambda: store.accounts.propose_user(ana.who, "bob", Role.AGENT, NOON_MS, "joins"),
        lambda: store.accounts.users(ana.who),
        lambda: store.accounts.sessions(ana.who, everybody=True),
    ):
        try:
            act()
        except NotAllowed:
            outcomes.append(False)
        else:
            outcomes.append(True)
    seeing = bool(rights & {Right.PROPOSE_USER, Right.APPROVE_USER, Right.READ_AUDIT})
    assert outcomes == [Right.PROPOSE_USER in rights, seeing, seeing]


def test_a_proposal_is_refused_by_another_or_taken_back_and_then_the_name_is_free(store):
    ops, lead, _ = team(store)
    made = store.accounts.propose_user(ops.who, "ana", Role.AGENT, NOON_MS, "joins")
    with pytest.raises(NotPossible, match="waits for a second person"):
        store.accounts.propose_user(lead.who, "Ana", Role.LEAD, NOON_MS, "joins")
    assert store.accounts.refuse_user(lead.who, "ana", NOON_MS, "not on the list").verdict == "refused"
    with pytest.raises(NotPossible):
        store.accounts.approve_user(lead.who, "ana", NOON_MS)
    with pytest.raises(NotPossible):
        store.accounts.accept(made.invitation, None, PASSWORD, NOON_MS)
    store.accounts.propose_user(ops.who, "ana", Role.AGENT, NOON_MS, "joins after all")
    assert store.accounts.refuse_user(ops.who, "ana", NOON_MS, "does not").verdict == "withdrawn"


def test_wrong_use_says_what_is_allowed(store):
    ops, _, _ = team(store)
    accounts = store.accounts
    for act, said in (
        (
            lambda: accounts.propose_user(ops.who, "ana", Role.SYSTEM, NOON_MS, "joins"),
            "nobody can be system",
        ),
        (lambda: accounts.propose_user(ops.who, "ana", Role.AGENT, NOON_MS, " "), "say why"),
        (lambda: accounts.propose_user(ops.who, "a\nb", Role.AGENT, NOON_MS, "joins"), "can be read"),
        (lambda: accounts.disable(ops.who, "cora", NOON_MS, ""), "say why"),
    ):
        with pytest.raises(WrongUse, match=said):
            act()
    with pytest.raises(NotPossible, match="already"):
        accounts.propose_user(ops.who, "LENA", Role.AGENT, NOON_MS, "joins")
    with pytest.raises(NotPossible, match="lena is lead already"):
        accounts.change_role(ops.who, "lena", Role.LEAD, NOON_MS, "stays")
    with pytest.raises(NotFound):
        accounts.reset(ops.who, "nobody", NOON_MS, "lost the phone")


def test_every_change_of_users_is_on_record(store):
    team(store)
    with store.db.reading():
        rows = store.db.rows("last_audit_rows", object="user:lena", actor=None, verb=None, limit=10)
    assert [(row["actor"], row["verb"]) for row in reversed(rows)] == [
        ("opal", "user_change_proposed"),
        ("opal", "user_change_approved"),
        ("lena", "user_enrolled"),
    ]
    assert rows[1]["reason"].startswith("adding lena as lead: alone, as the first user")
