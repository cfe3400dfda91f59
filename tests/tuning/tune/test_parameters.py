"""What may be tried of a parameter, and what is said of the rest."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from detectors.base import MinorByCurrency, Span
from detectors.burst import Burst
from tuning.tune.parameters import (
    MOST_COMBINATIONS,
    ParameterError,
    Swept,
    combinations,
    read_swept,
    said,
)


@dataclass(frozen=True, kw_only=True)
class Every:
    """A parameter of every type that detectors have."""

    count: Annotated[int, Field(ge=1, le=1_000_000, description="")] = 3
    share: Annotated[float, Field(gt=0, le=1, description="")] = 0.5
    window: Annotated[Span, Field(description="")] = timedelta(minutes=10)
    edge: Annotated[Literal["end", "both"], Field(description="")] = "end"
    declined: Annotated[bool, Field(description="")] = True
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", description="")] = "CNY"
    limits_minor: Annotated[MinorByCurrency, Field(description="")] = field(default_factory=dict)
    codes: Annotated[tuple[str, ...], Field(description="")] = ()


def read(*texts: str, steps: int = 5) -> tuple[Swept, ...]:
    return read_swept(texts, Every, steps=steps)  # type: ignore[arg-type]


# Given, in how many steps, and what is tried.
TRIED: list[tuple[str, int, list[Any]]] = [
    ("count=4..8", 5, [4, 5, 6, 7, 8]),
    ("count=4..8", 3, [4, 6, 8]),
    ("count=4..5", 5, [4, 5]),  # as many whole numbers as there are
    ("count=4..8/3", 5, [4, 7]),
    ("count=4..4", 5, [4]),
    ("count=9,4,9", 5, [9, 4]),
    ("count=4..8", 1, [4]),
    ("share=0.1..0.5/0.1", 5, [0.1, 0.2, 0.3, 0.4, 0.5]),  # the end is not lost to rounding
    ("share=0.2..0.8", 4, [0.2, 0.4, 0.6, 0.8]),
    ("share=1e-2, 0.5", 5, [0.01, 0.5]),
    ("window=PT5M..PT20M", 4, ["PT5M", "PT10M", "PT15M", "PT20M"]),
    ("window=PT5M..PT20M", 5, ["PT5M", "PT8M45S", "PT12M30S", "PT16M15S", "PT20M"]),
    ("window=300..900/300", 5, ["PT5M", "PT10M", "PT15M"]),
    ("window=PT0.5S,90,P1D", 5, ["PT0.5S", "PT1M30S", "P1D"]),
    ("window=0.5..1", 3, ["PT0.5S", "PT0.75S", "PT1S"]),
    ("edge=both,end", 5, ["both", "end"]),
    ("declined=false,true", 5, [False, True]),
    ("currency=EUR", 5, ["EUR"]),
    ("limits_minor.CNY=100..300/100", 5, [100, 200, 300]),
]


@pytest.mark.parametrize(("text", "steps", "values"), TRIED)
def test_a_range_or_a_list_is_read_as_the_parameter_is_typed(
    text: str, steps: int, values: list[Any]
) -> None:
    (swept,) = read(text, steps=steps)
    assert list(swept.values) == values
    assert swept.label == text.partition("=")[0]


# Given, and what the refusal must say.
REFUSED = [
    ("count", "write name=lo..hi"),
    ("count=", "write name=lo..hi"),
    ("counts=1..3", "no parameter 'counts', perhaps count; there are: count, share, window"),
    ("count=0..3", "count cannot be 0; allowed is: from 1 to 1000000"),
    ("count=1,2000000", "count cannot be 2000000; allowed is: from 1 to 1000000"),
    ("count=8..4", "goes backwards; write 4..8"),
    ("count=8..4/2", "write 4..8/2"),
    ("count=1..9/0", "the step 0 should be above 0"),
    ("count=1..9/-1", "should be above 0"),
    ("count=1..1000000/1", "count: 1..1000000/1 is 1,000,000 values, at most 200"),
    ("count=1.5..3", "'1.5' should be a whole number such as 6"),
    ("count=1_0", "'1_0' should be a whole number"),
    ("count=1,,3", "'' should be a whole number"),
    ("count=1..", "'' should be a whole number"),
    ("share=0..1", "share cannot be 0.0; allowed is: above 0 to 1"),
    ("share=nan", "'nan' should be a number such as 2.5"),
    ("share=0.1..inf", "'inf' should be a number"),
    ("window=5min", "should be a length of time: PT10M, or a number of seconds"),
    ("window=0..10", "window cannot be PT0S; allowed is: from PT0.001S to P10Y"),
    ("edge=start", "'start' should be one of end, both"),
    ("edge=end..both", "edge has no range; list the values: edge=a,b,c"),
    ("declined=yes", "'yes' should be one of true, false"),
    ("currency=euro", "currency cannot be euro; allowed is: String should match"),
    ("limits_minor=1..3", "name one: limits_minor.CNY=1..3"),
    ("limits_minor.cny=1..3", "limits_minor.cny cannot be"),
    ("limits_minor.CNY=-1", "limits_minor.CNY cannot be -1; allowed is: from 0 to"),
    ("count.CNY=1..3", "count has no parts; write count=1..3"),
    ("codes=a,b", "codes is a list of names, which cannot be tried here"),
]


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_what_cannot_be_tried_is_refused_with_what_is_allowed(text: str, words: str) -> None:
    with pytest.raises(ParameterError) as refused:
        read(text)
    assert words in str(refused.value)


def test_nothing_to_try_is_refused() -> None:
    with pytest.raises(ParameterError, match="at least one --parameter"):
        read()


def test_a_parameter_is_given_once_but_each_currency_of_an_amount_may_be() -> None:
    with pytest.raises(ParameterError, match="count is given twice"):
        read("count=1", "share=0.5", "count=2")
    assert [each.label for each in read("limits_minor.CNY=1", "limits_minor.EUR=1")] == [
        "limits_minor.CNY",
        "limits_minor.EUR",
    ]


def test_too_many_combinations_are_counted_and_refused() -> None:
    texts = ("count=1..15", "share=0.1..0.9")
    assert len(combinations(read(*texts, steps=14))) == 196
    with pytest.raises(ParameterError) as refused:
        read(*texts, steps=15)
    assert "225 combinations (15 of count times 15 of share); at most 200" in str(refused.value)
    assert MOST_COMBINATIONS == 200


def test_combinations_come_in_one_order_the_last_changing_fastest() -> None:
    assert [said(each) for each in combinations(read("count=1,2", "declined=true,false"))] == [
        "count 1, declined true",
        "count 1, declined false",
        "count 2, declined true",
        "count 2, declined false",
    ]


@given(low=st.integers(1, 1000), length=st.integers(0, 1000), steps=st.integers(1, 40))
def test_a_range_of_whole_numbers_has_its_ends_rises_and_has_no_more_than_its_steps(
    low: int, length: int, steps: int
) -> None:
    (swept,) = read(f"count={low}..{low + length}", steps=steps)
    assert swept.values[0] == low
    assert steps == 1 or swept.values[-1] == low + length
    assert list(swept.values) == sorted(set(swept.values))
    assert len(swept.values) <= steps


def test_a_real_detector_is_read_by_its_own_bounds() -> None:
    swept = read_swept(["window=PT5M..PT10M", "sums_minor.EUR=100,200"], Burst, steps=2)
    assert swept == (
        Swept("window", ("PT5M", "PT10M")),
        Swept("sums_minor", (100, 200), "EUR"),
    )
