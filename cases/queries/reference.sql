-- The reference data and the fleet.

-- name: put_reference
-- Keep a version of a reference record; the same version again replaces it.
INSERT INTO reference_record (kind, id, effective_at_ms, body)
VALUES (:kind, :id, :effective_at_ms, :body)
ON CONFLICT (kind, id, effective_at_ms) DO UPDATE SET body = excluded.body;

-- name: all_reference
-- Every version of every reference record.
SELECT kind, body FROM reference_record ORDER BY kind, id, effective_at_ms;

-- name: put_fleet
-- Keep a version of a record about devices; the same version again replaces it.
INSERT INTO fleet_record (kind, id, effective_at_ms, body)
VALUES (:kind, :id, :effective_at_ms, :body)
ON CONFLICT (kind, id, effective_at_ms) DO UPDATE SET body = excluded.body;

-- name: all_fleet
-- Every version of every record about devices.
SELECT kind, body FROM fleet_record ORDER BY kind, id, effective_at_ms;
