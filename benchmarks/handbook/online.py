"""One pass over the stream, as the product would live through it: score, wait for labels, learn, publish.

What is counted as CPU is all that comes after a row has become a transaction: telling labels (as events of
their own), computing features, scoring, keeping what waits for its label, learning, publishing weights and
terminals, and making published weights ready. Reading the file is not counted, nor are figures at the end.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import islice
from time import process_time
from typing import NamedTuple

from benchmarks.handbook.frozen import FrozenWeek
from benchmarks.handbook.scored import Scored
from benchmarks.handbook.telling import Telling
from benchmarks.handbook.uses import Use
from domain.instants import from_ms, span_ms
from domain.risk_scoring import Scorer
from learning.published import TableError
from learning.risk.learner import Learner

_BLOCK = 10_000


class Spent(NamedTuple):
    """How many events ran, the CPU seconds they took, and how many tables of each kind were published."""

    events: int
    cpu_s: float
    models: int
    terminals: int


class Online:
    """The learner, beside the scorer that is fed by what it publishes, from the first event to the last."""

    def __init__(
        self,
        learner: Learner,
        telling: Telling,
        scored: Scored,
        *,
        frozen: FrozenWeek | None = None,
        models_every: timedelta = timedelta(days=7),
    ) -> None:
        """Begin before the first event.

        Weights and terminals are new as often as the learner's settings say. A whole model, with the
        calibration that makes a score a probability, is published every `models_every`. With `frozen`,
        scores are by the weights of that week instead.
        """
        self._learner, self._telling, self._scored, self._frozen = learner, telling, scored, frozen
        weights_ms, terminals_ms = map(
            span_ms, (learner.settings.model_every, learner.settings.terminals_every)
        )
        self._tasks: tuple[tuple[int, Callable[[int], None]], ...] = (
            (min(weights_ms, terminals_ms), self._tell),
            (terminals_ms, self._publish_terminals),
            (span_ms(models_every), self._publish_model),
        )
        self._next_ms: list[int] = []
        self._due_ms = 0
        self._scorer: Scorer | None = None
        self._models = self._terminals = 0

    def run(self, uses: Iterable[Use]) -> Spent:
        """Let all events pass, in order of time."""
        stream = iter(uses)
        events, cpu_s = 0, 0.0
        while block := list(islice(stream, _BLOCK)):
            started = process_time()
            for use in block:
                self._pass(use)
            cpu_s += process_time() - started
            events += len(block)
        return Spent(events, cpu_s, self._models, self._terminals)

    def _pass(self, use: Use) -> None:
        event = use.event
        while self._due_ms <= event.at_ms:
            self._arrive(event.at_ms)
        seen = self._learner.see(event)
        if seen is None:
            raise ValueError(f"use {event.event_id} is of a type that the learned score does not measure")
        score, scorer = seen.score, self._scorer
        if self._frozen is not None:
            self._frozen.add(use, seen.bins)
            scorer = self._frozen.scorer(event.at_ms)
            score = None if scorer is None else scorer.score(seen.bins)
        probability = None if scorer is None or score is None else scorer.probability(score)
        self._telling.add(use, score)
        self._scored.add(use, score, probability)

    def _arrive(self, at_ms: int) -> None:
        """Do what is due next, at the whole multiples of its time, and find out what is due then."""
        if not self._next_ms:
            self._next_ms = [(at_ms // every_ms + 1) * every_ms for every_ms, _ in self._tasks]
        else:
            for number, (every_ms, do) in enumerate(self._tasks):
                if self._next_ms[number] == self._due_ms:
                    do(self._due_ms)
                    self._next_ms[number] += every_ms
        self._due_ms = min(self._next_ms)

    def _tell(self, due_ms: int) -> None:
        """Tell the labels that became known."""
        for label in self._telling.known(due_ms):
            self._learner.told(label)

    def _publish_terminals(self, due_ms: int) -> None:
        self._learner.publish_terminals(from_ms(due_ms))
        self._terminals += 1

    def _publish_model(self, due_ms: int) -> None:
        try:
            model = self._learner.publish_model(from_ms(due_ms))
        except TableError:  # nothing was learnt so far
            return
        self._scorer = Scorer(model)
        self._models += 1
