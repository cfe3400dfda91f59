-- Versions of tables that were learnt, and from when on each is in force.

-- name: learnt_tables
-- Every version of a table (null for all tables), the first one first.
SELECT name, number, version, digest, since_ms, author, role, at_ms, reason
FROM learnt_table
WHERE CAST(:name AS TEXT) IS NULL OR name = CAST(:name AS TEXT)
ORDER BY name, number;

-- name: learnt_body
-- What a version of a table says.
SELECT body FROM learnt_table WHERE name = :name AND number = :number;

-- name: add_learnt_table
-- Add a version of a table.
INSERT INTO learnt_table (name, number, version, digest, body, since_ms, author, role, at_ms, reason)
VALUES (:name, :number, :version, :digest, :body, :since_ms, :author, :role, :at_ms, :reason);

-- name: tables_in_force
-- Which version of each table is in force from when on, in the order of these times.
SELECT name, number, since_ms, NULL AS turn FROM learnt_table WHERE since_ms IS NOT NULL
UNION ALL
SELECT proposal.name, proposal.number, decision.in_force_ms, proposal.turn
FROM model_decision AS decision
JOIN model_proposal AS proposal ON proposal.name = decision.name AND proposal.turn = decision.turn
WHERE decision.in_force_ms IS NOT NULL
ORDER BY since_ms, name;

-- name: changes_of_model
-- Every proposal for a model (null for all) with what became of it, the first one first.
SELECT
    proposal.*,
    decision.verdict,
    decision.checker,
    decision.role AS checker_role,
    decision.at_ms AS decided_at_ms,
    decision.note,
    decision.in_force_ms
FROM model_proposal AS proposal
LEFT JOIN model_decision AS decision ON decision.name = proposal.name AND decision.turn = proposal.turn
WHERE CAST(:name AS TEXT) IS NULL OR proposal.name = CAST(:name AS TEXT)
ORDER BY proposal.name, proposal.turn;

-- name: propose_model
-- Propose that a version of a model come into force.
INSERT INTO model_proposal
    (
        name, turn, number, kind, maker, role, at_ms, reason, since_ms, report_name, report_digest,
        report_figures, standing
    )
VALUES
    (
        :name, :turn, :number, :kind, :maker, :role, :at_ms, :reason, :since_ms,
        :report_name, :report_digest, :report_figures, :standing
    );

-- name: decide_model
-- Decide on a proposal, unless somebody has.
INSERT INTO model_decision (name, turn, maker, verdict, checker, role, at_ms, note, in_force_ms)
VALUES (:name, :turn, :maker, :verdict, :checker, :role, :at_ms, :note, :in_force_ms)
ON CONFLICT (name, turn) DO NOTHING;
