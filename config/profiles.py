"""Profiles: which detectors run, with which parameters, over which bank's events.

    ProfileError            in config.located_yaml; everything that is wrong, each with its line

A profile is one YAML file. Spans of time are ISO 8601 (PT10M), hh:mm:ss or a number of seconds; instants
are ISO 8601 with an offset; money is in minor units of the bank's currency.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import msgspec
from pydantic import (
    AfterValidator,
    AwareDatetime,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

import detectors
from config.kafka import Kafka
from config.located_yaml import LocatedYaml, Problem, ProfileError
from config.parts import Part
from config.problems import explain, there_are
from detectors.base import Detector, Scope
from domain.tables import Published, Tables
from domain.time_zones import known_zone

PastLimit = Literal["stop", "go_on"]
FlowName = Literal["card_risk", "device_watch"]
TimeZone = Annotated[str, AfterValidator(known_zone)]


class Input(Part):
    """How the input is cut into partitions, and how far out of order it may be.

    `card` says that all events of a card come in one partition, in order; `none` promises nothing, and
    each key's events are then put in order behind the slowest partition. With a `lateness` events wait that
    long, in event time, for earlier ones; one that comes later still is watched when it comes.
    """

    partitioned_by: Literal["card", "none"]
    lateness: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(hours=1))] = timedelta(0)

    @property
    def scope(self) -> Scope | None:
        """The scope whose keys each live in a single partition, None when no scope's do."""
        return Scope.CARD if self.partitioned_by == "card" else None


class Bank(Part):
    """The bank's home: the zone its local dates are in where nothing nearer is known, and its money."""

    time_zone: TimeZone
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class Bounds(Part):
    """Which event times are believed: what lies outside goes to the dead letters.

    An event may be `ahead_of_ingest` of its own ingest stamp, for clocks that run fast. An event without
    a stamp must lie between `earliest` and `latest`.
    """

    earliest: AwareDatetime
    latest: AwareDatetime
    ahead_of_ingest: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=1))] = timedelta(
        minutes=15
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.earliest >= self.latest:
            raise ValueError("earliest should lie before latest")
        return self


class DeadLetters(Part):
    """When refused lines stop the flow: past `limit_share` of the last `window` lines the bug is ours.

    With `past_limit: go_on` the partition whose lines they are is told of instead, and all are read on: where
    one partition may be poisoned by whoever writes to it, the others are still to be watched.
    """

    limit_share: Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)] = 0.05
    window: Annotated[int, Field(strict=True, ge=1, le=10_000_000)] = 10_000
    past_limit: PastLimit = "stop"


class Liveness(Part):
    """When a rule is taken to be ill: it never or always fires, lacks a field, or its feed has stopped.

    A rule is judged on `least_events` of the kinds it reads, over as many hours as that takes. It never fires
    when none of its alerts came although the chance of that is below `surprise`, going by how many a million
    events should bring at least: what it declares itself, or `least_per_million`. It always fires when a
    larger share of the events than it declares brings an alert, or than `most_share` says. A field is missing
    when no more than `present_share` of the events have it. A partition that came in each of the last
    `partition_hours` and a kind that came in each of `kind_hours` has stopped when it brings nothing in an
    hour in which, by how the others go on, `least_due` were due.
    """

    least_events: Annotated[int, Field(strict=True, ge=100, le=1_000_000_000)] = 1000
    surprise: Annotated[float, Field(gt=0, le=0.5)] = 0.01
    least_per_million: dict[str, Annotated[float, Field(gt=0, le=1_000_000)]] = Field(default_factory=dict)
    most_share: dict[str, Annotated[float, Field(gt=0, le=1)]] = Field(default_factory=dict)
    present_share: Annotated[float, Field(ge=0, lt=1)] = 0.001
    partition_hours: Annotated[int, Field(strict=True, ge=1, le=168)] = 3
    kind_hours: Annotated[int, Field(strict=True, ge=1, le=168)] = 24
    least_due: Annotated[float, Field(gt=0, le=1_000_000)] = 20


