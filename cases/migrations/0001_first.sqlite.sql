-- The work queue, the dead letters and the reference data.
--
-- Times are milliseconds since 1970 (UTC), money is in minor units, ids are text. A subject is written
-- `kind:id`. BOOLEAN is INTEGER 0 or 1.

-- The steps that were taken, each once.
CREATE TABLE schema_version (
    version INTEGER PRIMARY KEY,
    name TEXT NOT NULL
) STRICT;

-- An investigation. Its rank is (band, due_ms); breakdown (JSON) says how it came about.
CREATE TABLE case_ (
    id TEXT PRIMARY KEY,
    subject TEXT NOT NULL,
    words TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'working', 'closed', 'merged')),
    band INTEGER NOT NULL CHECK (band BETWEEN 0 AND 2),
    due_ms INTEGER NOT NULL,
    opened_at_ms INTEGER NOT NULL,
    alerts INTEGER NOT NULL CHECK (alerts > 0),
    probability REAL NOT NULL CHECK (probability BETWEEN 0 AND 1),
    exposure_minor INTEGER NOT NULL CHECK (exposure_minor >= 0),
    currency TEXT NOT NULL,
    expected_loss_minor INTEGER NOT NULL CHECK (expected_loss_minor >= 0),
    breakdown TEXT NOT NULL,
    lease_by TEXT,
    lease_until_ms INTEGER,
    lease_no INTEGER NOT NULL DEFAULT 0 CHECK (lease_no >= 0),
    outcome TEXT
        CHECK (outcome IN ('confirmed_fraud', 'genuine', 'unreachable', 'false_alarm', 'duplicate')),
    closed_by TEXT,
    closed_at_ms INTEGER,
    merged_into TEXT REFERENCES case_ (id),
    CHECK ((status = 'working') = (lease_by IS NOT NULL)),
    CHECK ((status = 'working') = (lease_until_ms IS NOT NULL)),
    CHECK ((status = 'closed') = (outcome IS NOT NULL)),
    CHECK ((status = 'closed') = (closed_by IS NOT NULL)),
    CHECK ((status = 'closed') = (closed_at_ms IS NOT NULL)),
    CHECK ((status = 'merged') = (merged_into IS NOT NULL)),
    CHECK (merged_into <> id)
) STRICT;

CREATE UNIQUE INDEX one_live_case_for_a_subject ON case_ (subject) WHERE status IN ('open', 'working');
CREATE INDEX live_case_by_rank ON case_ (band, due_ms, id) WHERE status IN ('open', 'working');
-- Not partial, nor is task_by_case: SQLite looks up foreign keys by whole indexes only.
CREATE INDEX case_by_survivor ON case_ (merged_into);

-- A live case with its place in the queue, counted from 1.
CREATE VIEW queue_place AS
SELECT id, ROW_NUMBER() OVER (ORDER BY band, due_ms, id) AS place
FROM case_
WHERE status IN ('open', 'working');

-- A finding as it came in; never changed but for the case it belongs to. exposed is the subject whose
-- money the figure is about, empty for several cards; people is how many holders the alert tells apart; record is the
-- whole alert as JSON.
CREATE TABLE alert (
    id TEXT PRIMARY KEY,
    -- Checked at commit: a case is written after its alerts, once, with what they say together.
    case_id TEXT NOT NULL REFERENCES case_ (id) DEFERRABLE INITIALLY DEFERRED,
    detector TEXT NOT NULL,
    rule_version INTEGER NOT NULL,
    scope TEXT NOT NULL,
    scope_key TEXT NOT NULL,
    ring TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    severity INTEGER NOT NULL CHECK (severity BETWEEN 0 AND 3),
    probability REAL NOT NULL CHECK (probability BETWEEN 0 AND 1),
    exposed TEXT NOT NULL,
    exposure_minor INTEGER NOT NULL CHECK (exposure_minor >= 0),
    currency TEXT NOT NULL,
    people INTEGER NOT NULL CHECK (people > 0),
    tier TEXT,
    reason TEXT NOT NULL,
    record TEXT NOT NULL
) STRICT;

CREATE INDEX alert_by_case ON alert (case_id);

-- What a case is about; customer and last4 are those of a card, where known. live follows the case's status.
CREATE TABLE case_subject (
    case_id TEXT NOT NULL REFERENCES case_ (id) DEFERRABLE INITIALLY DEFERRED,
    subject TEXT NOT NULL,
    customer TEXT,
    last4 TEXT,
    live INTEGER NOT NULL CHECK (live IN (0, 1)),
    PRIMARY KEY (case_id, subject)
) STRICT;

CREATE UNIQUE INDEX one_live_case_with_a_subject ON case_subject (subject) WHERE live = 1;

-- When a party of a live case was seen with a ring key, without a gap above the ring window.
CREATE TABLE ring_sighting (
    ring TEXT NOT NULL,
    subject TEXT NOT NULL,
    first_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL CHECK (last_ms >= first_ms),
    PRIMARY KEY (ring, subject, first_ms)
) STRICT;

CREATE INDEX ring_sighting_by_subject ON ring_sighting (subject);

-- A call to make in a case. void: its subject is called under another name, a card's by its customer's.
CREATE TABLE task (
    id INTEGER PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES case_ (id) DEFERRABLE INITIALLY DEFERRED,
    kind TEXT NOT NULL CHECK (kind IN ('call_customer', 'call_site')),
    subject TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ready', 'done', 'void')),
    made_at_ms INTEGER NOT NULL,
    ended_at_ms INTEGER,
    CHECK ((state = 'ready') = (ended_at_ms IS NULL))
) STRICT;

CREATE INDEX task_by_case ON task (case_id);
CREATE UNIQUE INDEX one_ready_task_of_a_kind ON task (case_id, kind, subject) WHERE state = 'ready';

-- The timeline. at_ms is event time for what alerts did and desk time for what people did.
CREATE TABLE case_event (
    id INTEGER PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES case_ (id) DEFERRABLE INITIALLY DEFERRED,
    at_ms INTEGER NOT NULL,
    actor TEXT NOT NULL,
    what TEXT NOT NULL,
    old TEXT,
    new TEXT,
    note TEXT
) STRICT;

CREATE INDEX case_event_by_case ON case_event (case_id, id);

CREATE TRIGGER case_event_is_never_changed BEFORE UPDATE ON case_event
BEGIN
    SELECT RAISE(ABORT, 'the timeline is append-only');
END;

CREATE TRIGGER case_event_is_never_deleted BEFORE DELETE ON case_event
BEGIN
    SELECT RAISE(ABORT, 'the timeline is append-only');
END;

-- A line that is no event: where it lay, why it was refused, and what became of it.
CREATE TABLE dead_letter (
    id TEXT PRIMARY KEY,
    source_partition TEXT NOT NULL,
    source_offset INTEGER NOT NULL CHECK (source_offset >= 0),
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    raw BLOB NOT NULL,
    at_ms INTEGER,
    status TEXT NOT NULL CHECK (status IN ('new', 'corrected', 'replayed')),
    corrected BLOB,
    CHECK (status <> 'corrected' OR corrected IS NOT NULL),
    CHECK (status <> 'new' OR corrected IS NULL)
) STRICT;

CREATE INDEX dead_letter_by_reason ON dead_letter (reason, status);

-- Reference data (JSON), each version with the time it took effect.
CREATE TABLE reference_record (
    kind TEXT NOT NULL CHECK (kind IN ('customer', 'card', 'terminal', 'branch')),
    id TEXT NOT NULL,
    effective_at_ms INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, id, effective_at_ms)
) STRICT;
