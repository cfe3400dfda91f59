"""The weights: a logistic regression of River's over one-hot bins and crosses, kept as plain numbers.

One model learns what the desk says and what comes late alike. Two, one for each and averaged, were measured
to be no better on a public simulation (average precision 0.736 against 0.737); what does matter is that late
labels of transactions that nobody alerted on arrive at all.

A label that is corrected cannot be unlearnt: its step depended on the weights of then, and AdaGrad's sums of
squares have no way back. The right one is learnt instead, which pulls the same weights the other way;
what was learnt once and corrected once leaves a trace of the order of one step.
"""

from collections.abc import Sequence
from math import isfinite, log
from typing import Any

from msgspec import Struct
from river import linear_model, optim
from river.utils import VectorDict

from domain.risk_binning import Binning
from domain.risk_features import position
from learning.risk.settings import Settings


class RegressionState(Struct):
    """The regression as plain numbers: weights and sums of squared gradients by `feature:bin`."""

    intercept: float
    weights: dict[str, float]
    squares: dict[str, float]
    steps: int


class _AdaGrad(optim.AdaGrad):
    """River's, to the last bit; it asks for the rate once a step, and not once a feature."""

    def _step_with_dict(self, w: Any, g: Any) -> Any:
        rate, eps, squares = self.learning_rate, self.eps, self.g2
        for key, slope in g.items():
            squares[key] = total = squares[key] + slope**2
            w[key] -= rate / (total + eps) ** 0.5 * slope
        return w


class Regression:
    """A logistic regression that learns one labelled transaction after the other."""

    def __init__(self, settings: Settings) -> None:
        """Begin with weights of nothing."""
        self._adagrad = _AdaGrad(settings.rate) if settings.optimiser == "adagrad" else None
        self._model = linear_model.LogisticRegression(
            self._adagrad or optim.SGD(settings.rate), intercept_lr=settings.intercept_rate
        )
        # Genuine ones were left out: at the same features, the odds of fraud are smaller by so much.
        self._left_out = log(settings.keep_genuine)
        sizes = Binning(settings.features).sizes()
        places = {feature.name: position(feature.name) for feature in settings.features}
        self._names = [
            (place, [f"{name}:{number}" for number in range(sizes[place])]) for name, place in places.items()
        ]
        names = dict(self._names)
        self._crosses = [
            (names[places[one]], places[one], names[places[other]], places[other])
            for one, other in settings.crosses
        ]

    @property
    def steps(self) -> int:
        """Count what was learnt."""
        return int(self._model.optimizer.n_iterations)

    def learn(self, bins: Sequence[int], *, fraud: bool, weight: float = 1.0) -> None:
        """Learn one transaction by its bins, in the order of domain.risk_features.NAMES."""
        keys = [names[bins[place]] for place, names in self._names]
        keys += [f"{one[bins[i]]}|{other[bins[j]]}" for one, i, other, j in self._crosses]
        self._model.learn_one(dict.fromkeys(keys, 1.0), fraud, w=weight)

    def fade(self, share: float) -> None:
        """Let only a share of what was learnt so far make AdaGrad's steps smaller."""
        if self._adagrad is not None:
            squares = self._adagrad.g2
            for key in squares:
                squares[key] *= share

    def weights(self) -> tuple[float, dict[str, float]]:
        """Give intercept and weights as they are published: of the true odds, to six digits."""
        weights = {key: round(weight, 6) for key, weight in sorted(self._model.weights.items())}
        intercept = round(self._model.intercept + self._left_out, 6)
        if not all(map(isfinite, (intercept, *weights.values()))):
            raise ArithmeticError(
                "a weight is no number; the learner's state is spoilt, begin with an older one"
            )
        return intercept, {key: weight for key, weight in weights.items() if weight}

    def dump(self) -> RegressionState:
        """Give the regression as plain numbers."""
        squares = {} if self._adagrad is None else {str(key): sum_ for key, sum_ in self._adagrad.g2.items()}
        return RegressionState(self._model.intercept, self._model.weights, squares, self.steps)

    def load(self, state: RegressionState) -> None:
        """Go on from what `dump` gave: the same labels then give the same weights, to the last bit."""
        self._model.intercept = state.intercept
        self._model._weights = VectorDict(state.weights)
        self._model.optimizer.n_iterations = state.steps
        if self._adagrad is not None:
            self._adagrad.g2.update(state.squares)
