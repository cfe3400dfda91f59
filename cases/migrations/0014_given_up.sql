-- What could not be delivered is looked at every few seconds, and is rare among what was.
CREATE INDEX message_given_up ON outbox (topic) WHERE done_at_ms IS NOT NULL AND last_error IS NOT NULL;
