-- What stands where in a band is no longer due_ms but rank_ms: due_ms, sooner or later by what is at risk. A case that
-- was there keeps its place until it is ranked again. Of a task nothing but its place was ever asked.
ALTER TABLE case_ ADD COLUMN rank_ms INTEGER NOT NULL DEFAULT 0;
UPDATE case_ SET rank_ms = due_ms;
ALTER TABLE task RENAME COLUMN due_ms TO rank_ms;

DROP INDEX live_case_by_rank;
CREATE INDEX live_case_by_rank ON case_ (band, rank_ms, id, status, kind, team, due_ms)
WHERE status IN ('open', 'working', 'waiting', 'escalated');

DROP VIEW queue_place;
CREATE VIEW queue_place AS
SELECT id, ROW_NUMBER() OVER (ORDER BY band, rank_ms, id) AS place
FROM case_
WHERE status IN ('open', 'working', 'waiting', 'escalated');
