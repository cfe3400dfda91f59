"""Measure what recovery costs: CPU with and without it at full speed, the store's size, and a resume.

`python -m benchmarks.recovery` replays made events of so many cards, each card in turn, as fast as it can,
with a snapshot every ten seconds and without any, in turn. That every card is used again and again is the
worst there is for snapshots: each holds nearly all of the state. What a replay needs to start is subtracted.
Then one event more comes, and a resumed run takes it; the time is a wall clock's.

Alerts go to a file, and no store is involved. The detectors are those of the shipped profile.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.reference_run import ROOT, Spent, run
from domain.instants import iso
from flows.recovery_survey import survey

PROFILE = ROOT / "config" / "profiles" / "card_risk.yaml"
START_MS = 1_772_416_800_000
# Coprime to any number of cards that is asked for here, so that the cards come in turn and in no order.
STRIDE = 2_654_435_761
TERMINALS = 20_011
# An hour of event time for so many events of each card.
_CARD_EVERY_MS = 3_600_000


class Size(NamedTuple):
    """What is replayed: so many cards, and events of each."""

    cards: int
    rounds: int


def main() -> None:
    """Print every figure, those that count last."""
    parser = argparse.ArgumentParser(description="Measure what recovery costs.")
    parser.add_argument("--cards", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument(
        "--rounds", type=int, default=0, help="events of each card; 0: at least 3, 3 million in all"
    )
    parser.add_argument("--epoch-s", type=float, default=10, help="seconds between two snapshots")
    parser.add_argument("--pairs", type=int, default=5)
    given = parser.parse_args()
    for cards in given.cards:
        rounds = given.rounds or max(3, 3_000_000 // cards)
        measure(Size(cards, rounds), given.epoch_s, given.pairs)


def measure(size: Size, epoch_s: float, pairs: int) -> None:
    """Replay in turn with and without recovery, then resume."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        lines = folder / "events.jsonl"
        with lines.open("wb", buffering=1 << 20) as out:
            out.writelines(events(size))
        few = folder / "few.jsonl"
        with lines.open("rb") as source:
            few.write_bytes(b"".join(islice(source, 1000)))
        ratios, costs = [], []
        for number in range(pairs):
            state = folder / f"state{number}"
            start, bare = replay(few), replay(lines)
            with_start = replay(few, folder / f"few{number}", epoch_s)
            kept = replay(lines, state, epoch_s)
            spent, spent_bare = kept.cpu_s - with_start.cpu_s, bare.cpu_s - start.cpu_s
            found = survey(state)
            epochs = found.resume_epoch - 1
            ratios.append(spent / spent_bare)
            costs.append((spent - spent_bare) / epochs)
            print(
                f"{size.cards} cards, {size.cards * size.rounds} events: {spent_bare:.2f} s of CPU without, "
                f"{spent:.2f} s with recovery, ratio {ratios[-1]:.3f}; {epochs} epochs of {costs[-1]:.2f} s, "
                f"{found.file_bytes / 1e6:.0f} MB on disk, at most {kept.peak_mb:.0f} MB",
                flush=True,
            )
        resumed_s = resume(lines, state, few)
    # On a busy machine more epochs end while the same events are read: this is what one costs by itself.
    print(f"snapshot_cpu_s_{size.cards}: {median(costs):.2f}")
    print(f"recovery_cpu_ratio_{size.cards}: {median(ratios):.3f}")
    print(f"resume_s_{size.cards}: {resumed_s:.2f}")


def events(size: Size) -> Iterator[bytes]:
    """Make the lines: quiet uses, of each card at a terminal of its own."""
    total = size.cards * size.rounds
    for number in range(total):
        card = number * STRIDE % size.cards
        at = iso(START_MS + number * _CARD_EVERY_MS // size.cards)
        yield (
            f'{{"kind":"transaction","event_id":"ev-{number:010}","at":"{at}","card":"crd-{card:08}",'
            f'"amount_minor":{5000 + number % 997},"currency":"CNY","channel":"pos","entry":"chip",'
            f'"merchant":"mer-{card % TERMINALS:06}","terminal":"ter-{card % TERMINALS:06}","mcc":"5411"}}\n'
        ).encode()


def replay(lines: Path, state: Path | None = None, epoch_s: float = 10) -> Spent:
    """Replay to the end, with state saved into a folder where one is given."""
    return run(_command(lines, state, epoch_s))


def resume(lines: Path, state: Path, few: Path) -> float:
    """Give how much longer one event takes a run that resumes than one that begins with nothing."""
    one_more = next(events(Size(1, 1))).replace(b"ev-", b"more-")
    one = few.with_name("one.jsonl")
    one.write_bytes(one_more)
    began = time.monotonic()
    replay(one)
    fresh_s = time.monotonic() - began
    with lines.open("ab") as out:
        out.write(one_more)
    began = time.monotonic()
    replay(lines, state)
    return time.monotonic() - began - fresh_s


def _command(lines: Path, state: Path | None, epoch_s: float) -> list[str]:
    alerts = lines.with_suffix(".alerts.jsonl")
    command = [sys.executable, "-m", "cli.main", "replay", str(PROFILE), str(lines), "--quiet"]
    command += ["--alerts", str(alerts)]
    return command if state is None else [*command, "--recovery", str(state), "--epoch-s", str(epoch_s)]


if __name__ == "__main__":
    main()
