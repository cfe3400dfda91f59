"""The orders that are compared differ in what they put first, and the desk's own is the product's rank."""

from itertools import pairwise
from math import exp

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.ranking.calls import HOUR_MS, Alert, Case, Episode, Order, Truth
from benchmarks.ranking.figures import CALLS_AN_HOUR, Span, by_order, differences_table, shares_table
from benchmarks.ranking.harm import Harm
from benchmarks.ranking.orders import LOSS, OWN, orders
from domain.findings import Severity


def case(at_h: float, probability: float, exposure_minor: int, severity: Severity = Severity.MEDIUM) -> Case:
    return Case(
        Alert(round(at_h * HOUR_MS), "p", "test", severity, probability, exposure_minor, exposure_minor)
    )


CASES = {
    "first": case(0, 0.1, 100),
    "severe": case(1, 0.2, 100, Severity.CRITICAL),
    "sure": case(2, 0.9, 100),
    "dear": case(3, 0.5, 900_000),
}


def named(name: str) -> Order:
    return next(order for order in orders(Harm(), [], "CNY") if order.name == name)


def first_of(name: str) -> str:
    order = named(name)
    return min(CASES, key=lambda one: order.key(CASES[one], 4 * HOUR_MS))


def test_each_order_has_its_own_first() -> None:
    assert first_of("first in, first out") == "first"
    assert first_of("severity, then first") == "severe"
    assert first_of("score") == "sure"
    assert first_of(LOSS) == "dear"
    assert first_of("remaining loss") == "dear"


def test_the_desks_own_goes_by_band_and_then_by_what_is_at_risk_and_moves_up_what_waits() -> None:
    own = named(OWN)
    ranked = sorted(CASES, key=lambda one: own.key(CASES[one], 4 * HOUR_MS))
    # The first and the sure are both below what counts at all.
    assert ranked == ["severe", "dear", "first", "sure"]
    later = sorted(CASES, key=lambda one: own.key(CASES[one], 6 * HOUR_MS))
    assert later == ["severe", "first", "dear", "sure"]
    by_due = named("its bands, due time inside")
    assert sorted(CASES, key=lambda one: by_due.key(CASES[one], 0)) == ["severe", "first", "sure", "dear"]
    inside = named("its bands, expected loss inside")
    assert sorted(CASES, key=lambda one: inside.key(CASES[one], 0)) == ["severe", "dear", "sure", "first"]


def test_steps_of_loss_leave_the_due_time_to_decide_among_likes() -> None:
    order = named("its bands, loss in steps inside")
    early, late, dearer = case(0, 0.5, 1000), case(1, 0.55, 1000), case(2, 0.9, 4000)
    ranked = sorted((late, dearer, early), key=lambda one: order.key(one, 0))
    assert ranked == [dearer, late, early]  # 512 is a step
    like = case(5, 0.45, 1100)
    assert sorted((like, early), key=lambda one: order.key(one, 0)) == [early, like]


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.floats(0.01, 1), st.integers(1, 10**6)), min_size=2, max_size=6
    ),
    st.integers(40, 200),
)
def test_what_fades_alike_keeps_its_order_without_a_clock(
    facts: list[tuple[int, float, int]], now_h: int
) -> None:
    harm = Harm()
    past = [Alert(0, f"p{number}", "test", Severity.MEDIUM, 0.5, 100, 100) for number in range(30)]
    harm.learn(past, Truth([Episode("p1", 0, 10**9, ((5 * HOUR_MS, 4000),))]))
    assert harm.lasts_ms == 5 * HOUR_MS
    cases = [case(*each) for each in facts]
    fading = next(order for order in orders(harm, past, "CNY") if order.name == "the same, fading")

    def left(one: Case) -> float:
        return harm.at_first(one) * exp(-(now_h * HOUR_MS - one.latest_ms) / harm.lasts_ms)

    ranked = sorted(cases, key=lambda one: fading.key(one, 0))
    for better, worse in pairwise(ranked):
        assert left(better) >= left(worse) * (1 - 1e-6)


def test_limits_are_fitted_to_the_losses_of_the_past() -> None:
    past = [Alert(0, "p", "test", Severity.MEDIUM, 0.5, 2 * minor, 2 * minor) for minor in range(100)]
    fitted = next(order for order in orders(Harm(), past, "CNY") if order.name.endswith("fitted limits"))
    bands = [fitted.key(case(0, 0.5, 2 * minor), 0)[0] for minor in (50, 85, 99)]
    assert bands == [2, 1, 0]


def test_tables_tell_every_order_at_every_number_of_calls() -> None:
    alerts = [Alert(0, f"p{number}", "test", Severity.MEDIUM, 0.5, 100, 100) for number in range(5)]
    spans = [Span(alerts, Truth([]), 0, 24 * HOUR_MS)]
    compared = orders(Harm(), [], "CNY")
    found = {calls: by_order(spans, compared, calls) for calls in CALLS_AN_HOUR}
    for order in compared:
        assert f"| {order.name} |" in shares_table(found)
        assert (f"| {order.name} |" in differences_table(found, OWN)) == (order.name != OWN)
