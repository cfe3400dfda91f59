"""What a common point of compromise must be, before it is published."""

from datetime import timedelta
from typing import NamedTuple

from domain.instants import span_ms
from learning.published import TableError


class Settings(NamedTuple):
    """How far back is looked, and what makes a point one.

    A card that was used at a point turned bad there if its first fraud came within `window` after the use,
    but not within `apart`: what came so shortly before belongs to the fraud. Uses of the last `look_back`
    count. At a point `least_cards` of `least_customers` turned bad, `times` as many as expected at least, and
    of the points that are published a share of `false_share` at most is there by chance. `most_cards` exposed
    cards are listed for each, those used there last.
    """

    window: timedelta = timedelta(days=30)
    apart: timedelta = timedelta(hours=6)
    look_back: timedelta = timedelta(days=90)
    least_cards: int = 4
    least_customers: int = 3
    times: float = 3.0
    false_share: float = 0.01
    most_cards: int = 5_000

    @property
    def window_ms(self) -> int:
        """The window in ms."""
        return span_ms(self.window)

    @property
    def apart_ms(self) -> int:
        """How shortly before the fraud uses belong to it, in ms."""
        return span_ms(self.apart)

    def check(self) -> None:
        """Raise TableError, naming the setting, for values under which nothing could be found or believed."""
        for name, right, allowed in (
            ("window", self.window >= timedelta(days=1), "a day at least"),
            ("apart", timedelta(0) <= self.apart < self.window, "less than the window"),
            ("look_back", self.look_back > self.apart, "more than `apart`"),
            ("least_cards", self.least_cards >= 2, "2 at least"),
            ("least_customers", 1 <= self.least_customers <= self.least_cards, "1 to least_cards"),
            ("times", self.times > 1, "more than 1"),
            ("false_share", 0 < self.false_share < 1, "between 0 and 1"),
            ("most_cards", self.most_cards >= 1, "1 at least"),
        ):
            if not right:
                raise TableError(f"{name} is {getattr(self, name)}; allowed is {allowed}")
