-- How long things are kept.

-- name: ripe_cases
-- The cases that were closed before a time and are not in an archive as they were closed then.
SELECT case_.id, case_.closed_at_ms
FROM case_
LEFT JOIN archived_case
    ON archived_case.case_id = case_.id AND archived_case.closed_at_ms = case_.closed_at_ms
WHERE case_.status = 'closed' AND case_.closed_at_ms < :before_ms AND archived_case.case_id IS NULL
ORDER BY case_.closed_at_ms, case_.id;

-- name: roots
-- The cases that stand for these: themselves, or those they went into.
SELECT DISTINCT COALESCE(merged_into, id) AS root FROM case_ WHERE id IN (SELECT value FROM json_each(:ids));

-- name: families
-- These cases with those that went into them.
SELECT id AS root, id, status, outcome, closed_at_ms
FROM case_
WHERE id IN (SELECT value FROM json_each(:ids))
UNION ALL
SELECT merged_into, id, status, outcome, closed_at_ms
FROM case_
WHERE merged_into IN (SELECT value FROM json_each(:ids))
ORDER BY root, id;

-- name: hold_subjects
-- Whom these cases concern, customers of cards among them.
SELECT case_id, subject, customer
FROM case_subject
WHERE case_id IN (SELECT value FROM json_each(:ids));

-- name: live_actions
-- What is under way or in force for these cases.
SELECT id, case_id, kind, status
FROM action
WHERE case_id IN (SELECT value FROM json_each(:ids)) AND (
    status IN ('proposed', 'approved', 'executing', 'reversing')
    OR (status = 'done' AND expires_at_ms > :now_ms)
)
ORDER BY id;

-- name: kept_case_
-- The rows of these cases in case_.
SELECT * FROM case_ WHERE id IN (SELECT value FROM json_each(:ids)) ORDER BY id;

-- name: kept_case_subject
-- The rows of these cases in case_subject.
SELECT * FROM case_subject WHERE case_id IN (SELECT value FROM json_each(:ids)) ORDER BY case_id, subject;

-- name: kept_alert
-- The rows of these cases in alert.
SELECT * FROM alert WHERE case_id IN (SELECT value FROM json_each(:ids)) ORDER BY id;

-- name: kept_device_item
-- The rows of these cases in device_item.
SELECT * FROM device_item WHERE case_id IN (SELECT value FROM json_each(:ids)) ORDER BY alert_id;

-- name: kept_retained_card
-- The rows of these cases in retained_card.
SELECT * FROM retained_card WHERE case_id IN (SELECT value FROM json_each(:ids)) ORDER BY id;

-- name: kept_task
-- The rows of these cases in task.
SELECT * FROM task WHERE case_id IN (SELECT value FROM json_each(:ids)) ORDER BY id;

-- name: kept_case_event
-- The rows of these cases in case_event.
SELECT * FROM case_event WHERE case_id IN (SELECT value FROM json_each(:ids)) ORDER BY id;

-- name: kept_attempt
-- The rows of these cases in attempt.
SELECT * FROM attempt WHERE case_id IN (SELECT value FROM json_each(:ids)) ORDER BY id;

-- name: kept_action
-- The rows of these cases in action.
SELECT * FROM action WHERE case_id IN (SELECT value FROM json_each(:ids)) ORDER BY id;

-- name: kept_work_order
-- The rows of these cases in work_order.
SELECT * FROM work_order WHERE case_id IN (SELECT value FROM json_each(:ids)) ORDER BY id;

-- name: kept_disposition
-- The rows of these cases in disposition.
SELECT * FROM disposition WHERE case_id IN (SELECT value FROM json_each(:ids)) ORDER BY case_id, number;

-- name: kept_disposition_alert
-- The rows of these cases in disposition_alert.
SELECT * FROM disposition_alert WHERE case_id IN (SELECT value FROM json_each(:ids)) ORDER BY case_id, number, alert_id;

-- name: purge_disposition_alert
-- Let the rows of these cases leave disposition_alert.
DELETE FROM disposition_alert WHERE case_id IN (SELECT value FROM json_each(:ids));

-- name: purge_disposition
-- Let the rows of these cases leave disposition.
DELETE FROM disposition WHERE case_id IN (SELECT value FROM json_each(:ids));

