"""What labels teach: each that stands, changes or is taken back is put to weights, terminals and figures.

Weights learn every fraud and a share of the genuine uses, drawn by a hash of the event's id. A label that
changes is learnt anew whatever the draw says (regression.py says why it is not unlearnt); what is counted of
terminals and kept for the figures is put right exactly.
"""

from msgspec import Struct

from domain.instants import span_ms
from domain.risk_scoring import audited
from learning.risk.calibration import logistic, loss
from learning.risk.drift import DriftState, DriftWatch
from learning.risk.judged import Judged, Judging
from learning.risk.kept import Kept, KeptState, KeptTransactions
from learning.risk.labels import BookState, Label, LabelBook, Standing
from learning.risk.regression import Regression, RegressionState
from learning.risk.settings import Settings
from learning.risk.terminals import Terminals, TerminalsState

# A use that was drawn for review stands for so many others at most: larger steps of the weights would leap.
_MOST_WEIGHT = 100.0
# Later than any event.
_NOT_YET_MS = 2**62


class Counts(Struct):
    """What came of labels.

    `frauds` and `genuine` stand now, and of the latter so many were `silent`: confirmed by nobody's word.
    `corrected` changed, `withdrawn` were taken back, `unseen` are of transactions that are not held.
    `learnt_frauds` and `learnt_genuine` are steps of the weights.
    """

    frauds: int = 0
    genuine: int = 0
    silent: int = 0
    corrected: int = 0
    withdrawn: int = 0
    unseen: int = 0
    learnt_frauds: int = 0
    learnt_genuine: int = 0


class LessonsState(Struct):
    """All that labels taught, and what waits for them, as plain values."""

    counts: Counts
    book: BookState
    kept: KeptState
    terminals: TerminalsState
    regression: RegressionState
    judged: list[tuple[str, Judged]]
    drift: DriftState
    watched_from_ms: int


