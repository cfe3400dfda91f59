"""Finding cases by what is asked for: on every store the same cases, in the same order."""

import sqlite3
from contextlib import closing

import pytest

from cases.case import Outcome, Status
from cases.database import as_json, statements
from cases.errors import WrongUse
from cases.finding import MOST_COUNTED, Wanted
from cases.store import Store
from cases.who import Role, Who
from domain.findings import Severity
from tests.cases.conftest import URL_OF_STORE
from tests.cases.made import HOUR_MS, MINUTE_MS, NOON_MS, alert, claim

LEAD = Who("l1", Role.LEAD)


@pytest.fixture(params=URL_OF_STORE)
def url(request: pytest.FixtureRequest) -> str:
    """Every store, in the tests that take seconds as well."""
    found: str = request.getfixturevalue(URL_OF_STORE[request.param])
    return found


@pytest.fixture
def names(store: Store) -> dict[str, str]:
    """Six cases: of each severity, one held, one waiting with a team, one that is closed."""
    store.cases.take_in(
        [
            alert("a", "c1", "u1", severity=Severity.CRITICAL, reason="686 km in 12 minutes"),
            alert("b", "c2", "u2", severity=Severity.HIGH, detector="burst", reason="30 % more_than ever"),
            alert("c", "c3", "u3"),
            alert("d", "c4", "u4", at_ms=MINUTE_MS),
            alert("e", "c5", "u5", at_ms=2 * MINUTE_MS),
            alert("f", "c6", "Üzgür-6", at_ms=3 * MINUTE_MS),
        ],
        NOON_MS,
    )
    found = {case.subject.removeprefix("customer "): case.id for case in store.cases.list()}
    claim(store, found["u3"], "a17")
    store.work.escalate(found["u4"], LEAD, "fraud desk", "look", NOON_MS)
    store.work.close(found["u5"], LEAD, None, Outcome.GENUINE, "", NOON_MS + HOUR_MS)
    return {case_id: name for name, case_id in found.items()}


def asked(
    store: Store, names: dict[str, str], limit: int = 100, skipped: int = 0, **wanted: object
) -> list[str]:
    page = store.cases.page(Wanted(**wanted), limit=limit, skipped=skipped)
    return [names[case.id] for case in page.cases]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, ["u1", "u2", "u3", "u4", "Üzgür-6"]),
        ({"statuses": (Status.WORKING,)}, ["u3"]),
        ({"statuses": (Status.CLOSED,)}, ["u5"]),
        ({"statuses": (Status.CLOSED, Status.ESCALATED)}, ["u4", "u5"]),
        ({"statuses": (Status.CLOSED,), "ended_from_ms": NOON_MS + HOUR_MS + 1}, []),
        ({"bands": (0, 1)}, ["u1", "u2"]),
        ({"kinds": ("device",)}, []),
        ({"holder": "a17"}, ["u3"]),
        ({"holder": "a18"}, []),
        ({"unheld": True}, ["u1", "u2", "u4", "Üzgür-6"]),
        ({"team": "fraud desk"}, ["u4"]),
        ({"detector": "burst"}, ["u2"]),
        ({"detector": "impossible_travel", "bands": (2,)}, ["u3", "u4", "Üzgür-6"]),
        ({"due_before_ms": NOON_MS + 10 * MINUTE_MS}, ["u1", "u2"]),
        ({"text": "686 KM"}, ["u1"]),
        ({"text": "C2"}, ["u2"]),
        ({"text": "0 % m"}, ["u2"]),
        ({"text": "e_than"}, ["u2"]),
        ({"text": "3_%"}, []),
        ({"text": "customer:u4"}, ["u4"]),
        ({"text": "Üzgür"}, ["Üzgür-6"]),
        ({"text": "reason", "statuses": (Status.OPEN, Status.CLOSED)}, ["Üzgür-6", "u5"]),
        ({"text": "!"}, []),
    ],
)
def test_what_fits_all_that_is_asked_comes_by_rank(store, names, wanted, expected):
    assert asked(store, names, **wanted) == expected
    assert store.cases.page(Wanted(**wanted)).total == len(expected)


def test_a_case_is_found_by_its_id_in_either_case(store, names):
    for case_id, name in names.items():
        if name != "u5":
            assert asked(store, names, text=case_id.lower()) == [name]


