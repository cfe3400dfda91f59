-- Cases of devices: their items, the cards that devices kept, why they were closed, and who is sent.

-- close_reason says what a device's case turned out to be. escalate_at_ms is when a lead is to look at one that nobody
-- has brought to an end by then.
ALTER TABLE case_ ADD COLUMN close_reason TEXT CHECK (
    close_reason IN (
        'fixed_remotely', 'flm_fixed', 'slm_fixed', 'cleared_itself', 'no_fault_found', 'parent_outage',
        'planned_work', 'false_detection_rule', 'false_detection_data', 'customer_contacted', 'undetermined'
    )
) CHECK (close_reason IS NULL OR status = 'closed') CHECK (
    kind <> 'device' OR status <> 'closed' OR close_reason IS NOT NULL
);
ALTER TABLE case_ ADD COLUMN escalate_at_ms INTEGER;

CREATE INDEX case_by_escalation ON case_ (escalate_at_ms)
WHERE escalate_at_ms IS NOT NULL AND status IN ('open', 'working', 'waiting', 'escalated');

-- task and work_order are made anew, since SQLite cannot alter a CHECK.
CREATE TABLE task_before AS SELECT * FROM task;
DROP TABLE task;

-- Something to do in a case, and who does it until when; lease_no grows with each holder, so that a stale one is noticed.
-- void: its subject is called under another name. dead: given up, for a lead to look at. calling: a call is open.
CREATE TABLE task (
    id INTEGER PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES case_ (id) DEFERRABLE INITIALLY DEFERRED,
    kind TEXT NOT NULL CHECK (
        kind IN (
            'call_customer', 'call_site', 'review', 'contact_data', 'dispatch', 'verify_on_site', 'remote_reset'
        )
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

INSERT INTO task (
    id, case_id, kind, subject, skill, state, band, due_ms, wake_at_ms, waiting_reason, attempt_no, prefer_agent,
    prefer_until_ms, lease_by, lease_session, leased_at_ms, lease_until_ms, lease_no, calling, made_at_ms,
    ended_at_ms, last_error
)
SELECT
    id, case_id, kind, subject, skill, state, band, due_ms, wake_at_ms, waiting_reason, attempt_no, prefer_agent,
    prefer_until_ms, lease_by, lease_session, leased_at_ms, lease_until_ms, lease_no, calling, made_at_ms,
    ended_at_ms, last_error
FROM task_before;
DROP TABLE task_before;

CREATE INDEX task_by_case ON task (case_id);
CREATE UNIQUE INDEX one_live_task_of_a_kind ON task (case_id, kind, subject)
WHERE state IN ('ready', 'waiting', 'leased');
CREATE INDEX ready_task_by_rank ON task (skill, band, due_ms, id) WHERE state = 'ready';
CREATE INDEX waiting_task_by_wake ON task (wake_at_ms) WHERE state = 'waiting';
CREATE INDEX leased_task_by_end ON task (lease_until_ms) WHERE state = 'leased';
CREATE INDEX leased_task_by_holder ON task (lease_by) WHERE state = 'leased';
-- Nobody is on two calls at once, whatever the cases.
CREATE UNIQUE INDEX one_call_at_a_time ON task (subject) WHERE calling = 1;
-- What else there is to ask of a branch that is called, and when it was called last.
CREATE INDEX call_of_a_site ON task (subject) WHERE kind = 'call_site';

CREATE TABLE work_order_before AS SELECT * FROM work_order;
DROP TABLE work_order;

-- Work that a case hands to a department, with the time by which it is due. reason is why it came back or was
-- cancelled, answer what the department found; escalated_at_ms is when the desk was told that it is late. task_id is
-- the task that asked for it, which waits until it is done.
CREATE TABLE work_order (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES case_ (id) DEFERRABLE INITIALLY DEFERRED,
    number INTEGER NOT NULL CHECK (number > 0),
    department TEXT NOT NULL CHECK (
        department IN (
            'branch', 'vendor', 'legal', 'compliance', 'card_operations', 'cash_carrier', 'security', 'network'
        )
    ),
    kind TEXT NOT NULL,
    what TEXT NOT NULL CHECK (what <> ''),
    state TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'returned', 'done', 'cancelled')),
    due_ms INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    made_at_ms INTEGER NOT NULL,
    accepted_by TEXT,
    accepted_at_ms INTEGER,
    ended_by TEXT,
    ended_at_ms INTEGER,
    answer TEXT,
    reason TEXT,
    escalated_at_ms INTEGER,
    task_id INTEGER REFERENCES task (id) DEFERRABLE INITIALLY DEFERRED,
    UNIQUE (case_id, number),
    CHECK (due_ms > made_at_ms),
    CHECK ((accepted_by IS NULL) = (accepted_at_ms IS NULL)),
    CHECK (state <> 'accepted' OR accepted_by IS NOT NULL),
    CHECK ((state IN ('done', 'cancelled')) = (ended_at_ms IS NOT NULL)),
    CHECK ((ended_by IS NULL) = (ended_at_ms IS NULL)),
    CHECK (state NOT IN ('returned', 'cancelled') OR reason IS NOT NULL)
) STRICT;

