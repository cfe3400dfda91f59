"""The schema of a mapping: a table that says in our words what a bank's own device monitor reports.

A mapping is one YAML file over records of JSON, one a line. Paths such as `data.fault.code` lead into nested
objects. Rules are tried in their order and the first that fits counts; a record that none fits is reported
as `unknown_code`.
"""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from devices.codes import catalogue
from domain.telemetry import Component, Edge
from domain.time_zones import known_zone
from domain.wording import nearest

Path = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$", max_length=200)]
CounterName = Literal[
    "remaining", "dispensed", "deposited", "rejected", "retracted", "captured", "attempts", "errors"
]


def _known_code(name: str) -> str:
    codes = catalogue().codes
    if name not in codes:
        raise ValueError(f"should be a code of devices/codes.yaml{nearest(name, codes)}")
    return name


def _some(rules: "tuple[Rule, ...]") -> "tuple[Rule, ...]":
    # A bound on the length would be told of as well wherever a rule is wrong.
    if not rules:
        raise ValueError("should have at least one rule")
    return rules


CodeName = Annotated[str, AfterValidator(_known_code)]
Severity = Annotated[int, Field(ge=0, le=4)]
# What stands in a record, as text: numbers and words are compared as they are written.
Value = Annotated[str, Field(coerce_numbers_to_str=True)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TimeField(_Part):
    """Where a record has its time. A local time without an offset is in `zone`."""

    field: Path
    layout: Annotated[str, StringConstraints(min_length=1)] = "iso"
    zone: Annotated[str, AfterValidator(known_zone)] | None = None


class EdgeField(_Part):
    """How a field says whether a condition begins or ends."""

    field: Path
    values: Annotated[dict[Value, Edge], Field(min_length=1)]


class SeverityField(_Part):
    """How a field says how bad it is."""

    field: Path
    values: Annotated[dict[Value, Severity], Field(min_length=1)]


class Rule(_Part):
    """What records that have all of `when` report; what is left out is as the mapping or catalogue has it.

    `unit` is a field with the number of the cassette or the like, `counters` the fields of our counters.
    """

    when: Annotated[dict[Path, tuple[Value, ...]], Field(min_length=1)]
    code: CodeName
    component: Component | None = None
    edge: Edge | EdgeField | None = None
    severity: Severity | SeverityField | None = None
    unit: Path | None = None
    counters: dict[CounterName, Path] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _one_value_alone(cls, given: object) -> object:
        """Let `when: {code: 17}` stand for a list of one value."""
        if isinstance(given, dict) and isinstance(given.get("when"), dict):
            when = {
                path: values if isinstance(values, (list, tuple)) else (values,)
                for path, values in given["when"].items()
            }
            return {**given, "when": when}
        return given

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        components = catalogue()[self.code].component
        if self.component is not None and self.component not in components:
            raise ValueError(f"{self.code} is about {', '.join(components)}, not {self.component}")
        if self.counters and self.edge not in (None, "count"):
            raise ValueError("counters come with the edge count")
        return self


class Mapping(_Part):
    """A vendor's records in our words. `native` are the fields that make up the vendor's own code."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
    version: Annotated[int, Field(ge=1)]
    device: Path
    time: TimeField
    native: Annotated[tuple[Path, ...], Field(min_length=1)]
    sequence: Path | None = None
    edge: Edge | EdgeField = "raise"
    severity: Severity | SeverityField | None = None
    rules: Annotated[tuple[Rule, ...], AfterValidator(_some)]
