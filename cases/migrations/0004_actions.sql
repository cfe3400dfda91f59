-- What is to be told to others (the bank, the lead, screens): written with the change it is about, delivered
-- at least once, in the order of id within a key. key is what the receiver knows a repeat by.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    topic TEXT NOT NULL,
    key TEXT NOT NULL,
    payload TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_at_ms INTEGER NOT NULL,
    done_at_ms INTEGER,
    last_error TEXT
) STRICT;

CREATE INDEX outbox_to_deliver ON outbox (topic, next_at_ms, id) WHERE done_at_ms IS NULL;
CREATE INDEX outbox_by_topic ON outbox (topic, id);

-- An order of an authority, as received: its number, what it covers (JSON list of kind:id) and from when to when.
CREATE TABLE legal_order (
    id TEXT PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    authority TEXT NOT NULL,
    scope TEXT NOT NULL,
    term_from_ms INTEGER NOT NULL,
    term_to_ms INTEGER NOT NULL,
    received_at_ms INTEGER NOT NULL,
    received_by TEXT NOT NULL,
    note TEXT NOT NULL,
    CHECK (term_to_ms > term_from_ms)
) STRICT;

-- What the desk does to others. maker and checker are two people, whatever the code above believes; what needs
-- its second person before it happens has one before it leaves proposed. params, basis and result are JSON.
-- expires_at_ms: how long a proposal waits, then how long what was approved lasts. alarm_at_ms: by when a block
-- set by one person is to be checked. end_reason: why a block is no longer in force.
CREATE TABLE action (
    id TEXT PRIMARY KEY,
    case_id TEXT REFERENCES case_ (id),
    kind TEXT NOT NULL CHECK (kind IN (
        'temporary_block', 'stop_payment', 'freeze', 'release', 'report_legal', 'report_compliance',
        'report_police', 'evidence_export', 'rule_change', 'list_change'
    )),
    target TEXT NOT NULL,
    params TEXT NOT NULL,
    basis TEXT,
    second_person TEXT NOT NULL CHECK (second_person IN ('before', 'after', 'none')),
    status TEXT NOT NULL CHECK (status IN (
        'proposed', 'approved', 'executing', 'done', 'failed', 'rejected', 'expired', 'reversing', 'reversed'
    )),
    maker TEXT NOT NULL CHECK (TRIM(maker) <> ''),
    maker_role TEXT NOT NULL,
    made_at_ms INTEGER NOT NULL,
    checker TEXT,
    verdict TEXT CHECK (verdict IN ('approved', 'rejected')),
    checked_at_ms INTEGER,
    reason TEXT NOT NULL,
    idempotency_key TEXT NOT NULL UNIQUE,
    executed_at_ms INTEGER,
    result TEXT,
    expires_at_ms INTEGER,
    alarm_at_ms INTEGER,
    alarmed_at_ms INTEGER,
    end_reason TEXT CHECK (end_reason IN ('term', 'unchecked', 'refused', 'released')),
    CONSTRAINT two_people CHECK (LOWER(TRIM(checker)) <> LOWER(TRIM(maker)) AND TRIM(checker) <> ''),
    CONSTRAINT checked_before_it_happens CHECK (
        second_person <> 'before' OR status IN ('proposed', 'rejected', 'expired')
        OR (checker IS NOT NULL AND verdict IS NOT NULL AND verdict = 'approved')
    ),
    CONSTRAINT alone_only_for_a_while CHECK (
        (second_person = 'after') = (alarm_at_ms IS NOT NULL)
        AND (second_person <> 'after' OR (kind = 'temporary_block' AND status <> 'proposed'))
        AND (second_person <> 'none' OR kind = 'release')
    ),
    CONSTRAINT every_block_names_its_basis CHECK (
        basis IS NOT NULL OR kind NOT IN ('temporary_block', 'stop_payment', 'freeze')
    ),
    CONSTRAINT a_block_ends CHECK (
        expires_at_ms IS NOT NULL OR kind NOT IN ('temporary_block', 'freeze')
    ),
    CHECK ((checker IS NULL) = (checked_at_ms IS NULL) AND (checker IS NULL) = (verdict IS NULL)),
    CHECK (status <> 'proposed' OR (checker IS NULL AND expires_at_ms IS NOT NULL))
) STRICT;

CREATE INDEX action_by_case ON action (case_id, made_at_ms);
CREATE INDEX action_by_target ON action (target, kind);
CREATE INDEX action_that_ends ON action (status, expires_at_ms) WHERE expires_at_ms IS NOT NULL;
CREATE INDEX action_unchecked ON action (alarm_at_ms)
WHERE second_person = 'after' AND checker IS NULL;
-- Two people at once do not make the same proposal, and no one person blocks the same thing twice over.
CREATE UNIQUE INDEX one_proposal_of_a_kind ON action (kind, target) WHERE status = 'proposed';
CREATE UNIQUE INDEX one_block_by_one_person ON action (target)
WHERE second_person = 'after' AND status IN ('approved', 'executing', 'done');
