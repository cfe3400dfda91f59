"""What differs from one machine to the next: read once from the environment, at the edge.

    SettingsError           everything that is wrong with the settings, each with its variable

Every setting is an environment variable, `RISKDESK_` and its name in capitals; the options of the command
override it.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "RISKDESK_"
_TOPIC = "kafka://"


class SettingsError(ValueError):
    """A setting is not what it may be; the text lists all of them."""


class Settings(BaseSettings):
    """The settings of one process group."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True)

    store: Annotated[
        str,
        Field(
            repr=False,  # may hold a password
            pattern=r"^(sqlite:///.+|postgres(ql)?://.*)",
            description=(
                "Where cases are kept: `sqlite:///relative/path`, `sqlite:////absolute/path` or "
                "`postgresql://user@host/database`."
            ),
        ),
    ] = "sqlite:///var/riskdesk.sqlite"
    inputs: Annotated[
        tuple[Path, ...],
        NoDecode,
        Field(
            description="Files of events, or folders of them, each file a partition; separated as in PATH.",
        ),
    ] = ()
    topics: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(
            description="Topics of events, each as `kafka://TOPIC`; they may stand among the inputs too.",
        ),
    ] = ()
    follow: Annotated[
        bool, Field(description="Whether to wait for more when a file of input ends, as `tail -f` does.")
    ] = False
    recovery: Annotated[
        Path | None,
        Field(description="Folder for the state of the flow; without one a restart begins from the start."),
    ] = None
    alerts: Annotated[
        Path | None, Field(description="File that alerts are appended to as JSON lines, beside the store.")
    ] = None
    epoch_s: Annotated[
        float,
        Field(
            ge=0.1,
            le=600,
            allow_inf_nan=False,
            description="Seconds between two snapshots of state: what a crash makes the flow do again.",
        ),
    ] = 10.0
    processes: Annotated[
        int, Field(ge=1, le=64, description="Processes that share the flow on this machine.")
    ] = 1
    addresses: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(
            description="The machines that share the flow, as `host:port`, separated by commas, alike on all "
            "of them; each listens on its port and the one behind it.",
        ),
    ] = ()
    index: Annotated[
        int | None, Field(ge=0, description="Which of the addresses is this machine's, from 0.")
    ] = None
    addresses_anywhere: Annotated[
        bool,
        Field(
            description="Whether addresses may lie outside of private networks. Whoever reaches one can run "
            "programs on the machine."
        ),
    ] = False
    metrics_port: Annotated[
        int,
        Field(
            ge=0,
            le=65_535,
            description="Port of the loopback interface that serves Prometheus metrics; 0 serves none.",
        ),
    ] = 0
    metrics_host: Annotated[
        str,
        Field(
            description="Interface that metrics and probes are served on, for anybody who reaches it.",
        ),
    ] = "127.0.0.1"
    traces: Annotated[
        str | None,
        Field(
            repr=False,  # may hold a password, which is refused
            pattern=r"^https?://[^@]+$",
            description="Collector that traces are sent to over OTLP/HTTP, such as `http://127.0.0.1:4318`; "
            "without one none are made.",
        ),
    ] = None
    traces_share: Annotated[
        float,
        Field(ge=0, le=1, allow_inf_nan=False, description="Share of the blocks of events that are traced."),
    ] = 0.01
    stale_s: Annotated[
        float,
        Field(
            ge=5,
            le=86_400,
            allow_inf_nan=False,
            description="Seconds without the end of an epoch after which `/healthz` calls the run dead; "
            "more than the store may be away.",
        ),
    ] = 300.0
    grace_s: Annotated[
        float,
        Field(
            ge=0,
            le=3600,
            allow_inf_nan=False,
            description="Seconds that a graceful end may take before what is left is cut off.",
        ),
    ] = 20.0
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Field(description="Least level that is logged; only `debug` shows tokens of cards and customers."),
    ] = "info"

    @model_validator(mode="before")
    @classmethod
    def _topics_among_inputs(cls, given: dict[str, Any]) -> dict[str, Any]:
        parts = [str(part) for name in ("inputs", "topics") for part in _parted(given.get(name, ()))]
        topics = tuple(part for part in parts if part.startswith(_TOPIC))
        return {**given, "inputs": tuple(part for part in parts if part not in topics), "topics": topics}

    @field_validator("addresses", mode="before")
    @classmethod
    def _parted(cls, given: Any) -> Any:
        if isinstance(given, str):
            return tuple(part.strip() for part in given.split(",") if part.strip())
        return given

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, given: Any) -> Any:
        return given.lower() if isinstance(given, str) else given


def _parted(given: Any) -> Iterable[Any]:
    # What parts the entries stands in the name of a topic too.
    return (
        filter(None, re.split(rf"{re.escape(os.pathsep)}(?!//)", given)) if isinstance(given, str) else given
    )


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; an override that is None leaves the environment's value.

    Raises SettingsError naming each variable or option that is out of bounds.
    """
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(detail) for detail in error.errors())) from None


def variable(name: str) -> str:
    """Give the environment variable of a setting."""
    return PREFIX + name.upper()


def _sentence(detail: ErrorDetails) -> str:
    name = str(detail["loc"][0])
    field = Settings.model_fields.get(name)
    given = repr(detail["input"]) if field and field.repr else "not right"
    return f"{variable(name)} is {given}: {detail['msg']}"
