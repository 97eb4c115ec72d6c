-- add --
-- Add feeds, or restore removed ones; the ids of the added and restored ones.
INSERT INTO wiredesk.feed (url, source, title, folders, full_text, recheck_ladder, verify_tls)
SELECT r.url, r.source, r.title, r.folders, r.full_text, r.recheck_ladder, r.verify_tls
FROM json_to_recordset(%(rows)s::json)
    AS r (url text, source text, title text, folders text[], full_text text, recheck_ladder double precision[],
          verify_tls boolean)
ORDER BY r.url
ON CONFLICT (url) DO UPDATE
SET state = 'active', next_fetch_at = now(), source = coalesce(excluded.source, feed.source),
    title = coalesce(excluded.title, feed.title), full_text = coalesce(excluded.full_text, feed.full_text),
    folders = CASE WHEN excluded.folders = '{}' THEN feed.folders ELSE excluded.folders END,
    recheck_ladder = coalesce(excluded.recheck_ladder, feed.recheck_ladder),
    schedule = feed.schedule - 'same_as'
WHERE feed.state = 'removed'
RETURNING feed_id, url

-- find --
-- Feeds by number or URL; feeds that were merged into another only with `with_moved`.
SELECT feed_id, url, source, title, folders, state, full_text, recheck_ladder, verify_tls, fixed_interval_seconds,
       headers, user_agent, credentials, added_at, next_fetch_at, interval_seconds, interval_reason, etag, last_modified, fetched_at, succeeded_at, changed_at, last_status,
       last_error, failures, postponed, schedule, lease_token IS NOT NULL AS leased,
       (SELECT jsonb_build_object('hub', s.hub, 'expires_at', s.expires_at, 'pushed_at', s.pushed_at,
                                  'last_error', s.last_error, 'is_delivering', wiredesk.is_pushed(s.feed_id))
        FROM wiredesk.subscription s WHERE s.feed_id = f.feed_id) AS subscription,
       CASE WHEN %(count_articles)s THEN coalesce(c.articles, 0) END AS articles
FROM wiredesk.feed f
LEFT JOIN (SELECT s.feed_id, count(*) AS articles FROM wiredesk.sighting s WHERE %(count_articles)s GROUP BY s.feed_id) c
    USING (feed_id)
WHERE (state <> 'removed' OR %(with_moved)s AND schedule ->> 'same_as' IS NOT NULL)
  AND (%(feed_ids)s::bigint[] IS NULL OR feed_id = ANY(%(feed_ids)s))
  AND (%(urls)s::text[] IS NULL OR url = ANY(%(urls)s))
ORDER BY feed_id

-- set_state --
-- Pause, resume or remove feeds; their hubs are told at the next tick.
WITH changed AS (
    UPDATE wiredesk.feed
    SET state = %(state)s, lease_token = NULL, next_fetch_at = CASE WHEN %(state)s = 'active' THEN now() ELSE next_fetch_at END
    WHERE feed_id = ANY(%(feed_ids)s) AND state <> 'removed'
    RETURNING feed_id
), told AS (
    UPDATE wiredesk.subscription SET due_at = now() WHERE feed_id IN (SELECT c.feed_id FROM changed c)
)
SELECT feed_id FROM changed

-- edit --
-- Change what the operator sets of feeds: the given fields only. A shorter interval holds from now on.
UPDATE wiredesk.feed f
SET title = CASE WHEN g.given ? 'title' THEN r.title ELSE f.title END,
    source = CASE WHEN g.given ? 'source' THEN r.source ELSE f.source END,
    folders = coalesce(r.folders, f.folders),
    full_text = CASE WHEN g.given ? 'full_text' THEN r.full_text ELSE f.full_text END,
    fixed_interval_seconds = CASE WHEN g.given ? 'fixed_interval_seconds' THEN r.fixed_interval_seconds
                                  ELSE f.fixed_interval_seconds END,
    headers = coalesce(r.headers, f.headers),
    user_agent = CASE WHEN g.given ? 'user_agent' THEN r.user_agent ELSE f.user_agent END,
    credentials = CASE WHEN g.given ? 'credentials' THEN r.credentials ELSE f.credentials END,
    next_fetch_at = least(f.next_fetch_at, now() + make_interval(secs => r.fixed_interval_seconds))
FROM (SELECT %(changes)s::jsonb AS given) g,
     json_to_record(%(changes)s::json)
         AS r (title text, source text, folders text[], full_text text, fixed_interval_seconds double precision,
               headers jsonb, user_agent text, credentials text)
WHERE f.feed_id = ANY(%(feed_ids)s) AND f.state <> 'removed'
RETURNING f.feed_id