-- name: purge_work_order
-- Let the rows of these cases leave work_order.
DELETE FROM work_order WHERE case_id IN (SELECT value FROM json_each(:ids));

-- name: purge_action
-- Let the rows of these cases leave action.
DELETE FROM action WHERE case_id IN (SELECT value FROM json_each(:ids));

-- name: purge_attempt
-- Let the rows of these cases leave attempt.
DELETE FROM attempt WHERE case_id IN (SELECT value FROM json_each(:ids));

-- name: purge_task
-- Let the rows of these cases leave task.
DELETE FROM task WHERE case_id IN (SELECT value FROM json_each(:ids));

-- name: purge_case_event
-- Let the rows of these cases leave case_event.
DELETE FROM case_event WHERE case_id IN (SELECT value FROM json_each(:ids));

-- name: purge_case_subject
-- Let the rows of these cases leave case_subject.
DELETE FROM case_subject WHERE case_id IN (SELECT value FROM json_each(:ids));

-- name: purge_retained_card
-- Let the rows of these cases leave retained_card.
DELETE FROM retained_card WHERE case_id IN (SELECT value FROM json_each(:ids));

-- name: purge_device_item
-- Let the rows of these cases leave device_item.
DELETE FROM device_item WHERE case_id IN (SELECT value FROM json_each(:ids));

-- name: purge_alert
-- Let the rows of these cases leave alert.
DELETE FROM alert WHERE case_id IN (SELECT value FROM json_each(:ids));

-- name: purge_links
-- Let no case refer to these.
UPDATE case_ SET linked_to = NULL WHERE linked_to IN (SELECT value FROM json_each(:ids));

-- name: purge_alarm_links
-- Let no alarm refer to these.
UPDATE alarm SET case_id = NULL WHERE case_id IN (SELECT value FROM json_each(:ids));

-- name: purge_merged
-- Let the cases that went into these leave the store.
DELETE FROM case_ WHERE merged_into IN (SELECT value FROM json_each(:ids));

-- name: purge_case_
-- Let these cases leave the store.
DELETE FROM case_ WHERE id IN (SELECT value FROM json_each(:ids));

-- name: purge_outbox
-- Let what was settled long ago leave the outbox; not the last id, which must not come again.
DELETE FROM outbox
WHERE id IN (
    SELECT id FROM outbox
    WHERE done_at_ms < :before_ms AND id < (SELECT MAX(newest.id) FROM outbox AS newest)
    ORDER BY done_at_ms
    LIMIT :limit
);

-- name: purge_agent_states
-- Let what agents did long ago leave the store.
DELETE FROM agent_state WHERE to_ms < :before_ms;

-- name: purge_sessions
-- Let sessions that are over leave the store, but for each user's last one. Nobody ended those that were left open.
DELETE FROM desk_session
WHERE
    COALESCE(ended_ms, seen_ms) < :before_ms
    AND EXISTS (
        SELECT 1 FROM desk_session AS later
        WHERE
            later.name_key = desk_session.name_key
            AND (later.began_ms, later.id) > (desk_session.began_ms, desk_session.id)
    );

-- name: blank_sessions
-- Forget from where sessions came that are over: of those only when they were is asked.
UPDATE desk_session SET ip = '', agent = ''
WHERE COALESCE(ended_ms, seen_ms) < :before_ms AND (ip <> '' OR agent <> '');

-- name: purge_sign_in_failures
-- Forget under which names signing in failed; not those that are locked out.
DELETE FROM sign_in_failure WHERE at_ms < :before_ms AND locked_until_ms <= :now_ms;

-- name: rename_in_case_
-- Put other names for a person into a row of case_.
UPDATE case_ SET subject = :subject, words = :words, breakdown = :breakdown WHERE id = :id;

-- name: rename_in_case_subject
-- Put other names for a person into a row of case_subject.
UPDATE case_subject
SET subject = :subject, customer = :customer, last4 = :last4
WHERE case_id = :case_id AND subject = :was;

-- name: rename_in_alert
-- Put other names for a person into a row of alert.
UPDATE alert
SET scope_key = :scope_key, exposed = :exposed, ring = :ring, reason = :reason, record = :record
WHERE id = :id;

