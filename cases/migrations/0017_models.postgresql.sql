-- Tables that were learnt: versions that are never changed, and from which event time on each is in force.

-- A version of a table: body is its JSON, digest the SHA-256 of that, and version what the learner calls it. A model
-- takes effect when two people let it (model_decision); any other table says what was found out, and takes effect
-- at since_ms.
CREATE TABLE learnt_table (
    name TEXT NOT NULL,
    number BIGINT NOT NULL CHECK (number > 0),
    version TEXT NOT NULL,
    digest TEXT NOT NULL,
    body BYTEA NOT NULL,
    since_ms BIGINT,
    author TEXT NOT NULL CHECK (TRIM(author) <> ''),
    role TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    reason TEXT NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (name, number),
    UNIQUE (name, since_ms),
    CONSTRAINT models_take_two_people CHECK ((name = 'risk_model') = (since_ms IS NULL))
);

CREATE UNIQUE INDEX learnt_model_by_version ON learnt_table (version) WHERE name = 'risk_model';

-- That a version of a model shall come into force, from the event time since_ms on where one is named; else as
-- profile_proposal. With a standing approval (JSON: bounds of figures) models that are learnt anew in the same way take
-- effect by a refresh, of which the checker of the promotion is the checker.
CREATE TABLE model_proposal (
    name TEXT NOT NULL CHECK (name = 'risk_model'),
    turn BIGINT NOT NULL CHECK (turn > 0),
    number BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('promotion', 'rollback', 'refresh')),
    maker TEXT NOT NULL CHECK (TRIM(maker) <> ''),
    role TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    reason TEXT NOT NULL CHECK (reason <> ''),
    since_ms BIGINT,
    report_name TEXT,
    report_digest TEXT,
    report_figures TEXT,
    standing TEXT,
    PRIMARY KEY (name, turn),
    UNIQUE (name, turn, maker),
    FOREIGN KEY (name, number) REFERENCES learnt_table (name, number),
    CHECK ((report_name IS NULL) = (report_digest IS NULL)),
    CHECK (report_figures IS NULL OR report_name IS NOT NULL),
    CONSTRAINT only_a_refresh_needs_a_standing_approval CHECK (
        kind = 'promotion' OR (kind = 'refresh') = (standing IS NOT NULL)
    )
);

-- What became of a proposal: one row. An approved version is in force from the event time in_force_ms on, which lay
-- ahead when it was approved; maker and checker are then two people, whatever the code above believes.
CREATE TABLE model_decision (
    name TEXT NOT NULL,
    turn BIGINT NOT NULL,
    maker TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('approved', 'refused', 'withdrawn')),
    checker TEXT NOT NULL CHECK (TRIM(checker) <> ''),
    role TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    note TEXT NOT NULL,
    in_force_ms BIGINT,
    PRIMARY KEY (name, turn),
    UNIQUE (name, in_force_ms),
    FOREIGN KEY (name, turn, maker) REFERENCES model_proposal (name, turn, maker),
    CONSTRAINT two_people_decide CHECK (verdict = 'withdrawn' OR LOWER(TRIM(checker)) <> LOWER(TRIM(maker))),
    CONSTRAINT approved_ahead_of_time CHECK ((verdict = 'approved') = (in_force_ms IS NOT NULL)),
    CHECK (in_force_ms IS NULL OR in_force_ms > at_ms)
);

CREATE FUNCTION models_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the history of models is append-only' USING ERRCODE = 'integrity_constraint_violation';
END;
$$;

CREATE TRIGGER learnt_table_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON learnt_table
FOR EACH STATEMENT EXECUTE FUNCTION models_are_append_only();

CREATE TRIGGER model_proposal_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON model_proposal
FOR EACH STATEMENT EXECUTE FUNCTION models_are_append_only();

CREATE TRIGGER model_decision_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON model_decision
FOR EACH STATEMENT EXECUTE FUNCTION models_are_append_only();
