-- What takes alerts in, groups them and merges cases.

-- name: known_alerts
-- Which of these alert ids were taken in before.
SELECT id FROM alert WHERE id IN (SELECT value FROM json_each(:ids));

-- name: known_cases
-- Which of these case ids are taken.
SELECT id FROM case_ WHERE id IN (SELECT value FROM json_each(:ids));

-- name: sightings
-- Everyone seen with these ring keys.
SELECT ring, subject, first_ms, last_ms
FROM ring_sighting
WHERE ring IN (SELECT value FROM json_each(:rings));

-- name: owners
-- The live case of each of these subjects, or that which a flood swept along, and when it was opened.
SELECT case_subject.subject, case_subject.case_id, case_.opened_at_ms
FROM case_subject
JOIN case_ ON case_.id = case_subject.case_id
WHERE case_subject.live = 1 AND case_subject.subject IN (SELECT value FROM json_each(:subjects))
UNION ALL
SELECT case_subject.subject, case_subject.case_id, case_.opened_at_ms
FROM case_subject /* SQLite joins by CROSS JOIN as it is written: else it goes through all that a flood holds */
CROSS JOIN case_
CROSS JOIN case_ AS flood
WHERE case_subject.live = 0 AND case_subject.subject IN (SELECT value FROM json_each(:subjects))
    AND case_.id = case_subject.case_id AND case_.status = 'merged'
    AND flood.id = case_.merged_into AND flood.kind = 'storm'
    AND flood.status IN ('open', 'working', 'waiting', 'escalated');

-- name: cases
-- These cases as they stand.
SELECT * FROM case_ WHERE id IN (SELECT value FROM json_each(:ids));

-- name: add_alert
-- Put an alert on record that is not there yet.
INSERT INTO alert (
    id, case_id, detector, rule_version, scope, scope_key, ring, at_ms, severity, probability,
    exposed, exposure_minor, currency, people, tier, reason, record
)
VALUES (
    :id, :case_id, :detector, :rule_version, :scope, :scope_key, :ring, :at_ms, :severity, :probability,
    :exposed, :exposure_minor, :currency, :people, :tier, :reason, :record
);

-- name: add_subject
-- Add a subject to a case; of different customers or digits of one card the smallest stays.
INSERT INTO case_subject (case_id, subject, customer, last4, live)
VALUES (:case_id, :subject, :customer, :last4, 1)
ON CONFLICT (case_id, subject) DO UPDATE SET
    customer = CASE
        WHEN case_subject.customer IS NULL OR excluded.customer < case_subject.customer
            THEN excluded.customer
        ELSE case_subject.customer
    END,
    last4 = CASE
        WHEN case_subject.last4 IS NULL OR excluded.last4 < case_subject.last4 THEN excluded.last4
        ELSE case_subject.last4
    END;

-- name: add_sighting
-- Record when a party was seen with a ring key.
INSERT INTO ring_sighting (ring, subject, first_ms, last_ms) VALUES (:ring, :subject, :first_ms, :last_ms);

-- name: drop_sighting
-- Forget a sighting that a longer one has taken in.
DELETE FROM ring_sighting WHERE ring = :ring AND subject = :subject AND first_ms = :first_ms;

-- name: drop_sightings_of_case
-- Forget who was seen with what, as far as it is this case's.
DELETE FROM ring_sighting WHERE subject IN (SELECT subject FROM case_subject WHERE case_id = :case_id);

-- name: ring_alerts
-- The alerts of a case that carry a ring key.
SELECT id, ring, at_ms, record FROM alert WHERE case_id = :case_id AND ring <> '';

-- name: move_alerts
-- Hand the alerts of one case to another.
UPDATE alert SET case_id = :survivor WHERE case_id = :merged;

-- name: move_subjects
-- Hand the subjects of one case to another; no subject is in both, since both were live.
UPDATE case_subject SET case_id = :survivor WHERE case_id = :merged;

-- name: move_tasks
-- Hand the tasks of one case to another.
UPDATE task SET case_id = :survivor WHERE case_id = :merged;

