"""The reference workload: the product's flow against a bare C++ loop, as a ratio of CPU time per event.

`python -m benchmarks.reference_run FLOOR WORKLOAD` converts the workload (untimed), runs both in turn,
subtracts what each needs for the first 1,000 lines (its start-up), and demands the same alerts of both.
FLOOR is the program or its C++ source, WORKLOAD the lines or the program that writes them.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import click
import msgspec
import orjson

ROOT = Path(__file__).parent.parent
PROFILE = ROOT / "benchmarks" / "reference.yaml"
START_UP_LINES = 1000
# Events, cards and seed of the size that is quoted.
REFERENCE_SIZE = ("2000000", "100000", "7")
# In the order of the product's own lines.
BEFORE_AMOUNT = ("card",)
BEHIND_AMOUNT = ("currency", "channel", "customer", "merchant", "mcc", "terminal")


Change = Callable[[dict[str, Any]], dict[str, Any]]


class Spent(NamedTuple):
    """What one run of a program took: CPU seconds and peak memory in MB."""

    cpu_s: float
    peak_mb: float


def run(command: list[str]) -> Spent:
    """Run a program to its end; raises CalledProcessError when it fails."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    code = process.returncode = os.waitstatus_to_exitcode(status)
    if code:
        raise subprocess.CalledProcessError(code, command)
    return Spent(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def as_it_is(event: dict[str, Any]) -> dict[str, Any]:
    """Leave an event of ours as the workload tells it."""
    return event


def convert(source: Path, target: Path, change: Change = as_it_is) -> int:
    """Write the workload in our format, broken lines as broken as they are; gives the number of lines.

    `change` is what is done to each event.
    """
    lines = 0
    with source.open("rb") as given, target.open("wb", buffering=1 << 20) as out:
        for line in given:
            lines += 1
            try:
                event = orjson.loads(line)
            except orjson.JSONDecodeError:
                out.write(line)
            else:
                out.write(orjson.dumps(change(_transaction(event)), option=orjson.OPT_APPEND_NEWLINE))
    return lines


def _transaction(event: dict[str, Any]) -> dict[str, Any]:
    amount = event["amount"]
    # Rounded half up, whatever the currency's own minor unit is.
    amount_minor = int(abs(amount) * 100 + 0.5)
    found: dict[str, Any] = {"kind": "transaction", "event_id": event["event_id"], "at": event["ts"]}
    found |= {name: event[name] for name in BEFORE_AMOUNT}
    found["amount_minor"] = -amount_minor if amount < 0 else amount_minor
    found |= {name: event[name] for name in BEHIND_AMOUNT}
    if event["channel"] != "ecom":
        found["place"] = {name: event[name] for name in ("lat", "lon", "city", "country")}
    return found


def prepare(floor: Path, workload: Path, folder: Path, change: Change = as_it_is) -> tuple[Path, Path, Path]:
    """Compile and generate where sources were given; gives floor, workload and the converted workload."""
    if floor.suffix == ".cpp":
        program = folder / "floor"
        subprocess.run(["g++", "-O3", "-march=native", "-std=c++17", "-o", program, floor], check=True)
        floor = program
    if workload.suffix == ".py":
        lines = folder / "workload.jsonl"
        subprocess.run([sys.executable, workload, lines, *REFERENCE_SIZE], check=True)
        workload = lines
    converted = folder / "converted.jsonl"
    convert(workload, converted, change)
    return floor, workload, converted


def head(path: Path) -> Path:
    """Write the first lines of a file beside it, for the start-up."""
    short = path.with_name(f"{path.stem}-head.jsonl")
    with path.open("rb") as lines, short.open("wb") as out:
        out.writelines(line for line, _ in zip(lines, range(START_UP_LINES), strict=False))
    return short


def alerts(path: Path, rule: str) -> set[tuple[str, str]]:
    """Read the set of (rule, event id)."""
    with path.open("rb") as lines:
        return {(alert[rule], alert["event_id"]) for alert in map(orjson.loads, lines)}


def pairs(
    floor: Path, workload: Path, converted: Path, folder: Path, count: int, profile: Path = PROFILE
) -> Iterator[tuple[Spent, Spent]]:
    """Run both in turn, start-up subtracted from the CPU time."""
    theirs, ours = folder / "floor.jsonl", folder / "ours.jsonl"
    short_theirs, short_ours = head(workload), head(converted)

    def run_floor(lines: Path) -> Spent:
        return run([str(floor), str(lines), str(theirs)])

    def run_ours(lines: Path) -> Spent:
        replay = [sys.executable, "-m", "cli.main", "replay", str(profile), str(lines), "--quiet"]
        return run([*replay, "--alerts", str(ours)])

    for _ in range(count):
        start_floor, start_ours = run_floor(short_theirs), run_ours(short_ours)
        full_floor, full_ours = run_floor(workload), run_ours(converted)
        yield (
            full_floor._replace(cpu_s=full_floor.cpu_s - start_floor.cpu_s),
            full_ours._replace(cpu_s=full_ours.cpu_s - start_ours.cpu_s),
        )


@click.command()
@click.argument("floor", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("workload", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--pairs", "count", default=5, show_default=True, type=click.IntRange(1))
@click.pass_context
def main(ctx: click.Context, floor: Path, workload: Path, count: int) -> None:
    """Compare the flow with the FLOOR on WORKLOAD; the last line is the median ratio."""
    folder = Path(tempfile.mkdtemp(prefix="riskdesk-bench-"))
    try:
        floor, workload, converted = prepare(floor.resolve(), workload.resolve(), folder)
        ratios = []
        for theirs, ours in pairs(floor, workload, converted, folder, count):
            ratios.append(ours.cpu_s / theirs.cpu_s)
            click.echo(
                f"floor {theirs.cpu_s:6.2f} s   flow {ours.cpu_s:6.2f} s   "
                f"peak {ours.peak_mb:4.0f} MB   ratio {ratios[-1]:.2f}"
            )
        same = alerts(folder / "floor.jsonl", "rule") == alerts(folder / "ours.jsonl", "detector")
    finally:
        shutil.rmtree(folder)
    click.echo(msgspec.json.encode({"same_alerts": same, "pairs": count}))
    click.echo(f"ratio_to_floor: {median(ratios):.2f}")
    ctx.exit(0 if same else 1)


if __name__ == "__main__":
    main()
