"""What the page of a case asks the store: people, marks, notes, and the record of numbers shown."""

import pytest

from cases.errors import NotAllowed, NotFound, NotPossible, NotYours, WrongUse
from cases.reveals import HOUR_MS, RevealedTooOften, RevealReason, Wanted
from cases.store import Store
from cases.who import Role, Who
from tests.cases.made import MINUTE_MS, NOON_MS, claim
from tests.desk.case_made import ring

AGENT, LEAD = Who("a17"), Who("l1", Role.LEAD)
WANTED = Wanted(kind="phone", handle="num-1", reason=RevealReason.COMPARE, words="he names another")


def shown(store: Store) -> list[tuple[str, str, str]]:
    entries = store.audit.list(LEAD, NOON_MS, limit=500)
    return [(each.actor, each.verb, each.object) for each in entries if each.verb.startswith("reveal")]


def test_a_number_that_is_shown_is_in_the_timeline_and_in_the_audit(store: Store) -> None:
    case = ring(store)
    claim(store, case, "a17")
    store.reveals.check(case, WANTED, AGENT, NOON_MS, 5)
    assert shown(store) == [], "nothing was shown yet"
    store.reveals.record(case, WANTED, AGENT, NOON_MS, 5)
    assert shown(store) == [("a17", "revealed", f"case:{case}")]
    line = store.cases.show(case).timeline[-1]
    assert (line.what, line.new, line.note) == ("revealed", "phone num-1", "compare: he names another")
    assert store.audit.verify().breaks == ()


def test_an_hour_counts_from_each_number_and_what_was_too_much_is_on_record(store: Store) -> None:
    case = ring(store)
    for minutes in (0, 10):
        store.reveals.record(case, WANTED, LEAD, NOON_MS + minutes * MINUTE_MS, 2)
    assert store.reveals.left(LEAD, NOON_MS + 10 * MINUTE_MS, 2) == 0
    with pytest.raises(RevealedTooOften, match="try again in 31 minutes"):
        store.reveals.check(case, WANTED, LEAD, NOON_MS + 30 * MINUTE_MS, 2)
    assert [verb for _, verb, _ in shown(store)] == ["revealed", "revealed", "reveal_refused"]
    assert store.reveals.left(LEAD, NOON_MS + HOUR_MS, 2) == 1, "the first one is an hour ago"
    assert store.reveals.left(AGENT, NOON_MS, 2) == 2, "what others saw does not count"


@pytest.mark.parametrize(
    ("who", "error"),
    [
        (AGENT, NotYours),
        (Who("n", Role.ANALYST), NotAllowed),
        (Who("c", Role.COMPLIANCE), NotAllowed),
        (Who("r", Role.AUDITOR), NotAllowed),
        (Who("o", Role.OPS), NotAllowed),
    ],
)
def test_who_has_no_part_in_a_case_is_refused_at_the_record_too(
    store: Store, who: Who, error: type[Exception]
) -> None:
    case = ring(store)
    with pytest.raises(error):
        store.reveals.record(case, WANTED, who, NOON_MS, 5)
    assert shown(store) == []


def test_only_numbers_of_the_case_are_shown_and_only_for_a_reason(store: Store) -> None:
    case = ring(store)
    for handle, kind in (("num-9", "phone"), ("c-1", "phone"), ("num-1", "card")):
        wanted = Wanted(kind=kind, handle=handle, reason=RevealReason.OTHER, words="because")
        with pytest.raises(NotFound, match="of case"):
            store.reveals.check(case, wanted, LEAD, NOON_MS, 5)
    with pytest.raises(WrongUse, match="4 to 200 characters"):
        store.reveals.check(
            case, Wanted(kind="card", handle="c-1", reason=RevealReason.OTHER, words=" x "), LEAD, NOON_MS, 5
        )


def test_who_dials_needs_no_words_but_a_call_that_is_open_to_that_number(store: Store) -> None:
    case = ring(store)
    claim(store, case, "a17")
    begun = store.calling.begin_call(store.calling.held_call(case, AGENT), AGENT, NOON_MS)
    dialled = Wanted(kind="phone", handle=begun.reference, reason=RevealReason.DIAL)
    other = Wanted(kind="phone", handle="num-2", reason=RevealReason.DIAL)
    card = Wanted(kind="card", handle="c-1", reason=RevealReason.DIAL)
    for wanted, who in ((other, AGENT), (card, AGENT), (dialled, LEAD)):
        with pytest.raises(NotPossible, match="dial first"):
            store.reveals.record(case, wanted, who, NOON_MS, 5)
    store.reveals.record(case, dialled, AGENT, NOON_MS, 5)
    assert store.cases.show(case).timeline[-1].note == "dial"
    assert shown(store) == [("a17", "revealed", f"case:{case}")]


def test_the_people_of_a_case_come_with_what_was_on_record_then(store: Store) -> None:
    case = ring(store)
    one, two = store.people.of_case(case, AGENT, NOON_MS)
    assert (one.id, [card.last4 for card in one.cards]) == ("u-1", ["1111"])
    assert one.record is not None
    assert [number.reference for number in one.record.numbers] == ["num-1", "num-2"]
    assert two.id == "u-2"
    (before, _) = store.people.of_case(case, AGENT, 0)
    assert before.record is None, "nothing was known in 1970"


def test_a_mark_changes_with_whatever_happens_in_a_case_and_not_otherwise(store: Store) -> None:
    case = ring(store)
    marks = [store.cases.mark(case)]
    store.cases.show(case)
    assert store.cases.mark(case) == marks[0]
    claim(store, case, "a17")
    marks.append(store.cases.mark(case))
    store.work.note(case, "a note", AGENT, NOON_MS)
    marks.append(store.cases.mark(case))
    call = store.calling.held_call(case, AGENT)
    store.calling.begin_call(call, AGENT, NOON_MS)
    marks.append(store.cases.mark(case))
    assert len(set(marks)) == 4


def test_a_case_is_found_by_what_it_concerns(store: Store) -> None:
    case = ring(store)
    for asked in (case, case.lower(), "u-1", "card:c-2", "2222", "•••• 1111"):
        assert [found.id for found in store.cases.find(asked)] == [case], asked
    assert store.cases.find("3333") == ()
    for wrong in ("4111 1111 1111 1111", "", "x" * 129):
        with pytest.raises(WrongUse):
            store.cases.find(wrong)


def test_a_note_masks_card_numbers_and_needs_words_and_a_right(store: Store) -> None:
    case = ring(store)
    store.work.note(case, " card 4111111111111111 ", AGENT, NOON_MS)
    assert store.cases.show(case).timeline[-1].note == "card ************1111"
    with pytest.raises(WrongUse, match="1 to 4,000"):
        store.work.note(case, " ", AGENT, NOON_MS)
    with pytest.raises(NotAllowed):
        store.work.note(case, "hello", Who("r", Role.AUDITOR), NOON_MS)
    with pytest.raises(NotFound):
        store.work.note("C0", "hello", AGENT, NOON_MS)
