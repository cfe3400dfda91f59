"""The `explain` command: why alerts fired, and the events that fire them again."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click
import orjson

from cli.alert_sources import AlertSource, is_store, read_alerts
from cli.desk_options import READER, options, who
from cli.lines import wrapped
from domain.wording import counted
from tuning.explain.explanations import Explanation, Unexplained, examples_file, explain_all
from tuning.explain.recorded import Recorded
from tuning.explain.words import explanation_lines, explanation_record, unexplained_line


@click.command(
    epilog="""
Example: riskdesk explain 9dc22b9e32bc48d393fd8425fb83714b --from replay_data/night/alerts.jsonl
--profile replay_data/night/profile.yaml --over replay_data/night/transactions.jsonl.zst
--store sqlite:///var/night.sqlite -o impossible_travel.examples.yaml
"""
)
@click.argument("alert_ids", nargs=-1, metavar="ALERTS...")
@click.option(
    "--from", "source", type=AlertSource(), required=True, help="File of alerts, or store, that has them."
)
@click.option(
    "--profile",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="How the events are read, the published tables, and what is in force today.",
)
@click.option(
    "--over",
    multiple=True,
    required=True,
    metavar="FILES",
    help="The recorded events: a file, folder or topic, as for replay; may be given several times.",
)
@click.option("--store", help="Store that lends its reference data.  [the one that the alerts are from]")
@click.option("--all", "every", is_flag=True, help="Explain every alert there is.")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    help="Examples file to write; for alerts of several detectors the folder to write them to.",
)
@options(READER)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def explain(
    ctx: click.Context,
    alert_ids: tuple[str, ...],
    source: str,
    profile: Path,
    over: tuple[str, ...],
    store: str | None,
    every: bool,
    out: Path | None,
    agent: str,
    role: str,
    as_json: bool,
) -> None:
    """Say why ALERTS fired: in words, and with the events that fire them again.

    The events are written as an examples file, to be put beside the detector: once with all that each alert
    says, and once with as few events as will do. Such a file holds tokens of cards and customers, as the
    events do. An id may be cut short. Exit code 1 says that an alert does not fire again exactly.
    """
    if every == bool(alert_ids):
        raise click.UsageError("name the alerts to explain, or give --all")
    alerts = read_alerts(source, who(agent, role))
    picked = alerts if every else [_pick(alerts, given, source) for given in alert_ids]
    if out is not None:
        _check_out(out, picked)
    lends = store if store is not None or not is_store(source) else source
    said = list(explain_all(picked, Recorded(profile, over, lends)))
    explained = [each for each in said if isinstance(each, Explanation)]
    if as_json:
        click.echo(orjson.dumps(_record(said)))
    else:
        for each in explained:
            click.echo("\n".join(map(wrapped, explanation_lines(each))) + "\n")
    for unexplained in (each for each in said if isinstance(each, Unexplained)):
        click.echo(unexplained_line(unexplained), err=True)
    if out is not None:
        _write(out, explained, source)
    ctx.exit(0 if all(each.slices.exact for each in explained) and len(explained) == len(said) else 1)


def _pick(alerts: Sequence[dict[str, Any]], given: str, source: str) -> dict[str, Any]:
    found = [alert for alert in alerts if alert["id"].startswith(given)]
    if len(found) == 1:
        return found[0]
    raise click.UsageError(f"{counted(len(found), 'alert')} of {source} has an id that begins with {given!r}")


def _check_out(out: Path, alerts: Iterable[dict[str, Any]]) -> None:
    names = sorted({alert["detector"] for alert in alerts})
    if len(names) > 1 and (out.suffix or out.is_file()):
        raise click.UsageError(f"these are alerts of {', '.join(names)}: -o should name a folder, not {out}")


def _write(out: Path, explained: Iterable[Explanation], source: str) -> None:
    """Write a file of examples for each detector."""
    by_detector: defaultdict[str, list[Explanation]] = defaultdict(list)
    for each in explained:
        by_detector[each.alert["detector"]].append(each)
    into_folder = out.is_dir() or len(by_detector) > 1
    if into_folder:
        out.mkdir(parents=True, exist_ok=True)
    for name, of_detector in by_detector.items():
        path = out / f"{name}.examples.yaml" if into_folder else out
        path.write_text(examples_file(of_detector, _comments(of_detector, source)), "utf-8")
        click.echo(f"wrote {path}: {counted(len(of_detector), 'alert')}, as written", err=True)


def _comments(explained: Iterable[Explanation], source: str) -> list[str]:
    """Say at the top of a file where its examples are from."""
    return [
        f"Alerts of {Path(source).name if not is_store(source) else 'a store'}, by riskdesk explain:",
        *(f"  {each.alert['id']}, version {each.alert['version']} of the rule" for each in explained),
    ]


def _record(said: Iterable[Explanation | Unexplained]) -> dict[str, Any]:
    kept = list(said)
    return {
        "explained": [explanation_record(each) for each in kept if isinstance(each, Explanation)],
        "unexplained": [
            {"alert": each.alert["id"], "why": each.why} for each in kept if isinstance(each, Unexplained)
        ],
    }
