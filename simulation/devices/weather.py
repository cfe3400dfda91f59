"""What happens to a fleet: each kind of incident as often as is usual, or as often as the plan says."""

from collections.abc import Callable
from typing import NamedTuple

from simulation.devices import attacks, chatter, faults, harm, outages, visits
from simulation.devices.cash import cash_short
from simulation.devices.plan import DevicePlan, Step
from simulation.devices.stage import Stage
from simulation.errors import BadPlanError, DoesNotFitError

_THOUSAND = 1_000.0


class Kind(NamedTuple):
    """A kind of incident: what makes one, and how many there usually are.

    `a_thousand` device-days hold so many; of kinds `of_branches` a thousand branch-days do, of kinds
    `of_months` thirty days of the whole fleet.
    """

    make: Callable[[Stage], None]
    a_thousand: float
    of_branches: bool = False
    of_months: bool = False


# In the order in which time is taken: what takes many machines first.
KINDS: dict[str, Kind] = {
    "host_down": Kind(outages.host_down, 1.0, of_months=True),
    "region_cut": Kind(outages.region_cut, 1.0, of_months=True),
    "firmware_regression": Kind(faults.firmware_regression, 1.0, of_months=True),
    "power_cut": Kind(outages.power_cut, 1.4, of_branches=True),
    "link_cut_with_card": Kind(outages.link_cut_with_card, 0.9, of_branches=True),
    "link_cut": Kind(outages.link_cut, 5.0, of_branches=True),
    "outlasting_fault": Kind(visits.outlasting_fault, 0.3),
    "planned_work": Kind(visits.planned_work, 4.0),
    "planned_branch_work": Kind(visits.planned_branch_work, 0.7, of_branches=True),
    "cash_short": Kind(cash_short, 0.0),
    "jackpotting": Kind(attacks.jackpotting, 0.14),
    "malware": Kind(attacks.malware, 0.14),
    "skimming": Kind(attacks.skimming, 0.4),
    "reversal_fraud": Kind(attacks.reversal_fraud, 0.3),
    "cash_trapping": Kind(attacks.cash_trapping, 0.3),
    "forced_door": Kind(attacks.forced_door, 0.3),
    "broken_shutter": Kind(attacks.broken_shutter, 0.3),
    "seismic": Kind(attacks.seismic, 0.4),
    "foreign_device": Kind(attacks.foreign_device, 0.3),
    "silent_machine": Kind(visits.silent_machine, 0.6),
    "power_fail": Kind(outages.power_fail, 1.0),
    "lost_machine": Kind(outages.lost_machine, 2.4),
    "supervisor_overstay": Kind(visits.supervisor_overstay, 1.3),
    "chattering": Kind(chatter.chattering, 0.0),
    "component_fault": Kind(faults.component_fault, 21.0),
    "fault_after_hours": Kind(faults.fault_after_hours, 0.6),
    "card_retained": Kind(harm.card_retained, 3.2),
    "cash_retained": Kind(harm.cash_retained, 2.4),
    "wear": Kind(faults.wear, 0.6),
    "bad_notes": Kind(faults.bad_notes, 0.6),
    "supervisor_visit": Kind(visits.supervisor_visit, 45.0),
    "link_blip": Kind(outages.link_blip, 0.0, of_branches=True),
}


def make_weather(stage: Stage) -> None:
    """Make all weather of a plan but that of cash, which depends on the uses.

    Raises BadPlanError for a kind that is not known, and DoesNotFitError when the plan asks for more of
    one than there is room for; of what is only usual, less is made.
    """
    plan = stage.plan
    planted = plan.planted
    unknown = sorted(set(planted or ()) - set(KINDS))
    if unknown:
        raise BadPlanError(f"no incident kind {unknown[0]!r}; there are: {', '.join(KINDS)}")
    for name, kind in KINDS.items():
        count = _usual(stage, name, kind) if planted is None else planted.get(name, 0)
        for _ in range(count):
            try:
                kind.make(stage)
            except DoesNotFitError as error:
                if planted is not None:
                    raise DoesNotFitError(f"{name}: {error}, or plan fewer") from None
                break
    stage.rng = plan.random(Step.CHATTER)
    chatter.blips(stage)
    chatter.missed_heartbeats(stage)


def _usual(stage: Stage, name: str, kind: Kind) -> int:
    """Draw how many there are of a kind: what is expected, rounded up or down by chance."""
    expected = usual_count(stage.plan, name, kind)
    return int(expected + float(stage.rng.random()))


def usual_count(plan: DevicePlan, name: str, kind: Kind) -> float:
    """Give how many of a kind are expected in the window of a plan."""
    if name == "chattering":
        return plan.level.chattering_a_month * plan.devices / _THOUSAND * plan.days / 30
    if name == "link_blip":
        return plan.level.link_blips_a_month * plan.branches * plan.days / 30
    if kind.of_months:
        return kind.a_thousand * plan.days / 30
    exposed = plan.branches if kind.of_branches else plan.devices
    return kind.a_thousand * exposed * plan.days / _THOUSAND
