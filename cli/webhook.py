"""The `webhook` command: other systems that are told of topics, and telling them."""

from collections import Counter
from typing import Any

import click
import orjson

from cases.delivery.courier import Courier, Step
from cases.delivery.webhooks import SUBSCRIBABLE, Delivery, Subscriber, Webhook
from cases.store import Store
from cli.desk_options import JSON, STORE, WHO, now_ms, opened, options, who
from cli.following import Every, follow
from connectors.subscribers import post_to
from domain.instants import iso, span_ms
from domain.wording import counted

_HOUR_MS = 3_600_000
# Of one subscriber at a time, so that one that is slow holds up the others only so long.
_AT_ONCE = 50
_WEBHOOK = click.argument("webhook_id", metavar="WEBHOOK")


@click.group(epilog="Example: riskdesk webhook list --role ops --agent ops-1 --store sqlite:///desk.db")
def webhook() -> None:
    """Tell other systems by signed requests what happens, each at its own address and pace.

    What goes to one gateway for each topic is told by `riskdesk outbox run`.
    """


@webhook.command(
    epilog="Example: riskdesk webhook add https://crm.bank.example/riskdesk --topic disposition --topic case "
    "--role ops --agent ops-1 --store sqlite:///desk.db"
)
@click.argument("address", metavar="URL")
@click.option(
    "--topic",
    "topics",
    type=click.Choice(list(SUBSCRIBABLE)),
    multiple=True,
    required=True,
    help="Of what; may be given again.",
)
@options(WHO, STORE, JSON)
def add(address: str, topics: tuple[str, ...], agent: str, role: str, url: str, as_json: bool) -> None:
    """Tell the system at URL from now on, and print the secret with which that is signed, this once."""
    with opened(url) as store:
        made, secret = store.webhooks.add(who(agent, role), address, topics, now_ms())
    click.echo(orjson.dumps({**_record(made), "secret": secret}) if as_json else secret)
    click.echo(f"{made.id} is told of {', '.join(made.topics)} at {made.url}", err=True)


@webhook.command(
    "list", epilog="Example: riskdesk webhook list --role ops --agent ops-1 --store sqlite:///desk.db"
)
@options(WHO, STORE, JSON)
@click.pass_context
def list_(ctx: click.Context, agent: str, role: str, url: str, as_json: bool) -> None:
    """Show who is told. Exit code 1 says that nobody is."""
    with opened(url) as store:
        found = store.webhooks.list(who(agent, role))
    for each in found:
        line = f"{each.id}  {each.url}  {', '.join(each.topics)}  by {each.made_by}"
        click.echo(orjson.dumps(_record(each)) if as_json else line)
    ctx.exit(0 if found else 1)


@webhook.command(
    epilog="Example: riskdesk webhook remove W0123456789 --role ops --agent ops-1 --store sqlite:///desk.db"
)
@_WEBHOOK
@options(WHO, STORE)
def remove(webhook_id: str, agent: str, role: str, url: str) -> None:
    """Tell WEBHOOK nothing more, not even what waits."""
    with opened(url) as store:
        ended = store.webhooks.remove(who(agent, role), webhook_id, now_ms())
    click.echo(f"{ended.id} is told nothing more", err=True)


@webhook.command(
    epilog="Example: riskdesk webhook test W0123456789 --role ops --agent ops-1 --store sqlite:///desk.db"
)
@_WEBHOOK
@options(WHO, STORE)
def test(webhook_id: str, agent: str, role: str, url: str) -> None:
    """Let WEBHOOK be told something that means nothing, by the next `webhook run`."""
    with opened(url) as store:
        store.webhooks.test(who(agent, role), webhook_id, now_ms())
    click.echo("it waits for `riskdesk webhook run`", err=True)


@webhook.command(
    epilog="Example: riskdesk webhook deliveries W0123456789 --role ops --agent ops-1 "
    "--store sqlite:///desk.db"
)
@_WEBHOOK
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many.")
@options(WHO, STORE, JSON)
@click.pass_context
def deliveries(
    ctx: click.Context, webhook_id: str, limit: int, agent: str, role: str, url: str, as_json: bool
) -> None:
    """Show what WEBHOOK was told, the newest first. Exit code 1 says that something did not arrive."""
    with opened(url) as store:
        found = store.webhooks.deliveries(who(agent, role), webhook_id, limit)
    for each in found:
        click.echo(orjson.dumps(_told(each)) if as_json else _line(each))
    ctx.exit(1 if any(each.state == "given_up" for each in found) else 0)


