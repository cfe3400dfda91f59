"""Converter: the simulated card transactions of the Fraud Detection Handbook as our transaction lines.

Source: Y.-A. Le Borgne, W. Siblini, B. Lebichot, G. Bontempi, Reproducible Machine Learning for Credit Card
Fraud Detection - Practical Handbook (2022), chapter 3: customers and terminals live on a square of 100 by
100 units, and a customer uses the terminals near home.
"""

import csv
import re
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import orjson

from connectors.errors import BadRowError
from connectors.files import read_blocks
from connectors.streams import writing
from domain.money import minor_digits

TRANSACTION_COLUMNS = ("tx_id", "epoch", "customer", "terminal", "amount", "fraud", "scenario")
TERMINAL_COLUMNS = ("terminal", "lat", "lon")

_AMOUNT = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,12}))?")
_NUMBER = re.compile(r"[0-9]{1,10}")
# What the scenarios stand for is in the source; 0 is an honest use.
_TRUTHS = {("0", "0"), ("1", "1"), ("1", "2"), ("1", "3")}


class Line(NamedTuple):
    """A transaction as it goes into the stream, and what is known about it, which must not."""

    event: bytes
    label: bytes
    fraud: bool


class Converted(NamedTuple):
    """How many transactions were written, and how many of them are labelled as fraud."""

    transactions: int
    frauds: int


def convert_handbook(
    transactions: Path, terminals: Path, out: Path, *, labels: Path | None = None, currency: str = "EUR"
) -> Converted:
    """Write the lines of `handbook_lines` to `out`, and what is known about fraud to `labels` alone.

    Names that end in .gz or .zst are compressed. Raises BadRowError as `handbook_lines` does; nothing is
    written then.
    """
    lines = handbook_lines(transactions, terminals, currency)
    count = frauds = 0
    with writing(out) as stream, nullcontext() if labels is None else writing(labels) as truth:
        for line in lines:
            stream.write(line.event)
            if truth is not None:
                truth.write(line.label)
            count += 1
            frauds += line.fraud
    return Converted(count, frauds)


def handbook_lines(transactions: Path, terminals: Path, currency: str) -> Iterator[Line]:
    """Give each row of `transactions` (CSV, also compressed) as a transaction, at the same time in UTC.

    A terminal stands where `terminals` (CSV) says, in degrees of a square in which one unit is one
    kilometre: a customer's places are kilometres apart, as in one town. Each customer has one card. The
    handbook names no currency: amounts become minor units of `currency`, rounded half up.

    Raises BadRowError naming file and line of the first row that cannot be right.
    """
    places = _places(terminals)
    digits = minor_digits(currency)
    for number, row in _rows(transactions, TRANSACTION_COLUMNS):
        tx_id, epoch, customer, terminal, amount, fraud, scenario = row
        place = places.get(terminal)
        units = _AMOUNT.fullmatch(amount)
        numbers = _NUMBER.fullmatch(tx_id) and _NUMBER.fullmatch(epoch) and _NUMBER.fullmatch(customer)
        if place is None or units is None or not numbers or (fraud, scenario) not in _TRUTHS:
            raise BadRowError(f"{transactions}:{number}: {_complaint(row, places)}")
        event_id = f"handbook-{tx_id}"
        event = {
            "kind": "transaction",
            "event_id": event_id,
            "at": datetime.fromtimestamp(int(epoch), UTC),
            "card": f"card-{customer}",
            "customer": f"customer-{customer}",
            "terminal": f"terminal-{terminal}",
            "amount_minor": _minor_units(units[1], units[2] or "", digits),
            "currency": currency,
            "channel": "pos",
            "place": place,
        }
        label = {"event_id": event_id, "label": fraud == "1", "scenario": int(scenario)}
        yield Line(
            orjson.dumps(event, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE),
            orjson.dumps(label, option=orjson.OPT_APPEND_NEWLINE),
            fraud == "1",
        )


def _minor_units(whole: str, fraction: str, digits: int) -> int:
    """Give an amount in minor units of `digits` decimals, rounded half up; no binary fraction is involved."""
    kept = fraction[:digits].ljust(digits, "0")
    return int(whole + kept) + (fraction[digits : digits + 1] >= "5")


def _places(terminals: Path) -> dict[str, orjson.Fragment]:
    """Give each terminal's place as the JSON it becomes."""
    places = {}
    for number, (terminal, lat, lon) in _rows(terminals, TERMINAL_COLUMNS):
        try:
            degrees = {"lat": float(lat), "lon": float(lon)}
        except ValueError:
            raise BadRowError(f"{terminals}:{number}: lat {lat!r} and lon {lon!r} must be degrees") from None
        if not (abs(degrees["lat"]) <= 90 and abs(degrees["lon"]) <= 180):
            raise BadRowError(
                f"{terminals}:{number}: lat {lat} and lon {lon} are off the globe; -90 to 90 and -180 to 180"
            )
        places[terminal] = orjson.Fragment(orjson.dumps(degrees))
    return places


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Give the line number and the `columns` of each row of a CSV file with a header, in any order."""
    texts = (line for block in read_blocks(path) for line in block.data.decode(errors="replace").splitlines())
    reader = csv.reader(texts)
    header = next(reader, [])
    missing = [name for name in columns if name not in header]
    if missing:
        raise BadRowError(
            f"{path}: no column {', '.join(missing)}; the first line must name {', '.join(columns)}"
        )
    pick = itemgetter(*map(header.index, columns))
    for row in reader:
        if len(row) != len(header):
            raise BadRowError(
                f"{path}:{reader.line_num}: {len(row)} fields where the header has {len(header)}"
            )
        yield reader.line_num, pick(row)


def _complaint(row: tuple[str, ...], places: dict[str, orjson.Fragment]) -> str:
    tx_id, epoch, customer, terminal, amount, fraud, scenario = row
    for name, value in (("tx_id", tx_id), ("epoch", epoch), ("customer", customer)):
        if not _NUMBER.fullmatch(value):
            return f"{name} is {value!r}; it must be a whole number"
    if not _AMOUNT.fullmatch(amount):
        return f"amount is {amount!r}; it must be a number such as 57.16"
    if terminal not in places:
        return f"terminal {terminal!r} is not in the file of terminals"
    return f"fraud {fraud!r} with scenario {scenario!r}; allowed are 0 with 0, and 1 with 1, 2 or 3"
