"""Weights of one training week, then frozen: what the handbook's own models have to live with.

The learner goes on being told of terminals, as the handbook's features are; the weights come from the uses of
the seven days before a day alone, learnt once in their order, and are in force from the end of the delay on.
"""

from collections.abc import Sequence

from benchmarks.handbook.protocol import DELAY_DAYS, WEEK_DAYS
from benchmarks.handbook.uses import DAY_MS, Use
from domain.instants import from_ms
from domain.risk_scoring import Scorer, audited
from domain.tables import ModelCard
from learning.risk.publishing import risk_model
from learning.risk.regression import Regression
from learning.risk.settings import Settings


class FrozenWeek:
    """Learns the week before a day, and gives its scorer once all labels of that week are known."""

    def __init__(self, day: int, settings: Settings | None = None) -> None:
        """Learn the seven days before `day` (since 1970)."""
        self._settings = settings or Settings()
        self._first_ms, self._last_ms = (day - WEEK_DAYS) * DAY_MS, day * DAY_MS
        self._known_ms = self._last_ms + DELAY_DAYS * DAY_MS
        self._regression = Regression(self._settings)
        self._frauds = self._genuine = 0
        self._scorer: Scorer | None = None

    def add(self, use: Use, bins: Sequence[int]) -> None:
        """Learn a use of the week: every fraud, and the share of the others that the settings say."""
        at_ms = use.event.at_ms
        if not self._first_ms <= at_ms < self._last_ms:
            return
        if use.fraud or audited(use.event.event_id, self._settings.keep_genuine, self._settings.seed):
            self._regression.learn(bins, fraud=use.fraud)
            self._frauds += use.fraud
            self._genuine += not use.fraud

    def scorer(self, at_ms: int) -> Scorer | None:
        """Give the scorer in force at a moment, None before the labels of the week are known."""
        if at_ms < self._known_ms:
            return None
        if self._scorer is None:
            card = ModelCard(
                learnt_from=from_ms(self._first_ms),
                learnt_until=from_ms(self._last_ms),
                transactions=self._frauds + self._genuine,
                frauds=self._frauds,
                genuine=self._genuine,
                settings=self._settings.said(),
                figures={},
            )
            weights = self._regression.weights()
            self._scorer = Scorer(risk_model(self._settings, self._known_ms, weights, (), card))
        return self._scorer
