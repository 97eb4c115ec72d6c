-- add_bodies --
-- Store each body once, in the order of the hashes, so that two writers can't deadlock.
INSERT INTO wiredesk.body (sha256, content)
SELECT b.sha256, b.content FROM unnest(%(sha256s)b::bytea[], %(contents)b::bytea[]) AS b (sha256, content)
ORDER BY b.sha256
-- An old body is locked, so that it is not deleted before the document that has it is stored.
ON CONFLICT (sha256) DO UPDATE SET stored_at = now() WHERE body.stored_at < now() - interval '1 day'

-- latest_versions --
-- The latest version under the source and key of each incoming submission; one with the same digest is counted again.
WITH incoming AS (
    SELECT * FROM json_to_recordset(%(rows)s::json)
        AS r (submission_id bigint, source text, key text, digest text, received_at timestamptz)
), latest AS (
    SELECT DISTINCT ON (i.submission_id) i.submission_id AS incoming_id, s.submission_id, s.version, s.digest
    FROM incoming i JOIN wiredesk.submission s ON s.source = i.source AND s.key = i.key AND s.refusal IS NULL
    ORDER BY i.submission_id, s.version DESC
), touched AS (
    UPDATE wiredesk.submission s
    SET times = s.times + 1, last_received_at = greatest(s.last_received_at, i.received_at)
    FROM latest l JOIN incoming i ON i.submission_id = l.incoming_id
    WHERE s.submission_id = l.submission_id AND s.digest = decode(i.digest, 'hex')
    RETURNING l.incoming_id
)
SELECT l.incoming_id, l.submission_id, l.version, t.incoming_id IS NOT NULL AS is_same
FROM latest l LEFT JOIN touched t USING (incoming_id)

-- deliveries --
-- Which of these deliveries are in the inbox already.
SELECT delivery, submission_id, key FROM wiredesk.submission WHERE delivery = ANY(%(deliveries)s)

-- server_time --
-- The time at PostgreSQL.
SELECT now()

-- rejected_deliveries --
-- Accepted submissions whose delivery begins with a prefix and of which items were rejected since a time: the reasons, and how many of their items were filed. `decided_at` is when the filing transaction began, which ends within 60 seconds (statement_timeout).
SELECT s.delivery, s.submission_id, coalesce(d.created + d.revised + d.repeated, 0) AS filed,
       string_agg(CASE WHEN o.item_no = 0 THEN o.reason ELSE 'item ' || o.item_no || ': ' || o.reason END, E'\n' ORDER BY o.item_no)
       AS reasons
FROM wiredesk.outcome o
JOIN wiredesk.submission s ON s.submission_id = o.submission_id
JOIN wiredesk.document d ON d.document_id = o.document_id
WHERE o.outcome = 'rejected' AND o.decided_at >= %(since)s::timestamptz - interval '120 seconds' AND starts_with(s.delivery, %(prefix)s)
  AND s.refusal IS NULL
GROUP BY s.delivery, s.submission_id, d.document_id, d.created, d.revised, d.repeated
ORDER BY s.submission_id

-- mail_box --
-- Up to where a mail box was read; added when it is looked at first.
INSERT INTO wiredesk.mail_box (name, uidvalidity, uid, outcomes_at) VALUES (%(name)s, 0, 0, now())
ON CONFLICT (name) DO UPDATE SET name = excluded.name
RETURNING uidvalidity, uid, outcomes_at

-- note_mail_box --
-- Up to where a mail box was read and its rejections were marked.
UPDATE wiredesk.mail_box SET uidvalidity = %(uidvalidity)s, uid = %(uid)s, outcomes_at = %(outcomes_at)s
WHERE name = %(name)s

-- add_submissions --
-- Add submissions with their versions; one whose key or delivery another writer added first is left out of the answer.
INSERT INTO wiredesk.submission
    (submission_id, channel, source, key, version, digest, delivery, submitter, token, received_at, last_received_at, known,
     refusal)
