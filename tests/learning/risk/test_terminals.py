"""What is known of terminals, kept up by labels in any order."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.tables import TerminalRecord
from learning.risk.terminals import DAY_MS, Terminals

NOW = 1_000 * DAY_MS


def terminals(most: int = 100) -> Terminals:
    return Terminals(120 * DAY_MS, most)


def learnt(*uses: tuple[int, bool]) -> Terminals:
    known = terminals()
    for at_ms, fraud in uses:
        known.learn("t", at_ms, fraud=fraud)
    return known


def by_hand(uses: list[tuple[int, bool]]) -> TerminalRecord:
    """Give the record from all labelled uses, the plain way."""
    uses = sorted(uses)
    last_ms = uses[-1][0]
    short = {use: 0.5 ** ((last_ms - use[0]) / (3 * DAY_MS)) for use in uses}
    long = {use: 0.5 ** ((last_ms - use[0]) / (10 * DAY_MS)) for use in uses}
    row = genuine = 0
    while row < len(uses) and uses[-1 - row][1]:
        row += 1
    while genuine < len(uses) and not uses[-1 - genuine][1]:
        genuine += 1
    return TerminalRecord(
        lately=round(sum(short[use] for use in uses if use[1]) / (sum(short.values()) + 1), 6),
        long=round(sum(long[use] for use in uses if use[1]) / (sum(long.values()) + 2), 6),
        row=row,
        row_ms=uses[-row][0] if row else 0,
        last_ms=max(at_ms for at_ms, fraud in uses if fraud),
        genuine=genuine,
        uses=round(sum(long.values()) * 0.6931471805599453 / 10, 6),
    )


def same(found: TerminalRecord, wanted: TerminalRecord) -> None:
    assert found.row == wanted.row
    assert (found.row_ms, found.last_ms, found.genuine) == (wanted.row_ms, wanted.last_ms, wanted.genuine)
    told = (found.lately, found.long, found.uses)
    assert told == pytest.approx((wanted.lately, wanted.long, wanted.uses), abs=2e-6)


@given(
    st.lists(st.tuples(st.integers(1, 40 * 24), st.booleans()), max_size=25, unique_by=lambda use: use[0]),
    st.integers(0, 10**6),
)
def test_labels_in_any_order_come_to_what_a_count_by_hand_says(
    uses: list[tuple[int, bool]], seed: int
) -> None:
    made = [(NOW + hours * 3_600_000, fraud) for hours, fraud in uses]
    Random(seed).shuffle(made)
    known = learnt((NOW, True), *made)
    same(known.records()["t"], by_hand([(NOW, True), *made]))


@given(
    st.lists(
        st.tuples(st.integers(1, 40 * 24), st.booleans(), st.booleans()),
        max_size=20,
        unique_by=lambda use: use[0],
    )
)
def test_a_label_that_is_taken_out_is_as_if_it_had_not_been(uses: list[tuple[int, bool, bool]]) -> None:
    made = [(NOW + hours * 3_600_000, fraud, wrong) for hours, fraud, wrong in uses]
    # The latest stays, by which the others are weighed.
    right = [
        (NOW, True),
        *((at_ms, fraud) for at_ms, fraud, wrong in made if not wrong),
        (NOW + 10**10, False),
    ]
    known = learnt((NOW, True), *((at_ms, fraud) for at_ms, fraud, _ in made), right[-1])
    for at_ms, fraud, wrong in made:
        if wrong:
            known.take_out("t", at_ms, fraud=fraud)
    same(known.records()["t"], by_hand(right))


def test_one_fraud_in_one_use_is_no_certainty() -> None:
    record = learnt((NOW, True)).records()["t"]
    assert (record.lately, record.long) == (0.5, 0.333333)


def test_a_row_longer_than_is_told_apart_keeps_its_length_and_beginning() -> None:
    known = learnt((NOW, False), *((NOW + day * DAY_MS, True) for day in range(1, 51)))
    record = known.records()["t"]
    assert (record.row, record.row_ms) == (50, NOW + DAY_MS)
    known.learn("t", NOW + 60 * DAY_MS, fraud=False)
    record = known.records()["t"]
    assert (record.row, record.genuine, record.last_ms) == (0, 1, NOW + 50 * DAY_MS)


def test_frauds_that_have_fallen_out_of_the_recent_uses_are_still_the_last_known() -> None:
    known = learnt((NOW, True), *((NOW + day * DAY_MS, False) for day in range(1, 50)))
    record = known.records()["t"]
    assert (record.row, record.genuine, record.last_ms) == (0, 32, NOW)


def test_a_genuine_use_that_was_labelled_first_is_not_forgotten_by_the_first_fraud() -> None:
    record = learnt((NOW + DAY_MS, False), (NOW, True)).records()["t"]
    assert (record.row, record.genuine) == (0, 1)


def test_a_terminal_without_any_fraud_left_has_no_record() -> None:
    known = learnt((NOW, True))
    known.refresh()
    known.take_out("t", NOW, fraud=True)
    assert known.records() == {}
    assert list(known.in_force) == ["t"]
    known.refresh()
    assert known.in_force == {}


def test_what_is_learnt_takes_effect_at_the_refresh_and_not_before() -> None:
    known = learnt((NOW, True))
    assert known.in_force == {}
    known.refresh()
    assert known.in_force == known.records()


def test_what_is_past_its_time_or_too_many_is_forgotten() -> None:
    known = terminals(most=3)
    for number in range(5):
        known.learn(f"t{number}", NOW + number * DAY_MS, fraud=number != 1)
    known.refresh()
    known.sweep(NOW + 10 * DAY_MS)
    known.refresh()
    assert (sorted(known.in_force), known.forgotten) == (["t2", "t3", "t4"], 2)
    known.sweep(NOW + 122 * DAY_MS)
    known.refresh()
    assert (sorted(known.in_force), known.forgotten) == (["t3", "t4"], 2)


def test_taking_out_what_was_forgotten_is_nothing() -> None:
    known = terminals()
    known.take_out("t", NOW, fraud=True)
    assert known.records() == {}


def test_terminals_go_on_from_their_plain_values() -> None:
    known, other = learnt((NOW, True), (NOW + DAY_MS, False)), terminals()
    known.refresh()
    known.learn("t", NOW + 2 * DAY_MS, fraud=True)
    other.load(known.dump())
    for each in (known, other):
        each.learn("t", NOW + 3 * DAY_MS, fraud=True)
    assert other.in_force == known.in_force
    assert other.records() == known.records()
