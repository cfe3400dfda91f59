-- Actions with four eyes, and the orders of authorities.

-- name: add_action
-- Put an action on record; nothing happens where the same stands there already.
INSERT INTO action (
    id, case_id, kind, target, params, basis, second_person, status, maker, maker_role, made_at_ms, reason,
    idempotency_key, expires_at_ms, alarm_at_ms
)
VALUES (
    :id, :case_id, :kind, :target, :params, :basis, :second_person, :status, :maker, :maker_role, :made_at_ms,
    :reason, :idempotency_key, :expires_at_ms, :alarm_at_ms
)
ON CONFLICT DO NOTHING;

-- name: get_action
-- One action.
SELECT * FROM action WHERE id = :id;

-- name: list_actions
-- Actions of a status, a kind and a case or one merged into it (null for any), the newest first.
SELECT action.*
FROM action
LEFT JOIN case_ ON case_.id = action.case_id
WHERE action.status = COALESCE(CAST(:status AS TEXT), action.status)
    AND action.kind = COALESCE(CAST(:kind AS TEXT), action.kind)
    AND (
        CAST(:case_id AS TEXT) IS NULL OR action.case_id = CAST(:case_id AS TEXT)
        OR case_.merged_into = CAST(:case_id AS TEXT)
    )
ORDER BY action.made_at_ms DESC, action.id
LIMIT :limit;

-- name: pending_actions
-- What waits for its second person: proposals, and blocks that one person set; what must be done first first.
SELECT *
FROM (
    SELECT *, expires_at_ms AS until_ms FROM action WHERE status = 'proposed' AND expires_at_ms > :now_ms
    UNION ALL
    SELECT *, alarm_at_ms AS until_ms
    FROM action
    WHERE second_person = 'after' AND checker IS NULL AND status IN ('approved', 'executing', 'done')
) AS waiting
ORDER BY until_ms, id;

-- name: blocks_ending
-- The blocks in force whose term is over between two times.
SELECT *
FROM action
WHERE kind IN ('temporary_block', 'freeze') AND status IN ('approved', 'executing', 'done')
    AND expires_at_ms >= :from_ms AND expires_at_ms < :to_ms
ORDER BY expires_at_ms, id;

-- name: actions_on_target
-- Everything that was done to a target, the newest first.
SELECT * FROM action WHERE target = :target ORDER BY made_at_ms DESC, id;

-- name: approved_action
-- The newest action of a kind on a target that a second person approved and whose time is not over.
SELECT *
FROM action
WHERE kind = :kind AND target = :target AND status IN ('approved', 'executing', 'done')
    AND verdict = 'approved' AND (expires_at_ms IS NULL OR expires_at_ms > :now_ms)
ORDER BY checked_at_ms DESC, id
LIMIT 1;

-- name: move_action
-- Move an action on, if it still stands where it stood; what is not given stays.
UPDATE action
SET status = :new, executed_at_ms = COALESCE(:executed_at_ms, executed_at_ms),
    result = COALESCE(:result, result), end_reason = COALESCE(:end_reason, end_reason)
WHERE id = :id AND status = :old;

-- name: check_action
-- Write down what the second person said, once.
UPDATE action
SET checker = :checker, verdict = :verdict, checked_at_ms = :now_ms, status = :new,
    expires_at_ms = :expires_at_ms
WHERE id = :id AND status = :old AND checker IS NULL;

-- name: alarm_action
-- Note that the lead was told about an unchecked block.
UPDATE action SET alarmed_at_ms = :now_ms WHERE id = :id AND checker IS NULL AND alarmed_at_ms IS NULL;

-- name: overdue_proposals
-- Proposals, and approvals to be carried out by hand, whose time is over.
SELECT *
FROM action
WHERE status IN ('proposed', 'approved') AND expires_at_ms <= :now_ms
    AND (status = 'proposed' OR kind NOT IN ('temporary_block', 'freeze'))
ORDER BY expires_at_ms, id
LIMIT :limit;

-- name: overdue_blocks
-- Blocks in force whose term is over.
SELECT *
FROM action
WHERE kind IN ('temporary_block', 'freeze') AND status IN ('approved', 'executing', 'done')
    AND expires_at_ms <= :now_ms
ORDER BY expires_at_ms, id
LIMIT :limit;

-- name: unchecked_blocks
-- Blocks of one person that nobody checked in time and the lead was not told about.
SELECT *
FROM action
WHERE second_person = 'after' AND checker IS NULL AND alarmed_at_ms IS NULL AND alarm_at_ms <= :now_ms
    AND status IN ('approved', 'executing', 'done')
ORDER BY alarm_at_ms, id
LIMIT :limit;

-- name: add_order
-- Record an order of an authority; the same number again changes nothing.
INSERT INTO legal_order (
    id, number, authority, scope, term_from_ms, term_to_ms, received_at_ms, received_by, note
)
VALUES (:id, :number, :authority, :scope, :term_from_ms, :term_to_ms, :received_at_ms, :received_by, :note)
ON CONFLICT DO NOTHING;

-- name: want_of_order
-- Keep what is to be done once an order's term has begun, and who wants it.
UPDATE legal_order
SET wanted_kind = :kind, wanted_case = :case_id, wanted_by = :by, wanted_role = :role
WHERE number = :number AND driven_at_ms IS NULL;

-- name: orders_to_drive
-- The orders whose term has begun and whose scope is still to be blocked, the first first.
SELECT *
FROM legal_order
WHERE wanted_kind IS NOT NULL AND driven_at_ms IS NULL AND term_from_ms <= :now_ms
ORDER BY term_from_ms, id
LIMIT :limit;

-- name: order_driven
-- Note that an order's scope was looked after, once.
UPDATE legal_order SET driven_at_ms = :now_ms WHERE number = :number AND driven_at_ms IS NULL;

-- name: get_order
-- An order by its number.
SELECT * FROM legal_order WHERE number = :number;

-- name: list_orders
-- The orders, the newest first.
SELECT * FROM legal_order ORDER BY received_at_ms DESC, number LIMIT :limit;

-- name: attempts_for_basis
-- The attempts of a case and of those merged into it, the newest first.
SELECT attempt.id, attempt.answered_at_ms, attempt.ended_at_ms, attempt.disposition
FROM attempt
JOIN case_ ON case_.id = attempt.case_id
WHERE case_.id = :case_id OR case_.merged_into = :case_id
ORDER BY attempt.id DESC;

-- name: case_for_action
-- A case, as far as actions need to know it.
SELECT id, status, merged_into, outcome, exposure_minor, currency FROM case_ WHERE id = :id;

-- name: case_of_subject
-- The live case that a subject belongs to.
SELECT case_id FROM case_subject WHERE subject = :subject AND live = 1;
