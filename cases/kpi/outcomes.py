"""What came of cases, of those closed in the window: one function for each figure."""

from collections import defaultdict
from collections.abc import Iterable

from cases.kpi.rows import CaseRow, RuleRow
from cases.kpi.values import Ratio, Spread

# The desk was called for nothing.
_FALSE = frozenset({"genuine", "false_alarm"})
# The desk found out what it was. Who was not reached may be either, and a duplicate is told by its original.
_KNOWN = _FALSE | {"confirmed_fraud", "device_resolved"}


def unreachable_rate(closed: Iterable[CaseRow]) -> Ratio:
    """Cases closed as unreachable / cases closed after one attempt or more."""
    tried = [case for case in closed if case.first_attempt_at_ms is not None]
    return Ratio(sum(case.outcome == "unreachable" for case in tried), len(tried))


def first_contact_resolution(contacted: Iterable[CaseRow], lag_ms: int, now_ms: int) -> Ratio:
    """Cases closed on their first contact and quiet for `lag_ms` since / cases contacted so long ago.

    `contacted` are the cases whose person was first reached in the window, open ones included: they are not
    resolved. Closed on the first contact means that it was the only one. Quiet means neither reopened nor
    followed by a linked case.
    """
    judged = [
        case
        for case in contacted
        if case.first_contact_at_ms is not None and now_ms - case.first_contact_at_ms >= lag_ms
    ]
    return Ratio(sum(_resolved(case, lag_ms) for case in judged), len(judged))


def _resolved(case: CaseRow, lag_ms: int) -> bool:
    if case.closed_at_ms is None or case.right_party_attempts != 1:
        return False
    disturbed = [at_ms for at_ms in (case.reopened_at_ms, case.followed_at_ms) if at_ms is not None]
    # A case that was reopened and closed again has a later close; what came before that disturbed it too.
    return all(at_ms - case.closed_at_ms > lag_ms for at_ms in disturbed)


def false_positive_rate(outcomes: Iterable[str | None]) -> Ratio:
    """Cases closed as genuine or false alarm / cases closed with a known outcome.

    This is 1 - precision of what reached the desk, not false positives / all negatives.
    """
    known = [outcome for outcome in outcomes if outcome in _KNOWN]
    return Ratio(sum(outcome in _FALSE for outcome in known), len(known))


def false_positive_rate_by_rule(alerts: Iterable[RuleRow]) -> dict[tuple[str, int], Ratio]:
    """The false-positive rate of the cases that each version of each rule had an alert in."""
    outcomes: defaultdict[tuple[str, int], dict[str, str]] = defaultdict(dict)
    for alert in alerts:
        outcomes[alert.detector, alert.rule_version][alert.case_id] = alert.outcome
    return {rule: false_positive_rate(cases.values()) for rule, cases in sorted(outcomes.items())}


def fraud_yield(closed: Iterable[CaseRow]) -> Ratio:
    """Cases closed as confirmed fraud / cases closed."""
    outcomes = [case.outcome for case in closed]
    return Ratio(sum(outcome == "confirmed_fraud" for outcome in outcomes), len(outcomes))


def value_saved(closed: Iterable[CaseRow]) -> dict[str, Ratio]:
    """Exposure of confirmed frauds that were blocked / exposure of all confirmed frauds, by currency.

    In minor units; amounts of different currencies are never added.
    """
    blocked: defaultdict[str, int] = defaultdict(int)
    exposed: defaultdict[str, int] = defaultdict(int)
    for case in closed:
        if case.outcome == "confirmed_fraud":
            exposed[case.currency] += case.exposure_minor
            blocked[case.currency] += case.exposure_minor * case.blocked
    return {currency: Ratio(blocked[currency], exposed[currency]) for currency in sorted(exposed)}


def repair_time(closed: Iterable[CaseRow]) -> Spread:
    """MTTR: closed - ready, of device cases."""
    return Spread.of(
        case.closed_at_ms - case.ready_at_ms
        for case in closed
        if case.kind == "device" and case.closed_at_ms is not None
    )
