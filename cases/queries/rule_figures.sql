-- What each rule brings to the desk.

-- name: last_alert_at
-- When the last alert of all happened.
SELECT MAX(at_ms) AS at_ms FROM alert WHERE at_ms <= :now_ms;

-- name: rule_alerts
-- How many alerts each rule told of within [from_ms, to_ms), and the last of them.
SELECT detector, COUNT(*) AS alerts, MAX(at_ms) AS last_ms
FROM alert
WHERE at_ms >= :from_ms AND at_ms < :to_ms
GROUP BY detector
ORDER BY detector;

-- name: rule_alert_days
-- How many alerts a rule told of on each day within [from_ms, to_ms), days being those of a clock offset_ms ahead.
SELECT (at_ms + :offset_ms) / 86400000 AS day, COUNT(*) AS alerts
FROM alert
WHERE detector = :detector AND at_ms >= :from_ms AND at_ms < :to_ms
GROUP BY day
ORDER BY day;

-- name: rule_latest
-- The last alerts of a rule since a time, the newest first.
SELECT id, case_id, rule_version, at_ms, severity, probability, reason, record
FROM alert
WHERE detector = :detector AND at_ms >= :from_ms
ORDER BY at_ms DESC, id
LIMIT :limit;
