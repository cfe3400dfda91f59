"""The learner of the risk model: sees each use of a card, is told labels as they become known, and publishes.

It computes a use's features as the flow does, by the same code, from the customer's habits before it and the
terminal's record in force; freezes them in few bytes; and learns from them once a label stands, days or weeks
later. Nothing is honoured before its time: a label waits until event time has reached its `at`.

All that happens depends on events, labels and their times alone, so what is learnt in two runs, the second
going on from the state of the first, is what one run learns, to the last bit.
"""

from datetime import datetime
from math import log
from typing import Any, NamedTuple

from msgspec import Struct

from domain.events import Transaction
from domain.hot import Habits, dump, load, measure, start
from domain.instants import from_ms, span_ms, to_ms
from domain.risk_binning import Binning
from domain.risk_features import Values
from domain.risk_habits import MEASURED, MEMORY_MS
from domain.risk_scoring import Scorer
from domain.tables import ModelCard, RiskModel, TerminalRisk
from learning.published import TableError
from learning.risk.agenda import Agenda, AgendaState, Refresh
from learning.risk.drift import Alarm
from learning.risk.labels import Label
from learning.risk.lessons import Lessons, LessonsState
from learning.risk.publishing import check_time, risk_model, terminal_risk
from learning.risk.settings import DAY, Settings

# How many of the latest uses say what is ordinary.
_ORDINARY_OF = 10_000


class Seen(NamedTuple):
    """A use as the learner saw it: values and bins of its features, and its score by the model in force."""

    values: Values
    bins: tuple[int, ...]
    score: float | None


class InForce(Struct, frozen=True, array_like=True):
    """The weights that uses are scored by since `since_ms`, learnt in so many `steps`."""

    since_ms: int
    steps: int
    intercept: float
    weights: dict[str, float]


class UseCounts(Struct):
    """How many uses were `seen`, came again, or named no customer; and how many customers were too many."""

    seen: int = 0
    without_customer: int = 0
    repeated: int = 0
    customers_dropped: int = 0


class LearnerState(Struct):
    """A learner as plain values; only learners of the same settings go on from it.

    `first_ms` and `last_ms` are the times of the first and the latest use, `now_ms` is how far time has come.
    """

    settings: Settings
    first_ms: int
    last_ms: int
    now_ms: int
    counts: UseCounts
    agenda: AgendaState
    customers: dict[str, list[Any]]
    lessons: LessonsState
    in_force: InForce | None


