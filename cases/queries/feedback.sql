-- What the desk found out, for the flow to learn from.

-- name: feedback_case
-- How a case stands, and what was last said about it.
SELECT case_.status, case_.outcome, last.number, last.at_ms, last.outcome AS said, last.retracted
FROM case_
LEFT JOIN (
    SELECT case_id, number, at_ms, outcome, retracted
    FROM disposition
    WHERE case_id = :case_id
    ORDER BY number DESC
    LIMIT 1
) AS last ON last.case_id = case_.id
WHERE case_.id = :case_id;

-- name: add_disposition
-- Say what was found out about a case, or that it no longer holds.
INSERT INTO disposition (case_id, number, at_ms, outcome, retracted)
VALUES (:case_id, :number, :at_ms, :outcome, :retracted);

-- name: add_disposition_alerts
-- The alerts it is about: all that the case has.
INSERT INTO disposition_alert (case_id, number, alert_id)
SELECT case_id, :number, id FROM alert WHERE case_id = :case_id;

-- name: repeat_disposition_alerts
-- The alerts that it takes back what was said about: those of the disposition before.
INSERT INTO disposition_alert (case_id, number, alert_id)
SELECT case_id, number + 1, alert_id FROM disposition_alert WHERE case_id = :case_id AND number = :number - 1;

-- name: disposition_alerts
-- The ids of the alerts that a disposition is about.
SELECT alert_id FROM disposition_alert WHERE case_id = :case_id AND number = :number ORDER BY alert_id;

-- name: dispositions
-- What became known in a stretch of time, behind one that was read already, alert by alert in order.
SELECT
    disposition.case_id, disposition.number, disposition.at_ms, disposition.outcome, disposition.retracted,
    alert.id AS alert_id, alert.record
FROM disposition
JOIN disposition_alert
    ON disposition_alert.case_id = disposition.case_id AND disposition_alert.number = disposition.number
JOIN alert ON alert.id = disposition_alert.alert_id
WHERE disposition.at_ms >= :since_ms AND disposition.at_ms < :until_ms
    AND (disposition.at_ms, disposition.case_id, disposition.number, alert.id)
    > (:after_ms, :after_case, :after_number, :after_alert)
ORDER BY disposition.at_ms, disposition.case_id, disposition.number, alert.id
LIMIT :page;

-- name: closed_cases
-- The cases of which the desk knows by a time whether it was fraud, with the strongest finding of each detector.
SELECT said.case_id, said.at_ms, said.outcome, alert.detector, MAX(alert.probability) AS probability
FROM disposition AS said
JOIN disposition_alert ON disposition_alert.case_id = said.case_id AND disposition_alert.number = said.number
JOIN alert ON alert.id = disposition_alert.alert_id
WHERE said.retracted = 0 AND said.at_ms >= :since_ms AND said.at_ms < :until_ms
    AND said.outcome IN ('confirmed_fraud', 'genuine', 'false_alarm')
    AND NOT EXISTS (
        SELECT 1 FROM disposition AS later
        WHERE later.case_id = said.case_id AND later.number > said.number AND later.at_ms < :until_ms
    )
GROUP BY said.case_id, said.at_ms, said.outcome, alert.detector
ORDER BY said.at_ms, said.case_id, alert.detector;
