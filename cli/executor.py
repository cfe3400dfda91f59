"""What `action` runs: the executor, which asks the bank, and what time does to actions."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click
import orjson

from cases.actions.executor import Executor
from cases.actions.service import SqlActions
from cases.actions.sweeping import Swept
from cli.desk_options import JSON, STORE, now_ms, opened, options
from cli.following import follow
from cli.shared_secret import read_secret
from connectors.core_banking import open_bank
from domain.instants import span_ms

# The secret itself is no option: it would stand in the list of processes.
SECRET_VARIABLE = "RISKDESK_BANK_SECRET"

_BANK = click.option(
    "--bank",
    required=True,
    envvar="RISKDESK_BANK",
    help="https://host/path, or loopback:///path of a journal.  [RISKDESK_BANK]",
)
_SECRET = click.option(
    "--secret-file",
    envvar="RISKDESK_BANK_SECRET_FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"File, readable by you alone, with the secret shared with the bank; else {SECRET_VARIABLE} is it.",
)
_TIMEOUT = click.option(
    "--timeout-seconds",
    type=click.FloatRange(min=0.1, max=60),
    default=10,
    show_default=True,
    help="How long the bank may take to answer.",
)
_FOLLOW = click.option(
    "--follow", "follows", is_flag=True, help="Keep looking for what is due, once a second."
)


@click.command(
    epilog="Example: riskdesk action run --bank https://core.bank.example/instructions "
    "--secret-file /etc/riskdesk/bank.secret --follow --store postgresql://desk@db/desk"
)
@options(_BANK, _SECRET, _TIMEOUT, _FOLLOW, STORE, JSON)
@click.pass_context
def run(
    ctx: click.Context,
    bank: str,
    secret_file: Path | None,
    timeout_seconds: float,
    follows: bool,
    url: str,
    as_json: bool,
) -> None:
    """Send what is approved to the bank, and lift what is over.

    Exit code 1 says that something was not carried out; a lead was alarmed, or it is tried again.
    """
    to_bank = open_bank(bank, read_secret(secret_file, SECRET_VARIABLE), now_ms, timeout_seconds)
    with opened(url) as store:
        policy = store.policy.actions
        if timeout_seconds * 2000 > span_ms(policy.held_for):
            held = policy.held_for.total_seconds()
            raise click.UsageError(
                f"--timeout-seconds should be at most half of held_for, which is {held:g} s"
            )
        actions = store.actions
        executor = Executor(store.db, to_bank, policy, now_ms)
        if follows:
            follow(lambda: _once(actions, executor, as_json))
            return
        counts = _once(actions, executor, as_json)
    ctx.exit(1 if counts.keys() & {"rejected", "retry", "given_up"} else 0)


@click.command(epilog="Example: riskdesk action expire --store sqlite:///desk.db")
@options(STORE, JSON)
def expire(url: str, as_json: bool) -> None:
    """Do what is due: proposals lapse, blocks end, orders begin, and what nobody checked alarms the lead."""
    with opened(url) as store:
        swept = store.actions.expire(now_ms())
    if as_json:
        click.echo(orjson.dumps(swept._asdict()))
    else:
        click.echo(_swept_words(swept))


def _once(actions: SqlActions, executor: Executor, as_json: bool) -> Counter[str]:
    """Sweep, then send what is due; what the sweep lifts goes out at once."""
    swept = actions.expire(now_ms())
    counts = Counter(step.value for step in executor.run_due())
    if as_json and (counts or any(swept)):
        click.echo(orjson.dumps({**swept._asdict(), "sent": dict(counts)}))
    elif counts or any(swept):
        sent = ", ".join(f"{count} {step}" for step, count in sorted(counts.items())) or "nothing sent"
        click.echo(f"{_swept_words(swept)}; {sent}", err=True)
    return counts


def _swept_words(swept: Swept) -> str:
    parts: Sequence[tuple[str, Sequence[str]]] = (
        ("lapsed", swept.expired),
        ("lifted", swept.lifted),
        ("alarmed", swept.alarmed),
        ("ordered", swept.ordered),
    )
    return "; ".join(f"{word}: {', '.join(ids)}" for word, ids in parts if ids) or "nothing was due"
