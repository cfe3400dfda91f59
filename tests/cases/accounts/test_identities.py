"""Users of the bank's own sign-in: their groups say their role, anew each time."""

from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from cases.accounts.policy import AccountPolicy
from cases.errors import NotPossible, SignInRefused
from cases.policy import QueuePolicy
from cases.store import Store, open_store
from cases.who import Role
from tests.cases.accounts.people import PASSWORD, team
from tests.cases.made import NOON_MS

BANK = "https://sign-in.bank.example"
GROUPS = {"fraud-leads": Role.LEAD, "fraud-agents": Role.AGENT}


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url, policy=QueuePolicy(accounts=AccountPolicy(groups=GROUPS))) as opened:
        yield opened


def test_the_first_group_that_the_policy_knows_says_the_role(store):
    signed_in = store.accounts.from_identity(
        BANK, "0815", "wei", ["staff", "fraud-agents", "fraud-leads"], NOON_MS, ip="10.0.0.8"
    )
    assert (signed_in.user.role, signed_in.user.issuer, signed_in.user.state) == (Role.LEAD, BANK, "active")
    session = store.accounts.session(signed_in.token, NOON_MS)
    assert session is not None
    assert session.who.name == "wei"


def test_without_a_group_nobody_is_let_in(store):
    with pytest.raises(SignInRefused, match="none of the groups"):
        store.accounts.from_identity(BANK, "0815", "wei", ["staff"], NOON_MS)
    with store.db.reading():
        assert store.db.rows("accounts", name_key=None) == []


def test_the_subject_counts_and_not_the_name(store):
    store.accounts.from_identity(BANK, "0815", "wei", ["fraud-agents"], NOON_MS)
    again = store.accounts.from_identity(BANK, "0815", "wei-married", ["fraud-agents"], NOON_MS)
    assert again.user.name == "wei"
    for issuer, subject in ((BANK, "4711"), ("https://elsewhere.example", "0815")):
        with pytest.raises(SignInRefused, match="another user's"):
            store.accounts.from_identity(issuer, subject, "Wei", ["fraud-agents"], NOON_MS)


def test_other_groups_mean_another_role_and_end_what_was_open(store):
    before = store.accounts.from_identity(BANK, "0815", "wei", ["fraud-leads"], NOON_MS)
    after = store.accounts.from_identity(BANK, "0815", "wei", ["fraud-agents"], NOON_MS)
    assert after.user.role is Role.AGENT
    assert store.accounts.session(before.token, NOON_MS) is None
    assert store.accounts.session(after.token, NOON_MS) is not None


def test_they_have_no_password_here_and_are_disabled_like_others(store):
    ops, lead, _ = team(store)
    signed_in = store.accounts.from_identity(BANK, "0815", "wei", ["fraud-agents"], NOON_MS)
    for act in (
        lambda: store.accounts.sign_in("wei", PASSWORD, "", NOON_MS),
        lambda: store.accounts.unlock(signed_in.token, PASSWORD, NOON_MS),
    ):
        with pytest.raises(SignInRefused):
            act()
    for act in (
        lambda: store.accounts.reset(ops.who, "wei", NOON_MS, "lost the phone"),
        lambda: store.accounts.change_role(ops.who, "wei", Role.LEAD, NOON_MS, "leads"),
    ):
        with pytest.raises(NotPossible, match="change it there"):
            act()
    store.accounts.disable(lead.who, "wei", NOON_MS, "left")
    with pytest.raises(SignInRefused, match="disabled"):
        store.accounts.from_identity(BANK, "0815", "wei", ["fraud-agents"], NOON_MS)


def test_no_group_can_mean_riskdesk_itself():
    with pytest.raises(ValidationError, match="nobody signs in as system"):
        AccountPolicy(groups={"all": Role.SYSTEM})


@pytest.mark.parametrize(
    "laxer", [{"password_characters": 11}, {"failures": 11}, {"idle": "PT16M"}, {"lockout": "PT29M"}]
)
def test_a_policy_is_not_laxer_than_pci_dss(laxer):
    with pytest.raises(ValidationError):
        AccountPolicy(**laxer)
