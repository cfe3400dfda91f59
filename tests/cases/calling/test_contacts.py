from datetime import UTC, datetime, timedelta

from cases.calling.cadence import Tried
from cases.calling.contacts import Number, Unusable, Wish, number_record, numbers_of
from cases.calling.policy import CallingPolicy
from domain.instants import to_ms
from domain.reference import PhoneNumber

NOW = datetime(2026, 3, 6, 4, tzinfo=UTC)
NOW_MS = to_ms(NOW)


def number(reference: str, days: int | None) -> PhoneNumber:
    since = None if days is None else NOW - timedelta(days=days)
    return PhoneNumber(reference=reference, kind="mobile", verified_since=since)


def listed(
    known: list[PhoneNumber],
    unusable: dict[str, Unusable] | None = None,
    wishes: tuple[Wish, ...] = (),
    tried: tuple[Tried, ...] = (),
) -> tuple[Number, ...]:
    return numbers_of(known, unusable or {}, wishes, tried, CallingPolicy(), NOW_MS)


def test_a_number_verified_in_the_last_thirty_days_is_not_rung_while_an_older_one_is_left() -> None:
    old, fresh = listed([number("fresh", 29), number("old", 400)])
    assert (old.reference, old.why_not) == ("old", None)
    assert fresh.why_not == "verified only 29 days ago, and an older number is left"


def test_a_number_verified_thirty_days_ago_is_old_enough() -> None:
    assert [each.why_not for each in listed([number("a", 30), number("b", 400)])] == [None, None]


def test_a_fresh_number_is_rung_with_caution_where_no_other_is_left() -> None:
    unusable = {"old": Unusable("wrong number", NOW_MS)}
    fresh, old = listed([number("fresh", 1), number("old", 400)], unusable)
    assert (fresh.reference, fresh.why_not) == ("fresh", None)
    assert fresh.caution == "verified only 24 hours ago: be sure who answers"
    assert old.why_not == "wrong number"


def test_a_number_never_verified_does_not_bar_a_fresh_one_and_comes_before_it() -> None:
    assert [each.reference for each in listed([number("fresh", 1), number("never", None)])] == [
        "never",
        "fresh",
    ]


def test_the_number_verified_longest_ago_comes_first() -> None:
    found = listed([number("never", None), number("b", 100), number("a", 900)])
    assert [each.reference for each in found] == ["a", "b", "never"]


def test_a_number_verified_anew_may_be_rung_again() -> None:
    dead = {"a": Unusable("number not in service", NOW_MS - timedelta(days=100) // timedelta(milliseconds=1))}
    assert listed([number("a", 200)], dead)[0].why_not == "number not in service"
    assert listed([number("a", 50)], dead)[0].why_not is None


def test_a_wish_counts_for_its_number_or_for_all() -> None:
    both = [number("a", 100), number("b", 90)]
    barred = {each.reference: each.why_not for each in listed(both, wishes=(Wish("a", None),))}
    assert barred == {"a": "the customer does not want to be called for good", "b": None}
    assert all(each.why_not for each in listed(both, wishes=(Wish("", NOW_MS + 1),)))


def test_a_number_says_how_often_it_was_tried() -> None:
    tried = (
        Tried(1, 1, "a", "no_answer"),
        Tried(5, 5, "a", "busy"),
        Tried(7, 7, "a", "dialer_failed"),
        Tried(9, 9, "b", "busy"),
    )
    found = listed([number("a", 100)], tried=tried)[0]
    assert (found.tried, found.last_at_ms) == (2, 5)
    assert number_record(found)["last_tried"] == "1970-01-01T00:00:00.005Z"
