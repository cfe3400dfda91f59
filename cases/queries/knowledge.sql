-- What the desk knows.

-- name: latest_article
-- An article as it reads now.
SELECT * FROM article WHERE id = :id ORDER BY version DESC LIMIT 1;

-- name: article_versions
-- Every version of an article, the first one first.
SELECT * FROM article WHERE id = :id ORDER BY version;

-- name: latest_articles
-- These articles as they read now.
SELECT article.*
FROM article
JOIN (SELECT id, MAX(version) AS version FROM article GROUP BY id) AS latest
    ON latest.id = article.id AND latest.version = article.version
WHERE article.id IN (SELECT value FROM json_each(:ids))
ORDER BY article.id;

-- name: list_articles
-- Articles as they read now, of a detector (null for any), in the order of their names.
SELECT article.*
FROM article
JOIN (SELECT id, MAX(version) AS version FROM article GROUP BY id) AS latest
    ON latest.id = article.id AND latest.version = article.version
WHERE CAST(:detector AS TEXT) IS NULL OR article.id IN (
    SELECT article_id FROM article_detector WHERE detector = CAST(:detector AS TEXT)
)
ORDER BY article.id
LIMIT :limit;

-- name: add_article
-- Add a version of an article.
INSERT INTO article (id, version, title, body, detectors, author, at_ms, reason)
VALUES (:id, :version, :title, :body, :detectors, :author, :at_ms, :reason);

-- name: drop_article_words
-- Forget by which words an article was found.
DELETE FROM article_word WHERE article_id = :id;

-- name: drop_article_detectors
-- Forget which detectors an article was about.
DELETE FROM article_detector WHERE article_id = :id;

-- name: add_article_word
-- Let an article be found by a word.
INSERT INTO article_word (word, article_id, weight) VALUES (:word, :id, :weight);

-- name: add_article_detector
-- Let an article be found from the alerts of a detector.
INSERT INTO article_detector (detector, article_id) VALUES (:detector, :id);

-- name: articles_with_words
-- Which articles have which of these words, and how much each says about them.
SELECT article_id, word, weight
FROM article_word
WHERE word IN (SELECT value FROM json_each(:words));

-- name: articles_of_detectors
-- Which articles are about which of these detectors.
SELECT article_id, detector
FROM article_detector
WHERE detector IN (SELECT value FROM json_each(:detectors));

-- name: detectors_of_case
-- The detectors whose alerts a case has.
SELECT DISTINCT detector FROM alert WHERE case_id = :case_id ORDER BY detector;
