"""riskdesk warm: what detectors remember of history, for a run that is about to begin."""

from pathlib import Path
from tempfile import TemporaryDirectory

import click
import msgspec

from cli.remaining import Remaining
from cli.waiting import Waiting
from config.settings import load_settings
from connectors.folder_listing import file_bytes
from connectors.kafka_topics import split_inputs
from domain.instants import iso
from domain.wording import counted
from flows.job import Job, profile_of
from flows.supervisor import supervise
from flows.warm_making import make_warm_file
from observability.logs import set_up_logs

# The state is wanted once, at the end.
_EPOCH_S = 600.0


@click.command(
    "warm",
    epilog=r"""
Example: riskdesk warm config/profiles/card_risk.yaml history/2026-08 history/2026-09
-o var/card_risk.warm --store sqlite:///var/riskdesk.sqlite
""",
)
@click.argument("profile", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("inputs", nargs=-1, required=True, metavar="HISTORY...")
@click.option(
    "-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path),
    help="File to write, for `riskdesk run --warm`.",
)  # fmt: skip
@click.option("--store", help="Store that lends its reference data; nothing is written into it.")
@click.option("--processes", type=click.IntRange(1, 64), help="Processes that share the work.")
@click.option("--quiet", is_flag=True, help="Draw no progress bar.")
@click.option("--json", "as_json", is_flag=True, help="Print what the file holds as one JSON object.")
@click.pass_context
def warm(
    ctx: click.Context,
    profile: Path,
    inputs: tuple[str, ...],
    output: Path,
    store: str | None,
    processes: int | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Let the detectors of PROFILE watch HISTORY, and keep what they remember of it.

    HISTORY is what `riskdesk replay` takes. Its alerts go nowhere. A run with --warm begins with that memory
    instead of none: it says what it would have said had it watched the history too. The history must end
    where the run begins, and it need not be longer than the longest memory of the profile's detectors.
    """
    paths, topics = split_inputs(inputs)
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise click.UsageError(f"no such file or folder: {', '.join(missing)}")
    if not output.absolute().parent.is_dir():
        raise click.UsageError(f"no such folder: {output.absolute().parent}")
    settings = load_settings(processes=processes)
    set_up_logs(settings.log_level)
    remaining = Remaining(file_bytes=file_bytes(paths), files=len(paths), topics=len(topics))
    with TemporaryDirectory(prefix=".riskdesk-warm-", dir=output.absolute().parent) as folder:
        job = Job(
            profile=profile,
            inputs=paths,
            topics=topics,
            reference=store,
            alerts=Path(folder) / "alerts.jsonl",
            recovery=Path(folder) / "state",
            epoch_s=_EPOCH_S,
            log_level=settings.log_level,
        )
        with Waiting(drawn=not quiet, remaining=remaining) as waiting:
            code, reason = supervise(job, waiting.show, processes=settings.processes)
        if code or reason:
            click.echo(f"stopped: {reason or 'see the log'}; no file was written", err=True)
            ctx.exit(1)
        made = make_warm_file(output, profile_of(job), Path(folder) / "state")
    if as_json:
        click.echo(msgspec.json.encode(made))
        return
    keys = ", ".join(f"{counted(count, scope)}" for scope, count in sorted(made.keys.items()))
    click.echo(f"{output}: {keys}, up to {iso(made.reached_ms)}, {made.file_bytes / 1e6:.1f} MB", err=True)
