"""Numbers in full: who may see them, why, how often, and what is on record of it before."""

import re
from collections.abc import Sequence

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from cases.case import Outcome
from cases.who import Role, Who
from desk.app import create_app
from desk.bank.vault import LoopbackVault, NumberKind, Purpose, VaultAway
from desk.settings import DeskSettings
from tests.cases.made import HOUR_MS, MINUTE_MS, NOON_MS
from tests.desk.case_made import KnownUses, ring
from tests.desk.conftest import HTMX, SAME_ORIGIN

LEAD = Who("l1", Role.LEAD)
PURPOSE = Purpose(agent="", case="", reason="")
DIGITS = LoopbackVault().reveal_number("num-1", "phone", PURPOSE)
CARD = LoopbackVault().reveal_number("c-1", "card", PURPOSE)
ASKED = {"kind": "phone", "handle": "num-1", "reason": "dial_by_hand", "words": "the dialler is down"}


@pytest.fixture
def settings() -> DeskSettings:
    return DeskSettings(reveals_per_hour=3)


class Vault:
    """The demonstration's vault, which can be away."""

    def __init__(self) -> None:
        self.away = False

    def masked_numbers(self, handles: Sequence[str], kind: NumberKind) -> dict[str, str]:
        return self._open().masked_numbers(handles, kind)

    def reveal_number(self, handle: str, kind: NumberKind, purpose: Purpose) -> str:
        return self._open().reveal_number(handle, kind, purpose)

    def _open(self) -> LoopbackVault:
        if self.away:
            raise VaultAway("the vault sleeps")
        return LoopbackVault()


@pytest.fixture
def vault() -> Vault:
    return Vault()


@pytest.fixture
def app(store, settings, clock, vault) -> FastAPI:
    return create_app(store, settings, clock, history=KnownUses(), vault=vault)


@pytest.fixture
def case(store) -> str:
    return ring(store)


@pytest.fixture
def ask(browser, case):
    """Asks for a number as a role; `asked` differs from the usual question."""

    def post(role: str = "agent", headers=HTMX, **asked):
        return browser(role).post(f"/cases/{case}/reveal", data={**ASKED, **asked}, headers=headers)

    return post


@pytest.fixture
def held(store, case, clock) -> str:
    """The case, claimed by the agent for an hour."""
    store.work.claim(case, Who("agent"), clock(), lease_ms=HOUR_MS)
    return case


def told(store) -> list[tuple[str, str, str]]:
    entries = store.audit.list(LEAD, NOON_MS, limit=500)
    return [(each.actor, each.verb, each.reason) for each in entries if each.verb.startswith("reveal")]


def test_who_holds_the_case_sees_the_number_and_it_is_on_record_twice(ask, held, store):
    answer = ask()
    assert answer.status_code == 200
    assert DIGITS in answer.text
    assert 'data-masks-after="30"' in answer.text
    assert told(store) == [("agent", "revealed", "phone num-1: dial_by_hand")]
    (line,) = [entry for entry in store.cases.show(held).timeline if entry.what == "revealed"]
    assert (line.actor, line.new, line.note) == (
        "agent",
        "phone num-1",
        "dial by hand: the dialler is down",
    )


def test_the_page_itself_never_has_the_digits(ask, held, browser):
    ask()
    page = browser("agent").get(f"/cases/{held}").text
    assert DIGITS not in page
    assert "data-masks-after" not in page


def test_without_scripts_the_browser_goes_back_by_itself(ask, held):
    answer = ask(headers={})
    assert answer.headers["refresh"] == f"30; url=/cases/{held}"
    assert "<html" in answer.text


def test_a_card_is_shown_by_its_token(ask, held, store):
    assert CARD in ask(kind="card", handle="c-1").text
    assert told(store)[0][2] == "card c-1: dial_by_hand"


