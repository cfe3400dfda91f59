-- What the bank decided about its queue (JSON), each version as the flow that fills the store brought it; the last is in force.
CREATE TABLE queue_policy (
    version INTEGER PRIMARY KEY,
    body TEXT NOT NULL
) STRICT;
