"""The schema of a store, in numbered steps."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Literal, NamedTuple

from cases.errors import StoreTooNew, StoreTooOld

Dialect = Literal["sqlite", "postgresql"]


class Migration(NamedTuple):
    """One step of the schema."""

    version: int
    name: str
    sql: str


def migrations(dialect: Dialect = "sqlite") -> tuple[Migration, ...]:
    """Read the numbered steps of `migrations/` in their order, as they stand for a database.

    `0007_orders.sql` is for both; where they must differ, as in triggers, there is the pair
    `0007_orders.sqlite.sql` and `0007_orders.postgresql.sql`.
    """
    found: list[Migration] = []
    for file in files("cases").joinpath("migrations").iterdir():
        name, *dialects = file.name.removesuffix(".sql").split(".")
        if file.name.endswith(".sql") and dialects in ([], [dialect]):
            found.append(Migration(int(name.partition("_")[0]), name, file.read_text("utf-8")))
    return tuple(sorted(found))


class Schema(NamedTuple):
    """The version of a store's schema, as it was found (0 for none) and as it is now."""

    found: int
    version: int


def check_known(present: int, steps: Sequence[Migration], where: object) -> None:
    """Raise StoreTooNew, naming the store, when its schema is above the last of `steps`."""
    if present > steps[-1].version:
        raise StoreTooNew(
            f"{where} has schema {present} and this riskdesk knows schemas up to {steps[-1].version}; "
            "use the riskdesk that wrote it, or a newer one"
        )


def check_up_to_date(present: int, steps: Sequence[Migration], where: object) -> None:
    """Raise StoreTooOld, naming the store, when steps are missing."""
    if present < steps[-1].version:
        raise StoreTooOld(
            f"{where} has schema {present} and this riskdesk has {steps[-1].version}; bring it up to date "
            "with `riskdesk store migrate`"
        )
