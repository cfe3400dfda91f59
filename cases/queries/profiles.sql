-- Versions of profiles, and which of them is in force.

-- name: profile_versions
-- Every version of a profile (null for all profiles), the first one first.
SELECT name, number, digest, parent, author, role, at_ms, reason
FROM profile_version
WHERE CAST(:name AS TEXT) IS NULL OR name = CAST(:name AS TEXT)
ORDER BY name, number;

-- name: profile_text
-- The text of a version.
SELECT text FROM profile_version WHERE name = :name AND number = :number;

-- name: profile_tables
-- The tables that the versions of a profile name (null for all profiles), in the order of their paths.
SELECT * FROM profile_table
WHERE CAST(:name AS TEXT) IS NULL OR name = CAST(:name AS TEXT)
ORDER BY name, number, path;

-- name: profile_bodies
-- What the tables of a version hold, in the order of their paths.
SELECT profile_table.path, profile_file.body
FROM profile_table
JOIN profile_file ON profile_file.digest = profile_table.digest
WHERE profile_table.name = :name AND profile_table.number = :number
ORDER BY profile_table.path;

-- name: add_profile_version
-- Add a version of a profile.
INSERT INTO profile_version (name, number, digest, text, parent, author, role, at_ms, reason)
VALUES (:name, :number, :digest, :text, :parent, :author, :role, :at_ms, :reason);

-- name: add_profile_file
-- Keep what a table holds, unless it is kept already.
INSERT INTO profile_file (digest, body) VALUES (:digest, :body) ON CONFLICT (digest) DO NOTHING;

-- name: add_profile_table
-- Let a version name a table.
INSERT INTO profile_table (name, number, path, digest) VALUES (:name, :number, :path, :digest);

-- name: changes_of_profile
-- Every proposal for a profile (null for all profiles) with what became of it, the first one first.
SELECT
    proposal.*,
    CAST(NULL AS INTEGER) AS since_ms,
    CAST(NULL AS INTEGER) AS in_force_ms,
    CAST(NULL AS TEXT) AS standing,
    decision.verdict,
    decision.checker,
    decision.role AS checker_role,
    decision.at_ms AS decided_at_ms,
    decision.note
FROM profile_proposal AS proposal
LEFT JOIN profile_decision AS decision ON decision.name = proposal.name AND decision.turn = proposal.turn
WHERE CAST(:name AS TEXT) IS NULL OR proposal.name = CAST(:name AS TEXT)
ORDER BY proposal.name, proposal.turn;

-- name: propose_profile
-- Propose that a version come into force.
INSERT INTO profile_proposal
    (name, turn, number, kind, maker, role, at_ms, reason, report_name, report_digest, report_figures)
VALUES
    (:name, :turn, :number, :kind, :maker, :role, :at_ms, :reason, :report_name, :report_digest, :report_figures);

-- name: decide_profile
-- Decide on a proposal, unless somebody has.
INSERT INTO profile_decision (name, turn, maker, verdict, checker, role, at_ms, note)
VALUES (:name, :turn, :maker, :verdict, :checker, :role, :at_ms, :note)
ON CONFLICT (name, turn) DO NOTHING;
