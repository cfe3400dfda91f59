"""People hide an alarm for a while and say why; nobody forgets it there."""

import pytest

from cases.errors import NotAllowed, NotFound, NotPossible, WrongUse
from cases.store import Store
from cases.who import Role, Who
from tests.cases.alarms.watched import alarm_tables, at_s, events_in_words, signal
from tests.cases.work.raw import raw_of

LEA = Who("lea", Role.LEAD)
NAME = "d1|dispenser|0|note_jam"
JAM = signal("note_jam", "d1", 0)
OVER = signal("note_jam", "d1", 900, since=0, over=True)


def test_a_shelved_alarm_is_shown_when_its_time_is_over_and_it_still_lasts(store: Store, url: str) -> None:
    store.alarms.take_in([JAM], at_s(60))
    store.alarms.shelve(NAME, at_s(1800), "the vendor is on the way", LEA, at_s(60))
    store.alarms.take_in([], at_s(3600))
    assert events_in_words(url) == [
        "0 raised d1 note_jam",
        "60 shelved d1 note_jam",
        "120 suppressed d1 note_jam by shelved",
        "1800 unshelved d1 note_jam",
        "1800 released d1 note_jam",
        "1800 annunciated d1 note_jam",
    ]


def test_an_alarm_that_people_know_of_can_be_shelved_and_ends_there_silently(store: Store, url: str) -> None:
    store.alarms.take_in([JAM], at_s(300))
    store.alarms.shelve(NAME, at_s(1800), "known", LEA, at_s(300))
    (alarm,) = store.alarms.list()
    assert (alarm.state, alarm.suppressed_by, alarm.shelved_by, alarm.shelve_reason) == (
        "pending",
        "shelved",
        "lea",
        "known",
    )
    store.alarms.take_in([OVER], at_s(2000))
    assert store.alarms.list() == ()
    assert [line for line in events_in_words(url) if "annunciated" in line] == ["120 annunciated d1 note_jam"]


def test_on_the_shelf_it_stays_the_same_alarm_however_often_it_comes_back(store: Store, url: str) -> None:
    store.alarms.take_in([JAM], at_s(60))
    store.alarms.shelve(NAME, at_s(20_000), "a worn sensor", LEA, at_s(60))
    comes = [signal("note_jam", "d1", at) for at in (3000, 8000, 14_000)]
    goes = [signal("note_jam", "d1", at + 900, since=at, over=True) for at in (0, 3000, 8000, 14_000)]
    store.alarms.take_in([*comes, *goes], at_s(20_001))
    (alarm,) = alarm_tables(url)["alarm"]
    assert (alarm["occurrences"], alarm["annunciated_at_ms"], alarm["state"]) == (4, None, "closed")


def test_what_is_taken_off_the_shelf_is_shown_at_once(store: Store, url: str) -> None:
    store.alarms.take_in([JAM], at_s(300))
    store.alarms.shelve(NAME, at_s(1800), "known", LEA, at_s(300))
    store.alarms.unshelve(NAME, "not known after all", LEA, at_s(400))
    store.alarms.take_in([], at_s(401))
    assert events_in_words(url)[-3:] == [
        "400 unshelved d1 note_jam",
        "400 released d1 note_jam",
        "400 annunciated d1 note_jam",
    ]


def test_shelving_is_audited_with_its_reason(store: Store, url: str) -> None:
    store.alarms.take_in([JAM], at_s(300))
    (alarm,) = store.alarms.list()
    store.alarms.shelve(alarm.id, at_s(1800), "known", LEA, at_s(300))
    store.alarms.unshelve(alarm.id, "done", LEA, at_s(400))
    raw = raw_of(url)
    acts = raw.ask("SELECT actor, verb, object, reason FROM audit WHERE verb LIKE '%shelved' ORDER BY seq")
    raw.close()
    assert [tuple(act.values()) for act in acts] == [
        ("lea", "shelved", f"alarm:{alarm.id}", "known"),
        ("lea", "unshelved", f"alarm:{alarm.id}", "done"),
    ]


def test_only_who_has_the_right_shelves(store: Store) -> None:
    store.alarms.take_in([JAM], at_s(300))
    with pytest.raises(NotAllowed, match="ann \\(agent\\) may not shelve alarm; that takes: lead"):
        store.alarms.shelve(NAME, at_s(1800), "known", Who("ann"), at_s(300))


@pytest.mark.parametrize(
    ("until_s", "reason"), [(300, "known"), (200, "known"), (300 + 8 * 3600 + 1, "known"), (1800, " ")]
)
def test_a_shelf_has_an_end_within_eight_hours_and_a_reason(
    store: Store, until_s: float, reason: str
) -> None:
    store.alarms.take_in([JAM], at_s(300))
    with pytest.raises(WrongUse, match=r"8 hours at most|say why"):
        store.alarms.shelve(NAME, at_s(until_s), reason, LEA, at_s(300))


def test_what_concerns_a_customer_or_is_not_there_cannot_be_shelved(store: Store) -> None:
    store.alarms.take_in([signal("card_retained", "d1", 0), JAM, OVER], at_s(20_000))
    with pytest.raises(NotPossible, match="never hidden"):
        store.alarms.shelve("d1|card_reader|0|card_retained", at_s(300), "known", LEA, at_s(0))
    with pytest.raises(NotPossible, match="is closed"):
        store.alarms.shelve(NAME, at_s(20_100), "known", LEA, at_s(20_000))
    with pytest.raises(NotFound, match="there is no alarm 'd1'"):
        store.alarms.shelve("d1", at_s(300), "known", LEA, at_s(0))
    with pytest.raises(NotPossible, match="not on the shelf"):
        store.alarms.unshelve(NAME, "known", LEA, at_s(0))
