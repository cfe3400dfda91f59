-- What one shift tells the next, and what it is made of.

-- name: handover_urgent
-- Open cases of the two upper bands, and who holds a task of them until when.
SELECT
    case_.id AS case_id, case_.words, case_.band, case_.due_ms, case_.status, case_.team,
    MIN(task.lease_by) AS held_by, MIN(task.lease_until_ms) AS held_until_ms
FROM case_
LEFT JOIN task ON task.case_id = case_.id AND task.state = 'leased'
WHERE case_.status IN ('open', 'working', 'waiting', 'escalated') AND case_.band < 2
GROUP BY case_.id, case_.words, case_.band, case_.due_ms, case_.rank_ms, case_.status, case_.team
ORDER BY case_.band, case_.rank_ms, case_.id;

-- name: handover_waking
-- Tasks that wait and wake before a time.
SELECT task.case_id, case_.words, task.subject, task.waiting_reason, task.wake_at_ms, task.prefer_agent
FROM task
JOIN case_ ON case_.id = task.case_id
WHERE task.state = 'waiting' AND task.wake_at_ms < :until_ms
ORDER BY task.wake_at_ms, task.id;

-- name: handover_proposals
-- Actions that wait for their second person.
SELECT id AS action_id, case_id, kind, target, maker, made_at_ms, expires_at_ms
FROM action
WHERE status = 'proposed'
ORDER BY made_at_ms, id;

-- name: handover_unchecked
-- Blocks that one person set and nobody has checked.
SELECT id AS action_id, case_id, kind, target, maker, made_at_ms, alarm_at_ms
FROM action
WHERE second_person = 'after' AND checker IS NULL AND status IN ('approved', 'executing', 'done')
ORDER BY alarm_at_ms, id;

-- name: handover_ending
-- Blocks in force that end before a time.
SELECT id AS action_id, case_id, kind, target, maker, expires_at_ms
FROM action
WHERE status = 'done' AND expires_at_ms < :until_ms
ORDER BY expires_at_ms, id;

-- name: handover_escalated
-- Cases that a team has.
SELECT id AS case_id, words, band, team, due_ms
FROM case_
WHERE status = 'escalated'
ORDER BY band, rank_ms, id;

-- name: handover_late_orders
-- Work orders that are not done and past their due time.
SELECT id AS order_id, case_id, department, kind, state, due_ms
FROM work_order
WHERE state IN ('open', 'accepted', 'returned') AND due_ms < :now_ms
ORDER BY due_ms, id;

-- name: handover_backlog
-- Live cases of each band: how many, how many past their due time, and since when the oldest is ready.
SELECT
    band, COUNT(*) AS cases, SUM(CASE WHEN due_ms < :now_ms THEN 1 ELSE 0 END) AS past_due,
    MIN(ready_at_ms) AS oldest_ms
FROM case_
WHERE status IN ('open', 'working', 'waiting', 'escalated')
GROUP BY band
ORDER BY band;

-- name: handover_closed
-- What was closed since a time, by outcome.
SELECT outcome, COUNT(*) AS cases
FROM case_
WHERE closed_at_ms >= :from_ms AND closed_at_ms < :to_ms
GROUP BY outcome
ORDER BY outcome;

-- name: handover_held
-- Tasks that somebody holds.
SELECT COUNT(*) AS tasks, COUNT(DISTINCT lease_by) AS agents FROM task WHERE state = 'leased';

-- name: add_handover
-- Keep what a shift leaves to the next.
INSERT INTO handover (shift_end_ms, made_by, made_at_ms, body)
VALUES (:shift_end_ms, :made_by, :made_at_ms, :body)
RETURNING id;

-- name: get_handover
-- One handover.
SELECT * FROM handover WHERE id = :id;

-- name: latest_handovers
-- Handovers, the latest first.
SELECT * FROM handover ORDER BY shift_end_ms DESC, id DESC LIMIT :limit;

-- name: acknowledge_handover
-- Note who took a handover over, if nobody has.
UPDATE handover
SET acknowledged_by = :by, acknowledged_at_ms = :now_ms
WHERE id = :id AND acknowledged_by IS NULL;
