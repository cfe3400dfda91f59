-- The audit: who did or saw what, in rows that are chained and never changed.

-- One act. hash is keyed and covers the row and prev_hash, the hash of the row before; before_h and
-- after_h are keyed hashes of what was changed. object is written `kind:id`. seq has no gaps: the head
-- gives it, under its lock, where a sequence would skip numbers of transactions that were undone.
CREATE TABLE audit (
    seq BIGINT PRIMARY KEY CHECK (seq > 0),
    at_ms BIGINT NOT NULL,
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
);

CREATE INDEX audit_by_object ON audit (object, seq);

CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit and its seals are append-only';
END;
$$;

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

-- The end of the chain, in one row; key_id tells which key chains this store, empty before the first row.
CREATE TABLE audit_head (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    seq BIGINT NOT NULL CHECK (seq >= 0),
    hash TEXT NOT NULL,
    key_id TEXT NOT NULL
);

INSERT INTO audit_head VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000', '');

CREATE TRIGGER audit_head_is_never_deleted BEFORE DELETE OR TRUNCATE ON audit_head
FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

-- A signed statement that rows seq_from to seq_to read so and no other way; root is their Merkle root.
CREATE TABLE audit_seal (
    seq_from BIGINT NOT NULL CHECK (seq_from > 0),
    seq_to BIGINT PRIMARY KEY CHECK (seq_to >= seq_from),
    root TEXT NOT NULL,
    signature TEXT NOT NULL,
    sealed_at_ms BIGINT NOT NULL
);

CREATE TRIGGER audit_seal_is_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seal
FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
