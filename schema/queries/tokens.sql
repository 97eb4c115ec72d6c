-- add_token --
-- Add a token; no row where its name is taken.
INSERT INTO wiredesk.token (name, sha256, scopes, source, expires_at)
VALUES (coalesce(%(name)s, 'token-' || (SELECT coalesce(max(token_id), 0) + 1 FROM wiredesk.token)), %(sha256)s, %(scopes)s,
        %(source)s, %(expires_at)s)
ON CONFLICT (name) DO NOTHING
RETURNING token_id, name, sha256, scopes, source, created_at, expires_at, revoked_at, last_used_at

-- tokens --
-- All tokens, the last one first.
SELECT token_id, name, sha256, scopes, source, created_at, expires_at, revoked_at, last_used_at
FROM wiredesk.token ORDER BY token_id DESC LIMIT %(limit)s

-- revoke_token --
-- Revoke a token by name and end its sessions.
WITH revoked AS (
    UPDATE wiredesk.token SET revoked_at = now() WHERE name = %(name)s AND revoked_at IS NULL RETURNING token_id
), ended AS (
    DELETE FROM wiredesk.web_session s USING revoked r WHERE s.token_id = r.token_id
)
SELECT token_id FROM revoked

-- note_token_use --
-- Note that tokens were used.
UPDATE wiredesk.token SET last_used_at = now() WHERE token_id = ANY(%(token_ids)s)

-- add_session --
-- Open a session of a token, and drop the sessions that have ended.
WITH dropped AS (DELETE FROM wiredesk.web_session WHERE expires_at < now())
INSERT INTO wiredesk.web_session (sha256, token_id, expires_at)
VALUES (%(sha256)s, %(token_id)s, now() + make_interval(secs => %(seconds)s))

-- session_token --
-- The token of an open session.
SELECT token_id FROM wiredesk.web_session WHERE sha256 = %(sha256)s AND expires_at > now()

-- end_session --
-- End a session.
DELETE FROM wiredesk.web_session WHERE sha256 = %(sha256)s
