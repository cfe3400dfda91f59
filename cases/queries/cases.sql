-- What is read of a case.

-- name: subjects
-- Everything these cases concern.
SELECT case_id, subject, customer, last4
FROM case_subject
WHERE case_id IN (SELECT value FROM json_each(:ids));

-- name: add_event
-- Add a line to a case's timeline.
INSERT INTO case_event (case_id, at_ms, actor, what, old, new, note)
VALUES (:case_id, :at_ms, :actor, :what, :old, :new, :note);

-- name: reasons
-- The distinct sentences of these cases' alerts, the worst first; of equals the newest, which knows most.
-- Of a ring's alerts that grow about one thing only the latest speaks: it has all that the others said.
SELECT
    case_id, reason, MIN(severity) AS severity, MAX(probability) AS probability, MAX(at_ms) AS last_at_ms
FROM (
    SELECT *, ROW_NUMBER() OVER (
        PARTITION BY case_id, detector, scope, scope_key, CASE ring WHEN '' THEN id ELSE ring END
        ORDER BY at_ms DESC, id
    ) AS newness
    FROM alert
    WHERE case_id IN (SELECT value FROM json_each(:ids))
)
WHERE newness = 1
GROUP BY case_id, reason
ORDER BY case_id, severity, probability DESC, last_at_ms DESC, reason;

-- name: case_alerts
-- The alerts of a case in the order of their event time.
SELECT record FROM alert WHERE case_id = :case_id ORDER BY at_ms, id;

-- name: case_events
-- The timeline of a case.
SELECT at_ms, actor, what, old, new, note FROM case_event WHERE case_id = :case_id ORDER BY id;

-- name: alert_page
-- The next alerts in the order of event time, whichever case they belong to.
SELECT id, at_ms, record
FROM alert
WHERE (at_ms, id) > (:after_ms, :after_id)
ORDER BY at_ms, id
LIMIT :page;
