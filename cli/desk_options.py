"""What the desk's commands share: which store, who acts in what role, times, and spans of time."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from getpass import getuser
from typing import Any, TypeVar

import click

from cases.errors import WrongUse
from cases.store import Store, open_store
from cases.who import Role, Who
from domain.instants import to_ms

F = TypeVar("F", bound=Callable[..., Any])


class Instant(click.ParamType[datetime]):
    """A moment, written as ISO 8601 with an offset."""

    name = "iso 8601"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        try:
            at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except ValueError:
            at = None
        if at is None or at.tzinfo is None:
            self.fail(f"{value!r} should be ISO 8601 with an offset: 2026-04-01T00:00:00+08:00", param, ctx)
        return at


STORE = click.option(
    "--store",
    "url",
    required=True,
    envvar="RISKDESK_STORE",
    help="The queue, as sqlite:///path or postgresql://...  [RISKDESK_STORE]",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
_AGENT = click.option(
    "--agent", required=True, envvar="RISKDESK_AGENT", help="Who you are.  [RISKDESK_AGENT]"
)
_ROLE = click.option(
    "--role",
    type=click.Choice([role.value for role in Role if role is not Role.SYSTEM]),
    default=Role.AGENT.value,
    show_default=True,
    envvar="RISKDESK_ROLE",
    help="What you are.  [RISKDESK_ROLE]",
)


def options(*each: Callable[[F], F]) -> Callable[[F], F]:
    """Put several options on one command, to be shown in this order."""

    def put(command: F) -> F:
        for option in reversed(each):
            command = option(command)
        return command

    return put


def _login() -> str:
    try:
        return getuser()
    except (KeyError, OSError):  # an account without a name, as in containers
        return f"uid-{os.getuid()}"


# A command that acts takes `agent` and `role`; `who` makes one person of them.
WHO = options(_AGENT, _ROLE)

# One that shows people's data needs a name for the audit, but nobody need type it.
READER = options(
    click.option(
        "--agent",
        default=_login,
        envvar="RISKDESK_AGENT",
        help="Who you are, for the record of who saw what.  [your login; RISKDESK_AGENT]",
    ),
    _ROLE,
)


def who(agent: str, role: str) -> Who:
    """Give who acts."""
    if not agent.strip() or len(agent) > 64:
        raise click.UsageError("--agent should be a name of 1 to 64 characters")
    return Who(agent, Role(role))


@contextmanager
def opened(url: str) -> Iterator[Store]:
    """Open a store that is there, to work under its own policy; what is no store URL is wrong use."""
    try:
        with open_store(url, create=False) as store:
            yield store
    except WrongUse as error:
        raise click.UsageError(str(error)) from error


def now_ms() -> int:
    """Give what time it is: the desk's commands are the edge at which the clock is read."""
    return to_ms(datetime.now(UTC))
