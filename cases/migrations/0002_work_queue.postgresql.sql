-- Tasks carry the lease, cases wait and escalate; 0002_work_queue.sqlite.sql says what each column means.

DROP VIEW queue_place;
DROP INDEX one_live_case_for_a_subject;
DROP INDEX live_case_by_rank;
DROP INDEX one_ready_task_of_a_kind;

ALTER TABLE task
DROP CONSTRAINT task_kind,
DROP CONSTRAINT task_state,
DROP CONSTRAINT task_has_ended,
ADD COLUMN skill TEXT NOT NULL DEFAULT 'general',
ADD COLUMN band BIGINT NOT NULL DEFAULT 2 CHECK (band BETWEEN 0 AND 2),
ADD COLUMN due_ms BIGINT NOT NULL DEFAULT 0,
ADD COLUMN wake_at_ms BIGINT,
ADD COLUMN waiting_reason TEXT CHECK (
    waiting_reason IN ('cadence', 'callback', 'window', 'technician', 'legal', 'customer_docs')
),
ADD COLUMN attempt_no BIGINT NOT NULL DEFAULT 0 CHECK (attempt_no >= 0),
ADD COLUMN prefer_agent TEXT,
ADD COLUMN prefer_until_ms BIGINT,
ADD COLUMN lease_by TEXT,
ADD COLUMN lease_session TEXT,
ADD COLUMN leased_at_ms BIGINT,
ADD COLUMN lease_until_ms BIGINT,
ADD COLUMN lease_no BIGINT NOT NULL DEFAULT 0 CHECK (lease_no >= 0),
ADD COLUMN calling BIGINT NOT NULL DEFAULT 0 CHECK (calling IN (0, 1)),
ADD COLUMN last_error TEXT;

UPDATE task SET band = case_.band, due_ms = case_.due_ms FROM case_ WHERE case_.id = task.case_id;

-- Who held a case holds the first of its calls.
UPDATE task
SET state = 'leased', lease_by = case_.lease_by, lease_session = '', lease_until_ms = case_.lease_until_ms,
    lease_no = case_.lease_no,
    leased_at_ms = COALESCE((
        SELECT MAX(case_event.at_ms)
        FROM case_event
        WHERE case_event.case_id = case_.id AND case_event.what IN ('claimed', 'taken_over')
    ), case_.lease_until_ms)
FROM case_
WHERE case_.id = task.case_id AND case_.status = 'working' AND task.id = (
    SELECT MIN(first.id) FROM task AS first WHERE first.case_id = case_.id AND first.state = 'ready'
);

-- A table with checks put off to the commit cannot be altered.
SET CONSTRAINTS ALL IMMEDIATE;

ALTER TABLE task
ALTER COLUMN band DROP DEFAULT,
ALTER COLUMN due_ms DROP DEFAULT,
ADD CHECK (kind IN ('call_customer', 'call_site', 'review', 'contact_data', 'dispatch', 'verify_on_site')),
ADD CHECK (state IN ('ready', 'waiting', 'leased', 'done', 'void', 'dead')),
ADD CHECK ((state = 'waiting') = (wake_at_ms IS NOT NULL)),
ADD CHECK ((state = 'waiting') = (waiting_reason IS NOT NULL)),
ADD CHECK ((state = 'leased') = (lease_by IS NOT NULL)),
ADD CHECK ((state = 'leased') = (lease_session IS NOT NULL)),
ADD CHECK ((state = 'leased') = (leased_at_ms IS NOT NULL)),
ADD CHECK ((state = 'leased') = (lease_until_ms IS NOT NULL)),
ADD CHECK ((state IN ('done', 'void', 'dead')) = (ended_at_ms IS NOT NULL)),
ADD CHECK ((prefer_agent IS NULL) = (prefer_until_ms IS NULL)),
ADD CHECK (calling = 0 OR state = 'leased');

CREATE UNIQUE INDEX one_live_task_of_a_kind ON task (case_id, kind, subject)
WHERE state IN ('ready', 'waiting', 'leased');
CREATE INDEX ready_task_by_rank ON task (skill, band, due_ms, id) WHERE state = 'ready';
CREATE INDEX waiting_task_by_wake ON task (wake_at_ms) WHERE state = 'waiting';
CREATE INDEX leased_task_by_end ON task (lease_until_ms) WHERE state = 'leased';
CREATE INDEX leased_task_by_holder ON task (lease_by) WHERE state = 'leased';
-- Nobody is on two calls at once, whatever the cases.
CREATE UNIQUE INDEX one_call_at_a_time ON task (subject) WHERE calling = 1;

