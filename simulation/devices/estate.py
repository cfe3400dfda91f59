"""The bank's machines: at which branches, of which makes, watched by which probes, used by whom."""

from dataclasses import dataclass

import numpy as np

from domain.events import Place
from simulation.devices.plan import DevicePlan, Step
from simulation.geography import AREAS, HOME, place_in, scattered
from simulation.network import Floats, Ints
from simulation.stage import Flags
from simulation.tokens import Tokens

# Vendor and model, and the share of the fleet; the first half dispense only, the others take deposits too.
MODELS = (
    ("vendor-a", "a-100", 0.18),
    ("vendor-b", "b-20", 0.12),
    ("vendor-c", "c-7", 0.10),
    ("vendor-a", "a-300-crs", 0.22),
    ("vendor-b", "b-60-crs", 0.16),
    ("vendor-d", "d-1-crs", 0.14),
    ("vendor-c", "c-9-crs", 0.08),
)
_FIRST_RECYCLER = 3
PROBE_MAKER, PROBE_MODEL = "vendor-n", "probe-1"
NO_PROBE = -1

_WINDOWED, _THROUGH_WALL, _WITH_UPS = 0.15, 0.35, 0.5
_CARE_SHARES = (0.1, 0.7, 0.2)
# A branch with several machines has a probe on its line as often; one with a single machine always has.
_PROBED = 0.5
_TIER_SHARES = (0.88, 0.10, 0.02)


@dataclass(frozen=True, kw_only=True)
class Estate:
    """Machines, and behind them the probes, as columns ordered by branch; branches ordered by region.

    `windowed` machines serve in opening hours only. `busy` is how much a machine is used against the
    others. `probe` is the number of each branch's probe; `watch` that of each region's, the first of which
    watches the transaction host as well.
    """

    tokens: list[str]
    terminals: list[str]
    machines: int
    branch: Ints
    model: Ints
    recycler: Flags
    windowed: Flags
    through_wall: Flags
    ups: Flags
    care: Ints
    busy: Floats
    branches: list[str]
    region: Ints
    places: list[Place]
    probe: Ints
    watch: dict[int, int]
    first_machine: Ints
    machine_count: Ints
    customers: list[str]
    cards: list[str]
    last4: list[str]
    tier: Ints
    first_customer: Ints
    customer_count: Ints

    def machines_of(self, branch: int) -> list[int]:
        """Give the machines of a branch."""
        first = int(self.first_machine[branch])
        return list(range(first, first + int(self.machine_count[branch])))

    def branches_in(self, region: int) -> list[int]:
        """Give the branches of a region."""
        return np.flatnonzero(self.region == region).tolist()

    def region_name(self, region: int) -> str:
        """Name a region as the register does."""
        return f"region-{HOME[region].name.lower().replace(' ', '-')}"


def build(plan: DevicePlan) -> Estate:
    """Build the fleet of a plan: every branch has a machine, some have many."""
    rng = plan.random(Step.ESTATE)
    region = np.sort(rng.choice(len(HOME), size=plan.branches, p=[area.share for area in HOME]))
    lat, lon = scattered(rng, region)
    size = rng.gamma(1.6, 1.0, size=plan.branches)
    more = rng.choice(plan.branches, size=plan.devices - plan.branches, p=size / size.sum())
    count = 1 + np.bincount(more, minlength=plan.branches)
    branch = np.repeat(np.arange(plan.branches), count)
    model = rng.choice(len(MODELS), size=plan.devices, p=[share for *_, share in MODELS])
    probed = np.flatnonzero((count == 1) | (rng.random(plan.branches) < _PROBED))
    probe = np.full(plan.branches, NO_PROBE)
    probe[probed] = plan.devices + np.arange(len(probed))
    regions = np.unique(region)
    watch = dict(zip(regions.tolist(), range(plan.devices + len(probed), 2**31), strict=False))
    heads = np.searchsorted(region, regions)
    total = plan.devices + len(probed) + len(regions)
    through_wall = rng.random(plan.devices) < _THROUGH_WALL
    people = plan.random(Step.PEOPLE)
    customer_count = count * plan.customers_per_device
    customers = int(customer_count.sum())
    return Estate(
        tokens=Tokens(rng, "dev").first(total),
        terminals=Tokens(rng, "trm").first(plan.devices),
        machines=plan.devices,
        branch=np.concatenate((branch, probed, heads)),
        model=model,
        recycler=model >= _FIRST_RECYCLER,
        windowed=(rng.random(plan.devices) < _WINDOWED) & ~through_wall,
        through_wall=through_wall,
        ups=rng.random(plan.devices) < _WITH_UPS,
        care=rng.choice(3, size=plan.devices, p=_CARE_SHARES) + 1,
        busy=np.clip(rng.gamma(6.0, 1 / 6.0, size=plan.devices), 0.25, 2.5),
        branches=Tokens(rng, "br").first(plan.branches),
        region=region,
        places=[
            place_in(AREAS[number], *point)
            for number, *point in zip(region.tolist(), lat.tolist(), lon.tolist(), strict=True)
        ],
        probe=probe,
        watch=watch,
        first_machine=np.cumsum(count) - count,
        machine_count=count,
        customers=Tokens(people, "cus").first(customers),
        cards=Tokens(people, "crd").first(customers),
        last4=[f"{digits:04d}" for digits in people.integers(10_000, size=customers).tolist()],
        tier=people.choice(len(_TIER_SHARES), size=customers, p=_TIER_SHARES),
        first_customer=np.cumsum(customer_count) - customer_count,
        customer_count=customer_count,
    )
