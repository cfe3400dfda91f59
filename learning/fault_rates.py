"""How often devices of each model fail, learnt from recorded reports with River.

River stays on this side: a detector reads the published numbers and never a model.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b

import msgspec
from river import stats

from domain.conditions import FROM_OUTSIDE
from domain.fault_history import DAY_MS, FAULT_CODES, FaultEdges
from domain.instants import iso, to_ms
from domain.tables import FaultRates, ModelFaults
from domain.telemetry import Telemetry
from learning.published import TableError

# Raises of one condition so close are one fault, and a longer silence is not known to have gone well: as the
# detector counts them.
_SAME_MS = 15 * 60_000
_MOST_GAP_MS = DAY_MS // 4
# Rates that are as alike, or as unlike, as this are not believed to be more so.
_LEAST_SHAPE, _MOST_SHAPE = 0.2, 50.0
# A model that never failed is taken to fail once in so many days of all its devices.
_LEAST_FAULTS = 0.5


class _Device:
    """The faults of a device and the days in which they came."""

    def __init__(self, model: str, at_ms: int) -> None:
        self.model, self.newest_ms = model, at_ms
        self.faults, self.days = 0, 0.0
        self._edges = FaultEdges()

    def add(self, report: Telemetry) -> None:
        self.days += min(max(0, report.at_ms - self.newest_ms), _MOST_GAP_MS) / DAY_MS
        self.newest_ms = max(self.newest_ms, report.at_ms)
        if report.code in FAULT_CODES:
            self.faults += self._edges.begins(report, _SAME_MS)


def learn_fault_rates(
    reports: Iterable[Telemetry], effective_at: datetime, *, least_devices: int = 5, least_days: float = 7.0
) -> FaultRates:
    """Learn the table that is in force from `effective_at` on, from reports in the order of their times.

    Devices that are known for less than `least_days`, and models with fewer than `least_devices` of them, are
    left out. The rates of a model's devices are taken to be gamma distributed: its mean is that of all
    faults over all days, its shape what is left of the variance of the devices' rates when that of chance is
    taken off. The table's version is a digest of what it says.

    Raises TableError when `effective_at` does not lie behind every report, when it has no time zone, or when
    no model has enough devices.
    """
    if effective_at.tzinfo is None:
        raise TableError("effective_at has no time zone; write an offset such as +08:00")
    effective_ms = to_ms(effective_at)
    devices: dict[str, _Device] = {}
    for report in reports:
        if report.at_ms >= effective_ms:
            raise TableError(
                f"report {report.event_id} is of {iso(report.at_ms)}, and the table would be in force from "
                f"{iso(effective_ms)}: a table must not know its own time; give a later one"
            )
        if report.model is None or report.code in FROM_OUTSIDE:
            continue
        device = devices.get(report.device)
        if device is None:
            device = devices[report.device] = _Device(report.model, report.at_ms)
        device.add(report)
    by_model: dict[str, list[_Device]] = {}
    for device in devices.values():
        if device.days >= least_days:
            by_model.setdefault(device.model, []).append(device)
    enough = {
        model: _publish(known) for model, known in sorted(by_model.items()) if len(known) >= least_devices
    }
    if not enough:
        most = max((len(known) for known in by_model.values()), default=0)
        raise TableError(
            f"no model has {least_devices} devices that are known for {least_days:g} days, the largest has "
            f"{most}; give more reports, and the register that names the models"
        )
    version = blake2b(msgspec.json.encode(enough), digest_size=6).hexdigest()
    return FaultRates(effective_at=effective_at, version=version, models=enough)


def _publish(devices: list[_Device]) -> ModelFaults:
    """Describe the rates of a model's devices by the moments of a gamma distribution."""
    days = sum(device.days for device in devices)
    mean = max(_LEAST_FAULTS, sum(device.faults for device in devices)) / days
    spread, chance = stats.Var(ddof=0), stats.Mean()
    for device in devices:
        spread.update(device.faults / device.days)
        chance.update(mean / device.days)
    between = spread.get() - chance.get()
    shape = mean**2 / between if between > 0 else _MOST_SHAPE
    return ModelFaults(
        mean=round(mean, 6),
        shape=round(min(_MOST_SHAPE, max(_LEAST_SHAPE, shape)), 4),
        devices=len(devices),
        days=round(days, 1),
    )
