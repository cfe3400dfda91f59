"""What a role may do on a PostgreSQL store whose owner is another: work at the desk, and rewrite no history.

The triggers that keep tables append-only hold for everybody, but an owner could drop them. A desk that
connects as a role of its own has not even the right to try: that is for whoever makes the schema, purges and
erases.
"""

from collections.abc import Iterable, Sequence

from psycopg.sql import Identifier

from cases.database import Row

# The tables that a trigger guards, by the names that our triggers have.
GUARDED = """
SELECT relname AS name, bool_or(tgname LIKE '%\\_is\\_never\\_changed') AS append_only
FROM pg_trigger
JOIN pg_class ON pg_class.oid = tgrelid
JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = current_schema() AND tgname LIKE '%\\_is\\_never\\_%'
GROUP BY relname
ORDER BY relname
"""
# What only a change of the schema, a purge or an erasure writes.
_OWNERS = ("never_there", "schema_version", "timeline_unlocked")


def grants(schema: str, guarded: Iterable[Row], role: str) -> tuple[str, ...]:
    """Give the statements that let `role` work at the desk; they can be run again after each migration."""
    of, to = Identifier(schema).as_string(), Identifier(role).as_string()
    rows = list(guarded)

    def revoke(rights: str, names: Sequence[str]) -> str:
        tables = ", ".join(Identifier(schema, name).as_string() for name in names)
        return f"REVOKE {rights} ON {tables} FROM {to};"

    append_only = [row["name"] for row in rows if row["append_only"]]
    kept = [row["name"] for row in rows if not row["append_only"]]
    takes = [
        ("UPDATE, DELETE", append_only),
        ("DELETE", kept),
        ("INSERT, UPDATE, DELETE", _OWNERS),
        ("UPDATE, DELETE", ("queue_policy",)),
    ]
    return (
        f"GRANT USAGE ON SCHEMA {of} TO {to};",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {of} TO {to};",
        *(revoke(rights, names) for rights, names in takes if names),
    )
