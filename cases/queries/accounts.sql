-- Users, what they prove themselves with, their sessions and their programs.

-- name: accounts
-- Every user, or the one of a name, in the order of their names.
SELECT * FROM account
WHERE CAST(:name_key AS TEXT) IS NULL OR name_key = CAST(:name_key AS TEXT)
ORDER BY name_key;

-- name: account_of_identity
-- The user whom the bank's own sign-in knows by this.
SELECT * FROM account WHERE issuer = :issuer AND subject = :subject;

-- name: enrolled_accounts
-- Who could ever sign in, of some roles.
SELECT name_key, role, first, disabled_ms FROM account
WHERE enrolled_ms IS NOT NULL AND role IN (SELECT value FROM json_each(:roles));

-- name: add_account
-- Add a user.
INSERT INTO account
    (
        name_key, name, role, language, time_zone, team, skills, first, password, totp, totp_step, issuer,
        subject, made_ms, enrolled_ms
    )
VALUES
    (
        :name_key, :name, :role, :language, :time_zone, :team, :skills, :first, :password, :totp, :totp_step,
        :issuer, :subject, :made_ms, :enrolled_ms
    );

-- name: set_account_secrets
-- Let a user sign in with what they have set.
UPDATE account
SET
    password = :password, totp = :totp, totp_step = :totp_step, enrolled_ms = COALESCE(enrolled_ms, :now_ms)
WHERE name_key = :name_key;

-- name: clear_account_secrets
-- Let nothing sign a user in until they set it anew.
UPDATE account SET password = NULL, totp = NULL, totp_step = NULL WHERE name_key = :name_key;

-- name: set_account_password
-- Keep another hash of a password.
UPDATE account SET password = :password WHERE name_key = :name_key;

-- name: use_totp_step
-- Use the code of a time step, unless it or a later one was used.
UPDATE account SET totp_step = :step
WHERE name_key = :name_key AND (totp_step IS NULL OR totp_step < :step);

-- name: set_account_role
-- Give a user another role, team and skills.
UPDATE account SET role = :role, team = :team, skills = :skills WHERE name_key = :name_key;

-- name: set_account_preferences
-- Set the language and the time zone of a user.
UPDATE account SET language = :language, time_zone = :time_zone WHERE name_key = :name_key;

-- name: set_account_disabled
-- Disable a user, or let them come back with null.
UPDATE account SET disabled_ms = :disabled_ms WHERE name_key = :name_key;

-- name: add_account_change
-- Propose a change of a user.
INSERT INTO account_change
    (name_key, name, kind, role, language, time_zone, team, skills, maker, maker_role, at_ms, reason)
VALUES
    (
        :name_key, :name, :kind, :role, :language, :time_zone, :team, :skills, :maker, :maker_role, :at_ms,
        :reason
    )
RETURNING id;

-- name: account_changes
-- What was proposed about users, or about one, the first one first.
SELECT * FROM account_change
WHERE CAST(:name_key AS TEXT) IS NULL OR name_key = CAST(:name_key AS TEXT)
ORDER BY id;

-- name: decide_account_change
-- Decide on a proposal, unless somebody has.
UPDATE account_change
SET
    verdict = :verdict, checker = :checker, checker_role = :checker_role, decided_ms = :decided_ms,
    note = :note, alone = :alone
WHERE id = :id AND verdict IS NULL;

-- name: add_invitation
-- Keep what lets a person set password and codes.
INSERT INTO invitation (token_hash, kind, change_id, made_ms, until_ms)
VALUES (:token_hash, :kind, :change_id, :made_ms, :until_ms);

-- name: invitation
-- An invitation that was not used, with the user it is for.
SELECT
    invitation.*, account.name_key AS account_key, account.name AS account_name, account.role AS account_role,
    account.disabled_ms
FROM invitation
LEFT JOIN account_change ON account_change.id = invitation.change_id
LEFT JOIN account ON account.name_key = account_change.name_key
WHERE invitation.token_hash = :token_hash AND invitation.used_ms IS NULL AND invitation.until_ms > :now_ms;

-- name: open_invitation
-- Let an invitation hold from now on: its change was approved.
UPDATE invitation SET until_ms = :until_ms WHERE change_id = :change_id;

-- name: set_up_invitation
-- Keep what a person has set, until a code confirms it.
UPDATE invitation
SET
    name = :name, role = :role, language = :language, time_zone = :time_zone, password = :password,
    totp = :totp, codes = :codes
WHERE token_hash = :token_hash AND used_ms IS NULL;

-- name: use_up_invitation
-- Let an invitation hold no longer, and forget what was set with it.
UPDATE invitation SET used_ms = :now_ms, password = NULL, totp = NULL, codes = NULL
WHERE token_hash = :token_hash;

-- name: end_invitations
-- Let earlier invitations of a user hold no longer, or with null those of the first user.
UPDATE invitation SET used_ms = :now_ms, password = NULL, totp = NULL, codes = NULL
WHERE used_ms IS NULL AND CASE
    WHEN CAST(:name_key AS TEXT) IS NULL THEN kind = 'first'
    ELSE change_id IN (
        SELECT id FROM account_change WHERE name_key = CAST(:name_key AS TEXT) AND id <> :but_of
    )
