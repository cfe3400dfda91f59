-- What there is to do in cases: claimed, held, put off, ended.

-- name: task
-- One task, for as long as the transaction lasts.
SELECT * FROM task WHERE id = :id /* for update */;

-- name: case_for_change
-- One case as it stands, for as long as the transaction lasts.
SELECT * FROM case_ WHERE id = :id /* for update */;

-- name: live_tasks
-- What is still to be done in a case, the most pressing first.
SELECT *
FROM task
WHERE case_id = :case_id AND state IN ('ready', 'waiting', 'leased')
ORDER BY band, rank_ms, id;

-- name: claim_next_task
-- Give the best ready task of a skill to an agent, leaving out those kept for another and people on the phone.
UPDATE task
SET state = 'leased', lease_by = :agent, lease_session = :session, leased_at_ms = :now_ms,
    lease_until_ms = :until_ms, lease_no = lease_no + 1, prefer_agent = NULL, prefer_until_ms = NULL
WHERE id = (
    SELECT ready.id
    FROM task AS ready
    WHERE ready.state = 'ready' AND ready.skill = :skill
        AND (ready.prefer_agent IS NULL OR ready.prefer_agent = :agent OR ready.prefer_until_ms <= :now_ms)
        AND NOT EXISTS (SELECT 1 FROM task AS other WHERE other.subject = ready.subject AND other.calling = 1)
    ORDER BY ready.band, ready.rank_ms, ready.id
    LIMIT 1
    /* skip locked */
)
RETURNING *;

-- name: best_of_skill
-- Where the next task of a skill would stand.
SELECT ready.band, ready.rank_ms, ready.id
FROM task AS ready
WHERE ready.state = 'ready' AND ready.skill = :skill
    AND (ready.prefer_agent IS NULL OR ready.prefer_agent = :agent OR ready.prefer_until_ms <= :now_ms)
    AND NOT EXISTS (SELECT 1 FROM task AS other WHERE other.subject = ready.subject AND other.calling = 1)
ORDER BY ready.band, ready.rank_ms, ready.id
LIMIT 1;

-- name: claim_task
-- Give one task to an agent.
UPDATE task
SET state = 'leased', lease_by = :agent, lease_session = :session, leased_at_ms = :now_ms,
    lease_until_ms = :until_ms, lease_no = lease_no + 1, prefer_agent = NULL, prefer_until_ms = NULL,
    wake_at_ms = NULL, waiting_reason = NULL
WHERE id = :id;

-- name: called_elsewhere
-- Who has somebody on the phone.
SELECT lease_by, case_id FROM task WHERE subject = :subject AND calling = 1 AND id <> :id;

-- name: tasks_of_agent
-- What an agent holds.
SELECT * FROM task WHERE lease_by = :agent AND state = 'leased' ORDER BY id;

-- name: leases
-- Who holds the tasks of these cases.
SELECT id, case_id, lease_by, lease_until_ms, lease_no
FROM task
WHERE state = 'leased' AND case_id IN (SELECT value FROM json_each(:ids))
ORDER BY id;

-- name: renew_task
-- Let the holder of a task keep it for longer.
UPDATE task SET lease_until_ms = :until_ms WHERE id = :id;

-- name: ready_task
-- Put a task among those to claim; of one whose holder lost it the lease's number moves on.
UPDATE task
SET state = 'ready', lease_by = NULL, lease_session = NULL, leased_at_ms = NULL, lease_until_ms = NULL,
    calling = 0, wake_at_ms = NULL, waiting_reason = NULL, lease_no = lease_no + :lost
WHERE id = :id;

-- name: put_off_task
-- Let a task wait, perhaps for one agent.
UPDATE task
SET state = 'waiting', lease_by = NULL, lease_session = NULL, leased_at_ms = NULL, lease_until_ms = NULL,
    calling = 0, wake_at_ms = :wake_at_ms, waiting_reason = :reason, prefer_agent = :prefer_agent,
    prefer_until_ms = :prefer_until_ms
WHERE id = :id;

-- name: keep_tasks_for
-- Keep what is to be done in a case for an agent, what waits from when it wakes.
UPDATE task
SET prefer_agent = :agent,
    prefer_until_ms = CASE WHEN state = 'waiting' THEN wake_at_ms + :kept_ms ELSE :until_ms END