@pytest.mark.parametrize(
    ("role", "status"),
    [("agent", 409), ("lead", 200), ("analyst", 403), ("compliance", 403), ("auditor", 403), ("ops", 403)],
)
def test_who_does_not_hold_the_case_sees_nothing_but_a_lead(ask, case, store, role, status):
    answer = ask(role)
    assert answer.status_code == status
    assert (DIGITS in answer.text) is (status == 200)
    assert len(told(store)) == (status == 200)


@pytest.mark.parametrize("role", ["analyst", "compliance"])
def test_a_case_that_was_handed_to_a_team_is_open_to_those_who_claim_none(ask, held, store, role):
    store.work.escalate(held, Who("agent"), "fraud team", "too big", NOON_MS)
    assert ask(role).status_code == 200


def test_a_lease_that_ran_out_or_a_case_that_is_closed_shows_nothing(ask, held, store, clock):
    clock.now_ms += HOUR_MS
    assert ask().status_code == 409
    clock.now_ms -= HOUR_MS
    store.work.close(held, Who("agent"), None, Outcome.GENUINE, "", NOON_MS)
    assert ask().status_code == 409
    assert told(store) == []


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ({"words": "abc"}, 422, "4 to 200 characters"),
        ({"words": "       "}, 422, "4 to 200 characters"),
        ({"reason": "curiosity"}, 422, "reason"),
        ({"handle": "num-9"}, 404, "no phone of case"),
        ({"handle": "c-1"}, 404, "no phone of case"),
        ({"kind": "card", "handle": "c-9"}, 404, "no card of case"),
    ],
)
def test_a_question_that_says_too_little_or_is_about_others_is_refused(
    ask, held, store, asked, status, words
):
    answer = ask(**asked)
    assert answer.status_code == status
    assert words in answer.text
    assert DIGITS not in answer.text
    assert told(store) == []


def test_so_many_an_hour_are_shown_and_no_more_which_is_on_record_too(ask, held, store, clock):
    for _ in range(3):
        clock.now_ms += MINUTE_MS
        assert ask().status_code == 200
    refused = ask()
    assert refused.status_code == 429
    assert "try again in 59 minutes" in refused.text
    assert [verb for _, verb, _ in told(store)] == ["revealed"] * 3 + ["reveal_refused"]


def test_a_restart_does_not_count_anew(ask, held, store, settings, clock, browser):
    for _ in range(3):
        ask()
    fresh = create_app(store, settings, clock, history=KnownUses(), vault=LoopbackVault())
    with TestClient(fresh, headers=SAME_ORIGIN, cookies=browser("agent").cookies) as client:
        assert client.post(f"/cases/{held}/reveal", data=ASKED, headers=HTMX).status_code == 429
    clock.now_ms += HOUR_MS
    store.work.claim(held, Who("agent"), clock())
    assert ask().status_code == 200


def test_a_vault_that_is_away_says_so_and_nothing_counts_as_shown(ask, held, store, vault):
    vault.away = True
    answer = ask()
    assert answer.status_code == 503
    assert "the vault sleeps" in answer.text
    assert told(store) == []


def test_a_page_stands_without_a_vault(browser, held, vault):
    vault.away = True
    html = browser("agent").get(f"/cases/{held}").text
    assert "the vault sleeps" in html
    assert "num-1" in html


def test_what_is_typed_as_the_reason_has_no_card_number(ask, held, store):
    ask(words="for 4111 1111 1111 1111")
    (line,) = [entry for entry in store.cases.show(held).timeline if entry.what == "revealed"]
    assert line.note == "dial by hand: for **** **** **** 1111"


def test_a_number_is_offered_only_to_who_may_have_it(browser, case, store, clock):
    def offers() -> int:
        return len(re.findall(r'action="/cases/\w+/reveal"', browser("agent").get(f"/cases/{case}").text))

    assert offers() == 0
    store.work.claim(case, Who("agent"), clock())
    assert offers() == 5, "three telephones and two cards"


def test_no_digits_get_into_the_log(ask, held, caplog):
    with caplog.at_level("DEBUG"):
        ask()
    assert DIGITS not in caplog.text
