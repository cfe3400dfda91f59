-- Detectors that give too many alerts.

-- name: count_in_hour
-- Count alerts of a detector from one time on, and give how many there are.
INSERT INTO alert_hour (detector, from_ms, alerts)
VALUES (:detector, :from_ms, :alerts)
ON CONFLICT (detector, from_ms) DO UPDATE SET alerts = alert_hour.alerts + excluded.alerts
RETURNING alerts;

-- name: cases_of_hour
-- The cases with alerts of a detector between two times.
SELECT DISTINCT case_id FROM alert WHERE detector = :detector AND at_ms >= :from_ms AND at_ms < :to_ms;

-- name: cases_to_sweep
-- Those of these cases that are a flood's: of one detector, all in hours of too many, and touched by nobody.
SELECT case_.id, case_.status, MIN(alert.detector) AS detector, MIN(alert.at_ms) AS first_ms
FROM case_
JOIN alert ON alert.case_id = case_.id
WHERE case_.id IN (SELECT value FROM json_each(:ids))
    AND case_.status = 'open' AND case_.kind = 'fraud' AND case_.reopened = 0
    AND NOT EXISTS (
        SELECT 1 FROM task
        WHERE task.case_id = case_.id AND (task.lease_no > 0 OR task.state NOT IN ('ready', 'void'))
    )
    AND NOT EXISTS (
        SELECT 1 FROM case_event WHERE case_event.case_id = case_.id AND case_event.actor <> 'riskdesk'
    )
    AND NOT EXISTS (SELECT 1 FROM action WHERE action.case_id = case_.id)
    AND NOT EXISTS (SELECT 1 FROM device_item WHERE device_item.case_id = case_.id)
    AND NOT EXISTS (
        SELECT 1
        FROM alert AS calm
        LEFT JOIN alert_hour
            ON alert_hour.detector = calm.detector
            AND alert_hour.from_ms = calm.at_ms - calm.at_ms % CAST(:per_ms AS INTEGER)
        WHERE calm.case_id = case_.id AND COALESCE(alert_hour.alerts, 0) <= :most
    )
GROUP BY case_.id
HAVING MIN(alert.detector) = MAX(alert.detector)
ORDER BY case_.id;

-- name: flood_of_hour
-- The case that the flood of a detector fills from one time on, as it stands, and how many there were.
SELECT alert_hour.floods, alert_hour.flood, case_.status
FROM alert_hour
LEFT JOIN case_ ON case_.id = alert_hour.flood
WHERE alert_hour.detector = :detector AND alert_hour.from_ms = :from_ms;

-- name: hour_of_flood
-- Which detector's flood a case is of, and from when on.
SELECT detector, from_ms FROM alert_hour WHERE flood = :flood;

-- name: begin_flood
-- Note the case that a flood fills.
UPDATE alert_hour SET floods = floods + 1, flood = :flood WHERE detector = :detector AND from_ms = :from_ms;

-- name: note_swept_alerts
-- Remember which case these cases' alerts have without the flood.
INSERT INTO swept_alert (alert_id, home)
SELECT id, case_id FROM alert WHERE case_id IN (SELECT value FROM json_each(:ids));

-- name: sweep_alerts
-- Hand the alerts of these cases to a flood's.
UPDATE alert SET case_id = :flood WHERE case_id IN (SELECT value FROM json_each(:ids));

-- name: note_swept_merges
-- Remember what had gone into these cases.
INSERT INTO swept_merge (merged, home)
SELECT id, merged_into FROM case_ WHERE merged_into IN (SELECT value FROM json_each(:ids));

-- name: sweep_merges
-- Let what had gone into these cases point to the flood's.
UPDATE case_ SET merged_into = :flood WHERE merged_into IN (SELECT value FROM json_each(:ids));

-- name: void_tasks
-- Take back what was to be done in these cases, and nobody has begun.
UPDATE task SET state = 'void', ended_at_ms = :now_ms
WHERE case_id IN (SELECT value FROM json_each(:ids)) AND state = 'ready';

-- name: return_alerts
-- Give these cases their alerts back.
UPDATE alert
SET case_id = (SELECT swept_alert.home FROM swept_alert WHERE swept_alert.alert_id = alert.id)
WHERE id IN (
    SELECT alert_id FROM swept_alert WHERE home IN (SELECT value FROM json_each(:ids))
);

-- name: forget_swept_alerts
-- Forget which alerts these cases had.
DELETE FROM swept_alert WHERE home IN (SELECT value FROM json_each(:ids));

-- name: return_merges
-- Let what had gone into these cases point to them again.
UPDATE case_
SET merged_into = (SELECT swept_merge.home FROM swept_merge WHERE swept_merge.merged = case_.id)
WHERE id IN (SELECT merged FROM swept_merge WHERE home IN (SELECT value FROM json_each(:ids)));

-- name: forget_swept_merges
-- Forget what had gone into these cases.
DELETE FROM swept_merge WHERE home IN (SELECT value FROM json_each(:ids));

-- name: return_case
-- Let a case that a flood swept along stand by itself again.
UPDATE case_ SET status = 'open', merged_into = NULL, version = version + 1 WHERE id = :id;

-- name: flood_count
-- How many alerts a flood's case holds.
SELECT COUNT(*) AS alerts FROM alert WHERE case_id = :id;

-- name: recount_case
-- Say how many alerts a case has.
UPDATE case_ SET alerts = :alerts, version = version + 1 WHERE id = :id;

-- name: flood_figures
-- How many alerts a flood's case holds, of whom, and how bad they would be if they were true.
SELECT
    COUNT(*) AS alerts, MIN(severity) AS severity, MAX(probability) AS probability, MIN(at_ms) AS first_ms,
    MAX(at_ms) AS last_ms
FROM alert
WHERE case_id = :id;

-- name: flood_money
-- The money that a flood's alerts say can still go, of each card once, and of several together.
SELECT
    currency, SUM(CASE exposed WHEN '' THEN 0 ELSE exposure_minor END) AS single,
    MAX(CASE exposed WHEN '' THEN exposure_minor ELSE 0 END) AS joint
FROM (
    SELECT currency, exposed, MAX(exposure_minor) AS exposure_minor
    FROM alert
    WHERE case_id = :id
    GROUP BY currency, exposed
) AS slot
GROUP BY currency
ORDER BY currency;

-- name: flood_people
-- Of how many cards and customers the cases are that a flood swept along.
SELECT
    COUNT(DISTINCT CASE WHEN case_subject.subject LIKE 'card:%' THEN case_subject.subject END) AS cards,
    COUNT(DISTINCT CASE WHEN case_subject.subject LIKE 'customer:%' THEN case_subject.subject END) AS customers
FROM case_
JOIN case_subject ON case_subject.case_id = case_.id
WHERE case_.merged_into = :id;

-- name: flood_examples
-- The worst alerts of a flood's case.
SELECT id, at_ms, reason
FROM alert
WHERE case_id = :id
ORDER BY severity, probability DESC, exposure_minor DESC, at_ms, id
LIMIT :limit;

-- name: floods_begun
-- How many cases of floods there were of each detector.
SELECT detector, SUM(floods) AS floods FROM alert_hour WHERE floods > 0 GROUP BY detector;

-- name: purge_swept_alert
-- Let what is remembered of these cases' alerts leave the store.
DELETE FROM swept_alert WHERE alert_id IN (
    SELECT id FROM alert WHERE case_id IN (SELECT value FROM json_each(:ids))
);

-- name: purge_swept_merge
-- Let what is remembered of these cases leave the store.
DELETE FROM swept_merge WHERE merged IN (SELECT value FROM json_each(:ids));