-- last_fetches --
-- The end of the fetch log of a feed.
SELECT fetched_at, status, final_url, body_bytes, seconds, entries, new_entries, error
FROM wiredesk.fetch WHERE feed_id = %(feed_id)s AND document_id IS NULL
ORDER BY fetched_at DESC LIMIT %(limit)s

-- robot_checks --
-- Hosts whose pages answered with a check for robots since a time, the number of these answers, and the last of them.
SELECT lower(split_part(url, '/', 3)) AS host, count(*) AS pages, max(fetched_at) AS last_at
FROM wiredesk.fetch
WHERE document_id IS NOT NULL AND error LIKE 'challenge:%%' AND fetched_at > %(since)s
GROUP BY host ORDER BY host

-- make_due --
-- Poll these feeds at the next tick, before those that are due by their schedule.
UPDATE wiredesk.feed SET next_fetch_at = now(), lease_token = NULL, asked = true
WHERE state = 'active' AND (%(feed_ids)s::bigint[] IS NULL OR feed_id = ANY(%(feed_ids)s))
RETURNING feed_id

-- lease --
-- Lease due feeds for the time a message may take, the longest due first. An array, because the planner turns IN into a
-- join, and reads the whole table for a thousand rows of a hundred thousand.
UPDATE wiredesk.feed
SET lease_token = %(token)s, next_fetch_at = now() + make_interval(secs => %(lease_seconds)s)
WHERE feed_id = ANY(ARRAY(
    SELECT feed_id FROM wiredesk.feed
    WHERE state = 'active' AND next_fetch_at <= now()
    ORDER BY next_fetch_at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED))
RETURNING feed_id

-- lease_urgent --
-- Lease the due feeds that were never polled, or that a person asked for.
UPDATE wiredesk.feed
SET lease_token = %(token)s, next_fetch_at = now() + make_interval(secs => %(lease_seconds)s)
WHERE feed_id = ANY(ARRAY(
    SELECT feed_id FROM wiredesk.feed
    WHERE state = 'active' AND (fetched_at IS NULL OR asked) AND next_fetch_at <= now()
    ORDER BY next_fetch_at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED))
RETURNING feed_id

-- in_flight --
-- How many feeds are leased now.
SELECT count(*) FROM wiredesk.feed WHERE lease_token IS NOT NULL AND next_fetch_at > now()

-- take --
-- Begin to poll leased feeds; a stale token gets no row.
UPDATE wiredesk.feed
SET next_fetch_at = now() + make_interval(secs => %(lease_seconds)s)
WHERE feed_id = ANY(%(feed_ids)s) AND lease_token = %(token)s AND state = 'active'
RETURNING feed_id, url, etag, last_modified, body_sha256, schedule, verify_tls, fixed_interval_seconds, headers,
          user_agent, credentials, fetched_at IS NULL OR asked AS is_urgent, coalesce(source, title) AS feed_source,
          showings, shown_at, wiredesk.is_pushed(feed_id) AS is_pushed

-- store_polls --
-- Results of polls, and the time of the next; the numbers of the feeds that the token still leased.
UPDATE wiredesk.feed f
SET lease_token = NULL, asked = false, postponed = NULL, next_fetch_at = r.next_fetch_at,
    interval_seconds = r.interval_seconds, interval_reason = r.interval_reason, fetched_at = r.fetched_at, last_status = r.last_status,
    last_error = r.last_error, failures = r.failures, schedule = r.schedule,
    succeeded_at = coalesce(r.succeeded_at, f.succeeded_at), changed_at = coalesce(r.changed_at, f.changed_at),
    etag = CASE WHEN r.has_answer THEN r.etag ELSE f.etag END,
    last_modified = CASE WHEN r.has_answer THEN r.last_modified ELSE f.last_modified END,
    body_sha256 = coalesce(decode(r.body_sha256, 'hex'), f.body_sha256),
    showings = coalesce(r.showings, f.showings),
    shown_at = CASE WHEN r.showings IS NULL THEN f.shown_at ELSE r.fetched_at END
FROM json_to_recordset(%(rows)s::json)
    AS r (feed_id bigint, fetched_at timestamptz, next_fetch_at timestamptz, interval_seconds double precision,
          interval_reason text, failures double precision, schedule jsonb, last_status integer, last_error text,
          succeeded_at timestamptz, changed_at timestamptz, has_answer boolean, etag text, last_modified text,
          body_sha256 text, showings integer)
WHERE f.feed_id = r.feed_id AND f.lease_token = %(token)s
RETURNING f.feed_id

-- postpone --
-- Feeds that got no request because the budget of their host was spent. It does not count as a poll: their state stays.
UPDATE wiredesk.feed f
SET lease_token = NULL, next_fetch_at = now() + make_interval(secs => r.wait_seconds), postponed = r.postponed
FROM json_to_recordset(%(rows)s::json) AS r (feed_id bigint, wait_seconds double precision, postponed text)
WHERE f.feed_id = r.feed_id AND f.lease_token = %(token)s

