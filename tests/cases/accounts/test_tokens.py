"""Programs act for their owners within scopes, and approve nothing."""

import pytest

from cases.accounts.tokens import RIGHTS_OF_SCOPE, Scope
from cases.errors import NotAllowed, NotFound, NotPossible, WrongUse
from cases.who import RIGHTS, Right, Role, Who
from tests.cases.accounts.people import team
from tests.cases.actions.desk import proposal
from tests.cases.closed import live_case
from tests.cases.made import HOUR_MS, NOON_MS, alert

DAY_MS = 24 * HOUR_MS


def test_a_program_acts_within_its_scopes_until_its_day(store):
    _, lead, _ = team(store)
    made, secret = store.accounts.make_token(lead.who, "ledger", ("cases:read",), NOON_MS + DAY_MS, NOON_MS)
    assert secret.startswith("rd_")
    assert secret.endswith(made.last4)
    found = store.accounts.token(secret, NOON_MS + DAY_MS - 1)
    assert found == made
    assert (found.who.name, found.who.role, found.scopes) == ("api:ledger", Role.LEAD, (Scope.CASES_READ,))
    found.who.require(Right.READ_CASES)
    with pytest.raises(NotAllowed, match="no scope of it allows that"):
        found.who.require(Right.WORK_CASES)
    assert not found.who.may(Right.WORK_FOR_OTHERS)
    assert store.accounts.token(secret, NOON_MS + DAY_MS) is None
    assert store.accounts.token("rd_guessed", NOON_MS) is None
    assert store.accounts.tokens(lead.who) == (made,)


def test_no_scope_lets_a_program_approve_or_keep_users():
    assert set(RIGHTS_OF_SCOPE) == set(Scope)
    given = frozenset().union(*RIGHTS_OF_SCOPE.values())
    approving = {right for right in Right if right.startswith(("approve_", "release_"))}
    assert not given & (approving | {Right.PROPOSE_USER, Right.RUN_STORE, Right.READ_AUDIT})


def test_an_owner_does_not_approve_what_their_program_proposed(store):
    _, lead, compliance = team(store)
    case_id = live_case(store, alert("a", "c1", "u1"))
    made, _ = store.accounts.make_token(lead.who, "blocker", ("actions:propose",), NOON_MS + DAY_MS, NOON_MS)
    action = store.actions.propose(proposal(case_id=case_id), made.who, NOON_MS)
    assert action.maker == "api:blocker"
    with pytest.raises(NotAllowed, match="another person must check it"):
        store.actions.approve(action.id, lead.who, NOON_MS)
    assert store.actions.approve(action.id, compliance.who, NOON_MS).checker == "cora"


def test_a_program_cannot_do_what_its_owner_may_not(store):
    ops, _, _ = team(store)
    with pytest.raises(NotAllowed, match="may not do that themself: cases:work"):
        store.accounts.make_token(ops.who, "p", ("cases:work",), NOON_MS + DAY_MS, NOON_MS)
    made, secret = store.accounts.make_token(
        ops.who, "hooks", ("webhooks:manage",), NOON_MS + DAY_MS, NOON_MS
    )
    made.who.require(Right.MANAGE_WEBHOOKS)
    # It goes by what the owner is now.
    store.accounts.change_role(ops.who, "opal", Role.AUDITOR, NOON_MS, "moves")
    store.accounts.approve_user(Who("cora", Role.COMPLIANCE), "opal", NOON_MS)
    now = store.accounts.token(secret, NOON_MS)
    assert now is not None
    assert not now.who.may(Right.MANAGE_WEBHOOKS)
    assert Right.MANAGE_WEBHOOKS not in RIGHTS[Role.AUDITOR]


def test_a_revoked_program_is_out_at_once_and_its_name_stays_taken(store):
    ops, lead, compliance = team(store)
    _, secret = store.accounts.make_token(lead.who, "ledger", ("cases:read",), NOON_MS + DAY_MS, NOON_MS)
    assert [each.name for each in store.accounts.tokens(ops.who, everybody=True)] == ["ledger"]
    assert store.accounts.tokens(ops.who) == ()
    with pytest.raises(NotAllowed):
        store.accounts.revoke_token(Who("ana", Role.AGENT), "ledger", NOON_MS)
    assert store.accounts.revoke_token(compliance.who, "LEDGER", NOON_MS).revoked_ms == NOON_MS
    assert store.accounts.token(secret, NOON_MS) is None
    with pytest.raises(NotPossible, match="revoked before"):
        store.accounts.revoke_token(lead.who, "ledger", NOON_MS)
    with pytest.raises(NotPossible, match="choose another name"):
        store.accounts.make_token(lead.who, "Ledger", ("cases:read",), NOON_MS + DAY_MS, NOON_MS)
    with pytest.raises(NotFound):
        store.accounts.revoke_token(lead.who, "unheard", NOON_MS)


def test_wrong_use_of_tokens_is_told(store):
    _, lead, _ = team(store)
    make = store.accounts.make_token
    for name, scopes, until_ms, said in (
        ("p", (), NOON_MS + 1, "nothing is no scope"),
        ("p", ("cases:read", "all"), NOON_MS + 1, "all is no scope; there are: cases:read"),
        ("p", ("cases:read",), NOON_MS, "a token ends after now"),
        ("p", ("cases:read",), NOON_MS + 1000 * DAY_MS, "at the latest"),
        ("x" * 61, ("cases:read",), NOON_MS + 1, "1 to 60 characters"),
    ):
        with pytest.raises(WrongUse, match=said):
            make(lead.who, name, scopes, until_ms, NOON_MS)
    with pytest.raises(NotFound):
        make(Who("api:ledger", Role.LEAD), "p", ("cases:read",), NOON_MS + 1, NOON_MS)
    with pytest.raises(NotAllowed):
        make(Who("lena", Role.COMPLIANCE), "p", ("cases:read",), NOON_MS + 1, NOON_MS)
