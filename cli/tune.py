"""riskdesk tune: which parameters of a detector are better, and whether that holds on days not chosen by."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import orjson
from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from cli.durations import Duration
from cli.passes import kept_in, recorded_files
from cli.queue import console
from cli.remaining import Remaining
from cli.waiting import Waiting
from config.located_yaml import read_text
from config.settings import load_settings
from connectors.folder_listing import file_bytes
from connectors.streams import writing
from domain.wording import counted
from tuning.measures.bootstrap import SEED
from tuning.measures.labels import read_labels
from tuning.report.page import write_report
from tuning.tune.choice import FIGURES, OBJECTIVES, Objective
from tuning.tune.parameters import MOST_COMBINATIONS, ParameterError, said
from tuning.tune.record import WORDS, figure_words, tuning_record, verdict_words
from tuning.tune.report import objective_words, tune_report
from tuning.tune.runs import Runs
from tuning.tune.tuning import Grid, Tuning, compare, read_grid, split_days
from tuning.tune.variants import Tuned, changed, read_tuned

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)
_SHOWN = 20


@click.command(
    "tune",
    epilog="Example: riskdesk tune burst --profile config/profiles/card_risk.yaml --parameter uses=4..8 "
    "--parameter window=PT5M..PT20M --over var/events --labels var/labels.jsonl --report var/tune.html",
)
@click.argument("detector")
@click.option("--profile", type=_FILE, required=True, help="Profile that the detector is enabled in.")
@click.option(
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUES",
    help="What to try: name=lo..hi, name=lo..hi/step or name=a,b,c; sums_minor.CNY=lo..hi for money. "
    f"Several give all their combinations, {MOST_COMBINATIONS} at most.",
)
@click.option(
    "--over", multiple=True, required=True, help="File or folder of recorded events; may be repeated."
)
@click.option(
    "--labels",
    type=click.Path(exists=True, path_type=Path),
    multiple=True,
    required=True,
    help="Labels of these events, or dispositions; may be repeated.",
)
@click.option(
    "--labels-delay",
    type=Duration(),
    default="7d",
    show_default=True,
    help="How long after its event a label is known that does not say when.",
)
@click.option(
    "--objective",
    type=click.Choice(list(OBJECTIVES)),
    default="loss_caught",
    show_default=True,
    help="What is wanted: the most loss caught at no more calls a day; the fewest calls for no less loss "
    "caught; the best F1; the highest precision at no less recall.",
)
@click.option(
    "--least-recall",
    type=click.FloatRange(0, 1),
    help="Recall that precision must keep.  [what the profile has]",
)
@click.option("--steps", type=click.IntRange(1, 50), default=5, show_default=True, help="Values of a range.")
@click.option(
    "--split",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.75,
    show_default=True,
    help="Share of the days that the choice is made on; it is tested on the later ones.",
)
@click.option("--seed", type=int, default=SEED, show_default=True, help="Seed of the intervals.")
@click.option("--processes", type=click.IntRange(1, 64), help="Processes that share the work.")
@click.option("--store", help="Where the reference data are, such as sqlite:///desk.db; it is only read.")
@click.option(
    "--work",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that keeps what is finished; the same command then goes on where it was interrupted.",
)
@click.option(
    "--report", type=_NEW_FILE, help="HTML file for the report; a JSON file of its numbers lies beside it."
)
@click.option(
    "-o",
    "--out",
    type=_NEW_FILE,
    help="Where the tuned profile goes if the choice holds: one version higher, without the comments.",
)
@click.option("--quiet", is_flag=True, help="Draw no progress bar.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def tune(
    ctx: click.Context,
    detector: str,
    profile: Path,
    parameters: tuple[str, ...],
    over: tuple[str, ...],
    labels: tuple[Path, ...],
    labels_delay: timedelta,
    objective: str,
    least_recall: float | None,
    steps: int,
    split: float,
    seed: int,
    processes: int | None,
    store: str | None,
    work: Path | None,
    report: Path | None,
    out: Path | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Find better parameters of DETECTOR, and say whether they hold.

    Every combination runs over the same events. One is chosen on the earlier days, by the labels that were
    known by then, and compared with the profile as it is on the later days. Where that difference may as well
    be noise, there is nothing. Calls a day are customers that alerts tell of on a day; what the desk would
    feel `riskdesk backtest` tells. Exit code 1 says that -o was asked for and nothing holds.
    """
    wanted = _objective(objective, least_recall)
    paths = recorded_files(over)
    text = read_text(profile)
    try:
        tuned = read_tuned(profile, detector, text)
        grid = read_grid(tuned, text, parameters, steps=steps)
    except ParameterError as error:
        raise click.UsageError(str(error)) from error
    known = read_labels(labels, over, delay=labels_delay)
    parts = split_days(known, split, tuned.zone)
    with kept_in(work) as folder:
        shared = load_settings(processes=processes).processes
        runs = Runs(grid.variants, over, folder, store=store, processes=shared)
        _run(runs, grid, paths, drawn=not quiet)
        found = compare(grid, known, parts, runs.files, objective=wanted, seed=seed)
    if report is not None:
        made_from = {
            "profile": str(profile),
            "over": ", ".join(over),
            "labels": ", ".join(map(str, labels)),
            "delay": str(labels_delay),
            "tried": ", ".join(parameters),
            "seed": str(seed),
        }
        write_report(report, tune_report(found, made_from))
        report.with_suffix(".json").write_bytes(orjson.dumps(tuning_record(found)))
        click.echo(f"wrote {report} and {report.with_suffix('.json')}", err=True)
    if as_json:
        click.echo(orjson.dumps(tuning_record(found)))
    else:
        _show(found)
    ctx.exit(_write_tuned(found, tuned, text, out))


