-- add --
-- Add a push whose cursor is `cursor`; no row where the name is taken.
WITH made AS (
    INSERT INTO wiredesk.push (name, kind, target, queue, secret, kinds, selection)
    VALUES (%(name)s, %(kind)s, %(target)s, %(queue)s, %(secret)s, %(kinds)s, %(selection)s::jsonb)
    ON CONFLICT (name) DO NOTHING RETURNING push_id, name
), consumer AS (
    INSERT INTO wiredesk.consumer (name, cursor) SELECT 'push:' || m.name, %(cursor)s FROM made m
    ON CONFLICT (name) DO UPDATE SET cursor = EXCLUDED.cursor, moved_at = now()
)
SELECT push_id FROM made

-- remove --
-- Remove a push and its cursor.
WITH gone AS (DELETE FROM wiredesk.push WHERE name = %(name)s RETURNING name),
     consumer AS (DELETE FROM wiredesk.consumer WHERE name IN (SELECT 'push:' || g.name FROM gone g))
SELECT name FROM gone

-- pushes --
-- All pushes, or the one of a name, with their cursors.
SELECT p.push_id, p.name, p.kind, p.target, p.queue, p.secret, p.kinds, p.selection, p.state, p.sent, p.failing_since,
       p.failures, p.last_error, p.sent_at, p.next_at, c.cursor
FROM wiredesk.push p JOIN wiredesk.consumer c ON c.name = 'push:' || p.name
WHERE p.name = coalesce(%(name)s, p.name) ORDER BY p.name

-- lease --
-- Lease the active pushes that are due and have changes to send.
UPDATE wiredesk.push p
SET lease_token = %(token)s, next_at = now() + make_interval(secs => %(lease_seconds)s)
WHERE p.push_id IN (
    SELECT q.push_id FROM wiredesk.push q JOIN wiredesk.consumer c ON c.name = 'push:' || q.name
    WHERE q.state = 'active' AND q.next_at <= now() AND EXISTS (SELECT FROM wire_v1.changes w WHERE w.cursor > c.cursor)
    FOR UPDATE OF q SKIP LOCKED)
RETURNING p.push_id

-- take --
-- Own a leased push until the lease ends; no row where it is another's, or was paused.
UPDATE wiredesk.push p
SET next_at = now() + make_interval(secs => %(lease_seconds)s)
FROM wiredesk.consumer c
WHERE p.push_id = %(push_id)s AND p.lease_token = %(token)s AND p.state = 'active' AND c.name = 'push:' || p.name
RETURNING p.push_id, p.name, p.kind, p.target, p.queue, p.secret, p.kinds, p.selection, p.state, p.sent, p.failing_since,
          p.failures, p.last_error, p.sent_at, p.next_at, c.cursor

-- note_sent --
-- Move the cursor of a push that is still owned, and note which changes after it are sent; the lease is prolonged.
WITH owned AS (
    UPDATE wiredesk.push SET sent = %(sent)s, sent_at = CASE WHEN %(any_sent)s THEN now() ELSE sent_at END,
           next_at = now() + make_interval(secs => %(lease_seconds)s)
    WHERE push_id = %(push_id)s AND lease_token = %(token)s RETURNING name
), moved AS (
    UPDATE wiredesk.consumer SET cursor = %(cursor)s, moved_at = now()
    WHERE name IN (SELECT 'push:' || o.name FROM owned o) AND cursor < %(cursor)s
)
SELECT name FROM owned

-- release --
-- End the lease of a push that is still owned: all went well.
UPDATE wiredesk.push SET lease_token = NULL, next_at = now(), failures = 0, failing_since = NULL, last_error = NULL
WHERE push_id = %(push_id)s AND lease_token = %(token)s

-- note_failure --
-- Note why a push that is still owned was not taken; it is sent again after a time, or paused.
UPDATE wiredesk.push
SET lease_token = NULL, failures = failures + 1, failing_since = coalesce(failing_since, now()),
    last_error = %(error)s, next_at = now() + make_interval(secs => %(wait_seconds)s),
    state = CASE WHEN %(pause)s THEN 'paused' ELSE state END
WHERE push_id = %(push_id)s AND lease_token = %(token)s

-- set_state --
-- Pause or resume a push; resuming forgets its failures. Its lease ends, so messages that are being sent are not recorded.
UPDATE wiredesk.push
SET state = %(state)s, lease_token = NULL, next_at = now(), failures = 0, failing_since = NULL,
    last_error = CASE WHEN %(state)s = 'paused' THEN 'paused by hand' END
WHERE name = %(name)s
RETURNING push_id

-- set_cursor --
-- Let a push go on after another cursor.
WITH moved AS (UPDATE wiredesk.push SET sent = '{}', lease_token = NULL WHERE name = %(name)s RETURNING name)
UPDATE wiredesk.consumer SET cursor = %(cursor)s, moved_at = now() WHERE name IN (SELECT 'push:' || m.name FROM moved m)