WHERE case_id = :case_id AND state IN ('ready', 'waiting');

-- name: kept_tasks
-- For whom what is to be done in these cases is kept.
SELECT case_id, prefer_agent
FROM task
WHERE case_id IN (SELECT value FROM json_each(:ids)) AND state = 'ready' AND prefer_until_ms > :now_ms
ORDER BY id;

-- name: end_task
-- End a task: done, void or dead.
UPDATE task
SET state = :state, ended_at_ms = :now_ms, lease_by = NULL, lease_session = NULL, leased_at_ms = NULL,
    lease_until_ms = NULL, calling = 0, wake_at_ms = NULL, waiting_reason = NULL
WHERE id = :id;

-- name: end_tasks
-- Finish all that was still to be done in a case that is closed.
UPDATE task
SET state = 'done', ended_at_ms = :now_ms, lease_by = NULL, lease_session = NULL, leased_at_ms = NULL,
    lease_until_ms = NULL, calling = 0, wake_at_ms = NULL, waiting_reason = NULL
WHERE case_id = :case_id AND state IN ('ready', 'waiting', 'leased');

-- name: add_task
-- Add something to do, unless the same is still to be done in this case.
INSERT INTO task (case_id, kind, subject, skill, state, band, rank_ms, made_at_ms)
VALUES (:case_id, :kind, :subject, :skill, 'ready', :band, :rank_ms, :now_ms)
ON CONFLICT (case_id, kind, subject) WHERE state IN ('ready', 'waiting', 'leased') DO NOTHING;

-- name: live_task_of
-- The task of this kind that is still to be done.
SELECT id
FROM task
WHERE case_id = :case_id AND kind = :kind AND subject = :subject AND state IN ('ready', 'waiting', 'leased');

-- name: rename_task
-- Call a task's subject by the name it has now.
UPDATE task SET subject = :subject WHERE id = :id;

-- name: rank_tasks
-- Let what is to be done in a case move forward with it.
UPDATE task
SET band = :band, rank_ms = :rank_ms
WHERE case_id = :case_id AND state IN ('ready', 'waiting', 'leased') AND (band, rank_ms) > (:band, :rank_ms);

-- name: give_tasks_to
-- Hand what is still to be done in a case to those with another skill.
UPDATE task
SET skill = :skill
WHERE case_id = :case_id AND skill = COALESCE(:had, skill) AND state IN ('ready', 'waiting', 'leased');

-- name: settle_case
-- Write where a case stands, and until when it waits.
UPDATE case_
SET status = :status, waiting_reason = :waiting_reason, wake_at_ms = :wake_at_ms, team = :team,
    version = version + 1
WHERE id = :id;

-- name: case_tasks
-- What there was and is to do in a case.
SELECT id, kind, subject, skill, state, wake_at_ms, waiting_reason, attempt_no, lease_by, lease_until_ms, lease_no
FROM task
WHERE case_id = :case_id
ORDER BY id;

-- name: due_waiting
-- What has waited long enough.
SELECT * FROM task
WHERE state = 'waiting' AND wake_at_ms <= :now_ms
ORDER BY wake_at_ms, id
LIMIT :limit;

-- name: due_leases
-- What somebody holds whose time has run out; of open calls those that no lead looks at yet.
SELECT * FROM task
WHERE state = 'leased' AND lease_until_ms <= :now_ms AND (
    calling = 0 OR NOT EXISTS (
        SELECT 1 FROM task AS flag
        WHERE flag.case_id = task.case_id AND flag.kind = 'review' AND flag.subject = task.subject
            AND flag.state IN ('ready', 'waiting', 'leased')
    )
)
ORDER BY lease_until_ms, id
LIMIT :limit;

-- name: due_promotions
-- Open cases that nobody has taken up for so long that they move up.
SELECT id, band, rank_ms
FROM case_
WHERE status = 'open' AND promote_at_ms IS NOT NULL AND promote_at_ms <= :now_ms
ORDER BY promote_at_ms, id
LIMIT :limit;

-- name: promote_case
-- Move a case up one band, once.
UPDATE case_ SET band = :band, promoted = 1, promote_at_ms = NULL, version = version + 1 WHERE id = :id;