class Profile(Part):
    """What a flow runs.

    `flow` names the flow it is for, which is part of what a resumed run must agree with. `detectors` gives
    each enabled detector's parameters by its name; what is left out has its default. `tables` are files of
    published tables, beside the profile. `queue` is the policy that ranks cases; `kafka` is there for topics.
    `liveness` says when a rule is taken to be ill.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    version: Annotated[int, Field(strict=True, ge=1)]
    flow: FlowName = "card_risk"
    input: Input
    bank: Bank
    bounds: Bounds
    dead_letters: DeadLetters = DeadLetters()
    liveness: Liveness = Liveness()
    kafka: Kafka | None = None
    tables: tuple[Path, ...] = ()
    detector_package: Annotated[str, Field(pattern=r"^[a-z_]+(\.[a-z_]+)*$")] = "detectors"
    detectors: Annotated[dict[str, dict[str, Any]], Field(min_length=1)]
    queue: dict[str, Any] = Field(default_factory=dict)

    @field_validator("detectors", mode="before")
    @classmethod
    def _bare_names(cls, given: Any) -> Any:
        """Let `burst:` alone stand for the detector with its defaults."""
        if not isinstance(given, Mapping):
            return given
        return {name: {} if parameters is None else parameters for name, parameters in given.items()}

    @field_validator("tables")
    @classmethod
    def _beside_the_profile(cls, paths: tuple[Path, ...], info: ValidationInfo) -> tuple[Path, ...]:
        folder: Path = (info.context or {}).get("folder", Path())
        return tuple(folder / path for path in paths)

    @model_validator(mode="after")
    def _liveness_is_of_enabled_detectors(self) -> Self:
        told = {*self.liveness.least_per_million, *self.liveness.most_share}
        if unknown := sorted(told - self.detectors.keys()):
            raise ValueError(f"liveness names detectors that are not enabled: {', '.join(unknown)}")
        return self

    def build_detectors(self) -> tuple[Detector[Any, Any], ...]:
        """Make the enabled detectors, in the order of their names."""
        return tuple(
            detectors.build(name, parameters, self.detector_package)
            for name, parameters in sorted(self.detectors.items())
        )

    def read_tables(self) -> Tables:
        """Read the published tables. Raises OSError or ValueError when a file is not one."""
        return Tables.of(_read_table(path) for path in self.tables)


def load_profile(
    path: Path, queue_policy: Any = None, flow: FlowName | None = None, *, text: str | None = None
) -> Profile:
    """Read a profile and everything it names.

    `queue_policy` is the type that the `queue` part must fit, and `flow` what the profile must be for, where
    the caller knows it. A `text` stands for what the file holds by now.
    Raises ProfileError with every problem found, each with its line and what is allowed.
    """
    source = LocatedYaml(path, text)
    problems: list[Problem] = []
    profile = None
    try:
        profile = Profile.model_validate(source.data, context={"folder": path.parent})
        problems += _table_problems(source, profile)
    except ValidationError as error:
        problems += explain(error, source, Profile)
    problems += _detector_problems(source)
    if queue_policy is not None:
        problems += _misfits(source, queue_policy, "queue")
    if profile is not None and flow not in (None, profile.flow):
        what = f"this profile is for the flow {profile.flow}, not for {flow}"
        problems.append(
            Problem(path, source.line(("flow",)), what, f"write `flow: {flow}`, or run the other")
        )
    if profile is None or problems:
        raise ProfileError(problems)
    return profile


def _detector_problems(source: LocatedYaml) -> Iterator[Problem]:
    """Check names and parameters against the detectors there are."""
    enabled = source.data.get("detectors")
    package = source.data.get("detector_package", "detectors")
    if not isinstance(enabled, dict) or not isinstance(package, str):
        return  # the profile's own check has said so
    try:
        known = detectors.available(package)
    except (ImportError, TypeError, ValueError, AttributeError) as error:
        what = f"{package!r} is no package of detectors: {error}"
        yield Problem(source.path, source.line(("detector_package",)), what, "leave it out for our own")
        return
    for name in enabled:
        if name in known:
            yield from _misfits(source, known[name], "detectors", name)
        else:
            line = source.line(("detectors", name))
            yield Problem(source.path, line, f"there is no detector {name!r}", there_are(str(name), known))


def _misfits(source: LocatedYaml, schema: Any, *place: str) -> Iterator[Problem]:
    """Check the mapping at `place`, if there is one, against a type."""
    part: Any = source.data
    for key in place:
        part = part.get(key) or {}
    if not isinstance(part, dict):
        return
    try:
        TypeAdapter(schema).validate_python(part)
    except ValidationError as error:
        yield from explain(error, source, schema, place)


def _read_table(path: Path) -> Published:
    table: Published = msgspec.json.decode(path.read_bytes(), type=Published)
    return table


def _table_problems(source: LocatedYaml, profile: Profile) -> Iterator[Problem]:
    tables = []
    for index, path in enumerate(profile.tables):
        line = source.line(("tables", index))
        try:
            tables.append(_read_table(path))
        except OSError as error:
            what = f"the table {path} cannot be read: {error.strerror}"
            yield Problem(source.path, line, what, "paths are relative to the profile")
        except msgspec.MsgspecError as error:
            yield Problem(source.path, line, f"{path} is no published table: {error}", "publish it again")
    try:
        Tables.of(tables)
    except ValueError as error:
        yield Problem(source.path, source.line(("tables",)), "the tables do not fit", str(error))
