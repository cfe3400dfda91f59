-- Calls, customers' numbers and their wishes.

-- name: reference_at
-- The version of a reference record that was in force.
SELECT body
FROM reference_record
WHERE kind = :kind AND id = :id AND effective_at_ms <= :at_ms
ORDER BY effective_at_ms DESC
LIMIT 1;

-- name: card_in_case
-- Whose card this is as far as the alerts of a case know.
SELECT customer FROM case_subject WHERE case_id = :case_id AND subject = :subject;

-- name: number_states
-- The numbers of a customer that led nowhere.
SELECT reference, unusable_reason, since_ms, by FROM number_state WHERE customer = :customer;

-- name: put_number_state
-- Note that a number led nowhere.
INSERT INTO number_state (customer, reference, unusable_reason, since_ms, by)
VALUES (:customer, :reference, :reason, :now_ms, :agent)
ON CONFLICT (customer, reference) DO UPDATE SET
    unusable_reason = excluded.unusable_reason, since_ms = excluded.since_ms, by = excluded.by;

-- name: drop_number_state
-- Let a number be rung again.
DELETE FROM number_state WHERE customer = :customer AND reference = :reference;

-- name: wishes
-- What a customer asked for and still holds.
SELECT kind, reference, until_ms, note, by, made_at_ms
FROM customer_wish
WHERE customer = :customer AND (until_ms IS NULL OR until_ms > :now_ms)
ORDER BY reference;

-- name: put_wish
-- Keep what a customer asked for; the same wish again replaces it.
INSERT INTO customer_wish (customer, kind, reference, until_ms, note, by, made_at_ms)
VALUES (:customer, :kind, :reference, :until_ms, :note, :agent, :now_ms)
ON CONFLICT (customer, kind, reference) DO UPDATE SET
    until_ms = excluded.until_ms, note = excluded.note, by = excluded.by, made_at_ms = excluded.made_at_ms;

-- name: drop_wish
-- Forget what a customer asked for.
DELETE FROM customer_wish WHERE customer = :customer AND kind = :kind AND reference = :reference;

-- name: call_task
-- One task with what its case says of how to call.
SELECT task.*, case_.kind AS case_kind, case_.breakdown, case_.status AS case_status
FROM task
JOIN case_ ON case_.id = task.case_id
WHERE task.id = :id;

-- name: call_tasks
-- The calls of a case that are still to be made, and those that were.
SELECT id, kind, subject, state, lease_by, lease_no
FROM task
WHERE case_id = :case_id AND kind IN ('call_customer', 'call_site')
ORDER BY id;

-- name: attempts_of_call
-- The attempts of a call; also those that were made before its subject got another name.
SELECT attempt.*
FROM attempt
JOIN task ON task.id = attempt.task_id
WHERE attempt.ended_at_ms IS NOT NULL AND task.case_id = :case_id
    AND (attempt.task_id = :task_id OR (task.state = 'void' AND attempt.customer = CAST(:customer AS TEXT)))
ORDER BY attempt.started_at_ms, attempt.id;

-- name: attempts_of_case
-- Every attempt of a case, whatever case its call was in when it was made.
SELECT attempt.*, task.subject
FROM attempt
JOIN task ON task.id = attempt.task_id
WHERE task.case_id = :case_id
ORDER BY attempt.started_at_ms, attempt.id;

-- name: attempts_elsewhere
-- When a customer was called by other tasks, from an instant on.
SELECT attempt.started_at_ms
FROM attempt
JOIN task ON task.id = attempt.task_id
WHERE attempt.customer = :customer AND attempt.started_at_ms >= :since_ms AND task.id <> :task_id AND task.state <> 'void'
    AND COALESCE(attempt.disposition, '') <> 'dialer_failed';

-- name: open_attempt
-- The call of a task that has not ended.
SELECT * FROM attempt WHERE task_id = :task_id AND ended_at_ms IS NULL;

-- name: open_calls_of_case
-- Who is on a call of a case, and to which number.
SELECT agent, reference FROM attempt WHERE case_id = :case_id AND ended_at_ms IS NULL;

-- name: open_call_to
-- The call to a customer that has not ended.
SELECT agent, started_at_ms, case_id FROM attempt WHERE customer = :customer AND ended_at_ms IS NULL;

