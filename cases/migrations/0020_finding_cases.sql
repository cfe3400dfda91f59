-- Finding cases: pages of the queue by what was asked for, among tens of thousands that are live; and named questions.

-- With these columns a page is found, and a total counted, without looking at the cases themselves.
DROP INDEX live_case_by_rank;
CREATE INDEX live_case_by_rank ON case_ (band, due_ms, id, status, kind, team)
WHERE status IN ('open', 'working', 'waiting', 'escalated');

-- What has ended, by when. A merged case has no time of its own at which it ended.
CREATE INDEX ended_case_by_end ON case_ (COALESCE(closed_at_ms, opened_at_ms), id, status, kind, band)
WHERE status IN ('closed', 'merged');

-- Whether a case has an alert of a detector.
DROP INDEX alert_by_case;
CREATE INDEX alert_by_case ON alert (case_id, detector);

-- What somebody asks the queue often, under a name of theirs, as the address of the page has it.
CREATE TABLE saved_view (
    owner TEXT NOT NULL,
    name TEXT NOT NULL CHECK (TRIM(name) <> ''),
    query TEXT NOT NULL,
    saved_at_ms INTEGER NOT NULL,
    PRIMARY KEY (owner, name)
) STRICT;
