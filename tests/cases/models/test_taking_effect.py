"""A model takes effect by two people and ahead of time, and each moment has one version of each table."""

from datetime import UTC, datetime

import msgspec
import pytest

from cases.errors import NotAllowed, NotFound, NotPossible, WrongUse
from cases.models.table import LARGEST_BYTES
from cases.signing_off.change import ChangeKind, Verdict
from cases.store import Store, open_store
from cases.who import Role, Who
from domain.instants import from_ms
from domain.tables import FeatureBins, RiskModel, SegmentAmounts
from tests.cases.actions.desk import execute
from tests.cases.closed import verbs
from tests.cases.conftest import URL_OF_STORE
from tests.cases.made import HOUR_MS, NOON_MS, processes
from tests.cases.models.learnt import (
    ANALYST,
    AT,
    LEAD,
    LEAD_MS,
    OTHER_ANALYST,
    REPORT,
    add,
    in_force,
    model,
    promote,
    taken,
    terminals,
)
from tests.cases.profiles.signed import REFUSED_BY_THE_DATABASE


def test_a_model_takes_effect_some_time_after_a_second_person_agreed(store: Store) -> None:
    added = store.models.add(model("m1"), ANALYST, NOON_MS, "learnt with May")
    proposed = store.models.propose(1, ANALYST, NOON_MS, "to begin with")
    assert (proposed.kind, proposed.decision, in_force(store)) == (ChangeKind.PROMOTION, None, [])
    approved = store.models.approve(1, LEAD, NOON_MS + 5, "read it")
    assert approved.in_force_since_ms == NOON_MS + 5 + LEAD_MS
    assert in_force(store) == [(1, 5 + LEAD_MS)]
    (table,) = taken(store)
    # Whatever its file says.
    assert (table.version, table.effective_at) == ("m1", from_ms(NOON_MS + 5 + LEAD_MS))
    assert store.models.get("risk_model", 1) == (
        added.version,
        msgspec.json.decode(model("m1"), type=RiskModel),
    )
    assert verbs(store) == ["model_added", "model_proposed", "model_approved"]
    assert store.audit.verify().breaks == ()


@pytest.mark.parametrize("name", ["ana-1", "ANA-1", " ana-1 "])
def test_who_proposed_it_cannot_approve_it_whatever_the_role(store: Store, name: str) -> None:
    add(store, "m1")
    store.models.propose(1, ANALYST, NOON_MS, "to begin with")
    for role in (Role.ANALYST, Role.LEAD):
        with pytest.raises(NotAllowed, match="another person must approve it"):
            store.models.approve(1, Who(name, role), NOON_MS)
    with pytest.raises(NotAllowed, match="may not approve rule; that takes: lead, analyst"):
        store.models.approve(1, Who("agent-7"), NOON_MS)
    assert store.models.approve(1, OTHER_ANALYST, NOON_MS).decision


def test_the_database_itself_refuses_a_checker_who_is_the_maker_and_a_time_that_is_past(
    store: Store, url: str
) -> None:
    add(store, "m1")
    store.models.propose(1, ANALYST, NOON_MS, "to begin with")
    deciding = (
        "INSERT INTO model_decision (name, turn, maker, verdict, checker, role, at_ms, note, in_force_ms) "
        "VALUES ('risk_model', 1, 'ana-1', ?, ?, 'lead', 7, '', ?)"
    )
    for verdict, checker, in_force_ms in (
        ("approved", "ana-1", 8),
        ("approved", " ANA-1 ", 8),
        ("approved", "lead-2", 7),
        ("approved", "lead-2", None),
        ("refused", "lead-2", 8),
    ):
        with pytest.raises(REFUSED_BY_THE_DATABASE):
            execute(url, deciding, verdict, checker, in_force_ms)
    execute(url, deciding, "approved", "lead-2", 8)


def test_a_time_is_named_ahead_of_now_and_behind_all_others(store: Store) -> None:
    for version in ("m1", "m2"):
        add(store, version)
    with pytest.raises(NotPossible, match="is too soon: a table takes effect 10 minutes from now or later"):
        store.models.propose(1, ANALYST, NOON_MS, "now", since_ms=NOON_MS + LEAD_MS - 1)
    promote(store, 1, since_ms=NOON_MS + HOUR_MS)
    with pytest.raises(NotPossible, match=r"takes effect at 2026-03-05T13:00:00\.000Z, and the next"):
        store.models.propose(2, ANALYST, NOON_MS, "better", REPORT, since_ms=NOON_MS + HOUR_MS)
    store.models.propose(2, ANALYST, NOON_MS, "better", REPORT, since_ms=NOON_MS + 2 * HOUR_MS)
    # Who approves too late learns that nobody would know it in time.
    late_ms = NOON_MS + 2 * HOUR_MS - LEAD_MS + 1
    with pytest.raises(NotPossible, match="is too soon"):
        store.models.approve(2, LEAD, late_ms)
    store.models.refuse(2, LEAD, late_ms, "its time has come")
    assert promote(store, 2, late_ms).in_force_since_ms == late_ms + LEAD_MS
    assert [number for number, _ in in_force(store)] == [1, 2]


