"""What the detectors find and what they get wrong, on nights that nobody tuned them on.

`python -m benchmarks.quality` simulates three nights with seeds of their own and one long honest stream,
replays each through the product's own commands, prints a table and writes it to benchmarks/quality.md.
It fails when an incident was missed or the honest limit is broken.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import msgspec

from benchmarks.judging import Fault, Score, faults, per_100_000, scores
from benchmarks.markdown import table
from benchmarks.nights import PROFILE, ROOT, Replayed, Stream, replayed
from config.profiles import load_profile

# Not the recorded night's, and fixed before the first run.
NIGHTS = tuple(Stream(seed=seed) for seed in (101, 102, 103))
# About as dense as honest life is: three days.
HONEST = Stream(seed=104, customers=20_000, hours=72, events=200_000, incidents=False)
TRAVEL = "impossible_travel"
# Honest people never travel impossibly: fewer alerts than this for each 100,000 of their transactions.
TRAVEL_LIMIT = 1.0

_SEEDS = ", ".join(str(night.seed) for night in NIGHTS)
_HOW = f"""# Quality

Made by `make quality`; with the pinned releases the numbers are the same on every machine.

Three nights (seeds {_SEEDS}) are simulated with the recorded night's sizes and usual incidents, and
one honest stream (seed {HONEST.seed}) without any. The seeds were fixed before the first run, and so were the
detector that must see each incident and what counts as found, outside or mistaken (`benchmarks/judging.py`).
Each stream goes through `riskdesk reference load` and `riskdesk replay` with
`{PROFILE.relative_to(ROOT)}`, whose table was learnt from two earlier weeks:

```
riskdesk simulate {" ".join(NIGHTS[0].options)} ...
riskdesk simulate {" ".join(HONEST.options)} ...
```

Both sides are made by this project, and the incidents are blatant by design: the tables say that the
detectors do what they promise on life as the simulation knows it, and nothing about a real bank.
"""
_NIGHTS = """## Nights with incidents

An alert is outside when it belongs to no incident of any kind; precision is the share of those that are not.
Cards are those of a detector's incidents, and how many of them its alerts name.
"""
_HONEST = """## Honest stream

{customers:,} customers, {transactions:,} transactions within {hours} hours, lookalikes but no incident: every
alert is a false alarm. The limit for {travel} is below {limit:g} for each 100,000 transactions.
"""
_WHAT = {
    "missed": "an incident that no alert of its detector belongs to",
    "mistaken": "a lookalike taken for an incident",
    "outside": "an alert that belongs to no incident",
}


def measure(streams: Iterable[Stream]) -> list[Replayed]:
    """Simulate and replay streams, each in a temporary folder of its own."""
    measured = []
    for stream in streams:
        with TemporaryDirectory(prefix="riskdesk-quality-") as folder:
            measured.append(replayed(stream, Path(folder)))
    return measured


def detectors_of_profile() -> tuple[str, ...]:
    """Give the names of the detectors that the nights are replayed with."""
    return tuple(sorted(load_profile(PROFILE).detectors))


def nights_table(scored: Iterable[Score]) -> str:
    """Write scores as a Markdown table."""
    return table(
        (
            "detector",
            "incidents",
            "found",
            "recall",
            "cards",
            "alerts",
            "outside",
            "precision",
            "lookalikes",
            "mistaken",
        ),
        [
            (
                score.detector,
                score.incidents,
                score.found,
                _share(score.recall),
                f"{score.cards_named} of {score.cards}",
                score.alerts,
                score.outside,
                _share(score.precision),
                score.lookalikes,
                score.mistaken,
            )
            for score in scored
        ],
    )


def honest_table(honest: Replayed, names: Iterable[str]) -> str:
    """Write an honest stream's alerts as a Markdown table."""
    counts = {name: sum(alert.detector == name for alert in honest.alerts) for name in names}
    rows = [(name, count, f"{per_100_000(honest, name):.2f}") for name, count in counts.items()]
    return table(("detector", "alerts", "per 100,000 transactions"), rows)


def page(nights: Sequence[Replayed], honest: Replayed) -> str:
    """Write benchmarks/quality.md."""
    names = detectors_of_profile()
    said = _HONEST.format(
        customers=honest.stream.customers,
        transactions=honest.transactions,
        hours=honest.stream.hours,
        travel=TRAVEL,
        limit=TRAVEL_LIMIT,
    )
    parts = [
        _HOW,
        _NIGHTS,
        nights_table(scores(nights, names)),
        said,
        honest_table(honest, names),
        "## What went wrong, one by one\n",
        _told(faults([*nights, honest])),
    ]
    return "\n".join(parts)


def holds(nights: Sequence[Replayed], honest: Replayed) -> bool:
    """Whether every incident was found and honest people were left in peace."""
    every = all(score.found == score.incidents for score in scores(nights, detectors_of_profile()))
    return every and per_100_000(honest, TRAVEL) < TRAVEL_LIMIT


def _told(found: Sequence[Fault]) -> str:
    if not found:
        return "Nothing.\n"
    return "".join(
        f"- seed {fault.seed}, {fault.detector}: {_WHAT[fault.what]}. {fault.reason}\n" for fault in found
    )


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.3f}"


def _report(nights: Sequence[Replayed], honest: Replayed) -> dict[str, Any]:
    """Give the same as plain values."""
    names = detectors_of_profile()
    return {
        "holds": holds(nights, honest),
        "seeds": [night.stream.seed for night in nights],
        "nights": [
            msgspec.structs.asdict(score) | {"recall": score.recall, "precision": score.precision}
            for score in scores(nights, names)
        ],
        "honest": {
            "seed": honest.stream.seed,
            "transactions": honest.transactions,
            "alerts_per_100_000": {name: per_100_000(honest, name) for name in names},
        },
        "faults": faults([*nights, honest]),
    }


@click.command()
@click.option(
    "--seed",
    "seeds",
    type=click.IntRange(0),
    multiple=True,
    help="Measure these nights instead, and leave the page alone.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as one JSON object.")
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=ROOT / "benchmarks" / "quality.md",
    help="The page that is written.",
)
@click.pass_context
def main(ctx: click.Context, seeds: tuple[int, ...], as_json: bool, out: Path) -> None:
    """Measure what the detectors find on nights they have not seen."""
    planned = [Stream(seed=seed) for seed in seeds] or NIGHTS
    *nights, honest = measure([*planned, HONEST])
    if not seeds:
        out.write_text(page(nights, honest), "utf-8")
    if as_json:
        click.echo(msgspec.json.encode(_report(nights, honest)))
    else:
        names = detectors_of_profile()
        click.echo(nights_table(scores(nights, names)))
        click.echo(honest_table(honest, names))
        click.echo(_told(faults([*nights, honest])), nl=False)
    ctx.exit(0 if holds(nights, honest) else 1)


if __name__ == "__main__":
    main()
