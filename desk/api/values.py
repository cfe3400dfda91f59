"""The kinds of values that the API takes and gives."""

from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from domain.instants import iso, to_ms

# What no text of a person has; line breaks and tabs it may.
_PLAIN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
_LONGEST_INTEGER = 2**53 - 1

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 :_.@/-]*$", max_length=64)]
Text = Annotated[str, StringConstraints(pattern=_PLAIN, max_length=2000)]
Words = Annotated[str, StringConstraints(pattern=_PLAIN, min_length=1, max_length=2000)]
Handle = Annotated[str, StringConstraints(pattern=_PLAIN, min_length=1, max_length=200)]
Number = Annotated[int, Field(ge=0, le=_LONGEST_INTEGER)]
# Written as ISO 8601 in UTC.
Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Given = Annotated[AwareDatetime, Field(description="ISO 8601 with an offset")]

CaseId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$", description="A case, C0123456789")]
TaskId = Annotated[int, Path(ge=1, le=_LONGEST_INTEGER, description="A task")]


class Asked(BaseModel):
    """What a program sends; a field that is not known is refused, not overlooked."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Told(BaseModel):
    """What a program is given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def for_repeats(self) -> "Told":
        """Give what is kept of this answer, for a request that comes again: nothing secret."""
        return self


def instant(at_ms: int) -> str:
    """Write a time."""
    return iso(at_ms)


def instant_or_none(at_ms: int | None) -> str | None:
    """Write a time, where there is one."""
    return None if at_ms is None else iso(at_ms)


def ms_or_none(at: datetime | None) -> int | None:
    """Read a time, where there is one."""
    return None if at is None else to_ms(at)
