-- The audit: who did or saw what, in rows that are chained and never changed.

-- One act. hash is keyed and covers the row and prev_hash, the hash of the row before; before_h and
-- after_h are keyed hashes of what was changed. object is written `kind:id`.
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY CHECK (seq > 0),
    at_ms INTEGER NOT NULL,
    actor TEXT NOT NULL CHECK (actor <> ''),
    role TEXT NOT NULL,
    session TEXT NOT NULL,
    verb TEXT NOT NULL CHECK (verb <> ''),
    object TEXT NOT NULL CHECK (object <> ''),
    before_h TEXT,
    after_h TEXT,
    reason TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;

CREATE INDEX audit_by_object ON audit (object, seq);

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;

CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;

-- The end of the chain, in one row; key_id tells which key chains this store, empty before the first row.
CREATE TABLE audit_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL CHECK (seq >= 0),
    hash TEXT NOT NULL,
    key_id TEXT NOT NULL
) STRICT;

INSERT INTO audit_head VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000', '');

CREATE TRIGGER audit_head_is_never_deleted BEFORE DELETE ON audit_head
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;

-- A signed statement that rows seq_from to seq_to read so and no other way; root is their Merkle root.
CREATE TABLE audit_seal (
    seq_from INTEGER NOT NULL CHECK (seq_from > 0),
    seq_to INTEGER PRIMARY KEY CHECK (seq_to >= seq_from),
    root TEXT NOT NULL,
    signature TEXT NOT NULL,
    sealed_at_ms INTEGER NOT NULL
) STRICT;

CREATE TRIGGER audit_seal_is_never_changed BEFORE UPDATE ON audit_seal
BEGIN
    SELECT RAISE(ABORT, 'seals are append-only');
END;

CREATE TRIGGER audit_seal_is_never_deleted BEFORE DELETE ON audit_seal
BEGIN
    SELECT RAISE(ABORT, 'seals are append-only');
END;
