"""The labelled uses of cards of the handbook, as the transactions that the product reads.

The label stays apart from the transaction, and nothing tells the product of it before its time.
"""

import csv
import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path
from sys import intern
from typing import NamedTuple

from connectors.handbook import TRANSACTION_COLUMNS
from domain.events import Transaction
from domain.instants import from_ms

DAY_MS = 86_400_000
# The handbook names no currency.
CURRENCY = "EUR"


class DataError(ValueError):
    """A file that does not hold what the benchmark needs; the message says what it should."""


class Use(NamedTuple):
    """A use of a card and what is true of it."""

    event: Transaction
    fraud: bool


def read_uses(path: Path) -> Iterator[Use]:
    """Give the uses of a CSV file, which may be compressed with gzip, in its order, which is that of time.

    Raises DataError naming file and line when a column is missing, a field cannot be read, or time runs back.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open("rt") as lines:
            yield from _uses(path, lines)
    except OSError as error:
        raise DataError(f"{path}: {error}; give the CSV file of transactions") from None


def day_of(at_ms: int) -> int:
    """Give the number of a day since 1970 in UTC: the handbook's days."""
    return at_ms // DAY_MS


def _uses(path: Path, lines: Iterable[str]) -> Iterator[Use]:
    rows = csv.DictReader(lines)
    missing = [name for name in TRANSACTION_COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise DataError(f"{path}: no column {', '.join(missing)}; want {', '.join(TRANSACTION_COLUMNS)}")
    latest_ms = 0
    for row in rows:
        try:
            use = _use(row)
        except (TypeError, ValueError) as error:
            raise DataError(f"{path}:{rows.line_num}: cannot be read: {error}") from None
        if use.event.at_ms < latest_ms:
            raise DataError(f"{path}:{rows.line_num}: is earlier than the row before; sort by epoch")
        latest_ms = use.event.at_ms
        yield use


def _use(row: dict[str, str]) -> Use:
    at_ms = int(row["epoch"]) * 1000
    number = intern(row["customer"])
    event = Transaction(
        event_id=row["tx_id"],
        at=from_ms(at_ms),
        card=number,
        customer=number,
        terminal=intern(row["terminal"]),
        amount_minor=round(float(row["amount"]) * 100),
        currency=CURRENCY,
        channel="pos",
        at_ms=at_ms,
    )
    if row["fraud"] not in ("0", "1"):
        raise ValueError(f"fraud is {row['fraud']!r}; it must be 0 or 1")
    return Use(event, row["fraud"] == "1")
