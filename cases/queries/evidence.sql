-- What goes into the evidence package of a case.

-- name: evidence_case
-- A case and those that were merged into it.
SELECT * FROM case_ WHERE id = :id OR merged_into = :id ORDER BY CASE WHEN id = :id THEN 0 ELSE 1 END, id;

-- name: evidence_subjects
-- What these cases concern.
SELECT DISTINCT subject, customer, last4
FROM case_subject
WHERE case_id IN (SELECT value FROM json_each(:ids))
ORDER BY subject, customer, last4;

-- name: evidence_alerts
-- The alerts of these cases in the order of their event time.
SELECT record FROM alert WHERE case_id IN (SELECT value FROM json_each(:ids)) ORDER BY at_ms, id;

-- name: evidence_events
-- What happened to these cases, in order.
SELECT at_ms, case_id, actor, what, old, new, note
FROM case_event
WHERE case_id IN (SELECT value FROM json_each(:ids))
ORDER BY at_ms, id;

-- name: evidence_attempts
-- The calls made for these cases.
SELECT attempt.*, task.subject
FROM attempt
JOIN task ON task.id = attempt.task_id
WHERE attempt.case_id IN (SELECT value FROM json_each(:ids))
    OR task.case_id IN (SELECT value FROM json_each(:ids))
ORDER BY attempt.started_at_ms, attempt.id;

-- name: evidence_actions
-- What was done in these cases.
SELECT * FROM action
WHERE case_id IN (SELECT value FROM json_each(:ids))
ORDER BY made_at_ms, id;

-- name: evidence_orders
-- The orders of authorities with these numbers.
SELECT *
FROM legal_order
WHERE number IN (SELECT value FROM json_each(:numbers))
ORDER BY received_at_ms, number;

-- name: evidence_tasks
-- The tasks of these cases.
SELECT id FROM task WHERE case_id IN (SELECT value FROM json_each(:ids)) ORDER BY id;

-- name: evidence_work_orders
-- The work orders of these cases.
SELECT id FROM work_order WHERE case_id IN (SELECT value FROM json_each(:ids)) ORDER BY id;

-- name: evidence_audit
-- The rows of the audit about these objects, in order.
SELECT seq, at_ms, actor, role, session, verb, object, before_h, after_h, reason, prev_hash, hash
FROM audit
WHERE object IN (SELECT value FROM json_each(:objects))
ORDER BY seq;