SELECT r.submission_id, r.channel, r.source, r.key, r.version, decode(r.digest, 'hex'), r.delivery, r.submitter, r.token,
       r.received_at, r.received_at, r.known, r.refusal
FROM json_to_recordset(%(rows)s::json)
    AS r (submission_id bigint, channel text, source text, key text, version integer, digest text, delivery text,
          submitter text, token text, received_at timestamptz, known jsonb, refusal text)
ORDER BY r.source, r.key, r.submission_id
ON CONFLICT DO NOTHING
RETURNING submission_id

-- announce --
-- Notify listeners after the commit; PostgreSQL sends equal notifications of one transaction once.
SELECT pg_notify('wiredesk_inbox', '')

-- add_documents --
-- Put documents into the inbox.
INSERT INTO wiredesk.document
    (document_id, origin, needs, body_sha256, body_bytes, media_type, url, feed_id, submission_id, received_at, lane,
     context, due_at)
SELECT r.document_id, r.origin, r.needs, decode(r.body_sha256, 'hex'), r.body_bytes, r.media_type, r.url, r.feed_id,
       r.submission_id, r.received_at, r.lane, r.context, coalesce(r.due_at, now())
FROM json_to_recordset(%(rows)s::json)
    AS r (document_id bigint, origin text, needs text, body_sha256 text, body_bytes integer, media_type text, url text,
          feed_id bigint, submission_id bigint, received_at timestamptz, lane uuid, context jsonb, due_at timestamptz)

-- add_pages --
-- Put the pages of entries into the inbox, to be fetched.
INSERT INTO wiredesk.document (origin, needs, url, feed_id, received_at, context)
SELECT 'page', 'fetch', r.url, r.feed_id, r.received_at, r.context
FROM json_to_recordset(%(rows)s::json) AS r (url text, feed_id bigint, received_at timestamptz, context jsonb)

-- lease_documents --
-- Lease due documents of one need for the time a message may take. Of a lane only the oldest is leased; documents that
-- still need fetching do not count for this, since their order in the lane is that of their fetches.
UPDATE wiredesk.document
SET lease_token = %(token)s, due_at = now() + make_interval(secs => %(lease_seconds)s)
WHERE document_id = ANY(ARRAY(
    SELECT d.document_id FROM wiredesk.document d
    WHERE d.state = 'waiting' AND d.due_at <= now() AND d.needs = %(needs)s
      -- A scalar, because EXISTS becomes a join: with 10,000 waiting documents each was compared with each.
      AND (SELECT true FROM wiredesk.document e
           WHERE e.lane = d.lane AND e.document_id < d.document_id AND e.state <> 'done' AND e.needs = 'ingest'
           LIMIT 1) IS NULL
    ORDER BY d.due_at, d.document_id
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED))
RETURNING document_id, body_bytes, attempts, origin, received_at, url, feed_id, submission_id,
          (SELECT s.key FROM wiredesk.submission s WHERE s.submission_id = document.submission_id) AS key

-- lease_stored --
-- Lease documents that were just stored, unless an older one of their lane still waits.
UPDATE wiredesk.document d
SET lease_token = %(token)s, due_at = now() + make_interval(secs => %(lease_seconds)s)
WHERE d.document_id = ANY(%(document_ids)s) AND d.state = 'waiting' AND d.due_at <= now()
  AND (SELECT true FROM wiredesk.document e
       WHERE e.lane = d.lane AND e.document_id < d.document_id AND e.state <> 'done' AND e.needs = 'ingest'
       LIMIT 1) IS NULL
RETURNING d.document_id, d.body_bytes, d.attempts, d.origin, d.received_at, d.url, d.feed_id, d.submission_id,
          (SELECT s.key FROM wiredesk.submission s WHERE s.submission_id = d.submission_id) AS key

-- documents_in_flight --
-- How many documents of one need are leased now.
SELECT count(*) FROM wiredesk.document
WHERE state = 'waiting' AND lease_token IS NOT NULL AND due_at > now() AND needs = %(needs)s

