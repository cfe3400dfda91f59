-- The lines that were no event.

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
