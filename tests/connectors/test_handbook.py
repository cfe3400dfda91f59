import gzip
import json
import os
from itertools import combinations
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import BadRowError
from connectors.files import read_blocks
from connectors.handbook import Converted, convert_handbook, handbook_lines
from domain.events import Transaction
from domain.places import distance_km

TERMINALS = (
    "terminal,x,y,lat,lon\n0,41.7022,72.0324,31.39708,120.93794\n1,0.0114,30.2333,31.02159,120.50012\n"
)
HEADER = "tx_id,epoch,customer,terminal,amount,fraud,scenario\n"
ROWS = HEADER + "7,1522540831,596,1,57.16,0,0\n8,1522540930,4961,0,981.5,1,3\n"


@pytest.fixture
def convert(tmp_path: Path):
    """Convert CSV text; give the events."""

    def convert(rows: str, terminals: str = TERMINALS, currency: str = "EUR"):
        (tmp_path / "rows.csv").write_text(rows)
        (tmp_path / "terminals.csv").write_text(terminals)
        lines = handbook_lines(tmp_path / "rows.csv", tmp_path / "terminals.csv", currency)
        return [json.loads(line.event) for line in lines]

    return convert


def test_a_row_becomes_a_transaction_at_its_terminal(convert):
    assert convert(ROWS)[0] == {
        "kind": "transaction",
        "event_id": "handbook-7",
        "at": "2018-04-01T00:00:31Z",
        "card": "card-596",
        "customer": "customer-596",
        "terminal": "terminal-1",
        "amount_minor": 5716,
        "currency": "EUR",
        "channel": "pos",
        "place": {"lat": 31.02159, "lon": 120.50012},
    }


def test_the_stream_decodes_and_says_nothing_of_fraud(tmp_path):
    (tmp_path / "rows.csv.gz").write_bytes(gzip.compress(ROWS.encode()))
    (tmp_path / "terminals.csv").write_text(TERMINALS)
    out, labels = tmp_path / "out.jsonl.zst", tmp_path / "labels.jsonl"
    assert convert_handbook(
        tmp_path / "rows.csv.gz", tmp_path / "terminals.csv", out, labels=labels
    ) == Converted(transactions=2, frauds=1)
    stream = b"".join(block.data for block in read_blocks(out))
    events = msgspec.json.Decoder(Transaction, strict=True).decode_lines(stream)
    assert [event.amount_minor for event in events] == [5716, 98150]
    assert not any(word in stream for word in (b"fraud", b"scenario", b"label", b"true"))
    assert [json.loads(line) for line in labels.read_bytes().splitlines()] == [
        {"event_id": "handbook-7", "label": False, "scenario": 0},
        {"event_id": "handbook-8", "label": True, "scenario": 3},
    ]


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("57.16", "EUR", 5716),
        ("57", "EUR", 5700),
        ("57.1", "EUR", 5710),
        ("0.00", "EUR", 0),
        ("0.004", "EUR", 0),
        ("0.005", "EUR", 1),  # half up; a binary fraction would give 0
        ("1.005", "EUR", 101),
        ("9.995", "EUR", 1000),
        ("2.675", "JPY", 3),
        ("2.5", "JPY", 3),
        ("2.4999", "JPY", 2),
        ("1.23456", "KWD", 1235),
    ],
)
def test_amounts_become_minor_units_rounded_half_up(convert, amount, currency, minor):
    (event,) = convert(HEADER + f"1,1522540831,1,1,{amount},0,0\n", currency=currency)
    assert event["amount_minor"] == minor


@given(st.integers(0, 10**9))
def test_every_amount_of_two_decimals_is_exact(tmp_path_factory, minor):
    folder = tmp_path_factory.mktemp("handbook")
    (folder / "rows.csv").write_text(HEADER + f"1,1522540831,1,1,{minor // 100}.{minor % 100:02},0,0\n")
    (folder / "terminals.csv").write_text(TERMINALS)
    (line,) = handbook_lines(folder / "rows.csv", folder / "terminals.csv", "EUR")
    assert json.loads(line.event)["amount_minor"] == minor