-- take_documents --
-- Begin work on leased documents: the attempt is counted before it is made, and a stale token gets no row.
UPDATE wiredesk.document d
SET attempts = d.attempts + 1, due_at = now() + make_interval(secs => %(lease_seconds)s)
FROM wiredesk.document o
LEFT JOIN wiredesk.body b ON b.sha256 = o.body_sha256
LEFT JOIN wiredesk.submission s ON s.submission_id = o.submission_id
LEFT JOIN wiredesk.feed f ON f.feed_id = o.feed_id
WHERE o.document_id = d.document_id AND d.document_id = ANY(%(document_ids)s) AND d.lease_token = %(token)s
  AND d.state = 'waiting'
RETURNING d.document_id, d.origin, d.attempts, d.received_at, d.media_type, d.url, d.feed_id, d.submission_id,
          b.content AS body, s.key, coalesce(s.known, '{}') AS known, d.context, d.fetched_at,
          coalesce(f.source, f.title) AS feed_source, f.full_text, f.recheck_ladder, f.verify_tls, d.reason,
          coalesce(s.refusal, CASE WHEN d.needs = 'ingest' AND d.body_sha256 IS NULL THEN d.reason END) AS refusal

-- give_back_documents --
-- Return documents that were taken and not worked on: due at once, and the attempt does not count.
UPDATE wiredesk.document
SET lease_token = NULL, due_at = now() + make_interval(secs => %(wait_seconds)s), attempts = attempts - 1
WHERE document_id = ANY(%(document_ids)s) AND lease_token = %(token)s AND state = 'waiting'

-- delete_documents --
-- Delete documents that were done before a time, of the `limit` oldest.
DELETE FROM wiredesk.document WHERE state = 'done' AND done_at < %(before)s AND document_id = ANY(ARRAY(
    SELECT document_id FROM wiredesk.document ORDER BY document_id LIMIT %(limit)s))

-- delete_bodies --
-- Delete bodies that arrived before a time and that no document has, up to `limit`. `after` and the answer are `stored_at`
-- of the last one looked at: the next call continues there.
WITH oldest AS MATERIALIZED (
    SELECT sha256, stored_at FROM wiredesk.body
    WHERE stored_at < %(before)s AND (%(after)s::timestamptz IS NULL OR stored_at > %(after)s)
    ORDER BY stored_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), deleted AS (
    DELETE FROM wiredesk.body b USING oldest o
    WHERE b.sha256 = o.sha256 AND NOT EXISTS (SELECT FROM wiredesk.document d WHERE d.body_sha256 = b.sha256)
)
SELECT max(stored_at) FROM oldest

-- bound_idling --
-- Let PostgreSQL end this transaction when it idles for this time.
SELECT set_config('idle_in_transaction_session_timeout', %(milliseconds)s, true)

-- bound_transaction --
-- Let PostgreSQL end this transaction when it lasts longer than this time (version 17 and later).
SELECT set_config('transaction_timeout', %(milliseconds)s, true)

-- hold_documents --
-- Lock the documents that this token still owns, for the transaction that files them.
SELECT document_id FROM wiredesk.document
WHERE document_id = ANY(%(document_ids)s) AND lease_token = %(token)s
ORDER BY document_id
FOR UPDATE

-- finish_documents --
-- Close documents with the count of their outcomes.
UPDATE wiredesk.document d
SET state = 'done', done_at = now(), lease_token = NULL, created = r.created, revised = r.revised,
    repeated = r.repeated, rejected = r.rejected, reason = r.reason
FROM json_to_recordset(%(rows)s::json)
    AS r (document_id bigint, created integer, revised integer, repeated integer, rejected integer, reason text)
WHERE d.document_id = r.document_id

-- store_fetched --
-- Fetched bodies of documents; ingest is their next need.
UPDATE wiredesk.document d
SET needs = 'ingest', body_sha256 = decode(r.body_sha256, 'hex'), body_bytes = r.body_bytes, media_type = r.media_type, url = r.url,
    fetched_at = now(), attempts = 0, lease_token = NULL, due_at = now()
