-- How the desk stands at this moment, for whoever keeps it running: what is closed and settled is left aside.

-- name: cases_standing
-- How many live cases there are of a kind in a band, since when the oldest is there, and when the first is due.
SELECT kind, band, status, COUNT(*) AS cases, MIN(ready_at_ms) AS oldest_ms, MIN(due_ms) AS due_ms
FROM case_
WHERE status IN ('open', 'working', 'waiting', 'escalated')
GROUP BY kind, band, status;

-- name: alarms_unacknowledged
-- How many alarms of a priority nobody has taken up whose condition is still there, and since when.
SELECT priority, COUNT(*) AS alarms, MIN(annunciated_at_ms) AS oldest_ms
FROM alarm
WHERE state = 'unacknowledged' AND state <> 'closed'
GROUP BY priority;

-- name: messages_waiting
-- How many messages of a topic wait to be delivered, and since when.
SELECT topic, COUNT(*) AS messages, MIN(at_ms) AS oldest_ms
FROM outbox
WHERE done_at_ms IS NULL AND topic <> 'case'
GROUP BY topic;

-- name: messages_given_up
-- How many messages of a topic could not be delivered.
SELECT topic, COUNT(*) AS messages
FROM outbox
WHERE done_at_ms IS NOT NULL AND last_error IS NOT NULL
GROUP BY topic;

-- name: audit_unsealed
-- When the audit was last sealed, how many rows came since, and when the first of them.
SELECT
    audit_head.seq - COALESCE(last.seq_to, 0) AS unsealed, last.sealed_at_ms, audit.at_ms AS unsealed_since_ms
FROM audit_head
LEFT JOIN audit_seal AS last ON last.seq_to = (SELECT MAX(seq_to) FROM audit_seal)
LEFT JOIN audit ON audit.seq = COALESCE(last.seq_to, 0) + 1
WHERE audit_head.one = 1;