class Learner:
    """Learns from uses in the order of their time, and from labels, told before their own time or after it.

    Uses of other types than `domain.risk_habits.MEASURED`, or without a customer, are none of its business.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        """Begin with nothing learnt."""
        self.settings = settings = settings or Settings()
        self.counts = UseCounts()
        self.lessons = Lessons(settings)
        every = span_ms(settings.terminals_every), span_ms(settings.model_every), span_ms(DAY)
        self._agenda = Agenda(every)
        self._customers: dict[str, Habits] = {}
        self._bins = Binning(settings.features).bins
        self._in_force: InForce | None = None
        self._scorer: Scorer | None = None
        chance = settings.alert_probability
        self._alert_score = log(chance / (1 - chance))
        self._first_ms = self._last_ms = self._now_ms = 0

    @property
    def now_ms(self) -> int:
        """How far time has come, by uses and by what was published; 0 before the first."""
        return self._now_ms

    @property
    def alarms(self) -> list[Alarm]:
        """The last alarms of drift, oldest first."""
        return self.lessons.drift.alarms

    def see(self, event: Transaction) -> Seen | None:
        """Take in a use of a card, and give how it was seen; None for one not measured, or seen before."""
        if event.type not in MEASURED:
            return None
        if event.customer is None:
            self.counts.without_customer += 1
            return None
        if event.event_id in self.lessons.kept:
            self.counts.repeated += 1
            return None
        at_ms = event.at_ms
        if at_ms > self._last_ms:
            self._last_ms = at_ms
        if at_ms > self._now_ms:
            self._now_ms = at_ms
        if self._agenda.due_ms <= self._now_ms or self.lessons.kept.due_ms <= self._now_ms:
            self._catch_up()
        habits = self._customers.get(event.customer)
        if habits is None:
            habits = self._customers[event.customer] = start()
        terminal = event.terminal or ""
        values = measure(habits, event, self.lessons.terminals.in_force.get(terminal))
        bins = self._bins(values)
        score = None if self._scorer is None else self._scorer.score(bins)
        self._keep(event, terminal, bins, score)
        return Seen(values, bins, score)

    def told(self, label: Label) -> None:
        """Take in a label; it is honoured from its own `at` on, or at once when that has passed."""
        self._agenda.tell(label)

    def publish_model(self, effective_at: datetime) -> RiskModel:
        """Give the model as learnt from what is known until `effective_at`, from when on it is in force.

        Its calibration is of scores by the models that were in force when they were made.
        Raises TableError when `effective_at` does not lie behind every event, or nothing was learnt.
        """
        effective_ms = self._arrive(effective_at)
        known = self.lessons.counts
        if not known.learnt_frauds or not known.learnt_genuine:
            raise TableError(
                f"{known.learnt_frauds} frauds and {known.learnt_genuine} genuine uses were learnt, and some "
                "of both are needed; give labels known by then, or a time after which silence confirms"
            )
        figures, reliability = self.lessons.figures()
        card = ModelCard(
            learnt_from=from_ms(self._first_ms),
            learnt_until=from_ms(self._last_ms),
            transactions=self.counts.seen,
            frauds=known.frauds,
            genuine=known.genuine,
            settings=self.settings.said(),
            figures=figures,
            reliability=reliability,
        )
        weights = self.lessons.regression.weights()
        calibration = self.lessons.judging.calibration()
        ordinary = self.lessons.kept.commonest_bins(_ORDINARY_OF)
        return risk_model(self.settings, effective_ms, weights, calibration, card, ordinary)

    def publish_terminals(self, effective_at: datetime) -> TerminalRisk:
        """Give what is known of terminals until `effective_at`, from when on it is in force.

        Raises TableError when `effective_at` does not lie behind every event.
        """
        return terminal_risk(self._arrive(effective_at), self.lessons.terminals.records())

    def dump(self) -> LearnerState:
        """Give all that is known as plain values; they are the learner's own: write them before going on."""
        return LearnerState(
            settings=self.settings,
            first_ms=self._first_ms,
            last_ms=self._last_ms,
            now_ms=self._now_ms,
            counts=self.counts,
            agenda=self._agenda.dump(),
            customers={name: list(dump(habits)) for name, habits in self._customers.items()},
            lessons=self.lessons.dump(),
            in_force=self._in_force,
        )

    @classmethod
    def load(cls, state: LearnerState) -> "Learner":
        """Go on from what `dump` gave, with the settings of then."""
        learner = cls(state.settings)
        learner._first_ms, learner._last_ms, learner._now_ms = state.first_ms, state.last_ms, state.now_ms
        learner.counts = state.counts
        learner._agenda.load(state.agenda)
        learner._customers = {name: load(numbers) for name, numbers in state.customers.items()}
        learner.lessons.load(state.lessons)
        if state.in_force is not None:
            learner._put_in_force(state.in_force)
        return learner

    def _arrive(self, effective_at: datetime) -> int:
        """Let time come to when a table is to be in force; give it in milliseconds."""
        if effective_at.tzinfo is None:
            raise TableError("effective_at has no time zone; write an offset such as +08:00")
        effective_ms = to_ms(effective_at)
        check_time(effective_ms, self._last_ms)
        self._now_ms = max(self._now_ms, effective_ms)
        self._catch_up()
        return effective_ms

    def _keep(self, event: Transaction, terminal: str, bins: tuple[int, ...], score: float | None) -> None:
        at_ms = event.at_ms
        if not self.counts.seen:
            self._first_ms = at_ms
            self._agenda.begin(at_ms)
        self.counts.seen += 1
        self.lessons.kept.add(event.event_id, at_ms, score, bytes(bins), event.card, terminal)
        if score is not None and at_ms >= self.lessons.watched_from_ms:
            self.lessons.drift.use(at_ms, alert=score >= self._alert_score)
        # A label may be there before its event.
        if event.event_id in self.lessons.book:
            self.lessons.settle(event.event_id, self._now_ms)

    def _catch_up(self) -> None:
        """Do what is due by now, in the order of time; of one moment, labels and refreshes come first."""
        agenda, lessons, kept = self._agenda, self.lessons, self.lessons.kept
        while True:
            due_ms = agenda.due_ms
            if kept.due_ms < due_ms:
                due_ms = kept.due_ms
                if due_ms > self._now_ms:
                    return
                silent = kept.come_due()
                if silent is not None:
                    lessons.settle(silent, int(due_ms))
                continue
            if due_ms > self._now_ms:
                return
            due = agenda.take()
            if not isinstance(due, Refresh):  # nearly always
                lessons.hear(due, int(due_ms))
                continue
            match due:
                case Refresh.TERMINALS:
                    lessons.terminals.refresh()
                case Refresh.MODEL:
                    self._refresh_model(int(due_ms))
                case Refresh.DAY:
                    self._end_day(int(due_ms))

    def _refresh_model(self, at_ms: int) -> None:
        """Score by what is known now, once there is any, and unless that has not changed."""
        known, steps = self.lessons.counts, self.lessons.regression.steps
        learnt = known.learnt_frauds and known.learnt_genuine
        if learnt and self._in_force is None:
            self.lessons.watched_from_ms = at_ms + span_ms(self.settings.watch_after)
        if learnt and (self._in_force is None or self._in_force.steps != steps):
            self._put_in_force(InForce(at_ms, steps, *self.lessons.regression.weights()))

    def _put_in_force(self, in_force: InForce) -> None:
        self._in_force = in_force
        at = from_ms(in_force.since_ms)
        nobody = ModelCard(
            learnt_from=at, learnt_until=at, transactions=0, frauds=0, genuine=0, settings={}, figures={}
        )
        weights = in_force.intercept, in_force.weights
        self._scorer = Scorer(risk_model(self.settings, in_force.since_ms, weights, (), nobody))

    def _end_day(self, now_ms: int) -> None:
        self.lessons.end_day(now_ms)
        silent = [name for name, habits in self._customers.items() if now_ms - habits.last_ms > MEMORY_MS]
        for name in silent:
            del self._customers[name]
        too_many = len(self._customers) - self.settings.most_customers
        if too_many > 0:
            oldest = sorted((habits.last_ms, name) for name, habits in self._customers.items())
            for _, name in oldest[:too_many]:
                del self._customers[name]
            self.counts.customers_dropped += too_many
