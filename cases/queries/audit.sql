-- The audit: its rows, the end of their chain and their seals.

-- name: advance_audit
-- Take the next numbers and lock the end of the chain until the transaction ends, on either database.
UPDATE audit_head SET seq = seq + :added, key_id = :key_id WHERE one = 1 AND key_id IN ('', :key_id)
RETURNING seq - :added AS seq, hash;

-- name: move_audit_head
-- Say where the chain ends now.
UPDATE audit_head SET hash = :hash WHERE one = 1;

-- name: audit_head
-- The end of the chain.
SELECT seq, hash, key_id FROM audit_head WHERE one = 1;

-- name: add_audit
-- Append a row.
INSERT INTO audit (
    seq, at_ms, actor, role, session, verb, object, before_h, after_h, reason, prev_hash, hash
)
VALUES (
    :seq, :at_ms, :actor, :role, :session, :verb, :object, :before_h, :after_h, :reason, :prev_hash, :hash
);

-- name: audit_rows
-- The rows of these numbers, in order.
SELECT seq, at_ms, actor, role, session, verb, object, before_h, after_h, reason, prev_hash, hash
FROM audit
WHERE seq BETWEEN :seq_from AND :seq_to
ORDER BY seq;

-- name: last_audit_rows
-- The newest rows about an object, of an actor and of a verb (null for any).
SELECT seq, at_ms, actor, role, session, verb, object, before_h, after_h, reason, prev_hash, hash
FROM audit
WHERE object = COALESCE(CAST(:object AS TEXT), object)
    AND actor = COALESCE(CAST(:actor AS TEXT), actor)
    AND verb = COALESCE(CAST(:verb AS TEXT), verb)
ORDER BY seq DESC
LIMIT :limit;

-- name: audit_rows_before
-- The newest rows before one of them: about an object, of an actor and of a verb (null for any), of a time.
SELECT seq, at_ms, actor, role, session, verb, object, before_h, after_h, reason, prev_hash, hash
FROM audit
WHERE seq < :before
    AND object = COALESCE(CAST(:object AS TEXT), object)
    AND actor = COALESCE(CAST(:actor AS TEXT), actor)
    AND verb = COALESCE(CAST(:verb AS TEXT), verb)
    AND at_ms >= :from_ms AND at_ms < :to_ms
ORDER BY seq DESC
LIMIT :limit;

-- name: audit_seals
-- Every seal, in order.
SELECT seq_from, seq_to, root, signature, sealed_at_ms FROM audit_seal ORDER BY seq_to;

-- name: add_audit_seal
-- Put a seal on record.
INSERT INTO audit_seal (seq_from, seq_to, root, signature, sealed_at_ms)
VALUES (:seq_from, :seq_to, :root, :signature, :sealed_at_ms);

-- name: audit_page
-- The next rows, in order.
SELECT seq, at_ms, actor, role, session, verb, object, before_h, after_h, reason, prev_hash, hash
FROM audit
WHERE seq > :after
ORDER BY seq
LIMIT :limit;
