-- lock_progress --
-- The cursor up to which the index is made; one process at a time locks it; another waits or gets no row.
SELECT cursor FROM wiredesk.search_progress FOR UPDATE

-- lock_progress_now --
-- As `lock_progress`, and no row where another process indexes now.
SELECT cursor FROM wiredesk.search_progress FOR UPDATE SKIP LOCKED

-- unindexed --
-- The next changes after the index's cursor: their last cursor, their articles, and the age of the oldest in seconds.
SELECT max(c.cursor) AS cursor, coalesce(array_agg(DISTINCT c.article_id) FILTER (WHERE c.article_id IS NOT NULL), '{}')
       AS article_ids, extract(epoch FROM now() - min(c.occurred_at))::float8 AS oldest_seconds, count(*)::integer AS changes
FROM wire_v1.changes_after((SELECT p.cursor FROM wiredesk.search_progress p), %(limit)s) c

-- index_articles --
-- Index the current revisions of articles.
INSERT INTO wiredesk.search (article_id, first_seen_at, published_at, document)
SELECT a.article_id, a.first_seen_at, r.published_at,
       setweight(to_tsvector(k.config::regconfig, coalesce(r.headline, '')), 'A')
       || to_tsvector(k.config::regconfig, left(r.body_text, %(characters)s))
       || array_to_tsvector(array(
            SELECT DISTINCT wiredesk.facet(f.kind, f.value) FROM (
                VALUES ('config', k.config), ('source', s.slug), ('source', s.name), ('agency', r.agency),
                       ('dateline', r.dateline_place), ('language', split_part(r.language, '-', 1)), ('language', r.language)
                UNION ALL
                SELECT 'speaker', q.speaker FROM wiredesk.quote q
                WHERE q.article_id = r.article_id AND q.revision_no = r.revision_no AND q.speaker IS NOT NULL
                UNION ALL
                SELECT m.kind, m.name FROM wiredesk.mention m
                WHERE m.article_id = r.article_id AND m.revision_no = r.revision_no
            ) AS f (kind, value)
            WHERE f.value IS NOT NULL))
FROM wiredesk.article a
JOIN wiredesk.revision r ON r.article_id = a.article_id AND r.revision_no = a.revision_no
JOIN wiredesk.source s ON s.source_id = a.source_id
CROSS JOIN LATERAL (SELECT wire_v1.search_config_of(r.language) AS config) k
WHERE a.article_id = ANY(%(article_ids)s)
ORDER BY a.article_id
ON CONFLICT (article_id) DO UPDATE
SET first_seen_at = EXCLUDED.first_seen_at, published_at = EXCLUDED.published_at, document = EXCLUDED.document

-- note_configs --
-- Add the configurations of these articles to the list of those that a query is made in.
INSERT INTO wiredesk.search_config (name)
SELECT DISTINCT wire_v1.search_config_of(r.language)
FROM wiredesk.article a JOIN wiredesk.revision r ON r.article_id = a.article_id AND r.revision_no = a.revision_no
WHERE a.article_id = ANY(%(article_ids)s)
ON CONFLICT DO NOTHING

-- move_progress --
-- Store the cursor up to which the index is made.
UPDATE wiredesk.search_progress SET cursor = %(cursor)s

-- documents_wait --
-- Whether a document waits to be read: the index then leaves the processor to filing.
SELECT EXISTS (SELECT FROM wiredesk.document WHERE state = 'waiting' AND needs = 'ingest' AND due_at <= now()
               ORDER BY due_at LIMIT 1)

-- words --
-- The query of a text in all configurations of the index, as text. Null: it has no word that is searched for.
SELECT wire_v1.search_query(%(text)s)::text

-- filters --
-- The values of filters as one query, as text. Null: there are none.
SELECT string_agg(quote_literal(wiredesk.facet(f.kind, f.value))::tsquery::text, ' & ')
FROM json_to_recordset(%(rows)s::json) AS f (kind text, value text)

-- latest_articles --
-- The articles that were filed last, without their texts.
SELECT a.article_id, a.story_id, a.source, a.source_slug, a.headline, a.canonical_url, a.description, a.agency,
       a.dateline_place, a.language, a.published_at, a.published_precision, a.first_seen_at, a.last_seen_at, a.revision_no,
       a.word_count, a.is_original, a.flags, NULL::float8 AS rank, NULL::text AS headline_marked, NULL::text AS excerpt_marked
FROM wire_v1.articles a
WHERE a.article_id < coalesce(%(before)s, 9223372036854775807)
ORDER BY a.article_id DESC
LIMIT %(limit)s

-- story_article_ids --
-- The articles of a story, the one that was filed last first.
SELECT article_id FROM wire_v1.articles WHERE filed_story_id = ANY(wire_v1.story_ids(%(story_id)s))
ORDER BY article_id DESC LIMIT %(limit)s

-- matches --
-- The latest articles that match a query and lie between times, with their rank by the words of it.
SELECT s.article_id, CASE WHEN %(words)s::text IS NULL THEN 0 ELSE ts_rank_cd(s.document, %(words)s::text::tsquery, 1) END::float8
       AS rank
FROM wiredesk.search s
WHERE (%(query)s::text IS NULL OR s.document @@ %(query)s::text::tsquery)
  AND s.article_id < coalesce(%(before)s, 9223372036854775807)
  AND (%(article_ids)s::bigint[] IS NULL OR s.article_id = ANY(%(article_ids)s))
  AND (%(published_from)s::timestamptz IS NULL OR s.published_at >= %(published_from)s)
  AND (%(published_to)s::timestamptz IS NULL OR s.published_at < %(published_to)s)
  AND (%(seen_from)s::timestamptz IS NULL OR s.first_seen_at >= %(seen_from)s)
  AND (%(seen_to)s::timestamptz IS NULL OR s.first_seen_at < %(seen_to)s)
ORDER BY s.article_id DESC
LIMIT %(limit)s

-- found_articles --
-- Articles of a page of results; where `text` is given, with the found words marked.
SELECT a.article_id, a.story_id, a.source, a.source_slug, a.headline, a.canonical_url, a.description, a.agency,
       a.dateline_place, a.language, a.published_at, a.published_precision, a.first_seen_at, a.last_seen_at, a.revision_no,
       a.word_count, a.is_original, a.flags, w.rank,
       CASE WHEN %(text)s::text IS NOT NULL THEN
           ts_headline(k.config::regconfig, coalesce(a.headline, ''), wire_v1.words_query(k.config, %(text)s),
                       'HighlightAll=true, StartSel=' || chr(57344) || ', StopSel=' || chr(57345)) END AS headline_marked,
       CASE WHEN %(text)s::text IS NOT NULL THEN
           ts_headline(k.config::regconfig, left(a.body_text, %(characters)s), wire_v1.words_query(k.config, %(text)s),
                       'MaxWords=35, MinWords=15, MaxFragments=2, FragmentDelimiter=" … ", StartSel=' || chr(57344)
                       || ', StopSel=' || chr(57345)) END AS excerpt_marked
FROM json_to_recordset(%(rows)s::json) AS w (article_id bigint, rank double precision)
JOIN wire_v1.articles a ON a.article_id = w.article_id
CROSS JOIN LATERAL (SELECT wire_v1.search_config_of(a.language) AS config) k
ORDER BY CASE WHEN %(by_rank)s THEN w.rank END DESC, a.article_id DESC
