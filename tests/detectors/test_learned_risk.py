"""The learned score against a computation from the whole history, and what it does without a model."""

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from detectors.examples import Fired, run
from detectors.learned_risk import LearnedRisk
from domain.events import Event, Place, Transaction
from domain.findings import Severity
from domain.instants import from_ms
from domain.risk_features import FEATURES, NAMES
from domain.risk_scoring import ModelError, Scorer, audited
from domain.tables import FeatureBins, ModelCard, RiskModel, Tables, TerminalRecord, TerminalRisk
from tests.detectors.streams import streams
from tests.domain.habits_oracle import Oracle

START_MS = 1_772_416_800_000
DAY_MS = 86_400_000
PLACES = (None, Place(lat=31.3, lon=120.6, country="CN"), Place(lat=25.03, lon=121.57, country="TW"))
CARD = ModelCard(
    learnt_from=from_ms(START_MS - 2 * DAY_MS),
    learnt_until=from_ms(START_MS - DAY_MS),
    transactions=9,
    frauds=1,
    genuine=8,
    settings={},
    figures={},
)
# A weight for each bin of each feature: every one has a part in the score.
EVERY = {
    f"{feature.name}:{number}": ((number * 29 + place * 13) % 41 - 20) / 20
    for place, feature in enumerate(FEATURES)
    for number in range(len(feature.edges) + 2)
}


def model(at_ms: int = START_MS - DAY_MS, version: str = "m1", **fields: Any) -> RiskModel:
    given = {"features": FEATURES, "crosses": (), "weights": EVERY, "intercept": 0.0} | fields
    return RiskModel(effective_at=from_ms(at_ms), version=version, card=CARD, **given)


def risk(at_ms: int, version: str, **terminals: TerminalRecord) -> TerminalRisk:
    return TerminalRisk(effective_at=from_ms(at_ms), version=version, terminals=terminals)


def uses(count: int, gap_ms: int = DAY_MS, **fields: Any) -> list[Transaction]:
    given = {"amount_minor": 5_000, "currency": "CNY", "channel": "pos", "customer": "k", "terminal": "t"}
    return [
        Transaction(
            event_id=f"e{number}",
            at=from_ms(START_MS + number * gap_ms),
            at_ms=START_MS + number * gap_ms,
            card="c",
            **(given | fields),
        )
        for number in range(count)
    ]


@settings(max_examples=50, deadline=None)
@given(events=streams())
def test_nothing_fires_without_a_model(events: list[Event]) -> None:
    everything = LearnedRisk(least_probability=1e-9, audit_share=1.0)
    tables = Tables.of([risk(START_MS - DAY_MS, "r1", t1=TerminalRecord(1, 1, 9, START_MS, START_MS, 0))])
    assert run(everything, events, Tables()) == []
    assert run(everything, events, tables) == []
    later = model(max([event.at_ms for event in events], default=START_MS) + 1)
    assert run(everything, events, Tables.of([later])) == []


