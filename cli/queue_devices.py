"""The `queue` commands about devices: who is sent, what to ask a branch, and the cards that devices kept."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import click
import orjson

from cases.case import DeviceItem, case_record, item_record
from cases.device_cases.retained import HANDLED, CardStatus, RetainedCard, card_record
from cases.work_orders.order import order_record
from cli.desk_options import JSON, READER, STORE, WHO, Instant, now_ms, opened, options, who
from cli.desk_times import Times
from domain.instants import to_ms
from domain.wording import counted


@click.command(
    epilog="Example: riskdesk queue dispatch C0123456789 --agent agent-7 --store sqlite:///desk.db"
)
@click.argument("case_id", metavar="CASE")
@click.option("--what", help="What is to be done; card numbers are masked.  [what is wrong with the devices]")
@click.option("--due", type=Instant(), help="By when.  [when the case would go before a lead]")
@options(WHO, STORE, JSON)
def dispatch(
    case_id: str, what: str | None, due: datetime | None, agent: str, role: str, url: str, as_json: bool
) -> None:
    """Send somebody for a CASE of which you hold the dispatch: a work order for the right department."""
    person = who(agent, role)
    with opened(url) as store:
        task_id = store.device_cases.held_dispatch(case_id, person)
        due_ms = to_ms(due) if due else None
        order = store.device_cases.dispatch(task_id, person, None, now_ms(), what=what, due_ms=due_ms)
        times = Times.of(store)
    if as_json:
        click.echo(orjson.dumps(order_record(order)))
    click.echo(f"{order.id} went to {order.department}, due {times.whole(order.due_ms)}", err=True)


@click.command(epilog="Example: riskdesk queue branch br-17 --store sqlite:///desk.db")
@click.argument("branch", metavar="BRANCH")
@options(READER, STORE, JSON)
@click.pass_context
def branch(ctx: click.Context, branch: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """List all that one call to a BRANCH is to carry, the most pressing first."""
    with opened(url) as store:
        found = store.device_cases.open_at(branch, who(agent, role))
        times = Times.of(store)
    ctx.exit(0 if _print(found, as_json, item_record, _item_words, "item", times) else 1)


@click.command(
    epilog="Example: riskdesk queue cards --branch br-17 --status registered --store sqlite:///desk.db"
)
@click.option("--case", "case_id", help="Only those of this case.")
@click.option("--branch", help="Only those kept, or to be handled, at this branch.")
@click.option("--status", type=click.Choice([status.value for status in CardStatus]), help="Only these.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="How many at most.")
@options(READER, STORE, JSON)
@click.pass_context
def cards(
    ctx: click.Context,
    case_id: str | None,
    branch: str | None,
    status: str | None,
    limit: int,
    agent: str,
    role: str,
    url: str,
    as_json: bool,
) -> None:
    """List the cards that devices kept, the newest first; that you saw them goes on record."""
    with opened(url) as store:
        found = store.device_cases.retained(
            who(agent, role),
            now_ms(),
            case_id=case_id,
            branch=branch,
            status=CardStatus(status) if status else None,
            limit=limit,
        )
        times = Times.of(store)
    ctx.exit(0 if _print(found, as_json, card_record, _card_words, "card", times) else 1)


@click.command(
    "card-handled",
    epilog="Example: riskdesk queue card-handled 3 --status returned --where br-17 --agent agent-7 "
    "--store sqlite:///desk.db",
)
@click.argument("card_id", metavar="NUMBER", type=int)
@click.option(
    "--status",
    type=click.Choice([status.value for status in HANDLED]),
    required=True,
    help="What became of the card.",
)
@click.option("--where", default="", help="Where that was.  [the branch to handle it]")
@options(WHO, STORE, JSON)
def card_handled(
    card_id: int, status: str, where: str, agent: str, role: str, url: str, as_json: bool
) -> None:
    """Note what became of a card that a device kept; NUMBER is that of `queue cards`."""
    with opened(url) as store:
        card = store.device_cases.card_handled(
            card_id, CardStatus(status), who(agent, role), now_ms(), where=where
        )
    if as_json:
        click.echo(orjson.dumps(card_record(card)))
    click.echo(f"card {card.id} of {card.case_id} is {card.status}", err=True)


@click.command(epilog="Example: riskdesk queue done 12 --agent agent-7 --store sqlite:///desk.db")
@click.argument("task_id", metavar="TASK", type=int)
@click.option("--note", default="", help="What came of it; card numbers are masked.")
@options(WHO, STORE, JSON)
def done(task_id: int, note: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Say that a TASK that you hold, and that is no call, is done: a reset was tried, a review was made.

    What comes next follows by itself: after a reset that changed nothing somebody is sent.
    """
    with opened(url) as store:
        case = store.work.complete(task_id, who(agent, role), None, note, now_ms())
    if as_json:
        click.echo(orjson.dumps(case_record(case)))
    click.echo(f"task {task_id} is done, {case.id} is {case.status}", err=True)


DEVICE_COMMANDS = (dispatch, done, branch, cards, card_handled)


def _print(
    found: Sequence[Any],
    as_json: bool,
    record: Callable[[Any], Any],
    words: Callable[[Any, Times], str],
    noun: str,
    times: Times,
) -> int:
    click.echo(f"{counted(len(found), noun)}; times are in {times.name}", err=True)
    for each in found:
        click.echo(orjson.dumps(record(each)) if as_json else words(each, times))
    return len(found)


def _item_words(item: DeviceItem, times: Times) -> str:
    return f"{item.case_id}  P{item.priority}  due {times.minute(item.due_ms)}  {item.words}"


def _card_words(card: RetainedCard, times: Times) -> str:
    whose = f"card ...{card.last4}" if card.last4 else "card unknown"
    customer = f" of customer {card.customer}" if card.customer else ""
    at = f"{times.minute(card.reported_at_ms)}  {card.device or '-'}, branch {card.branch or '-'}"
    handled = f" by {card.handled_by} at {card.handled_where or '-'}" if card.handled_by else ""
    return f"{card.id}  {card.status}{handled}  {at}  {whose}{customer}  {card.case_id}"
