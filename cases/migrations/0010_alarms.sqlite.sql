-- Alarm management: what devices complain of, and which of it is shown to people, when and why.

-- One alarm: a condition of one place that asks for somebody, with all its occurrences within the reopen
-- window. id is a hash of what the alarm is about and of since_ms of its first occurrence; since_ms and
-- alert_id (the raise that stands for it) are those of the last. place is the device, or else the branch.
-- Suppressed, it is 'pending' and suppressed_by says why. due_ms is when time does something to it next:
-- annunciates it, looks again whether it is still suppressed, lets its return count, or closes it. case_id
-- outlives the case's own rows.
CREATE TABLE alarm (
    id TEXT PRIMARY KEY,
    place TEXT NOT NULL,
    device TEXT,
    branch TEXT,
    component TEXT NOT NULL,
    unit INTEGER NOT NULL,
    code TEXT NOT NULL,
    detector TEXT NOT NULL,
    priority INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 4),
    state TEXT NOT NULL CHECK (
        state IN (
            'pending', 'unacknowledged', 'acknowledged', 'returned_unacknowledged', 'returned', 'closed'
        )
    ),
    suppressed_by TEXT,
    parent TEXT,
    since_ms INTEGER NOT NULL,
    raised_at_ms INTEGER NOT NULL,
    annunciate_at_ms INTEGER,
    annunciated_at_ms INTEGER,
    acknowledged_at_ms INTEGER,
    acknowledged_by TEXT,
    returned_at_ms INTEGER,
    closed_at_ms INTEGER,
    occurrences INTEGER NOT NULL CHECK (occurrences > 0),
    shelved_until_ms INTEGER,
    shelved_by TEXT,
    shelve_reason TEXT,
    case_id TEXT,
    alert_id TEXT NOT NULL,
    words TEXT NOT NULL,
    due_ms INTEGER,
    CHECK (state NOT IN ('unacknowledged', 'acknowledged') OR annunciated_at_ms IS NOT NULL),
    CHECK (state NOT IN ('unacknowledged', 'acknowledged') OR suppressed_by IS NULL),
    CHECK ((acknowledged_by IS NULL) = (acknowledged_at_ms IS NULL)),
    CHECK ((shelved_until_ms IS NULL) = (shelved_by IS NULL)),
    CHECK ((shelved_until_ms IS NULL) = (shelve_reason IS NULL)),
    CHECK ((state = 'closed') = (closed_at_ms IS NOT NULL))
) STRICT;

CREATE INDEX live_alarm ON alarm (id) WHERE state <> 'closed';
CREATE INDEX shelved_alarm ON alarm (id) WHERE shelved_until_ms IS NOT NULL;
CREATE INDEX alarm_by_place ON alarm (place, component, unit, code);
CREATE INDEX alarm_by_case ON alarm (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX alarm_by_parent ON alarm (parent) WHERE parent IS NOT NULL;

-- What detectors said about alarms, by the alert's id; at_ms is when it counts. record is the whole alert
-- (JSON), empty once nothing can need it any more; what is not yet taken waits for its time to be reached.
CREATE TABLE alarm_signal (
    id TEXT PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    record TEXT NOT NULL,
    taken INTEGER NOT NULL CHECK (taken IN (0, 1))
) STRICT;

CREATE INDEX alarm_signal_to_take ON alarm_signal (at_ms, id) WHERE taken = 0;

-- What happened to alarms, and when floods began and ended (alarm is null then), in the order it happened.
CREATE TABLE alarm_event (
    id INTEGER PRIMARY KEY,
    alarm TEXT REFERENCES alarm (id) DEFERRABLE INITIALLY DEFERRED,
    at_ms INTEGER NOT NULL,
    what TEXT NOT NULL CHECK (
        what IN (
            'raised', 'annunciated', 'suppressed', 'released', 'acknowledged', 'returned', 'reopened',
            'closed', 'shelved', 'unshelved', 'flood_began', 'flood_ended'
        )
    ),
    old TEXT,
    new TEXT,
    actor TEXT NOT NULL,
    note TEXT
) STRICT;

CREATE INDEX alarm_event_by_alarm ON alarm_event (alarm, id);
CREATE INDEX alarm_event_by_time ON alarm_event (at_ms, id);

CREATE TRIGGER alarm_event_is_never_changed BEFORE UPDATE ON alarm_event
BEGIN
    SELECT RAISE(ABORT, 'the events of alarms are append-only');
END;

CREATE TRIGGER alarm_event_is_never_deleted BEFORE DELETE ON alarm_event
BEGIN
    SELECT RAISE(ABORT, 'the events of alarms are append-only');
END;

-- What a device is in that is no alarm but suppresses some: supervisor mode, a stop that was ordered.
CREATE TABLE alarm_mode (
    device TEXT NOT NULL,
    code TEXT NOT NULL,
    since_ms INTEGER NOT NULL,
    PRIMARY KEY (device, code)
) STRICT;

-- How far alarms have been followed: everything before settled_ms has been. gate is what the flood gate
-- remembers (JSON), version grows with each change of any alarm.
CREATE TABLE alarm_clock (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    settled_ms INTEGER NOT NULL,
    flood_since_ms INTEGER,
    gate TEXT NOT NULL,
    last_event INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

INSERT INTO alarm_clock (id, settled_ms, flood_since_ms, gate, last_event, version)
VALUES (1, 0, NULL, '{}', 0, 1);
