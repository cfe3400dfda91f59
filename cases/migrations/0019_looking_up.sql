-- Looking up: cases by the last digits of a card, and how often somebody had numbers shown.

CREATE INDEX case_subject_by_last4 ON case_subject (last4, case_id) WHERE last4 IS NOT NULL;
CREATE INDEX audit_of_reveals ON audit (actor, at_ms) WHERE verb = 'revealed';
