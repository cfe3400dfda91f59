-- Tasks carry the lease, cases wait and escalate. Both tables are made anew, since SQLite cannot alter a CHECK.

CREATE TABLE case_before AS SELECT * FROM case_;
CREATE TABLE task_before AS SELECT * FROM task;
DROP VIEW queue_place;
DROP TABLE task;
DROP TABLE case_;

-- An investigation. Its rank is (band, due_ms); breakdown (JSON) says how it came about. While nobody takes it
-- up it moves up one band at promote_at_ms, once. ready_at_ms is when it could first be worked, first_attempt_at_ms when
-- somebody was first dialled and first_contact_at_ms when the right person was first reached.
CREATE TABLE case_ (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL DEFAULT 'fraud' CHECK (kind IN ('fraud', 'device', 'storm')),
    subject TEXT NOT NULL,
    words TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'working', 'waiting', 'escalated', 'closed', 'merged')),
    band INTEGER NOT NULL CHECK (band BETWEEN 0 AND 2),
    due_ms INTEGER NOT NULL,
    promoted INTEGER NOT NULL DEFAULT 0 CHECK (promoted IN (0, 1)),
    promote_at_ms INTEGER,
    opened_at_ms INTEGER NOT NULL,
    ready_at_ms INTEGER NOT NULL,
    first_attempt_at_ms INTEGER,
    first_contact_at_ms INTEGER,
    waiting_reason TEXT CHECK (
        waiting_reason IN ('cadence', 'callback', 'window', 'technician', 'legal', 'customer_docs')
    ),
    wake_at_ms INTEGER,
    team TEXT,
    tier TEXT NOT NULL DEFAULT 'standard',
    linked_to TEXT REFERENCES case_ (id),
    reopened INTEGER NOT NULL DEFAULT 0 CHECK (reopened >= 0),
    version INTEGER NOT NULL DEFAULT 1 CHECK (version > 0),
    alerts INTEGER NOT NULL CHECK (alerts > 0),
    probability REAL NOT NULL CHECK (probability BETWEEN 0 AND 1),
    exposure_minor INTEGER NOT NULL CHECK (exposure_minor >= 0),
    currency TEXT NOT NULL,
    expected_loss_minor INTEGER NOT NULL CHECK (expected_loss_minor >= 0),
    breakdown TEXT NOT NULL,
    outcome TEXT CHECK (
        outcome IN (
            'confirmed_fraud', 'genuine', 'unreachable', 'device_resolved', 'false_alarm', 'duplicate'
        )
    ),
    closed_by TEXT,
    closed_at_ms INTEGER,
    merged_into TEXT REFERENCES case_ (id),
    CHECK (promoted = 0 OR promote_at_ms IS NULL),
    CHECK ((status = 'waiting') = (waiting_reason IS NOT NULL)),
    CHECK ((status = 'waiting') = (wake_at_ms IS NOT NULL)),
    CHECK ((status = 'escalated') = (team IS NOT NULL)),
    CHECK ((status = 'closed') = (outcome IS NOT NULL)),
    CHECK ((status = 'closed') = (closed_by IS NOT NULL)),
    CHECK ((status = 'closed') = (closed_at_ms IS NOT NULL)),
    CHECK ((status = 'merged') = (merged_into IS NOT NULL)),
    CHECK (merged_into <> id),
    CHECK (linked_to <> id)
) STRICT;

INSERT INTO case_ (
    id, subject, words, status, band, due_ms, opened_at_ms, ready_at_ms, tier, alerts, probability,
    exposure_minor, currency, expected_loss_minor, breakdown, outcome, closed_by, closed_at_ms, merged_into
)
SELECT
    id, subject, words, status, band, due_ms, opened_at_ms, opened_at_ms,
    COALESCE(json_extract(breakdown, '$.tier'), 'standard'), alerts, probability, exposure_minor, currency,
    expected_loss_minor, breakdown, outcome, closed_by, closed_at_ms, merged_into
FROM case_before;

CREATE UNIQUE INDEX one_live_case_for_a_subject ON case_ (kind, subject)
WHERE status IN ('open', 'working', 'waiting', 'escalated');
CREATE INDEX live_case_by_rank ON case_ (band, due_ms, id)
WHERE status IN ('open', 'working', 'waiting', 'escalated');
-- Not partial, nor are case_by_link and task_by_case: SQLite looks up foreign keys by whole indexes only.
CREATE INDEX case_by_survivor ON case_ (merged_into);
CREATE INDEX case_by_link ON case_ (linked_to);
CREATE INDEX open_case_by_promotion ON case_ (promote_at_ms) WHERE status = 'open' AND promote_at_ms IS NOT NULL;

-- A live case with its place in the queue, counted from 1.
CREATE VIEW queue_place AS
SELECT id, ROW_NUMBER() OVER (ORDER BY band, due_ms, id) AS place
FROM case_
WHERE status IN ('open', 'working', 'waiting', 'escalated');

