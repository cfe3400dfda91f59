-- What must never be found in a store. Each gives the ids of what is wrong.

-- name: live_cases_without_a_task
-- Live cases in which nothing is left to do, so that nobody will ever take them up.
SELECT case_.id
FROM case_
WHERE case_.status IN ('open', 'working', 'waiting', 'escalated') AND NOT EXISTS (
    SELECT 1 FROM task WHERE task.case_id = case_.id AND task.state IN ('ready', 'waiting', 'leased')
)
ORDER BY case_.id;

-- name: ended_cases_with_a_task
-- Cases that are closed or merged, and in which something is still to be done.
SELECT DISTINCT case_.id
FROM case_
JOIN task ON task.case_id = case_.id AND task.state IN ('ready', 'waiting', 'leased')
WHERE case_.status IN ('closed', 'merged')
ORDER BY case_.id;

-- name: alerts_without_a_case
-- Alerts whose case is not there, or went into another one without them.
SELECT alert.id
FROM alert
LEFT JOIN case_ ON case_.id = alert.case_id
WHERE case_.id IS NULL OR case_.status = 'merged'
ORDER BY alert.id;

-- name: live_cases_that_count_wrong
-- Live cases that name another number of alerts than they have.
SELECT case_.id
FROM case_
WHERE case_.status IN ('open', 'working', 'waiting', 'escalated')
    AND case_.alerts <> (SELECT COUNT(*) FROM alert WHERE alert.case_id = case_.id)
ORDER BY case_.id;

-- name: subjects_that_are_not_what_their_case_is
-- Cases that are live without owning their subjects, or ended and own them still.
SELECT DISTINCT case_.id
FROM case_
JOIN case_subject ON case_subject.case_id = case_.id
WHERE (case_.status IN ('open', 'working', 'waiting', 'escalated')) <> (case_subject.live = 1)
ORDER BY case_.id;

-- name: waiting_tasks_that_will_not_wake
-- Cases with something that waits and no time at which it is looked at again.
SELECT DISTINCT case_id AS id FROM task WHERE state = 'waiting' AND wake_at_ms IS NULL ORDER BY case_id;

-- name: merges_that_lead_nowhere
-- Merged cases that point to one which went into another itself.
SELECT merged.id
FROM case_ AS merged
LEFT JOIN case_ AS survivor ON survivor.id = merged.merged_into
WHERE merged.status = 'merged' AND (survivor.id IS NULL OR survivor.status = 'merged')
ORDER BY merged.id;
