"""The `handover` command: what the next shift must know, and that its lead took it over."""

from collections.abc import Iterator
from typing import Any

import click
import orjson
from rich.console import Console
from rich.text import Text

from cases.errors import NotFound
from cases.handover import Handover, handover_record
from cli.desk_options import JSON, STORE, WHO, now_ms, opened, options, who

_SECTIONS = {
    "urgent": "Critical and high cases",
    "callbacks": "Callbacks promised for the next shift",
    "waking": "Waiting until the next shift",
    "proposals": "Actions that wait for a second person",
    "unchecked": "Blocks that nobody has checked",
    "ending": "Blocks that end in the next shift",
    "escalated": "Escalated cases",
    "late_orders": "Work orders past their time",
    "backlog": "Backlog",
}


@click.command(
    epilog="Example: riskdesk handover --make --agent lead-2 --role lead --store sqlite:///desk.db"
)
@click.option("--make", "wanted", flag_value="make", help="Write down what the next shift must know, now.")
@click.option("--acknowledge", "wanted", flag_value="acknowledge", help="Take it over, as the incoming lead.")
@click.option("--id", "handover_id", type=click.IntRange(min=1), help="Which one.  [the latest]")
@click.option("--note", default="", help="What no record tells; with --make. Card numbers are masked.")
@options(WHO, STORE, JSON)
def handover(
    wanted: str | None, handover_id: int | None, note: str, agent: str, role: str, url: str, as_json: bool
) -> None:
    """Show, make or take over what the next shift must know: the latest, unless another is named."""
    person = who(agent, role)
    with opened(url) as store:
        if wanted == "make":
            found = store.handover.make(person, now_ms(), note=note)
        else:
            latest = [] if handover_id else store.handover.latest()
            if not handover_id and not latest:
                raise NotFound("there is no handover yet; the lead makes one with --make")
            found = store.handover.get(handover_id or latest[0].id)
            if wanted == "acknowledge":
                found = store.handover.acknowledge(found.id, person, now_ms())
    if as_json:
        click.echo(orjson.dumps(handover_record(found)))
    else:
        console = Console(highlight=False, soft_wrap=True)
        for line in _lines(found):
            console.print(Text(line))


def _lines(found: Handover) -> Iterator[str]:
    body = found.body
    taken = f"taken over by {found.acknowledged_by}" if found.acknowledged_by else "not taken over yet"
    yield f"Handover {found.id} of {body['at'][:16].replace('T', ' ')} UTC by {found.made_by}, {taken}"
    yield f"{body['staffing']['agents_at_work']} agents at work, {body['held']['tasks']} tasks held"
    hours = body["staffing"]["hours_of_backlog"]
    yield "Backlog in hours of their work: " + ("not known" if hours is None else f"{hours:.1f}")
    closed = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in body["closed"].items())
    yield f"Closed in the last 8 hours: {closed or 'nothing'}"
    if "note" in body:
        yield f"Note: {body['note']}"
    for section, words in _SECTIONS.items():
        yield f"{words}: {len(body[section]) or 'none'}"
        yield from (f"    {_words(line)}" for line in body[section])


def _words(line: dict[str, Any]) -> str:
    """Say a line's values under their names; what is empty is left out."""
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in line.items() if value is not None)
