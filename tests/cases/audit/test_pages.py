"""The audit in pages and as a whole: what is wanted, newest first, and on record."""

import pytest

from cases.audit.service import Wanted
from cases.errors import NotAllowed
from cases.store import Store
from cases.who import Role, Who
from tests.cases.audit.conftest import AGENT, AUDITOR, LEAD, NOON_MS


@pytest.fixture
def seen(store: Store) -> Store:
    for number in range(10):
        store.audit.viewed(AGENT if number % 2 else LEAD, f"case:C{number}", NOON_MS + number)
    return store


def test_a_page_goes_on_before_a_row(seen: Store) -> None:
    newest = seen.audit.page(AUDITOR, NOON_MS, Wanted(), limit=4)
    before = seen.audit.page(AUDITOR, NOON_MS, Wanted(), before=newest[-1].seq, limit=4)
    assert [row.object for row in newest] == ["case:C9", "case:C8", "case:C7", "case:C6"]
    assert [row.object for row in before] == ["case:C5", "case:C4", "case:C3", "case:C2"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(actor=LEAD.name), ["C8", "C6", "C4", "C2", "C0"]),
        (Wanted(object="case:C3"), ["C3"]),
        (Wanted(verb="viewed", from_ms=NOON_MS + 8), ["C9", "C8"]),
        (Wanted(to_ms=NOON_MS + 2), ["C1", "C0"]),
        (Wanted(actor="nobody"), []),
    ],
)
def test_only_what_is_wanted_comes_in_pages_and_in_the_export(
    seen: Store, wanted: Wanted, found: list[str]
) -> None:
    objects = [f"case:{name}" for name in found]
    assert [row.object for row in seen.audit.page(AUDITOR, NOON_MS + 10**6, wanted)] == objects
    exported = seen.audit.export(AUDITOR, NOON_MS + 10**6, wanted)
    assert [row.object for row in exported if row.verb == "viewed"] == objects


def test_reading_and_exporting_are_on_record(seen: Store) -> None:
    seen.audit.page(AUDITOR, NOON_MS, Wanted(object="case:C1"))
    seen.audit.export(AUDITOR, NOON_MS, Wanted())
    rows = seen.audit.list(AUDITOR, NOON_MS, actor=AUDITOR.name)
    assert [(row.verb, row.object) for row in rows] == [
        ("audit_read", "case:C1"),
        ("audit_exported", "audit:all"),
    ]


def test_who_may_not_read_it_gets_nothing(seen: Store) -> None:
    agent = Who("agent-9", Role.AGENT)
    with pytest.raises(NotAllowed):
        seen.audit.page(agent, NOON_MS, Wanted())
    with pytest.raises(NotAllowed):
        seen.audit.export(agent, NOON_MS, Wanted())
