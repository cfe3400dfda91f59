"""The `recovery` command: look at the state of a flow, make it small, and back it up."""

import time
from pathlib import Path

import click
import msgspec

from domain.instants import iso
from domain.wording import counted
from flows.recovery_backup import compact as make_small
from flows.recovery_backup import export as back_up
from flows.recovery_survey import StepState, Survey, survey

_FOLDER = click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group(epilog="Example: riskdesk recovery show var/recovery")
def recovery() -> None:
    """Look at the state that a flow saves with --recovery, make it small, and back it up."""


@recovery.command(epilog="Example: riskdesk recovery show var/recovery --json")
@_FOLDER
@_JSON
def show(folder: Path, as_json: bool) -> None:
    """Say whose state FOLDER holds, how much of what, in which formats, and how old it is.

    Nothing is changed, and a run that has the folder goes on meanwhile.
    """
    found = survey(folder)
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    for line in _page(found, round(time.time() * 1000)):
        click.echo(line)


@recovery.command(epilog="Example: riskdesk recovery compact var/recovery")
@_FOLDER
@_JSON
def compact(folder: Path, as_json: bool) -> None:
    """Take away what no start needs from FOLDER, and give the room back to the disk.

    Every start takes the same away and keeps the room, which the next epochs fill again: this is for a state
    that has become much smaller. Only with nobody running.
    """
    done = make_small(folder)
    if as_json:
        click.echo(msgspec.json.encode(done))
    taken = done.repaired.stale + done.repaired.tombstones
    sizes = f"{_size(done.before_bytes)} before, {_size(done.after_bytes)} now"
    click.echo(f"{counted(taken, 'row')} taken away; {sizes}", err=True)


@recovery.command(epilog="Example: riskdesk recovery export var/recovery -o var/recovery.tgz")
@_FOLDER
@click.option(
    "-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path),
    help="The archive to write; a name in .gz or .tgz makes it compressed.",
)  # fmt: skip
def export(folder: Path, output: Path) -> None:
    """Write a backup of FOLDER, which may be in use: all its files as they were at one moment.

    To go back to it, unpack it into a new folder, `mkdir NEW && tar -xf FILE -C NEW`, and run with
    `--recovery NEW`: the flow then reads its inputs from where they were, and alerts that the store has
    already change nothing. An alert file is cut back to that moment too.
    """
    done = back_up(folder, output)
    click.echo(f"{output}: {_size(output.stat().st_size)}, resumes from epoch {done.resume_epoch}", err=True)


def _page(found: Survey, now_ms: int) -> list[str]:
    used = "a run has it now" if found.in_use else "no run has it"
    lines = [
        f"flow {found.flow}, profile {found.profile}; {used}",
        f"resumes from epoch {found.resume_epoch}; {_size(found.file_bytes)} on disk",
        f"last written {_moment(found.saved_ms, now_ms)}",
        f"latest event {_moment(found.event_ms, now_ms)}",
        f"input partitioned by {found.partitioned_by or 'what was not on record then'}",
        "",
        f"{'step':<28} {'rows':>7} {'bytes':>13} {'keys':>11}",
    ]
    lines += [
        f"{step.step:<28} {step.rows:>7,} {step.bytes:>13,} {_keys(step):>11}".rstrip()
        for step in found.steps
    ]
    if found.not_committed:
        lines.append(f"{counted(found.not_committed, 'row')} that the next start takes away or replaces")
    formats = ", ".join(f"{form} ({counted(rows, 'row')})" for form, rows in sorted(found.snapshots.items()))
    lines += ["", f"snapshots of format {formats or 'none yet'}"]
    for name, versions in found.detectors.items():
        now = "" if name in found.enabled or not found.enabled else ", not enabled at the last start"
        lines.append(f"{name}: state version {', '.join(map(str, sorted(versions)))}{now}")
    return lines


def _keys(step: StepState) -> str:
    return "" if step.keys is None else f"{step.keys:,}"


def _moment(at_ms: int | None, now_ms: int) -> str:
    if at_ms is None:
        return "never"
    seconds = (now_ms - at_ms) // 1000
    if seconds < 0:
        return f"{iso(at_ms)}, {counted(-seconds, 'second')} ahead of this machine's clock"
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= 2 * length:
            return f"{iso(at_ms)}, {counted(seconds // length, unit)} ago"
    return f"{iso(at_ms)}, {counted(seconds, 'second')} ago"


def _size(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
