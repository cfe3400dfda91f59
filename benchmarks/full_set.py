"""All of the product's card detectors against a bare C++ loop, and what each of them costs.

`python -m benchmarks.full_set FLOOR WORKLOAD` converts the reference workload (untimed; its uses at cash
machines become withdrawals, and each card a customer's only one, since the two cards of its customers live in
different cities and would be in two places all the time), runs the floor and the product's own flow with the
whole profile `card_risk` in turn, and measures each detector alone on the first events of it in the product's
fused step. No model is in force in that profile, so one with weights drawn from a seed is put beside it:
scoring costs the same whatever the weights say. The workload has no reference data: detectors of issuances
see nothing of it.
"""

import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import click
import yaml

from benchmarks import detectors as one_by_one
from benchmarks.markdown import table
from benchmarks.reference_run import pairs, prepare
from config.profiles import load_profile
from connectors.codec import Codec, TimeBounds
from connectors.files import read_blocks
from domain.events import Event
from domain.risk_features import CROSSES, FEATURES
from domain.tables import ModelCard, RiskModel
from learning.published import write_table

ROOT = Path(__file__).parent.parent
PROFILE = ROOT / "config" / "profiles" / "card_risk.yaml"
# So many of the first events are what each detector is measured on alone.
MEASURED_EVENTS = 200_000
_LONG_AGO = datetime(2010, 1, 1, tzinfo=UTC)
_ANY_TIME = TimeBounds(0, 2**42, 0)
# What a detector costs on a stream that has nothing for it.
_NOTHING = one_by_one.Cost(0.0, 0.0, 0.0)


def as_in_life(event: dict[str, Any]) -> dict[str, Any]:
    """Let a use at a cash machine be a withdrawal, and a card its customer's only one."""
    changed = event | {"customer": f"only-{event['card']}"}
    return changed | {"type": "withdrawal"} if event["channel"] == "atm" else changed


def any_model(seed: int = 7) -> RiskModel:
    """Give a model of the product's own features that weighs every bin and pair of bins, from a seed."""
    random = Random(seed)
    bins = {each.name: len(each.edges) + 2 for each in FEATURES}
    weights = {
        f"{name}:{number}": random.gauss(0, 0.3) for name, count in bins.items() for number in range(count)
    }
    for first, second in CROSSES:
        for one in range(bins[first]):
            weights |= {f"{first}:{one}|{second}:{two}": random.gauss(0, 0.3) for two in range(bins[second])}
    card = ModelCard(
        learnt_from=_LONG_AGO,
        learnt_until=_LONG_AGO,
        transactions=0,
        frauds=0,
        genuine=0,
        settings={"seed": seed},
        figures={},
    )
    return RiskModel(
        effective_at=_LONG_AGO,
        version=f"drawn-{seed}",
        features=FEATURES,
        crosses=CROSSES,
        intercept=-8.0,
        weights=weights,
        calibration=((-12.0, 0.0001), (-4.0, 0.01), (0.0, 0.4), (4.0, 0.9)),
        card=card,
    )


def whole_profile(folder: Path) -> Path:
    """Write the product's profile with such a model in force; gives the file."""
    write_table(folder / "model.json", any_model())
    profile = yaml.safe_load(PROFILE.read_text())
    profile["tables"] = [*profile.get("tables", ()), "model.json"]
    path = folder / "profile.yaml"
    path.write_text(yaml.safe_dump(profile))
    return path


def blocks_of(lines: Path, least: int) -> list[list[Event]]:
    """Give the first blocks of a file that hold `least` events together."""
    codec = Codec(_ANY_TIME)
    blocks: list[list[Event]] = []
    for block in read_blocks(lines):
        blocks.append(codec.decode(block)[0])
        if sum(map(len, blocks)) >= least:
            break
    return blocks


def costs_of_each(profile: Path, lines: Path, rounds: int) -> Iterator[tuple[str, str, float, float]]:
    """Give each detector with its scope, its cost and that of its scope's bare step.

    Both are medians in us for each event of the stream, not only for those that it is troubled with.
    """
    loaded = load_profile(profile)
    blocks = blocks_of(lines, MEASURED_EVENTS)
    events = sum(map(len, blocks))
    prepared = one_by_one.cases(blocks, loaded.build_detectors(), loaded.read_tables())
    found: dict[str, list[one_by_one.Cost]] = {case.name: [] for case in prepared}
    for case, cost in one_by_one.measured([case for case in prepared if case.events], rounds):
        found[case.name].append(cost)
    for case in prepared:
        share = case.events / events / 1000
        costs = found[case.name] or [_NOTHING]
        bare = median(cost.bare_ns for cost in costs) * share
        own = median(cost.with_ns - cost.bare_ns for cost in costs) * share
        yield case.name, case.plan.scope.value, own, bare


def told(rows: Sequence[tuple[str, str, float, float]], floor_us: float) -> str:
    """Write what each detector costs, the dearest first."""
    heads = ("detector", "scope", "own cost, us an event", "floors", "its scope's step, us")
    ordered = sorted(rows, key=lambda row: -row[2])
    return table(
        heads,
        [
            (name, scope, f"{own:.2f}", f"{own / floor_us:.2f}", f"{bare:.2f}")
            for name, scope, own, bare in ordered
        ],
    )


@click.command()
@click.argument("floor", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("workload", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--pairs", "count", default=3, show_default=True, type=click.IntRange(1))
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1), help="Each detector alone.")
def main(floor: Path, workload: Path, count: int, rounds: int) -> None:
    """Compare the whole set with the FLOOR on WORKLOAD; the last line is the median ratio."""
    with tempfile.TemporaryDirectory(prefix="riskdesk-bench-") as made:
        folder = Path(made)
        floor, workload, converted = prepare(floor.resolve(), workload.resolve(), folder, as_in_life)
        profile = whole_profile(folder)
        with workload.open("rb") as lines:
            events = sum(1 for _ in lines)
        ratios, floors_us = [], []
        for theirs, ours in pairs(floor, workload, converted, folder, count, profile):
            ratios.append(ours.cpu_s / theirs.cpu_s)
            floors_us.append(theirs.cpu_s / events * 1e6)
            click.echo(
                f"floor {theirs.cpu_s:6.2f} s   flow {ours.cpu_s:6.2f} s   "
                f"peak {ours.peak_mb:4.0f} MB   ratio {ratios[-1]:.2f}"
            )
        click.echo()
        click.echo(told(list(costs_of_each(profile, converted, rounds)), median(floors_us)))
    click.echo(f"full_set_ratio_to_floor: {median(ratios):.2f}")


if __name__ == "__main__":
    main()
