-- What the queue shows, and how cases end and begin again.

-- name: placed_case
-- One case, with its place in the queue while it is live: counted, since numbering would go through them all.
SELECT
    case_.*,
    CASE WHEN case_.status IN ('open', 'working', 'waiting', 'escalated') THEN (
        SELECT COUNT(*) + 1
        FROM case_ AS ahead
        WHERE ahead.status IN ('open', 'working', 'waiting', 'escalated') AND ahead.band < case_.band
    ) + (
        SELECT COUNT(*)
        FROM case_ AS ahead
        WHERE ahead.status IN ('open', 'working', 'waiting', 'escalated') AND ahead.band = case_.band
            AND (ahead.rank_ms, ahead.id) < (case_.rank_ms, case_.id)
    ) END AS place
FROM case_
WHERE case_.id = :id;

-- name: list_cases
-- Cases of these statuses in the order of their rank.
SELECT case_.*, queue_place.place
FROM case_
LEFT JOIN queue_place ON queue_place.id = case_.id
WHERE case_.status IN (SELECT value FROM json_each(:statuses))
    AND case_.kind IN (SELECT value FROM json_each(:kinds))
ORDER BY case_.band, case_.rank_ms, case_.id
LIMIT :limit;

-- name: close_case
-- Close a case with its outcome.
UPDATE case_
SET status = 'closed', outcome = :outcome, close_reason = :reason, closed_by = :agent, closed_at_ms = :now_ms, waiting_reason = NULL,
    wake_at_ms = NULL, team = NULL, version = version + 1
WHERE id = :id;

-- name: free_subjects
-- Let the next alert about any of a closed case's subjects open a new case.
UPDATE case_subject SET live = 0 WHERE case_id = :case_id;

-- name: subjects_elsewhere
-- Which subjects of a closed case belong to a live one by now.
SELECT now.subject, now.case_id
FROM case_subject AS before
JOIN case_subject AS now ON now.subject = before.subject AND now.live = 1
WHERE before.case_id = :case_id
ORDER BY now.subject;

-- name: take_subjects_again
-- Let a case that is reopened have its subjects again.
UPDATE case_subject SET live = 1 WHERE case_id = :case_id;

-- name: reopen_case
-- Take the outcome of a case back.
UPDATE case_
SET status = 'open', outcome = NULL, close_reason = NULL, closed_by = NULL, closed_at_ms = NULL,
    reopened = reopened + 1,
    version = version + 1
WHERE id = :id;
