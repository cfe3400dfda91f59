-- The policy that is in force at a store.

-- name: policy_in_force
-- The last policy that a flow brought.
SELECT version, body FROM queue_policy ORDER BY version DESC LIMIT 1;

-- name: add_policy
-- Put a policy in force.
INSERT INTO queue_policy (version, body) VALUES (:version, :body);
