"""The `doctor` command: all that would keep a run from starting."""

from collections.abc import Iterable
from pathlib import Path

import click
import orjson

from config.settings import Settings, load_settings
from flows.desk_time import desk_now_ms
from flows.findings import Finding, Weight
from flows.job import Job
from flows.start_checks import start_findings, told


@click.command(
    "doctor",
    epilog=r"""
Example: riskdesk doctor --profile config/profiles/card_risk.yaml --input var/transactions.jsonl
--store sqlite:///var/riskdesk.sqlite --recovery var/recovery
""",
)
@click.option(
    "--profile", required=True, type=click.Path(path_type=Path), help="The profile that would be run."
)
@click.option(
    "--input", "inputs", multiple=True,
    help="File, folder or kafka://TOPIC that would be read; once for each.",
)  # fmt: skip
@click.option("--store", help="Store that the alerts would go into.")
@click.option("--recovery", type=click.Path(path_type=Path), help="Folder that the state would be in.")
@click.option("--metrics-port", type=click.IntRange(0, 65_535), help="Port that metrics would be served on.")
@click.option("--processes", type=click.IntRange(1, 64), help="Processes that would share the work.")
@click.option("--json", "as_json", is_flag=True, help="Print each finding as one JSON line.")
@click.pass_context
def doctor(
    ctx: click.Context,
    profile: Path,
    inputs: tuple[str, ...],
    store: str | None,
    recovery: Path | None,
    metrics_port: int | None,
    processes: int | None,
    as_json: bool,
) -> None:
    """Look for all that would keep a run from starting, and say all of it at once.

    Looked at are the profile and what it names, the inputs, the store (that it is there, of our schema and
    can be written), the reference data in it, who can read its keys, the recovery folder, room on the disks,
    ports, and the clock. Nothing is changed: what is written to try the store out is undone. Exit code 1
    says that there are problems or warnings.
    """
    settings = load_settings(
        inputs=inputs or None, store=store, recovery=recovery, metrics_port=metrics_port, processes=processes
    )
    job = Job(
        profile=profile,
        inputs=settings.inputs,
        topics=settings.topics,
        publish=True,
        store=settings.store,
        alerts=settings.alerts,
        recovery=settings.recovery,
        traces=settings.traces,
    )
    found = start_findings(job, desk_now_ms, ports=ports_of(settings), host=settings.metrics_host)
    show(found, as_json=as_json)
    click.echo(f"{profile}: {told(found)}", err=True)
    ctx.exit(1 if any(finding.weight is not Weight.NOTE for finding in found) else 0)


def ports_of(settings: Settings) -> range:
    """Give the ports that a run listens on for Prometheus: the supervisor's, and one for each process."""
    first = settings.metrics_port
    return range(first, first + settings.processes + 1) if first else range(0)


def show(findings: Iterable[Finding], *, as_json: bool = False) -> None:
    """Print findings to standard output, one a line."""
    for finding in findings:
        if as_json:
            click.echo(orjson.dumps({"weight": finding.weight, "text": finding.text}))
        else:
            click.echo(f"{finding.weight.value}: {finding.text}")
