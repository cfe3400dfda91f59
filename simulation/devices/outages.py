"""What takes several machines at once: the host, the lines of regions and branches, a branch's power."""

from collections.abc import Sequence

import numpy as np

from simulation.devices.estate import NO_PROBE
from simulation.devices.happenings import EVERYTHING, INQUIRY, NO_BRANCH, Span
from simulation.devices.stage import PAD_MS, Stage
from simulation.devices.truth import lost_after_s
from simulation.errors import DoesNotFitError

# A cut line of a branch leaves it its second, slower line to the host as often.
_SECOND_LINE = 0.3
# What follows from an outage for one of its machines.
_OF_OUTAGES = (
    "device_offline",
    "host_session_lost",
    "silent_device",
    "power_fail",
    "ups_on_battery",
    "ups_low",
)


def host_down(stage: Stage) -> None:
    """The transaction host is gone: every machine says so, and all of it is one outage."""
    estate = stage.estate
    span_ms = stage.lasting(45, 120)
    at_ms = _everyone(stage, range(estate.machines), span_ms)
    watch = estate.watch[min(estate.watch)]
    stage.say(at_ms + stage.seconds(2, 20), watch, "host_session", "host_down")
    stage.say(at_ms + span_ms, watch, "host_session", "host_down", "clear")
    for machine in range(estate.machines):
        stage.say(at_ms + stage.seconds(1, 40), machine, "host_session", "host_session_lost")
        stage.say(
            at_ms + span_ms + stage.seconds(1, 90), machine, "host_session", "host_session_lost", "clear"
        )
        stage.weather.halted.append(Span(machine, at_ms, at_ms + span_ms, EVERYTHING))
    stage.tell(
        "host_down",
        at_ms,
        at_ms + span_ms,
        ("host_down",),
        devices=range(estate.machines),
        branch=NO_BRANCH,
    )
    _children(stage, range(estate.machines), at_ms, at_ms + span_ms)


def region_cut(stage: Stage) -> None:
    """The line of a region is cut: all of its branches are, and all of it is one outage."""
    estate = stage.estate
    regions = [region for region in estate.watch if len(estate.branches_in(region)) > 1]
    if not regions:
        raise DoesNotFitError("no region has several branches; simulate more branches")
    region = regions[int(stage.rng.integers(len(regions)))]
    branches = estate.branches_in(region)
    machines = [machine for branch in branches for machine in estate.machines_of(branch)]
    span_ms = stage.lasting(100, 240, 40)
    at_ms = _everyone(stage, machines, span_ms)
    stage.go_dark(machines, at_ms, at_ms + span_ms)
    watch = estate.watch[region]
    stage.say(at_ms + stage.seconds(5, 45), watch, "network", "region_link_down")
    stage.say(at_ms + span_ms, watch, "network", "region_link_down", "clear")
    for branch in branches:
        _probe(stage, branch, at_ms, at_ms + span_ms)
        stage.tell_nuisance("branch_of_region", at_ms, at_ms + span_ms, ("branch_link_down",), branch=branch)
    stage.tell(
        "region_cut",
        at_ms,
        at_ms + span_ms,
        ("region_link_down",),
        devices=machines,
        branch=NO_BRANCH,
        known_after_s=lost_after_s(stage.plan.heartbeat_s),
    )
    _children(stage, machines, at_ms, at_ms + span_ms)


def link_cut(stage: Stage) -> None:
    """The line of a branch is cut: one outage, whatever its machines look like."""
    watched = [branch for branch in range(len(stage.estate.branches)) if _noticed(stage, branch)]
    span_ms = stage.lasting(80, 360, 35)
    branch, at_ms = stage.pick_branch(span_ms, watched)
    cut(stage, branch, at_ms, span_ms, used=stage.chance(_SECOND_LINE))


def link_cut_with_card(stage: Stage) -> None:
    """A branch's monitoring line is cut, and meanwhile a machine keeps a card: two things, not one."""
    count = stage.estate.machine_count
    several = [branch for branch in range(len(count)) if count[branch] >= 3]
    span_ms = stage.lasting(120, 240, 70)
    branch, at_ms = stage.pick_branch(span_ms, several, hours=(8, 18))
    cut(stage, branch, at_ms, span_ms, used=True)
    machines = stage.estate.machines_of(branch)
    machine = machines[int(stage.rng.integers(len(machines)))]
    kept_ms = at_ms + span_ms // 2
    who = stage.use(kept_ms - stage.seconds(25, 70), machine, INQUIRY, 0)
    stage.say(kept_ms, machine, "card_reader", "card_retained", by_host=True)
    stage.tell("card_retained", kept_ms, None, ("card_retained",), devices=(machine,), member=who)


def cut(stage: Stage, branch: int, at_ms: int, span_ms: int, *, used: bool) -> None:
    """Cut the line of one branch for so long; `used` machines still reach the host by another."""
    machines = stage.estate.machines_of(branch)
    stage.go_dark(machines, at_ms, at_ms + span_ms, used=used)
    _probe(stage, branch, at_ms, at_ms + span_ms)
    alone = ("device_offline",) if len(machines) == 1 else ()
    stage.tell(
        "link_cut",
        at_ms,
        at_ms + span_ms,
        ("branch_link_down", *alone),
        devices=machines,
        branch=branch,
        known_after_s=lost_after_s(stage.plan.heartbeat_s),
    )
    if len(machines) > 1:
        _children(stage, machines, at_ms, at_ms + span_ms)


