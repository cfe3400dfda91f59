-- Profiles: versions that are never changed, and which of them two people let run, from when on.

-- What a table holds that profiles name, once for all versions that name it. digest is the SHA-256 of body.
CREATE TABLE profile_file (
    digest TEXT PRIMARY KEY,
    body BYTEA NOT NULL
);

-- A version of a profile: the text of its YAML file. digest covers text and tables; parent is what it was made from.
CREATE TABLE profile_version (
    name TEXT NOT NULL,
    number BIGINT NOT NULL CHECK (number > 0),
    digest TEXT NOT NULL,
    text TEXT NOT NULL,
    parent BIGINT CHECK (parent > 0 AND parent < number),
    author TEXT NOT NULL CHECK (TRIM(author) <> ''),
    role TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    reason TEXT NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (name, number),
    UNIQUE (name, digest),
    FOREIGN KEY (name, parent) REFERENCES profile_version (name, number)
);

-- A table that a version names; path is relative to the profile, as written there.
CREATE TABLE profile_table (
    name TEXT NOT NULL,
    number BIGINT NOT NULL,
    path TEXT NOT NULL,
    digest TEXT NOT NULL REFERENCES profile_file (digest),
    PRIMARY KEY (name, number, path),
    FOREIGN KEY (name, number) REFERENCES profile_version (name, number)
);

-- That a version shall come into force; turn counts the proposals of a profile. The report it rests on is named
-- with the SHA-256 of its file, and report_figures are its numbers (JSON).
CREATE TABLE profile_proposal (
    name TEXT NOT NULL,
    turn BIGINT NOT NULL CHECK (turn > 0),
    number BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('promotion', 'rollback')),
    maker TEXT NOT NULL CHECK (TRIM(maker) <> ''),
    role TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    reason TEXT NOT NULL CHECK (reason <> ''),
    report_name TEXT,
    report_digest TEXT,
    report_figures TEXT,
    PRIMARY KEY (name, turn),
    UNIQUE (name, turn, maker),
    FOREIGN KEY (name, number) REFERENCES profile_version (name, number),
    CHECK ((report_name IS NULL) = (report_digest IS NULL)),
    CHECK (report_figures IS NULL OR report_name IS NOT NULL)
);

-- What became of a proposal: one row, so that of two decisions only one holds. An approved version is in force from
-- at_ms on; maker and checker are then two people, whatever the code above believes.
CREATE TABLE profile_decision (
    name TEXT NOT NULL,
    turn BIGINT NOT NULL,
    maker TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('approved', 'refused', 'withdrawn')),
    checker TEXT NOT NULL CHECK (TRIM(checker) <> ''),
    role TEXT NOT NULL,
    at_ms BIGINT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (name, turn),
    FOREIGN KEY (name, turn, maker) REFERENCES profile_proposal (name, turn, maker),
    CONSTRAINT two_people_decide CHECK (verdict = 'withdrawn' OR LOWER(TRIM(checker)) <> LOWER(TRIM(maker)))
);

CREATE FUNCTION profiles_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the history of profiles is append-only' USING ERRCODE = 'integrity_constraint_violation';
END;
$$;

CREATE TRIGGER profile_file_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON profile_file
FOR EACH STATEMENT EXECUTE FUNCTION profiles_are_append_only();

CREATE TRIGGER profile_version_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON profile_version
FOR EACH STATEMENT EXECUTE FUNCTION profiles_are_append_only();

CREATE TRIGGER profile_table_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON profile_table
FOR EACH STATEMENT EXECUTE FUNCTION profiles_are_append_only();

CREATE TRIGGER profile_proposal_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON profile_proposal
FOR EACH STATEMENT EXECUTE FUNCTION profiles_are_append_only();

CREATE TRIGGER profile_decision_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON profile_decision
FOR EACH STATEMENT EXECUTE FUNCTION profiles_are_append_only();