END;

-- name: drop_recovery_codes
-- Forget the recovery codes of a user.
DELETE FROM recovery_code WHERE name_key = :name_key;

-- name: add_recovery_code
-- Keep a recovery code.
INSERT INTO recovery_code (name_key, code_hash) VALUES (:name_key, :code_hash);

-- name: use_recovery_code
-- Use a recovery code, unless it was used.
UPDATE recovery_code SET used_ms = :now_ms
WHERE name_key = :name_key AND code_hash = :code_hash AND used_ms IS NULL;

-- name: sign_in_failures
-- How often in a row signing in under a name has failed.
SELECT failures, locked_until_ms FROM sign_in_failure WHERE name_hash = :name_hash;

-- name: set_sign_in_failures
-- Keep how often it has.
INSERT INTO sign_in_failure (name_hash, failures, locked_until_ms, at_ms)
VALUES (:name_hash, :failures, :locked_until_ms, :at_ms)
ON CONFLICT (name_hash) DO UPDATE
SET failures = excluded.failures, locked_until_ms = excluded.locked_until_ms, at_ms = excluded.at_ms;

-- name: drop_sign_in_failures
-- Count anew.
DELETE FROM sign_in_failure WHERE name_hash = :name_hash;

-- name: add_desk_session
-- Begin a session.
INSERT INTO desk_session (id, token_hash, name_key, began_ms, seen_ms, locked, ip, agent)
VALUES (:id, :token_hash, :name_key, :began_ms, :began_ms, 0, :ip, :agent);

-- name: desk_sessions
-- The sessions that nobody ended: with an id, of a user, or all; the first one first.
SELECT
    account.*, session.id, session.began_ms, session.seen_ms, session.locked, session.ip, session.agent
FROM desk_session AS session
JOIN account ON account.name_key = session.name_key
WHERE
    session.ended_ms IS NULL
    AND (CAST(:id AS TEXT) IS NULL OR session.id = CAST(:id AS TEXT))
    AND (CAST(:name_key AS TEXT) IS NULL OR session.name_key = CAST(:name_key AS TEXT))
ORDER BY session.began_ms, session.id;

-- name: last_sign_ins
-- When each user signed in last.
SELECT account.name, MAX(session.began_ms) AS at_ms
FROM desk_session AS session
JOIN account ON account.name_key = session.name_key
GROUP BY account.name_key, account.name;

-- name: desk_session_of_token
-- The session of a token, unless it was ended.
SELECT
    account.*, session.id, session.began_ms, session.seen_ms, session.locked, session.ip, session.agent
FROM desk_session AS session
JOIN account ON account.name_key = session.name_key
WHERE session.token_hash = :token_hash AND session.ended_ms IS NULL;

-- name: see_desk_session
-- Note that somebody is at a session.
UPDATE desk_session SET seen_ms = :now_ms WHERE id = :id AND ended_ms IS NULL AND seen_ms < :now_ms;

-- name: lock_desk_session
-- Lock a session, unless it is.
UPDATE desk_session SET locked = 1 WHERE id = :id AND ended_ms IS NULL AND locked = 0;

-- name: unlock_desk_session
-- Go on with a session under another token.
UPDATE desk_session SET locked = 0, token_hash = :token_hash, seen_ms = :now_ms
WHERE id = :id AND ended_ms IS NULL;

-- name: end_desk_session
-- End a session, unless it is over.
UPDATE desk_session SET ended_ms = :now_ms, ended_by = :ended_by WHERE id = :id AND ended_ms IS NULL;

-- name: end_desk_sessions
-- End the sessions of a user, but one.
UPDATE desk_session SET ended_ms = :now_ms, ended_by = :ended_by
WHERE name_key = :name_key AND ended_ms IS NULL AND id <> :but;

-- name: add_api_token
-- Let a program act for a user.
INSERT INTO api_token (name_key, name, owner_key, scopes, token_hash, last4, made_ms, expires_ms)
VALUES (:name_key, :name, :owner_key, :scopes, :token_hash, :last4, :made_ms, :expires_ms);

-- name: api_tokens
-- The programs of a user, or of all, or the one of a name.
SELECT token.*, account.name AS owner, account.role, account.disabled_ms
FROM api_token AS token
JOIN account ON account.name_key = token.owner_key
WHERE
    (CAST(:owner_key AS TEXT) IS NULL OR token.owner_key = CAST(:owner_key AS TEXT))
    AND (CAST(:name_key AS TEXT) IS NULL OR token.name_key = CAST(:name_key AS TEXT))
ORDER BY token.name_key;

-- name: api_token_of_secret
-- The program with a secret, unless that is over.
SELECT token.*, account.name AS owner, account.role, account.disabled_ms
FROM api_token AS token
JOIN account ON account.name_key = token.owner_key
WHERE
    token.token_hash = :token_hash AND token.revoked_ms IS NULL AND token.expires_ms > :now_ms
    AND account.disabled_ms IS NULL;

-- name: revoke_api_token
-- Let a program act no longer.
UPDATE api_token SET revoked_ms = :now_ms WHERE name_key = :name_key AND revoked_ms IS NULL;
