-- What figures of alarms are made of: the alarms of a period [from_ms, to_ms), and what happened to them.

-- name: alarms_of_period
-- Alarms that were live in the period, with what their case was closed as.
SELECT
    alarm.id, alarm.place, alarm.device, alarm.component, alarm.unit, alarm.code, alarm.priority, alarm.case_id,
    case_.close_reason
FROM alarm
LEFT JOIN case_ ON case_.id = alarm.case_id AND case_.closed_at_ms IS NOT NULL
WHERE (alarm.closed_at_ms IS NULL OR alarm.closed_at_ms >= :from_ms)
    AND EXISTS (SELECT 1 FROM alarm_event WHERE alarm_event.alarm = alarm.id AND alarm_event.at_ms < :to_ms)
ORDER BY alarm.id;

-- name: alarm_events_of_period
-- What ever happened to the alarms that were live in the period, in order.
SELECT alarm_event.alarm, alarm_event.at_ms, alarm_event.what, alarm_event.old, alarm_event.new
FROM alarm
JOIN alarm_event ON alarm_event.alarm = alarm.id
WHERE (alarm.closed_at_ms IS NULL OR alarm.closed_at_ms >= :from_ms)
    AND EXISTS (SELECT 1 FROM alarm_event AS early WHERE early.alarm = alarm.id AND early.at_ms < :to_ms)
ORDER BY alarm_event.id;

-- name: flood_events
-- When the flood gate began and ended to hold alarms back.
SELECT at_ms, what
FROM alarm_event
WHERE at_ms >= :from_ms AND at_ms < :to_ms AND what IN ('flood_began', 'flood_ended')
ORDER BY id;

-- name: alarms_put_aside
-- Alarms that are shelved beyond a moment, the next to come back first.
SELECT id, place, component, unit, code, shelved_until_ms, shelved_by, shelve_reason
FROM alarm
WHERE shelved_until_ms IS NOT NULL AND shelved_until_ms > :now_ms AND state <> 'closed'
ORDER BY shelved_until_ms, id;

-- name: alarms_settled
-- Up to when alarms are settled.
SELECT settled_ms FROM alarm_clock;

-- name: first_alarm
-- When the store's first alarm was raised.
SELECT MIN(at_ms) AS first_ms FROM alarm_event WHERE alarm IS NOT NULL;

-- name: last_alarm_event
-- The number of the last thing that happened to any alarm.
SELECT COALESCE(MAX(id), 0) AS last FROM alarm_event;

-- name: alarms_told_since
-- How many alarms the desk was told of since an event, by priority.
SELECT alarm.priority, COUNT(*) AS alarms
FROM alarm_event
JOIN alarm ON alarm.id = alarm_event.alarm
WHERE alarm_event.id > :after AND alarm_event.id <= :last AND alarm_event.what = 'annunciated'
GROUP BY alarm.priority;

-- name: alarms_suppressed_since
-- How often alarms were held back since an event, by what; not what people have dealt with.
SELECT alarm_event.new AS reason, COUNT(*) AS alarms
FROM alarm_event
WHERE alarm_event.id > :after AND alarm_event.id <= :last AND alarm_event.what = 'suppressed'
    AND alarm_event.new <> 'handled'
GROUP BY alarm_event.new;

-- name: alarms_standing
-- How many alarms the desk was told of that are not closed, and whether the flood gate holds alarms back.
SELECT
    (
        SELECT COUNT(*)
        FROM alarm
        WHERE state <> 'closed' AND state <> 'pending' AND annunciated_at_ms IS NOT NULL
    ) AS live,
    (
        SELECT COUNT(*) FROM alarm_clock WHERE flood_since_ms IS NOT NULL
    ) AS floods;
