-- What programs asked under a key, and what they were answered.

-- name: begin_request
-- Take a request up, unless there is or was one under its key.
INSERT INTO api_request (program, request_key, digest, began_ms)
VALUES (:program, :key, :digest, :now_ms)
ON CONFLICT DO NOTHING;

-- name: api_request
-- A request under a key.
SELECT digest, began_ms, status, headers, body FROM api_request WHERE program = :program AND request_key = :key;

-- name: answer_request
-- Keep what a request was answered.
UPDATE api_request SET status = :status, headers = :headers, body = :body
WHERE program = :program AND request_key = :key AND status IS NULL;

-- name: forget_request
-- Let a request that came to nothing be sent again.
DELETE FROM api_request WHERE program = :program AND request_key = :key AND status IS NULL;

-- name: answer_texts
-- What requests were answered.
SELECT program, request_key, body FROM api_request WHERE body IS NOT NULL ORDER BY program, request_key;

-- name: rename_in_answer
-- Put other names for a person into what a request was answered.
UPDATE api_request SET body = :body WHERE program = :program AND request_key = :request_key;

-- name: old_request
-- Whether there is a request of before a time.
SELECT 1 AS old FROM api_request WHERE began_ms < :before_ms LIMIT :limit;

-- name: forget_requests
-- Forget the requests before a time, so many at once.
DELETE FROM api_request
WHERE (program, request_key) IN (
    SELECT program, request_key FROM api_request WHERE began_ms < :before_ms ORDER BY began_ms LIMIT :limit
);
