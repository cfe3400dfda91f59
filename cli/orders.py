"""The `orders` command: work that cases hand to departments."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import click
import orjson

from cases.work_orders.making import Asked
from cases.work_orders.order import LIVE, Department, OrderState, WorkOrder, order_record
from cli.desk_options import JSON, STORE, WHO, Instant, now_ms, opened, options, who
from domain.instants import from_ms, iso, span_ms, to_ms
from domain.wording import counted

_ORDER = click.argument("order_id", metavar="ORDER")
_DUE = click.option("--due", type=Instant(), help="By when it is to be done.")
_DUE_IN = click.option(
    "--due-in-hours", type=click.FloatRange(min=0, min_open=True), help="The same, from now."
)


@click.group(epilog="Example: riskdesk orders list --store sqlite:///desk.db")
def orders() -> None:
    """Hand work of a case to a department, and follow it until it is done.

    Exit code 1 says that there was nothing, or that it could not be done.
    """


@orders.command(
    epilog="Example: riskdesk orders make C0123456789 --department vendor --kind terminal_check "
    '--what "look for a skimmer on terminal t17" --due-in-hours 4 --agent agent-7 --store sqlite:///desk.db'
)
@click.argument("case_id", metavar="CASE")
@click.option(
    "--department",
    type=click.Choice([department.value for department in Department]),
    required=True,
    help="Who is to do it.",
)
@click.option("--kind", default="request", show_default=True, help="One word for what sort of work it is.")
@click.option("--what", required=True, help="What is to be done; card numbers are masked.")
@options(_DUE, _DUE_IN, WHO, STORE, JSON)
def make(
    case_id: str,
    department: str,
    kind: str,
    what: str,
    due: datetime | None,
    due_in_hours: float | None,
    agent: str,
    role: str,
    url: str,
    as_json: bool,
) -> None:
    """Hand work of a CASE to a department."""
    now = now_ms()
    asked = Asked(Department(department), kind, what, _due_ms(due, due_in_hours, now))
    with opened(url) as store:
        made = store.work_orders.make(case_id, asked, who(agent, role), now)
    _say(made, as_json, f"{made.id} went to {made.department}, due {iso(made.due_ms)}")


@orders.command("list", epilog="Example: riskdesk orders list --department legal --store sqlite:///desk.db")
@click.option("--case", "case_id", help="Only those of this case.")
@click.option(
    "--department",
    type=click.Choice([department.value for department in Department]),
    help="Only those of this department.",
)
@click.option(
    "--state",
    "states",
    type=click.Choice([state.value for state in OrderState]),
    multiple=True,
    help="Only these; may be given several times.  [open, accepted and returned]",
)
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="How many at most.")
@options(STORE, JSON)
@click.pass_context
def list_(
    ctx: click.Context,
    case_id: str | None,
    department: str | None,
    states: tuple[str, ...],
    limit: int,
    url: str,
    as_json: bool,
) -> None:
    """List the orders that are under way, the first due first."""
    with opened(url) as store:
        found = store.work_orders.list(
            case_id=case_id,
            department=Department(department) if department else None,
            states=tuple(OrderState(state) for state in states) or LIVE,
            limit=limit,
        )
    ctx.exit(0 if _print(found, as_json) else 1)


@orders.command(
    epilog="Example: riskdesk orders accept C0123456789-W1 --agent vendor-3 --store sqlite:///desk.db"
)
@options(_ORDER, WHO, STORE, JSON)
def accept(order_id: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Take an ORDER on."""
    with opened(url) as store:
        order = store.work_orders.accept(order_id, who(agent, role), now_ms())
    _say(order, as_json, f"{order.id} is taken on")


@orders.command(
    "return",
    epilog='Example: riskdesk orders return C0123456789-W1 --reason "the terminal is not ours" '
    "--agent vendor-3 --store sqlite:///desk.db",
)
@click.option("--reason", required=True, help="Why it cannot be done as it is.")
@options(_ORDER, WHO, STORE, JSON)
def return_(order_id: str, reason: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Return an ORDER that cannot be done as it is; the desk sends it again or cancels it."""
    with opened(url) as store:
        order = store.work_orders.give_back(order_id, reason, who(agent, role), now_ms())
    _say(order, as_json, f"{order.id} is back at the desk")


@orders.command(
    epilog='Example: riskdesk orders done C0123456789-W1 --answer "no skimmer found" --agent vendor-3 '
    "--store sqlite:///desk.db"
)
@click.option("--answer", required=True, help="What was found or done; card numbers are masked.")
@options(_ORDER, WHO, STORE, JSON)
def done(order_id: str, answer: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Settle an ORDER."""
    with opened(url) as store:
        order = store.work_orders.finish(order_id, answer, who(agent, role), now_ms())
    _say(order, as_json, f"{order.id} is done")


@orders.command(
    epilog="Example: riskdesk orders send-again C0123456789-W1 --what 'look at terminal t71' "
    "--due-in-hours 4 --agent agent-7 --store sqlite:///desk.db"
)
@click.option("--what", help="What is to be done, where that has changed.")
@options(_ORDER, _DUE, _DUE_IN, WHO, STORE, JSON)
def send_again(
    order_id: str,
    what: str | None,
    due: datetime | None,
    due_in_hours: float | None,
    agent: str,
    role: str,
    url: str,
    as_json: bool,
) -> None:
    """Hand a returned ORDER over once more."""
    now = now_ms()
    with opened(url) as store:
        due_ms = _due_ms(due, due_in_hours, now)
        order = store.work_orders.send_again(order_id, what, due_ms, who(agent, role), now)
    _say(order, as_json, f"{order.id} went to {order.department} again, due {iso(order.due_ms)}")


@orders.command(
    epilog='Example: riskdesk orders cancel C0123456789-W1 --reason "the customer found the card" '
    "--agent agent-7 --store sqlite:///desk.db"
)
@click.option("--reason", required=True, help="Why it is no longer needed.")
@options(_ORDER, WHO, STORE, JSON)
def cancel(order_id: str, reason: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Take an ORDER back."""
    with opened(url) as store:
        order = store.work_orders.cancel(order_id, reason, who(agent, role), now_ms())
    _say(order, as_json, f"{order.id} is cancelled")


@orders.command(epilog="Example: riskdesk orders late --store sqlite:///desk.db")
@options(STORE, JSON)
@click.pass_context
def late(ctx: click.Context, url: str, as_json: bool) -> None:
    """Put the orders that have become late before a person, and list them; each is told once."""
    with opened(url) as store:
        found = store.work_orders.late(now_ms())
    ctx.exit(1 if _print(found, as_json) else 0)


def _due_ms(due: datetime | None, due_in_hours: float | None, now: int) -> int:
    if (due is None) == (due_in_hours is None):
        raise click.UsageError("say by when: give --due or --due-in-hours, and not both")
    return to_ms(due) if due else now + span_ms(timedelta(hours=due_in_hours or 0))


def _say(order: WorkOrder, as_json: bool, words: str) -> None:
    if as_json:
        click.echo(orjson.dumps(order_record(order)))
    click.echo(words, err=True)


def _print(found: Sequence[WorkOrder], as_json: bool) -> int:
    for order in found:
        if as_json:
            click.echo(orjson.dumps(order_record(order)))
        else:
            due = f"{from_ms(order.due_ms):%Y-%m-%d %H:%M}"
            click.echo(f"{order.id}  {order.state:9}  {order.department:15}  due {due}  {order.what}")
    click.echo(counted(len(found), "order"), err=True)
    return len(found)
