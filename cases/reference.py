"""Reference data at rest: every version of every record, as JSON."""

from collections.abc import Iterable, Iterator

import msgspec

from cases.database import Database, Values
from domain.instants import to_ms
from domain.reference import Branch, Card, Customer, Record, Terminal

_TYPE_OF_KIND: dict[str, type[Record]] = {
    "customer": Customer,
    "card": Card,
    "terminal": Terminal,
    "branch": Branch,
}
_KIND_OF_TYPE = {kept: kind for kind, kept in _TYPE_OF_KIND.items()}


class SqlReference:
    """The reference data of a store."""

    def __init__(self, db: Database) -> None:
        """Keep it in `db`."""
        self._db = db

    def put(self, records: Iterable[Record]) -> None:
        with self._db.writing():
            self._db.run_all("put_reference", (_row(record) for record in records))

    def all(self) -> Iterator[Record]:
        with self._db.reading():
            rows = self._db.rows("all_reference")
        return (msgspec.json.decode(row["body"], type=_TYPE_OF_KIND[row["kind"]]) for row in rows)


def _row(record: Record) -> Values:
    return {
        "kind": _KIND_OF_TYPE[type(record)],
        "id": record.id,
        "effective_at_ms": to_ms(record.effective_at),
        "body": msgspec.json.encode(record).decode(),
    }