def power_cut(stage: Stage) -> None:
    """A branch has no power: machines with a battery say so and last a while, the others are gone at once."""
    estate = stage.estate
    probed = np.flatnonzero(estate.probe != NO_PROBE).tolist()
    span_ms = stage.lasting(90, 300, 50)
    branch, at_ms = stage.pick_branch(span_ms, probed)
    machines, ends_ms = estate.machines_of(branch), at_ms + span_ms
    probe = int(estate.probe[branch])
    stage.say(at_ms + stage.seconds(5, 30), probe, "power", "branch_power_down")
    stage.say(ends_ms, probe, "power", "branch_power_down", "clear")
    for machine in machines:
        lost_ms = at_ms
        if estate.ups[machine]:
            lost_ms += stage.seconds(12 * 60, 25 * 60)
            stage.say(at_ms + stage.seconds(1, 5), machine, "power", "ups_on_battery", "state")
            stage.say(lost_ms - stage.seconds(60, 120), machine, "power", "ups_low", "state")
        else:
            stage.say(at_ms + 500, machine, "power", "power_fail", by_host=True)
        back_ms = ends_ms + stage.seconds(60, 180)
        stage.go_dark((machine,), lost_ms + 1_000, back_ms)
        stage.say(back_ms, machine, "device", "device_restarted")
        cleared = "ups_low" if estate.ups[machine] else "power_fail"
        stage.say(back_ms + 1_000, machine, "power", cleared, "clear")
    stage.tell(
        "power_cut",
        at_ms,
        ends_ms,
        ("branch_power_down", "power_fail", "ups_on_battery", "ups_low"),
        devices=machines,
        branch=branch,
        known_after_s=lost_after_s(stage.plan.heartbeat_s),
    )
    _children(stage, machines, at_ms, ends_ms)


def power_fail(stage: Stage) -> None:
    """One machine has no power and tells so with its last breath."""
    span_ms = stage.lasting(60, 240, 25)
    machine, at_ms = stage.pick(span_ms, _with_company(stage, least=3))
    stage.say(at_ms, machine, "power", "power_fail")
    stage.go_dark((machine,), at_ms + 1_000, at_ms + span_ms)
    stage.say(at_ms + span_ms, machine, "device", "device_restarted")
    stage.say(at_ms + span_ms + 1_000, machine, "power", "power_fail", "clear")
    stage.tell("power_fail", at_ms, at_ms + span_ms, ("power_fail", "device_offline"), devices=(machine,))


def lost_machine(stage: Stage) -> None:
    """One machine is not heard from while its branch is: its own line, or it is switched off."""
    span_ms = stage.lasting(70, 360, 35)
    machine, at_ms = stage.pick(span_ms, _with_company(stage, least=3))
    used = stage.chance(_SECOND_LINE)
    stage.go_dark((machine,), at_ms, at_ms + span_ms, used=used)
    stage.tell(
        "lost_machine",
        at_ms,
        at_ms + span_ms,
        ("device_offline",),
        devices=(machine,),
        known_after_s=lost_after_s(stage.plan.heartbeat_s),
    )


def link_blip(stage: Stage) -> None:
    """A branch's line is away for less than two heartbeats, which its probe tells: nobody need come."""
    probed = np.flatnonzero(stage.estate.probe != NO_PROBE).tolist()
    span_ms = stage.seconds(0.3 * stage.plan.heartbeat_s, 0.8 * stage.plan.heartbeat_s)
    branch, at_ms = stage.pick_branch(span_ms, probed)
    stage.go_dark(stage.estate.machines_of(branch), at_ms, at_ms + span_ms)
    _probe(stage, branch, at_ms, at_ms + span_ms, after_s=(2, 10))
    stage.tell_nuisance(
        "link_blip",
        at_ms,
        at_ms + span_ms,
        ("branch_link_down", "device_offline"),
        devices=stage.estate.machines_of(branch),
        branch=branch,
    )


def _noticed(stage: Stage, branch: int) -> bool:
    """Tell whether a cut line can be told from lost machines: by its probe, or by several that are lost."""
    return bool(stage.estate.machine_count[branch] > 1 or stage.estate.probe[branch] != NO_PROBE)


def _with_company(stage: Stage, least: int) -> list[int]:
    """Give the machines at branches of so many: the others go on when one is lost."""
    estate = stage.estate
    return [
        machine for machine in range(estate.machines) if estate.machine_count[estate.branch[machine]] >= least
    ]


def _everyone(stage: Stage, machines: Sequence[int], span_ms: int) -> int:
    """Find and take a time at which nothing else is planned for any of many machines."""
    for _ in range(200):
        at_ms = stage.moment(span_ms)
        if all(stage.free(machine, at_ms - PAD_MS, at_ms + span_ms + PAD_MS) for machine in machines):
            stage.book(machines, at_ms - PAD_MS, at_ms + span_ms + PAD_MS)
            return at_ms
    raise DoesNotFitError("no time is free for all machines of an outage; simulate more days")


def _probe(
    stage: Stage, branch: int, from_ms: int, to_ms: int, after_s: tuple[float, float] = (5, 60)
) -> None:
    probe = int(stage.estate.probe[branch])
    if probe != NO_PROBE:
        stage.say(from_ms + stage.seconds(*after_s), probe, "network", "branch_link_down")
        stage.say(to_ms + stage.seconds(*after_s), probe, "network", "branch_link_down", "clear")


def _children(stage: Stage, machines: Sequence[int], from_ms: int, to_ms: int) -> None:
    """Write down that no machine of an outage is work of its own."""
    for machine in machines:
        stage.tell_nuisance("child_of_outage", from_ms, to_ms, _OF_OUTAGES, devices=(machine,))
