"""Where a device's time goes: one bucket for each moment, by a fixed precedence."""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, get_args

from devices.codes import Catalogue
from devices.conditions import Condition, Conditions
from devices.registry import Device, Function

Bucket = Literal[
    "full",
    "partial",
    "hard_fault",
    "soft_fault",
    "supply",
    "maintenance",
    "host_link",  # no session with the transaction host ("P" communication)
    "monitor_link",  # not heard because the monitoring link is gone ("V" communication)
    "power",  # closed: switched off or without power
    "hang",  # alive but suspected stuck, or used by nobody
    "planned_stop",  # told to stop, by the host or the register: not a fault
    "unknown",  # what was last heard is too old to be believed: neither up nor down
    "out_of_window",
]
BUCKETS: tuple[Bucket, ...] = get_args(Bucket)
# Higher wins. Out of window stands above a planned stop, or stops at night would count as asked-for time
# and the buckets of the window would sum to more than it has.
PRECEDENCE: tuple[Bucket, ...] = (
    "out_of_window",
    "planned_stop",
    "maintenance",
    "host_link",
    "monitor_link",
    "unknown",
    "power",
    "hard_fault",
    "supply",
    "soft_fault",
    "hang",
    "partial",
    "full",
)
_RANK = {bucket: rank for rank, bucket in enumerate(PRECEDENCE)}
# These take the whole device, whatever functions their codes block.
_WHOLE: tuple[Bucket, ...] = ("planned_stop", "maintenance", "host_link", "monitor_link", "unknown")
# NDC's severity from which a module has stopped; below, it warns.
_SUSPEND = 3
_WARNING = 2
# A module can only stop what it does, whatever its code may stop elsewhere.
_DOES: dict[str, tuple[Function, ...]] = {
    "dispenser": ("withdraw",),
    "acceptor": ("deposit",),
    "depository": ("deposit",),
    "escrow": ("deposit",),
    "coin_dispenser": (),
}
# Causes that no code stands for.
NO_REPORT = "no_report"
DEMANDED = "demanded"
PLANNED_WORK = "planned_work"
SERVICE_WINDOW = "service_window"
CAUSES = (NO_REPORT, DEMANDED, PLANNED_WORK, SERVICE_WINDOW)


class Standing(NamedTuple):
    """What is known of a device at one moment.

    `shared` are codes of outages that it shares with others, `work` says that maintenance is planned,
    `fresh` that it was heard of late enough, `cassettes` which are fitted.
    """

    device: Device
    conditions: Conditions = ()
    shared: tuple[str, ...] = ()
    work: bool = False
    fresh: bool = True
    cassettes: frozenset[int] = frozenset()


class Verdict(NamedTuple):
    """The bucket of a moment, the code (or other cause) that decided, and where on the device.

    `serves` is what customers can use of what they come for, `lacks` the rest of it.
    """

    bucket: Bucket
    cause: str = ""
    component: str = ""
    unit: int = 0
    serves: tuple[Function, ...] = ()
    lacks: tuple[Function, ...] = ()


def offered(device: Device) -> tuple[Function, ...]:
    """Give what customers come for: to use a card is the way to the rest, where there is a rest."""
    return tuple(name for name in device.functions if name != "card") or device.functions


def verdict(standing: Standing, codes: Catalogue) -> Verdict:
    """Judge a moment within the service window."""
    found = _judge(standing, codes)
    lacks = tuple(name for name in offered(standing.device) if name not in found.serves)
    return found._replace(lacks=lacks)


def serving(standing: Standing, codes: Catalogue) -> tuple[Function, ...]:
    """Give the functions that no condition of the device itself has stopped."""
    stopped: set[Function] = set()
    empty: dict[Function, set[int]] = {}
    for condition in standing.conditions:
        for function in blocked(condition, codes):
            if condition.component == "cassette" and condition.unit:
                empty.setdefault(function, set()).add(condition.unit)
            else:
                stopped.add(function)
    # One cassette less is less to choose from; only with the last one is there nothing left.
    stopped |= {function for function, units in empty.items() if standing.cassettes <= units}
    if "card" in stopped and "card" in standing.device.functions:
        return ()
    return tuple(name for name in offered(standing.device) if name not in stopped)


def _judge(standing: Standing, codes: Catalogue) -> Verdict:
    causes = [
        *((bucket, Verdict(bucket, cause)) for bucket, cause in _causes_around(standing, codes)),
        *_causes_within(standing.conditions, codes),
    ]
    whole = [cause for cause in causes if cause[0] in _WHOLE or _is_shared_power(cause[1])]
    if whole:
        return min(whole, key=_rank)[1]
    serves = serving(standing, codes)
    if not serves and offered(standing.device):
        return _stopped(causes, standing, codes)
    hanging = [cause for cause in causes if cause[0] == "hang"]
    if hanging:
        return min(hanging, key=_rank)[1]
    if causes:
        return min(causes, key=_rank)[1]._replace(bucket="partial", serves=serves)
    return Verdict("full", serves=serves)


def blocked(condition: Condition, codes: Catalogue) -> tuple[Function, ...]:
    """Give what a condition stops; one that only warns stops nothing."""
    code = codes[condition.code]
    if not _in_force(condition, codes):
        return ()
    does = _DOES.get(condition.component)
    return code.blocks if does is None else tuple(name for name in code.blocks if name in does)


def _causes_around(standing: Standing, codes: Catalogue) -> Iterator[tuple[Bucket, str]]:
    if standing.device.demanded != "in_service":
        yield "planned_stop", DEMANDED
    if standing.work:
        yield "maintenance", PLANNED_WORK
    if not standing.fresh:
        yield "unknown", NO_REPORT
    for name in standing.shared:
        bucket = codes[name].bucket
        if bucket is not None:
            yield bucket, name


def _causes_within(conditions: Conditions, codes: Catalogue) -> Iterator[tuple[Bucket, Verdict]]:
    for condition in conditions:
        bucket = codes[condition.code].bucket
        if bucket is None or condition.severity < min(_WARNING, codes[condition.code].severity):
            continue
        if not _in_force(condition, codes):
            bucket = "partial"
        yield bucket, Verdict(bucket, condition.code, condition.component, condition.unit)


def _in_force(condition: Condition, codes: Catalogue) -> bool:
    return condition.severity >= min(_SUSPEND, codes[condition.code].severity)


def _is_shared_power(found: Verdict) -> bool:
    """Tell a branch without power, which others report, from a device that said so and fell silent."""
    return found.bucket == "power" and found.component == ""


def _rank(found: tuple[Bucket, Verdict]) -> tuple[int, Verdict]:
    bucket, judged = found
    return _RANK["host_link" if _is_shared_power(judged) else bucket], judged


def _stopped(causes: Iterable[tuple[Bucket, Verdict]], standing: Standing, codes: Catalogue) -> Verdict:
    """Blame the gravest of what stops anything; a machine that only wears stops is faulty all the same."""
    stopping = {condition.code for condition in standing.conditions if blocked(condition, codes)}
    found = min((cause for cause in causes if cause[1].cause in stopping), key=_rank)[1]
    return found._replace(bucket="hard_fault") if found.bucket == "partial" else found
