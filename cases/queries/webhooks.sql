-- Other systems that are told by themselves.

-- name: webhooks_of_topic
-- Who is told of a topic.
SELECT webhook_id FROM webhook_topic WHERE topic = :topic ORDER BY webhook_id;

-- name: webhooks
-- Who is told, the first one first; those that are told no longer only where asked, or one.
SELECT id, url, topics, secret, active, made_by, made_ms, ended_ms, ended_by
FROM webhook
WHERE (CAST(:id AS TEXT) IS NULL OR id = :id) AND (active = 1 OR CAST(:ended AS INTEGER) = 1)
ORDER BY made_ms, id;

-- name: add_webhook
-- Let somebody be told.
INSERT INTO webhook (id, url, topics, secret, active, made_by, made_ms)
VALUES (:id, :url, :topics, :secret, 1, :made_by, :made_ms);

-- name: add_webhook_topic
-- Let somebody be told of a topic.
INSERT INTO webhook_topic (topic, webhook_id) VALUES (:topic, :id);

-- name: end_webhook
-- Let somebody be told no longer.
UPDATE webhook SET active = 0, ended_ms = :now_ms, ended_by = :ended_by WHERE id = :id AND active = 1;

-- name: drop_webhook_topics
-- Let somebody be told of nothing.
DELETE FROM webhook_topic WHERE webhook_id = :id;

-- name: settle_waiting
-- Settle everything of a topic that still waits, and keep why.
UPDATE outbox SET done_at_ms = :now_ms, last_error = :why WHERE topic = :topic AND done_at_ms IS NULL;

-- name: given_up_since
-- How many messages of a topic were given up since a time.
SELECT COUNT(*) AS messages
FROM outbox
WHERE topic = :topic AND last_error IS NOT NULL AND done_at_ms >= :since_ms;

-- name: latest_messages
-- The messages of a topic, the newest first.
SELECT id, at_ms, key, payload, attempts, next_at_ms, done_at_ms, last_error
FROM outbox
WHERE topic = :topic
ORDER BY id DESC
LIMIT :limit;
