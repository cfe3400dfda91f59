-- Figures of the desk, what agents do with their time, and what one shift tells the next.

-- What an agent did from one time to another, one state at a time; to_ms is empty while it goes on.
CREATE TABLE agent_state (
    id INTEGER PRIMARY KEY,
    agent TEXT NOT NULL,
    state TEXT NOT NULL CHECK (
        state IN ('available', 'preview', 'dialing', 'talking', 'wrapup', 'break', 'admin', 'offline')
    ),
    from_ms INTEGER NOT NULL,
    to_ms INTEGER,
    reason TEXT NOT NULL DEFAULT '',
    CHECK (to_ms >= from_ms)
) STRICT;

CREATE UNIQUE INDEX one_state_at_a_time ON agent_state (agent) WHERE to_ms IS NULL;
CREATE INDEX agent_state_by_end ON agent_state (to_ms);

-- What a shift leaves to the next (JSON), and who took it over: not the person who wrote it.
CREATE TABLE handover (
    id INTEGER PRIMARY KEY,
    shift_end_ms INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    made_at_ms INTEGER NOT NULL,
    body TEXT NOT NULL,
    acknowledged_by TEXT,
    acknowledged_at_ms INTEGER,
    CHECK (acknowledged_by <> made_by),
    CHECK ((acknowledged_by IS NULL) = (acknowledged_at_ms IS NULL))
) STRICT;

-- What figures of a window look for.
CREATE INDEX case_by_ready ON case_ (ready_at_ms);
CREATE INDEX case_by_close ON case_ (closed_at_ms) WHERE closed_at_ms IS NOT NULL;
CREATE INDEX case_by_contact ON case_ (first_contact_at_ms) WHERE first_contact_at_ms IS NOT NULL;
CREATE INDEX action_by_making ON action (made_at_ms);
CREATE INDEX alert_by_time ON alert (at_ms);
