"""Reference data as lines of JSON: who holds a card, and where a terminal stands."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from connectors.errors import BadReferenceError
from connectors.files import read_blocks
from domain.card_masking import mask_text
from domain.card_numbers import holds_card_number
from domain.events import Place, Tier
from domain.reference import Branch, Card, Customer, PhoneNumber, Record, Terminal

KINDS: dict[str, type[Record]] = {"customer": Customer, "card": Card, "terminal": Terminal, "branch": Branch}
MAX_COMPLAINTS = 20

# Seven digits, as short as a local telephone number gets, with what people write between them.
_TELEPHONE = re.compile(r"[0-9](?:[ ()./+-]{0,2}[0-9]){6}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("no time in UTC; years are 1 to 9999 there") from None


@lru_cache
def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # names that look like paths fail in their own ways
        raise ValueError("not a time zone; it must be an IANA name such as Asia/Shanghai") from None
    return name


def _opaque(handle: str) -> str:
    if _TELEPHONE.search(handle) and not _UUID.fullmatch(handle):
        raise ValueError(
            "looks like a telephone number; give the bank's own handle for it, without 7 digits in a row"
        )
    return handle


def _no_card_number(token: str) -> str:
    if holds_card_number(token):
        raise ValueError("holds a card number; give a token, and the last four digits as last4")
    return token


Token = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_no_card_number)]
Zone = Annotated[str, AfterValidator(_time_zone)]
Instant = Annotated[AwareDatetime, AfterValidator(_utc)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class _PlaceLine(_Strict):
    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    city: Annotated[str, StringConstraints(max_length=64)] = ""
    country: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")] | None = None
    error_km: Annotated[float, Field(ge=0, le=20_038)] = 0.0

    def value(self) -> Place:
        return Place(**dict(self))


class _NumberLine(_Strict):
    reference: Annotated[Token, AfterValidator(_opaque)]
    kind: Token
    verified_since: Instant | None = None

    def value(self) -> PhoneNumber:
        return PhoneNumber(**dict(self))


class _RecordLine(_Strict):
    id: Token
    effective_at: Instant

    def fields(self) -> dict[str, Any]:
        """Give what the record of the domain has, too: all but the name of its kind."""
        return {name: value for name, value in self if name != "record"}


class _CustomerLine(_RecordLine):
    record: Literal["customer"]
    tier: Tier
    time_zone: Zone
    numbers: tuple[_NumberLine, ...] = ()

    def value(self) -> Customer:
        return Customer(**self.fields() | {"numbers": tuple(number.value() for number in self.numbers)})


class _CardLine(_RecordLine):
    record: Literal["card"]
    customer: Token
    last4: Annotated[str, StringConstraints(pattern="^[0-9]{4}$")]
    issued_branch: Token
    issued_at: Instant

    def value(self) -> Card:
        return Card(**self.fields())


class _TerminalLine(_RecordLine):
    record: Literal["terminal"]
    device: Token | None = None
    branch: Token | None = None
    place: _PlaceLine | None = None

    def value(self) -> Terminal:
        return Terminal(**self.fields() | {"place": self.place.value() if self.place else None})


class _BranchLine(_RecordLine):
    record: Literal["branch"]
    time_zone: Zone
    place: _PlaceLine | None = None

    def value(self) -> Branch:
        return Branch(**self.fields() | {"place": self.place.value() if self.place else None})


_OWN_WORDS = {
    "extra_forbidden": "no such field here",
    "union_tag_not_found": "no `record`; it must be customer, card, terminal or branch",
}
_LINE: TypeAdapter[_CustomerLine | _CardLine | _TerminalLine | _BranchLine] = TypeAdapter(
    Annotated[_CustomerLine | _CardLine | _TerminalLine | _BranchLine, Field(discriminator="record")]
)


def read_reference(paths: Sequence[Path]) -> Iterator[Record]:
    """Give the records of files of lines (plain, gzip or zstandard), in their order.

    A line is an object with `record` (customer, card, terminal or branch) and the fields that
    domain.reference gives it, no others; times carry an offset, zones are IANA names, telephone numbers
    appear by the bank's handle only.

    Raises BadReferenceError at the end when any line is no such record, or at the twentieth; take records
    in only within a transaction that this undoes.
    """
    complaints: list[str] = []
    for path in paths:
        for number, line in _lines(path):
            try:
                record = _LINE.validate_json(line).value()
            except ValidationError as error:
                complaints.append(f"{path}:{number}: {mask_text(_plainly(error))}")
                if len(complaints) == MAX_COMPLAINTS:
                    raise BadReferenceError(complaints, all_read=False) from None
            else:
                yield record
    if complaints:
        raise BadReferenceError(complaints, all_read=True)


def reference_line(record: Record) -> bytes:
    """Write a record as the line that `read_reference` reads it from, with its newline."""
    kind = next(kind for kind, kept in KINDS.items() if isinstance(record, kept))
    return msgspec.json.encode({"record": kind, **msgspec.to_builtins(record)}) + b"\n"


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    number = 0
    for block in read_blocks(path):
        for line in block.data.split(b"\n")[:-1]:
            number += 1
            if line.strip():
                yield number, line


def _plainly(error: ValidationError) -> str:
    """Say what is wrong without repeating the value, which may be what must not be written down."""
    said = []
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        what = _OWN_WORDS.get(fault["type"]) or fault["msg"].removeprefix("Value error, ")
        # The first part of a location is the kind of record, which the line itself names.
        where = ".".join(map(str, fault["loc"][1:]))
        said.append(f"{where}: {what}" if where else what)
    return "; ".join(said)
