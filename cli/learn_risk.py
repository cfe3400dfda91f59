"""The `learn risk` command: uses of cards and what became known of them become a risk model."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from heapq import merge
from pathlib import Path
from typing import Any

import click
import orjson
from msgspec.structs import asdict

from cli.desk_options import Instant, opened
from cli.durations import Duration
from connectors.codec import Codec, TimeBounds
from connectors.files import read_blocks
from domain.events import Chargeback, Disposition, Transaction
from domain.instants import iso, span_ms, to_ms
from domain.reference import Reference
from domain.tables import RiskModel, TerminalRisk
from domain.wording import counted
from flows.garbage import collect_seldom
from learning.published import write_table
from learning.risk.drift import Alarm
from learning.risk.learner import Learner
from learning.risk.settings import DAY, Settings
from learning.risk.state_file import read_state, write_state

# The year 9999: which times can be right was judged when the events ran, not here.
_LATEST_MS = 253_402_300_799_000
_ANY_TIME = TimeBounds(0, _LATEST_MS, ahead_of_ingest_ms=_LATEST_MS)
_IN = click.Path(exists=True, path_type=Path)
_OUT = click.Path(dir_okay=False, writable=True, path_type=Path)
# What is watched for drift, in words.
_DRIFT = {
    "frauds": "the mean log loss of frauds",
    "genuine": "the mean log loss of genuine uses",
    "alerts": "the share of uses that are scored high enough for an alert",
}
_Learnt = Transaction | Disposition | Chargeback


@click.command(
    epilog="Example: riskdesk learn risk march.jsonl.zst --labels claims.jsonl --confirm-after P45D "
    "--state risk -o model.json --terminals terminals.json --effective-at 2026-04-01T00:00:00+08:00"
)
@click.argument("files", type=_IN, nargs=-1, required=True)
@click.option(
    "--labels",
    type=_IN,
    multiple=True,
    help="Lines of dispositions and chargebacks, where they are not among FILES; may be given several times.",
)
@click.option(
    "--store",
    "url",
    envvar="RISKDESK_STORE",
    help="Join reference data of this store, and learn what its desk found out.  [RISKDESK_STORE]",
)
@click.option(
    "--state",
    type=click.Path(file_okay=False, writable=True, path_type=Path),
    required=True,
    help="A folder that learning goes on from, and that is brought up to date.",
)
@click.option("-o", "--out", type=_OUT, required=True, help="Where the model goes, as JSON.")
@click.option("--terminals", type=_OUT, required=True, help="Where the table of terminals goes, as JSON.")
@click.option(
    "--effective-at",
    type=Instant(),
    required=True,
    help="From when on both are in force; later than every use they are learnt from.",
)
@click.option(
    "--confirm-after",
    type=Duration(),
    help="A use that nobody spoke of for so long was genuine.  [never, or as in the state]",
)
@click.option("--keep-genuine", type=float, help="Which share of genuine uses is learnt.  [0.1]")
@click.option(
    "--optimiser",
    type=click.Choice(["adagrad", "sgd"]),
    help="Steps that shrink with what was learnt, or stay.  [adagrad]",
)
@click.option(
    "--fading", type=float, help="Which share of what shrinks the steps is left after each day.  [1]"
)
@click.option("--rate", type=float, help="How large the steps are.  [0.1]")
@click.option("--alert-probability", type=float, help="From which probability on the flow alerts.  [0.5]")
@click.option("--audit-share", type=float, help="Which share of other uses it draws for review.  [0]")
@click.option("--audit-seed", type=int, help="What it draws them by.  [7]")
@click.option("--fail-on-drift", is_flag=True, help="Exit 1 when drift was found in this run.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def risk(
    files: tuple[Path, ...],
    labels: tuple[Path, ...],
    url: str | None,
    state: Path,
    out: Path,
    terminals: Path,
    effective_at: datetime,
    *,
    fail_on_drift: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Learn the risk model, and what is known of terminals, from the uses of cards in FILES.

    FILES are lines of events, also compressed, or folders of such; all are read side by side in the order of
    time. Lines that are no event are counted and left out. A label counts from its own time on, and what is
    unlabelled is never taken for genuine but with --confirm-after.

    The state remembers what was learnt, and which uses wait for labels: give each new day's files once. Its
    settings hold; options that say otherwise are refused. Scores are watched for drift, which is told.
    """
    wanted = {name: value for name, value in given.items() if value is not None}
    learner = read_state(state, wanted) or Learner(Settings(**wanted))
    collect_seldom()
    alarms_before = learner.lessons.drift.total
    reader = _Reader()
    without_customer = learner.counts.without_customer
    events = [reader.read(path) for path in (*files, *labels)]
    if url:
        # What was said while the last run was at work may be of a time that it had come to: read a day more.
        since_ms = max(0, learner.now_ms - span_ms(DAY))
        reference, said = _from_store(url, since_ms, to_ms(effective_at))
        _learn(learner, merge(*events, said, key=_place), reference)
    else:
        _learn(learner, merge(*events, key=_place), Reference("UTC"))
    model, table = learner.publish_model(effective_at), learner.publish_terminals(effective_at)
    write_table(out, model)
    write_table(terminals, table)
    # Last, so that a run that failed can be made again.
    write_state(state, learner)
    raised = learner.lessons.drift.total - alarms_before
    alarms = learner.alarms[max(0, len(learner.alarms) - raised) :]
    if as_json:
        files_told = {"model": str(out), "terminals": str(terminals), "rejected": reader.rejected}
        click.echo(orjson.dumps({**files_told, **_told(model, table, alarms)}))
    else:
        _print(model, table)
    _warn(alarms, reader.rejected, learner.counts.without_customer - without_customer)
    if fail_on_drift and raised:
        raise click.exceptions.Exit(1)


