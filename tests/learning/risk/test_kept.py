"""Transactions that wait for their label."""

from copy import deepcopy

from hypothesis import given
from hypothesis import strategies as st

from learning.risk.kept import Kept, KeptTransactions

TOKEN = st.text(min_size=1, max_size=64)


def kept(count: int, *, confirm_ms: int | None = None, most: int = 100) -> KeptTransactions:
    made = KeptTransactions(1000, confirm_ms, most)
    for number in range(count):
        made.add(f"e{number}", number * 10, None, b"\1", "c", "t")
    return made


@given(
    st.integers(0, 2**53),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    st.binary(max_size=200),
    TOKEN,
    st.just("") | TOKEN,
    st.sampled_from([None, False, True]),
)
def test_what_was_kept_comes_back_with_its_label(
    at_ms: int, score: float | None, bins: bytes, card: str, terminal: str, fraud: bool | None
) -> None:
    made = KeptTransactions(1000, None, 10)
    made.add("e", at_ms, score, bins, card, terminal)
    assert made.get("e") == Kept(at_ms, score, None, bins, card, terminal)
    made.relabel("e", fraud)
    assert made.get("e") == Kept(at_ms, score, fraud, bins, card, terminal)


def test_transactions_are_forgotten_in_their_order_when_their_time_has_passed() -> None:
    made = kept(3)
    assert made.due_ms == 1000
    assert made.come_due() is None
    assert (made.due_ms, len(made), made.get("e0")) == (1010, 2, None)


def test_a_silent_transaction_comes_due_once_and_is_kept_until_its_end() -> None:
    made = kept(2, confirm_ms=600)
    come = []
    while made.due_ms < float("inf"):
        come.append((made.due_ms, made.come_due(), len(made)))
    assert come == [(600, "e0", 2), (610, "e1", 2), (1000, None, 1), (1010, None, 0)]


def test_silence_may_last_as_long_as_memory_does() -> None:
    made = kept(1, confirm_ms=1000)
    assert [made.come_due(), made.come_due(), len(made)] == ["e0", None, 0]


def test_the_oldest_of_too_many_are_dropped_and_counted() -> None:
    made = kept(8, confirm_ms=0, most=5)
    assert (len(made), made.dropped, "e2" in made, "e3" in made) == (5, 3, False, True)
    assert made.come_due() == "e3"
    made.add("e8", 80, None, b"", "c", "t")
    assert ("e3" in made, made.dropped) == (False, 4)


def test_it_goes_on_from_its_plain_values() -> None:
    made, other = kept(4, confirm_ms=600), KeptTransactions(1000, 600, 100)
    made.come_due()
    other.load(deepcopy(made.dump()))
    assert other.due_ms == made.due_ms
    assert [other.come_due() for _ in range(4)] == [made.come_due() for _ in range(4)]


def test_a_transaction_takes_little_room() -> None:
    made = KeptTransactions(1000, None, 10)
    made.add("e", 1, 0.5, bytes(31), "card-0123456789", "terminal-0123")
    (packed,) = made.dump().packed.values()
    assert len(packed) < 100


def test_the_commonest_bins_are_those_of_most_of_the_latest() -> None:
    made = KeptTransactions(1000, None, 100)
    assert made.commonest_bins(10) == ()
    for number, bins in enumerate([b"\7\7", b"\7\7", b"\7\7", b"\1\3", b"\2\3", b"\1\5", b"\2\5"]):
        made.add(f"e{number}", number, None, bins, "card", "terminal")
    assert made.commonest_bins(100) == (7, 7)
    # Of two as common the lower one.
    assert made.commonest_bins(4) == (1, 3)