-- name: rename_in_task
-- Put other names for a person into a row of task.
UPDATE task SET subject = :subject, last_error = :last_error WHERE id = :id;

-- name: rename_in_retained_card
-- Put other names for a person into a row of retained_card.
UPDATE retained_card
SET card = :card, customer = :customer, last4 = :last4, handled_where = :handled_where
WHERE id = :id;

-- name: rename_in_case_event
-- Put other names for a person into a row of case_event.
UPDATE case_event SET old = :old, new = :new, note = :note WHERE id = :id;

-- name: rename_in_attempt
-- Put other names for a person into a row of attempt.
UPDATE attempt SET customer = :customer, reference = :reference, note = :note, checklist = :checklist WHERE id = :id;

-- name: rename_in_action
-- Put other names for a person into a row of action.
UPDATE action
SET target = :target, params = :params, basis = :basis, reason = :reason, result = :result
WHERE id = :id;

-- name: rename_in_work_order
-- Put other names for a person into a row of work_order.
UPDATE work_order SET what = :what, answer = :answer, reason = :reason WHERE id = :id;

-- name: unlock_timeline
-- Let the timeline be changed until the end of this transaction, which cannot come before it is locked again.
INSERT INTO timeline_unlocked (why, must_be_gone) VALUES (:why, 1);

-- name: lock_timeline
-- Let nobody change the timeline.
DELETE FROM timeline_unlocked;

-- name: add_archive
-- Put an archive file on record.
INSERT INTO archive (file, month, sha256, cases, lines, made_by, made_at_ms)
VALUES (:file, :month, :sha256, :cases, :lines, :made_by, :made_at_ms)
ON CONFLICT (file) DO NOTHING;

-- name: add_archived_case
-- Note in which file a case lies.
INSERT INTO archived_case (case_id, file, closed_at_ms, digest)
VALUES (:case_id, :file, :closed_at_ms, :digest)
ON CONFLICT (case_id) DO UPDATE SET
    file = excluded.file, closed_at_ms = excluded.closed_at_ms, digest = excluded.digest;

-- name: archives
-- The archive files that stand, in the order of their months.
SELECT * FROM archive WHERE replaced_at_ms IS NULL ORDER BY month, file;

-- name: cases_to_purge
-- The archived cases that were closed before a time and are still in the store.
SELECT archived_case.case_id, archived_case.file, archived_case.closed_at_ms, archived_case.digest
FROM archived_case
WHERE archived_case.purged_at_ms IS NULL AND archived_case.closed_at_ms < :before_ms
ORDER BY archived_case.file, archived_case.case_id;

-- name: forget_archived_case
-- Let a case be archived again.
DELETE FROM archived_case WHERE case_id = :case_id AND purged_at_ms IS NULL;

-- name: case_purged
-- Note that a case is in its archive file alone.
UPDATE archived_case SET purged_at_ms = :now_ms WHERE case_id = :case_id;

-- name: move_archived_case
-- Note that a case lies in another file now, with these rows.
UPDATE archived_case SET file = :file, digest = :digest WHERE case_id = :case_id AND file = :was;

-- name: replace_archive
-- Note that another file took the place of one.
UPDATE archive SET replaced_at_ms = :now_ms WHERE file = :file;

-- name: place_hold
-- Let something be kept as it is; the same order about the same subject again changes nothing.
INSERT INTO legal_hold (subject, order_number, reason, placed_by, placed_at_ms)
VALUES (:subject, :order_number, :reason, :placed_by, :placed_at_ms)
ON CONFLICT (subject, order_number) WHERE released_at_ms IS NULL DO NOTHING;

-- name: live_hold
-- The hold of an order about a subject.
SELECT * FROM legal_hold
WHERE subject = :subject AND order_number = :order_number AND released_at_ms IS NULL;

-- name: holds
-- The holds, also those that are released if asked for, in the order in which they were placed.
SELECT * FROM legal_hold WHERE released_at_ms IS NULL OR :released = 1 ORDER BY id;

-- name: hold_by_id
-- One hold.
SELECT * FROM legal_hold WHERE id = :id;

