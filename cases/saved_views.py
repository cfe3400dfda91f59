"""What people ask the queue often, each under a name of their own."""

from dataclasses import dataclass

from msgspec import Struct

from cases.database import Database
from cases.errors import NotFound, NotPossible, WrongUse
from cases.who import Right, Who
from domain.card_masking import mask_text

MOST_VIEWS = 30
_LONGEST_NAME = 40
_LONGEST_QUERY = 2000


class SavedView(Struct, frozen=True, kw_only=True):
    """A view of a person; `query` is what the address of the page says behind its question mark."""

    name: str
    query: str
    saved_at_ms: int


@dataclass(frozen=True)
class SqlSavedViews:
    """The views of a store, each for its owner alone."""

    db: Database

    def of(self, who: Who) -> tuple[SavedView, ...]:
        """Give the views of `who`, by name."""
        with self.db.reading():
            rows = self.db.rows("saved_views", owner=who.name)
        return tuple(SavedView(**dict(row)) for row in rows)

    def save(self, who: Who, name: str, query: str, now_ms: int) -> None:
        """Keep a view, in place of one with the same name.

        Raises NotAllowed for who may not read cases, WrongUse for a name or query that cannot be, and
        NotPossible for one view too many.
        """
        who.require(Right.READ_CASES)
        name = mask_text(name.strip())
        if not 1 <= len(name) <= _LONGEST_NAME:
            raise WrongUse(f"a view needs a name of 1 to {_LONGEST_NAME} characters")
        if len(query) > _LONGEST_QUERY:
            raise WrongUse(f"this view asks for too much at once; {_LONGEST_QUERY} characters are allowed")
        with self.db.writing():
            known = {row["name"] for row in self.db.rows("saved_views", owner=who.name)}
            if name not in known and len(known) >= MOST_VIEWS:
                raise NotPossible(f"{who.name} has {MOST_VIEWS} views; drop one before you keep another")
            self.db.run("save_view", owner=who.name, name=name, query=query, now_ms=now_ms)

    def drop(self, who: Who, name: str) -> None:
        """Forget a view. Raises NotFound."""
        with self.db.writing():
            if not self.db.run("drop_view", owner=who.name, name=name):
                raise NotFound(f"{who.name} has no view called {name!r}")
