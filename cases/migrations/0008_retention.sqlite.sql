-- How long things are kept: holds, archives, and what a customer may ask for.

-- Something that must be kept as it is, whatever the policy says. subject is `case:ID` or `customer:ID`,
-- order_number that of the authority's or the bank's order.
CREATE TABLE legal_hold (
    id INTEGER PRIMARY KEY,
    subject TEXT NOT NULL,
    order_number TEXT NOT NULL CHECK (order_number <> ''),
    reason TEXT NOT NULL CHECK (reason <> ''),
    placed_by TEXT NOT NULL,
    placed_at_ms INTEGER NOT NULL,
    released_by TEXT,
    released_at_ms INTEGER,
    release_reason TEXT,
    CHECK ((released_by IS NULL) = (released_at_ms IS NULL)),
    CHECK ((released_by IS NULL) = (release_reason IS NULL))
) STRICT;

CREATE UNIQUE INDEX one_live_hold_of_an_order ON legal_hold (subject, order_number) WHERE released_at_ms IS NULL;

-- A file of closed cases; sha256 is that of its bytes. replaced_at_ms is when another file took its place.
CREATE TABLE archive (
    file TEXT PRIMARY KEY,
    month TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    cases INTEGER NOT NULL CHECK (cases > 0),
    lines INTEGER NOT NULL CHECK (lines > 0),
    made_by TEXT NOT NULL,
    made_at_ms INTEGER NOT NULL,
    replaced_at_ms INTEGER
) STRICT;

-- In which file a case lies; digest is that of its rows as they were then. It outlives the case's own rows.
CREATE TABLE archived_case (
    case_id TEXT PRIMARY KEY,
    file TEXT NOT NULL REFERENCES archive (file),
    closed_at_ms INTEGER NOT NULL,
    digest TEXT NOT NULL,
    purged_at_ms INTEGER
) STRICT;

CREATE INDEX archived_case_by_file ON archived_case (file);

-- What is asked for about one customer's data: nothing is done before a second person has agreed.
CREATE TABLE retention_request (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('export', 'erase')),
    customer TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (reason <> ''),
    maker TEXT NOT NULL CHECK (TRIM(maker) <> ''),
    made_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    checker TEXT,
    checked_at_ms INTEGER,
    done_at_ms INTEGER,
    CONSTRAINT two_people_agree CHECK (LOWER(TRIM(checker)) <> LOWER(TRIM(maker)) AND TRIM(checker) <> ''),
    CHECK ((checker IS NULL) = (checked_at_ms IS NULL)),
    CHECK (done_at_ms IS NULL OR checker IS NOT NULL)
) STRICT;

-- An erasure; its number is all that the names put in place of a person's have in common.
CREATE TABLE erasure (
    id INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    made_by TEXT NOT NULL
) STRICT;

-- Nothing can be put in here, so that what refers to it cannot last.
CREATE TABLE never_there (
    id INTEGER PRIMARY KEY CHECK (id <> id)
) STRICT;

-- While a row lies here the timeline can be changed: by a purge or an erasure, within its transaction. The
-- row cannot be committed, since what it refers to is never there.
CREATE TABLE timeline_unlocked (
    why TEXT NOT NULL,
    must_be_gone INTEGER NOT NULL REFERENCES never_there (id) DEFERRABLE INITIALLY DEFERRED
) STRICT;

DROP TRIGGER case_event_is_never_changed;
DROP TRIGGER case_event_is_never_deleted;

CREATE TRIGGER case_event_is_never_changed BEFORE UPDATE ON case_event
WHEN NOT EXISTS (SELECT 1 FROM timeline_unlocked)
BEGIN
    SELECT RAISE(ABORT, 'the timeline is append-only');
END;

CREATE TRIGGER case_event_is_never_deleted BEFORE DELETE ON case_event
WHEN NOT EXISTS (SELECT 1 FROM timeline_unlocked)
BEGIN
    SELECT RAISE(ABORT, 'the timeline is append-only');
END;