FROM json_to_recordset(%(rows)s::json) AS r (document_id bigint, body_sha256 text, body_bytes integer, media_type text, url text)
WHERE d.document_id = r.document_id AND d.lease_token = %(token)s AND d.state = 'waiting'
RETURNING d.document_id

-- refuse_documents --
-- Pages that can't be fetched: ingest gets them without a body and files the rejection with this reason.
UPDATE wiredesk.document d
SET needs = 'ingest', reason = r.reason, attempts = 0, lease_token = NULL, due_at = now()
FROM json_to_recordset(%(rows)s::json) AS r (document_id bigint, reason text)
WHERE d.document_id = r.document_id AND d.lease_token = %(token)s AND d.state = 'waiting'
RETURNING d.document_id

-- postpone_documents --
-- Fetches that are tried again later. The attempt counts, unless the budget of the host was spent.
UPDATE wiredesk.document d
SET lease_token = NULL, due_at = now() + make_interval(secs => r.wait_seconds), reason = r.reason,
    attempts = CASE WHEN r.counts THEN d.attempts ELSE d.attempts - 1 END
FROM json_to_recordset(%(rows)s::json)
    AS r (document_id bigint, wait_seconds double precision, reason text, counts boolean)
WHERE d.document_id = r.document_id AND d.lease_token = %(token)s AND d.state = 'waiting'

-- documents_to_replay --
-- Closed documents that can be read again, in order: those with a body whose message was not refused.
SELECT d.document_id FROM wiredesk.document d LEFT JOIN wiredesk.submission s USING (submission_id)
WHERE d.state = 'done' AND d.body_sha256 IS NOT NULL AND d.document_id > %(after)s
  AND s.refusal IS NULL
  AND (NOT %(rejected)s OR d.rejected > 0)
  AND (%(document_ids)s::bigint[] IS NULL OR d.document_id = ANY(%(document_ids)s))
ORDER BY d.document_id
LIMIT %(limit)s

-- document --
-- One document, for the messages of `wiredesk replay`.
SELECT d.state, d.url, d.reason, s.refusal IS NOT NULL AS refused
FROM wiredesk.document d LEFT JOIN wiredesk.submission s USING (submission_id)
WHERE d.document_id = %(document_id)s

-- without_content --
-- The number of pages that could not be fetched and have no body to read again. Pages of re-checks belong to filed articles.
SELECT count(*) FROM wiredesk.document
WHERE state = 'done' AND body_sha256 IS NULL AND rejected > 0 AND origin <> 'recheck'

-- stored_documents --
-- Closed documents as they were taken the first time.
SELECT o.document_id, o.origin, 1::smallint AS attempts, o.received_at, o.media_type, o.url, o.feed_id, o.submission_id,
       b.content AS body, s.key, coalesce(s.known, '{}') AS known, o.context, o.fetched_at,
       coalesce(f.source, f.title) AS feed_source, f.full_text, f.recheck_ladder, f.verify_tls, o.reason, s.refusal
FROM wiredesk.document o
JOIN wiredesk.body b ON b.sha256 = o.body_sha256
LEFT JOIN wiredesk.submission s ON s.submission_id = o.submission_id
LEFT JOIN wiredesk.feed f ON f.feed_id = o.feed_id
WHERE o.document_id = ANY(%(document_ids)s) AND o.state = 'done'
ORDER BY o.document_id

-- lease_closed --
-- Take closed documents to be replayed; they stay closed, so an interrupted replay leaves only its token.
UPDATE wiredesk.document SET lease_token = %(token)s WHERE document_id = ANY(%(document_ids)s) AND state = 'done'

-- close_replayed --
-- Count the outcomes of replayed documents again.
UPDATE wiredesk.document d
SET lease_token = NULL, created = c.created, revised = c.revised, repeated = c.repeated, rejected = c.rejected,
    reason = c.reason
