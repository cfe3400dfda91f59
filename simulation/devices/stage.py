"""The stage that weather is made on: whose time is taken, what is reported, and what was really wrong."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

import numpy as np

from devices.codes import catalogue
from devices.registry import Maintenance
from domain.instants import from_ms, iso
from domain.telemetry import Component, Edge
from simulation.devices.estate import Estate
from simulation.devices.happenings import NO_BRANCH, Said, Span, Used, Weather
from simulation.devices.plan import DevicePlan
from simulation.devices.truth import Truth, within_s
from simulation.errors import DoesNotFitError
from simulation.hours import DAY_MS, HOUR_MS, MINUTE_MS, UTC_OFFSET_MS, Window

# Around what was planned for a device nothing else is, so that one alarm is about one thing.
PAD_MS = 45 * MINUTE_MS
# Before this much of the window has gone nobody knows how a device usually is.
_WARM_MS = HOUR_MS
_TRIES = 400
# When machines that serve in opening hours may fail so that it matters at once, in local hours.
_SERVES_FROM, _SERVES_TO = 9, 15


class Stage:
    """What plots may use and change."""

    def __init__(self, plan: DevicePlan, estate: Estate, rng: np.random.Generator) -> None:
        """Begin with a fleet to which nothing happens."""
        self.plan, self.estate, self.rng = plan, estate, rng
        self.weather = Weather()
        self._booked: dict[int, list[tuple[int, int]]] = {}

    @property
    def window(self) -> Window:
        """Give the simulated stretch of time."""
        return self.plan.window

    def chance(self, share: float) -> bool:
        """Draw whether something is so."""
        return bool(self.rng.random() < share)

    def seconds(self, least: float, most: float) -> int:
        """Draw a length of time between two numbers of seconds, in ms."""
        return int(self.rng.integers(round(least * 1_000), round(most * 1_000) + 1))

    def lasting(self, median_min: float, most_min: float, least_min: float = 20.0) -> int:
        """Draw how long something lasts, in ms: mostly about the median (minutes), at times much longer."""
        minutes = median_min * float(np.exp(0.6 * np.clip(self.rng.standard_normal(), -2.5, 2.5)))
        return round(min(max(minutes, least_min), most_min) * MINUTE_MS)

    # --- whose time is taken

    def free(self, device: int, from_ms: int, to_ms: int) -> bool:
        """Tell whether nothing is planned for a device."""
        return all(to_ms <= begin or end <= from_ms for begin, end in self._booked.get(device, ()))

    def next_free(self, device: int, at_ms: int, span_ms: int) -> int:
        """Give `at_ms`, or when next nothing is planned for a device for so long."""
        for begin, end in sorted(self._booked.get(device, ())):
            if begin < at_ms + span_ms and at_ms < end:
                at_ms = end
        return at_ms

    def book(self, devices: Iterable[int], from_ms: int, to_ms: int) -> None:
        """Take the time of devices, so that nothing else is planned for it."""
        for device in devices:
            self._booked.setdefault(device, []).append((from_ms, to_ms))

    def pick(
        self,
        span_ms: int,
        among: Sequence[int] | None = None,
        hours: tuple[int, int] = (0, 24),
        earliest_ms: int | None = None,
        pad_ms: int = PAD_MS,
    ) -> tuple[int, int]:
        """Take a machine, and a time between two local hours at which it has `span_ms` to spare.

        Machines that serve in opening hours are taken only while they do. Raises DoesNotFitError when none
        is found.
        """
        among = range(self.estate.machines) if among is None else among
        for _ in range(_TRIES if len(among) else 0):
            device = int(among[int(self.rng.integers(len(among)))])
            at_ms = self._moment(span_ms, earliest_ms)
            if at_ms is None:
                break
            hour = (at_ms + UTC_OFFSET_MS) % DAY_MS // HOUR_MS
            if not hours[0] <= hour < hours[1]:
                continue
            if self.estate.windowed[device] and not _SERVES_FROM <= hour < _SERVES_TO:
                continue
            if self.free(device, at_ms - pad_ms, at_ms + span_ms + pad_ms):
                self.book((device,), at_ms - pad_ms, at_ms + span_ms + pad_ms)
                return device, at_ms
        raise DoesNotFitError("no machine has that much time to spare; simulate more devices or days")

    def pick_branch(
        self, span_ms: int, among: Sequence[int], hours: tuple[int, int] = (0, 24)
    ) -> tuple[int, int]:
        """Take all machines of one of some branches; gives the branch and the time."""
        for _ in range(_TRIES if len(among) else 0):
            branch, at_ms = int(among[int(self.rng.integers(len(among)))]), self._moment(span_ms, None)
            if at_ms is None:
                break
            if not hours[0] <= (at_ms + UTC_OFFSET_MS) % DAY_MS // HOUR_MS < hours[1]:
                continue
            machines = self.estate.machines_of(branch)
            if all(self.free(one, at_ms - PAD_MS, at_ms + span_ms + PAD_MS) for one in machines):
                self.book(machines, at_ms - PAD_MS, at_ms + span_ms + PAD_MS)
                return branch, at_ms
        raise DoesNotFitError("no branch has that much time to spare; simulate more branches or days")

    def _moment(self, span_ms: int, earliest_ms: int | None) -> int | None:
        first_ms = max(self.window.start_ms + _WARM_MS, earliest_ms or 0)
        last_ms = self.window.end_ms - span_ms - _WARM_MS
        return int(self.rng.integers(first_ms, last_ms)) if first_ms < last_ms else None

    def moment(self, span_ms: int) -> int:
        """Draw a time for what lasts `span_ms`; raises DoesNotFitError when the window is shorter."""
        at_ms = self._moment(span_ms, None)
        if at_ms is None:
            raise DoesNotFitError("the window is too short; simulate more days")
        return at_ms

    # --- what is reported and used

    def say(
        self,
        at_ms: int,
        device: int,
        component: Component,
        code: str,
        edge: Edge = "raise",
        *,
        unit: int = 0,
        by_host: bool = False,
    ) -> None:
        """Let a device report something."""
        severity = 0 if edge == "clear" else catalogue()[code].severity
        self.weather.said.append(Said(at_ms, device, component, code, edge, severity, unit, by_host))

    def go_dark(self, devices: Iterable[int], from_ms: int, to_ms: int, *, used: bool = False) -> None:
        """Let nothing be heard from machines, which can go on being `used` or not."""
        for device in devices:
            self.weather.dark.append(Span(device, from_ms, to_ms))
            if not used:
                self.weather.halted.append(Span(device, from_ms, to_ms))

    def customer(self, device: int) -> int:
        """Draw one of the customers who use a machine."""
        branch = self.estate.branch[device]
        first = int(self.estate.first_customer[branch])
        return first + int(self.rng.integers(self.estate.customer_count[branch]))

    def use(
        self,
        at_ms: int,
        device: int,
        type_: int,
        notes: int,
        *,
        customer: int | None = None,
        paid: bool = True,
    ) -> int:
        """Let a customer use a machine, alone for three minutes around it; gives the customer."""
        who = self.customer(device) if customer is None else customer
        self.weather.used.append(Used(at_ms, device, who, type_, notes, paid))
        around_ms = 3 * MINUTE_MS
        self.weather.halted.append(Span(device, at_ms - around_ms, at_ms + around_ms))
        return who

    # --- what was really wrong

    def tell(
        self,
        kind: str,
        begins_ms: int,
        ends_ms: int | None,
        codes: Sequence[str],
        *,
        devices: Sequence[int] = (),
        branch: int | None = None,
        known_after_s: float = 0,
        member: int | None = None,
        expect: Literal["item", "none"] = "item",
    ) -> None:
        """Write down an incident, and by which codes it may be known.

        The first of the codes says how soon there must be an item; `known_after_s` is how long it takes
        until anyone can know. `branch` is that of the first device unless it is given; NO_BRANCH is none.
        """
        estate = self.estate
        if branch is None and devices:
            branch = int(estate.branch[devices[0]])
        asked = expect == "item"
        self.weather.truths.append(
            Truth(
                id="",
                kind=kind,
                device=estate.tokens[devices[0]] if len(devices) == 1 else None,
                branch=None if branch in (None, NO_BRANCH) else estate.branches[branch],
                devices=tuple(estate.tokens[device] for device in devices),
                begins=iso(begins_ms),
                ends=None if ends_ms is None else iso(ends_ms),
                harm=asked and catalogue()[codes[0]].harms_customer,
                expect=expect,
                codes=tuple(codes),
                within_s=within_s(codes[0], self.plan.heartbeat_s, known_after_s) if asked else None,
                member=None if member is None else estate.customers[member],
            )
        )

    def tell_nuisance(
        self,
        kind: str,
        begins_ms: int,
        ends_ms: int,
        codes: Sequence[str],
        *,
        devices: Sequence[int] = (),
        branch: int | None = None,
    ) -> None:
        """Write down what no item of its own may be made of, and by which codes one might be."""
        self.tell(kind, begins_ms, ends_ms, codes, devices=devices, branch=branch, expect="none")

    def plan_work(
        self,
        name: str,
        from_ms: int,
        to_ms: int,
        reason: str,
        *,
        device: str | None = None,
        branch: str | None = None,
    ) -> None:
        """Announce planned work on a device or a branch, days before it begins."""
        self.weather.planned.append(
            Maintenance(
                id=name,
                effective_at=to_the_second(from_ms - 3 * DAY_MS),
                begins_at=to_the_second(from_ms),
                ends_at=to_the_second(to_ms),
                reason=reason,
                device=device,
                branch=branch,
            )
        )


def to_the_second(at_ms: int) -> datetime:
    """Give a time as records have it, to the second."""
    return from_ms(at_ms // 1_000 * 1_000)
