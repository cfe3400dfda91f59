-- What agents do with cases and tasks.

-- name: placed_case
-- One case, with its place in the queue while it is live.
SELECT case_.*, queue_place.place
FROM case_
LEFT JOIN queue_place ON queue_place.id = case_.id
WHERE case_.id = :id;

-- name: list_cases
-- Cases of these statuses in the order of their rank.
SELECT case_.*, queue_place.place
FROM case_
LEFT JOIN queue_place ON queue_place.id = case_.id
WHERE case_.status IN (SELECT value FROM json_each(:statuses))
ORDER BY case_.band, case_.due_ms, case_.id
LIMIT :limit;

-- name: ready_tasks
-- The calls still to make in these cases.
SELECT id, case_id, kind, subject
FROM task
WHERE state = 'ready' AND case_id IN (SELECT value FROM json_each(:ids));

-- name: add_task
-- Add a call to make.
INSERT INTO task (case_id, kind, subject, state, made_at_ms)
VALUES (:case_id, :kind, :subject, 'ready', :at_ms);

-- name: void_task
-- Take back a call whose subject is now called under another name.
UPDATE task SET state = 'void', ended_at_ms = :at_ms WHERE id = :id;

-- name: end_tasks
-- Finish the calls of a case that is closed.
UPDATE task SET state = 'done', ended_at_ms = :at_ms WHERE case_id = :case_id AND state = 'ready';

-- name: ready_case
-- The best case that nobody holds, or whose holder's time has run out.
SELECT id
FROM case_
WHERE status IN ('open', 'working') AND (status = 'open' OR lease_until_ms <= :now_ms)
ORDER BY band, due_ms, id
LIMIT 1;

-- name: lease_case
-- Give a case to an agent, unless another one holds it; renewing keeps the number.
UPDATE case_
SET status = 'working',
    lease_no = lease_no + CASE WHEN lease_by = :agent THEN 0 ELSE 1 END,
    lease_by = :agent,
    lease_until_ms = :until_ms
WHERE id = :id AND (
    status = 'open' OR (status = 'working' AND (lease_until_ms <= :now_ms OR lease_by = :agent))
);

-- name: pass_lease
-- Let the holder of a merged case hold the case it went into.
UPDATE case_
SET status = 'working', lease_no = lease_no + 1, lease_by = :agent, lease_until_ms = :until_ms
WHERE id = :id AND status = 'open';

-- name: close_case
-- Close a case with its outcome, if the agent still holds it (under this number, where one is given).
UPDATE case_
SET status = 'closed', outcome = :outcome, closed_by = :agent, closed_at_ms = :now_ms,
    lease_by = NULL, lease_until_ms = NULL
WHERE id = :id AND status = 'working' AND lease_by = :agent AND lease_no = COALESCE(:lease_no, lease_no);

-- name: free_subjects
-- Let the next alert about any of a closed case's subjects open a new case.
UPDATE case_subject SET live = 0 WHERE case_id = :case_id;

-- name: case_tasks
-- The calls of a case.
SELECT kind, subject, state FROM task WHERE case_id = :case_id ORDER BY id;