FROM (
    SELECT w.document_id, count(*) FILTER (WHERE o.outcome = 'created') AS created,
           count(*) FILTER (WHERE o.outcome = 'revised') AS revised,
           count(*) FILTER (WHERE o.outcome = 'repeated') AS repeated,
           count(*) FILTER (WHERE o.outcome = 'rejected') AS rejected,
           min(o.reason) FILTER (WHERE o.item_no = 0) AS reason
    FROM wiredesk.document w
    JOIN wiredesk.outcome o ON o.received_at = w.received_at AND o.document_id = w.document_id
    WHERE w.document_id = ANY(%(document_ids)s)
    GROUP BY w.document_id
) c
WHERE d.document_id = c.document_id

-- filed_items --
-- The outcomes of the items of documents, with an article's current revision where it was read from that document.
SELECT o.document_id, o.item_no, o.outcome, o.reason, o.article_id,
       to_jsonb(r) || jsonb_build_object('content_sha256', encode(r.content_sha256, 'hex'),
                                         'meaning_sha256', encode(r.meaning_sha256, 'hex')) AS revision,
       (SELECT coalesce(jsonb_agg(to_jsonb(p) ORDER BY p.ordinal), '[]')
        FROM wiredesk.author p WHERE (p.article_id, p.revision_no) = (r.article_id, r.revision_no)) AS authors,
       (SELECT coalesce(jsonb_agg(to_jsonb(p) ORDER BY p.ordinal), '[]')
        FROM wiredesk.tag p WHERE (p.article_id, p.revision_no) = (r.article_id, r.revision_no)) AS tags,
       (SELECT coalesce(jsonb_agg(to_jsonb(p) ORDER BY p.ordinal), '[]')
        FROM wiredesk.subject p WHERE (p.article_id, p.revision_no) = (r.article_id, r.revision_no)) AS subjects,
       (SELECT coalesce(jsonb_agg(to_jsonb(p) ORDER BY p.ordinal), '[]')
        FROM wiredesk.media p WHERE (p.article_id, p.revision_no) = (r.article_id, r.revision_no)) AS media,
       (SELECT coalesce(jsonb_agg(to_jsonb(p) ORDER BY p.ordinal), '[]')
        FROM wiredesk.quote p WHERE (p.article_id, p.revision_no) = (r.article_id, r.revision_no)) AS quotes,
       (SELECT coalesce(jsonb_agg(to_jsonb(p) ORDER BY p.ordinal), '[]')
        FROM wiredesk.mention p WHERE (p.article_id, p.revision_no) = (r.article_id, r.revision_no)) AS mentions
FROM wiredesk.document d
JOIN wiredesk.outcome o ON o.received_at = d.received_at AND o.document_id = d.document_id
LEFT JOIN wiredesk.article a ON a.article_id = o.article_id
LEFT JOIN wiredesk.revision r
       ON r.article_id = a.article_id AND r.revision_no = a.revision_no AND r.document_id = d.document_id
WHERE d.document_id = ANY(%(document_ids)s)
ORDER BY o.document_id, o.item_no

-- documents_of_article --
-- The documents that the revisions of an article were read from.
SELECT DISTINCT document_id FROM wiredesk.revision WHERE article_id = %(article_id)s

-- add_rechecks --
-- Re-checks of the pages that articles were just filed from.
INSERT INTO wiredesk.recheck (article_id, url, feed_id, submission_id, context, due_at)
SELECT r.article_id, d.url, d.feed_id, d.submission_id, d.context || jsonb_build_object('article', r.article_id),
       now() + make_interval(secs => r.wait_seconds)
FROM json_to_recordset(%(rows)s::json) AS r (article_id bigint, document_id bigint, wait_seconds double precision)
JOIN wiredesk.document d USING (document_id)
ON CONFLICT (article_id) DO NOTHING