-- Something to do in a case, and who does it until when; lease_no grows with each holder, so that a stale one is noticed.
-- void: its subject is called under another name. dead: given up, for a lead to look at. calling: a call is open.
CREATE TABLE task (
    id INTEGER PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES case_ (id) DEFERRABLE INITIALLY DEFERRED,
    kind TEXT NOT NULL CHECK (
        kind IN ('call_customer', 'call_site', 'review', 'contact_data', 'dispatch', 'verify_on_site')
    ),
    subject TEXT NOT NULL,
    skill TEXT NOT NULL DEFAULT 'general',
    state TEXT NOT NULL CHECK (state IN ('ready', 'waiting', 'leased', 'done', 'void', 'dead')),
    band INTEGER NOT NULL CHECK (band BETWEEN 0 AND 2),
    due_ms INTEGER NOT NULL,
    wake_at_ms INTEGER,
    waiting_reason TEXT CHECK (
        waiting_reason IN ('cadence', 'callback', 'window', 'technician', 'legal', 'customer_docs')
    ),
    attempt_no INTEGER NOT NULL DEFAULT 0 CHECK (attempt_no >= 0),
    prefer_agent TEXT,
    prefer_until_ms INTEGER,
    lease_by TEXT,
    lease_session TEXT,
    leased_at_ms INTEGER,
    lease_until_ms INTEGER,
    lease_no INTEGER NOT NULL DEFAULT 0 CHECK (lease_no >= 0),
    calling INTEGER NOT NULL DEFAULT 0 CHECK (calling IN (0, 1)),
    made_at_ms INTEGER NOT NULL,
    ended_at_ms INTEGER,
    last_error TEXT,
    CHECK ((state = 'waiting') = (wake_at_ms IS NOT NULL)),
    CHECK ((state = 'waiting') = (waiting_reason IS NOT NULL)),
    CHECK ((state = 'leased') = (lease_by IS NOT NULL)),
    CHECK ((state = 'leased') = (lease_session IS NOT NULL)),
    CHECK ((state = 'leased') = (leased_at_ms IS NOT NULL)),
    CHECK ((state = 'leased') = (lease_until_ms IS NOT NULL)),
    CHECK ((state IN ('done', 'void', 'dead')) = (ended_at_ms IS NOT NULL)),
    CHECK ((prefer_agent IS NULL) = (prefer_until_ms IS NULL)),
    CHECK (calling = 0 OR state = 'leased')
) STRICT;

-- Who held a case holds the first of its calls.
INSERT INTO task (
    id, case_id, kind, subject, state, band, due_ms, lease_by, lease_session, leased_at_ms, lease_until_ms,
    lease_no, made_at_ms, ended_at_ms
)
SELECT
    task.id, task.case_id, task.kind, task.subject,
    CASE WHEN held.id IS NULL THEN task.state ELSE 'leased' END,
    case_.band, case_.due_ms, held.lease_by, CASE WHEN held.id IS NOT NULL THEN '' END,
    CASE WHEN held.id IS NOT NULL THEN COALESCE((
        SELECT MAX(case_event.at_ms)
        FROM case_event
        WHERE case_event.case_id = held.id AND case_event.what IN ('claimed', 'taken_over')
    ), held.lease_until_ms) END,
    held.lease_until_ms, COALESCE(held.lease_no, 0), task.made_at_ms, task.ended_at_ms
FROM task_before AS task
JOIN case_ ON case_.id = task.case_id
LEFT JOIN case_before AS held
    ON held.id = task.case_id AND held.status = 'working' AND task.id = (
        SELECT MIN(first.id) FROM task_before AS first WHERE first.case_id = held.id AND first.state = 'ready'
    );

CREATE INDEX task_by_case ON task (case_id);
CREATE UNIQUE INDEX one_live_task_of_a_kind ON task (case_id, kind, subject)
WHERE state IN ('ready', 'waiting', 'leased');
CREATE INDEX ready_task_by_rank ON task (skill, band, due_ms, id) WHERE state = 'ready';
CREATE INDEX waiting_task_by_wake ON task (wake_at_ms) WHERE state = 'waiting';
CREATE INDEX leased_task_by_end ON task (lease_until_ms) WHERE state = 'leased';
CREATE INDEX leased_task_by_holder ON task (lease_by) WHERE state = 'leased';
-- Nobody is on two calls at once, whatever the cases.
CREATE UNIQUE INDEX one_call_at_a_time ON task (subject) WHERE calling = 1;

CREATE INDEX past_case_of_a_subject ON case_subject (subject) WHERE live = 0;

-- How many alerts of a detector came in a minute of event time, kept while storms are watched for.
CREATE TABLE alert_rate (
    detector TEXT NOT NULL,
    minute INTEGER NOT NULL,
    alerts INTEGER NOT NULL CHECK (alerts > 0),
    PRIMARY KEY (detector, minute)
) STRICT;

DROP TABLE task_before;
DROP TABLE case_before;
