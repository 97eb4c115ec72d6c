-- lock_keys --
-- Lock story keys. The shared lock on the whole space is taken before the first key: `lock_all_keys` waits for it.
SELECT pg_advisory_xact_lock(%(space)s, k.key)
FROM unnest(%(locks)s::integer[]) AS k (key)
WHERE (SELECT pg_advisory_xact_lock_shared(%(space)s - 1, 0)::text) IS NOT NULL

-- lock_all_keys --
-- Wait for all transactions that hold story keys, and keep others from taking one.
SELECT pg_advisory_xact_lock(%(space)s - 1, 0)

-- lock_for_merging --
-- Wait for transactions that merge stories.
SELECT pg_advisory_xact_lock(%(space)s + 1, 0)

-- lock_against_merging --
-- Wait for transactions that merge stories, and keep others from merging.
SELECT pg_advisory_xact_lock_shared(%(space)s + 1, 0)

-- look_ups_only --
-- Planner options for this transaction. A plan made while the tables were empty must not scan them later; a bitmap scan
-- would collect all texts of a common key where the newest are needed; and a plan is made once, not for each text.
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
       set_config('plan_cache_mode', 'force_generic_plan', true)

-- find_candidates --
-- The likeliest copies of each text by the keys they share; a key that many texts hold counts little.
WITH found AS MATERIALIZED (
    SELECT p.ordinal, k.article_id, sum(1.0::float8 / k.holders) AS weight
    FROM unnest(%(ordinals)s::integer[], %(keys)s::bigint[]) AS p (ordinal, key)
    CROSS JOIN LATERAL (
        SELECT newest.article_id, count(*) OVER () AS holders
        FROM (
            SELECT s.article_id FROM wiredesk.story_key s
            WHERE s.key = p.key ORDER BY s.article_id DESC LIMIT %(per_key)s
        ) AS newest
    ) AS k
    GROUP BY p.ordinal, k.article_id
), ranked AS (
    SELECT f.ordinal, f.article_id,
           row_number() OVER (PARTITION BY f.ordinal ORDER BY f.weight DESC, f.article_id DESC) AS rank
    FROM found f
)
SELECT r.ordinal, r.article_id, kept.seen_at, kept.fingerprint
FROM ranked r
CROSS JOIN LATERAL (
    SELECT p.seen_at, p.fingerprint FROM wiredesk.story_print p
    WHERE p.article_id = r.article_id ORDER BY p.revision_no DESC LIMIT %(per_article)s
) AS kept
WHERE r.rank <= %(per_text)s

-- stories_of --
-- The surviving story of each article.
SELECT a.article_id, coalesce(s.merged_into, s.story_id)
FROM unnest(%(article_ids)s::bigint[]) AS wanted (article_id)
CROSS JOIN LATERAL (
    SELECT w.article_id, w.story_id FROM wiredesk.article w WHERE w.article_id = wanted.article_id LIMIT 1
) AS a
CROSS JOIN LATERAL (
    SELECT t.story_id, t.merged_into FROM wiredesk.story t WHERE t.story_id = a.story_id LIMIT 1
) AS s

-- surviving_stories --
-- The survivor of each of these stories.
SELECT story_id, coalesce(merged_into, story_id) FROM wiredesk.story WHERE story_id = ANY(%(story_ids)s)

-- merge_stories --
-- Point stories, and those that were merged into them before, at the survivor, which takes over their articles.
WITH lost AS (
    UPDATE wiredesk.story SET merged_into = %(survivor)s
    WHERE story_id IN (SELECT unnest(%(story_ids)s::bigint[]) UNION ALL
                       SELECT m.story_id FROM wiredesk.story m WHERE m.merged_into = ANY(%(story_ids)s::bigint[]))
    RETURNING story_id, article_count, first_seen_at, original_article_id
), noted AS (
    INSERT INTO wiredesk.story_merge (story_id, survivor, observed_at)
    SELECT l.story_id, %(survivor)s, %(observed_at)s FROM unnest(%(story_ids)s::bigint[]) AS l (story_id)
), gained AS (
    SELECT sum(article_count) AS article_count, min(first_seen_at) AS first_seen_at,
           (array_agg(original_article_id ORDER BY first_seen_at, original_article_id))[1] AS original_article_id
    FROM lost WHERE story_id = ANY(%(story_ids)s::bigint[])
)
UPDATE wiredesk.story s
SET article_count = s.article_count + g.article_count, first_seen_at = least(s.first_seen_at, g.first_seen_at),
    original_article_id = CASE
        WHEN (g.first_seen_at, g.original_article_id) < (s.first_seen_at, s.original_article_id)
        THEN g.original_article_id ELSE s.original_article_id END
FROM gained g
WHERE s.story_id = %(survivor)s

-- add_fingerprints --
-- Store the fingerprints of revisions.
INSERT INTO wiredesk.story_print (article_id, revision_no, seen_at, fingerprint)
SELECT * FROM unnest(%(article_ids)s::bigint[], %(revision_nos)s::integer[], %(seen_ats)s::timestamptz[],
                     %(fingerprints)b::bytea[])
ON CONFLICT DO NOTHING

-- add_keys --
-- Store the story keys by which texts are found.
INSERT INTO wiredesk.story_key (key, article_id)
SELECT * FROM unnest(%(keys)s::bigint[], %(article_ids)s::bigint[])
ON CONFLICT DO NOTHING

-- expired_fingerprints --
-- Fingerprints that no new text can match any more, oldest first.
SELECT article_id, revision_no, fingerprint FROM wiredesk.story_print
WHERE seen_at < %(before)s ORDER BY seen_at LIMIT %(count)s

-- remove_fingerprints --
-- Delete fingerprints.
DELETE FROM wiredesk.story_print p
USING unnest(%(article_ids)s::bigint[], %(revision_nos)s::integer[]) AS gone (article_id, revision_no)
WHERE p.article_id = gone.article_id AND p.revision_no = gone.revision_no

-- fingerprints_of --
-- All fingerprints of articles.
SELECT article_id, fingerprint FROM wiredesk.story_print WHERE article_id = ANY(%(article_ids)s::bigint[])

-- remove_keys --
-- Delete keys.
DELETE FROM wiredesk.story_key k
USING unnest(%(keys)s::bigint[], %(article_ids)s::bigint[]) AS gone (key, article_id)
WHERE k.key = gone.key AND k.article_id = gone.article_id

-- add_stories --
-- Open stories.
INSERT INTO wiredesk.story (story_id, first_seen_at, original_article_id)
SELECT r.story_id, r.seen_at, r.story_id
FROM json_to_recordset(%(rows)s::json) AS r (story_id bigint, seen_at timestamptz)

-- join_stories --
-- Count new articles into the stories they joined, locked in the order of their ids. The article that was seen first is
-- the original, whenever it was filed.
WITH r AS (
    SELECT * FROM json_to_recordset(%(rows)s::json)
        AS j (story_id bigint, count integer, seen_at timestamptz, article_id bigint)
), locked AS MATERIALIZED (
    SELECT story_id FROM wiredesk.story WHERE story_id IN (SELECT story_id FROM r) ORDER BY story_id FOR UPDATE
)
UPDATE wiredesk.story s
SET article_count = s.article_count + r.count, first_seen_at = least(s.first_seen_at, r.seen_at),
    original_article_id = CASE
        WHEN (r.seen_at, r.article_id) < (s.first_seen_at, s.original_article_id)
        THEN r.article_id ELSE s.original_article_id END
FROM r JOIN locked USING (story_id)
WHERE s.story_id = r.story_id

