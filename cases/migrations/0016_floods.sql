-- Floods: a detector that gives too many alerts within an hour fills one case, and nothing of it is lost.

-- How many alerts a detector gave from one time on (an hour, unless the policy says otherwise; event time), the
-- case that its flood fills since it gave too many, and how many such cases there were.
CREATE TABLE alert_hour (
    detector TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    alerts INTEGER NOT NULL CHECK (alerts > 0),
    floods INTEGER NOT NULL DEFAULT 0 CHECK (floods >= 0),
    flood TEXT,
    PRIMARY KEY (detector, from_ms),
    CHECK ((floods = 0) = (flood IS NULL))
) STRICT;

CREATE INDEX alert_hour_in_flood ON alert_hour (detector) WHERE floods > 0;
CREATE INDEX alert_hour_by_flood ON alert_hour (flood) WHERE flood IS NOT NULL;

-- An alert that lies in the case of a flood, and the case that it has without one; that case is merged meanwhile.
CREATE TABLE swept_alert (
    alert_id TEXT PRIMARY KEY,
    home TEXT NOT NULL
) STRICT;

CREATE INDEX swept_alert_by_home ON swept_alert (home);

-- A case that had gone into one (home) which a flood swept along.
CREATE TABLE swept_merge (
    merged TEXT PRIMARY KEY,
    home TEXT NOT NULL
) STRICT;

CREATE INDEX swept_merge_by_home ON swept_merge (home);