def test_every_page_has_its_cases_and_their_places_in_the_queue(store, names):
    everything = (*Status,)
    paged = [asked(store, names, 2, skipped, statuses=everything) for skipped in (0, 2, 4, 6)]
    assert paged == [["u1", "u2"], ["u3", "u4"], ["Üzgür-6", "u5"], []]
    for wanted in (Wanted(), Wanted(bands=(1, 2)), Wanted(unheld=True), Wanted(text="u4")):
        for case in store.cases.page(wanted, limit=2, skipped=0).cases:
            assert case == store.cases.show(case.id).case
    by_rank = {case.id: case.rank for case in store.cases.list()}
    assert [case.rank for case in store.cases.page(Wanted(), skipped=3).cases] == [4, 5]
    assert {case.id: case.rank for case in store.cases.page(Wanted()).cases} == by_rank


def test_cases_that_are_due_at_the_same_moment_have_their_places(store):
    store.cases.take_in([alert(f"t{each}", f"k{each}", f"v{each}") for each in range(12)], NOON_MS)
    store.cases.take_in([alert(f"n{each}", f"l{each}", f"w{each}", at_ms=1) for each in range(3)], NOON_MS)
    places = {case.id: case.rank for case in store.cases.list()}
    assert sorted(places.values()) == list(range(1, 16))
    ids = list(places)
    for some in (ids, ids[3:5], ids[::2], ids[7:], ids[11:]):
        assert {case.id: case.rank for case in store.cases.several(some)} == {
            each: places[each] for each in some
        }
    pages = [store.cases.page(Wanted(), limit=4, skipped=skipped) for skipped in (0, 4, 8, 12, 16)]
    assert {case.id: case.rank for page in pages for case in page.cases} == places
    assert {page.total for page in pages} == {15}


def test_several_cases_come_as_asked_without_those_that_are_not_there(store, names):
    wanted = [case_id for case_id, name in names.items() if name in ("u5", "u1")]
    assert [case.id for case in store.cases.several([wanted[1], "C-no", wanted[0]])] == wanted[::-1]
    assert store.cases.several([]) == ()


def test_what_can_be_asked_for_by_name_is_known(store, names):
    teams, detectors = store.cases.known_names()
    assert teams == ("fraud desk",)
    assert detectors == ("burst", "impossible_travel")


@pytest.mark.parametrize("page", [(0, 0), (1, -1), (1, MOST_COUNTED)])
def test_a_page_that_cannot_be_is_refused(store, page):
    with pytest.raises(WrongUse, match="narrow it down"):
        store.cases.page(Wanted(), limit=page[0], skipped=page[1])


def test_a_text_that_is_too_long_is_refused(store):
    with pytest.raises(WrongUse, match="81 characters"):
        store.cases.page(Wanted(text="a" * 81))


def plan_of(path: str, name: str, **values: object) -> str:
    with closing(sqlite3.connect(path)) as file:
        return "\n".join(
            row[3] for row in file.execute(f"EXPLAIN QUERY PLAN {statements()[name].sql}", values)
        )


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_page_is_read_along_an_index_without_sorting_what_there_is(store, url):
    nothing = {"holder": None, "unheld": 0, "team": None, "detector": None, "likeness": None}
    values = nothing | {
        "statuses": as_json(Status),
        "kinds": as_json(["fraud"]),
        "bands": as_json(["0"]),
        "due_before_ms": 2**62,
        "ended_from_ms": 0,
        "after_band": -1,
        "after_ms": 0,
        "after_id": "",
        "before_ms": 2**62,
        "before_id": "",
        "limit": 100,
        "skipped": 0,
    }
    path = url.removeprefix("sqlite:///")
    live, ended = plan_of(path, "find_live", **values), plan_of(path, "find_ended", **values)
    assert "USING INDEX live_case_by_rank ((band,rank_ms,id)>(?,?,?))" in live
    assert "USING INDEX ended_case_by_end" in ended
    assert "ORDER BY" not in live + ended
    steps = plan_of(path, "steps_between", ids="[]")
    for part in ("rank_ms>? AND rank_ms<?", "rank_ms=? AND id>?", "rank_ms=? AND id>? AND id<?"):
        assert f"USING COVERING INDEX live_case_by_rank (band=? AND {part})" in steps


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_behind_one_another_are_the_whole_list_in_its_order(store, names, limit):
    wanted = Wanted(statuses=tuple(Status))
    whole = [case.id for case in store.cases.page(wanted, limit=100).cases]
    found, behind = [], None
    while True:
        cases, behind = store.cases.behind(wanted, behind, limit)
        found += [case.id for case in cases]
        assert len(cases) <= limit
        if behind is None:
            break
    assert found == whole


@pytest.mark.parametrize("limit", [0, 101])
def test_a_page_behind_one_that_is_too_long_or_empty_is_refused(store, limit):
    with pytest.raises(WrongUse, match="at once"):
        store.cases.behind(Wanted(), None, limit)