-- name: release_hold
-- End a hold.
UPDATE legal_hold
SET released_by = :released_by, released_at_ms = :now_ms, release_reason = :reason
WHERE id = :id AND released_at_ms IS NULL;

-- name: held_case_exists
-- Whether there is such a case.
SELECT id FROM case_ WHERE id = :id;

-- name: ask_for_data
-- Ask for something about one customer's data.
INSERT INTO retention_request (kind, customer, reason, maker, made_at_ms, expires_at_ms)
VALUES (:kind, :customer, :reason, :maker, :made_at_ms, :expires_at_ms)
RETURNING *;

-- name: data_request
-- One request.
SELECT * FROM retention_request WHERE id = :id;

-- name: data_requests
-- The requests that are not done, in the order in which they were made.
SELECT * FROM retention_request WHERE done_at_ms IS NULL AND expires_at_ms > :now_ms ORDER BY id;

-- name: approve_data_request
-- Agree to a request.
UPDATE retention_request SET checker = :checker, checked_at_ms = :now_ms WHERE id = :id AND checker IS NULL;

-- name: data_request_done
-- Note that a request was done.
UPDATE retention_request SET done_at_ms = :now_ms WHERE id = :id AND done_at_ms IS NULL;

-- name: cases_of_person
-- The cases that concern any of these subjects, or a card of this customer.
SELECT DISTINCT case_id
FROM case_subject
WHERE customer = :customer OR subject IN (SELECT value FROM json_each(:subjects))
ORDER BY case_id;

-- name: cards_in_cases
-- The cards that cases know to be this customer's.
SELECT DISTINCT subject FROM case_subject WHERE customer = :customer AND subject LIKE 'card:%' ORDER BY subject;

-- name: numbers_dialled
-- The numbers at which this customer was called.
SELECT DISTINCT reference FROM attempt WHERE customer = :customer ORDER BY reference;

-- name: reference_of_customer
-- The versions of a customer on record, and of the cards that seem to be theirs.
SELECT kind, id, effective_at_ms, body
FROM reference_record
WHERE (kind = 'customer' AND id = :customer) OR (kind = 'card' AND body LIKE :pattern)
ORDER BY kind, id, effective_at_ms;

-- name: kept_number_state
-- What is known of a customer's numbers.
SELECT * FROM number_state WHERE customer = :customer ORDER BY reference;

-- name: kept_customer_wish
-- What a customer does not want.
SELECT * FROM customer_wish WHERE customer = :customer ORDER BY kind, reference;

-- name: forget_number_state
-- Forget a customer's numbers.
DELETE FROM number_state WHERE customer = :customer;

-- name: forget_customer_wish
-- Forget a customer's wishes.
DELETE FROM customer_wish WHERE customer = :customer;

-- name: forget_reference
-- Forget all versions of a record.
DELETE FROM reference_record WHERE kind = :kind AND id = :id;

-- name: forget_sightings
-- Forget with which rings a subject was seen.
DELETE FROM ring_sighting WHERE subject = :subject;

-- name: letter_texts
-- The lines that were no event.
SELECT id, raw, corrected FROM dead_letter ORDER BY id;

-- name: message_texts
-- What was told to others.
SELECT id, key, payload FROM outbox ORDER BY id;

-- name: signal_texts
-- What detectors said about devices that is still needed.
SELECT id, record FROM alarm_signal WHERE record <> '' ORDER BY id;

-- name: rename_in_alarm_signal
-- Put other names for a person into what was said about a device.
UPDATE alarm_signal SET record = :record WHERE id = :id;

-- name: forget_dead_letter
-- Forget a line that was no event.
DELETE FROM dead_letter WHERE id = :id;

-- name: rename_in_outbox
-- Put other names for a person into what was told to others.
UPDATE outbox SET key = :key, payload = :payload WHERE id = :id;

-- name: rename_in_legal_hold
-- Put another name for a person into their holds, which are released.
UPDATE legal_hold SET subject = :name WHERE subject = :subject;

-- name: rename_in_retention_request
-- Put another name for a person into what was asked about them.
UPDATE retention_request SET customer = :name WHERE customer = :customer;

-- name: add_erasure
-- Number an erasure.
INSERT INTO erasure (at_ms, made_by) VALUES (:at_ms, :made_by) RETURNING id;
