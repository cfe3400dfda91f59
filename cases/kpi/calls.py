"""How soon and how well the desk reaches people: one function for each figure."""

from collections.abc import Iterable

from cases.kpi.rows import AttemptRow, CallbackRow, CaseRow
from cases.kpi.values import Ratio, Spread


def service_level(cases: Iterable[CaseRow], within_ms: int, now_ms: int) -> Ratio:
    """Cases first called within `within_ms` of being callable / cases called, or older than that uncalled.

    Cases that became ready in the window. Time outside the customer's own window does not count. One that was
    closed uncalled before its time was up, or merged, neither kept nor broke anything.
    """
    kept = failed = 0
    for case in cases:
        if case.first_attempt_at_ms is not None:
            in_time = case.first_attempt_at_ms - case.callable_at_ms <= within_ms
            kept += in_time
            failed += not in_time
        elif case.status != "merged":
            end_ms = now_ms if case.closed_at_ms is None else case.closed_at_ms
            failed += end_ms - case.callable_at_ms > within_ms
    return Ratio(kept, kept + failed)


def time_to_first_attempt(cases: Iterable[CaseRow]) -> Spread:
    """The speed of answer of an outbound desk: first call - callable, of cases ready in the window."""
    return Spread.of(
        case.first_attempt_at_ms - case.callable_at_ms
        for case in cases
        if case.first_attempt_at_ms is not None
    )


def connect_rate(attempts: Iterable[AttemptRow]) -> Ratio:
    """Attempts that a person or a machine answered / attempts; a failed dialer is no attempt."""
    counted = [attempt for attempt in attempts if attempt.counts]
    return Ratio(sum(attempt.connected for attempt in counted), len(counted))


def contact_rate(attempts: Iterable[AttemptRow]) -> Ratio:
    """Attempts in which somebody spoke / attempts."""
    counted = [attempt for attempt in attempts if attempt.counts]
    return Ratio(sum(attempt.human for attempt in counted), len(counted))


def right_party_rate(attempts: Iterable[AttemptRow]) -> Ratio:
    """Attempts that reached the person wanted / attempts."""
    counted = [attempt for attempt in attempts if attempt.counts]
    return Ratio(sum(attempt.right_party for attempt in counted), len(counted))


def reach_rate(attempts: Iterable[AttemptRow]) -> Ratio:
    """Cases whose person was reached / cases attempted: the right-party rate by case."""
    counted = [attempt for attempt in attempts if attempt.counts]
    reached = {attempt.case_id for attempt in counted if attempt.right_party}
    return Ratio(len(reached), len({attempt.case_id for attempt in counted}))


def attempts_per_closed_case(attempts: Iterable[AttemptRow], closed: Iterable[CaseRow]) -> Ratio:
    """Attempts started in the window / cases closed in it."""
    return Ratio(sum(attempt.counts for attempt in attempts), sum(1 for _ in closed))


def attempts_per_contact(attempts: Iterable[AttemptRow]) -> Ratio:
    """Attempts / those that reached the person wanted."""
    counted = [attempt for attempt in attempts if attempt.counts]
    return Ratio(len(counted), sum(attempt.right_party for attempt in counted))


def handling_time(attempts: Iterable[AttemptRow]) -> Ratio:
    """Talk + hold + wrap-up of handled contacts / handled contacts; dialling and ringing are not in it.

    Holding is part of the talk as it is recorded.
    """
    handled = [attempt for attempt in attempts if attempt.human]
    return Ratio(sum(_talk_ms(attempt) + _wrapup_ms(attempt) for attempt in handled), len(handled))


def dialling_time(attempts: Iterable[AttemptRow]) -> Ratio:
    """Dialling and ringing / attempts: until somebody answered, or until it was given up."""
    counted = [attempt for attempt in attempts if attempt.counts]
    return Ratio(sum(_answer_ms(attempt) - attempt.started_at_ms for attempt in counted), len(counted))


def work_per_attempt(attempts: Iterable[AttemptRow]) -> Ratio:
    """Dial + talk + hold + wrap-up of all attempts / attempts: the handling time that staffing plans with."""
    counted = [attempt for attempt in attempts if attempt.counts]
    work_ms = sum(_end_ms(attempt) - attempt.started_at_ms + _wrapup_ms(attempt) for attempt in counted)
    return Ratio(work_ms, len(counted))


def callbacks_kept(callbacks: Iterable[CallbackRow], tolerance_ms: int, now_ms: int) -> Ratio:
    """Calls within `tolerance_ms` of the time promised / promises whose time is up or that were kept."""
    kept = due = 0
    for callback in callbacks:
        started_ms = callback.started_at_ms
        in_time = started_ms is not None and abs(started_ms - callback.promised_at_ms) <= tolerance_ms
        kept += in_time
        due += in_time or now_ms > callback.promised_at_ms + tolerance_ms
    return Ratio(kept, due)


def _end_ms(attempt: AttemptRow) -> int:
    return attempt.started_at_ms if attempt.ended_at_ms is None else attempt.ended_at_ms


def _answer_ms(attempt: AttemptRow) -> int:
    return _end_ms(attempt) if attempt.answered_at_ms is None else attempt.answered_at_ms


def _talk_ms(attempt: AttemptRow) -> int:
    return _end_ms(attempt) - _answer_ms(attempt)


def _wrapup_ms(attempt: AttemptRow) -> int:
    return 0 if attempt.wrapup_until_ms is None else max(0, attempt.wrapup_until_ms - _end_ms(attempt))