-- issue_rechecks --
-- Put pages that are due for a re-check into the inbox, to be fetched. Missed re-checks are made up for by one; the next
-- is due at the first step of the ladder in the future. Where the ladder is empty now, no re-check is issued.
WITH due AS (
    SELECT c.article_id, c.filed_at,
           coalesce((SELECT f.recheck_ladder FROM wiredesk.feed f WHERE f.feed_id = c.feed_id),
                    %(ladder)s::double precision[]) AS ladder
    FROM wiredesk.recheck c
    WHERE c.due_at <= now() AND c.due_at < 'infinity'  -- the predicate of the partial index; without it each tick scans the table
      AND (%(article_id)s::bigint IS NULL OR c.article_id = %(article_id)s)
    ORDER BY c.due_at
    LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE wiredesk.recheck c
    SET due_at = coalesce((SELECT min(d.filed_at + make_interval(secs => l.seconds)) FROM unnest(d.ladder) AS l (seconds)
                           WHERE d.filed_at + make_interval(secs => l.seconds) > now()), 'infinity')
    FROM due d WHERE c.article_id = d.article_id
    RETURNING c.url, c.feed_id, c.submission_id, c.context, d.ladder
)
INSERT INTO wiredesk.document (origin, needs, url, feed_id, submission_id, received_at, context)
SELECT 'recheck', 'fetch', m.url, m.feed_id, m.submission_id, now(), m.context FROM moved m WHERE cardinality(m.ladder) > 0

-- due_rechecks --
-- Articles whose pages are due for a re-check.
SELECT article_id FROM wiredesk.recheck WHERE due_at <= now() AND due_at < 'infinity' ORDER BY due_at LIMIT %(limit)s

-- stop_recheck --
-- End the re-checks of an article's page.
UPDATE wiredesk.recheck SET due_at = 'infinity' WHERE article_id = %(article_id)s

-- mark_gone --
-- Pages that answered 404 or 410: they get extra re-checks after `waits`, and the article is gone when the page answers so
-- after the last of them. Articles are locked before the rows that refer to them, as filing does.
WITH held AS MATERIALIZED (
    SELECT article_id FROM wiredesk.article WHERE article_id = ANY(%(article_ids)s) ORDER BY article_id FOR UPDATE
), noted AS (
    UPDATE wiredesk.recheck c
    SET gone_since = coalesce(c.gone_since, now()),
        due_at = least(c.due_at, (
            SELECT min(coalesce(c.gone_since, now()) + make_interval(secs => w.seconds))
            FROM unnest(%(waits)s::double precision[]) AS w (seconds)
            WHERE coalesce(c.gone_since, now()) + make_interval(secs => w.seconds) > now()))
    FROM held h WHERE c.article_id = h.article_id
    RETURNING c.article_id, c.gone_since
), gone AS (
    UPDATE wiredesk.article a SET gone_at = n.gone_since
    FROM noted n
    WHERE a.article_id = n.article_id AND a.gone_at IS NULL
      AND n.gone_since <= now() - make_interval(secs => %(last_wait)s)
    RETURNING a.article_id, a.revision_no, a.story_id
)
INSERT INTO wiredesk.change (kind, article_id, revision_no, story_id)
SELECT 'gone', g.article_id, g.revision_no, coalesce(s.merged_into, s.story_id)
FROM gone g JOIN wiredesk.story s USING (story_id)

-- clear_gone --
-- Clear `gone_since` and `gone_at` of articles whose pages answer again.
WITH noted AS (
    UPDATE wiredesk.recheck SET gone_since = NULL WHERE article_id = ANY(%(article_ids)s) AND gone_since IS NOT NULL
    RETURNING article_id
), back AS (
    UPDATE wiredesk.article a SET gone_at = NULL
    FROM noted n WHERE a.article_id = n.article_id AND a.gone_at IS NOT NULL
    RETURNING a.article_id, a.revision_no, a.story_id
)
INSERT INTO wiredesk.change (kind, article_id, revision_no, story_id)
SELECT 'back', b.article_id, b.revision_no, coalesce(s.merged_into, s.story_id)
FROM back b JOIN wiredesk.story s USING (story_id)
