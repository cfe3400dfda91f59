"""Which archive files name a person."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from cases.database import Database
from cases.errors import WrongUse
from cases.retention.archive_file import check_archive, read_archive
from cases.retention.person import Names, Person
from cases.retention.rows import Line, by_case
from cases.subjects import Subject


class NamingArchive(NamedTuple):
    """An archive file that names a person, and the cases (their rows) in which it does."""

    path: Path
    month: str
    cases: tuple[Mapping[str, Any], ...]

    def lines(self) -> Iterator[Line]:
        """Read the file."""
        return read_archive(self.path)


class Traces(NamedTuple):
    """A person as archives and store know them together, and the archive files that name them."""

    person: Person
    files: tuple[NamingArchive, ...]


def archives_that_name(db: Database, folder: Path | None, person: Person) -> Traces:
    """Look through all archive files that stand; inside a transaction.

    What they know of the customer's cards and numbers comes first: the cases may have left the store.
    Raises WrongUse when there are some and no folder is given, StoreError for one that is not whole.
    """
    on_record = db.rows("archives")
    if on_record and folder is None:
        raise WrongUse("there are archive files, which may name the customer: say in which folder they are")
    paths = [
        (check_archive(folder, row["file"], row["sha256"]), str(row["month"])) for row in on_record if folder
    ]
    cards, numbers = set(person.cards), set(person.numbers)
    for path, _ in paths:
        for line in read_archive(path):
            if line.row.get("customer") == person.customer:
                if line.table == "case_subject" and line.row["subject"].startswith("card:"):
                    cards.add(Subject.of(line.row["subject"]).id)
                elif line.table == "attempt":
                    numbers.add(line.row["reference"])
    known = Person(person.customer, tuple(sorted(cards)), tuple(sorted(numbers)))
    tokens = Names({token: token for token in known.tokens})
    found = ((path, month, tuple(_cases_that_name(path, tokens))) for path, month in paths)
    return Traces(known, tuple(NamingArchive(*each) for each in found if each[2]))


def _cases_that_name(path: Path, tokens: Names) -> Iterator[Mapping[str, Any]]:
    for root, lines in by_case(read_archive(path)):
        if any(tokens.names(" ".join(map(str, line.row.values()))) for line in lines):
            yield next(line.row for line in lines if line.table == "case_" and line.row["id"] == root)
