"""Reference data and the fleet at rest: every version of every record, as JSON."""

from collections.abc import Iterable, Iterator
from itertools import groupby

import msgspec

from cases.database import Database, Row, Values
from devices.registry import Device, Fleet, FleetRecord, Maintenance, Site
from domain.instants import to_ms
from domain.reference import Branch, Card, Customer, Record, Terminal

_TYPE_OF_KIND: dict[str, type[Record]] = {
    "customer": Customer,
    "card": Card,
    "terminal": Terminal,
    "branch": Branch,
}
_FLEET_TYPE_OF_KIND: dict[str, type[FleetRecord]] = {
    "device": Device,
    "site": Site,
    "maintenance": Maintenance,
}
_KIND_OF_TYPE: dict[type[Record | FleetRecord], str] = {
    kept: kind for kind, kept in (*_TYPE_OF_KIND.items(), *_FLEET_TYPE_OF_KIND.items())
}


class SqlReference:
    """The reference data and the fleet of a store."""

    def __init__(self, db: Database) -> None:
        """Keep them in `db`."""
        self._db = db

    def put(self, records: Iterable[Record | FleetRecord]) -> None:
        with self._db.writing():
            for of_fleet, some in groupby(records, lambda record: isinstance(record, FleetRecord)):
                self._db.run_all("put_fleet" if of_fleet else "put_reference", map(_row, some))

    def all(self) -> Iterator[Record]:
        with self._db.reading():
            rows = self._db.rows("all_reference")
        return (msgspec.json.decode(row["body"], type=_TYPE_OF_KIND[row["kind"]]) for row in rows)

    def all_fleet(self) -> Iterator[FleetRecord]:
        with self._db.reading():
            rows = self._db.rows("all_fleet")
        return map(_fleet_record, rows)

    def fleet(self, home_zone: str) -> Fleet:
        return Fleet.of(self.all_fleet(), home_zone)


def read_fleet(db: Database, home_zone: str) -> Fleet:
    """Read the devices, sites and planned work, within the caller's transaction.

    `home_zone` stands in where a site is not on record.
    """
    return Fleet.of(map(_fleet_record, db.rows("all_fleet")), home_zone)


def _fleet_record(row: Row) -> FleetRecord:
    return msgspec.json.decode(row["body"], type=_FLEET_TYPE_OF_KIND[row["kind"]])


def _row(record: Record | FleetRecord) -> Values:
    return {
        "kind": _KIND_OF_TYPE[type(record)],
        "id": record.id,
        "effective_at_ms": to_ms(record.effective_at),
        "body": msgspec.json.encode(record).decode(),
    }
