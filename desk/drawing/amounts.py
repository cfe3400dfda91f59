"""How high an amount is drawn: by its power of ten, of whatever currency it is."""

from collections.abc import Iterable, Iterator
from math import ceil, floor, log10
from typing import NamedTuple

from domain.money import dollar_minor, minor_digits


def about_units(amount_minor: int, currency: str, home: str) -> float:
    """Give about how many units of the `home` currency an amount is: right to a power of ten.

    >>> about_units(90_000, "JPY", "CNY"), about_units(2_500, "CNY", "CNY")
    (9000.0, 25.0)
    """
    dollars = amount_minor / dollar_minor(currency)
    return float(dollars * dollar_minor(home) / 10 ** minor_digits(home))


class Scale(NamedTuple):
    """Powers of ten from `low` to `high` on a height."""

    low: int
    high: int

    @classmethod
    def of(cls, units: Iterable[float]) -> "Scale":
        """Give a scale on which all of some amounts lie, nothing apart."""
        known = [each for each in units if each > 0]
        if not known:
            return cls(0, 1)
        # Below a hundredth of a unit there is no money.
        low = max(-2, floor(log10(min(known))))
        return cls(low, max(low + 1, ceil(log10(max(known)))))

    def share(self, units: float) -> float:
        """Give how high an amount stands, from 0 to 1; nothing at all stands at 0, anything else above."""
        if units <= 0:
            return 0.0
        found = (log10(units) - self.low) / (self.high - self.low)
        return 0.08 + 0.92 * min(1.0, max(0.0, found))

    def lines(self, most: int = 3) -> Iterator[tuple[float, str]]:
        """Give at most so many powers of ten, the highest first, with what they are called."""
        step = max(1, ceil((self.high - self.low + 1) / most))
        for power in range(self.high, self.low - 1, -step):
            yield self.share(10.0**power), short(10.0**power)


def short(units: float) -> str:
    """Write a round figure in as few characters as there can be.

    >>> short(0.1), short(100), short(10_000), short(2_000_000)
    ('0.1', '100', '10k', '2M')
    """
    for size, sign in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if units >= size:
            return f"{units / size:g}{sign}"
    return f"{units:g}"
