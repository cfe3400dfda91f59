"""Sorts the values of a use's features into their bins."""

from collections.abc import Iterable
from itertools import pairwise

from domain.hot import Sorter
from domain.risk_features import FEATURES, NAMES, position
from domain.tables import FeatureBins


class Binning:
    """Sorts values into bins; a feature that is not named has no edges, and one bin beside «not known».

    `bins` gives the bin of each value, in the order of NAMES.
    """

    __slots__ = ("_edges", "bins")

    def __init__(self, features: Iterable[FeatureBins] = FEATURES) -> None:
        """Take the bins of features, each of NAMES at most once, in any order.

        Raises ValueError for a feature that there is not or is there twice, and for edges that do not rise.
        """
        self._edges: list[tuple[float, ...]] = [()] * len(NAMES)
        seen: set[str] = set()
        for feature in features:
            edges = feature.edges
            if feature.name in seen:
                raise ValueError(f"feature {feature.name!r} is there twice; give its edges once")
            if any(not low < high for low, high in pairwise(edges)):
                raise ValueError(f"the edges of {feature.name!r} must rise, and are {edges}")
            seen.add(feature.name)
            # Comparing a float with an int takes three times as long as with a float.
            self._edges[position(feature.name)] = tuple(map(float, edges))
        self.bins = Sorter(self._edges)

    def sizes(self) -> tuple[int, ...]:
        """Give how many bins each feature has, in the order of NAMES."""
        return tuple(len(edges) + 2 for edges in self._edges)
