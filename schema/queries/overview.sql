-- sizes --
-- Numbers of articles and stories, exact below 100,000 and PostgreSQL's estimate above; feeds by state.
SELECT (SELECT CASE WHEN reltuples < 100000 THEN (SELECT count(*) FROM wiredesk.article) ELSE reltuples::bigint END
        FROM pg_class WHERE oid = 'wiredesk.article'::regclass) AS articles,
       (SELECT CASE WHEN reltuples < 100000 THEN (SELECT count(*) FROM wiredesk.story WHERE merged_into IS NULL)
                    ELSE reltuples::bigint END
        FROM pg_class WHERE oid = 'wiredesk.story'::regclass) AS stories,
       count(*) FILTER (WHERE state = 'active') AS active_feeds,
       count(*) FILTER (WHERE state = 'paused') AS paused_feeds
FROM wiredesk.feed

-- filed --
-- Items filed in each span of `bucket_seconds`, from `since` on: the sums of the documents that were closed in it.
SELECT date_bin(make_interval(secs => %(bucket_seconds)s), done_at, %(since)s) AS starts_at,
       sum(created) AS created, sum(revised) AS revised, sum(repeated) AS repeated, sum(rejected) AS rejected
FROM wiredesk.document
WHERE done_at >= %(since)s
GROUP BY 1
ORDER BY 1

-- latency --
-- From the arrival of a document to its outcomes, in seconds: half and 99 of 100 of those closed since then were faster.
-- A document that its submitter dated before the day of its filing tells nothing of this desk.
SELECT percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (
           ORDER BY extract(epoch FROM done_at - coalesce(fetched_at, received_at))) AS seconds
FROM wiredesk.document
WHERE done_at >= %(since)s AND coalesce(fetched_at, received_at) BETWEEN done_at - interval '1 day' AND done_at

-- arrivals --
-- The items that arrived last.
SELECT o.document_id, o.item_no, o.received_at, o.origin, o.outcome, o.reason, o.headline, o.url, o.key, o.article_id,
       coalesce(s.name, nullif(m.source, ''), f.source, f.title) AS source
FROM (SELECT * FROM wire_v1.outcomes ORDER BY received_at DESC, document_id DESC, item_no LIMIT %(limit)s) o
LEFT JOIN wiredesk.article a ON a.article_id = o.article_id
LEFT JOIN wiredesk.source s ON s.source_id = a.source_id
LEFT JOIN wiredesk.submission m ON m.submission_id = o.submission_id
LEFT JOIN wiredesk.feed f ON f.feed_id = o.feed_id
ORDER BY o.received_at DESC, o.document_id DESC, o.item_no

-- copied_stories --
-- Stories of several copies that were first seen since then, those with the most copies first.
SELECT t.story_id, t.article_count, t.first_seen_at, w.source, w.headline, w.agency, w.last_after_seconds
FROM (SELECT * FROM wiredesk.story
      WHERE merged_into IS NULL AND article_count > 1 AND first_seen_at >= %(since)s
      ORDER BY article_count DESC, first_seen_at DESC LIMIT %(limit)s) t
CROSS JOIN LATERAL (
    SELECT max(c.seconds_after_original) AS last_after_seconds, (array_agg(c.source ORDER BY c.ordinal))[1] AS source,
           (array_agg(c.headline ORDER BY c.ordinal))[1] AS headline,
           (array_agg(c.agency ORDER BY c.ordinal) FILTER (WHERE c.agency IS NOT NULL))[1] AS agency
    FROM wire_v1.story_articles c WHERE c.story_id = t.story_id HAVING count(*) > 0) w
ORDER BY t.article_count DESC, t.first_seen_at DESC

-- yields --
-- New articles of these feeds by day, from `since` on.
SELECT feed_id, fetched_at::date AS day, sum(new_entries) AS new_entries
FROM wiredesk.fetch
WHERE feed_id = ANY(%(feed_ids)s) AND fetched_at >= %(since)s AND new_entries > 0
GROUP BY 1, 2

-- reasons --
-- The codes of the latest open rejections, with their number among the last `limit`.
SELECT split_part(reason, ':', 1) AS code, count(*) AS items
FROM (SELECT reason FROM wiredesk.outcome
      WHERE outcome = 'rejected' AND discarded_at IS NULL AND retried_by IS NULL
      ORDER BY decided_at DESC LIMIT %(limit)s) o
GROUP BY 1
ORDER BY 2 DESC, 1

-- feed_glances --
-- Active feeds in an order: `failures`, `next` (due first) or `changed` (the last change first).
SELECT feed_id, coalesce(title, url) AS name, next_fetch_at, fetched_at, changed_at, last_status, last_error, failures
FROM wiredesk.feed
WHERE state = 'active'
ORDER BY CASE WHEN %(order)s::text = 'failures' THEN failures END DESC NULLS LAST,
         CASE WHEN %(order)s::text = 'next' THEN next_fetch_at END,
         CASE WHEN %(order)s::text = 'changed' THEN changed_at END DESC NULLS LAST, feed_id
LIMIT %(limit)s