-- name: begin_attempt
-- Open a call, unless there is one to this customer.
INSERT INTO attempt (
    task_id, case_id, customer, reference, agent, lease_no, started_at_ms, script, script_version
)
VALUES (
    :task_id, :case_id, :customer, :reference, :agent, :lease_no, :started_at_ms, :script, :script_version
)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: answer_attempt
-- Note when the open call of a task was taken up, once.
UPDATE attempt
SET answered_at_ms = CASE WHEN started_at_ms > :now_ms THEN started_at_ms ELSE :now_ms END
WHERE task_id = :task_id AND ended_at_ms IS NULL AND answered_at_ms IS NULL;

-- name: end_attempt
-- End a call with its result.
UPDATE attempt
SET answered_at_ms = :answered_at_ms, ended_at_ms = :ended_at_ms, wrapup_until_ms = :wrapup_until_ms,
    disposition = :disposition, callback_at_ms = :callback_at_ms, note = :note, checklist = :checklist,
    recording_ref = :recording
WHERE id = :id AND ended_at_ms IS NULL;

-- name: attempt_by_id
-- One call, with whom it is about.
SELECT attempt.*, task.subject FROM attempt JOIN task ON task.id = attempt.task_id WHERE attempt.id = :id;

-- name: tell_attempt
-- Note what happened on the line of an open call; of each event the first time counts.
UPDATE attempt
SET rang_at_ms = CASE WHEN :event = 'ringing' THEN COALESCE(rang_at_ms, :at_ms) ELSE rang_at_ms END,
    answered_at_ms = CASE WHEN :event = 'answered' THEN COALESCE(answered_at_ms, :at_ms) ELSE answered_at_ms END,
    hung_up_at_ms = CASE WHEN :event = 'ended' THEN COALESCE(hung_up_at_ms, :at_ms) ELSE hung_up_at_ms END,
    recording_ref = COALESCE(CAST(:recording AS TEXT), recording_ref)
WHERE id = :id AND ended_at_ms IS NULL;

-- name: attempt_times
-- When a call began, was answered and ended.
SELECT started_at_ms, answered_at_ms, ended_at_ms FROM attempt WHERE id = :id;

-- name: end_lost_attempts
-- End the calls to a customer, or of a task, that nobody can report on any more: their task was taken back or ended.
UPDATE attempt
SET ended_at_ms = CASE WHEN started_at_ms > :now_ms THEN started_at_ms ELSE :now_ms END,
    wrapup_until_ms = :now_ms, disposition = 'dialer_failed', note = 'nobody recorded how this call ended'
WHERE ended_at_ms IS NULL AND (customer = CAST(:customer AS TEXT) OR task_id = :task_id)
    AND EXISTS (SELECT 1 FROM task WHERE task.id = attempt.task_id AND task.calling = 0);

-- name: mark_calling
-- Mark a task as being on the phone, or not.
UPDATE task SET calling = :calling WHERE id = :id;

-- name: count_attempt
-- Count an attempt of a task.
UPDATE task SET attempt_no = attempt_no + 1 WHERE id = :id;

-- name: note_first_attempt
-- Keep when somebody was first dialled for a case, and when the right person was first reached, each once.
UPDATE case_
SET first_attempt_at_ms = COALESCE(first_attempt_at_ms, :attempt_at_ms),
    first_contact_at_ms = COALESCE(first_contact_at_ms, CAST(:contact_at_ms AS INTEGER))
WHERE id = :id;

-- name: case_detectors
-- The detectors behind a case, the worst finding first.
SELECT detector, MIN(severity) AS severity, MAX(probability) AS probability
FROM alert
WHERE case_id = :case_id
GROUP BY detector
ORDER BY severity, probability DESC, detector;

-- name: holding_tasks
-- What must end before a case can close by itself; of the rest only what somebody is at.
SELECT id, kind, subject, state
FROM task
WHERE case_id = :case_id AND state IN ('ready', 'waiting', 'leased')
    AND (
        kind IN ('call_customer', 'call_site', 'review', 'dispatch', 'verify_on_site', 'remote_reset')
        OR state = 'leased'
    );

-- name: last_results
-- How the last attempt of each finished call of a case ended, by subject.
SELECT task.id, task.subject, attempt.disposition
FROM task
LEFT JOIN attempt ON attempt.task_id = task.id AND attempt.ended_at_ms IS NOT NULL
WHERE task.case_id = :case_id AND task.state = 'done' AND task.kind IN ('call_customer', 'call_site')
ORDER BY task.id, attempt.started_at_ms, attempt.id;

-- name: move_attempts
-- Hand the attempts of one case to another.
UPDATE attempt SET case_id = :survivor WHERE case_id = :merged;