@webhook.command(
    epilog="Example: riskdesk webhook again W0123456789 --role ops --agent ops-1 --store sqlite:///desk.db"
)
@_WEBHOOK
@options(WHO, STORE)
def again(webhook_id: str, agent: str, role: str, url: str) -> None:
    """Let what was given up be told to WEBHOOK again."""
    with opened(url) as store:
        count = store.webhooks.try_again(who(agent, role), webhook_id, now_ms())
    click.echo(f"{counted(count, 'message')} will be tried again", err=True)


@webhook.command(epilog="Example: riskdesk webhook run --follow --store postgresql://desk@db/desk")
@click.option("--follow", "follows", is_flag=True, help="Keep looking for what is due, once a second.")
@click.option(
    "--timeout-seconds",
    type=click.FloatRange(min=0.1, max=60),
    default=10,
    show_default=True,
    help="How long a subscriber may take to answer.",
)
@options(STORE, JSON)
@click.pass_context
def run(ctx: click.Context, follows: bool, timeout_seconds: float, url: str, as_json: bool) -> None:
    """Tell every subscriber what is due; each request carries an id by which a repeat is known.

    One that does not answer is tried again, more and more slowly, and does not hold up the others; in the end
    a lead is told. Exit code 1 says that something did not arrive.
    """
    with opened(url) as store:
        if timeout_seconds * 2000 > span_ms(store.policy.delivery.held_for):
            held = store.policy.delivery.held_for.total_seconds()
            raise click.UsageError(
                f"--timeout-seconds should be at most half of held_for, which is {held:g} s"
            )
        tidying = Every(_HOUR_MS)
        if follows:
            follow(lambda: _once(store, tidying, timeout_seconds, as_json))
            return
        counts = _once(store, tidying, timeout_seconds, as_json)
    ctx.exit(1 if counts.keys() & {Step.RETRY.value, Step.GIVEN_UP.value} else 0)


def _once(store: Store, tidying: Every, timeout_s: float, as_json: bool) -> Counter[str]:
    counts: Counter[str] = Counter()
    for subscriber in store.webhooks.subscribers():
        counts += _tell(store, subscriber, timeout_s)
    if tidying.due(now_ms()):
        store.retention.forget_messages(now_ms())
    if counts and as_json:
        click.echo(orjson.dumps(dict(counts)))
    elif counts:
        click.echo(", ".join(f"{count} {step}" for step, count in sorted(counts.items())), err=True)
    return counts


def _tell(store: Store, subscriber: Subscriber, timeout_s: float) -> Counter[str]:
    """Tell one subscriber what is due, until it does not answer."""
    courier = Courier(
        store.db,
        post_to(subscriber, now_ms, timeout_s),
        (subscriber.topic,),
        store.policy.delivery,
        now_ms,
    )
    counts: Counter[str] = Counter()
    for _ in range(_AT_ONCE):
        step = courier.run_one(subscriber.topic)
        if step is None:
            break
        counts[step.value] += 1
        if step is Step.RETRY:
            break
    return counts


def _record(each: Webhook) -> dict[str, Any]:
    return {
        "webhook": each.id,
        "url": each.url,
        "topics": each.topics,
        "active": each.active,
        "made_by": each.made_by,
        "made_at": iso(each.made_ms),
    }


def _told(each: Delivery) -> dict[str, Any]:
    return {
        "id": each.id,
        "topic": each.topic,
        "key": each.key,
        "at": iso(each.at_ms),
        "state": each.state,
        "attempts": each.attempts,
        "error": each.error,
    }


def _line(each: Delivery) -> str:
    words = f"{each.id}  {each.key}  {iso(each.at_ms)}  {each.state}  {counted(each.attempts, 'attempt')}"
    return f"{words}  ({each.error})" if each.error else words
