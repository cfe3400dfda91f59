"""What leads do with cases of others: kept for an agent, made one, and both on record."""

import pytest

from cases.case import Case, Outcome, Status
from cases.errors import AlreadyClosed, AlreadyMerged, NotAllowed, NotFound, NotPossible, WrongUse
from cases.leading import KEPT_MS
from cases.store import Store
from cases.who import Role, Who
from cases.work.agent_states import AgentState
from domain.findings import Severity
from tests.cases.made import HOUR_MS, MINUTE_MS, NOON_MS, alert
from tests.cases.worked import AGENT, customer

LEAD, OTHER = Who("l1", Role.LEAD), Who("a18")


@pytest.fixture
def cases(store: Store) -> list[Case]:
    """Three cases of fraud about three customers; both agents are there."""
    store.reference.put([customer(name) for name in ("u1", "u2", "u3")])
    for number, name in enumerate(("u1", "u2", "u3")):
        severity = Severity.CRITICAL if number == 1 else Severity.HIGH
        store.cases.take_in([alert(name, f"c-{name}", name, at_ms=number, severity=severity)], NOON_MS)
    for agent in (AGENT, OTHER):
        store.work.say_state(agent.name, AgentState.AVAILABLE, agent, NOON_MS)
    return sorted(store.cases.list(), key=lambda case: case.opened_at_ms)


def test_a_case_that_is_kept_for_an_agent_is_given_to_nobody_else_for_half_an_hour(store, cases):
    worst = cases[1].id
    store.leading.assign(worst, "a18", LEAD, "knows the customer", NOON_MS)
    assert store.leading.kept([case.id for case in cases], NOON_MS) == {worst: "a18"}
    assert store.work.next(AGENT, NOON_MS).case.id != worst
    assert store.work.next(OTHER, NOON_MS).case.id == worst
    line = next(each for each in store.cases.show(worst).timeline if each.what == "assigned")
    assert (line.actor, line.new.split()[0], line.note) == ("l1", "a18", "knows the customer")
    store.audit.verify()


def test_what_nobody_took_up_in_time_is_anybodys(store, cases):
    store.leading.assign(cases[1].id, "a18", LEAD, "knows the customer", NOON_MS)
    assert store.leading.kept([cases[1].id], NOON_MS + KEPT_MS) == {}
    assert store.work.next(AGENT, NOON_MS + KEPT_MS).case.id == cases[1].id


def test_who_holds_it_loses_it_unless_they_are_on_the_phone(store, cases):
    held = store.work.claim(cases[0].id, AGENT, NOON_MS)
    given = store.leading.assign(cases[0].id, "a18", LEAD, "a17 leaves", NOON_MS + MINUTE_MS)
    assert (given.status, given.leases) == (Status.OPEN, ())
    assert {each.agent: each.state for each in store.work.states(LEAD)}["a17"] == "available"
    held = store.work.claim(cases[0].id, AGENT, NOON_MS + HOUR_MS)
    store.calling.begin_call(held.task.id, AGENT, NOON_MS + HOUR_MS)
    with pytest.raises(NotPossible, match=r"a call of .* is open"):
        store.leading.assign(cases[0].id, "a18", LEAD, "a17 leaves", NOON_MS + HOUR_MS)


@pytest.mark.parametrize(
    ("agent", "reason", "error", "words"),
    [
        ("a99", "why", NotPossible, "a99 is not at work; at work: a17, a18"),
        ("a17", " ", WrongUse, "say why"),
        ("a17", "why", NotPossible, "a17 has .* already"),
    ],
)
def test_what_cannot_be_assigned_is_refused_in_words(store, cases, agent, reason, error, words):
    store.work.claim(cases[0].id, AGENT, NOON_MS)
    with pytest.raises(error, match=words):
        store.leading.assign(cases[0].id, agent, LEAD, reason, NOON_MS)


