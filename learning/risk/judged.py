"""Labelled scores of late: what the model of then made of transactions before anybody knew."""

from collections import OrderedDict
from collections.abc import Sequence

from msgspec import Struct

from learning.risk.calibration import (
    LEAST_EACH,
    Errors,
    calibrated,
    errors,
    isotonic,
    reliability,
)
from learning.risk.quality import CardScore, auc, average_precision, card_precision

_DAY_MS = 86_400_000
_LIST = 100


class Judged(Struct, array_like=True, frozen=True, gc=False):
    """A use of `card` at `at_ms`: its score of then, its label, and how many of its like that stands for."""

    at_ms: int
    card: str
    score: float
    fraud: bool
    weight: float


class Judging:
    """Keeps the last `most` labelled scores by the transaction; a label that changes is put right."""

    def __init__(self, most: int) -> None:
        """Begin with none."""
        self._most = most
        self._judged: OrderedDict[str, Judged] = OrderedDict()

    def __len__(self) -> int:
        """Count them."""
        return len(self._judged)

    def add(self, event_id: str, judged: Judged) -> None:
        """Take in a labelled score, or its new label."""
        self._judged[event_id] = judged
        if len(self._judged) > self._most:
            self._judged.popitem(last=False)

    def take_out(self, event_id: str) -> None:
        """Forget a score whose label was taken back."""
        self._judged.pop(event_id, None)

    def calibration(self) -> tuple[tuple[float, float], ...]:
        """Give the rising points from score to probability; () for too few labels."""
        return isotonic(self._judged.values())

    def figures(self) -> tuple[dict[str, float], tuple[tuple[float, float, int], ...]]:
        """Give the figures of a model card and its reliability; nothing of either for too few labels.

        Ranking is of all labelled scores. `brier`, `log_loss` and `expected_calibration_error` (see
        calibration.Errors), and the reliability, are of the later half of them in time, with a calibration
        learnt from the earlier half: no label has a part in what it is compared with.
        `brier_before_calibration` is that of the same half by the logistic function of the scores.
        """
        judged = sorted(self._judged.values(), key=_when)
        frauds = [one.fraud for one in judged]
        if min(sum(frauds), len(frauds) - sum(frauds)) < LEAST_EACH:
            return {}, ()
        scores = [one.score for one in judged]
        uses = (CardScore(one.at_ms // _DAY_MS, one.card, one.score, one.fraud) for one in judged)
        ranking = {
            "labelled_scores": float(len(judged)),
            "share_of_fraud": sum(frauds) / len(frauds),
            "auc": auc(scores, frauds),
            "average_precision": average_precision(scores, frauds),
            f"card_precision_at_{_LIST}": card_precision(uses, _LIST),
        }
        half = len(judged) // 2
        points = isotonic(judged[:half])
        later, later_frauds = scores[half:], frauds[half:]
        probabilities = calibrated(later, points)
        told = {
            **ranking,
            **_named(errors(probabilities, later_frauds)),
            "brier_before_calibration": errors(calibrated(later, ()), later_frauds).brier,
        }
        return {name: round(value, 6) for name, value in told.items()}, reliability(
            probabilities, later_frauds
        )

    def dump(self) -> list[tuple[str, Judged]]:
        """Give them as plain values."""
        return list(self._judged.items())

    def load(self, state: Sequence[tuple[str, Judged]]) -> None:
        """Go on from what `dump` gave."""
        self._judged = OrderedDict(state)


def _when(judged: Judged) -> tuple[int, str, float]:
    return judged.at_ms, judged.card, judged.score


def _named(found: Errors) -> dict[str, float]:
    return {
        "brier": found.brier,
        "log_loss": found.log_loss,
        "expected_calibration_error": found.expected,
    }