-- name: follow_merge
-- Let cases merged earlier point to the case that lives.
UPDATE case_ SET merged_into = :survivor WHERE merged_into = :merged;

-- name: end_merged
-- Mark a case as merged, whatever it waited for and whoever had it.
UPDATE case_
SET status = 'merged', merged_into = :survivor, waiting_reason = NULL, wake_at_ms = NULL, team = NULL,
    version = version + 1
WHERE id = :merged;

-- name: past_cases
-- The closed cases of these subjects, the one closed last first, as far as no live case has the subject.
SELECT past.subject AS about, case_.id, case_.kind, case_.status, case_.closed_at_ms, case_.outcome
FROM case_subject AS past
JOIN case_ ON case_.id = past.case_id
WHERE past.live = 0 AND case_.status = 'closed'
    AND past.subject IN (SELECT value FROM json_each(:subjects))
    AND NOT EXISTS (SELECT 1 FROM case_subject AS now WHERE now.subject = past.subject AND now.live = 1)
ORDER BY case_.closed_at_ms DESC, case_.id;

-- name: lock_tasks
-- Keep what is to be done in these cases from others until the transaction ends.
SELECT id
FROM task
WHERE case_id IN (SELECT value FROM json_each(:ids)) AND state IN ('ready', 'waiting', 'leased')
ORDER BY id
/* for update */;

-- name: tasks_of_cases
-- Everything that was or is to be done in these cases, but what was taken back.
SELECT id, case_id, kind, subject, state, waiting_reason, wake_at_ms, calling, band, rank_ms, ended_at_ms
FROM task
WHERE case_id IN (SELECT value FROM json_each(:ids)) AND state <> 'void'
ORDER BY id;

-- name: count_alerts
-- Count alerts of a detector in a minute, and give how many there are.
INSERT INTO alert_rate (detector, minute, alerts)
VALUES (:detector, :minute, :alerts)
ON CONFLICT (detector, minute) DO UPDATE SET alerts = alert_rate.alerts + excluded.alerts
RETURNING alerts;

-- name: facts
-- What the alerts of these cases say, for each detector, tier, card (or several, empty) and currency.
SELECT
    case_id, detector, tier, exposed, currency, COUNT(*) AS alerts, MIN(severity) AS severity,
    MAX(probability) AS probability, MIN(at_ms) AS first_at_ms, MAX(people) AS people,
    MAX(exposure_minor) AS exposure_minor
FROM alert
WHERE case_id IN (SELECT value FROM json_each(:ids))
GROUP BY case_id, detector, tier, exposed, currency;

-- name: save_case
-- Write a case with its rank; of one on record, who opened it and what became of it stay.
INSERT INTO case_ (
    id, kind, subject, words, status, band, due_ms, rank_ms, promoted, promote_at_ms, escalate_at_ms, opened_at_ms,
    ready_at_ms, tier, linked_to, alerts, probability, exposure_minor, currency, expected_loss_minor, breakdown
)
VALUES (
    :id, :kind, :subject, :words, 'open', :band, :due_ms, :rank_ms, :promoted, :promote_at_ms, :escalate_at_ms,
    :opened_at_ms, :ready_at_ms, :tier, :linked_to, :alerts, :probability, :exposure_minor, :currency, :expected_loss_minor,
    :breakdown
)
ON CONFLICT (id) DO UPDATE SET
    kind = excluded.kind, subject = excluded.subject, words = excluded.words, band = excluded.band,
    due_ms = excluded.due_ms, rank_ms = excluded.rank_ms, escalate_at_ms = excluded.escalate_at_ms, promoted = excluded.promoted, promote_at_ms = excluded.promote_at_ms, tier = excluded.tier,
    alerts = excluded.alerts, probability = excluded.probability, exposure_minor = excluded.exposure_minor,
    currency = excluded.currency, expected_loss_minor = excluded.expected_loss_minor,
    breakdown = excluded.breakdown, version = case_.version + 1;
