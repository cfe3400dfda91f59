"""The state of a device at a moment: five axes beside one another, each believed for a while only."""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from devices.buckets import Bucket, Standing, offered, serving, verdict
from devices.codes import Axis, Catalogue
from devices.conditions import Condition, Conditions
from devices.ledger import Course
from devices.registry import Demanded, Function

RunValue = Literal[
    "healthy",
    "partial_service",
    "no_service",
    "host_lost",
    "maintenance",
    "stopped",  # because it was told to: no fault
    "closed",  # switched off or without power
    "unknown",
]
TransactionValue = Literal["healthy", "partial_service", "no_service", "suspect", "unknown"]
HealthValue = Literal["healthy", "warning", "fatal", "unknown"]
CashboxValue = Literal["ok", "low", "empty", "full", "fault", "unknown"]

# How many heartbeats may be missed until an axis is unknown: hardware and notes stay as they are without a
# line, what the device is doing does not.
BELIEVED_HEARTBEATS: Mapping[Axis, int] = {
    "run": 3,
    "transaction": 3,
    "network": 3,
    "module": 12,
    "cashbox": 12,
}
_RUN: Mapping[Bucket, RunValue] = {
    "planned_stop": "stopped",
    "maintenance": "maintenance",
    "host_link": "host_lost",
    "power": "closed",
    "hard_fault": "no_service",
    "soft_fault": "no_service",
    "supply": "no_service",
    "hang": "no_service",
    "partial": "partial_service",
    "full": "healthy",
}
_CASHBOX: Mapping[str, CashboxValue] = {
    "cash_out": "empty",
    "cash_full": "full",
    "depository_full": "full",
    "reject_full": "full",
    "retract_full": "full",
    "cash_low": "low",
    "cash_out_soon": "low",
    "cash_full_soon": "ok",
}
# The gravest first.
_CASHBOX_ORDER: tuple[CashboxValue, ...] = ("fault", "empty", "full", "low", "ok")


class AxisState(NamedTuple):
    """The value of an axis, until when it is believed (None: nothing was ever heard), and its causes."""

    value: str
    expires_ms: int | None
    causes: tuple[str, ...] = ()


class DeviceState(NamedTuple):
    """All that is known of a device at a moment.

    What it was told to do (`demanded`) stands beside what it does: a device that was told to stop is not at
    fault. `heard_ms` is when it last spoke, `conditions` what it or its watchers reported and nobody ended.
    """

    device: str
    at_ms: int
    demanded: Demanded
    heard_ms: int | None
    run: AxisState
    transaction: AxisState
    network: AxisState
    module: AxisState
    cashbox: AxisState
    serves: tuple[Function, ...]
    conditions: Conditions


def state_at(course: Course, at_ms: int, codes: Catalogue) -> DeviceState | None:
    """Give the state of a device at a moment, within its service window or not; None if not on record."""
    standing = course.standing(at_ms)
    if standing is None:
        return None
    heard_ms = course.heard_ms(at_ms)
    axes: dict[Axis, AxisState] = {}
    for axis, value, causes in _values(standing, codes):
        expires_ms = None
        if heard_ms is not None:
            expires_ms = course.expires_ms(at_ms, standing.device, BELIEVED_HEARTBEATS[axis])
        expired = expires_ms is None or at_ms >= expires_ms
        known = not expired or _said_by_others(standing, codes, axis)
        axes[axis] = AxisState(value if known else "unknown", expires_ms, causes)
    return DeviceState(
        course.device,
        at_ms,
        standing.device.demanded,
        heard_ms,
        axes["run"],
        axes["transaction"],
        axes["network"],
        axes["module"],
        axes["cashbox"],
        serving(standing, codes),
        standing.conditions,
    )


def _said_by_others(standing: Standing, codes: Catalogue, axis: Axis) -> bool:
    """Tell whether an axis is known without the device's own word: orders, planned work, outages."""
    judged = verdict(standing, codes)
    if axis == "run":
        return judged.bucket in ("planned_stop", "maintenance") or judged.cause in standing.shared
    unheard = any(codes[condition.code].bucket == "monitor_link" for condition in standing.conditions)
    return axis == "network" and (unheard or bool(standing.shared))


def _values(standing: Standing, codes: Catalogue) -> Iterator[tuple[Axis, str, tuple[str, ...]]]:
    judged = verdict(standing, codes)
    yield "run", _RUN.get(judged.bucket, "unknown"), (judged.cause,) if judged.cause else ()
    yield "transaction", _transaction(standing, codes), _causes(standing, codes, "transaction")
    shared = max((codes[name].severity for name in standing.shared), default=0)
    network = _health(max(shared, _worst(standing, codes, "network")))
    yield "network", network, (*standing.shared, *_causes(standing, codes, "network"))
    yield "module", _health(_worst(standing, codes, "module")), _causes(standing, codes, "module")
    yield "cashbox", _cashbox(standing, codes), _causes(standing, codes, "cashbox")


def _on(standing: Standing, codes: Catalogue, axis: Axis) -> Iterator[Condition]:
    return (condition for condition in standing.conditions if codes[condition.code].axis == axis)


def _causes(standing: Standing, codes: Catalogue, axis: Axis) -> tuple[str, ...]:
    return tuple(dict.fromkeys(condition.code for condition in _on(standing, codes, axis)))


def _worst(standing: Standing, codes: Catalogue, axis: Axis) -> int:
    return max((condition.severity for condition in _on(standing, codes, axis)), default=0)


def _health(severity: int) -> HealthValue:
    """Put NDC's severities in words: 0 and 1 are routine, 2 warns, from 3 on something has stopped."""
    return "healthy" if severity < 2 else "warning" if severity == 2 else "fatal"


def _transaction(standing: Standing, codes: Catalogue) -> TransactionValue:
    judged = verdict(standing, codes)
    if judged.bucket == "hang":
        return "suspect"
    if judged.bucket in ("host_link", "planned_stop", "maintenance", "power"):
        return "no_service"
    serves = serving(standing, codes)
    if serves == offered(standing.device):
        return "healthy"
    return "partial_service" if serves else "no_service"


def _cashbox(standing: Standing, codes: Catalogue) -> CashboxValue:
    found = {_level(condition, standing) for condition in _on(standing, codes, "cashbox")}
    return next((value for value in _CASHBOX_ORDER if value in found), "ok")


def _level(condition: Condition, standing: Standing) -> CashboxValue:
    """Give what one condition says of the notes: with other cassettes left, an empty one makes them low."""
    value = _CASHBOX.get(condition.code, "fault")
    others = condition.component == "cassette" and standing.cassettes - {condition.unit}
    if value == "empty" and others:
        empty = {
            other.unit
            for other in standing.conditions
            if other.code == "cash_out" and other.component == "cassette"
        }
        return "low" if standing.cassettes - empty else "empty"
    return value