def test_a_case_with_a_team_or_at_its_end_is_kept_for_nobody(store, cases):
    store.work.escalate(cases[0].id, LEAD, "legal", "look", NOON_MS)
    store.work.close(cases[2].id, LEAD, None, Outcome.GENUINE, "", NOON_MS)
    with pytest.raises(NotPossible, match="with the team 'legal'"):
        store.leading.assign(cases[0].id, "a17", LEAD, "why", NOON_MS)
    with pytest.raises(AlreadyClosed):
        store.leading.assign(cases[2].id, "a17", LEAD, "why", NOON_MS)
    with pytest.raises(NotFound):
        store.leading.assign("C-no", "a17", LEAD, "why", NOON_MS)


def test_a_merged_case_has_everything_of_the_others_and_the_worst_rank(store, cases):
    held = store.work.claim(cases[2].id, AGENT, NOON_MS)
    one = store.leading.merge(cases[0].id, [each.id for each in cases[1:]], LEAD, "one gang", NOON_MS)
    assert (one.alerts, len(one.customers), one.band) == (3, 3, cases[1].band)
    assert [lease.by for lease in one.leases] == ["a17"]
    assert one.status == Status.WORKING
    store.work.renew(held.task.id, AGENT, held.task.lease_no, NOON_MS)
    assert [(each.status, each.merged_into) for each in store.cases.several([cases[1].id, cases[2].id])] == [
        (Status.MERGED, one.id),
        (Status.MERGED, one.id),
    ]
    assert sorted(task.subject for task in store.cases.show(one.id).tasks) == [
        "customer:u1",
        "customer:u2",
        "customer:u3",
    ]
    took = [each for each in store.cases.show(one.id).timeline if each.what == "took_in"]
    assert [(each.actor, each.note) for each in took] == [("l1", "one gang")] * 2
    store.audit.verify()


def test_a_new_alert_about_whoever_was_merged_goes_to_the_case_that_lives(store, cases):
    store.leading.merge(cases[0].id, [cases[1].id], LEAD, "one gang", NOON_MS)
    store.cases.take_in([alert("again", "c-u2", "u2", at_ms=HOUR_MS)], NOON_MS + HOUR_MS)
    (one,) = store.cases.several([cases[0].id])
    assert one.alerts == 3


def test_nobody_who_was_called_already_is_called_again_because_of_a_merge(store, cases):
    for case in cases[:2]:
        task = store.work.claim(case.id, LEAD, NOON_MS).task
        store.work.complete(task.id, LEAD, task.lease_no, "spoke to them", NOON_MS)
    store.leading.merge(cases[0].id, [cases[1].id], LEAD, "one gang", NOON_MS)
    tasks = store.cases.show(cases[0].id).tasks
    assert sorted((task.kind, task.state) for task in tasks if task.kind == "call_customer") == [
        ("call_customer", "done"),
        ("call_customer", "done"),
    ]


def test_what_cannot_be_merged_is_refused_and_nothing_changes(store, cases):
    first, second, third = (case.id for case in cases)
    store.work.close(third, LEAD, None, Outcome.GENUINE, "", NOON_MS)
    for others, error in (
        ([], WrongUse),
        ([first], WrongUse),
        ([second, "C-no"], NotFound),
        ([second, third], AlreadyClosed),
    ):
        with pytest.raises(error):
            store.leading.merge(first, others, LEAD, "why", NOON_MS)
    assert store.cases.several([second])[0].status == Status.OPEN
    store.leading.merge(first, [second], LEAD, "why", NOON_MS)
    with pytest.raises(AlreadyMerged):
        store.leading.merge(second, [first], LEAD, "why", NOON_MS)


def test_only_a_lead_assigns_and_merges(store, cases):
    with pytest.raises(NotAllowed):
        store.leading.assign(cases[0].id, "a17", AGENT, "why", NOON_MS)
    with pytest.raises(NotAllowed):
        store.leading.merge(cases[0].id, [cases[1].id], AGENT, "why", NOON_MS)
