"""All figures of one window, in the order in which they are shown."""

from collections.abc import Iterator
from datetime import timedelta

from msgspec import Struct

from cases.kpi import agents, backlog, calls, outcomes
from cases.kpi.policy import KpiPolicy
from cases.kpi.rows import AttemptRow, CallbackRow, CaseRow, CheckRow, RuleRow, StateRow
from cases.kpi.values import Figure, Ratio, Spread
from cases.ranking import BAND_NAMES
from domain.instants import span_ms, span_words

# As many of the most overdue cases as a glance takes in.
_WORST = 3


class Window(Struct, frozen=True, kw_only=True):
    """Everything that the figures of [from_ms, to_ms) are made of, as it stands at now_ms.

    `ready`, `closed` and `contacted` are the cases that became ready, were closed, or whose person was first
    reached in the window; `live` are those live now. `rules` are the alerts of `closed`. `callbacks` were
    promised for, and `checks` proposed in the window; `states` touch it.
    """

    from_ms: int
    to_ms: int
    now_ms: int
    ready: tuple[CaseRow, ...] = ()
    closed: tuple[CaseRow, ...] = ()
    contacted: tuple[CaseRow, ...] = ()
    live: tuple[CaseRow, ...] = ()
    attempts: tuple[AttemptRow, ...] = ()
    callbacks: tuple[CallbackRow, ...] = ()
    rules: tuple[RuleRow, ...] = ()
    checks: tuple[CheckRow, ...] = ()
    states: tuple[StateRow, ...] = ()


def report(window: Window, policy: KpiPolicy) -> list[Figure]:
    """Give every figure of a window; one that cannot be had says so in its note."""
    return [
        *_flow(window, policy),
        *_calls(window, policy),
        *_outcomes(window, policy),
        *_backlog(window),
        *_time_use(window),
        *_inbound(),
    ]


def _flow(window: Window, policy: KpiPolicy) -> Iterator[Figure]:
    for band, name in enumerate(BAND_NAMES):
        cases = [case for case in window.ready if case.band == band]
        within = policy.within(band)
        level = calls.service_level(cases, span_ms(within), window.now_ms)
        yield _share("service_level", level, band=name, within=_words(within))
        yield _times("time_to_first_attempt", calls.time_to_first_attempt(cases), band=name)
        in_time = backlog.compliance(cases, window.now_ms)
        yield _share("sla_compliance", in_time.share, band=name)
        for series in ("closed_in_time", "closed_late", "open_in_time", "open_late"):
            count = Ratio(getattr(in_time, series), in_time.share.denominator)
            yield _share("sla_series", count, band=name, series=series)
    devices = [case for case in window.ready if case.kind == "device"]
    yield _times("device_time_to_first_attempt", calls.time_to_first_attempt(devices))


def _calls(window: Window, policy: KpiPolicy) -> Iterator[Figure]:
    attempts = window.attempts
    yield _share("connect_rate", calls.connect_rate(attempts))
    yield _share("contact_rate", calls.contact_rate(attempts))
    yield _share("right_party_rate", calls.right_party_rate(attempts), per="attempt")
    yield _share("right_party_rate", calls.reach_rate(attempts), per="case")
    per_case = calls.attempts_per_closed_case(attempts, window.closed)
    yield Figure(name="attempts_per_closed_case", value=per_case, unit="attempts")
    yield Figure(name="attempts_per_contact", value=calls.attempts_per_contact(attempts), unit="attempts")
    yield Figure(name="handling_time", value=calls.handling_time(attempts), unit="ms")
    yield Figure(name="dialling_time", value=calls.dialling_time(attempts), unit="ms")
    yield Figure(name="work_per_attempt", value=calls.work_per_attempt(attempts), unit="ms")
    tolerance_ms = span_ms(policy.callback_tolerance)
    yield _share("callbacks_kept", calls.callbacks_kept(window.callbacks, tolerance_ms, window.now_ms))


def _outcomes(window: Window, policy: KpiPolicy) -> Iterator[Figure]:
    closed = window.closed
    lag_ms = span_ms(policy.resolution_lag)
    resolved = outcomes.first_contact_resolution(window.contacted, lag_ms, window.now_ms)
    yield _share("first_contact_resolution", resolved, lag=_words(policy.resolution_lag))
    yield _share("unreachable_rate", outcomes.unreachable_rate(closed))
    yield _share("false_positive_rate", outcomes.false_positive_rate(case.outcome for case in closed))
    for (detector, version), ratio in outcomes.false_positive_rate_by_rule(window.rules).items():
        yield _share("false_positive_rate", ratio, rule=detector, version=str(version))
    yield _share("fraud_yield", outcomes.fraud_yield(closed))
    for currency, ratio in outcomes.value_saved(closed).items():
        yield Figure(name="value_saved", of={"currency": currency}, value=ratio, unit="minor units")
    yield _times("device_repair_time", outcomes.repair_time(closed))
    yield _times("check_latency", backlog.check_latency(window.checks, window.now_ms))


def _backlog(window: Window) -> Iterator[Figure]:
    for band, name in enumerate(BAND_NAMES):
        cases = [case for case in window.live if case.band == band]
        yield _times("backlog_age", backlog.backlog_age(cases, window.now_ms), band=name)
        worst = backlog.most_overdue(cases, window.now_ms, _WORST)
        note = ", ".join(f"{case_id} at {ratio:.1f} times its time" for case_id, ratio in worst if ratio > 1)
        late = backlog.past_due(cases, window.now_ms)
        yield Figure(name="past_due", of={"band": name}, value=late, note=note)


def _time_use(window: Window) -> Iterator[Figure]:
    spent_ms = agents.time_in_states(window.states, window.from_ms, window.to_ms, window.now_ms)
    yield _share("occupancy", agents.occupancy(spent_ms))
    yield _share("utilisation", agents.utilisation(spent_ms))


def _inbound() -> Iterator[Figure]:
    for name in ("inbound_service_level", "inbound_abandonment"):
        yield Figure(name=name, value=None, note="the desk calls out: no inbound calls are on record")


def _share(name: str, value: Ratio, **of: str) -> Figure:
    return Figure(name=name, of=of, value=value)


def _times(name: str, value: Spread, **of: str) -> Figure:
    return Figure(name=name, of=of, value=value, unit="ms")


def _words(span: timedelta) -> str:
    return span_words(span_ms(span))
