-- Alarm management: signals, alarms, what happened to them, and how far they have been followed.

-- name: alarm_clock
-- How far alarms have been followed, and when the first signal counts that waits.
SELECT settled_ms, flood_since_ms, gate, last_event, version, (
    SELECT MIN(at_ms) FROM alarm_signal WHERE taken = 0
) AS waits_ms
FROM alarm_clock
WHERE id = 1;

-- name: move_alarm_clock
-- Note how far alarms have been followed, and what the flood gate remembers.
UPDATE alarm_clock
SET settled_ms = :settled_ms, flood_since_ms = :flood_since_ms, gate = :gate
WHERE id = 1;

-- name: count_alarm_events
-- Give numbers to new events of alarms, and note that alarms have changed.
UPDATE alarm_clock SET last_event = last_event + :added, version = version + 1 WHERE id = 1
RETURNING last_event, version;

-- name: add_alarm_signal
-- Keep a signal that is not on record.
INSERT INTO alarm_signal (id, at_ms, record, taken) VALUES (:id, :at_ms, :record, 0)
ON CONFLICT (id) DO NOTHING;

-- name: alarm_signals_to_take
-- The signals whose time was reached.
SELECT id, at_ms, record FROM alarm_signal WHERE taken = 0 AND at_ms <= :until_ms ORDER BY at_ms, id;

-- name: take_alarm_signals
-- Note that the signals whose time was reached were taken.
UPDATE alarm_signal SET taken = 1 WHERE taken = 0 AND at_ms <= :until_ms;

-- name: alarm_signal
-- One signal.
SELECT record FROM alarm_signal WHERE id = :id;

-- name: empty_alarm_signal
-- Forget what a signal said that nothing can need any more; that it came stays known.
UPDATE alarm_signal SET record = '' WHERE id = :id;

-- name: open_alarms
-- The alarms that are not closed.
SELECT * FROM alarm WHERE state <> 'closed' ORDER BY id;

-- name: alarms_by_id
-- These alarms, closed or not.
SELECT * FROM alarm WHERE id IN (SELECT value FROM json_each(:ids)) ORDER BY id;

-- name: alarms_by_fingerprint
-- The alarms about one condition of one place, the latest first.
SELECT *
FROM alarm
WHERE place = :place AND component = :component AND unit = :unit AND code = :code
ORDER BY raised_at_ms DESC, id;

-- name: alarms_of_case
-- The alarms of a case that are not closed.
SELECT * FROM alarm WHERE case_id = :case_id AND state <> 'closed' ORDER BY id;

-- name: all_alarms
-- Every alarm, or those that are not closed, the most pressing first.
SELECT *
FROM alarm
WHERE state <> 'closed' OR CAST(:closed AS INTEGER) = 1
ORDER BY priority, raised_at_ms, id;

-- name: keep_alarm
-- Write an alarm as it stands.
INSERT INTO alarm (
    id, place, device, branch, component, unit, code, detector, priority, state, suppressed_by, parent, since_ms,
    raised_at_ms, annunciate_at_ms, annunciated_at_ms, acknowledged_at_ms, acknowledged_by, returned_at_ms,
    closed_at_ms, occurrences, shelved_until_ms, shelved_by, shelve_reason, case_id, alert_id, words, due_ms
)
VALUES (
    :id, :place, :device, :branch, :component, :unit, :code, :detector, :priority, :state, :suppressed_by,
    :parent, :since_ms, :raised_at_ms, :annunciate_at_ms, :annunciated_at_ms, :acknowledged_at_ms,
    :acknowledged_by, :returned_at_ms, :closed_at_ms, :occurrences, :shelved_until_ms, :shelved_by,
    :shelve_reason, :case_id, :alert_id, :words, :due_ms
)
ON CONFLICT (id) DO UPDATE SET
    device = excluded.device, branch = excluded.branch, detector = excluded.detector,
    state = excluded.state, suppressed_by = excluded.suppressed_by, parent = excluded.parent,
    since_ms = excluded.since_ms, raised_at_ms = excluded.raised_at_ms,
    annunciate_at_ms = excluded.annunciate_at_ms, annunciated_at_ms = excluded.annunciated_at_ms,
    acknowledged_at_ms = excluded.acknowledged_at_ms, acknowledged_by = excluded.acknowledged_by,
    returned_at_ms = excluded.returned_at_ms, closed_at_ms = excluded.closed_at_ms,
    occurrences = excluded.occurrences, shelved_until_ms = excluded.shelved_until_ms,
    shelved_by = excluded.shelved_by, shelve_reason = excluded.shelve_reason, case_id = excluded.case_id,
    alert_id = excluded.alert_id, words = excluded.words, due_ms = excluded.due_ms;

-- name: add_alarm_event
-- Note what happened to an alarm.
INSERT INTO alarm_event (id, alarm, at_ms, what, old, new, actor, note)
VALUES (:id, :alarm, :at_ms, :what, :old, :new, :actor, :note);

-- name: alarm_modes
-- What devices are in that suppresses alarms.
SELECT device, code, since_ms FROM alarm_mode ORDER BY device, code;

-- name: keep_alarm_mode
-- Note what a device is in.
INSERT INTO alarm_mode (device, code, since_ms) VALUES (:device, :code, :since_ms)
ON CONFLICT (device, code) DO UPDATE SET since_ms = excluded.since_ms;

-- name: end_alarm_mode
-- Note that a device has left what it was in.
DELETE FROM alarm_mode WHERE device = :device AND code = :code;

-- name: survivors
-- Which of these cases went into others, and into which.
SELECT id, merged_into FROM case_
WHERE merged_into IS NOT NULL AND id IN (SELECT value FROM json_each(:ids));

-- name: merged_into_case
-- The cases that went into another.
SELECT id FROM case_ WHERE merged_into = :case_id ORDER BY id;

-- name: fleet_stamp
-- What changes when the fleet does: how many records of devices there are, and from when the last one holds.
SELECT COUNT(*) AS records, MAX(effective_at_ms) AS latest_ms FROM fleet_record;

-- name: alarms_of_device
-- The alarms that a device had within a time, the newest first.
SELECT *
FROM alarm
WHERE place = :device AND device = :device AND raised_at_ms < :to_ms
    AND (closed_at_ms IS NULL OR closed_at_ms >= :from_ms)
ORDER BY raised_at_ms DESC, id
LIMIT :limit;

-- name: alarm_events_of_device
-- What happened to the alarms of a device that were there within a time, in order.
SELECT alarm.id AS alarm, alarm.priority, alarm_event.at_ms, alarm_event.what
FROM alarm
JOIN alarm_event ON alarm_event.alarm = alarm.id
WHERE alarm.place = :device AND alarm.device = :device AND alarm.raised_at_ms < :to_ms
    AND (alarm.closed_at_ms IS NULL OR alarm.closed_at_ms >= :from_ms) AND alarm_event.at_ms < :to_ms
ORDER BY alarm_event.id;

-- name: devices_told
-- How many devices the desk was told of within a time.
SELECT COUNT(DISTINCT alarm.device) AS devices
FROM alarm_event
JOIN alarm ON alarm.id = alarm_event.alarm
WHERE alarm_event.what = 'annunciated' AND alarm_event.at_ms >= :from_ms AND alarm_event.at_ms < :to_ms;
