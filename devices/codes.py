"""The catalogue of canonical codes: what a device's report means to the desk, as data with a schema.

CodesError              everything that is wrong with a catalogue, each with the code it is about
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from domain.telemetry import Component

CATALOGUE = Path(__file__).with_name("codes.yaml")

Axis = Literal["run", "transaction", "network", "module", "cashbox"]
Bucket = Literal[
    "hard_fault",
    "soft_fault",
    "supply",
    "power",
    "host_link",
    "monitor_link",
    "maintenance",
    "planned_stop",
    "hang",
    "partial",
    "unknown",
]
Function = Literal["card", "withdraw", "deposit"]
HandlingName = Literal["customer_harm", "security", "out_of_service", "comms", "cash", "degraded", "record"]
# Who puts it right: the branch's staff, the maintenance vendor, the cash carrier, security, those who run
# hosts, links and keys, or the desk's own analyst.
User = Literal["branch", "vendor", "cash", "security", "host", "desk"]
# The pair of XFS4IoT's Common.ErrorEvent, from which the kind of work follows.
ErrorEvent = Literal["hardware", "software", "user", "fraud_attempt"]
ErrorAction = Literal["reset", "software_error", "configuration", "clear", "maintenance", "suspend"]
# What ends a condition beside the name of another code: its own clear or state, any later report of the
# device, whoever closes the case, or the detector that raised it.
CLEARERS = ("own", "alive", "desk", "detector")

# Of NDC's scale: from here on a module does not work.
_SUSPEND = 3

Name = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]{0,63}$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=80)]


class CodesError(ValueError):
    """A catalogue that is not one; its text names every problem."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Handling(_Part):
    """How work of one class is taken up: how long it is held back, and when it is due and escalated.

    `hold_heartbeats` counts the device's own heartbeats; it is added to `hold_s`.
    """

    never_suppress: bool = False
    hold_s: Annotated[int, Field(ge=0, le=86_400)] = 0
    hold_heartbeats: Annotated[int, Field(ge=0, le=100)] = 0
    due_min: Annotated[int, Field(ge=1)] | None = None
    escalate_min: Annotated[int, Field(ge=1)] | None = None


class Code(_Part):
    """One canonical code.

    `component` lists what it can be about, the usual first. `severity` has NDC's scale (0 no error to 4
    fatal), `priority` ISA-18.2's sense (1 highest to 4; None for what is recorded and never an alarm).
    `axis` and `bucket` are what it drives: one of the five states of a device, and where the minutes go
    when it takes the device out of service; `blocks` which functions it stops. `family` names the
    condition of which it is one level. `unplanned` is the code that it becomes outside planned work.
    """

    name: Name
    en: Words
    zh: Words
    component: Annotated[tuple[Component, ...], Field(min_length=1)]
    handling: HandlingName
    severity: Annotated[int, Field(ge=0, le=4)]
    priority: Annotated[int, Field(ge=1, le=4)] | None = None
    attention: Literal["now", "soon"] | None = None
    user: User
    event: ErrorEvent
    action: ErrorAction
    cleared_by: Annotated[tuple[Name, ...], Field(min_length=1)]
    axis: Axis | None = None
    bucket: Bucket | None = None
    blocks: tuple[Function, ...] = ()
    self_clearing: bool = False
    family: Name | None = None
    unplanned: Name | None = None

    @property
    def harms_customer(self) -> bool:
        """Whether a customer's card or money is at stake."""
        return self.handling == "customer_harm"

    def holds_at(self, severity: int) -> bool:
        """Tell whether a state of this severity is the condition itself, and not a warning that is recorded.

        Modules report their fitness under the code of their fault: routine (1) and warning (2) are less.
        """
        return 0 < severity >= min(self.severity, _SUSPEND)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        is_alarm = self.handling != "record"
        if is_alarm != (self.priority is not None) or is_alarm != (self.attention is not None):
            raise ValueError("priority and attention belong to every handling but record, and not to that")
        if is_alarm and self.axis is None:
            raise ValueError("an alarm should name the axis it drives")
        if self.handling in ("customer_harm", "security"):
            if self.priority != 1 or self.attention != "now":
                raise ValueError(f"{self.handling} should have priority 1 and attention now")
            if self.action == "reset" or self.self_clearing or self.cleared_by != ("desk",):
                raise ValueError(f"{self.handling} is evidence: only the desk may clear it, nobody resets it")
        if self.self_clearing and "desk" in self.cleared_by:
            raise ValueError("what clears itself does not wait for the desk")
        return self


