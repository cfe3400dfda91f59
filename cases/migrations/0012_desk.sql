-- Recordings of calls, orders whose term is still to begin, and an outbox that does not grow for ever.

-- What the recorder calls the recording of a call; the recording itself stays there.
ALTER TABLE attempt ADD COLUMN recording_ref TEXT;

-- What is to be done to the scope of an order once its term has begun, in which case, and who wants it in what
-- role; wanted_kind is empty when nothing is. driven_at_ms is when that was done.
ALTER TABLE legal_order ADD COLUMN wanted_kind TEXT;
ALTER TABLE legal_order ADD COLUMN wanted_case TEXT;
ALTER TABLE legal_order ADD COLUMN wanted_by TEXT;
ALTER TABLE legal_order ADD COLUMN wanted_role TEXT;
ALTER TABLE legal_order ADD COLUMN driven_at_ms INTEGER;

CREATE INDEX order_to_drive ON legal_order (term_from_ms) WHERE wanted_kind IS NOT NULL AND driven_at_ms IS NULL;

-- Which cases changed is read by screens, behind the id that they read last: nobody settles that.
UPDATE outbox SET done_at_ms = at_ms WHERE topic = 'case' AND done_at_ms IS NULL;

CREATE INDEX outbox_settled ON outbox (done_at_ms) WHERE done_at_ms IS NOT NULL;
CREATE INDEX outbox_waiting ON outbox (at_ms) WHERE done_at_ms IS NULL;
