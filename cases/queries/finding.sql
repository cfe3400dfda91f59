-- Finding cases by what is asked for. Conditions that were not asked for are NULL, or hold for every case; they stand
-- from the cheapest to the dearest. The literal statuses let the partial indexes serve, and the casts keep others, which
-- would have all that fits sorted, from being taken.

-- name: find_live
-- The live cases that fit, in the order of their rank.
SELECT id
FROM case_
WHERE status IN ('open', 'working', 'waiting', 'escalated')
    AND status IN (SELECT value FROM json_each(:statuses))
    AND CAST(kind AS TEXT) IN (SELECT value FROM json_each(:kinds))
    AND CAST(band AS TEXT) IN (SELECT value FROM json_each(:bands))
    AND (band, rank_ms, id) > (:after_band, :after_ms, :after_id)
    AND due_ms < :due_before_ms
    AND (CAST(:team AS TEXT) IS NULL OR team = :team)
    AND (
        CAST(:holder AS TEXT) IS NULL
        OR id IN (SELECT case_id FROM task WHERE state = 'leased' AND lease_by = :holder)
    )
    AND (CAST(:unheld AS INTEGER) = 0 OR id NOT IN (SELECT case_id FROM task WHERE state = 'leased'))
    AND (
        CAST(:detector AS TEXT) IS NULL
        OR EXISTS (SELECT 1 FROM alert WHERE alert.case_id = case_.id AND alert.detector = :detector)
    )
    AND (
        CAST(:likeness AS TEXT) IS NULL OR LOWER(id) LIKE :likeness ESCAPE '!' OR LOWER(words) LIKE :likeness ESCAPE '!'
        OR EXISTS (
            SELECT 1
            FROM case_subject AS about
            WHERE about.case_id = case_.id
                AND (LOWER(about.subject) LIKE :likeness ESCAPE '!' OR LOWER(about.customer) LIKE :likeness ESCAPE '!')
        )
        OR EXISTS (
            SELECT 1 FROM alert WHERE alert.case_id = case_.id AND LOWER(alert.reason) LIKE :likeness ESCAPE '!'
        )
    )
ORDER BY band, rank_ms, id
LIMIT :limit OFFSET :skipped;

-- name: count_live
-- How many live cases fit.
SELECT COUNT(*) AS cases FROM ({find_live}) AS found;

-- name: count_all_live
-- How many cases are live.
SELECT COUNT(*) AS cases
FROM (SELECT 1 FROM case_ WHERE status IN ('open', 'working', 'waiting', 'escalated') LIMIT :limit) AS found;

-- name: find_ended
-- The closed and merged cases that fit and ended from a time on, the last to end first.
SELECT id
FROM case_
WHERE status IN ('closed', 'merged')
    AND COALESCE(closed_at_ms, opened_at_ms) >= :ended_from_ms
    AND (COALESCE(closed_at_ms, opened_at_ms), id) < (:before_ms, :before_id)
    AND status IN (SELECT value FROM json_each(:statuses))
    AND CAST(kind AS TEXT) IN (SELECT value FROM json_each(:kinds))
    AND CAST(band AS TEXT) IN (SELECT value FROM json_each(:bands))
    AND (
        CAST(:detector AS TEXT) IS NULL
        OR EXISTS (SELECT 1 FROM alert WHERE alert.case_id = case_.id AND alert.detector = :detector)
    )
    AND (
        CAST(:likeness AS TEXT) IS NULL OR LOWER(id) LIKE :likeness ESCAPE '!' OR LOWER(words) LIKE :likeness ESCAPE '!'
        OR EXISTS (
            SELECT 1
            FROM case_subject AS about
            WHERE about.case_id = case_.id
                AND (LOWER(about.subject) LIKE :likeness ESCAPE '!' OR LOWER(about.customer) LIKE :likeness ESCAPE '!')
        )
        OR EXISTS (
            SELECT 1 FROM alert WHERE alert.case_id = case_.id AND LOWER(alert.reason) LIKE :likeness ESCAPE '!'
        )
    )
ORDER BY COALESCE(closed_at_ms, opened_at_ms) DESC, id DESC
LIMIT :limit OFFSET :skipped;

-- name: count_ended
-- How many closed and merged cases fit.
SELECT COUNT(*) AS cases FROM ({find_ended}) AS found;

-- name: cases_by_id
-- These cases.
SELECT * FROM case_ WHERE id IN (SELECT value FROM json_each(:ids));

-- name: steps_between
-- How far each of these live cases stands behind the one of these before it in its band; of the first in a band, how far
-- from the band's beginning, and how many cases lie in the bands ahead. So no part of the queue is counted twice, and
-- of those that are due at the same moment only those that lie between.
WITH these AS MATERIALIZED (
    SELECT id, band, rank_ms, status FROM case_ WHERE id IN (SELECT value FROM json_each(:ids))
),
page AS (
    SELECT
        id, band, rank_ms, LAG(id) OVER ranked AS before_id,
        COALESCE(LAG(rank_ms) OVER ranked, 0) AS before_ms
    FROM these
    WHERE status IN ('open', 'working', 'waiting', 'escalated')
    WINDOW ranked AS (PARTITION BY band ORDER BY rank_ms, id)
)
SELECT
    page.id,
    CASE WHEN page.before_id IS NULL THEN (
        SELECT COUNT(*)
        FROM case_ AS ahead
        WHERE ahead.status IN ('open', 'working', 'waiting', 'escalated') AND ahead.band < page.band
    ) END AS in_bands_ahead,
    (
        SELECT COUNT(*)
        FROM case_ AS ahead
        WHERE ahead.status IN ('open', 'working', 'waiting', 'escalated') AND ahead.band = page.band
            AND ahead.rank_ms > page.before_ms AND ahead.rank_ms < page.rank_ms
    ) + (
        SELECT COUNT(*)
        FROM case_ AS ahead
        WHERE ahead.status IN ('open', 'working', 'waiting', 'escalated') AND ahead.band = page.band
            AND ahead.rank_ms = page.before_ms AND ahead.id > page.before_id AND page.before_ms < page.rank_ms
    ) + (
        SELECT COUNT(*)
        FROM case_ AS ahead
        WHERE ahead.status IN ('open', 'working', 'waiting', 'escalated') AND ahead.band = page.band
            AND ahead.rank_ms = page.rank_ms AND ahead.id <= page.id
            AND ahead.id > CASE WHEN page.before_ms = page.rank_ms THEN COALESCE(page.before_id, '') ELSE '' END
    ) AS step
FROM page
ORDER BY page.band, page.rank_ms, page.id;

-- name: places_of
-- Where these cases stand among those that are live, or among those that have ended.
SELECT id, status, band, rank_ms, COALESCE(closed_at_ms, opened_at_ms) AS ended_ms
FROM case_ WHERE id IN (SELECT value FROM json_each(:ids));

-- name: teams_with_cases
-- The teams that have live cases.
SELECT DISTINCT team
FROM case_
WHERE status IN ('open', 'working', 'waiting', 'escalated') AND team IS NOT NULL
ORDER BY team;

-- name: known_detectors
-- The detectors that ever gave an alert while floods were watched for: one look-up each, not all their hours.
WITH RECURSIVE known (detector) AS (
    SELECT MIN(detector) FROM alert_hour
    UNION ALL
    SELECT (SELECT MIN(alert_hour.detector) FROM alert_hour WHERE alert_hour.detector > known.detector)
    FROM known
    WHERE known.detector IS NOT NULL
)
SELECT detector FROM known WHERE detector IS NOT NULL;
