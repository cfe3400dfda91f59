"""Records as lines of JSON, each checked; everything that is wrong is told with its place."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

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
from domain.events import Place

MAX_COMPLAINTS = 20


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


def _no_card_number(token: str) -> str:
    if holds_card_number(token):
        raise ValueError("holds a card number; give a token, and the last four digits as last4")
    return token


Token = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_no_card_number)]
Zone = Annotated[str, AfterValidator(_time_zone)]
Instant = Annotated[AwareDatetime, AfterValidator(_utc)]


class StrictLine(BaseModel):
    """Fields of their own type only, and no others."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class PlaceLine(StrictLine):
    """A point on the globe."""

    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    city: Annotated[str, StringConstraints(max_length=64)] = ""
    country: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")] | None = None
    error_km: Annotated[float, Field(ge=0, le=20_038)] = 0.0

    def value(self) -> Place:
        """Give the place that the line is about."""
        return Place(**dict(self))


class RecordLine(StrictLine):
    """What every record has: whom it is about, and from when on it holds."""

    id: Token
    effective_at: Instant

    def fields(self) -> dict[str, Any]:
        """Give what the record of the domain has, too: all but the name of its kind."""
        return {name: value for name, value in self if name != "record"}


L = TypeVar("L", bound=RecordLine)


def read_record_lines(
    paths: Sequence[Path], line_type: TypeAdapter[L], own_words: Mapping[str, str]
) -> Iterator[L]:
    """Give the checked lines of files (plain, gzip or zstandard), in their order.

    `own_words` says in the reader's words what pydantic's error types mean.

    Raises BadReferenceError at the end when any line is no such record, or at the twentieth; take records
    in only within a transaction that this undoes.
    """
    complaints: list[str] = []
    for path in paths:
        for number, line in _lines(path):
            try:
                read = line_type.validate_json(line)
            except ValidationError as error:
                complaints.append(f"{path}:{number}: {mask_text(_plainly(error, own_words))}")
                if len(complaints) == MAX_COMPLAINTS:
                    raise BadReferenceError(complaints, all_read=False) from None
            else:
                yield read
    if complaints:
        raise BadReferenceError(complaints, all_read=True)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    number = 0
    for block in read_blocks(path):
        for line in block.data.split(b"\n")[:-1]:
            number += 1
            if line.strip():
                yield number, line


def _plainly(error: ValidationError, own_words: Mapping[str, str]) -> str:
    """Say what is wrong without repeating the value, which may be what must not be written down."""
    said = []
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        what = own_words.get(fault["type"]) or fault["msg"].removeprefix("Value error, ")
        # The first part of a location is the kind of record, which the line itself names.
        where = ".".join(map(str, fault["loc"][1:]))
        said.append(f"{where}: {what}" if where else what)
    return "; ".join(said)
