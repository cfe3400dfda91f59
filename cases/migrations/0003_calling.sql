-- Calls: every attempt with its result, and what is known about customers' numbers and wishes.

-- A call that was made or is open (without an end and a disposition). customer is null while nobody knows whose
-- the card is; checklist (JSON) lists the steps of the script that were ticked. Nothing here is a telephone number:
-- reference is the bank's handle.
CREATE TABLE attempt (
    id INTEGER PRIMARY KEY,
    task_id INTEGER NOT NULL REFERENCES task (id) DEFERRABLE INITIALLY DEFERRED,
    case_id TEXT NOT NULL REFERENCES case_ (id) DEFERRABLE INITIALLY DEFERRED,
    customer TEXT,
    reference TEXT NOT NULL,
    agent TEXT NOT NULL,
    lease_no INTEGER NOT NULL,
    started_at_ms INTEGER NOT NULL,
    answered_at_ms INTEGER,
    ended_at_ms INTEGER,
    wrapup_until_ms INTEGER,
    disposition TEXT,
    callback_at_ms INTEGER,
    note TEXT,
    checklist TEXT NOT NULL DEFAULT '[]',
    script TEXT NOT NULL,
    script_version INTEGER NOT NULL,
    CHECK ((ended_at_ms IS NULL) = (disposition IS NULL)),
    CHECK (answered_at_ms >= started_at_ms),
    CHECK (ended_at_ms >= started_at_ms)
) STRICT;

CREATE INDEX attempt_by_task ON attempt (task_id, id);
CREATE INDEX attempt_by_case ON attempt (case_id, id);
CREATE INDEX attempt_by_customer ON attempt (customer, started_at_ms);
CREATE INDEX attempt_by_start ON attempt (started_at_ms);
-- Nobody is on two calls at once, whatever the cases, and no task has two.
CREATE UNIQUE INDEX one_open_call_to_a_customer ON attempt (customer) WHERE ended_at_ms IS NULL;
CREATE UNIQUE INDEX one_open_call_of_a_task ON attempt (task_id) WHERE ended_at_ms IS NULL;

-- A number that led nowhere, until the bank verifies it anew.
CREATE TABLE number_state (
    customer TEXT NOT NULL,
    reference TEXT NOT NULL,
    unusable_reason TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    by TEXT NOT NULL,
    PRIMARY KEY (customer, reference)
) STRICT;

-- What a customer asked for; reference is empty for all their numbers, until_ms null for good.
CREATE TABLE customer_wish (
    customer TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('do_not_call')),
    reference TEXT NOT NULL DEFAULT '',
    until_ms INTEGER,
    note TEXT,
    by TEXT NOT NULL,
    made_at_ms INTEGER NOT NULL,
    PRIMARY KEY (customer, kind, reference)
) STRICT;