def _objective(name: str, least_recall: float | None) -> Objective:
    if least_recall is not None and name != "precision":
        raise click.UsageError("--least-recall is what --objective precision must keep; give both or none")
    return OBJECTIVES[name]._replace(limit=least_recall)


def _run(runs: Runs, grid: Grid, paths: tuple[Path, ...], *, drawn: bool) -> None:
    passes = runs.passes
    remaining = Remaining(file_bytes=file_bytes(paths) * passes, files=len(paths) * passes, topics=0)
    with Waiting(drawn=drawn, remaining=remaining) as waiting:
        runs.run(waiting.show)
    kept = f", {runs.kept} of them kept from before" if runs.kept else ""
    read = f"events read {counted(passes, 'time')}, {waiting.seconds:.1f} s"
    click.echo(f"{counted(len(grid.variants), 'variant')}{kept}; {read}", err=True)


def _write_tuned(found: Tuning, tuned: Tuned, text: str, out: Path | None) -> int:
    if out is None:
        return 0
    if found.chosen is None or not found.verdict.holds:
        click.echo(f"{out} was not written: nothing holds", err=True)
        return 1
    better = changed(tuned, text, found.combinations[found.chosen], version=tuned.profile.version + 1)
    with writing(out) as file:
        file.write(better.encode())
    click.echo(
        f"wrote {out}, version {tuned.profile.version + 1} of {tuned.profile.name}; the comments of "
        f"{tuned.path} are not in it",
        err=True,
    )
    return 0


def _show(found: Tuning) -> None:
    page = console()
    record = tuning_record(found)
    page.print(Text(objective_words(found).en))
    page.print(Text(f"On the {record['earlier']['days']} earlier days:"))
    table = Table(box=SIMPLE, pad_edge=False)
    for column in ("", *(WORDS.say(name).en for name in FIGURES)):
        table.add_column(column, justify="right" if column else "left", no_wrap=not column)
    front = [row for row in record["combinations"] if row["on_front"]]
    table.add_row("as it is", *_cells(record["base"]["earlier"], found.currency))
    for row in front[:_SHOWN]:
        mark = "bold" if row["label"] == found.chosen else ""
        table.add_row(Text(said(row["parameters"]), mark), *_cells(row["earlier"], found.currency))
    page.print(table)
    if left := len(found.combinations) - len(front[:_SHOWN]):
        page.print(Text(f"and {counted(left, 'combination')} more: --json or --report has all", "dim"))
    page.print(Text(verdict_words(found).en, "bold"))


def _cells(figures: dict[str, Any], currency: str) -> Iterator[str]:
    return (figure_words(name, figures[name], currency) for name in FIGURES)
