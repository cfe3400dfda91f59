"""Watch a simulated month of devices at three levels of chatter, and judge what the desk was shown.

`python -m benchmarks.devices`: for each level a month of 500 devices at 140 branches is simulated, run
through the product's flow, and lived through by a crew at the desk; then 10,000 devices are followed for a
while. The judge is the truth, written before any run. The last lines are of the middle level. `--days` and
`--devices` make a short run, whose figures say less: what is usual for a device takes days to learn.
`--faults` lists what went wrong.

All of it is simulated, the faults and the crew alike: none of these figures is a result from the field.
"""

import argparse
import sys

from benchmarks.device_judging import Judged, faults, findings, judge, kinds, loads, nothings, number, outages
from benchmarks.device_month import Fleet
from benchmarks.device_throughput import FOLLOWED, follow, tell

LEVELS = ("low", "middle", "high")
COUNTED = "middle"


def main() -> None:
    """Print every table, the figures that count last."""
    given = _options()
    branches = given.branches or max(1, given.devices * 28 // 100)
    judged: dict[str, Judged] = {}
    for level in given.level or LEVELS:
        fleet = Fleet(
            devices=given.devices, branches=branches, days=given.days, seed=given.seed, chatter=level
        )
        judged[level] = judge(fleet, given.agents)
        print(f"{level}: the flow took {judged[level].month.flow_s:.0f} s", file=sys.stderr)
        if given.faults:
            print("\n".join(faults(judged[level])), file=sys.stderr)
    counted = judged.get(COUNTED) or next(iter(judged.values()))
    for text in (loads(judged), findings(judged), outages(judged), kinds(counted), nothings(counted)):
        print(text)
    if given.followed:
        tell(follow(given.followed))
    print(f"raw_alarms_per_item: {number(counted.ratio, '.1f')}")
    print(f"incidents_found: {number(counted.found.recall, '.4f')}")
    print(f"never_suppressed_lost: {counted.lost}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Watch a simulated month of devices.")
    parser.add_argument("--days", type=int, default=30, help="how many days are simulated")
    parser.add_argument("--devices", type=int, default=500, help="how many devices there are")
    parser.add_argument("--branches", type=int, help="at how many branches they stand; else 28 for 100")
    parser.add_argument("--seed", type=int, default=1, help="which month is simulated")
    parser.add_argument("--agents", type=int, default=3, help="how many people are at the desk")
    parser.add_argument("--level", choices=LEVELS, action="append", help="only this level of chatter")
    parser.add_argument("--followed", type=int, default=FOLLOWED, help="how many are followed last; 0: none")
    parser.add_argument("--faults", action="store_true", help="list what went wrong, one by one")
    return parser.parse_args()


if __name__ == "__main__":
    main()
