"""The `outbox` command: what others are told, by whom it is taken, and what never arrived."""

from collections import Counter
from pathlib import Path

import click
import orjson

from cases.delivery.courier import Courier
from cases.delivery.service import Standing
from cases.delivery.topics import TOPICS
from cases.store import Store
from cli.desk_options import JSON, STORE, WHO, now_ms, opened, options, who
from cli.following import Every, follow
from cli.shared_secret import read_secret
from connectors.messages import open_receiver
from domain.instants import iso, span_ms
from domain.wording import counted

SECRET_VARIABLE = "RISKDESK_RECEIVER_SECRET"
_HOUR_MS = 3_600_000

_TOPIC = click.Choice(list(TOPICS))
_TO = click.option(
    "--to",
    "receiver",
    required=True,
    envvar="RISKDESK_RECEIVER",
    help="https://host/path, or file:///path of JSON lines.  [RISKDESK_RECEIVER]",
)
_SECRET = click.option(
    "--secret-file",
    envvar="RISKDESK_RECEIVER_SECRET_FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"File, readable by you alone, with the receiver's secret; else {SECRET_VARIABLE} is it.",
)
_TIMEOUT = click.option(
    "--timeout-seconds",
    type=click.FloatRange(min=0.1, max=60),
    default=10,
    show_default=True,
    help="How long the receiver may take to answer.",
)


@click.group(epilog="Example: riskdesk outbox list --store sqlite:///desk.db")
def outbox() -> None:
    """Tell others what the desk wants them to know: messages, letters, alarms, outcomes.

    What the bank is to carry out goes by `riskdesk action run`. Exit code 1 says that something did not
    arrive.
    """


@outbox.command("list", epilog="Example: riskdesk outbox list --store sqlite:///desk.db")
@options(STORE, JSON)
@click.pass_context
def list_(ctx: click.Context, url: str, as_json: bool) -> None:
    """Show how many messages of each topic wait, arrived or were given up."""
    with opened(url) as store:
        found = store.outbox.standing()
    for each in found:
        click.echo(orjson.dumps(_record(each)) if as_json else _line(each))
    if not found:
        click.echo("nothing was told to anybody yet", err=True)
    ctx.exit(1 if any(each.given_up for each in found) else 0)


@outbox.command(
    epilog="Example: riskdesk outbox run --topic customer_message --to https://sms.bank.example/messages "
    "--secret-file /etc/riskdesk/sms.secret --follow --store postgresql://desk@db/desk"
)
@click.option(
    "--topic", "topics", type=_TOPIC, multiple=True, required=True, help="What; may be given again."
)
@click.option("--follow", "follows", is_flag=True, help="Keep looking for what is due, once a second.")
@options(_TO, _SECRET, _TIMEOUT, STORE, JSON)
@click.pass_context
def run(
    ctx: click.Context,
    topics: tuple[str, ...],
    follows: bool,
    receiver: str,
    secret_file: Path | None,
    timeout_seconds: float,
    url: str,
    as_json: bool,
) -> None:
    """Hand over what is due; every message carries a key by which the receiver knows a repeat.

    A receiver that does not answer is tried again, more and more slowly; after the last try, or when it
    refuses, a lead is told. Messages that were settled long enough ago leave the outbox.
    """
    to = open_receiver(receiver, read_secret(secret_file, SECRET_VARIABLE), now_ms, timeout_seconds)
    with opened(url) as store:
        policy = store.policy.delivery
        if timeout_seconds * 2000 > span_ms(policy.held_for):
            held = policy.held_for.total_seconds()
            raise click.UsageError(
                f"--timeout-seconds should be at most half of held_for, which is {held:g} s"
            )
        courier, tidying = Courier(store.db, to, topics, policy, now_ms), Every(_HOUR_MS)
        if follows:
            follow(lambda: _once(store, courier, tidying, as_json))
            return
        counts = _once(store, courier, tidying, as_json)
    ctx.exit(1 if counts.keys() & {"retry", "given_up"} else 0)


@outbox.command(
    epilog="Example: riskdesk outbox again --topic branch_letter --agent ops-1 --role ops --store sqlite:///desk.db"
)
@click.option("--topic", type=_TOPIC, required=True, help="What.")
@options(WHO, STORE)
def again(topic: str, agent: str, role: str, url: str) -> None:
    """Let what was given up be tried again, once its receiver takes it."""
    with opened(url) as store:
        count = store.outbox.try_again(topic, who(agent, role), now_ms())
    click.echo(f"{counted(count, 'message')} will be tried again", err=True)


def _once(store: Store, courier: Courier, tidying: Every, as_json: bool) -> Counter[str]:
    counts = Counter(step.value for step in courier.run_due())
    if tidying.due(now_ms()):
        store.retention.forget_messages(now_ms())
    if counts and as_json:
        click.echo(orjson.dumps(dict(counts)))
    elif counts:
        click.echo(", ".join(f"{count} {step}" for step, count in sorted(counts.items())), err=True)
    return counts


def _record(standing: Standing) -> dict[str, object]:
    oldest = None if standing.oldest_ms is None else iso(standing.oldest_ms)
    fields = {name: getattr(standing, name) for name in standing.__struct_fields__ if name != "oldest_ms"}
    return {**fields, "oldest": oldest}


def _line(standing: Standing) -> str:
    words = (
        f"{standing.topic:<17} {standing.waiting:>7,} waiting  {standing.delivered:>7,} delivered  "
        f"{standing.given_up:>7,} given up"
    )
    if standing.oldest_ms is not None:
        words += f"  the oldest since {iso(standing.oldest_ms)}"
    return f"{words}  ({standing.error})" if standing.error else words
