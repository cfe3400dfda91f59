"""Whom an alert is about: a device's is about no card, whatever event it fired on."""

from typing import Any

from detectors.reversal_burst import ReversalBurst
from domain.events import Transaction
from domain.findings import Finding, Member
from domain.instants import from_ms
from domain.tables import Tables
from flows.alerting import alert_on, alert_on_silence
from flows.plan import plan_scopes

AT_MS = 1_772_323_200_000
USE = Transaction(
    event_id="t1",
    at=from_ms(AT_MS),
    at_ms=AT_MS,
    card="c1",
    customer="k1",
    last4="1234",
    tier="private",
    device="atm-17",
    amount_minor=1,
    currency="CNY",
    channel="atm",
)


def watcher() -> Any:
    ((scope),) = plan_scopes([ReversalBurst()], Tables(), log_scope=None, partitions=1)
    return scope.watchers[0]


def finding(*members: Member) -> Finding:
    return Finding(reason="So.", probability=0.5, evidence={}, members=members)


def test_an_alert_of_a_device_names_the_device_and_no_card() -> None:
    for scope in ("device", "branch"):
        made = alert_on(watcher(), scope, "atm-17", finding(), USE)
        assert (made.scope, made.key, made.event_id) == (scope, "atm-17", "t1")
        assert (made.card, made.last4, made.customer, made.tier) == (None, None, None, None)


def test_whom_a_finding_about_a_device_names_stays_named() -> None:
    member = Member(card="c1", customer="k1", last4="1234")
    assert alert_on(watcher(), "device", "atm-17", finding(member), USE).members == (member,)


def test_an_alert_of_a_terminal_names_the_card_that_it_fired_on() -> None:
    made = alert_on(watcher(), "terminal", "t-1", finding(), USE)
    assert (made.card, made.last4, made.customer, made.tier) == ("c1", "1234", "k1", "private")


def test_an_alert_of_silence_names_its_key_alone() -> None:
    made = alert_on_silence(watcher(), "device", "atm-17", finding(), AT_MS, AT_MS + 1)
    assert (made.key, made.event_id, made.card) == ("atm-17", "", None)
    assert (made.at_ms, made.told_ms) == (AT_MS, AT_MS + 1)