def test_columns_may_come_in_any_order_with_others_beside_them(convert):
    rows = "note,scenario,fraud,amount,terminal,customer,epoch,tx_id\nx,0,0,57.16,1,596,1522540831,7\n"
    assert convert(rows) == convert(HEADER + "7,1522540831,596,1,57.16,0,0\n")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("x,1522540831,596,1,57.16,0,0", "tx_id is 'x'; it must be a whole number"),
        ("7,2018-04-01,596,1,57.16,0,0", "epoch is '2018-04-01'; it must be a whole number"),
        ("7,99999999999,596,1,57.16,0,0", "epoch is '99999999999'"),
        ("7,1522540831,-1,1,57.16,0,0", "customer is '-1'"),
        ("7,1522540831,596,1,-57.16,0,0", "amount is '-57.16'; it must be a number such as 57.16"),
        ("7,1522540831,596,1,1e3,0,0", "amount is '1e3'"),
        ("7,1522540831,596,1,,0,0", "amount is ''"),
        ("7,1522540831,596,9,57.16,0,0", "terminal '9' is not in the file of terminals"),
        (
            "7,1522540831,596,1,57.16,1,0",
            "fraud '1' with scenario '0'; allowed are 0 with 0, and 1 with 1, 2",
        ),
        ("7,1522540831,596,1,57.16,0,0,more", "8 fields where the header has 7"),
        ("", "0 fields where the header has 7"),
        ("7,1522540831,٣,1,57.16,0,0", "customer is '٣'"),
    ],
)
def test_a_bad_row_is_named_by_its_line_and_nothing_is_written(tmp_path, row, said):
    rows, terminals, out = tmp_path / "rows.csv", tmp_path / "terminals.csv", tmp_path / "out.jsonl"
    rows.write_text(ROWS + row + "\n")
    terminals.write_text(TERMINALS)
    with pytest.raises(BadRowError) as error:
        convert_handbook(rows, terminals, out, labels=tmp_path / "labels.jsonl")
    assert str(error.value).startswith(f"{rows}:4: {said}")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.csv", "terminals.csv"]


@pytest.mark.parametrize(
    ("terminals", "said"),
    [
        (
            "terminal,x,y\n1,2,3\n",
            "terminals.csv: no column lat, lon; the first line must name terminal, lat",
        ),
        ("", "no column terminal, lat, lon"),
        ("terminal,lat,lon\n1,north,3\n", "terminals.csv:2: lat 'north' and lon '3' must be degrees"),
        ("terminal,lat,lon\n1,91,3\n", "terminals.csv:2: lat 91 and lon 3 are off the globe"),
        ("terminal,lat,lon\n1,nan,3\n", "terminals.csv:2: lat nan and lon 3 are off the globe"),
    ],
)
def test_bad_terminals_are_named(convert, terminals, said):
    with pytest.raises(BadRowError, match=said):
        convert(ROWS, terminals)


@pytest.mark.slow
def test_the_published_data_convert_and_every_customer_stays_in_town(tmp_path):
    outside = os.environ.get("RISKDESK_OUTSIDE_DATA")
    if not outside:
        pytest.skip("RISKDESK_OUTSIDE_DATA is not set: the published handbook data are NOT checked")
    rows = Path(outside, "handbook_until_2018-07-31.csv.gz")
    out = tmp_path / "handbook.jsonl.zst"
    converted = convert_handbook(rows, Path(outside, "handbook_terminals.csv"), out)
    assert converted == Converted(transactions=1_169_723, frauds=9_465)
    decoder = msgspec.json.Decoder(Transaction, strict=True)
    total_minor = 0
    places: dict[str, set[tuple[float, float]]] = {}
    for block in read_blocks(out):
        for event in decoder.decode_lines(block.data):
            total_minor += event.amount_minor
            places.setdefault(event.customer, set()).add((event.place.lat, event.place.lon))
    amounts = (line.split(b",")[4] for block in read_blocks(rows) for line in block.data.splitlines())
    next(amounts)
    assert total_minor == sum(int(amount.replace(b".", b"")) for amount in amounts)
    # Terminals lie within 5 units of home; a unit is a kilometre, but for the curve of the Earth.
    furthest_km = max(
        distance_km(*one, *other) for visited in places.values() for one, other in combinations(visited, 2)
    )
    assert 9 < furthest_km < 10.02
