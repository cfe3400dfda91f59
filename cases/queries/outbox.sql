-- What is to be told to others.

-- name: publish
-- Put a message into the outbox.
INSERT INTO outbox (at_ms, topic, key, payload, next_at_ms, done_at_ms)
VALUES (:at_ms, :topic, :key, :payload, :at_ms, :done_at_ms);

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

-- name: outbox_standing
-- How the messages of each topic stand that somebody settles.
SELECT
    topic,
    SUM(CASE WHEN done_at_ms IS NULL THEN 1 ELSE 0 END) AS waiting,
    SUM(CASE WHEN done_at_ms IS NOT NULL AND last_error IS NULL THEN 1 ELSE 0 END) AS delivered,
    SUM(CASE WHEN done_at_ms IS NOT NULL AND last_error IS NOT NULL THEN 1 ELSE 0 END) AS given_up,
    MIN(CASE WHEN done_at_ms IS NULL THEN at_ms END) AS oldest_ms,
    (
        SELECT latest.last_error
        FROM outbox AS latest
        WHERE latest.topic = outbox.topic AND latest.last_error IS NOT NULL
        ORDER BY latest.id DESC
        LIMIT 1
    ) AS error
FROM outbox
WHERE topic <> 'case'
GROUP BY topic
ORDER BY topic;

-- name: retry_given_up
-- Let what was given up of a topic be taken again, as if for the first time.
UPDATE outbox
SET done_at_ms = NULL, last_error = NULL, attempts = 0, next_at_ms = :now_ms
WHERE topic = :topic AND done_at_ms IS NOT NULL AND last_error IS NOT NULL;

-- name: give_up_waiting
-- Settle what nobody took in time; not what the bank has yet to do, nor what somebody is handing over now.
UPDATE outbox
SET done_at_ms = :now_ms, last_error = :why
WHERE id IN (
    SELECT id FROM outbox
    WHERE done_at_ms IS NULL AND at_ms < :before_ms AND next_at_ms <= :now_ms AND topic <> 'core_banking'
    ORDER BY at_ms
    LIMIT :limit
)
RETURNING id, at_ms, topic, key, payload, attempts;

-- name: latest_changes
-- A mark of each thing that screens follow: the last id, and how many rows lie at most 1,000 ids behind it.
SELECT 'cases' AS topic, MAX(id) AS last, COUNT(*) AS number
FROM case_event WHERE id > (SELECT COALESCE(MAX(id), 0) - 1000 FROM case_event)
UNION ALL
SELECT 'alarms', MAX(id), COUNT(*)
FROM alarm_event WHERE id > (SELECT COALESCE(MAX(id), 0) - 1000 FROM alarm_event);
