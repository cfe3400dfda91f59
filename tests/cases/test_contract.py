"""What every store does, whichever database holds it: the queue."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from cases.case import Outcome, Status
from cases.errors import AlreadyClaimed, AlreadyClosed, AlreadyMerged, NotFound, NotYours, WrongUse
from cases.store import Store, open_store
from cases.who import Who
from domain.findings import Severity
from tests.cases.conftest import URL_OF_STORE
from tests.cases.made import (
    GREEDY,
    HOUR_MS,
    MINUTE_MS,
    NOON_MS,
    alert,
    claim,
    claim_all,
    next_case,
    partition,
    processes,
)

THREE = (
    alert("a", "c1", "u1", at_ms=1000, severity=Severity.CRITICAL),
    alert("b", "c2", "u2"),
    alert("c", "c3", "u3", severity=Severity.HIGH),
)


@pytest.fixture(params=URL_OF_STORE)
def url(request: pytest.FixtureRequest) -> str:
    """Every store, in the tests that take seconds as well."""
    found: str = request.getfixturevalue(URL_OF_STORE[request.param])
    return found


def test_alerts_taken_in_again_change_nothing(store: Store) -> None:
    assert store.cases.take_in(THREE) == 3
    before = [store.cases.show(case.id) for case in store.cases.list()]
    assert store.cases.take_in(THREE) == 0
    assert store.cases.take_in([*THREE, THREE[0], alert("d", "c4", "u4")]) == 1
    assert [store.cases.show(case.id) for case in store.cases.list()][:3] == before


def test_alerts_taken_in_again_change_nothing_of_what_the_desk_did(store: Store) -> None:
    store.cases.take_in(THREE)
    held = next_case(store, "a17")
    store.work.close(held.id, Who("a17"), None, Outcome.GENUINE, "", NOON_MS)
    before = store.cases.show(held.id)
    assert store.cases.take_in(THREE) == 0
    assert store.cases.show(held.id) == before
    assert len(store.cases.list()) == 2


def test_nothing_taken_in_is_nothing_new(store: Store) -> None:
    assert store.cases.take_in([]) == 0
    assert store.cases.list() == ()


def test_cases_come_in_the_order_of_band_and_due(store: Store) -> None:
    store.cases.take_in(THREE)
    listed = store.cases.list()
    assert [(case.rank, case.subject, case.band) for case in listed] == [
        (1, "customer u1", 0),
        (2, "customer u3", 1),
        (3, "customer u2", 2),
    ]
    assert [case.due_ms - NOON_MS for case in listed] == [61_000, 5 * MINUTE_MS, 30 * MINUTE_MS]
    taken = [next_case(store, f"a{number}").id for number in range(3)]
    assert taken == [case.id for case in listed]
    assert next_case(store, "a3") is None


def test_a_case_shows_its_distinct_reasons_the_worst_first(store: Store) -> None:
    store.cases.take_in(
        [
            alert("a", "c1", "u1", reason="low", severity=Severity.LOW, probability=1.0),
            alert("b", "c1", "u1", reason="high, likely", severity=Severity.HIGH, probability=0.9),
            alert("c", "c2", "u1", reason="high", severity=Severity.HIGH, at_ms=1),
            alert("d", "c2", "u1", reason="high", severity=Severity.HIGH, at_ms=2),
        ]
    )
    (case,) = store.cases.list()
    assert case.reasons == ("high, likely", "high", "low")
    assert case.alerts == 4


def test_a_case_shows_everything_on_record(store: Store) -> None:
    first = alert("a", "c1", "u1", last4="4242", tier="private", exposure_minor=500)
    store.cases.take_in([first, alert("b", "c2", "u1", at_ms=5)])
    file = store.cases.show(store.cases.list()[0].id)
    assert [(member.card, member.customer, member.last4) for member in file.case.members] == [
        ("c1", "u1", "4242"),
        ("c2", "u1", None),
    ]
    assert file.evidence[0]["evidence"] == {"km": 686}
    assert [(task.kind, task.subject, task.state) for task in file.tasks] == [
        ("call_customer", "customer:u1", "ready")
    ]
    assert [entry.what for entry in file.timeline] == ["opened", "grew"]
    assert file.case.breakdown["tier"] == "private"


def test_what_is_open_survives_the_end_of_the_process(url: str) -> None:
    with open_store(url) as store:
        store.cases.take_in(THREE)
        listed = store.cases.list()
    with open_store(url, create=False) as again:
        assert again.cases.list() == listed


def test_a_held_case_is_nobody_elses_until_its_lease_runs_out(store: Store) -> None:
    store.cases.take_in([alert("a", "c1", "u1")])
    held = next_case(store, "a17", NOON_MS, 1000)
    assert (held.lease.by, held.lease.until_ms, held.lease.number) == ("a17", NOON_MS + 1000, 1)
    assert next_case(store, "a18", NOON_MS + 999, 1000) is None
    with pytest.raises(AlreadyClaimed, match=f"{held.id} is with a17 until"):
        claim(store, held.id, "a18", NOON_MS + 999, 1000)
    taken = next_case(store, "a18", NOON_MS + 1000, 1000)
    assert (taken.id, taken.lease.by, taken.lease.number) == (held.id, "a18", 3)
    assert [(entry.what, entry.actor, entry.old) for entry in store.cases.show(held.id).timeline[-2:]] == [
        ("lease_expired", "riskdesk", "a17"),
        ("claimed", "a18", None),
    ]


def test_claiming_ones_own_case_again_renews_the_lease_under_its_number(store: Store) -> None:
    store.cases.take_in([alert("a", "c1", "u1")])
    held = claim(store, store.cases.list()[0].id, "a17", NOON_MS, 1000)
    again = claim(store, held.id, "a17", NOON_MS + 500, 1000)
    assert (again.lease.number, again.lease.until_ms) == (1, NOON_MS + 1500)


def test_a_closed_case_has_its_outcome_and_nothing_left_to_do(store: Store) -> None:
    store.cases.take_in([alert("a", "c1", "u1")])
    held = next_case(store, "a17", NOON_MS, 1000)
    closed = store.work.close(held.id, Who("a17"), 1, Outcome.CONFIRMED_FRAUD, "said so", NOON_MS + 5)
    assert (closed.status, closed.outcome, closed.rank, closed.lease) == (
        Status.CLOSED,
        Outcome.CONFIRMED_FRAUD,
        None,
        None,
    )
    file = store.cases.show(held.id)
    assert [task.state for task in file.tasks] == ["done"]
    entry = file.timeline[-1]
    assert (entry.actor, entry.what, entry.new, entry.note) == ("a17", "closed", "confirmed_fraud", "said so")
    assert store.cases.list() == ()
    assert [case.id for case in store.cases.list([Status.CLOSED])] == [held.id]


def test_a_card_number_in_a_note_is_not_kept(store: Store) -> None:
    store.cases.take_in([alert("a", "c1", "u1")])
    held = next_case(store, "a17", NOON_MS, 1000)
    # The number every payment network publishes for tests.
    store.work.close(held.id, Who("a17"), 1, Outcome.GENUINE, "gave 4111 1111 1111 1111 as hers", NOON_MS)
    assert store.cases.show(held.id).timeline[-1].note == "gave **** **** **** 1111 as hers"


def test_a_case_is_closed_by_its_holder_only(store: Store) -> None:
    store.cases.take_in([alert("a", "c1", "u1")])
    (case,) = store.cases.list()
    with pytest.raises(NotYours, match="claim it before"):
        store.work.close(case.id, Who("a17"), None, Outcome.GENUINE, "", NOON_MS)
    claim(store, case.id, "a17", NOON_MS, 1000)
    with pytest.raises(NotYours, match="with a17 until"):
        store.work.close(case.id, Who("a18"), None, Outcome.GENUINE, "", NOON_MS)
    assert store.cases.show(case.id).case.status is Status.WORKING


def test_a_stale_lease_number_closes_nothing(store: Store) -> None:
    store.cases.take_in([alert("a", "c1", "u1")])
    (case,) = store.cases.list()
    claim(store, case.id, "a17", NOON_MS, 10)
    claim(store, case.id, "a18", NOON_MS + 10, 10)
    claim(store, case.id, "a17", NOON_MS + 20, 10)
    with pytest.raises(NotYours, match="lease 1 is stale, a17 holds it again under lease 5"):
        store.work.close(case.id, Who("a17"), 1, Outcome.GENUINE, "", NOON_MS + 21)
    store.work.close(case.id, Who("a17"), 5, Outcome.GENUINE, "", NOON_MS + 21)


def test_a_holder_who_is_late_may_close_while_nobody_took_over(store: Store) -> None:
    store.cases.take_in([alert("a", "c1", "u1")])
    held = next_case(store, "a17", NOON_MS, 10)
    closed = store.work.close(held.id, Who("a17"), 1, Outcome.UNREACHABLE, "", NOON_MS + HOUR_MS)
    assert closed.status is Status.CLOSED


def test_a_closed_case_takes_nothing_more(store: Store) -> None:
    store.cases.take_in([alert("a", "c1", "u1")])
    held = next_case(store, "a17", NOON_MS, 1000)
    store.work.close(held.id, Who("a17"), 1, Outcome.GENUINE, "", NOON_MS)
    with pytest.raises(AlreadyClosed, match="closed as genuine by a17"):
        store.work.close(held.id, Who("a17"), 1, Outcome.GENUINE, "", NOON_MS)
    with pytest.raises(AlreadyClosed):
        claim(store, held.id, "a18", NOON_MS + HOUR_MS, 1000)


def test_a_merged_case_says_which_one_to_work_on(store: Store) -> None:
    store.cases.take_in([alert("a", "c1", "u1"), alert("b", "c2", "u2", at_ms=1)])
    older, younger = (case.id for case in store.cases.list())
    store.cases.take_in([alert("c", members=[("c1", "u1"), ("c2", "u2")], scope="branch")])
    for act in (
        lambda: claim(store, younger, "a17", NOON_MS, 1000),
        lambda: store.work.close(younger, Who("a17"), None, Outcome.GENUINE, "", NOON_MS),
    ):
        with pytest.raises(AlreadyMerged, match=f"{younger} went into {older}"):
            act()


def test_an_unknown_case_is_said_to_be_unknown(store: Store) -> None:
    for act in (
        lambda: store.cases.show("C0"),
        lambda: claim(store, "C0", "a17", NOON_MS, 1000),
        lambda: store.work.close("C0", Who("a17"), None, Outcome.GENUINE, "", NOON_MS),
    ):
        with pytest.raises(NotFound, match="no case 'C0'"):
            act()


@pytest.mark.parametrize(("agent", "lease_ms"), [("", 1), ("  ", 1), ("a" * 65, 1), ("a17", 0), ("a17", -1)])
def test_nobody_claims_without_a_name_or_a_time(store: Store, agent: str, lease_ms: int) -> None:
    store.cases.take_in([alert("a", "c1", "u1")])
    with pytest.raises(WrongUse):
        next_case(store, agent, NOON_MS, lease_ms)
    with pytest.raises(WrongUse):
        claim(store, store.cases.list()[0].id, agent, NOON_MS, lease_ms)
    assert store.cases.list()[0].status is Status.OPEN


def test_many_threads_of_one_store_never_claim_a_case_twice(url: str) -> None:
    with open_store(url, policy=GREEDY) as store:
        assert_no_case_is_claimed_twice(store)


def assert_no_case_is_claimed_twice(store: Store) -> None:
    store.cases.take_in([alert(f"{n}", f"c{n}", f"u{n}") for n in range(120)])

    def work(agent: str) -> list[str]:
        claimed = []
        while case := next_case(store, agent):
            claimed.append(case.id)
        return claimed

    with ThreadPoolExecutor(16) as pool:
        claimed = [case for found in pool.map(work, [f"a{n}" for n in range(16)]) for case in found]
    assert len(claimed) == len(set(claimed)) == 120


def test_several_processes_never_claim_a_case_twice(url: str) -> None:
    with open_store(url) as store:
        store.cases.take_in([alert(f"{n}", f"c{n}", f"u{n}") for n in range(60)])
    agents = [f"a{n}" for n in range(4)]
    with processes(len(agents)) as pool:
        claimed = [case for found in pool.map(claim_all, [url] * len(agents), agents) for case in found]
    assert len(claimed) == len(set(claimed)) == 60


def test_alerts_taken_in_by_several_threads_at_once_are_all_there_once(store: Store) -> None:
    alerts = [alert(f"{n}", f"c{n % 7}", f"u{n % 7}", at_ms=n) for n in range(70)]
    with ThreadPoolExecutor(7) as pool:
        new = sum(pool.map(store.cases.take_in, [alerts[n : n + 20] for n in range(0, 70, 10)]))
    assert new == 70
    assert partition(store.cases) == {frozenset(each.id for each in alerts[n::7]) for n in range(7)}
