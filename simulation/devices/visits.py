"""People at the machine: supervisors who come, stay too long or work as planned."""

from simulation.devices.faults import FAULTS, draw_fault, fail
from simulation.devices.happenings import Span
from simulation.devices.stage import Stage
from simulation.errors import DoesNotFitError
from simulation.hours import DAY_MS, HOUR_MS, MINUTE_MS

# The detector's longest stay that is none too long.
_LONGEST_STAY_S = 3_600
_OPEN_HOURS = (9, 16)
# Nobody leaves the door open for longer, however long the mode is on.
_DOOR_MS = 25 * MINUTE_MS
# Silence is telling when so many uses are missing; of all uses so many count, in the hours people are up.
_HABIT_DAYS = 22
_TELLING_USES, _COUNTED, _DAY_HOURS = 24.0, 0.75, 15.0


def supervisor_visit(stage: Stage) -> None:
    """The branch looks after its machine: doors open and paper runs out while it is being changed."""
    span_ms = stage.lasting(10, 28, 4)
    machine, at_ms = stage.pick(span_ms, hours=_OPEN_HOURS)
    ends_ms = at_ms + span_ms
    visit(stage, machine, at_ms, ends_ms)
    if stage.chance(0.4):
        stage.say(at_ms + 40_000, machine, "receipt_printer", "receipt_out")
        stage.say(ends_ms - 30_000, machine, "receipt_printer", "receipt_out", "clear")
    stage.tell_nuisance(
        "supervisor_visit", at_ms, ends_ms, ("door_open_unplanned", "receipt_out"), devices=(machine,)
    )


def visit(stage: Stage, machine: int, from_ms: int, to_ms: int) -> None:
    """Enter supervisor mode, open and close the door within it, and leave."""
    stage.say(from_ms, machine, "device", "supervisor_enter")
    stage.say(from_ms + 20_000, machine, "door", "door_open")
    stage.say(min(to_ms - 15_000, from_ms + _DOOR_MS), machine, "door", "door_open", "clear")
    stage.say(to_ms, machine, "device", "supervisor_exit")
    stage.weather.halted.append(Span(machine, from_ms, to_ms))


def supervisor_overstay(stage: Stage) -> None:
    """Someone forgets to return the machine to service."""
    span_ms = stage.lasting(200, 480, 100)
    machine, at_ms = stage.pick(span_ms, hours=(9, 15))
    visit(stage, machine, at_ms, at_ms + span_ms)
    stage.tell(
        "supervisor_overstay",
        at_ms,
        at_ms + span_ms,
        devices=(machine,),
        codes=("supervisor_overstay",),
        known_after_s=_LONGEST_STAY_S,
    )


def planned_work(stage: Stage) -> None:
    """A vendor works on a machine as announced: what fails meanwhile is part of it."""
    span_ms = stage.seconds(90 * 60, 180 * 60)
    machine, at_ms = stage.pick(span_ms, hours=(9, 17))
    ends_ms = at_ms + span_ms
    _announce(stage, machine, at_ms, ends_ms)
    visit(stage, machine, at_ms + 10 * MINUTE_MS, at_ms + 55 * MINUTE_MS)
    fault = draw_fault(stage)
    while fault.recyclers_only:
        fault = draw_fault(stage)
    fail(stage, fault, machine, at_ms + 12 * MINUTE_MS, ends_ms - 12 * MINUTE_MS)
    stage.go_dark((machine,), at_ms + 58 * MINUTE_MS, at_ms + 80 * MINUTE_MS)
    stage.say(at_ms + 80 * MINUTE_MS, machine, "device", "device_restarted")
    codes = (fault.code, "door_open_unplanned", "device_offline")
    stage.tell_nuisance("planned_work", at_ms, ends_ms, codes, devices=(machine,))


def outlasting_fault(stage: Stage) -> None:
    """A fault begins during planned work and is still there when the work should be done."""
    work_ms = stage.seconds(90 * 60, 150 * 60)
    span_ms = work_ms + stage.lasting(120, 300, 60)
    machine, at_ms = stage.pick(span_ms, hours=(9, 15))
    over_ms = at_ms + work_ms
    _announce(stage, machine, at_ms, over_ms)
    fault = next(fault for fault in FAULTS if fault.code == "cdm_fatal")
    fail(stage, fault, machine, over_ms - 30 * MINUTE_MS, at_ms + span_ms)
    stage.tell("outlasting_fault", over_ms, at_ms + span_ms, devices=(machine,), codes=(fault.code,))


def planned_branch_work(stage: Stage) -> None:
    """A branch is rebuilt as announced: all of its machines are switched off for a while."""
    span_ms = stage.seconds(90 * 60, 180 * 60)
    branch, at_ms = stage.pick_branch(span_ms, range(len(stage.estate.branches)))
    ends_ms, machines = at_ms + span_ms, stage.estate.machines_of(branch)
    name = f"work-{len(stage.weather.planned) + 1}"
    stage.plan_work(name, at_ms, ends_ms, "Rebuilding", branch=stage.estate.branches[branch])
    stage.go_dark(machines, at_ms + 10 * MINUTE_MS, ends_ms - 25 * MINUTE_MS)
    codes = ("branch_link_down", "device_offline")
    stage.tell_nuisance("planned_work", at_ms, ends_ms, codes, devices=machines, branch=branch)


def _announce(stage: Stage, machine: int, from_ms: int, to_ms: int) -> None:
    stage.plan_work(
        f"work-{len(stage.weather.planned) + 1}",
        from_ms,
        to_ms,
        "Maintenance by the vendor",
        device=stage.estate.tokens[machine],
    )


def silent_machine(stage: Stage) -> None:
    """A machine claims to serve, and nobody can use it: a frozen screen, a blocked slot."""
    estate, plan = stage.estate, stage.plan
    busy = [
        machine
        for machine in range(estate.machines)
        if estate.busy[machine] > 0.8 and not estate.windowed[machine]
    ]
    # Its habit must be known by the hour of the week, for weeks of which the first is no whole one.
    known_ms = stage.window.start_ms + (_HABIT_DAYS * DAY_MS if plan.planted is None else 0)
    span_ms = stage.seconds(9 * 3_600, 12 * 3_600)
    machine, at_ms = stage.pick(span_ms, busy, hours=(7, 10), earliest_ms=known_ms)
    a_day_hour = plan.transactions_per_device_day * float(estate.busy[machine]) * _COUNTED / _DAY_HOURS
    known_after_s = 3_600 * _TELLING_USES / a_day_hour
    if known_after_s * 1_000 > span_ms - HOUR_MS:
        raise DoesNotFitError("machines are used too seldom to tell silence; simulate more transactions")
    stage.weather.halted.append(Span(machine, at_ms, at_ms + span_ms))
    stage.tell(
        "silent_machine",
        at_ms,
        at_ms + span_ms,
        devices=(machine,),
        codes=("silent_device", "app_hang_suspected"),
        known_after_s=known_after_s,
    )
