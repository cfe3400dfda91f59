"""What people ask the queue often: each has views of their own."""

import pytest

from cases.errors import NotAllowed, NotFound, NotPossible, WrongUse
from cases.saved_views import MOST_VIEWS
from cases.store import Store
from cases.who import Role, Who
from tests.cases.conftest import URL_OF_STORE
from tests.cases.made import NOON_MS

A17, A18 = Who("a17"), Who("a18")


@pytest.fixture(params=URL_OF_STORE)
def url(request: pytest.FixtureRequest) -> str:
    """Every store, in the tests that take seconds as well."""
    found: str = request.getfixturevalue(URL_OF_STORE[request.param])
    return found


def named(store: Store, who: Who) -> dict[str, str]:
    return {view.name: view.query for view in store.saved_views.of(who)}


def test_a_view_is_kept_for_its_owner_by_name_until_it_is_dropped(store):
    store.saved_views.save(A17, "night", "band=0", NOON_MS)
    store.saved_views.save(A17, "all of mine", "holder=mine", NOON_MS)
    store.saved_views.save(A18, "night", "band=1", NOON_MS)
    store.saved_views.save(A17, " night ", "band=2", NOON_MS + 5)
    assert named(store, A17) == {"all of mine": "holder=mine", "night": "band=2"}
    assert [view.saved_at_ms for view in store.saved_views.of(A17)] == [NOON_MS, NOON_MS + 5]
    store.saved_views.drop(A17, "night")
    assert (list(named(store, A17)), list(named(store, A18))) == (["all of mine"], ["night"])
    with pytest.raises(NotFound, match="'night'"):
        store.saved_views.drop(A17, "night")


def test_there_are_not_more_views_than_a_person_can_look_through(store):
    for number in range(MOST_VIEWS):
        store.saved_views.save(A17, f"view {number}", "", NOON_MS)
    with pytest.raises(NotPossible, match="drop one"):
        store.saved_views.save(A17, "one more", "", NOON_MS)
    store.saved_views.save(A17, "view 3", "band=0", NOON_MS)
    assert named(store, A17)["view 3"] == "band=0"


@pytest.mark.parametrize(("name", "query"), [("", ""), ("  ", ""), ("a" * 41, ""), ("a", "q" * 2001)])
def test_a_view_that_cannot_be_is_refused(store, name, query):
    with pytest.raises(WrongUse):
        store.saved_views.save(A17, name, query, NOON_MS)


def test_who_may_not_read_cases_keeps_no_view_of_them(store):
    with pytest.raises(NotAllowed):
        store.saved_views.save(Who("o1", Role.OPS), "all", "", NOON_MS)


def test_no_card_number_is_kept_as_a_name(store):
    store.saved_views.save(A17, "4111" + "1111" * 3, "", NOON_MS)
    assert "4111" + "1111" * 3 not in named(store, A17)
