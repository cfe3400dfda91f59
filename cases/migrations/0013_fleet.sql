-- The fleet: self-service devices, their sites and planned work, kept as the reference data are.

-- A version of a record about devices; body is the record as JSON.
CREATE TABLE fleet_record (
    kind TEXT NOT NULL CHECK (kind IN ('device', 'site', 'maintenance')),
    id TEXT NOT NULL,
    effective_at_ms INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, id, effective_at_ms)
) STRICT;