class Lessons:
    """Holds what waits for labels, and what was learnt from them."""

    def __init__(self, settings: Settings) -> None:
        """Begin with nothing learnt."""
        self._settings = settings
        self._confirm_ms = None if settings.confirm_after is None else span_ms(settings.confirm_after)
        remember_ms = span_ms(settings.remember)
        self.counts = Counts()
        self.book = LabelBook(remember_ms, settings.most_kept)
        self.kept = KeptTransactions(remember_ms, self._confirm_ms, settings.most_kept)
        self.terminals = Terminals(span_ms(settings.terminal_memory), settings.most_terminals)
        self.regression = Regression(settings)
        self.judging = Judging(settings.most_judged)
        self.drift = DriftWatch()
        # Whether some genuine ones are known because they were drawn for review.
        self._draws = settings.audit_share > 0 and self._confirm_ms is None
        # Uses from then on are watched for drift.
        self.watched_from_ms = _NOT_YET_MS

    def hear(self, label: Label, now_ms: int) -> None:
        """Take in a label whose time has come."""
        about = self.book.hear(label)
        if about is None:
            return
        if about in self.kept:
            self.settle(about, now_ms)
        else:
            self.counts.unseen += 1

    def settle(self, event_id: str, now_ms: int) -> None:
        """Learn what is held of a transaction at `now_ms`, where that is not what was held before."""
        kept = self.kept.get(event_id)
        if kept is None:
            return
        standing = self.book.standing(event_id)
        silent = self._confirm_ms is not None and kept.at_ms + self._confirm_ms <= now_ms
        fraud = standing.fraud if standing else False if silent else None
        if fraud is kept.fraud:
            return
        self.kept.relabel(event_id, fraud)
        if kept.fraud is not None:
            self._take_back(event_id, kept, withdrawn=fraud is None)
        if fraud is not None:
            self._count(kept, fraud=fraud, silent=standing is None)
            weight = self._weight(event_id, kept, standing) if self._draws else 1.0
            if kept.score is not None:
                judged = Judged(kept.at_ms, kept.card, kept.score, fraud, weight)
                self.judging.add(event_id, judged)
                if kept.fraud is None and kept.at_ms >= self.watched_from_ms:
                    self.drift.label(loss(logistic(kept.score), fraud=fraud), now_ms, fraud=fraud)
            self._learn(event_id, kept, fraud=fraud, weight=weight)

    def end_day(self, now_ms: int) -> None:
        """Forget what is past its time."""
        self.book.expire(now_ms)
        self.terminals.sweep(now_ms)
        if self._settings.fading < 1:
            self.regression.fade(self._settings.fading)

    def figures(self) -> tuple[dict[str, float], tuple[tuple[float, float, int], ...]]:
        """Give the figures of a model card, and its reliability."""
        figures, reliability = self.judging.figures()
        alarms = self.drift.alarms
        counted: dict[str, int] = {
            **{f"labels_{name}": getattr(self.counts, name) for name in self.counts.__struct_fields__},
            **{
                f"told_{name}": getattr(self.book.counts, name) for name in self.book.counts.__struct_fields__
            },
            "waiting_dropped": self.kept.dropped,
            "terminals_dropped": self.terminals.forgotten,
            "drift_alarms": self.drift.total,
            **({"last_drift_at_ms": alarms[-1].at_ms} if alarms else {}),
        }
        return {**figures, **{name: float(count) for name, count in counted.items()}}, reliability

    def dump(self) -> LessonsState:
        """Give all as plain values."""
        return LessonsState(
            counts=self.counts,
            book=self.book.dump(),
            kept=self.kept.dump(),
            terminals=self.terminals.dump(),
            regression=self.regression.dump(),
            judged=self.judging.dump(),
            drift=self.drift.dump(),
            watched_from_ms=self.watched_from_ms,
        )

    def load(self, state: LessonsState) -> None:
        """Go on from what `dump` gave."""
        self.counts = state.counts
        self.book.load(state.book)
        self.kept.load(state.kept)
        self.terminals.load(state.terminals)
        self.regression.load(state.regression)
        self.judging.load(state.judged)
        self.drift.load(state.drift)
        self.watched_from_ms = state.watched_from_ms

    def _take_back(self, event_id: str, kept: Kept, *, withdrawn: bool) -> None:
        """Undo what a label that does not hold any more was counted for."""
        was_fraud = bool(kept.fraud)
        if was_fraud:
            self.counts.frauds -= 1
        else:
            self.counts.genuine -= 1
        if kept.terminal:
            self.terminals.take_out(kept.terminal, kept.at_ms, fraud=was_fraud)
        if withdrawn:
            self.counts.withdrawn += 1
            self.judging.take_out(event_id)
        else:
            self.counts.corrected += 1

    def _count(self, kept: Kept, *, fraud: bool, silent: bool) -> None:
        if fraud:
            self.counts.frauds += 1
        else:
            self.counts.genuine += 1
            self.counts.silent += silent
        if kept.terminal:
            self.terminals.learn(kept.terminal, kept.at_ms, fraud=fraud)

    def _learn(self, event_id: str, kept: Kept, *, fraud: bool, weight: float) -> None:
        settings = self._settings
        if fraud:
            self.counts.learnt_frauds += 1
        elif weight > 1:
            # Drawn for review once, it is not drawn again: it stands for what the draw would have taken.
            weight *= settings.keep_genuine
            self.counts.learnt_genuine += 1
        elif kept.fraud is not None or audited(event_id, settings.keep_genuine, settings.seed):
            self.counts.learnt_genuine += 1
        else:
            return
        self.regression.learn(kept.bins, fraud=fraud, weight=weight)

    def _weight(self, event_id: str, kept: Kept, standing: Standing | None) -> float:
        """Give how many uses a label stands for.

        What the desk reviews is mostly what scored high. Where silence is never taken for genuine, the few
        others that it reviews were drawn at random, and stand for all of theirs: one by its propensity.
        """
        settings = self._settings
        drawn = (
            standing is not None
            and standing == Standing(fraud=False, source="desk")
            and (kept.score is None or logistic(kept.score) < settings.alert_probability)
            and audited(event_id, settings.audit_share, settings.audit_seed)
        )
        return min(_MOST_WEIGHT, 1 / settings.audit_share) if drawn else 1.0
