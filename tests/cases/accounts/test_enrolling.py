"""How people come to be able to sign in: by invitation alone, and nobody by default."""

import pytest

from cases.accounts.codes import code_at
from cases.accounts.policy import AccountPolicy
from cases.errors import NotPossible, SignInRefused, WrongUse
from cases.policy import QueuePolicy
from cases.store import open_store
from cases.who import Role
from tests.cases.accounts.people import PASSWORD, STEP_MS, add, enrol, first, secret_of, sign_in, team
from tests.cases.made import HOUR_MS, NOON_MS

LATER_MS = NOON_MS + HOUR_MS


def test_the_first_user_is_made_with_a_token_and_then_there_is_none(store):
    assert store.accounts.session("", NOON_MS) is None
    person = first(store, "opal", Role.LEAD)
    assert store.accounts.user("opal").first
    assert (store.accounts.user("OPAL").state, person.role) == ("active", Role.LEAD)
    assert store.accounts.first_token(LATER_MS) is None


def test_a_first_token_holds_once_for_an_hour_and_until_there_is_another(store):
    old = store.accounts.first_token(NOON_MS)
    token = store.accounts.first_token(NOON_MS)
    for bad, at_ms in ((old, NOON_MS), (token, NOON_MS + HOUR_MS), ("guessed", NOON_MS)):
        with pytest.raises(NotPossible, match="was used, has run out, or waits"):
            store.accounts.accept(bad, "opal", PASSWORD, at_ms, Role.OPS)
    enrol(store, token, NOON_MS + HOUR_MS - 1, "opal", Role.OPS)
    for again in (
        lambda: store.accounts.accept(token, "pearl", PASSWORD, NOON_MS + 1, Role.OPS),
        lambda: store.accounts.confirm_totp(token, "000000", NOON_MS + 1),
    ):
        with pytest.raises(NotPossible):
            again()


def test_who_never_confirmed_does_not_keep_others_from_being_first(store):
    token = store.accounts.first_token(NOON_MS)
    store.accounts.accept(token, "opal", PASSWORD, NOON_MS, Role.OPS)
    assert first(store, "pearl", now_ms=NOON_MS + 2 * HOUR_MS).name == "pearl"


@pytest.mark.parametrize(
    ("name", "role", "wrong"),
    [
        (None, Role.OPS, "chooses a name"),
        ("opal", None, "ops or lead"),
        ("opal", Role.COMPLIANCE, "ops or lead"),
        ("", Role.OPS, "1 to 64 characters"),
        ("x" * 65, Role.OPS, "1 to 64 characters"),
        ("o\u202epal", Role.OPS, "can be read"),
        ("riskdesk", Role.OPS, "choose another name"),
        ("Api:ledger", Role.OPS, "choose another name"),
    ],
)
def test_names_and_roles_of_the_first_user_are_checked(store, name, role, wrong):
    token = store.accounts.first_token(NOON_MS)
    with pytest.raises(WrongUse, match=wrong):
        store.accounts.accept(token, name, PASSWORD, NOON_MS, role)


def test_an_invitation_holds_once_it_is_approved_for_72_hours_and_once(store):
    ops, lead, _ = team(store)
    made = store.accounts.propose_user(ops.who, "ana", Role.ANALYST, NOON_MS, "joins")
    assert made.invitation is not None
    with pytest.raises(NotPossible, match="waits for its second person"):
        store.accounts.accept(made.invitation, None, PASSWORD, NOON_MS)
    store.accounts.approve_user(lead.who, "ana", LATER_MS)
    assert store.accounts.user("ana").state == "invited"
    with pytest.raises(NotPossible):
        store.accounts.accept(made.invitation, None, PASSWORD, LATER_MS + 72 * HOUR_MS)
    with pytest.raises(WrongUse, match="is for ana as analyst"):
        store.accounts.accept(made.invitation, "bob", PASSWORD, LATER_MS)
    with pytest.raises(WrongUse, match="is for ana as analyst"):
        store.accounts.accept(made.invitation, None, PASSWORD, LATER_MS, Role.LEAD)
    person = enrol(store, made.invitation, LATER_MS + 72 * HOUR_MS - 1)
    assert (person.name, person.role, store.accounts.user("ana").state) == ("ana", Role.ANALYST, "active")
    with pytest.raises(NotPossible):
        store.accounts.accept(made.invitation, None, PASSWORD, LATER_MS + 1)


