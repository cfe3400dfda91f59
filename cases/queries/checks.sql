-- What is asked of a store before a flow begins.

-- name: clock_and_newest
-- What time it is there, and the time of the newest alert.
SELECT CURRENT_TIMESTAMP AS now, MAX(at_ms) AS newest_ms FROM alert;