@settings(max_examples=60, deadline=None)
@given(
    drawn=st.lists(
        st.tuples(
            st.sampled_from((1_000, 7_200_000, DAY_MS, 5 * DAY_MS, -3_600_000)),
            st.integers(100, 90_000),
            st.sampled_from(PLACES),
            st.sampled_from(("approved", "approved", "declined")),
            st.sampled_from(("t1", "t2", None)),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_the_probability_is_that_of_the_whole_history(drawn: list[tuple[Any, ...]]) -> None:
    """With every feature weighed, one that was computed otherwise would be another score."""
    records = {"t1": TerminalRecord(0.4, 0.2, 2, START_MS - DAY_MS, START_MS - DAY_MS // 2, 0, 1.5)}
    tables = Tables.of([model(), risk(START_MS - DAY_MS, "r1", **records)])
    events, at_ms = [], START_MS
    for number, (gap_ms, amount, place, outcome, terminal) in enumerate(drawn):
        at_ms += gap_ms
        [event] = uses(1, amount_minor=amount, place=place, outcome=outcome, terminal=terminal)
        events.append(replace(event, event_id=f"e{number}", at=from_ms(at_ms), at_ms=at_ms))
    fired = run(LearnedRisk(least_probability=1e-9), events, tables)
    oracle, scorer = Oracle(), Scorer(model())
    for event, one in zip(events, fired, strict=True):
        known = oracle.known(event, records.get(event.terminal or ""))
        # Of the usual amount again and again rounding decides on which side of an edge it is.
        assume(abs(known.get("ratio", 0) - 1) > 1e-9 and abs(known.get("deviations", 1)) > 1e-9)
        bins = scorer.bins([known.get(name) for name in NAMES])
        score = sum(EVERY[f"{name}:{number}"] for name, number in zip(NAMES, bins, strict=True))
        assert one.finding.evidence["score"] == pytest.approx(score, abs=1e-3)


def test_the_tables_of_the_time_are_used() -> None:
    odd = model(START_MS + 2 * DAY_MS, "m2", weights={}, intercept=1.0)
    late = risk(START_MS + 3 * DAY_MS, "r1")
    fired = run(LearnedRisk(least_probability=1e-9), uses(5), Tables.of([odd, late, model()]))
    versions = [(one.finding.evidence["model"], one.finding.evidence["terminal_risk"]) for one in fired]
    assert versions == [("m1", None), ("m1", None), ("m2", None), ("m2", "r1"), ("m2", "r1")]


def test_habits_learnt_before_the_model_count_once_it_is_there() -> None:
    events = uses(30)
    always, lately = Tables.of([model()]), Tables.of([model(START_MS + 29 * DAY_MS)])
    everything = LearnedRisk(least_probability=1e-9)
    assert run(everything, events, lately) == run(everything, events, always)[-1:]


def test_the_audit_sample_is_drawn_from_what_does_not_fire() -> None:
    amounts = (FeatureBins(name="amount", edges=(50.0,)),)
    tables = Tables.of([model(features=amounts, weights={"amount:2": 9.0}, intercept=-4.0)])
    events = [
        replace(event, amount_minor=100_000 if number % 10 == 0 else 7_000, customer=f"k{number % 50}")
        for number, event in enumerate(uses(4_000, 60_000))
    ]
    plain = run(LearnedRisk(), events, tables)
    with_audit = run(LearnedRisk(audit_share=0.05), events, tables)
    assert [one for one in with_audit if not one.finding.evidence["audit_sample"]] == plain
    sample = {one.event_id: one for one in with_audit if one.finding.evidence["audit_sample"]}
    fired = {one.event_id for one in plain}
    assert sample.keys() == {
        event.event_id for event in events if event.event_id not in fired and audited(event.event_id, 0.05, 7)
    }
    assert 120 < len(sample) < 240
    assert {one.severity for one in sample.values()} == {Severity.LOW}
    assert {one.severity for one in plain} == {Severity.MEDIUM}


def test_no_finding_is_certain() -> None:
    [fired] = run(
        LearnedRisk(), uses(1, balance_after_minor=-500), Tables.of([model(intercept=50.0, weights={})])
    )
    assert fired.finding.probability == 0.95
    assert fired.finding.evidence["probability"] == 1.0
    assert fired.finding.exposure_minor == 0


def test_what_is_shown_as_the_reason_is_what_weighs_most() -> None:
    features = (FeatureBins(name="uses_1d", edges=(1.0,)), FeatureBins(name="channel", edges=(1.0,)))
    weights = {"uses_1d:2": 1.5, "channel:1": 0.5, "uses_1d:1": -9.0}
    tables = Tables.of([model(features=features, weights=weights)])
    fired: list[Fired] = run(LearnedRisk(), uses(3, 60_000), tables)
    shown = [[part["feature"] for part in one.finding.evidence["contributions"]] for one in fired]
    # Only the third use has as much as one use in about a day before it: the second's is a minute old.
    assert shown == [["channel"], ["uses_1d", "channel"]]
    assert fired[1].finding.reason.endswith("2.0 uses in about a day before and channel pos.")


def test_a_model_that_cannot_be_meant_is_refused_before_any_event() -> None:
    with pytest.raises(ModelError, match="risk model m1: no feature 'x'"):
        LearnedRisk().bound(Tables.of([model(weights={"x:1": 1.0})]))
