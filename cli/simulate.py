"""riskdesk simulate: a bank's events from a seed, its reference data, and the truth in a file of its own."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import click
import msgspec

from connectors.reference_files import reference_line
from connectors.streams import writing
from domain.instants import to_ms
from simulation.errors import BadPlanError
from simulation.incidents import INCIDENT_KINDS, USUAL_INCIDENTS
from simulation.night import simulate as simulate_night
from simulation.plan import Plan
from simulation.reference import reference_records
from simulation.truth import truth_lines
from simulation.wire import event_lines

_NEW_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


class Instant(click.ParamType[datetime]):
    """A time in ISO 8601 with its offset."""

    name = "time"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        try:
            at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no ISO 8601 time such as 2026-09-18T12:00+08:00", param, ctx)
        if at.tzinfo is None:
            self.fail(f"{value!r} has no offset; add one, such as +08:00 or Z", param, ctx)
        return at


class IncidentCount(click.ParamType[tuple[str, int]]):
    """How many incidents of a kind there are: KIND=N."""

    name = "kind=n"

    def convert(
        self, value: str | tuple[str, int], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        if isinstance(value, tuple):
            return value
        kind, _, count = value.partition("=")
        if kind not in INCIDENT_KINDS:
            self.fail(f"no incident kind {kind!r}; there are: {', '.join(INCIDENT_KINDS)}", param, ctx)
        if not (count.isascii() and count.isdigit() and len(count) < 4):
            self.fail(f"{value!r} gives no number; write {kind}=2, at most {kind}=999", param, ctx)
        return kind, int(count)


_USUAL = {plot.kind: count for plot, count in USUAL_INCIDENTS.items()}
_USUAL_WORDS = " ".join(f"{kind}={count}" for kind, count in _USUAL.items())


@click.command(
    "simulate",
    epilog=r"""
Example: riskdesk simulate --seed 7 --customers 3000 --start 2026-09-18T12:00+08:00 --hours 20
-o var/events.jsonl.zst --truth var/truth.jsonl --reference var/bank.jsonl.zst
""",
)
@click.option("--seed", type=click.IntRange(0), required=True, help="The same seed gives the same bytes.")
@click.option(
    "--customers",
    type=click.IntRange(1, 1_000_000),
    default=3_000,
    show_default=True,
    help="Customers of the bank, with one to three cards each.",
)
@click.option(
    "--start", type=Instant(), required=True, help="When the stream begins, in ISO 8601 with an offset."
)
@click.option(
    "--hours",
    type=click.FloatRange(0, 24 * 366, min_open=True),
    default=24.0,
    show_default=True,
    help="How long it lasts.",
)
@click.option(
    "--events", type=click.IntRange(1), help="How many events there are in all; about 3 a customer and day."
)
@click.option("-o", "--out", type=_NEW_FILE, required=True, help="The stream; .gz or .zst compresses it.")
@click.option("--truth", type=_NEW_FILE, required=True, help="What really happened; no detector reads it.")
@click.option("--reference", type=_NEW_FILE, required=True, help="Customers, cards, terminals and branches.")
@click.option(
    "--incidents",
    type=IncidentCount(),
    multiple=True,
    help=f"Plant just the incidents named, each as KIND=N. Else: {_USUAL_WORDS}.",
)
@click.option("--no-incidents", is_flag=True, help="Plant none: all of the stream is honest.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as one JSON object.")
def simulate(
    seed: int,
    customers: int,
    start: datetime,
    hours: float,
    events: int | None,
    out: Path,
    truth: Path,
    reference: Path,
    incidents: tuple[tuple[str, int], ...],
    no_incidents: bool,
    as_json: bool,
) -> None:
    """Make the events of a city bank from a seed: honest daily life, and incidents among it.

    Honest customers are never where they cannot be. What was planted is written to the truth alone,
    together with honest events that look like incidents.
    """
    if len({out, truth, reference}) < 3:
        raise click.UsageError("--out, --truth and --reference must be three different files")
    if incidents and no_incidents:
        raise click.UsageError("--incidents and --no-incidents contradict each other; give one of them")
    planned = {} if no_incidents else dict(incidents) or _USUAL
    plan = Plan(
        seed=seed,
        customers=customers,
        start_ms=to_ms(start),
        hours=hours,
        events=events,
        incidents=planned,
    )
    try:
        night = simulate_night(plan)
    except BadPlanError as error:
        raise click.UsageError(str(error)) from error
    _write(out, event_lines(night))
    _write(reference, map(reference_line, reference_records(night)))
    _write(truth, truth_lines(night))
    planted = Counter(plot.kind for plot in night.plots.values() if plot.incident)
    lookalikes = Counter(plot.kind for plot in night.plots.values() if not plot.incident)
    counts = {
        "events": len(night.arrivals),
        "customers": len(night.people),
        "cards": len(night.people.cards),
        "cards_used": len(set(night.uses["card"].tolist())),
        "terminals": len(night.network.terminals),
        "incidents": planted,
        "lookalikes": lookalikes,
    }
    if as_json:
        click.echo(msgspec.json.encode(counts))
    else:
        click.echo(
            f"{counts['events']} events of {counts['cards_used']} cards, {planted.total()} incidents,"
            f" {lookalikes.total()} lookalikes",
            err=True,
        )


def _write(path: Path, lines: Iterable[bytes]) -> None:
    with writing(path) as stream:
        stream.writelines(lines)
