-- Work for other departments, what the desk knows, and what it found out.

-- Work that a case hands to a department, with the time by which it is due. reason is why it came back or was
-- cancelled, answer what the department found; escalated_at_ms is when the desk was told that it is late.
CREATE TABLE work_order (
    id TEXT PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES case_ (id) DEFERRABLE INITIALLY DEFERRED,
    number INTEGER NOT NULL CHECK (number > 0),
    department TEXT NOT NULL CHECK (
        department IN ('branch', 'vendor', 'legal', 'compliance', 'card_operations')
    ),
    kind TEXT NOT NULL,
    what TEXT NOT NULL CHECK (what <> ''),
    state TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'returned', 'done', 'cancelled')),
    due_ms INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    made_at_ms INTEGER NOT NULL,
    accepted_by TEXT,
    accepted_at_ms INTEGER,
    ended_by TEXT,
    ended_at_ms INTEGER,
    answer TEXT,
    reason TEXT,
    escalated_at_ms INTEGER,
    UNIQUE (case_id, number),
    CHECK (due_ms > made_at_ms),
    CHECK ((accepted_by IS NULL) = (accepted_at_ms IS NULL)),
    CHECK (state <> 'accepted' OR accepted_by IS NOT NULL),
    CHECK ((state IN ('done', 'cancelled')) = (ended_at_ms IS NOT NULL)),
    CHECK ((ended_by IS NULL) = (ended_at_ms IS NULL)),
    CHECK (state NOT IN ('returned', 'cancelled') OR reason IS NOT NULL)
) STRICT;

CREATE INDEX live_work_order_by_due ON work_order (due_ms, id) WHERE state IN ('open', 'accepted', 'returned');
CREATE INDEX work_order_to_escalate ON work_order (due_ms)
WHERE state IN ('open', 'accepted') AND escalated_at_ms IS NULL;

-- One version of an article; an edit adds the next one and none is lost. detectors is a JSON list.
CREATE TABLE article (
    id TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    title TEXT NOT NULL CHECK (title <> ''),
    body TEXT NOT NULL,
    detectors TEXT NOT NULL,
    author TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (id, version)
) STRICT;

-- Which detectors the latest version of an article is about.
CREATE TABLE article_detector (
    detector TEXT NOT NULL,
    article_id TEXT NOT NULL,
    PRIMARY KEY (detector, article_id)
) STRICT;

CREATE INDEX article_detector_by_article ON article_detector (article_id);

-- The words of the latest version of an article, and how much each says about it.
CREATE TABLE article_word (
    word TEXT NOT NULL,
    article_id TEXT NOT NULL,
    weight INTEGER NOT NULL CHECK (weight > 0),
    PRIMARY KEY (word, article_id)
) STRICT;

CREATE INDEX article_word_by_article ON article_word (article_id);

-- What the desk found out about a case, at each closing, and that it took it back, at each reopening.
CREATE TABLE disposition (
    case_id TEXT NOT NULL REFERENCES case_ (id) DEFERRABLE INITIALLY DEFERRED,
    number INTEGER NOT NULL CHECK (number > 0),
    at_ms INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    retracted INTEGER NOT NULL CHECK (retracted IN (0, 1)),
    PRIMARY KEY (case_id, number)
) STRICT;

CREATE INDEX disposition_by_time ON disposition (at_ms, case_id, number);

-- The alerts that a disposition is about: those that the case had then, whatever became of it since.
CREATE TABLE disposition_alert (
    case_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    alert_id TEXT NOT NULL,
    PRIMARY KEY (case_id, number, alert_id),
    FOREIGN KEY (case_id, number) REFERENCES disposition (case_id, number) DEFERRABLE INITIALLY DEFERRED
) STRICT;
