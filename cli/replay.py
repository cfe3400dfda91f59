"""riskdesk replay: recorded events through the flow, as fast as the machine allows or at a chosen speed."""

from pathlib import Path
from threading import Event, Thread

import click
import msgspec

from cli.remaining import Remaining
from cli.waiting import Waiting, summary
from config.settings import load_settings
from connectors.alert_file import sort_alert_file
from connectors.folder_listing import file_bytes
from connectors.kafka_topics import split_inputs
from flows.job import Job, profile_of
from flows.liveness_watch import RuleWatch
from flows.progress import Progress, read_progress
from flows.supervisor import supervise
from flows.worker import exit_code, held, prepare, run_job
from observability.logs import set_up_logs
from observability.metrics import Metrics


@click.command(
    "replay",
    epilog=r"""
Example: riskdesk replay config/profiles/card_risk.yaml replay_data/night/transactions.jsonl.zst
--store sqlite:///var/night.sqlite --alerts var/night-alerts.jsonl
""",
)
@click.argument("profile", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("inputs", nargs=-1, required=True, metavar="FILES...")
@click.option("--store", help="Queue that the alerts go into, such as sqlite:///var/night.sqlite.")
@click.option(
    "--alerts",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File that the alerts are written to, in the order of event time.",
)
@click.option(
    "--recovery",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the state; the same command then goes on after a crash.",
)
@click.option(
    "--models", help="Store whose learnt tables are used, each as it was in force.  [that of --store]"
)
@click.option(
    "--warm",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What detectors remember of history, as `riskdesk warm` writes it.",
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    help="How many times as fast as it happened: 1, 60; without it as fast as the machine allows.",
)
@click.option("--epoch-s", type=click.FloatRange(0.1, 600), help="Seconds between two snapshots of state.")
@click.option("--processes", type=click.IntRange(1, 64), help="Processes that share the work.")
@click.option("--metrics-port", type=click.IntRange(0, 65_535), help="Loopback port for Prometheus.")
@click.option("--quiet", is_flag=True, help="Draw no progress bar.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as one JSON object.")
@click.pass_context
def replay(
    ctx: click.Context,
    profile: Path,
    inputs: tuple[str, ...],
    store: str | None,
    alerts: Path | None,
    models: str | None,
    recovery: Path | None,
    warm: Path | None,
    speed: float | None,
    epoch_s: float | None,
    processes: int | None,
    metrics_port: int | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Run recorded FILES through the detectors of PROFILE.

    Each file, or folder of files in name order, is a partition. The same events give the same alerts,
    whatever the number of processes and however often the run was killed and taken up again. A topic is
    read up to where it ends now: kafka://TOPIC, or kafka://TOPIC?from=PLACE&to=PLACE between two offsets or
    times (2026-01-31T00:00:00Z).

    At a --speed events come in as they did then, so many times as fast; the alerts are the same. Ctrl-C ends
    it with everything kept, a second one at once; with --recovery the same command goes on where it was.
    """
    paths, topics = split_inputs(inputs)
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise click.UsageError(f"no such file or folder: {', '.join(missing)}")
    if store is None and alerts is None:
        raise click.UsageError("nowhere to put the alerts: give --store, --alerts or both")
    settings = load_settings(epoch_s=epoch_s, processes=processes, metrics_port=metrics_port)
    if speed is not None and settings.processes > 1:
        raise click.UsageError("at a --speed one process does all the work; give no --processes beside it")
    job = Job(
        profile=profile,
        inputs=paths,
        topics=topics,
        store=store,
        models=models,
        alerts=alerts,
        recovery=recovery,
        warm=warm,
        speed=speed,
        epoch_s=settings.epoch_s,
        metrics_port=settings.metrics_port,
        traces=settings.traces,
        traces_share=settings.traces_share,
        log_level=settings.log_level,
    )
    set_up_logs(job.log_level)
    remaining = Remaining(file_bytes=file_bytes(paths), files=len(paths), topics=len(topics))
    with Waiting(drawn=not quiet, remaining=remaining) as waiting:
        rules = RuleWatch()
        code, reason, progress = (
            _here(job, waiting, rules)
            if settings.processes == 1
            else _cluster(job, settings.processes, waiting, rules)
        )
    problems = rules.end()
    if alerts is not None and code == 0:
        sort_alert_file(alerts)
    if as_json:
        click.echo(msgspec.json.encode({**msgspec.structs.asdict(progress), "problems": problems}))
    click.echo(summary(progress, waiting.seconds), err=True)
    for problem in problems:
        click.echo(f"{problem.problem.value}: {problem.words}", err=True)
    if reason:
        click.echo(f"stopped: {reason}", err=True)
    ctx.exit(1 if code or progress.errors else 0)


def _here(job: Job, waiting: Waiting, rules: RuleWatch) -> tuple[int, str, Progress]:
    metrics = Metrics()
    ended = Event()

    def draw() -> None:
        while not ended.wait(0.2):
            waiting.show(read_progress(metrics))
            rules.take(metrics.hours.take())

    with held(job):
        prepare(job)
        rules.begin(profile_of(job))
        drawing = Thread(target=draw, daemon=True)
        drawing.start()
        try:
            reason = run_job(job, metrics)
        finally:
            ended.set()
            drawing.join()
    rules.take(metrics.hours.take())
    return exit_code(reason), reason, read_progress(metrics)


def _cluster(job: Job, processes: int, waiting: Waiting, rules: RuleWatch) -> tuple[int, str, Progress]:
    last = [Progress()]

    def watch(progress: Progress) -> None:
        last[0] = progress
        waiting.show(progress)

    code, reason = supervise(job, watch, processes=processes, rules=rules)
    return code, reason, last[0]
