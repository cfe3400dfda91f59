-- What other systems and the desk tell each other: requests answered once, subscribers, and what a telephone saw.

-- A request that a program sent under a key of its own. status and body are the answer, empty while it is at work;
-- digest is of what was asked, so that the same key with something else is noticed.
CREATE TABLE api_request (
    program TEXT NOT NULL,
    request_key TEXT NOT NULL,
    digest TEXT NOT NULL,
    began_ms INTEGER NOT NULL,
    status INTEGER,
    headers TEXT,
    body TEXT,
    PRIMARY KEY (program, request_key),
    CHECK ((status IS NULL) = (body IS NULL) AND (status IS NULL) = (headers IS NULL))
) STRICT;

CREATE INDEX api_request_by_time ON api_request (began_ms);

-- A system that is told of topics (JSON) at its address. secret is what messages to it are signed with, encrypted. What
-- it is told waits in the outbox under a topic of its own, `webhook:ID`.
CREATE TABLE webhook (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    topics TEXT NOT NULL,
    secret BLOB NOT NULL,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    made_by TEXT NOT NULL CHECK (TRIM(made_by) <> ''),
    made_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    ended_by TEXT,
    CHECK ((ended_ms IS NULL) = (ended_by IS NULL)),
    CHECK (ended_ms IS NULL OR active = 0)
) STRICT;

CREATE TABLE webhook_topic (
    topic TEXT NOT NULL,
    webhook_id TEXT NOT NULL REFERENCES webhook (id),
    PRIMARY KEY (topic, webhook_id)
) STRICT;

-- What the telephone system says of a call that is open: when it rang, and when it was over.
ALTER TABLE attempt ADD COLUMN rang_at_ms INTEGER;
ALTER TABLE attempt ADD COLUMN hung_up_at_ms INTEGER;
