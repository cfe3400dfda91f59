"""How long ahead of time a table must be on record before it takes effect."""

from datetime import timedelta
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from domain.instants import span_ms


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class ModelPolicy:
    """A table takes effect `lead` after it is put on record, or later.

    It must be longer than flows may be without the store, and than event times may run ahead of the desk's
    clock: every process is to know the table before it watches the first event that it is for.
    """

    lead: Annotated[timedelta, Field(ge=timedelta(seconds=1), le=timedelta(days=7))] = timedelta(minutes=10)

    @property
    def lead_ms(self) -> int:
        """The lead in milliseconds."""
        return span_ms(self.lead)
