"""How long alerts take is told of live runs alone, and what is told does not change with it."""

import pytest

from connectors.case_queue import Stamped
from domain.alerts import Reached
from flows.latency import Timing
from observability.metrics import Metrics
from tests.flows.made import Bank, Counting, minute_ms, plan_of, use


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def alert():
    bank = Bank(plan_of(Counting(), one_log=True))
    bank.read(("p", [use("e1", 0)], False))
    (alert,) = [alert for alerts in bank.alerts.values() for alert in alerts]
    return alert


def took(metrics: Metrics) -> tuple[float | None, float | None]:
    labels = {"detector": "Counting"}
    return (
        metrics.registry.get_sample_value("riskdesk_event_to_alert_seconds_count", labels),
        metrics.registry.get_sample_value("riskdesk_event_to_alert_seconds_sum", labels),
    )


def test_from_the_event_to_the_alert_the_desks_clock_counts(metrics, alert):
    timing = Timing(lambda: minute_ms(0) + 1500, metrics)
    assert timing.measure(("b", alert)) == ("b", alert)
    assert took(metrics) == (1, 1.5)


def test_an_event_from_a_clock_that_is_ahead_took_no_time(metrics, alert):
    Timing(lambda: minute_ms(0) - 1500, metrics).measure(("b", alert))
    assert took(metrics) == (1, 0)


def test_an_alert_for_the_queue_bears_when_it_was_raised(metrics, alert):
    timing = Timing(lambda: 77, metrics)
    assert timing.stamp(("b", alert)) == ("b", Stamped(alert, 77))


def test_word_of_how_far_time_has_come_is_passed_on_as_it_is(metrics):
    timing = Timing(lambda: 77, metrics)
    item = ("b", Reached("device:1", 5))
    assert timing.measure(item) == timing.stamp(item) == item
    assert took(metrics) == (None, None)
