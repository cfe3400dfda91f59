"""Every way to come to the alerts of a recorded stream gives the same alerts.

`python -m benchmarks.parity`: each stream of replay_data is replayed with 1, 2 and 4 processes, killed in the
middle and resumed, followed live while it grows, backtested, run in the shadow, and its alerts are explained.
Each time the alerts must be those that lie beside the stream: the same ids, saying the same, each once. What
differs is told by its id; the last line is the verdict. `--golden` writes what lies beside the streams anew.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import msgspec
from msgspec import Struct

from benchmarks.parity_command import leave_settings_out
from benchmarks.parity_modes import modes
from benchmarks.parity_streams import RECORDED, Record, Stream, make_ready, recorded_streams, write_golden
from tuning.diff.differences import Change, compare

# Some ways take several processes themselves, and wait for each other a good part of their time.
_AT_ONCE = 2
_SHOWN = 5
_LONGEST_VALUE = 120


class Check(Struct, frozen=True, kw_only=True):
    """What one way made of a stream: how many alerts, and in what they differ."""

    mode: str
    alerts: int
    differences: tuple[str, ...]
    took_s: float


class Checked(Struct, frozen=True, kw_only=True):
    """A stream, and what every way made of it."""

    name: str
    checks: tuple[Check, ...]

    @property
    def differs(self) -> bool:
        """Whether any way gave anything else than it must."""
        return any(check.differences for check in self.checks)


def differences(expected: Iterable[Record], found: Iterable[Record]) -> Iterator[str]:
    """Say in what the alerts found are not those expected: a line for each, with its id."""
    compared = compare(expected, found)
    yield from map(_words, compared.changes)
    for each in compared.retuned:
        yield f"{each.detector}: {each.name} is {_short(each.b)} instead of {_short(each.a)} in {each.alerts}"
    if compared.repeated[1] > compared.repeated[0]:
        yield f"{compared.repeated[1]} of the alerts are told once more"


def checked(stream: Stream, folder: Path) -> Checked:
    """Try every way on a stream; all that is written lies in `folder`."""
    run = make_ready(stream, folder / stream.name)
    checks = []
    for mode, way in modes().items():
        began_s, alerts, differ = perf_counter(), 0, list[str]()
        try:
            for found in way(run):
                alerts += len(found.alerts)
                where = f"{found.what}: " if found.what else ""
                differ += [where + line for line in differences(found.expected, found.alerts)]
        except Exception as error:  # a way that fails must not hide what the others give
            differ.append(f"{type(error).__name__}: {error}")
        took_s = perf_counter() - began_s
        checks.append(Check(mode=mode, alerts=alerts, differences=tuple(differ), took_s=took_s))
    return Checked(name=stream.name, checks=tuple(checks))


def main() -> None:
    """Try all streams, and print what differs."""
    given = _given()
    streams = _chosen(given.recorded, given.stream)
    with TemporaryDirectory(prefix="riskdesk-parity-") as folder:
        if given.golden:
            leave_settings_out()
            for stream in streams:
                write_golden(stream, Path(folder) / stream.name)
            return
        every = []
        for each in _all_checked(streams, Path(folder)):
            every.append(each)
            if not given.json:
                print("\n".join(lines(each)), flush=True)
    differing = sum(each.differs for each in every)
    if given.json:
        verdict = {"streams": len(every), "differing": differing, "checked": every}
        print(msgspec.json.encode(verdict).decode())
    else:
        print(f"streams: {len(every)} differing: {differing}")
    sys.exit(1 if differing else 0)


def lines(each: Checked) -> Iterator[str]:
    """Give what is printed of a stream: a line for each way, and below it what differs."""
    for check in each.checks:
        count = len(check.differences)
        verdict = f"DIFFERS in {count}" if count else "the same"
        yield f"{each.name:<12}{check.mode:<22}{check.alerts:>5} alerts {check.took_s:6.1f} s  {verdict}"
        yield from (f"    {line}" for line in check.differences[:_SHOWN])
        if count > _SHOWN:
            yield f"    and {count - _SHOWN} more; --json shows all"


def _all_checked(streams: Sequence[Stream], folder: Path) -> Iterator[Checked]:
    # What is long begins first; the fresh processes know nothing of each other.
    ordered = sorted(streams, key=lambda stream: -sum(path.stat().st_size for path in stream.inputs))
    context = get_context("spawn")
    with ProcessPoolExecutor(_AT_ONCE, mp_context=context, initializer=leave_settings_out) as pool:
        yield from pool.map(partial(checked, folder=folder), ordered)


def _words(change: Change) -> str:
    kinds = ", ".join(kind.value for kind in change.kinds)
    alert = change.a or change.b
    fields = "; ".join(
        f"{name} is {_short(found)} instead of {_short(expected)}"
        for name, (expected, found) in change.fields.items()
    )
    where = f"{alert.id} of {change.detector} at {alert.at}" if alert else change.detector
    return f"{kinds}: {where}{': ' if fields else ''}{fields}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def _chosen(folder: Path, names: Sequence[str]) -> list[Stream]:
    streams = recorded_streams(folder)
    known = [stream.name for stream in streams]
    if not streams:
        sys.exit(f"no stream in {folder}: a stream is a folder with a stream.yaml")
    if unknown := sorted(set(names) - set(known)):
        sys.exit(f"no stream {', '.join(unknown)}; there are: {', '.join(known)}")
    return [stream for stream in streams if not names or stream.name in names]


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Come to the same alerts in every way there is.")
    parser.add_argument("--stream", action="append", default=[], help="this stream only; may be repeated")
    parser.add_argument("--recorded", type=Path, default=RECORDED, help="folder of the streams")
    parser.add_argument("--golden", action="store_true", help="write the alerts of the streams anew")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args()


if __name__ == "__main__":
    main()
