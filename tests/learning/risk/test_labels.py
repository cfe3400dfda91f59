"""The label book: who said what of which transaction, and what holds."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest

from learning.risk.labels import Label, LabelBook, Standing
from tests.learning.risk.told import DAY, HOUR, START, claim, said

REMEMBER_MS = 90 * 86_400_000


def book(*labels: Label, most: int = 1000) -> LabelBook:
    made = LabelBook(REMEMBER_MS, most)
    for label in labels:
        made.hear(label)
    return made


def test_what_nobody_spoke_of_is_unlabelled() -> None:
    assert book(said("other", START)).standing("e1") is None


@pytest.mark.parametrize(
    ("outcome", "fraud"),
    [
        ("confirmed_fraud", True),
        ("genuine", False),
        ("false_alarm", False),
        ("unreachable", None),
        ("duplicate", None),
        ("device_resolved", None),
    ],
)
def test_only_outcomes_that_say_so_are_labels(outcome: str, fraud: bool | None) -> None:
    standing = book(said("e1", START, outcome)).standing("e1")
    assert standing == (None if fraud is None else Standing(fraud, "desk"))


def test_a_decided_claim_outranks_the_desk_even_when_the_desk_speaks_later() -> None:
    labels = [claim("e1", START, fraud=False), said("e1", START + DAY)]
    assert book(*labels).standing("e1") == Standing(False, "claim")


def test_a_claim_that_is_retracted_leaves_what_the_desk_said() -> None:
    labels = [
        said("e1", START, "genuine"),
        claim("e1", START + DAY),
        claim("e1", START + 2 * DAY, retracted=True),
    ]
    assert book(*labels[:2]).standing("e1") == Standing(True, "claim")
    assert book(*labels).standing("e1") == Standing(False, "desk")


def test_of_one_voice_the_latest_holds_in_whatever_order_its_labels_come() -> None:
    labels = [
        said("e1", START, "genuine"),
        said("e1", START + HOUR, "genuine", retracted=True),
        said("e1", START + 2 * HOUR, "confirmed_fraud"),
    ]
    for order in permutations(labels):
        assert book(*order).standing("e1") == Standing(True, "desk")


def test_an_outcome_taken_back_and_the_next_in_the_same_moment_hold_in_their_order() -> None:
    back = said("e1", START + HOUR, "genuine", retracted=True, event_id="x")
    following = said("e1", START + HOUR, "confirmed_fraud", event_id="a")
    assert book(said("e1", START, "genuine"), back, following).standing("e1") == Standing(True, "desk")


def test_where_alerts_disagree_about_a_transaction_it_is_fraud() -> None:
    labels = [said("e1", START, alert="a1"), said("e1", START + DAY, "genuine", alert="a2")]
    assert book(*labels).standing("e1") == Standing(True, "desk")


def test_the_same_label_twice_changes_nothing() -> None:
    labels: list[Label] = [
        claim("e1", START),
        said("e1", START + HOUR, "genuine", retracted=True, event_id="x"),
        said("e1", START + HOUR, "confirmed_fraud", event_id="y"),
    ]
    heard = book(*labels)
    assert [heard.hear(label) for label in labels] == [None, None, None]
    assert heard.standing("e1") == Standing(True, "claim")
    assert (heard.counts.taken, heard.counts.repeated) == (3, 3)


def test_a_label_that_a_later_one_has_overtaken_is_counted_and_left() -> None:
    heard = book(claim("e1", START + DAY, fraud=False))
    assert heard.hear(claim("e1", START)) is None
    assert (heard.standing("e1"), heard.counts.overtaken) == (Standing(False, "claim"), 1)


def test_an_alert_that_no_event_triggered_is_about_no_transaction() -> None:
    heard = book(said(None, START))
    assert (len(heard), heard.counts.about_nothing) == (0, 1)


@pytest.mark.parametrize(("later", "held"), [(timedelta(days=89), 1), (timedelta(days=90), 0)])
def test_a_transaction_is_forgotten_when_nothing_was_said_of_it_for_so_long(
    later: timedelta, held: int
) -> None:
    heard = book(claim("e1", START))
    heard.expire(_ms(START + later))
    assert len(heard) == held


def test_what_was_spoken_of_again_is_not_forgotten_with_its_first_label() -> None:
    heard = book(said("e1", START), claim("e1", START + 50 * DAY))
    heard.expire(_ms(START + 100 * DAY))
    assert heard.standing("e1") == Standing(True, "claim")


def test_of_too_many_those_longest_unspoken_of_are_dropped_and_counted() -> None:
    heard = book(claim("e1", START), claim("e2", START + HOUR), claim("e1", START + DAY, fraud=False), most=2)
    heard.hear(claim("e3", START + 2 * DAY))
    assert (len(heard), heard.counts.dropped) == (2, 1)
    assert heard.standing("e2") is None
    assert heard.standing("e1") == Standing(False, "claim")


def test_a_book_goes_on_from_its_plain_values() -> None:
    heard = book(said("e1", START), claim("e2", START, fraud=False))
    other = LabelBook(REMEMBER_MS, 1000)
    other.load(heard.dump())
    other.hear(claim("e1", START + DAY, fraud=False))
    assert other.standing("e1") == Standing(False, "claim")
    assert (other.standing("e2"), other.counts.taken) == (Standing(False, "claim"), 3)


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