def test_without_a_time_it_takes_effect_behind_what_is_still_to_come(store: Store) -> None:
    for version in ("m1", "m2"):
        add(store, version)
    promote(store, 1, since_ms=NOON_MS + HOUR_MS)
    promote(store, 2)
    assert in_force(store) == [(1, HOUR_MS), (2, HOUR_MS + 1)]


def test_a_rollback_goes_to_the_model_before_and_takes_two_people(store: Store) -> None:
    for version in ("m1", "m2", "m3"):
        add(store, version)
    promote(store, 1)
    with pytest.raises(NotFound, match="there is nothing to go back to"):
        store.models.rollback(None, ANALYST, NOON_MS, "worse")
    promote(store, 2, NOON_MS + HOUR_MS)
    with pytest.raises(NotPossible, match="risk_model@3 was never in force"):
        store.models.rollback(3, ANALYST, NOON_MS, "worse")
    back = store.models.rollback(None, ANALYST, NOON_MS + 2 * HOUR_MS, "worse")
    assert (back.number, back.kind, len(in_force(store))) == (1, ChangeKind.ROLLBACK, 2)
    with pytest.raises(NotAllowed, match="ana-1 proposed the rollback to risk_model@1"):
        store.models.approve(None, ANALYST, NOON_MS)
    store.models.approve(None, LEAD, NOON_MS + 2 * HOUR_MS)
    assert in_force(store) == [
        (1, LEAD_MS), (2, HOUR_MS + LEAD_MS), (1, 2 * HOUR_MS + LEAD_MS)
    ]  # fmt: skip
    assert [table.version for table in taken(store)] == ["m1", "m2", "m1"]


def test_a_promotion_over_another_model_names_its_report_and_one_waits_at_a_time(store: Store) -> None:
    for version in ("m1", "m2"):
        add(store, version)
    promote(store, 1)
    with pytest.raises(WrongUse, match="risk_model@1 is in force; name the report"):
        store.models.propose(2, ANALYST, NOON_MS, "better")
    store.models.propose(2, ANALYST, NOON_MS, "better", REPORT)
    with pytest.raises(NotPossible, match="waits for its second person"):
        store.models.propose(2, ANALYST, NOON_MS, "better", REPORT)
    with pytest.raises(NotPossible, match="risk_model@2 waits for a second person, not risk_model@1"):
        store.models.approve(1, LEAD, NOON_MS)
    refused = store.models.refuse(None, LEAD, NOON_MS, "learnt over the holidays")
    assert refused.decision is not None
    assert (refused.decision.verdict, store.models.changes()[-1]) == (Verdict.REFUSED, refused)
    assert in_force(store) == [(1, LEAD_MS)]


# --- what was found out


def test_what_was_found_out_takes_effect_as_it_is_published_and_by_one_person(store: Store) -> None:
    soon = from_ms(NOON_MS + LEAD_MS)
    published = store.models.publish(terminals("t1", "a", at=soon), ANALYST, NOON_MS, "refreshed")
    assert (published.new, in_force(store, "terminal_risk")) == (True, [(1, LEAD_MS)])
    later_ms = NOON_MS + HOUR_MS
    store.models.publish(terminals("t2", "a", "b"), ANALYST, NOON_MS, "refreshed", since_ms=later_ms)
    assert [(each.version, each.effective_at) for each in taken(store)] == [
        ("t1", soon), ("t2", from_ms(later_ms))
    ]  # fmt: skip
    assert verbs(store) == ["model_published"] * 2


def test_what_says_the_same_as_what_is_in_force_is_not_kept_again(store: Store) -> None:
    for number, (version, names) in enumerate([("t1", "a"), ("t1", "a"), ("t2", "ab"), ("t1", "a")], 1):
        at_ms = NOON_MS + number * HOUR_MS
        store.models.publish(terminals(version, *names), ANALYST, NOON_MS, "refreshed", since_ms=at_ms)
    assert in_force(store, "terminal_risk") == [(1, HOUR_MS), (2, 3 * HOUR_MS), (3, 4 * HOUR_MS)]


