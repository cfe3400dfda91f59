"""Whether a store is whole: what must never be found in it, and what the database itself finds wrong."""

from typing import NamedTuple

from cases.database import Database, statements

# Statements of queries/integrity.sql; the sentence of each says what was found.
_NEVER_FOUND = (
    "live_cases_without_a_task",
    "ended_cases_with_a_task",
    "alerts_without_a_case",
    "live_cases_that_count_wrong",
    "subjects_that_are_not_what_their_case_is",
    "waiting_tasks_that_will_not_wake",
    "merges_that_lead_nowhere",
)


class Fault(NamedTuple):
    """Something that must not be: what it is, and the ids of the cases or alerts, if it is about any."""

    what: str
    ids: tuple[str, ...] = ()


def faults(db: Database) -> tuple[Fault, ...]:
    """Give everything that is wrong with a store; nothing is changed, and writers go on meanwhile."""
    with db.reading():
        found = [Fault(words) for words in db.damage()]
        for name in _NEVER_FOUND:
            if rows := db.rows(name):
                found.append(Fault(statements()[name].sentence, tuple(str(row["id"]) for row in rows)))
    return tuple(found)
