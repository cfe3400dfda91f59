-- When signing in under a name failed last, so that it can be forgotten; what failed before this step goes first.
ALTER TABLE sign_in_failure ADD COLUMN at_ms INTEGER NOT NULL DEFAULT 0;