def test_each_table_has_times_of_its_own_and_a_flow_asks_for_what_it_does_not_know(store: Store) -> None:
    add(store, "m1")
    promote(store, 1)
    segments = SegmentAmounts(effective_at=AT, version="s1", segments={})
    for body, hours in ((terminals("t1", "a"), 1), (msgspec.json.encode(segments), 1), (terminals("t2"), 2)):
        at_ms = NOON_MS + hours * HOUR_MS
        store.models.publish(body, ANALYST, NOON_MS, "refreshed", since_ms=at_ms)
    found = store.models.later({"terminal_risk": NOON_MS + HOUR_MS, "risk_model": NOON_MS + LEAD_MS})
    assert [(each.what, table.version) for each, table in found] == [
        ("segment_amounts@1", "s1"), ("terminal_risk@2", "t2")
    ]  # fmt: skip
    known = {each.name: each.since_ms for each in store.models.in_force()}
    assert list(store.models.later(known)) == []


# --- what cannot be kept


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "that is no published table"),
        (b'{"table": "weather"}', "that is no published table"),
        (terminals("t1"), "takes effect at a time of its own: publish it"),
        (b" " * (LARGEST_BYTES + 1), "8,000,001 bytes, and the store keeps up to 8,000,000"),
    ],
    ids=["no JSON", "unknown", "no model", "large"],
)
def test_what_cannot_be_added_says_why(sqlite_url: str, body: bytes, words: str) -> None:
    with open_store(sqlite_url) as store, pytest.raises(WrongUse, match=words):
        store.models.add(body, ANALYST, NOON_MS, "learnt")


def test_a_model_that_no_flow_could_use_is_not_added(sqlite_url: str) -> None:
    unknown = msgspec.structs.replace(
        msgspec.json.decode(model("m1"), type=RiskModel), features=(FeatureBins(name="weather", edges=()),)
    )
    with (
        open_store(sqlite_url) as store,
        pytest.raises(WrongUse, match="no flow of this riskdesk could use it"),
    ):
        store.models.add(msgspec.json.encode(unknown), ANALYST, NOON_MS, "learnt")


def test_the_same_model_again_makes_no_version_and_another_of_its_name_is_refused(store: Store) -> None:
    first = store.models.add(model("m1"), ANALYST, NOON_MS, "learnt")
    again = store.models.add(model("m1", at=datetime(2027, 1, 1, tzinfo=UTC)), ANALYST, NOON_MS, "again")
    assert (again.new, again.version) == (False, first.version)
    with pytest.raises(WrongUse, match="risk_model@1 calls itself m1 too and says something else"):
        store.models.add(model("m1", 3.0), ANALYST, NOON_MS, "learnt")


def test_only_who_may_does_and_says_why(store: Store) -> None:
    with pytest.raises(NotAllowed, match="may not propose rule; that takes: analyst"):
        store.models.add(model("m1"), LEAD, NOON_MS, "learnt")
    with pytest.raises(NotAllowed, match="may not propose rule"):
        store.models.publish(terminals("t1"), LEAD, NOON_MS, "refreshed")
    with pytest.raises(WrongUse, match="say why"):
        store.models.add(model("m1"), ANALYST, NOON_MS, " ")
    with pytest.raises(WrongUse, match="a model takes effect when two people let it"):
        store.models.publish(model("m1"), ANALYST, NOON_MS, "refreshed")
    with pytest.raises(NotFound, match="there is no risk_model in this store"):
        store.models.propose(1, ANALYST, NOON_MS, "better")
    add(store, "m1")
    with pytest.raises(NotFound, match="there is no risk_model@2; risk_model has versions 1 to 1"):
        store.models.get("risk_model", 2)


# --- at once


@pytest.fixture(params=URL_OF_STORE)
def raced(request: pytest.FixtureRequest) -> str:
    """Every store, in the tests that take seconds as well."""
    found: str = request.getfixturevalue(URL_OF_STORE[request.param])
    return found


def publish_at_once(url: str, name: str) -> int:
    """Publish a table for the one moment that all want; gives how many were taken."""
    with open_store(url) as store:
        try:
            body = terminals(name, name)
            store.models.publish(body, ANALYST, NOON_MS, "refreshed", since_ms=NOON_MS + HOUR_MS)
        except NotPossible:
            return 0
        return 1


def test_of_tables_for_the_same_moment_one_is_taken(raced: str) -> None:
    open_store(raced).close()
    with processes(4) as pool:
        assert sum(pool.map(publish_at_once, [raced] * 4, "abcd")) == 1
    with open_store(raced) as store:
        assert in_force(store, "terminal_risk") == [(1, HOUR_MS)]
