-- Work that cases hand to departments.

-- name: touch_case_for_work_order
-- The case that an order is for, changed, so that no two orders of it are made at once.
UPDATE case_ SET version = version + 1 WHERE id = :id RETURNING *;

-- name: last_work_order
-- The number of a case's last order.
SELECT COALESCE(MAX(number), 0) AS number FROM work_order WHERE case_id = :case_id;

-- name: add_work_order
-- Hand work to a department.
INSERT INTO work_order (
    id, case_id, number, department, kind, what, state, due_ms, made_by, made_at_ms, task_id
)
VALUES (
    :id, :case_id, :number, :department, :kind, :what, 'open', :due_ms, :made_by, :made_at_ms,
    CAST(:task_id AS INTEGER)
);

-- name: work_order_by_id
-- One order, with the case that its case has gone into since.
SELECT work_order.*, COALESCE(case_.merged_into, case_.id) AS case_now
FROM work_order
JOIN case_ ON case_.id = work_order.case_id
WHERE work_order.id = :id;

-- name: list_work_orders
-- Orders in these states, of a case or a department (null for any), the first due first.
SELECT work_order.*, COALESCE(case_.merged_into, case_.id) AS case_now
FROM work_order
JOIN case_ ON case_.id = work_order.case_id
WHERE work_order.state IN (SELECT value FROM json_each(:states))
    AND work_order.department = COALESCE(CAST(:department AS TEXT), work_order.department)
    AND (
        CAST(:case_id AS TEXT) IS NULL OR case_.id = CAST(:case_id AS TEXT)
        OR case_.merged_into = CAST(:case_id AS TEXT)
    )
ORDER BY work_order.due_ms, work_order.id
LIMIT :limit;

-- name: live_work_orders
-- The orders that a case, or one that went into it, still waits for.
SELECT work_order.*, CAST(:case_id AS TEXT) AS case_now
FROM work_order
WHERE work_order.state IN ('open', 'accepted', 'returned') AND work_order.case_id IN (
    SELECT id FROM case_ WHERE id = :case_id OR merged_into = :case_id
)
ORDER BY work_order.due_ms, work_order.id;

-- name: step_work_order
-- Take an order one step on, if it still stands where it stood.
UPDATE work_order
SET state = :state, what = :what, due_ms = :due_ms, accepted_by = :accepted_by, accepted_at_ms = :accepted_at_ms,
    ended_by = :ended_by, ended_at_ms = :ended_at_ms, answer = :answer, reason = :reason,
    escalated_at_ms = :escalated_at_ms
WHERE id = :id AND state = :before;

-- name: late_work_orders
-- The orders that a department should have settled and that the desk has not been told of.
SELECT work_order.*, COALESCE(case_.merged_into, case_.id) AS case_now
FROM work_order
JOIN case_ ON case_.id = work_order.case_id
WHERE work_order.state IN ('open', 'accepted') AND work_order.escalated_at_ms IS NULL
    AND work_order.due_ms <= :now_ms
ORDER BY work_order.due_ms, work_order.id
LIMIT :limit;

-- name: escalate_work_order
-- Note that the desk was told of a late order, once.
UPDATE work_order SET escalated_at_ms = :now_ms WHERE id = :id AND escalated_at_ms IS NULL;
