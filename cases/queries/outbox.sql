-- What is to be told to others.

-- name: publish
-- Put a message into the outbox.
INSERT INTO outbox (at_ms, topic, key, payload, next_at_ms)
VALUES (:at_ms, :topic, :key, :payload, :at_ms);

-- name: take_message
-- Take the message of a topic that has waited longest, and hold it until it is settled or held_until_ms.
UPDATE outbox
SET attempts = attempts + 1, next_at_ms = :held_until_ms
WHERE id = (
    SELECT id FROM outbox
    WHERE topic = :topic AND done_at_ms IS NULL AND next_at_ms <= :now_ms
    ORDER BY next_at_ms, id
    LIMIT 1
    /* skip locked */
)
RETURNING id, at_ms, topic, key, payload, attempts;

-- name: message_delivered
-- Settle a message, unless another consumer took it since.
UPDATE outbox SET done_at_ms = :now_ms, last_error = NULL WHERE id = :id AND attempts = :attempts AND done_at_ms IS NULL;

-- name: message_given_up
-- Settle a message that could not be delivered, and keep why, unless another consumer took it since.
UPDATE outbox SET done_at_ms = :now_ms, last_error = :error WHERE id = :id AND attempts = :attempts AND done_at_ms IS NULL;

-- name: message_later
-- Try a message again at a later time, and keep why, unless another consumer took it since.
UPDATE outbox SET next_at_ms = :next_at_ms, last_error = :error WHERE id = :id AND attempts = :attempts AND done_at_ms IS NULL;

-- name: messages_after
-- The messages of a topic behind an id, in their order: what a screen polls.
SELECT id, at_ms, topic, key, payload, attempts
FROM outbox
WHERE topic = :topic AND id > :after
ORDER BY id
LIMIT :limit;