-- move --
-- Poll a feed at another address from now on; the exception for its certificate, headers and credentials were for the
-- old host.
UPDATE wiredesk.feed
SET url = %(url)s, verify_tls = verify_tls OR %(other_host)s,
    headers = CASE WHEN %(other_host)s THEN '{}' ELSE headers END,
    credentials = CASE WHEN %(other_host)s THEN NULL ELSE credentials END
WHERE feed_id = %(feed_id)s

-- merge --
-- Remove a feed whose new address another active feed has; its articles stay, and its hub is told at the next tick.
WITH merged AS (
    UPDATE wiredesk.feed f
    SET state = 'removed', last_error = 'moved to ' || o.url || ', which is feed ' || o.feed_id,
        schedule = f.schedule || jsonb_build_object('same_as', o.feed_id)
    FROM wiredesk.feed o
    WHERE f.feed_id = %(feed_id)s AND o.url = %(url)s AND o.state = 'active' AND o.feed_id <> f.feed_id
    RETURNING o.feed_id
), told AS (
    UPDATE wiredesk.subscription SET due_at = now() WHERE feed_id = %(feed_id)s AND EXISTS (SELECT FROM merged)
)
SELECT feed_id FROM merged

-- add_fetches --
-- The fetch log.
INSERT INTO wiredesk.fetch
    (fetched_at, feed_id, document_id, url, final_url, status, address, wire_bytes, body_bytes, seconds, sent_etag,
     entries, new_entries, error)
SELECT r.fetched_at, r.feed_id, r.document_id, r.url, r.final_url, r.status, r.address, r.wire_bytes, r.body_bytes,
       r.seconds, r.sent_etag, r.entries, r.new_entries, r.error
FROM json_to_recordset(%(rows)s::json)
    AS r (fetched_at timestamptz, feed_id bigint, document_id bigint, url text, final_url text, status integer,
          address text, wire_bytes bigint, body_bytes bigint, seconds real, sent_etag text, entries integer,
          new_entries integer, error text)

-- note_refused_pages --
-- Say in the fetch log why pages are no articles.
UPDATE wiredesk.fetch l SET error = r.error
FROM json_to_recordset(%(rows)s::json)
    AS r (feed_id bigint, document_id bigint, fetched_at timestamptz, error text)
WHERE l.feed_id = r.feed_id AND l.document_id = r.document_id AND l.error IS NULL
  AND l.feed_id = ANY(%(feed_ids)s::bigint[]) AND l.fetched_at BETWEEN %(first)s AND %(last)s

-- to_learn --
-- Feeds whose document of that time has been read, unless they are being polled again.
SELECT f.feed_id, f.url, f.fixed_interval_seconds, f.schedule, wiredesk.is_pushed(f.feed_id) AS is_pushed
FROM wiredesk.feed f
JOIN unnest(%(feed_ids)s::bigint[], %(fetched_ats)s::timestamptz[]) AS r (feed_id, fetched_at)
  ON r.feed_id = f.feed_id AND r.fetched_at = f.fetched_at
WHERE f.lease_token IS NULL

-- learn --
-- The schedule after the document of the last poll was read, and the time of the next poll.
UPDATE wiredesk.feed f
SET next_fetch_at = r.next_fetch_at, interval_seconds = r.interval_seconds, interval_reason = r.interval_reason,
    failures = r.failures, last_error = r.last_error, schedule = r.schedule
FROM json_to_recordset(%(rows)s::json)
    AS r (feed_id bigint, fetched_at timestamptz, next_fetch_at timestamptz, interval_seconds double precision,
          interval_reason text, failures double precision, last_error text, schedule jsonb)
WHERE f.feed_id = r.feed_id AND f.fetched_at = r.fetched_at AND f.lease_token IS NULL

-- count_entries --
-- Complete the fetch log with the numbers of entries; `first` and `last` bound the partitions that are searched.
UPDATE wiredesk.fetch f SET entries = r.entries, new_entries = r.new_entries
FROM json_to_recordset(%(rows)s::json) AS r (feed_id bigint, fetched_at timestamptz, entries integer, new_entries integer)
WHERE f.feed_id = r.feed_id AND f.fetched_at = r.fetched_at
  AND f.feed_id = ANY(%(feed_ids)s::bigint[]) AND f.fetched_at BETWEEN %(first)s AND %(last)s

-- page_of_ids --
-- The numbers of feeds that are not removed, in order.
SELECT feed_id FROM wiredesk.feed WHERE feed_id > %(after)s AND state <> 'removed' ORDER BY feed_id LIMIT %(limit)s
