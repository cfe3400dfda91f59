"""Tables of segment amounts, learnt, written and read."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from math import log
from pathlib import Path
from random import Random
from statistics import fmean, quantiles, stdev
from typing import Any

import pytest

from domain.events import Transaction
from domain.instants import to_ms
from learning.published import TableError, read_table, write_table
from learning.segment_amounts import learn_segment_amounts

START = datetime(2026, 3, 1, tzinfo=UTC)
LATER = START + timedelta(days=30)


def purchases(amounts: Iterable[int], **fields: Any) -> list[Transaction]:
    given = {"card": "c1", "currency": "CNY", "channel": "pos", **fields}
    times = ((index, START + timedelta(minutes=index)) for index in range(10**6))
    return [
        Transaction(event_id=f"e{index}", at=at, at_ms=to_ms(at), amount_minor=amount, **given)
        for (index, at), amount in zip(times, amounts, strict=False)
    ]


def spent(count: int, seed: int = 5) -> list[int]:
    random = Random(seed)
    return [round(random.lognormvariate(8.5, 1.1)) for _ in range(count)]


def test_a_segment_is_its_mean_spread_and_high_quantile_of_logs() -> None:
    amounts = spent(5000)
    logs = [log(max(1, amount)) for amount in amounts]
    table = learn_segment_amounts(purchases(amounts), LATER)
    (segment,) = table.segments.values()
    assert segment.count == 5000
    assert segment.mean == pytest.approx(fmean(logs), abs=1e-5)
    assert segment.sd == pytest.approx(stdev(logs), abs=1e-5)
    assert segment.high == pytest.approx(quantiles(logs, n=100)[98], abs=0.1)
    assert segment.quantile == 0.99


def test_segments_are_currency_type_and_channel() -> None:
    events = [
        *purchases(spent(200)),
        *purchases(spent(200), currency="TWD"),
        *purchases(spent(200), type="withdrawal", channel="atm"),
        *purchases(spent(199), channel="ecom"),
    ]
    table = learn_segment_amounts(events, LATER)
    assert list(table.segments) == ["CNY|purchase|pos", "CNY|withdrawal|atm", "TWD|purchase|pos"]


def test_only_approved_money_out_counts() -> None:
    events = [
        *purchases([100] * 300),
        *purchases([10**9] * 300, outcome="declined"),
        *purchases([10**9] * 300, type="deposit"),
        *purchases([10**9] * 300, type="refund"),
    ]
    (segment,) = learn_segment_amounts(events, LATER).segments.values()
    assert (segment.count, segment.mean, segment.sd) == (300, pytest.approx(log(100), abs=1e-6), 0.05)


def test_amounts_of_nothing_are_taken_as_the_smallest() -> None:
    (segment,) = learn_segment_amounts(purchases([0] * 200), LATER).segments.values()
    assert segment.mean == 0


def test_the_version_says_whether_two_tables_say_the_same() -> None:
    one = learn_segment_amounts(purchases(spent(300)), LATER)
    same = learn_segment_amounts(purchases(spent(300)), LATER + timedelta(days=1))
    other = learn_segment_amounts(purchases(spent(300, seed=6)), LATER)
    assert one.version == same.version
    assert one.version != other.version


@pytest.mark.parametrize(
    ("effective_at", "options", "told"),
    [
        (START + timedelta(minutes=299), {}, "a table must not know its own time"),
        (LATER.replace(tzinfo=None), {}, "write an offset such as"),
        (LATER, {"quantile": 1.0}, "below 1"),
        (LATER, {"quantile": 0.1}, "from 0.5 on"),
        (LATER, {"least": 301}, "no segment has 301 amounts, the largest has 300"),
    ],
)
def test_what_cannot_be_published_is_said(effective_at: datetime, options: dict[str, Any], told: str) -> None:
    with pytest.raises(TableError, match=told):
        learn_segment_amounts(purchases(spent(300)), effective_at, **options)


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    table = learn_segment_amounts(purchases(spent(300)), LATER)
    path = tmp_path / "amounts.json"
    write_table(path, table)
    write_table(path, table)
    assert read_table(path) == table
    assert [found.name for found in tmp_path.iterdir()] == ["amounts.json"]


def test_what_was_published_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "amounts.json"
    write_table(path, learn_segment_amounts(purchases(spent(300)), LATER))
    with pytest.raises(TableError, match="write to a new file"):
        write_table(path, learn_segment_amounts(purchases(spent(300, seed=6)), LATER))


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "amounts.json"
    path.write_text('{"table": "segment_amounts"}')
    with pytest.raises(TableError, match="is no published table"):
        read_table(path)
