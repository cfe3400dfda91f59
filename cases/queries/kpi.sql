-- What figures are made of: the cases, calls, actions and states of a window [from_ms, to_ms).

-- name: kpi_ready
-- Cases that became ready in the window.
SELECT id FROM case_ WHERE ready_at_ms >= :from_ms AND ready_at_ms < :to_ms;

-- name: kpi_closed
-- Cases that were closed in the window.
SELECT id FROM case_ WHERE closed_at_ms >= :from_ms AND closed_at_ms < :to_ms;

-- name: kpi_contacted
-- Cases whose person was first reached in the window.
SELECT id FROM case_ WHERE first_contact_at_ms >= :from_ms AND first_contact_at_ms < :to_ms;

-- name: kpi_live
-- Cases that somebody still has to do something about.
SELECT id FROM case_ WHERE status IN ('open', 'working', 'waiting', 'escalated');

-- name: kpi_backlog
-- How many cases are live in each band, how many of them nobody took up, and are late, and since when the oldest is there.
SELECT
    band, COUNT(*) AS cases, SUM(CASE WHEN status = 'open' THEN 1 ELSE 0 END) AS unclaimed,
    SUM(CASE WHEN due_ms < :now_ms THEN 1 ELSE 0 END) AS overdue, MIN(ready_at_ms) AS oldest_ms
FROM case_
WHERE status IN ('open', 'working', 'waiting', 'escalated')
GROUP BY band;

-- name: kpi_cases
-- These cases as far as figures go; breakdown holds the band that they came in with.
SELECT
    id, kind, breakdown, status,
    CASE
        WHEN first_attempt_at_ms IS NULL AND waiting_reason = 'window' THEN wake_at_ms
        ELSE (
            SELECT MAX(case_event.at_ms)
            FROM case_event
            WHERE case_event.case_id = case_.id AND case_event.what = 'woke' AND case_event.note = 'window'
                AND case_event.at_ms <= COALESCE(case_.first_attempt_at_ms, case_event.at_ms)
        )
    END AS window_at_ms,
    outcome, opened_at_ms, ready_at_ms, due_ms,
    first_attempt_at_ms, first_contact_at_ms, closed_at_ms, exposure_minor, currency,
    (
        SELECT MIN(case_event.at_ms)
        FROM case_event
        WHERE case_event.case_id = case_.id AND case_event.what = 'reopened'
    ) AS reopened_at_ms,
    (
        SELECT MIN(follower.ready_at_ms) FROM case_ AS follower WHERE follower.linked_to = case_.id
    ) AS followed_at_ms,
    (
        SELECT COUNT(*)
        FROM attempt
        WHERE attempt.case_id = case_.id
            AND attempt.disposition IN (SELECT value FROM json_each(:right_party))
    ) AS right_party_attempts,
    (
        SELECT COUNT(*)
        FROM action
        WHERE action.case_id = case_.id AND action.executed_at_ms IS NOT NULL AND action.status <> 'failed'
            AND action.kind IN (SELECT value FROM json_each(:blocking))
    ) AS blocks
FROM case_
WHERE id IN (SELECT value FROM json_each(:ids));

-- name: kpi_attempts
-- Calls that were started in the window.
SELECT case_id, disposition, started_at_ms, answered_at_ms, ended_at_ms, wrapup_until_ms
FROM attempt
WHERE started_at_ms >= :from_ms AND started_at_ms < :to_ms;

-- name: kpi_callbacks
-- Calls promised for the window, and when the next call of the same task started.
SELECT
    case_id, callback_at_ms AS promised_at_ms,
    (
        SELECT MIN(later.started_at_ms)
        FROM attempt AS later
        WHERE later.task_id = attempt.task_id AND later.id > attempt.id
    ) AS started_at_ms
FROM attempt
WHERE callback_at_ms >= :from_ms AND callback_at_ms < :to_ms AND started_at_ms >= :earliest_ms;

-- name: kpi_rules
-- The rules with an alert in the cases that were closed in the window.
SELECT DISTINCT alert.case_id, alert.detector, alert.rule_version, case_.outcome
FROM case_
JOIN alert ON alert.case_id = case_.id
WHERE case_.closed_at_ms >= :from_ms AND case_.closed_at_ms < :to_ms;

-- name: kpi_checks
-- Actions of the window that a second person looked at, or still has to.
SELECT kind, made_at_ms, checked_at_ms
FROM action
WHERE made_at_ms >= :from_ms AND made_at_ms < :to_ms
    AND (
        checked_at_ms IS NOT NULL OR status = 'proposed'
        OR (second_person = 'after' AND status IN ('approved', 'executing', 'done'))
    );

-- name: kpi_states
-- What agents did, of intervals that touch the window.
SELECT agent, state, from_ms, to_ms
FROM agent_state
WHERE from_ms < :to_ms AND (to_ms > :from_ms OR to_ms IS NULL);

-- name: kpi_outcomes_said
-- Cases closed in the window, once for each detector with an alert in them.
SELECT DISTINCT case_.id, case_.closed_at_ms AS at_ms, alert.detector, case_.outcome AS said
FROM case_
JOIN alert ON alert.case_id = case_.id
WHERE case_.closed_at_ms >= :from_ms AND case_.closed_at_ms < :to_ms;

-- name: kpi_dispositions_said
-- Calls that ended and were started in the window, once for each detector with an alert in their case.
SELECT DISTINCT attempt.id, attempt.started_at_ms AS at_ms, alert.detector, attempt.disposition AS said
FROM attempt
JOIN alert ON alert.case_id = attempt.case_id
WHERE attempt.started_at_ms >= :from_ms AND attempt.started_at_ms < :to_ms
    AND attempt.disposition IS NOT NULL;

-- name: kpi_alert_times
-- When the alerts of the window happened.
SELECT at_ms FROM alert WHERE at_ms >= :from_ms AND at_ms < :to_ms ORDER BY at_ms;

-- name: current_state
-- What an agent does now.
SELECT id, agent, state, from_ms FROM agent_state WHERE agent = :agent AND to_ms IS NULL;

-- name: agents_now
-- What every agent does now who is not gone.
SELECT agent, state, from_ms, reason
FROM agent_state
WHERE to_ms IS NULL AND state <> 'offline'
ORDER BY agent;

-- name: current_states
-- How many agents do what now.
SELECT state, COUNT(*) AS agents FROM agent_state WHERE to_ms IS NULL GROUP BY state;

-- name: end_state
-- End what an agent does, unless it has ended.
UPDATE agent_state SET to_ms = :now_ms WHERE id = :id AND to_ms IS NULL;

-- name: begin_state
-- Begin what an agent does next, unless another session of theirs has just begun something.
INSERT INTO agent_state (agent, state, from_ms, to_ms, reason)
VALUES (:agent, :state, :now_ms, NULL, :reason)
ON CONFLICT DO NOTHING;
