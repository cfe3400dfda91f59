"""From features to a probability by a published model, and back to the features that made it so."""

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from math import exp, inf, isfinite
from operator import getitem, sub
from typing import NamedTuple

from domain.hot import Adder
from domain.risk_binning import Binning
from domain.risk_features import CATALOGUE, NAMES, Values, position
from domain.risk_sums import Cross
from domain.tables import RiskModel

# Where the logistic function is as good as 0 or 1.
_MOST_SCORE = 40.0


class ModelError(ValueError):
    """What is wrong with a risk model, and what is allowed."""


class Contribution(NamedTuple):
    """What one feature adds to an ordinary use's score: its own weight, and half of each pair's it is in.

    An ordinary use has every feature in its commonest bin, as the model says; what is the same for every use
    adds nothing.
    """

    name: str
    value: float | None
    weight: float

    @property
    def words(self) -> str:
        """The feature's value, as a part of a sentence."""
        return CATALOGUE[position(self.name)].said(self.value)


class Scorer:
    """A risk model made ready: lists by bin, so that no text is touched for an event."""

    __slots__ = (
        "_crosses",
        "_intercept",
        "_ordinary",
        "_points",
        "_scores",
        "_weights",
        "bins",
        "score",
        "version",
    )

    def __init__(self, model: RiskModel) -> None:
        """Make a model ready. Raises ModelError when it cannot be meant."""
        self.version = model.version
        try:
            binning = Binning(model.features)
            sizes = binning.sizes()
            reader = _WeightKeys(model, sizes)
            self._weights = [[0.0] * size for size in sizes]
            nothing = [[0.0] * size for size in sizes]
            crosses = {
                (position(one), position(other)): [nothing[position(other)]] * sizes[position(one)]
                for one, other in model.crosses
            }
            for key, weight in model.weights.items():
                _finite(weight, f"the weight of {key!r}")
                places, bins = reader.read(key)
                if len(places) == 1:
                    self._weights[places[0]][bins[0]] = weight
                else:
                    rows = crosses[places[0], places[1]]
                    if rows[bins[0]] is nothing[places[1]]:  # most rows of most pairs stay empty, and are one
                        rows[bins[0]] = nothing[places[1]].copy()
                    rows[bins[0]][bins[1]] = weight
            self._crosses: list[Cross] = [(one, other, rows) for (one, other), rows in crosses.items()]
            self._intercept = _finite(model.intercept, "the intercept")
            self._points = _rising(model.calibration)
            ordinary = reader.ordinary(model)
        except ValueError as error:
            raise ModelError(f"risk model {model.version}: {error}") from None
        self._scores = [score for score, _ in self._points]
        # Each feature's part in the score of an ordinary use.
        self._ordinary = [0.0] * len(NAMES) if ordinary is None else self._parts(ordinary)
        # Gives the bin of each value, in the order of NAMES.
        self.bins = binning.bins
        # Gives the score of a use by its bins: log odds, as far as the model is right.
        self.score = Adder(self._intercept, self._weights, self._crosses)

    def probability(self, score: float) -> float:
        """Give the calibrated probability of a score; a higher score never has a lower one."""
        points = self._points
        if not points:
            return 1 / (1 + exp(-min(max(score, -_MOST_SCORE), _MOST_SCORE)))
        above = bisect_right(self._scores, score)
        if above == 0:
            return points[0][1]
        if above == len(points):
            return points[-1][1]
        (low, least), (high, most) = points[above - 1], points[above]
        return min(most, least + (most - least) * ((score - low) / (high - low)))

    def surely_below(self, probability: float) -> float:
        """Give a score up to which each has a lower probability than this; nobody need work it out then."""
        lower = [score for score, known in self._points if known < probability]
        return lower[-1] if lower else -inf

    @property
    def ordinary_score(self) -> float:
        """The score of an ordinary use; the intercept where the model says nothing of what is ordinary."""
        return sum(self._ordinary, self._intercept)

    def contributions(self, values: Values, bins: Sequence[int]) -> list[Contribution]:
        """Give what each feature adds to the ordinary score, the largest first; together it is the score."""
        added = map(sub, self._parts(bins), self._ordinary)
        return sorted(map(Contribution, NAMES, values, added), key=lambda one: -one.weight)

    def reasons(self, values: Values, bins: Sequence[int], most: int) -> list[Contribution]:
        """Give the known features that raise the score most, at most so many; not to know is no reason."""
        raising = [
            one for one in self.contributions(values, bins) if one.value is not None and one.weight > 0
        ]
        return raising[:most]

    def _parts(self, bins: Sequence[int]) -> list[float]:
        """Give each feature's part in the score: its own weight, and half of each pair's that it is in."""
        parts = list(map(getitem, self._weights, bins))
        for one, other, rows in self._crosses:
            half = rows[bins[one]][bins[other]] / 2
            parts[one] += half
            parts[other] += half
        return parts


