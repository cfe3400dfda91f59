"""Stores full of cases, made by a few statements instead of a million alerts."""

import sqlite3
from contextlib import closing

import psycopg

NOW_MS = 1_772_712_000_000

# Case n: the first are open and wait for somebody, the rest were closed. Alike on both databases.
_STATEMENTS = (
    """
    INSERT INTO case_ (
        id, kind, subject, words, status, band, due_ms, rank_ms, opened_at_ms, ready_at_ms, alerts,
        probability, exposure_minor, currency, expected_loss_minor, breakdown, outcome, closed_by,
        closed_at_ms
    )
    WITH RECURSIVE made (n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM made WHERE n < {cases})
    SELECT
        'C' || n, 'fraud', 'customer:u' || n, 'customer u' || n,
        CASE WHEN n <= {opened} THEN 'open' ELSE 'closed' END, n % 3, {now_ms} + (n * 7919) % 1800000,
        {now_ms} + (n * 7919) % 1800000 - (n * 104729) % 3600000,
        {now_ms} - 1000, {now_ms} - 1000, 1, 0.5, 250000, 'CNY', 125000,
        '{{"severity": "medium", "tier": "standard", "band": "' || CASE n % 3
            WHEN 0 THEN 'critical' WHEN 1 THEN 'high' ELSE 'rest'
        END || '"}}',
        CASE WHEN n > {opened} THEN 'genuine' END,
        CASE WHEN n > {opened} THEN 'agent-1' END, CASE WHEN n > {opened} THEN {now_ms} - 500 END
    FROM made
    """,
    """
    INSERT INTO task (case_id, kind, subject, skill, state, band, rank_ms, made_at_ms, ended_at_ms)
    SELECT
        id, 'call_customer', subject, 'general', CASE WHEN status = 'open' THEN 'ready' ELSE 'done' END,
        band, rank_ms, opened_at_ms, closed_at_ms
    FROM case_
    """,
    """
    INSERT INTO case_subject (case_id, subject, customer, last4, live)
    SELECT id, subject, NULL, NULL, CASE WHEN status = 'open' THEN 1 ELSE 0 END FROM case_
    """,
    """
    INSERT INTO alert (
        id, case_id, detector, rule_version, scope, scope_key, ring, at_ms, severity, probability, exposed,
        exposure_minor, currency, people, tier, reason, record
    )
    SELECT
        'a' || id, id, 'impossible_travel', 1, 'customer', subject, '', opened_at_ms, 2, 0.5, subject,
        250000, 'CNY', 1, 'standard', '686 km in 12 minutes', '{{}}'
    FROM case_
    """,
)


def fill(url: str, cases: int, opened: int) -> None:
    """Fill an empty store, which is there already, with `cases` of which `opened` are open."""
    made = [text.format(cases=cases, opened=opened, now_ms=NOW_MS) for text in _STATEMENTS]
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file, file:
            for statement in made:
                file.execute(statement)
    else:
        with psycopg.connect(url) as connection:
            # A million rows that fit need not be looked up one by one.
            connection.execute("SET session_replication_role = replica")
            for statement in made:
                connection.execute(statement.encode())