def test_nothing_holds_before_a_code_confirms_it_and_it_can_be_done_again_until_then(store):
    token = store.accounts.first_token(NOON_MS)
    with pytest.raises(NotPossible, match="set a password first"):
        store.accounts.confirm_totp(token, "000000", NOON_MS)
    lost = store.accounts.accept(token, "opal", PASSWORD, NOON_MS, Role.OPS)
    with pytest.raises(SignInRefused):
        store.accounts.sign_in("opal", PASSWORD, lost.recovery_codes[0], NOON_MS)
    with pytest.raises(WrongUse, match="not the code of now"):
        store.accounts.confirm_totp(token, "000000", NOON_MS)
    person = enrol(store, token, NOON_MS, "opal", Role.OPS)
    assert person.secret != secret_of(lost)
    with pytest.raises(SignInRefused):
        store.accounts.sign_in("opal", PASSWORD, lost.recovery_codes[0], LATER_MS)
    sign_in(store, person, LATER_MS)


def test_a_reset_takes_two_people_and_lets_nothing_old_in(store):
    ops, lead, compliance = team(store)
    before = sign_in(store, lead, LATER_MS)
    made = store.accounts.reset(ops.who, "lena", LATER_MS, "lost the phone")
    assert store.accounts.session(before.token, LATER_MS) is not None
    store.accounts.approve_user(compliance.who, "lena", LATER_MS)
    assert store.accounts.session(before.token, LATER_MS) is None
    for code in (lead.code(LATER_MS + STEP_MS), lead.recovery_codes[0]):
        with pytest.raises(SignInRefused):
            store.accounts.sign_in("lena", PASSWORD, code, LATER_MS + STEP_MS)
    assert made.invitation is not None
    anew = enrol(store, made.invitation, LATER_MS)
    with pytest.raises(SignInRefused):
        store.accounts.sign_in("lena", PASSWORD, lead.recovery_codes[0], LATER_MS + STEP_MS)
    sign_in(store, anew, LATER_MS + 2 * STEP_MS)


def test_a_newer_invitation_ends_the_older_one(store):
    ops, lead, _ = team(store)
    old = store.accounts.propose_user(ops.who, "ana", Role.ANALYST, NOON_MS, "joins").invitation
    store.accounts.approve_user(lead.who, "ana", NOON_MS)
    new = store.accounts.reset(ops.who, "ana", NOON_MS, "lost the letter").invitation
    store.accounts.approve_user(lead.who, "ana", NOON_MS)
    with pytest.raises(NotPossible):
        store.accounts.accept(old, None, PASSWORD, NOON_MS)
    assert enrol(store, new, NOON_MS).name == "ana"


def test_a_role_that_needs_no_codes_signs_in_without(url):
    policy = QueuePolicy(accounts=AccountPolicy(second_factor=(Role.OPS, Role.LEAD)))
    with open_store(url, policy=policy) as store:
        ops = first(store)
        lead = add(store, ops, ops, "lena", Role.LEAD)
        made = store.accounts.propose_user(ops.who, "ana", Role.ANALYST, NOON_MS, "joins")
        store.accounts.approve_user(lead.who, "ana", NOON_MS)
        enrolment = store.accounts.accept(made.invitation, None, PASSWORD, NOON_MS)
        assert (enrolment.totp_uri, enrolment.recovery_codes) == ("", ())
        assert store.accounts.sign_in("ana", PASSWORD, "", LATER_MS).user.name == "ana"
        # With a role that needs them, nobody is in before they have them.
        store.accounts.change_role(ops.who, "ana", Role.LEAD, LATER_MS, "leads now")
        store.accounts.approve_user(lead.who, "ana", LATER_MS)
        with pytest.raises(SignInRefused):
            store.accounts.sign_in("ana", PASSWORD, "", LATER_MS)


def test_people_choose_their_language_and_time_zone(store):
    token = store.accounts.first_token(NOON_MS)
    for language, zone in (("fr", "Asia/Shanghai"), ("en", "Mars/Olympus")):
        with pytest.raises(WrongUse):
            store.accounts.accept(
                token, "opal", PASSWORD, NOON_MS, Role.OPS, language=language, time_zone=zone
            )
    enrolment = store.accounts.accept(
        token, "opal", PASSWORD, NOON_MS, Role.OPS, language="zh", time_zone="Asia/Urumqi"
    )
    user = store.accounts.confirm_totp(token, code_at(secret_of(enrolment), NOON_MS), NOON_MS)
    assert (user.language, user.time_zone) == ("zh", "Asia/Urumqi")
    user = store.accounts.prefer("opal", "en", "Europe/Vienna", LATER_MS)
    assert (user.language, user.time_zone) == ("en", "Europe/Vienna")


def test_without_a_choice_it_is_the_time_zone_of_the_desk(store):
    first(store)
    assert store.accounts.user("opal").time_zone == store.policy.calling.time_zone