class Catalogue(_Part):
    """All codes by name, and the handlings they refer to."""

    handlings: dict[HandlingName, Handling]
    codes: Annotated[dict[Name, Code], Field(min_length=1)]

    def __contains__(self, name: str) -> bool:
        """Tell whether there is such a code."""
        return name in self.codes

    def __getitem__(self, name: str) -> Code:
        """Give a code; one that is not there, as a device may report it, counts as unknown_code."""
        return self.codes.get(name) or self.codes["unknown_code"]

    def handling_of(self, code: Code) -> Handling:
        """Give how work about a code is taken up."""
        return self.handlings[code.handling]

    def never_suppressed(self, name: str) -> bool:
        """Tell whether a code reaches the desk whatever else is going on."""
        return self.handlings[self[name].handling].never_suppress

    def family_of(self, name: str) -> tuple[str, ...]:
        """Give the codes of which at most one holds for a unit, `name` among them."""
        family = self[name].family
        if family is None:
            return (name,)
        return tuple(code.name for code in self.codes.values() if code.family == family)

    @model_validator(mode="before")
    @classmethod
    def _name_the_codes(cls, given: object) -> object:
        """Give each code its name, which stands before it."""
        if not isinstance(given, Mapping) or not isinstance(given.get("codes"), Mapping):
            return given
        named = {
            name: {"name": name, **code} if isinstance(code, Mapping) else code
            for name, code in given["codes"].items()
        }
        return {**given, "codes": named}

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        wrong = [*self._unknown_references(), *self._torn_families()]
        if "unknown_code" not in self.codes:
            wrong.append("there should be a code unknown_code, for what no table knows")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    def _unknown_references(self) -> list[str]:
        known = self.codes.keys()
        wrong = []
        for code in self.codes.values():
            if code.handling not in self.handlings:
                wrong.append(f"{code.name}: handling {code.handling} is not among the handlings")
            wrong += [
                f"{code.name}: cleared_by {clearer} should be a code or one of {', '.join(CLEARERS)}"
                for clearer in code.cleared_by
                if clearer not in CLEARERS and clearer not in known
            ]
            if code.unplanned is not None and code.unplanned not in known:
                wrong.append(f"{code.name}: unplanned {code.unplanned} should be a code")
        return wrong

    def _torn_families(self) -> list[str]:
        """Refuse families of codes that cannot be about the same unit."""
        wrong = []
        for family in {code.family for code in self.codes.values() if code.family}:
            members = [code for code in self.codes.values() if code.family == family]
            if not set.intersection(*(set(code.component) for code in members)):
                wrong.append(f"family {family}: its codes should share a component")
        return sorted(wrong)


def load_catalogue(path: Path = CATALOGUE) -> Catalogue:
    """Read a catalogue. Raises CodesError with every problem, by the code it is about."""
    try:
        found = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CodesError(f"{path}: {error}") from None
    try:
        return Catalogue.model_validate(found)
    except ValidationError as error:
        lines = [f"{path}: {_plainly(detail['loc'], detail['msg'])}" for detail in error.errors()]
        raise CodesError("\n".join(lines)) from None


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """Give the catalogue that riskdesk ships, read once."""
    return load_catalogue()


def _plainly(place: Sequence[str | int], said: str) -> str:
    where = ".".join(str(part) for part in place if part not in ("codes", "[key]"))
    said = said.removeprefix("Value error, ")
    return f"{where}: {said}" if where else said
