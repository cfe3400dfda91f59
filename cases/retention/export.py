"""All that the store holds about one customer, and nothing about others."""

from typing import Any

from cases.database import Database
from cases.errors import NotFound
from cases.retention.person import Names, Person, find_person, other_tokens, reference_rows
from cases.retention.rows import TABLES, Line, families, lines_of, roots_of
from domain.instants import iso

# What stands in place of those whom the customer has no right to know.
SOMEBODY_ELSE = "somebody-else"


def export_person(db: Database, customer: str, now_ms: int) -> dict[str, Any]:
    """Give a customer's data as one JSON object, table by table; inside a transaction. Raises NotFound.

    Of a case with other people only the rows that name this customer are given, with the others' names
    taken out. Archive files are not looked into.
    """
    person = find_person(db, customer)
    tables: dict[str, list[dict[str, Any]]] = {
        "reference_record": reference_rows(db, customer),
        "number_state": [dict(row) for row in db.rows("kept_number_state", customer=customer)],
        "customer_wish": [dict(row) for row in db.rows("kept_customer_wish", customer=customer)],
    }
    tables |= {table: [] for table in TABLES}
    roots = roots_of(db, customer, person.subjects)
    for line in (line for root in roots for line in _own_lines(db, root, person)):
        tables[line.table].append(line.row)
    if not any(tables.values()):
        raise NotFound(f"the store holds nothing about customer {customer!r}")
    return {
        "customer": customer,
        "cards": list(person.cards),
        "as_of": iso(now_ms),
        "tables": {table: rows for table, rows in tables.items() if rows},
    }


def _own_lines(db: Database, root: str, person: Person) -> list[Line]:
    family = families(db, [root])[root]
    lines = lines_of(db, family)
    others = other_tokens(db, family.ids, person)
    if not others:
        return lines
    own = Names({token: token for token in person.tokens})
    without = Names(dict.fromkeys(others, SOMEBODY_ELSE))
    named = (line for line in lines if own.names(" ".join(map(str, line.row.values()))))
    return [Line(line.case, line.table, without.row(line.row)) for line in named]
