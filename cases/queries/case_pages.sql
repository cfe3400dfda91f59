-- What the page of one case needs beside the case itself.

-- name: case_mark
-- What grows with everything that happens in a case.
SELECT
    version,
    (SELECT COALESCE(MAX(id), 0) FROM case_event WHERE case_id = :id) AS last_event,
    (SELECT COALESCE(MAX(id), 0) FROM attempt WHERE case_id = :id) AS last_attempt
FROM case_
WHERE id = :id;

-- name: found_cases
-- The cases with this id, about any of these subjects, or about a card that ends so; those that are live first.
SELECT case_.*, NULL AS place
FROM case_
WHERE id IN (
    SELECT id FROM case_ WHERE id = :id
    UNION
    SELECT case_id FROM case_subject WHERE live = 1 AND subject IN (SELECT value FROM json_each(:subjects))
    UNION
    SELECT case_id FROM case_subject WHERE live = 0 AND subject IN (SELECT value FROM json_each(:subjects))
    UNION
    SELECT case_id FROM case_subject WHERE last4 = :last4
)
ORDER BY CASE WHEN status IN ('closed', 'merged') THEN 1 ELSE 0 END, opened_at_ms DESC, id
LIMIT :limit;

-- name: people_of_case
-- Whom a case concerns: its customers, and its cards with whose they are as far as its alerts know.
SELECT subject, customer, last4
FROM case_subject
WHERE case_id = :case_id AND (subject LIKE 'customer:%' OR subject LIKE 'card:%')
ORDER BY subject;

-- name: references_at
-- The versions of these reference records that were in force.
SELECT id, body
FROM reference_record AS record
WHERE kind = :kind AND id IN (SELECT value FROM json_each(:ids)) AND effective_at_ms = (
    SELECT MAX(effective_at_ms)
    FROM reference_record
    WHERE kind = :kind AND id = record.id AND effective_at_ms <= :at_ms
);

-- name: reveals_since
-- When somebody had numbers shown since an instant, the last one first.
SELECT at_ms FROM audit WHERE verb = 'revealed' AND actor = :actor AND at_ms > :since_ms ORDER BY at_ms DESC;
