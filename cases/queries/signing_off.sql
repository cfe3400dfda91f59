-- What the audit keeps of versions that two people let come into force.

-- name: audit_of_act
-- What the audit keeps of an act on a version, as keyed hashes.
SELECT after_h FROM audit WHERE object = :object AND verb = :verb;

-- name: audited_acts
-- How many acts of a kind the audit has on versions whose names, as it writes them, lie between two.
SELECT COUNT(*) AS acts FROM audit WHERE object > :low AND object < :high AND verb = :verb;
