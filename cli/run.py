"""riskdesk run: live events into the queue, watched over by a supervisor."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from cases.profiles.version import Reference
from cli.cluster import cluster_options, machine_of
from cli.dry_run import checked
from cli.profile_source import ProfileParam, source_of
from cli.serving import served
from cli.shadow_run import shadow_of, shadow_options
from cli.shared_secret import check_own
from config.profiles import FlowName
from config.settings import load_settings
from flows.cold import ColdWatch
from flows.desk_time import desk_now_ms
from flows.health import Health
from flows.job import Job
from flows.liveness_watch import RuleWatch
from flows.membership import supervise_machine
from flows.reloading import Reload
from flows.store_check import wait_for_store
from flows.supervisor import supervise
from observability.beside import SupervisorMetrics
from observability.logs import set_up_logs

# A flow that fails more often than this in a row needs a person, not another start.
_RESTARTS = 10

FLOWS: dict[str, FlowName] = {"card-risk": "card_risk", "device-watch": "device_watch"}


@click.command(
    "run",
    epilog=r"""
Example: riskdesk run card-risk --profile config/profiles/card_risk.yaml --input var/transactions.jsonl
--store sqlite:///var/riskdesk.sqlite --recovery var/recovery
""",
)
@click.argument("flow", type=click.Choice(tuple(FLOWS)))
@click.option(
    "--profile", required=True, type=ProfileParam(), metavar="FILE|in-force:NAME",
    help="What to detect, and with which parameters: a file, or what is in force in the store.",
)  # fmt: skip
@click.option(
    "--input", "inputs", multiple=True,
    help="File or folder that grows, once for each partition; or a topic, as kafka://TOPIC.",
)  # fmt: skip
@click.option("--store", help="Queue that the alerts go into, such as sqlite:///var/riskdesk.sqlite.")
@click.option("--alerts", type=click.Path(dir_okay=False, path_type=Path), help="File for the alerts too.")
@click.option("--webhook", help="Address that the alerts are posted to as well: https://host/path.")
@click.option(
    "--webhook-secret-file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File, readable by you alone, with the secret that signs what is posted.",
)  # fmt: skip
@click.option(
    "--recovery", type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the state; without it a restart begins from the start.",
)  # fmt: skip
@click.option(
    "--warm", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What detectors remember of history, as `riskdesk warm` writes it.",
)  # fmt: skip
@click.option("--epoch-s", type=click.FloatRange(0.1, 600), help="Seconds between two snapshots of state.")
@click.option("--processes", type=click.IntRange(1, 64), help="Processes that share the work.")
@cluster_options
@shadow_options
@click.option("--metrics-port", type=click.IntRange(0, 65_535), help="Loopback port for Prometheus.")
@click.option("--metrics-host", help="Interface for the port, 127.0.0.1 unless others may read it.")
@click.option("--grace", "grace_s", type=click.FloatRange(0, 3600), help="Seconds that the end may take.")
@click.option("--dry-run", is_flag=True, help="Look at everything, say what would be run, and run nothing.")
@click.option("--follow/--no-follow", default=True, show_default=True, help="Wait for files to grow.")
@click.pass_context
def run(
    ctx: click.Context,
    flow: str,
    profile: Path | Reference,
    inputs: tuple[str, ...],
    store: str | None,
    alerts: Path | None,
    webhook: str | None,
    webhook_secret_file: Path | None,
    recovery: Path | None,
    warm: Path | None,
    epoch_s: float | None,
    processes: int | None,
    addresses: str | None,
    index: int | None,
    addresses_anywhere: bool | None,
    shadow: Path | None,
    shadow_alerts: Path | None,
    metrics_port: int | None,
    metrics_host: str | None,
    grace_s: float | None,
    dry_run: bool,
    follow: bool,
) -> None:
    """Watch live events with the detectors of a profile, and keep watching.

    A store that is away is waited for; then everything that `riskdesk doctor` looks at is looked at. A
    crash is followed by a restart from the last snapshot. SIGTERM or Ctrl-C ends the run with everything
    committed, a second one at once; so does a share of dead letters above the profile's limit, with exit
    code 1. SIGHUP reads the profile anew, from its file or what is in force by now, and the reference data
    and the fleet with it, and goes on where it was; a profile that is wrong is refused. Machines that share
    a flow do so together.
    """
    settings = load_settings(
        inputs=inputs or None, store=store, alerts=alerts, recovery=recovery, epoch_s=epoch_s,
        processes=processes, addresses=addresses, index=index, addresses_anywhere=addresses_anywhere,
        metrics_port=metrics_port, metrics_host=metrics_host, grace_s=grace_s,
    )  # fmt: skip
    if not (settings.inputs or settings.topics):
        raise click.UsageError("nothing to watch: give --input, or RISKDESK_INPUTS")
    if webhook_secret_file is not None:
        check_own(webhook_secret_file)
    machine = machine_of(settings)
    metrics = SupervisorMetrics()
    source = source_of(
        ctx, profile, settings.store, settings.recovery, metrics.tell_profile, dry_run=dry_run
    )  # fmt: skip
    job = Job(
        profile=source.path,
        beside=shadow_of(shadow, shadow_alerts, others=(settings.alerts,), shared=machine is not None),
        inputs=settings.inputs,
        topics=settings.topics,
        publish=True,
        follow=follow,
        store=settings.store,
        alerts=settings.alerts,
        webhook=webhook,
        webhook_secret=webhook_secret_file,
        recovery=settings.recovery,
        warm=warm,
        epoch_s=settings.epoch_s,
        # The supervisor answers on the port itself, its processes on those behind it.
        metrics_port=settings.metrics_port + 1 if settings.metrics_port else 0,
        traces=settings.traces,
        traces_share=settings.traces_share,
        log_level=settings.log_level,
    )
    set_up_logs(job.log_level)
    if not dry_run:
        # As the flow does later on: a database that begins after us keeps nobody from beginning.
        wait_for_store(settings.store)
    job = source.read(job)
    checked(job, settings, FLOWS[flow], share=machine is not None, dry_run=dry_run)
    source.taken(job)
    cold = ColdWatch(job)
    health = Health(job.store, timedelta(seconds=settings.stale_s))
    # How a desk stands that is filled with what was long ago is nobody's concern.
    desk = settings.store if follow else None
    with served(metrics, settings.metrics_port, desk, settings.metrics_host, health.probes):
        how: Any = {
            "restarts": _RESTARTS,
            "on_restart": metrics.restarts.inc,
            "on_start": health.follow,
            "grace": timedelta(seconds=settings.grace_s),
            # Alerts are raised on any of several machines, and each knows of its own.
            "rules": RuleWatch(metrics.tell_rule, whole=machine is None),
        }
        shared = machine is not None
        how["reload"] = Reload(job, FLOWS[flow], desk_now_ms, source.read, source.taken, share=shared)
        if machine is None:
            code, reason = supervise(job, cold, processes=settings.processes, **how)
        else:
            code, reason = supervise_machine(job, machine, cold, on_wait=health.wait, **how)
    click.echo(f"stopped: {reason or 'the input ended'}", err=True)
    ctx.exit(1 if code else 0)
