-- What people ask the queue often, by names of their own.

-- name: saved_views
-- The views of a person, by name.
SELECT name, query, saved_at_ms FROM saved_view WHERE owner = :owner ORDER BY name;

-- name: save_view
-- Keep a view, in place of one with the same name.
INSERT INTO saved_view (owner, name, query, saved_at_ms)
VALUES (:owner, :name, :query, :now_ms)
ON CONFLICT (owner, name) DO UPDATE SET query = excluded.query, saved_at_ms = excluded.saved_at_ms;

-- name: drop_view
-- Forget a view.
DELETE FROM saved_view WHERE owner = :owner AND name = :name;
