"""What commands share by which one person proposes and another decides: reports, and what was done."""

from pathlib import Path

import click
import orjson

from cases.profiles.version import digest_of
from cases.signing_off.change import Change, Report
from domain.instants import iso

# A report's numbers are kept beside its digest unless there are more of them than anybody reads.
_MOST_FIGURES_BYTES = 256_000

REPORT = click.option(
    "--report",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What it rests on, of a backtest or a shadow run: its digest is kept, and the numbers of its JSON.",
)


def read_report(path: Path | None) -> Report | None:
    """Read what is kept of a report: the numbers are its own where it is JSON, else of the JSON beside it."""
    if path is None:
        return None
    beside = path.with_suffix(".json")
    figures = None
    if beside.is_file() and beside.stat().st_size <= _MOST_FIGURES_BYTES:
        try:
            found = orjson.loads(beside.read_bytes())
        except orjson.JSONDecodeError as error:
            raise click.UsageError(f"{beside} is no JSON ({error}); write the report again") from error
        figures = found if isinstance(found, dict) else None
    if figures is None:
        click.echo(f"of {path.name} the digest is kept, and no numbers", err=True)
    return Report(name=path.name, digest=digest_of(path.read_bytes()), figures=figures)


def change_line(change: Change) -> str:
    """Say in a line what was proposed, and what became of it."""
    words = f"{change.what.removeprefix('the ')}, proposed by {change.maker} at {iso(change.at_ms)}"
    if (decision := change.decision) is None:
        return f"{words}; waits for a second person"
    words = f"{words}, {decision.verdict} by {decision.checker} at {iso(decision.at_ms)}"
    return words if decision.since_ms is None else f"{words}; in force from {iso(decision.since_ms)}"
