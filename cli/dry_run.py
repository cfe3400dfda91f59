"""What `riskdesk run` does before it runs: the start-up checks, and with --dry-run nothing more."""

import logging
from collections.abc import Iterator

import click

from cases.postgresql_server import Server
from cli.doctor import ports_of, show
from config.profiles import FlowName
from config.settings import Settings
from connectors.files import name_partitions
from flows.desk_time import desk_now_ms
from flows.findings import Weight
from flows.job import Job, profile_of
from flows.plan import plan_scopes
from flows.recovery_survey import survey
from flows.start_checks import start_findings

log = logging.getLogger(__name__)


def checked(job: Job, settings: Settings, flow: FlowName, *, share: bool, dry_run: bool) -> None:
    """See whether a job can run; with `dry_run` say what would be run, and end.

    `share` is whether other machines have the rest of the recovery store. Raises ClickException with all
    problems at once.
    """
    ports = ports_of(settings)
    found = start_findings(job, desk_now_ms, flow=flow, ports=ports, host=settings.metrics_host, share=share)
    problems = [finding.text for finding in found if finding.weight is Weight.PROBLEM]
    if dry_run:
        show(found)
    if problems:
        raise click.ClickException("\n".join(problems))
    if dry_run:
        for line in plan_lines(job, settings):
            click.echo(line)
        click.echo("nothing was run", err=True)
        raise click.exceptions.Exit(0)
    for finding in found:
        if finding.weight is Weight.WARNING:
            log.warning("start-up check: %s", finding.text)


def plan_lines(job: Job, settings: Settings) -> Iterator[str]:
    """Say what a job would run, over what, into what. Raises what `prepare` would."""
    profile = profile_of(job)
    yield f"flow {profile.flow}, profile {profile.name} version {profile.version}"
    partitions = name_partitions(job.inputs) if job.inputs else {}
    scopes = plan_scopes(
        profile.build_detectors(),
        profile.read_tables(),
        log_scope=profile.input.scope,
        partitions=len(partitions),
        lateness=profile.input.lateness,
    )
    for plan in scopes:
        names = ", ".join(watcher.name for watcher in plan.watchers)
        yield f"watches each {plan.scope.value} with {names}"
    for name, path in partitions.items():
        yield f"reads {path} as partition {name}"
    for topic in job.topics:
        yield f"reads {topic}"
    if job.store is not None:
        yield f"keeps cases in {_shown(job.store)}"
    if job.alerts is not None:
        yield f"writes alerts to {job.alerts}"
    for each in job.beside:
        yield f"runs {each.profile} beside, in its {each.name}, and writes its alerts to {each.alerts}"
    if job.recovery is None:
        yield "saves no state: a restart begins from the start of the inputs"
    else:
        yield f"saves its state in {job.recovery} every {job.epoch_s:g} s, {_resumed(job)}"
    yield f"runs in {settings.processes} process{'es' if settings.processes > 1 else ''}"


def _resumed(job: Job) -> str:
    if job.recovery is None or not job.recovery.exists() or not any(job.recovery.glob("part-*")):
        return "from the start"
    return f"resumed from epoch {survey(job.recovery).resume_epoch}"


def _shown(store: str) -> str:
    return str(Server(store)) if store.startswith("postgres") else store
