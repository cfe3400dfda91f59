"""Options of `riskdesk run` by which machines share a flow."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from config.addresses import parse_address
from config.settings import Settings
from flows.machine import Machine

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--addresses",
        help="Machines that share the flow, host:port,host:port,...; each listens on its port and the next.",
    ),
    click.option(
        "--index", type=click.IntRange(min=0), help="Which of the addresses is this machine, from 0."
    ),
    click.option(
        "--addresses-anywhere/--addresses-private",
        default=None,
        help="Whether addresses may lie outside of private networks: who reaches one can run programs.",
    ),
)


def cluster_options(command: F) -> F:
    """Give a command the options, in their order."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def machine_of(settings: Settings) -> Machine | None:
    """Give this machine's place in the cluster, None where there is none.

    Raises AddressError for what is no address, and click.UsageError for options that contradict each other.
    """
    if not settings.addresses:
        if settings.index is not None:
            raise click.UsageError("--index says which of --addresses is ours: give both")
        return None
    if settings.index is None:
        raise click.UsageError("--addresses needs --index: which of them is ours, from 0")
    if settings.processes > 1:
        raise click.UsageError(
            "--processes is for one machine; with --addresses each machine runs one process: give an address "
            "and a recovery folder to each"
        )
    return Machine(
        addresses=tuple(map(parse_address, settings.addresses)),
        index=settings.index,
        anywhere=settings.addresses_anywhere,
    )
