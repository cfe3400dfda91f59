"""What is in force scores the stream, and that is what the product's own detector would have said."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random

import pytest

from benchmarks.handbook.frozen import FrozenWeek
from benchmarks.handbook.online import Online
from benchmarks.handbook.scored import Scored
from benchmarks.handbook.telling import Claims, Telling, telling
from benchmarks.handbook.uses import DAY_MS, Use, day_of
from detectors.learned_risk import LearnedRisk
from domain.events import Transaction
from domain.instants import from_ms
from domain.tables import RiskModel, Tables, TerminalRisk
from learning.risk.labels import Label
from learning.risk.learner import Learner
from learning.risk.settings import Settings

FIRST_DAY, DAYS = 17_622, 24


def stream(seed: int = 1) -> Iterator[Use]:
    """Make uses of 40 customers at 30 terminals, of which one turns bad, with frauds of high amounts."""
    random = Random(seed)
    for day in range(FIRST_DAY, FIRST_DAY + DAYS):
        for number in range(60):
            at_ms = day * DAY_MS + number * 1_200_000
            customer, terminal = random.randrange(40), random.randrange(30)
            fraud = random.random() < (0.5 if terminal == 3 else 0.03)
            amount = random.lognormvariate(8, 0.5) * (4 if fraud and terminal != 3 else 1)
            event = Transaction(
                event_id=f"{day}-{number}",
                at=from_ms(at_ms),
                card=f"card-{customer}",
                customer=f"customer-{customer}",
                terminal=f"terminal-{terminal}",
                amount_minor=round(amount),
                currency="EUR",
                channel="pos",
                at_ms=at_ms,
            )
            yield Use(event, fraud)


class Recording(Learner):
    """A learner whose published tables are kept."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.published: list[RiskModel | TerminalRisk] = []

    def publish_model(self, effective_at):  # type: ignore[no-untyped-def]
        self.published.append(super().publish_model(effective_at))
        return self.published[-1]

    def publish_terminals(self, effective_at):  # type: ignore[no-untyped-def]
        self.published.append(super().publish_terminals(effective_at))
        return self.published[-1]


def run(settings: Settings, frozen: FrozenWeek | None = None) -> tuple[Scored, Recording]:
    learner, scored = Recording(settings), Scored(FIRST_DAY)
    told = telling("delayed", alerts_a_day=1, audit_cards=0, claims_days=0)
    every = settings.model_every
    spent = Online(learner, told, scored, frozen=frozen, models_every=every).run(stream())
    assert spent.events == DAYS * 60
    assert spent.models + spent.terminals == len(learner.published)
    return scored, learner


@pytest.mark.parametrize("every", [timedelta(days=1), timedelta(hours=12)])
def test_scores_are_those_of_the_detector_with_the_published_tables(every: timedelta) -> None:
    scored, learner = run(Settings(model_every=every, terminals_every=every))
    detector = LearnedRisk(least_probability=0.000001)
    step = detector.bound(Tables.of(learner.published))
    states = {}
    found = []
    for event, _ in stream():
        state = states.setdefault(event.customer, detector.start())
        found += [finding.evidence for finding in step(state, event)]
    assert len(found) > 800
    assert [evidence["score"] for evidence in found] == pytest.approx(scored.scores.tolist(), abs=1e-3)
    probabilities = [evidence["probability"] for evidence in found]
    assert probabilities == pytest.approx(scored.probabilities.tolist(), abs=1e-3)


def test_labels_are_told_as_often_as_anything_is_new() -> None:
    """Weights twice a day must not wait for the terminals of midnight."""
    asked: list[int] = []

    class Asked(Telling):
        def known(self, by_ms: int) -> list[Label]:
            asked.append(by_ms)
            return super().known(by_ms)

    settings = Settings(model_every=timedelta(hours=12), terminals_every=timedelta(days=1))
    Online(Learner(settings), Asked(Claims()), Scored(FIRST_DAY)).run(stream())
    assert asked == [FIRST_DAY * DAY_MS + half * DAY_MS // 2 for half in range(1, 2 * DAYS)]


def test_nothing_is_scored_before_a_label_of_fraud_is_known() -> None:
    scored, _ = run(Settings())
    assert day_of(int(scored.at_ms[0])) == FIRST_DAY + 8  # known on the eighth day, published on its midnight


def test_no_table_knows_the_day_on_which_it_is_in_force() -> None:
    _, learner = run(Settings(terminals_every=timedelta(days=1)))
    for table in learner.published:
        latest = max(
            (record.last_ms for record in table.terminals.values())
            if isinstance(table, TerminalRisk)
            else [0],
            default=0,
        )
        assert from_ms(latest) + timedelta(days=7) <= table.effective_at


def test_frozen_weights_are_those_of_one_week_and_stay() -> None:
    frozen = FrozenWeek(FIRST_DAY + 10)
    scored, _ = run(Settings(), frozen)
    first_ms = int(scored.at_ms[0])
    assert day_of(first_ms) == FIRST_DAY + 17
    assert frozen.scorer(first_ms) is frozen.scorer(first_ms + 5 * DAY_MS)
    assert frozen.scorer(first_ms - 1) is None
