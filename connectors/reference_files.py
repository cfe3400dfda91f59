"""Reference data as lines of JSON: who holds a card, where a terminal stands, which devices there are."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from pydantic import AfterValidator, Field, StringConstraints, TypeAdapter

from connectors.fleet_files import FLEET_KINDS, DeviceLine, MaintenanceLine, SiteLine, fleet_line
from connectors.record_lines import (
    Instant,
    PlaceLine,
    RecordLine,
    StrictLine,
    Token,
    Zone,
    read_record_lines,
)
from devices.registry import FleetRecord
from domain.events import Tier
from domain.reference import Branch, Card, Customer, PhoneNumber, Record, Terminal

KINDS: dict[str, type[Record | FleetRecord]] = {
    "customer": Customer,
    "card": Card,
    "terminal": Terminal,
    "branch": Branch,
    **FLEET_KINDS,
}

# Seven digits, as short as a local telephone number gets, with what people write between them.
_TELEPHONE = re.compile(r"[0-9](?:[ ()./+-]{0,2}[0-9]){6}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _opaque(handle: str) -> str:
    if _TELEPHONE.search(handle) and not _UUID.fullmatch(handle):
        raise ValueError(
            "looks like a telephone number; give the bank's own handle for it, without 7 digits in a row"
        )
    return handle


class _NumberLine(StrictLine):
    reference: Annotated[Token, AfterValidator(_opaque)]
    kind: Token
    verified_since: Instant | None = None

    def value(self) -> PhoneNumber:
        return PhoneNumber(**dict(self))


class _CustomerLine(RecordLine):
    record: Literal["customer"]
    tier: Tier
    time_zone: Zone
    numbers: tuple[_NumberLine, ...] = ()

    def value(self) -> Customer:
        return Customer(**self.fields() | {"numbers": tuple(number.value() for number in self.numbers)})


class _CardLine(RecordLine):
    record: Literal["card"]
    customer: Token
    last4: Annotated[str, StringConstraints(pattern="^[0-9]{4}$")]
    issued_branch: Token
    issued_at: Instant

    def value(self) -> Card:
        return Card(**self.fields())


class _TerminalLine(RecordLine):
    record: Literal["terminal"]
    device: Token | None = None
    branch: Token | None = None
    place: PlaceLine | None = None

    def value(self) -> Terminal:
        return Terminal(**self.fields() | {"place": self.place.value() if self.place else None})


class _BranchLine(RecordLine):
    record: Literal["branch"]
    time_zone: Zone
    place: PlaceLine | None = None

    def value(self) -> Branch:
        return Branch(**self.fields() | {"place": self.place.value() if self.place else None})


_OWN_WORDS = {
    "extra_forbidden": "no such field here",
    "union_tag_not_found": f"no `record`; it must be one of {', '.join(KINDS)}",
}
_Line = _CustomerLine | _CardLine | _TerminalLine | _BranchLine | DeviceLine | SiteLine | MaintenanceLine
_LINE: TypeAdapter[_Line] = TypeAdapter(Annotated[_Line, Field(discriminator="record")])


def read_reference(paths: Sequence[Path]) -> Iterator[Record | FleetRecord]:
    """Give the records of files of lines (plain, gzip or zstandard), in their order.

    A line is an object with `record` (customer, card, terminal, branch, or a kind of `fleet_files`) and the
    fields that domain.reference or devices.registry gives it, no others; times carry an offset, zones are
    IANA names, telephone numbers appear by the bank's handle only.

    Raises BadReferenceError at the end when any line is no such record, or at the twentieth; take records
    in only within a transaction that this undoes.
    """
    for line in read_record_lines(paths, _LINE, _OWN_WORDS):
        yield line.value()


def reference_line(record: Record | FleetRecord) -> bytes:
    """Write a record as the line that `read_reference` reads it from, with its newline."""
    if isinstance(record, FleetRecord):
        return fleet_line(record)
    kind = next(kind for kind, kept in KINDS.items() if isinstance(record, kept))
    return msgspec.json.encode({"record": kind, **msgspec.to_builtins(record)}) + b"\n"