-- The constraints on the lease columns go with them.
ALTER TABLE case_
DROP CONSTRAINT case_status,
DROP CONSTRAINT case_outcome,
DROP COLUMN lease_by,
DROP COLUMN lease_until_ms,
DROP COLUMN lease_no,
ADD COLUMN kind TEXT NOT NULL DEFAULT 'fraud' CHECK (kind IN ('fraud', 'device', 'storm')),
ADD COLUMN promoted BIGINT NOT NULL DEFAULT 0 CHECK (promoted IN (0, 1)),
ADD COLUMN promote_at_ms BIGINT,
ADD COLUMN ready_at_ms BIGINT,
ADD COLUMN first_attempt_at_ms BIGINT,
ADD COLUMN first_contact_at_ms BIGINT,
ADD COLUMN waiting_reason TEXT CHECK (
    waiting_reason IN ('cadence', 'callback', 'window', 'technician', 'legal', 'customer_docs')
),
ADD COLUMN wake_at_ms BIGINT,
ADD COLUMN team TEXT,
ADD COLUMN tier TEXT NOT NULL DEFAULT 'standard',
ADD COLUMN linked_to TEXT REFERENCES case_ (id),
ADD COLUMN reopened BIGINT NOT NULL DEFAULT 0 CHECK (reopened >= 0),
ADD COLUMN version BIGINT NOT NULL DEFAULT 1 CHECK (version > 0);

UPDATE case_ SET ready_at_ms = opened_at_ms, tier = COALESCE(breakdown::json ->> 'tier', 'standard');

ALTER TABLE case_
ALTER COLUMN ready_at_ms SET NOT NULL,
ADD CHECK (promoted = 0 OR promote_at_ms IS NULL),
ADD CHECK (status IN ('open', 'working', 'waiting', 'escalated', 'closed', 'merged')),
ADD CHECK (
    outcome IN ('confirmed_fraud', 'genuine', 'unreachable', 'device_resolved', 'false_alarm', 'duplicate')
),
ADD CHECK ((status = 'waiting') = (waiting_reason IS NOT NULL)),
ADD CHECK ((status = 'waiting') = (wake_at_ms IS NOT NULL)),
ADD CHECK ((status = 'escalated') = (team IS NOT NULL)),
ADD CHECK (linked_to <> id);

CREATE UNIQUE INDEX one_live_case_for_a_subject ON case_ (kind, subject)
WHERE status IN ('open', 'working', 'waiting', 'escalated');
CREATE INDEX live_case_by_rank ON case_ (band, due_ms, id)
WHERE status IN ('open', 'working', 'waiting', 'escalated');
CREATE INDEX case_by_link ON case_ (linked_to) WHERE linked_to IS NOT NULL;
DROP INDEX case_by_survivor;
CREATE INDEX case_by_survivor ON case_ (merged_into) WHERE merged_into IS NOT NULL;
-- Cases and tasks change more often than they come: room in their pages keeps the new version of a row beside the old.
ALTER TABLE case_ SET (fillfactor = 70);
ALTER TABLE task SET (fillfactor = 70);
CREATE INDEX open_case_by_promotion ON case_ (promote_at_ms) WHERE status = 'open' AND promote_at_ms IS NOT NULL;

-- A live case with its place in the queue, counted from 1.
CREATE VIEW queue_place AS
SELECT id, ROW_NUMBER() OVER (ORDER BY band, due_ms, id) AS place
FROM case_
WHERE status IN ('open', 'working', 'waiting', 'escalated');

CREATE INDEX past_case_of_a_subject ON case_subject (subject) WHERE live = 0;

-- How many alerts of a detector came in a minute of event time, kept while storms are watched for.
CREATE TABLE alert_rate (
    detector TEXT NOT NULL,
    minute BIGINT NOT NULL,
    alerts BIGINT NOT NULL CHECK (alerts > 0),
    PRIMARY KEY (detector, minute)
);
