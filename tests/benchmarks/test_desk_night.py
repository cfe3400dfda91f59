"""Simulated nights: the worst is first at any load, and nobody starves."""

from pathlib import Path

import pytest

from benchmarks.desk_night import same_in_a_store
from benchmarks.desk_nights import PROMOTE_AFTER, Arrival, RankedDesk, Taken, judge, night, with_losses, work
from domain.findings import Severity


@pytest.mark.parametrize("promote_after", [None, PROMOTE_AFTER], ids=["promotion off", "promotion on"])
@pytest.mark.parametrize("load", [0.9, 1.0, 1.1])
def test_critical_and_high_keep_their_service_level_and_low_is_taken_up_within_six_hours(
    load: float, promote_after: float | None
) -> None:
    service = judge([work(night(seed, load), RankedDesk(promote_after)) for seed in range(3)])
    assert service.in_sla[Severity.CRITICAL] >= 0.99
    assert service.in_sla[Severity.HIGH] >= 0.99
    assert service.longest_low_s <= 6 * 3600


@pytest.mark.parametrize("load", [0.9, 1.0, 1.1])
def test_with_money_at_risk_the_promises_hold_and_more_of_it_is_looked_at_in_time(load: float) -> None:
    nights = [with_losses(night(seed, load), seed) for seed in range(3)]
    service = judge([work(each, RankedDesk(PROMOTE_AFTER)) for each in nights])
    assert service.in_sla[Severity.CRITICAL] >= 0.99
    assert service.in_sla[Severity.HIGH] >= 0.99
    assert service.longest_low_s <= 6 * 3600


def test_without_bands_the_critical_would_wait_behind_the_low() -> None:
    """The simulation can tell a bad order from a good one: first come, first served fails at full load."""

    class FirstCome(RankedDesk):
        def take(self, agent: int, at_s: float) -> Arrival | None:
            self._ready.sort(key=lambda entry: entry[2])
            return self._ready.pop(0)[-1] if self._ready else None

    service = judge([work(night(0, 1.1), FirstCome(None))])
    assert service.in_sla[Severity.CRITICAL] < 0.5


def test_promotion_moves_up_what_waits_too_long_once() -> None:
    desk = RankedDesk(promote_after=2)
    low = Arrival(0, 0.0, Severity.LOW, 1.0)
    dear = Arrival(1, 4 * 3600.0, Severity.MEDIUM, 1.0, loss_minor=900_000)
    desk.add(low)
    desk.add(dear)
    # Four hours are twice the two that a low case may wait: it stands in the band above, whatever is at risk.
    assert desk.take(0, 4 * 3600.0) == low
    assert (desk.promoted, desk.take(0, 4 * 3600.0 + 1)) == (1, dear)
    assert desk.take(0, 4 * 3600.0 + 2) is None


def test_what_nobody_took_up_has_waited_and_is_late() -> None:
    open_since_noon = Taken(Arrival(0, 4 * 3600.0, Severity.LOW, 1.0), None)
    young = Taken(Arrival(1, 7.5 * 3600, Severity.LOW, 1.0), None)
    others = [
        Taken(Arrival(2, 0.0, severity, 1.0), 0.0) for severity in Severity if severity is not Severity.LOW
    ]
    service = judge([[open_since_noon, young, *others]])
    assert service.in_sla[Severity.LOW] == 0
    assert service.longest_low_s == 4 * 3600


@pytest.mark.parametrize(("load", "promote_after"), [(1.1, None), (2.0, 1.0)])
def test_a_store_works_a_night_in_the_same_order(
    tmp_path: Path, load: float, promote_after: float | None
) -> None:
    arrivals = with_losses(night(1, load, hours=0.3), 1)
    assert same_in_a_store(tmp_path, arrivals, promote_after)
