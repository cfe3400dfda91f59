"""riskdesk backtest: what profiles would have told of recorded events, and what that was worth."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import click
import msgspec

from cases.policy import QueuePolicy
from cli.backtest_table import result_table
from cli.desk_options import Instant
from cli.durations import Duration
from cli.passes import kept_in, recorded_files
from cli.queue import console
from cli.remaining import Remaining
from cli.waiting import Waiting
from config.profiles import load_profile
from config.settings import load_settings
from connectors.folder_listing import file_bytes
from connectors.streams import writing
from domain.instants import to_ms
from observability.logs import set_up_logs
from tuning.backtest.desk_load import Handling
from tuning.backtest.judged import Backtested, Rules, backtest
from tuning.backtest.passes import pass_over
from tuning.backtest.report import MadeFrom, backtest_report
from tuning.measures.labels import read_labels
from tuning.passes import Variant
from tuning.report.page import write_report

_HANDLING = Handling()


@click.command(
    "backtest",
    epilog=r"""
Example: riskdesk backtest now.yaml new.yaml --over var/june --labels var/labels.jsonl --labels-delay 7d
--agents 6 --report var/backtest.html
""",
)
@click.argument(
    "profiles",
    nargs=-1,
    required=True,
    metavar="PROFILES...",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option(
    "--over", multiple=True, required=True, help="File or folder of recorded events; may be given often."
)
@click.option(
    "--labels",
    "label_files",
    multiple=True,
    required=True,
    type=click.Path(exists=True, path_type=Path),
    help="What is known about the events, as `convert handbook --labels` or `feedback` writes it.",
)
@click.option(
    "--labels-delay",
    type=Duration(),
    default="7d",
    show_default=True,
    help="How long after its event a label is known that does not say when: 90m, 12h, 7d.",
)
@click.option("--until", type=Instant(), help="Judge by what was known then.  [when the last event came]")
@click.option(
    "--agents", type=click.IntRange(1, 10_000), help="People at the desk.  [as many as there is work for]"
)
@click.option(
    "--aht",
    type=click.FloatRange(1, 7200),
    default=_HANDLING.aht_s,
    show_default=True,
    help="Seconds that a call takes, with dialling and what is written after it.",
)
@click.option(
    "--calls-per-task",
    type=click.FloatRange(0.1, 10),
    default=_HANDLING.calls_per_task,
    show_default=True,
    help="Calls that it takes to reach a customer.",
)
@click.option("--store", help="Store whose reference data is joined; nothing is written to it.")
@click.option("--processes", type=click.IntRange(1, 64), help="Processes that share the pass.")
@click.option(
    "--work",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that finished passes are kept in; the same command then goes on from there.",
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="HTML file for the report; a JSON file of the same numbers is written beside it.",
)
@click.option("--quiet", is_flag=True, help="Draw no progress, and say nothing on the way.")
@click.option("--json", "as_json", is_flag=True, help="Print all figures as one JSON object.")
def backtest_command(
    profiles: tuple[Path, ...],
    over: tuple[str, ...],
    label_files: tuple[Path, ...],
    labels_delay: timedelta,
    until: datetime | None,
    agents: int | None,
    aht: float,
    calls_per_task: float,
    store: str | None,
    processes: int | None,
    work: Path | None,
    report: Path | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Run PROFILES over recorded events in one pass, and judge what each would have told.

    Labels count from when they were known, and an event without one is neither right nor wrong. A desk works
    through the alerts by each profile's own queue. Differences are against the first profile.
    """
    rules = Rules(
        until_ms=None if until is None else to_ms(until),
        agents=agents,
        handling=Handling(aht_s=aht, calls_per_task=calls_per_task),
    )
    settings = load_settings(processes=processes)
    set_up_logs(settings.log_level)
    tell = _silent if quiet else _tell
    paths = recorded_files(over)
    for path in profiles:
        load_profile(path, QueuePolicy)  # what is wrong in the last one is told before the first is run
    labels = read_labels(label_files, over, delay=labels_delay)
    tell(f"{len(labels):,} labelled events; {labels.without_event:,} labels of events that are not there")
    if not len(labels):
        raise click.UsageError("none of the labels is about one of the events: are they of the same data?")
    variants = [Variant(label, path) for label, path in zip(labels_of(profiles), profiles, strict=True)]
    with kept_in(work) as folder:
        remaining = Remaining(file_bytes=file_bytes(paths), files=len(paths), topics=0)
        with Waiting(drawn=not quiet, remaining=remaining) as waiting:
            passed = pass_over(
                variants, over, folder, store=store, processes=settings.processes, watch=waiting.show
            )
        if passed.kept:
            tell(f"run before: {', '.join(passed.kept)}")
        found = backtest(variants, passed, labels, rules, watch=_tell_of_desk(tell))
    if report is not None:
        made_from = MadeFrom(tuple(map(str, over)), tuple(map(str, label_files)), labels_delay)
        _write(report, found, made_from)
        tell(f"wrote {report} and {report.with_suffix('.json')}")
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        console().print(result_table(found))


def labels_of(profiles: Sequence[Path]) -> list[str]:
    """Name profiles by their files, in small letters, digits and underscores, each differently.

    >>> labels_of([Path("a/Card-Risk.yaml"), Path("b/card_risk.yaml"), Path("2.yaml")])
    ['card_risk', 'card_risk_2', 'profile_2']
    """
    given: list[str] = []
    for path in profiles:
        name = re.sub("[^a-z0-9]+", "_", path.stem.lower()).strip("_")
        name = name if name[:1].isalpha() else f"profile_{name}".rstrip("_")
        others = (f"{name}_{number}" for number in count(2))
        given.append(name if name not in given else next(other for other in others if other not in given))
    return given


def _write(report: Path, found: Backtested, made_from: MadeFrom) -> None:
    """Write the report and its numbers, each whole or not at all."""
    draft = report.with_name(f".{report.name}.draft")
    try:
        write_report(draft, backtest_report(found, made_from))
        draft.replace(report)
    finally:
        draft.unlink(missing_ok=True)
    with writing(report.with_suffix(".json")) as out:
        out.write(msgspec.json.encode(found))


def _tell_of_desk(tell: Callable[[str], None]) -> Callable[[str, int, int], None]:
    told: set[str] = set()

    def watch(label: str, done: int, of: int) -> None:
        del done
        if label not in told:
            told.add(label)
            tell(f"the desk works through {of:,} alerts of {label}")

    return watch


def _tell(words: str) -> None:
    click.echo(words, err=True)


def _silent(words: str) -> None:
    del words
