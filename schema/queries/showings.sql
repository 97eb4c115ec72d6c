-- open_entries --
-- The entries that the last documents of feeds showed, and were read.
SELECT feed_id, digest, article_id, document_id, item_no, published_at, shown_after, stale
FROM wiredesk.feed_entry WHERE feed_id = ANY(%(feed_ids)s) AND shown_until = 2147483647

-- lanes_with_documents --
-- Which of these lanes have a document that is not done.
SELECT DISTINCT lane FROM wiredesk.document WHERE lane = ANY(%(lanes)s) AND state <> 'done'

-- add_showings --
-- Polls that showed entries which were not read again.
INSERT INTO wiredesk.showing (received_at, feed_id, number, entries)
SELECT * FROM json_to_recordset(%(rows)s::json) AS r (received_at timestamptz, feed_id bigint, number integer, entries integer)

-- end_entries --
-- Entries that a feed shows no longer, or that are read again. One that was never shown after it was read leaves no row.
WITH r AS (
    SELECT * FROM json_to_recordset(%(rows)s::json)
        AS j (feed_id bigint, document_id bigint, item_no integer, article_id bigint, shown_until integer, times integer,
              last_seen_at timestamptz)
), unseen AS (
    DELETE FROM wiredesk.feed_entry e USING r
    WHERE e.feed_id = r.feed_id AND e.shown_until = 2147483647 AND e.document_id = r.document_id AND e.item_no = r.item_no
      AND r.times = 0
)
UPDATE wiredesk.feed_entry e SET shown_until = r.shown_until, ended_at = now()
FROM r
WHERE e.feed_id = r.feed_id AND e.shown_until = 2147483647 AND e.document_id = r.document_id AND e.item_no = r.item_no
  AND r.times > 0

-- count_sightings --
-- The sightings of ended entries.
WITH r AS (
    SELECT article_id, feed_id, sum(times) AS times, max(last_seen_at) AS last_seen_at
    FROM json_to_recordset(%(rows)s::json)
        AS j (feed_id bigint, document_id bigint, item_no integer, article_id bigint, shown_until integer, times integer,
              last_seen_at timestamptz)
    WHERE times > 0 GROUP BY article_id, feed_id
), seen AS (
    UPDATE wiredesk.article a SET last_seen_at = greatest(a.last_seen_at, m.last_seen_at)
    FROM (SELECT article_id, max(last_seen_at) AS last_seen_at FROM r GROUP BY article_id) AS m
    WHERE a.article_id = m.article_id
)
UPDATE wiredesk.sighting s SET times = s.times + r.times, last_seen_at = greatest(s.last_seen_at, r.last_seen_at)
FROM r WHERE s.article_id = r.article_id AND s.feed_id = r.feed_id

-- add_entries --
-- Entries that were read. Polls after this one count for them.
INSERT INTO wiredesk.feed_entry
    (feed_id, digest, article_id, revision_no, document_id, item_no, read_at, published_at, title_key, shown_after)
SELECT r.feed_id, decode(r.digest, 'hex'), r.article_id, r.revision_no, r.document_id, r.item_no, r.read_at,
       r.published_at, r.title_key, f.showings
FROM json_to_recordset(%(rows)s::json)
    AS r (feed_id bigint, digest text, article_id bigint, revision_no integer, document_id bigint, item_no integer,
          read_at timestamptz, published_at timestamptz, title_key bigint)
JOIN wiredesk.feed f USING (feed_id)

-- mark_stale --
-- Open entries of articles that have changed: each is read again when its feed shows it next.
UPDATE wiredesk.feed_entry SET stale = true
WHERE article_id = ANY(%(article_ids)s) AND shown_until = 2147483647 AND NOT stale

-- shown_beside --
-- The entries of these articles that were shown beside the new ones of a document: at its number in wiredesk.showing.
SELECT r.document_id, e.article_id, e.title_key
FROM json_to_recordset(%(rows)s::json) AS r (document_id bigint, feed_id bigint, showing integer)
JOIN wiredesk.feed_entry e ON e.feed_id = r.feed_id AND e.shown_until >= r.showing AND e.shown_after < r.showing
WHERE e.article_id = ANY(%(article_ids)s)

-- dates_shown --
-- The dates of the entries that the last polls of feeds showed and that were not read again.
SELECT e.feed_id, e.published_at
FROM wiredesk.feed_entry e JOIN wiredesk.feed f ON f.feed_id = e.feed_id AND e.shown_after < f.showings
WHERE e.feed_id = ANY(%(feed_ids)s) AND e.shown_until = 2147483647 AND e.published_at IS NOT NULL

-- delete_ended --
-- Delete ended entries, the oldest first.
DELETE FROM wiredesk.feed_entry WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM wiredesk.feed_entry WHERE ended_at < %(before)s ORDER BY ended_at LIMIT %(limit)s))
