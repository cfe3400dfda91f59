"""Numbers, names and times as they are said aloud."""

import pytest

from domain.instants import span_words
from domain.wording import counted, listed


@pytest.mark.parametrize(
    ("length_ms", "words"),
    [
        (0, "less than a second"),
        (1_000, "1 second"),
        (59_400, "59 seconds"),
        (60_000, "1 minute"),
        (1_800_000, "30 minutes"),
        (3_600_000, "1 hour"),
        (8_100_000, "2 hours 15 minutes"),
        (90_000_000, "25 hours"),
        (172_800_000, "2 days"),
    ],
)
def test_a_length_of_time_is_said_to_two_units(length_ms: int, words: str) -> None:
    assert span_words(length_ms) == words


def test_counts_and_lists() -> None:
    assert [counted(1, "card"), counted(0, "card"), counted(1200, "card")] == [
        "1 card",
        "0 cards",
        "1,200 cards",
    ]
    assert [listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
