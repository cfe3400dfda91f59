"""Devices as people read them: tables of availability and of states."""

from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from devices.buckets import BUCKETS
from devices.month import MonthOfFleet
from devices.state import AxisState, DeviceState
from devices.wording import Wording, hours, percent, share
from domain.instants import iso

_WORST = 15
AXES = ("run", "transaction", "network", "module", "cashbox")


def availability_tables(found: MonthOfFleet, wording: Wording) -> Iterator[Table | Text]:
    """Give the month's figures, where the time went, what was excused, and the worst devices."""
    say = wording.say
    yield Text(say("title", month=found.month), "bold")
    yield Text(say("scope", devices=len(found.devices), first=found.first, last=found.last), "dim")
    yield _figures(found, wording)
    yield _buckets(found, wording)
    yield _excuses(found, wording)
    yield _worst(found, wording)


def _figures(found: MonthOfFleet, wording: Wording) -> Table:
    account, known, say = found.account, found.reliability, wording.say
    table = _table(say("figure"), say("value"), say("count"))
    for key, rate in (
        ("service_rate", account.service_rate),
        ("usable_rate", account.usable_rate),
        ("withdraw", account.availability("withdraw")),
        ("deposit", account.availability("deposit")),
        ("open_rate", found.assessment.open_rate),
    ):
        parts = say("of_hours", part=hours(rate.numerator_ms), whole=hours(rate.denominator_ms))
        table.add_row(say(key), percent(rate), parts)
    faulty = found.trend[-1]
    table.add_row(say("faulty_devices"), str(faulty.faulty), say("faulty_devices_is", devices=faulty.devices))
    table.add_row(say("failures_began"), str(known.failures), "")
    table.add_row(say("mtbf"), wording.span(known.mtbf_ms), str(known.failures))
    table.add_row(say("mttr"), wording.span(known.repairs.mean_ms), str(known.repairs.number))
    table.add_row(
        say("mtta"), wording.span(known.acknowledgements.mean_ms), str(known.acknowledgements.number)
    )
    repeats = share(known.repeats, known.failures)
    table.add_row(say("repeat_rate"), repeats, f"{known.repeats} / {known.failures}")
    return table


def _buckets(found: MonthOfFleet, wording: Wording) -> Table:
    table = _table(wording.say("bucket"), wording.say("hours"))
    for bucket in BUCKETS:
        table.add_row(wording.bucket(bucket), hours(found.account.by_bucket[bucket]))
    table.add_row(wording.say("total"), hours(found.account.spent_ms.total()))
    return table


def _excuses(found: MonthOfFleet, wording: Wording) -> Table | Text:
    say = wording.say
    if not found.assessment.excuses:
        return Text(say("nothing_excused"), "dim")
    table = _table(*(say(key) for key in ("excuses", "cause", "hours", "credit", "credited")))
    for excuse in found.assessment.excuses:
        cells = hours(excuse.ms), f"{100 * excuse.share:g} %", hours(excuse.credited_ms)
        table.add_row(wording.bucket(excuse.bucket), wording.cause(excuse.cause), *cells)
    return table


def _worst(found: MonthOfFleet, wording: Wording) -> Table | Text:
    say = wording.say
    worst = found.worst(_WORST)
    if not worst:
        return Text(say("nothing_lost"), "dim")
    rates = ("service_rate", "usable_rate", "open_rate")
    table = _table(*(say(key) for key in ("device", "branch", "model", *rates, "lost", "failures")))
    for known in worst:
        account = known.account
        shares = account.service_rate, account.usable_rate, found.assessment_of(known).open_rate
        device = known.device.id, known.device.branch, known.device.model
        table.add_row(*device, *map(percent, shares), hours(known.lost_ms), str(len(known.began)))
    return table


def state_record(state: DeviceState) -> dict[str, Any]:
    """Give a state as a plain record, times as ISO 8601."""
    return {
        "device": state.device,
        "at": iso(state.at_ms),
        "demanded": state.demanded,
        "heard": _time(state.heard_ms),
        **{axis: _axis(getattr(state, axis)) for axis in AXES},
        "serves": state.serves,
        "conditions": [
            {
                "code": condition.code,
                "component": condition.component,
                "unit": condition.unit,
                "severity": condition.severity,
                "since": iso(condition.since_ms),
                "last": iso(condition.last_ms),
            }
            for condition in state.conditions
        ],
    }


def _axis(axis: AxisState) -> dict[str, Any]:
    return {"value": axis.value, "expires": _time(axis.expires_ms), "causes": axis.causes}


def state_page(state: DeviceState, wording: Wording) -> Group:
    """Give one device's state, an axis a line, and what is wrong with it."""
    table = _table("axis", "value", "believed until", "because of")
    for axis in AXES:
        found: AxisState = getattr(state, axis)
        because = ", ".join(map(wording.cause, found.causes))
        table.add_row(axis, found.value, _time(found.expires_ms) or "-", because)
    conditions = _table("condition", "on", "severity", "since")
    for condition in state.conditions:
        place = f"{condition.component} {condition.unit}" if condition.unit else condition.component
        name = wording.cause(condition.code)
        conditions.add_row(name, place, str(condition.severity), iso(condition.since_ms))
    heard = f"last heard {_time(state.heard_ms) or 'never'}, told to be {state.demanded.replace('_', ' ')}"
    head = Text(f"{state.device} at {iso(state.at_ms)}", "bold")
    return Group(head, Text(heard, "dim"), table, *([conditions] if state.conditions else []))


def state_table(states: Iterable[DeviceState], wording: Wording) -> Table:
    """Give many devices' states, one a line."""
    table = _table("device", *AXES, "last heard", "because of")
    for state in states:
        causes = dict.fromkeys(cause for axis in AXES for cause in getattr(state, axis).causes)
        values = [getattr(state, axis).value for axis in AXES]
        because = ", ".join(map(wording.cause, causes))
        table.add_row(state.device, *values, _time(state.heard_ms) or "never", because)
    return table


def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else iso(at_ms)


def _table(*heads: str) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for head in heads:
        table.add_column(head)
    table.add_row(*(Text(head, "dim") for head in heads))
    return table
