"""Options of `riskdesk run` by which a profile runs in the shadow of the live one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from config.located_yaml import read_text
from flows.job import Beside

F = TypeVar("F", bound=Callable[..., Any])

NAME = "shadow"

_OPTIONS = (
    click.option(
        "--shadow",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Profile to run beside the live one, with no effect but the file of its alerts.",
    ),
    click.option(
        "--shadow-alerts",
        type=click.Path(dir_okay=False, path_type=Path),
        help="File for the alerts of the shadow profile; `riskdesk shadow` compares it with what was live.",
    ),
)


def shadow_options(command: F) -> F:
    """Give a command the options, in their order."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def shadow_of(
    shadow: Path | None, alerts: Path | None, *, others: tuple[Path | None, ...], shared: bool
) -> tuple[Beside, ...]:
    """Give what runs beside: nothing, or the shadow profile.

    `others` are files that the run writes for others; `shared` is whether machines share the flow. Raises
    click.UsageError for options that contradict each other.
    """
    if (shadow is None) != (alerts is None):
        raise click.UsageError("--shadow needs --shadow-alerts, and the other way round: give both")
    if shadow is None or alerts is None:
        return ()
    if shared:
        raise click.UsageError("--shadow is for one machine: leave --addresses out, or the shadow")
    if not alerts.parent.is_dir():
        raise click.UsageError(f"no folder {alerts.parent} for --shadow-alerts; make it first")
    if any(other is not None and other.absolute() == alerts.absolute() for other in others):
        raise click.UsageError("--shadow-alerts must be a file of its own: what is live must not show it")
    text = read_text(shadow)
    return (Beside(name=NAME, profile=shadow, profile_text=text, alerts=alerts, expendable=True),)
