"""What the labels of the past say about a transaction."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from math import inf
from typing import Annotated, Any, ClassVar

from pydantic import Field

from detectors.base import Detector, Scope, Step
from domain.events import Transaction
from domain.findings import QUIET, Finding, Severity
from domain.hot import Adder, Habits, Sorter, dump, load, measure, quick, start, weigh
from domain.money import money_words
from domain.prepared import Prepared
from domain.risk_features import Values
from domain.risk_habits import MEASURED, MEMORY_MS
from domain.risk_scoring import Scorer, audited
from domain.tables import History, RiskModel, Tables, TerminalRisk
from domain.wording import listed

# However sure a model is, one finding in twenty may be wrong.
_MOST_PROBABILITY = 0.95
# A person says three reasons aloud; the case shows two more.
_MOST_SAID, _MOST_SHOWN = 3, 5
# What sorts into bins and adds up by a model, a score up to which it does not fire, and all of it made ready.
Ready = tuple[Sorter, Adder, float, Scorer]
_NO_RISKS = History[TerminalRisk]()
_WORDS = {"purchase": "purchase", "withdrawal": "withdrawal", "transfer_out": "transfer"}


@dataclass(frozen=True, kw_only=True)
class LearnedRisk(Detector[Transaction, Habits]):
    """Fire when a transaction looks like those that turned out to be fraud.

    Why: what the desk and the claims found out about past transactions tells of new ones what no single
    rule does: many small oddities together, or a terminal where fraud was confirmed.

    Misses: kinds of fraud that have no labels yet, at a terminal the first days until its labels arrive,
    events without a customer. Nothing fires while no risk model is in force, but habits are learnt.

    False alarms: what is unusual for this customer, and mostly fraud when others do it; as many as the
    probability says, where the model's calibration holds.

    Judgement: a logistic regression over binned features, as the risk model in force at the event's time has
    it: amount and pace against the customer's habit, time, place, country and channel, and the
    terminal's record as published. The habit before the use counts, without the use itself; windows
    fade with half-lives of 1, 7 and 30 days and have no edges; declined uses are judged and counted,
    and become no habit. Reasons are what adds most to the score of an ordinary use. With `audit_share`
    above 0 a random sample of the others gives a LOW finding, so that labels come from more than what
    the model points at.

    Late: a late use is measured as if it came at the newest's time, and learnt with the weight of its age.

    Prior: none; the probability is the model's, calibrated on labels, at most 0.95.

    State: faded counts and sums, of 6 ways of use and 4 countries; 260 bytes for an ordinary customer, at
    most 1,000 bytes.

    Source: features after the Fraud Detection Handbook (Le Borgne et al., 2022), made one pass and bounded.
    """

    scope = Scope.CUSTOMER
    types = MEASURED
    severity = Severity.MEDIUM
    prior = 0.5
    # A model may have learnt that the same thing again and again is fraud.
    about_the_unusual = False
    needs = ("customer",)
    include_current: ClassVar[bool] = False
    count_declined: ClassVar[bool] = True
    stddev: ClassVar[str] = "population"

    least_probability: Annotated[float, Field(gt=0, le=1, description="from which it fires")] = 0.5
    audit_share: Annotated[float, Field(ge=0, le=1, description="of the others, drawn for a check")] = 0.0
    audit_seed: Annotated[int, Field(ge=0, lt=2**63, description="another one draws another sample")] = 7

    @property
    def memory(self) -> timedelta:
        return timedelta(milliseconds=MEMORY_MS)

    def start(self) -> Habits:
        return start()

    def dump(self, state: Habits) -> tuple[Any, ...]:
        return dump(state)

    def load(self, dumped: list[Any], state_version: int) -> Habits:
        return load(dumped)

    def step(self, state: Habits, event: Transaction) -> tuple[Finding, ...]:
        return self._step(Prepared(History[RiskModel](), self._ready), _NO_RISKS, state, event)

    def bound(self, tables: Tables) -> Step:
        """Give the step with models and terminals. Raises ModelError when a model cannot be meant."""
        for model in tables.risk_model.versions:
            Scorer(model)  # the start is the time to say so, and not the middle of the night
        facts = Prepared(tables.risk_model, self._ready), tables.terminal_risk
        return quick("learned_risk", partial(self._step, *facts), (*facts, self._tell))

    def _ready(self, model: RiskModel) -> Ready:
        scorer = Scorer(model)
        unlikely = -inf if self.audit_share else scorer.surely_below(self.least_probability)
        return scorer.bins, scorer.score, unlikely, scorer

    def _step(
        self,
        models: Prepared[RiskModel, Ready],
        risks: History[TerminalRisk],
        state: Habits,
        event: Transaction,
    ) -> tuple[Finding, ...]:
        if event.type not in MEASURED:
            return QUIET
        risk = risks.at(event.at_ms)
        record = None if risk is None or event.terminal is None else risk.terminals.get(event.terminal)
        model = models.at(event.at_ms)
        if model is None:
            measure(state, event, record)
            return QUIET
        bins, score, unlikely, scorer = model
        weighed = weigh(state, event, record, bins, score, unlikely)
        # Nearly always it is unlikely.
        return QUIET if weighed is None else self._tell(scorer, risk, event, *weighed)

    def _tell(
        self, scorer: Scorer, risk: TerminalRisk | None, event: Transaction, values: Values, score: float
    ) -> tuple[Finding, ...]:
        """Say what there is to say of a use that is not unlikely."""
        audit = scorer.probability(score) < self.least_probability
        if audit and not (self.audit_share and audited(event.event_id, self.audit_share, self.audit_seed)):
            return QUIET
        return (self._finding(event, values, scorer, score, risk, audit),)

    def _finding(
        self,
        event: Transaction,
        values: Values,
        scorer: Scorer,
        score: float,
        risk: TerminalRisk | None,
        audit: bool,
    ) -> Finding:
        probability = scorer.probability(score)
        amount = money_words(event.amount_minor, event.currency)
        who = "Drawn at random to check the learned model, which" if audit else "The learned model"
        reason = (
            f"{who} takes this {_WORDS[event.type]} of {amount} for fraud with a probability of "
            f"{probability:.1%}"
        )
        top = scorer.reasons(values, scorer.bins(values), _MOST_SHOWN)
        if top and not audit:
            reason += f": {listed([one.words for one in top[:_MOST_SAID]])}"
        balance = event.balance_after_minor
        return Finding(
            reason=f"{reason}.",
            probability=round(min(_MOST_PROBABILITY, probability), 4),
            severity=Severity.LOW if audit else None,
            exposure_minor=max(0, balance) if balance is not None else event.amount_minor,
            currency=event.currency,
            evidence={
                "probability": round(probability, 4),
                "least_probability": self.least_probability,
                "score": round(score, 4),
                "model": scorer.version,
                "terminal_risk": None if risk is None else risk.version,
                "contributions": [
                    {
                        "feature": one.name,
                        "value": None if one.value is None else round(one.value, 3),
                        "weight": round(one.weight, 3),
                        "words": one.words,
                    }
                    for one in top
                ],
                "audit_sample": audit,
                "amount_minor": event.amount_minor,
                "include_current": self.include_current,
                "count_declined": self.count_declined,
                "stddev": self.stddev,
            },
        )