def audited(event_id: str, share: float, seed: int) -> bool:
    """Draw whether a use is in a random sample of a share of all, always the same for the same use."""
    drawing = _drawing(seed).copy()
    drawing.update(event_id.encode())
    return int.from_bytes(drawing.digest()) < share * 2**64


@lru_cache(maxsize=16)  # taking the key in costs as much as the rest
def _drawing(seed: int) -> blake2b:
    return blake2b(digest_size=8, key=seed.to_bytes(8))


class _WeightKeys:
    """Reads `feature:bin` and `feature:bin|feature:bin`."""

    def __init__(self, model: RiskModel, sizes: tuple[int, ...]) -> None:
        self._features = {feature.name for feature in model.features}
        self._crosses = set(model.crosses)
        self._sizes = sizes
        for name in sorted({name for cross in model.crosses for name in cross} - self._features):
            raise ValueError(f"the pairs name {name!r}, and the features do not")

    def read(self, key: str) -> tuple[list[int], list[int]]:
        """Give the places among NAMES, and the bins, of one feature or of a pair. Raises ValueError."""
        names, places, bins = [], [], []
        for part in key.split("|"):
            name, _, number = part.rpartition(":")
            place = position(name)
            if name not in self._features:
                raise ValueError(f"there is a weight of {key!r}, and the features do not name {name!r}")
            if not (number.isdecimal() and int(number) < self._sizes[place]):
                raise ValueError(f"weight {key!r}: the bins of {name!r} are 0 to {self._sizes[place] - 1}")
            names.append(name)
            places.append(place)
            bins.append(int(number))
        if len(names) > 1 and tuple(names) not in self._crosses:
            raise ValueError(f"there is a weight of {key!r}, and the pairs do not name {' and '.join(names)}")
        return places, bins

    def ordinary(self, model: RiskModel) -> list[int] | None:
        """Give the bin of each of NAMES in an ordinary use, None where nothing is said. Raises ValueError."""
        if not model.ordinary:
            return None
        for name in sorted(self._features ^ model.ordinary.keys()):
            raise ValueError(f"what is ordinary should be said of all features or of none; see {name!r}")
        bins = [0] * len(NAMES)
        for name, number in model.ordinary.items():
            [place], [bins[place]] = self.read(f"{name}:{number}")
        return bins


def _finite(number: float, what: str) -> float:
    if not isfinite(number):
        raise ValueError(f"{what} is {number}; it must be a finite number")
    return number


def _rising(calibration: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    for score, probability in calibration:
        _finite(score, "a score of the calibration")
        if not 0 <= probability <= 1:
            raise ValueError(f"the calibration says probability {probability}; 0 to 1 is allowed")
    for (low, least), (high, most) in pairwise(calibration):
        if low >= high or least > most:
            raise ValueError(
                f"the calibration must rise, and from score {low} to {high} goes from {least} to {most}"
            )
    return tuple(calibration)
