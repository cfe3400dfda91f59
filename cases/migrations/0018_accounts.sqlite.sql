-- Who may sign in at the desk, with what, and who let them; their sessions; and the programs that act for them.

-- A user. name_key is the name in one spelling, so that no two users differ by case alone. password is an Argon2 hash
-- and totp what makes the codes, encrypted; totp_step is the last time step whose code was used. A user of the bank's
-- own sign-in has issuer and subject instead. enrolled_ms is when they could first sign in.
CREATE TABLE account (
    name_key TEXT PRIMARY KEY,
    name TEXT NOT NULL CHECK (TRIM(name) <> ''),
    role TEXT NOT NULL CHECK (role IN ('agent', 'lead', 'analyst', 'ops', 'auditor', 'compliance')),
    language TEXT NOT NULL CHECK (language IN ('en', 'zh')),
    time_zone TEXT NOT NULL,
    team TEXT NOT NULL,
    skills TEXT NOT NULL,
    first INTEGER NOT NULL CHECK (first IN (0, 1)),
    password TEXT,
    totp BLOB,
    totp_step INTEGER,
    issuer TEXT,
    subject TEXT,
    made_ms INTEGER NOT NULL,
    enrolled_ms INTEGER,
    disabled_ms INTEGER,
    UNIQUE (issuer, subject),
    CHECK ((issuer IS NULL) = (subject IS NULL)),
    CONSTRAINT one_way_to_sign_in CHECK (issuer IS NULL OR (password IS NULL AND totp IS NULL))
) STRICT;

CREATE UNIQUE INDEX one_first_account ON account (first) WHERE first = 1;

-- That a user shall be added, get another role, come back, or set password and codes anew; and what became of it.
-- Two people decide, but for the first user, who is alone at the beginning.
CREATE TABLE account_change (
    id INTEGER PRIMARY KEY,
    name_key TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('add', 'role', 'enable', 'reset')),
    role TEXT,
    language TEXT,
    time_zone TEXT,
    team TEXT,
    skills TEXT,
    maker TEXT NOT NULL CHECK (TRIM(maker) <> ''),
    maker_role TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    reason TEXT NOT NULL CHECK (reason <> ''),
    verdict TEXT CHECK (verdict IN ('approved', 'refused', 'withdrawn')),
    checker TEXT,
    checker_role TEXT,
    decided_ms INTEGER,
    note TEXT,
    alone INTEGER NOT NULL DEFAULT 0 CHECK (alone IN (0, 1)),
    CHECK ((verdict IS NULL) = (checker IS NULL)),
    CHECK (kind IN ('enable', 'reset') OR role IS NOT NULL),
    CONSTRAINT two_people_decide_on_users CHECK (
        verdict IS NULL OR verdict = 'withdrawn' OR alone = 1
        OR (LOWER(TRIM(checker)) <> LOWER(TRIM(maker)) AND LOWER(TRIM(checker)) <> LOWER(TRIM(name)))
    )
) STRICT;

CREATE UNIQUE INDEX one_change_of_an_account_waits ON account_change (name_key) WHERE verdict IS NULL;

-- What lets a person set password and codes, once: for the first user, for a new one, or anew. Valid to until_ms, which
-- is empty while a change waits for its second person. From name on: what was set and not yet confirmed with a code.
CREATE TABLE invitation (
    token_hash TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('first', 'add', 'reset')),
    change_id INTEGER REFERENCES account_change (id),
    made_ms INTEGER NOT NULL,
    until_ms INTEGER,
    used_ms INTEGER,
    name TEXT,
    role TEXT,
    language TEXT,
    time_zone TEXT,
    password TEXT,
    totp BLOB,
    codes TEXT,
    CHECK ((kind = 'first') = (change_id IS NULL))
) STRICT;

CREATE INDEX invitation_by_change ON invitation (change_id);

-- What stands in for the codes once each, as SHA-256.
CREATE TABLE recovery_code (
    name_key TEXT NOT NULL REFERENCES account (name_key),
    code_hash TEXT NOT NULL,
    used_ms INTEGER,
    PRIMARY KEY (name_key, code_hash)
) STRICT;

-- How often in a row signing in under a name has failed; of any name that was tried, known or not, as a keyed hash.
CREATE TABLE sign_in_failure (
    name_hash TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,
    locked_until_ms INTEGER NOT NULL
) STRICT;

-- A session; token_hash is the SHA-256 of what the browser keeps.
CREATE TABLE desk_session (
    id TEXT PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    name_key TEXT NOT NULL REFERENCES account (name_key),
    began_ms INTEGER NOT NULL,
    seen_ms INTEGER NOT NULL,
    locked INTEGER NOT NULL CHECK (locked IN (0, 1)),
    ip TEXT NOT NULL,
    agent TEXT NOT NULL,
    ended_ms INTEGER,
    ended_by TEXT
) STRICT;

CREATE INDEX desk_session_by_account ON desk_session (name_key) WHERE ended_ms IS NULL;

-- A program that acts for its owner within scopes (JSON); token_hash is the SHA-256 of its secret.
CREATE TABLE api_token (
    name_key TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    owner_key TEXT NOT NULL REFERENCES account (name_key),
    scopes TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    last4 TEXT NOT NULL,
    made_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    revoked_ms INTEGER
) STRICT;

CREATE TRIGGER account_is_never_deleted BEFORE DELETE ON account
BEGIN
    SELECT RAISE(ABORT, 'users are disabled and not deleted');
END;

CREATE TRIGGER account_change_is_never_deleted BEFORE DELETE ON account_change
BEGIN
    SELECT RAISE(ABORT, 'users are disabled and not deleted');
END;

CREATE TRIGGER api_token_is_never_deleted BEFORE DELETE ON api_token
BEGIN
    SELECT RAISE(ABORT, 'users are disabled and not deleted');
END;
