-- Every statement of the store, by name, each with the sentence that says what it does.
--
-- A list is passed as a JSON array and opened with json_each (json_array_elements_text on PostgreSQL, where
-- ready_case also takes FOR UPDATE SKIP LOCKED). Everything else is meant to run on both as it stands.

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
-- The live case of each of these subjects, and when it was opened.
SELECT case_subject.subject, case_subject.case_id, case_.opened_at_ms
FROM case_subject
JOIN case_ ON case_.id = case_subject.case_id
WHERE case_subject.live = 1 AND case_subject.subject IN (SELECT value FROM json_each(:subjects));

-- name: cases
-- These cases as they stand.
SELECT * FROM case_ WHERE id IN (SELECT value FROM json_each(:ids));

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

-- name: add_alert
-- Put an alert on record once; a replayed one changes nothing.
INSERT INTO alert (
    id, case_id, detector, rule_version, scope, scope_key, ring, at_ms, severity, probability,
    exposed, exposure_minor, currency, people, tier, reason, record
)
VALUES (
    :id, :case_id, :detector, :rule_version, :scope, :scope_key, :ring, :at_ms, :severity, :probability,
    :exposed, :exposure_minor, :currency, :people, :tier, :reason, :record
)
ON CONFLICT (id) DO NOTHING;

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
-- Mark a case as merged, whoever held it.
UPDATE case_
SET status = 'merged', merged_into = :survivor, lease_by = NULL, lease_until_ms = NULL
WHERE id = :merged;

-- name: facts
-- What the alerts of these cases say, for each tier.
SELECT
    case_id, tier, COUNT(*) AS alerts, MIN(severity) AS severity, MAX(probability) AS probability,
    MIN(at_ms) AS first_at_ms, MAX(people) AS people
FROM alert
WHERE case_id IN (SELECT value FROM json_each(:ids))
GROUP BY case_id, tier;

-- name: exposures
-- The highest figure for each card (or several, empty) and currency of these cases.
SELECT case_id, exposed, currency, MAX(exposure_minor) AS exposure_minor
FROM alert
WHERE case_id IN (SELECT value FROM json_each(:ids))
GROUP BY case_id, exposed, currency;

-- name: subjects
-- Everything these cases concern.
SELECT case_id, subject, customer, last4
FROM case_subject
WHERE case_id IN (SELECT value FROM json_each(:ids));

-- name: save_case
-- Write a case with its rank; of one on record, who opened it and who holds it stay.
INSERT INTO case_ (
    id, subject, words, status, band, due_ms, opened_at_ms, alerts, probability, exposure_minor, currency,
    expected_loss_minor, breakdown
)
VALUES (
    :id, :subject, :words, 'open', :band, :due_ms, :opened_at_ms, :alerts, :probability, :exposure_minor,
    :currency, :expected_loss_minor, :breakdown
)
ON CONFLICT (id) DO UPDATE SET
    subject = excluded.subject, words = excluded.words, band = excluded.band, due_ms = excluded.due_ms,
    alerts = excluded.alerts, probability = excluded.probability, exposure_minor = excluded.exposure_minor,
    currency = excluded.currency, expected_loss_minor = excluded.expected_loss_minor,
    breakdown = excluded.breakdown;

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

-- name: add_event
-- Add a line to a case's timeline.
INSERT INTO case_event (case_id, at_ms, actor, what, old, new, note)
VALUES (:case_id, :at_ms, :actor, :what, :old, :new, :note);

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

-- name: case_tasks
-- The calls of a case.
SELECT kind, subject, state FROM task WHERE case_id = :case_id ORDER BY id;

-- name: case_events
-- The timeline of a case.
SELECT at_ms, actor, what, old, new, note FROM case_event WHERE case_id = :case_id ORDER BY id;

-- name: add_dead_letter
-- Keep a line that is no event; a repeated one changes nothing.
INSERT INTO dead_letter (id, source_partition, source_offset, reason, detail, raw, at_ms, status)
VALUES (:id, :partition, :offset, :reason, :detail, :raw, :at_ms, 'new')
ON CONFLICT (id) DO NOTHING;

-- name: count_dead_letters
-- How many dead letters there are for each reason.
SELECT reason, COUNT(*) AS letters FROM dead_letter GROUP BY reason ORDER BY letters DESC, reason;

-- name: list_dead_letters
-- Dead letters of a reason and a status (null for any), in the order in which they lay.
SELECT * FROM dead_letter
WHERE reason = COALESCE(:reason, reason) AND status = COALESCE(:status, status)
ORDER BY source_partition, source_offset, id
LIMIT :limit;

-- name: get_dead_letter
-- One dead letter.
SELECT * FROM dead_letter WHERE id = :id;

-- name: correct_dead_letter
-- Keep the corrected line beside the refused one, until it is replayed.
UPDATE dead_letter SET status = 'corrected', corrected = :corrected WHERE id = :id AND status <> 'replayed';

-- name: mark_dead_letter_replayed
-- Note that a dead letter went through the flow again.
UPDATE dead_letter SET status = 'replayed' WHERE id = :id AND status <> 'replayed';

-- name: put_reference
-- Keep a version of a reference record; the same version again replaces it.
INSERT INTO reference_record (kind, id, effective_at_ms, body)
VALUES (:kind, :id, :effective_at_ms, :body)
ON CONFLICT (kind, id, effective_at_ms) DO UPDATE SET body = excluded.body;

-- name: all_reference
-- Every version of every reference record.
SELECT kind, body FROM reference_record ORDER BY kind, id, effective_at_ms;