class _Reader:
    """Reads what can be learnt from, and counts the lines that are no event."""

    def __init__(self) -> None:
        self.rejected = 0

    def read(self, path: Path) -> Iterator[_Learnt]:
        codec = Codec(_ANY_TIME)
        for block in read_blocks(path):
            events, rejected = codec.decode(block)
            self.rejected += len(rejected)
            yield from (event for event in events if isinstance(event, _Learnt))


def _place(event: _Learnt) -> tuple[int, bool]:
    """Order by time, and of one moment labels first: what is known by then counts."""
    return event.at_ms, isinstance(event, Transaction)


def _from_store(url: str, since_ms: int, until_ms: int) -> tuple[Reference, list[Disposition]]:
    with opened(url) as store:
        # No feature is of a local date, which is all that the zone is for.
        reference = Reference.of(store.reference.all(), "UTC")
        return reference, list(store.feedback.dispositions(since_ms, until_ms))


def _learn(learner: Learner, events: Iterable[_Learnt], reference: Reference) -> None:
    join = None if reference.empty else reference.join
    for event in events:
        if isinstance(event, Transaction):
            if join is not None:
                join(event)
            learner.see(event)
        else:
            learner.told(event)


def _told(model: RiskModel, terminals: TerminalRisk, alarms: Sequence[Alarm]) -> dict[str, object]:
    card = model.card
    return {
        "version": model.version,
        "terminals_version": terminals.version,
        "effective_at": iso(to_ms(model.effective_at)),
        "learnt_from": iso(to_ms(card.learnt_from)),
        "learnt_until": iso(to_ms(card.learnt_until)),
        "transactions": card.transactions,
        "frauds": card.frauds,
        "genuine": card.genuine,
        "weights": len(model.weights),
        "terminals_with_fraud": len(terminals.terminals),
        "figures": card.figures,
        "reliability": card.reliability,
        "drift": [{**asdict(alarm), "at": iso(alarm.at_ms)} for alarm in alarms],
    }


def _print(model: RiskModel, terminals: TerminalRisk) -> None:
    card, figures = model.card, model.card.figures
    click.echo(
        f"model {model.version} of {counted(card.transactions, 'use')}: {counted(card.frauds, 'fraud')}, "
        f"{card.genuine} genuine; {counted(len(model.weights), 'weight')}"
    )
    click.echo(f"{counted(len(terminals.terminals), 'terminal')} with fraud, version {terminals.version}")
    if "auc" not in figures:
        click.echo("too few labelled scores to say how well it does; learn from more days")
        return
    click.echo(
        f"on {figures['labelled_scores']:,.0f} labels that were not learnt yet: AUC {figures['auc']:.3f}, "
        f"average precision {figures['average_precision']:.3f}, expected calibration error "
        f"{figures['expected_calibration_error']:.4f}"
    )


def _warn(alarms: Sequence[Alarm], rejected: int, without_customer: int) -> None:
    for alarm in alarms:
        click.echo(
            f"drift at {iso(alarm.at_ms)}: {_DRIFT[alarm.what]} was {alarm.before:g} and is {alarm.after:g}; "
            "judge the model anew before it is used",
            err=True,
        )
    if without_customer:
        click.echo(
            f"{counted(without_customer, 'use')} without a customer left out, as the flow would; where a "
            "store has reference data that names them, give --store",
            err=True,
        )
    if rejected:
        click.echo(f"{counted(rejected, 'line')} not read as an event and left out", err=True)
