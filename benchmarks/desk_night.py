"""Simulate nights at the desk: whether the worst is first and nobody starves, at and beyond full load.

`python -m benchmarks.desk_night`: 20 agents, eight hours, cases that take 180 s on average, loads of 0.9, 1.0
and 1.1, ten seeds, with promotion off and on, then with money at risk, as the product has it. Cases are
ordered by the product's own rank; one night of each at load 1.1 runs through a real SQLite store as well
(intake, claim, close) and must be worked in the same order.

A case that nobody has taken up at the end of the night has waited until then, and counts as late from its
service level on. The last lines are the worst figures of all loads with promotion off and as the product
has it; the table shows earlier promotion too, and what it costs those above. Where money is at risk, the
last column is how much of that in the last band somebody was at within half an hour.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.desk_nights import (
    CURRENCY,
    MIX,
    PROBABILITY,
    PROMOTE_AFTER,
    SLA_S,
    START_MS,
    Arrival,
    RankedDesk,
    Service,
    Taken,
    judge,
    night,
    with_losses,
    work,
)
from benchmarks.markdown import table
from cases.case import Outcome
from cases.policy import QueuePolicy
from cases.store import Store, open_store
from cases.who import Who
from cases.work.policy import WorkPolicy
from cases.work.service import Claimed, SqlWork
from domain.alerts import Alert, alert_id
from domain.findings import Severity

LOADS = (0.9, 1.0, 1.1)
SEEDS = range(10)
# After so many times its service level a case moves up a band; the product's own, and one that is too eager.
PROMOTIONS = {"off": None, f"on, after {PROMOTE_AFTER:g}": PROMOTE_AFTER, "after 4": 4.0, "after 2": 2.0}
# A case is held until it is closed: nobody renews in the simulation.
_LEASE_MS = 45 * 60_000
_LAST_BAND = (Severity.MEDIUM, Severity.LOW)
_SOON_S = SLA_S[Severity.MEDIUM]


class StoreDesk:
    """A desk that works as the product does, but that customers may be called at any time."""

    def __init__(self, store: Store) -> None:
        """Work in `store`, which is empty."""
        self._cases = store.cases
        self._work = SqlWork(store.db, store.policy.work)
        self._arrivals: dict[str, Arrival] = {}
        self._held: dict[int, Claimed] = {}

    def add(self, arrival: Arrival) -> None:
        self._arrivals[f"u{arrival.number}"] = arrival
        self._cases.take_in([_alert(arrival)], arrival.at_ms)

    def take(self, agent: int, at_s: float) -> Arrival | None:
        who, now_ms = Who(f"agent-{agent}"), START_MS + round(at_s * 1000)
        if agent in self._held:
            done = self._held.pop(agent)
            self._work.close(done.case.id, who, done.task.lease_no, Outcome.GENUINE, "", now_ms)
        claimed = self._work.next(who, now_ms, lease_ms=_LEASE_MS)
        if claimed is None:
            return None
        self._held[agent] = claimed
        return self._arrivals[claimed.case.customers[0]]


def same_in_a_store(folder: Path, arrivals: Sequence[Arrival], promote_after: float | None) -> bool:
    """Tell whether a night in a real store is worked in the order that rank and promotion alone give."""
    policy = QueuePolicy(work=WorkPolicy(promote_after=promote_after), flood=None)
    with open_store(f"sqlite:///{folder}/night.db", policy=policy) as store:
        return work(arrivals, StoreDesk(store)) == work(arrivals, RankedDesk(promote_after))


def _alert(arrival: Arrival) -> Alert:
    name = str(arrival.number)
    return Alert(
        id=alert_id("desk_night", name, name),
        detector="desk_night",
        version=1,
        parameters={},
        scope="customer",
        key=f"u{name}",
        at_ms=arrival.at_ms,
        event_id=name,
        severity=arrival.severity,
        probability=PROBABILITY,
        exposure_minor=round(arrival.loss_minor / PROBABILITY),
        currency=CURRENCY,
        reason="simulated",
        evidence={},
        customer=f"u{name}",
    )


def _worked(nights: Sequence[Sequence[Arrival]], promote_after: float | None) -> tuple[Service, list[str]]:
    """Work through nights, and say how they went: a row of the table."""
    desks = [RankedDesk(promote_after) for _ in nights]
    taken = [work(each, desk) for each, desk in zip(nights, desks, strict=True)]
    service = judge(taken)
    promoted = sum(desk.promoted for desk in desks) / len(desks)
    row = [f"{service.in_sla[severity]:.2%}" for severity in MIX]
    return service, [*row, f"{service.longest_low_s / 3600:.2f}", f"{promoted:.0f}", _in_time(taken)]


def _in_time(nights: Sequence[Sequence[Taken]]) -> str:
    """Say which share of the money at risk in the last band was looked at within its service level."""
    last = [each for taken in nights for each in taken if each.arrival.severity in _LAST_BAND]
    at_risk = sum(each.arrival.loss_minor for each in last)
    in_time = sum(
        each.arrival.loss_minor for each in last if each.at_s is not None and each.wait_s <= _SOON_S
    )
    return f"{in_time / at_risk:.1%}" if at_risk else ""


def main() -> None:
    """Print the table, then the figures to watch."""
    rows, found = [], []
    for load in LOADS:
        nights = [night(seed, load) for seed in SEEDS]
        for name, promote_after in PROMOTIONS.items():
            service, row = _worked(nights, promote_after)
            if promote_after in (None, PROMOTE_AFTER):
                found.append(service)
            rows.append((load, name, *row))
        service, row = _worked([with_losses(each, seed) for seed, each in enumerate(nights)], PROMOTE_AFTER)
        found.append(service)
        rows.append((load, f"on, after {PROMOTE_AFTER:g}; money at risk", *row))
    severities = [severity.name.lower() for severity in MIX]
    print(table(("load", "promotion", *severities, "longest low, h", "promoted", "money in time"), rows))
    plain = night(0, LOADS[-1])
    for words, arrivals in (("a night", plain), ("a night with money at risk", with_losses(plain, 0))):
        with TemporaryDirectory() as folder:
            same = same_in_a_store(Path(folder), arrivals, PROMOTE_AFTER)
        print(f"{words} in a store: {'worked in the same order' if same else 'WORKED IN ANOTHER ORDER'}")
    for severity in (Severity.CRITICAL, Severity.HIGH):
        name = severity.name.lower()
        print(f"{name}_in_sla: {min(each.in_sla[severity] for each in found):.4f}")
        print(f"{name}_in_sla_worst_night: {min(each.worst[severity] for each in found):.4f}")
    print(f"longest_low_wait_h: {max(each.longest_low_s for each in found) / 3600:.2f}")


if __name__ == "__main__":
    main()
