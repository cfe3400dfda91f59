-- Cases of devices: their items, what is asked of branches, and cards that were kept.

-- name: add_device_item
-- Put an item on record that is not there yet.
INSERT INTO device_item (
    alert_id, case_id, device, branch, region, component, unit, code, since_ms, annunciated_at_ms, priority,
    in_hours, due_ms, escalate_at_ms
)
VALUES (
    :alert_id, :case_id, :device, :branch, :region, :component, :unit, :code, :since_ms, :annunciated_at_ms,
    :priority, :in_hours, :due_ms, :escalate_at_ms
);

-- name: device_items
-- The items of these cases, in the order in which they were annunciated.
SELECT *
FROM device_item
WHERE case_id IN (SELECT value FROM json_each(:ids))
ORDER BY annunciated_at_ms, alert_id;

-- name: alarms_of_cases
-- The alarms of these cases, as they stand.
SELECT case_id, place, component, unit, code, state, returned_at_ms, closed_at_ms
FROM alarm
WHERE case_id IN (SELECT value FROM json_each(:ids));

-- name: cases_of_alerts
-- The case of each of these alerts.
SELECT id, case_id FROM alert WHERE id IN (SELECT value FROM json_each(:ids));

-- name: move_items
-- Hand the items of one case to another.
UPDATE device_item SET case_id = :survivor WHERE case_id = :merged;

-- name: move_alarms
-- Hand the alarms of one case to another.
UPDATE alarm SET case_id = :survivor WHERE case_id = :merged;

-- name: move_retained_cards
-- Hand the cards that were kept of one case to another.
UPDATE retained_card SET case_id = :survivor WHERE case_id = :merged;

-- name: site_calls
-- The live cases that have something to ask of these sites, the most pressing first.
SELECT task.subject, task.case_id, task.id
FROM task
WHERE task.kind = 'call_site' AND task.state IN ('ready', 'waiting', 'leased')
    AND task.subject IN (SELECT value FROM json_each(:subjects))
ORDER BY task.band, task.rank_ms, task.id;

-- name: last_call_to_site
-- When the last call to a site ended.
SELECT MAX(attempt.ended_at_ms) AS ended_at_ms
FROM task
JOIN attempt ON attempt.task_id = task.id
WHERE task.kind = 'call_site' AND task.subject = :subject AND attempt.disposition <> 'dialer_failed';

-- name: due_escalations
-- Live cases of which something should have come to an end by now.
SELECT *
FROM case_
WHERE escalate_at_ms IS NOT NULL AND escalate_at_ms <= :now_ms
    AND status IN ('open', 'working', 'waiting', 'escalated')
ORDER BY escalate_at_ms, id
LIMIT :limit;

-- name: items_escalated
-- Note that a lead was told of the items of a case that are late.
UPDATE device_item
SET escalated_at_ms = :now_ms
WHERE case_id = :case_id AND escalate_at_ms <= :now_ms AND escalated_at_ms IS NULL;

-- name: next_escalation
-- Note when a lead is to be told of a case's next item.
UPDATE case_
SET escalate_at_ms = (
    SELECT MIN(device_item.escalate_at_ms)
    FROM device_item
    WHERE device_item.case_id = case_.id AND device_item.escalated_at_ms IS NULL
)
WHERE id = :case_id;

-- name: add_retained_card
-- Register a card that a device kept, once.
INSERT INTO retained_card (
    alert_id, case_id, device, branch, branch_to_handle, reported_at_ms, reason, card, last4, customer,
    registered_by, registered_at_ms, status
)
VALUES (
    :alert_id, :case_id, :device, :branch, :branch_to_handle, :reported_at_ms, :reason, :card, :last4, :customer,
    :registered_by, :registered_at_ms, 'registered'
);

-- name: retained_cards
-- Cards that devices kept, the newest first: of a case, a branch or a status (null for any).
SELECT *
FROM retained_card
WHERE (CAST(:case_id AS TEXT) IS NULL OR case_id = CAST(:case_id AS TEXT))
    AND (
        CAST(:branch AS TEXT) IS NULL OR branch = CAST(:branch AS TEXT)
        OR branch_to_handle = CAST(:branch AS TEXT)
    )
    AND status = COALESCE(CAST(:status AS TEXT), status)
ORDER BY reported_at_ms DESC, id DESC
LIMIT :limit;

-- name: retained_card_by_id
-- One card that a device kept.
SELECT * FROM retained_card WHERE id = :id;

-- name: handle_retained_card
-- Note what became of a card that a device kept; of one on which that is noted, unless nobody said it, nothing changes.
UPDATE retained_card
SET status = :status, handled_by = :handled_by, handled_at_ms = :now_ms,
    handled_where = COALESCE(CAST(:handled_where AS TEXT), branch_to_handle)
WHERE id = :id AND status IN ('registered', 'closed');

-- name: retained_cards_returned
-- Note that the cards of a case that are one customer's were given back.
UPDATE retained_card
SET status = 'returned', handled_by = :handled_by, handled_at_ms = :now_ms, handled_where = branch_to_handle
WHERE case_id = :case_id AND status = 'registered'
    AND (customer = CAST(:customer AS TEXT) OR CAST(:customer AS TEXT) IS NULL);

-- name: close_retained_cards
-- Note of the cards of a closed case, as far as nobody has said what became of them, that the case is over.
UPDATE retained_card
SET status = 'closed', handled_by = :handled_by, handled_at_ms = :now_ms
WHERE case_id = :case_id AND status = 'registered';

-- name: reopen_retained_cards
-- Let the cards of a reopened case wait again for what becomes of them, as far as nobody has said it.
UPDATE retained_card
SET status = 'registered', handled_by = NULL, handled_at_ms = NULL
WHERE case_id = :case_id AND status = 'closed';

-- name: cards_of_case
-- The cards that a case concerns.
SELECT SUBSTR(subject, 6) AS card FROM case_subject WHERE case_id = :case_id AND subject LIKE 'card:%';

-- name: suspected_readers
-- What made people look at readers lately, in cases that still stand for themselves.
SELECT device_item.case_id, alert.record
FROM device_item
JOIN alert ON alert.id = device_item.alert_id
JOIN case_ ON case_.id = device_item.case_id
WHERE device_item.code = 'reader_tampering' AND device_item.since_ms >= :from_ms AND case_.status <> 'merged'
ORDER BY device_item.since_ms, device_item.alert_id;