INSERT INTO work_order (
    id, case_id, number, department, kind, what, state, due_ms, made_by, made_at_ms, accepted_by, accepted_at_ms,
    ended_by, ended_at_ms, answer, reason, escalated_at_ms
)
SELECT
    id, case_id, number, department, kind, what, state, due_ms, made_by, made_at_ms, accepted_by, accepted_at_ms,
    ended_by, ended_at_ms, answer, reason, escalated_at_ms
FROM work_order_before;
DROP TABLE work_order_before;

CREATE INDEX live_work_order_by_due ON work_order (due_ms, id) WHERE state IN ('open', 'accepted', 'returned');
CREATE INDEX work_order_to_escalate ON work_order (due_ms)
WHERE state IN ('open', 'accepted') AND escalated_at_ms IS NULL;
-- Not partial: SQLite looks up foreign keys by whole indexes only.
CREATE INDEX work_order_by_task ON work_order (task_id);

-- What of a device or branch a case is about: an alarm that was annunciated, by the alert that raised it. in_hours is
-- whether the branch was open then. Who puts it right, and in which steps, follows from its code.
CREATE TABLE device_item (
    alert_id TEXT PRIMARY KEY REFERENCES alert (id) DEFERRABLE INITIALLY DEFERRED,
    case_id TEXT NOT NULL REFERENCES case_ (id) DEFERRABLE INITIALLY DEFERRED,
    device TEXT,
    branch TEXT,
    region TEXT,
    component TEXT NOT NULL,
    unit INTEGER NOT NULL,
    code TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    annunciated_at_ms INTEGER NOT NULL,
    priority INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 4),
    in_hours INTEGER NOT NULL CHECK (in_hours IN (0, 1)),
    due_ms INTEGER NOT NULL,
    escalate_at_ms INTEGER,
    escalated_at_ms INTEGER,
    CHECK (device IS NOT NULL OR branch IS NOT NULL)
) STRICT;

CREATE INDEX device_item_by_case ON device_item (case_id);

-- A card that a device kept, and what became of it: the record that calls are made by. branch is where the device
-- stands, branch_to_handle who gives the card back. closed: its case ended, and nobody said what became of the card.
CREATE TABLE retained_card (
    id INTEGER PRIMARY KEY,
    alert_id TEXT NOT NULL REFERENCES alert (id) DEFERRABLE INITIALLY DEFERRED,
    case_id TEXT NOT NULL REFERENCES case_ (id) DEFERRABLE INITIALLY DEFERRED,
    device TEXT,
    branch TEXT,
    branch_to_handle TEXT,
    reported_at_ms INTEGER NOT NULL,
    reason TEXT NOT NULL,
    card TEXT,
    last4 TEXT,
    customer TEXT,
    registered_by TEXT NOT NULL,
    registered_at_ms INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('registered', 'returned', 'destroyed', 'not_found', 'closed')),
    handled_by TEXT,
    handled_at_ms INTEGER,
    handled_where TEXT,
    CHECK ((status = 'registered') = (handled_by IS NULL)),
    CHECK ((status = 'registered') = (handled_at_ms IS NULL)),
    CHECK (handled_where IS NULL OR status <> 'registered')
) STRICT;

-- Not partial: SQLite looks up foreign keys by whole indexes only.
CREATE INDEX retained_card_by_alert ON retained_card (alert_id);
CREATE INDEX retained_card_by_case ON retained_card (case_id);
CREATE INDEX retained_card_by_time ON retained_card (reported_at_ms, id);
