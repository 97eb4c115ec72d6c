-- The published contract: schema wire_v1. Additions keep the version; anything else is wire_v2 beside it.

CREATE SCHEMA wire_v1;

-- Whether the user may see articles under embargo: members of the role wiredesk_embargoed, and the owner. A session that
-- sets wiredesk.embargo to `on` gives that up: the service web does, for callers whose token lacks the scope.
CREATE FUNCTION wire_v1.sees_embargoed() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT current_setting('wiredesk.embargo', true) IS DISTINCT FROM 'on'
        AND (coalesce(pg_has_role(current_user, to_regrole('wiredesk_embargoed')::oid, 'MEMBER'), false)
             OR pg_has_role(current_user, (SELECT n.nspowner FROM pg_namespace n WHERE n.nspname = 'wire_v1'), 'MEMBER'))
$$;

-- The articles that the user may not see yet.
CREATE VIEW wiredesk.hidden AS
SELECT article_id FROM wiredesk.article WHERE release_at > now() AND NOT wire_v1.sees_embargoed();

-- Sightings of entries that are in their feed's last document and were not read again: one row for each open entry that
-- was shown since it was read. wiredesk.sighting and wiredesk.article count them when the entry ends.
CREATE VIEW wiredesk.open_sighting AS
SELECT e.article_id, e.feed_id, f.shown_at AS last_seen_at, f.showings - e.shown_after AS times
FROM wiredesk.feed_entry e JOIN wiredesk.feed f ON f.feed_id = e.feed_id AND f.showings > e.shown_after
WHERE e.shown_until = 2147483647;

CREATE VIEW wire_v1.articles AS
SELECT a.article_id, coalesce(t.merged_into, t.story_id) AS story_id, s.name AS source, s.slug AS source_slug, a.canonical_url,
       r.headline, r.byline, r.description, r.body_text, r.language, r.language_confidence,
       r.published_at, r.published_precision, r.published_source, r.published_zone_known,
       r.published_offset_minutes, r.modified_at, r.section,
       a.first_seen_at,
       greatest(a.last_seen_at, (SELECT max(o.last_seen_at) FROM wiredesk.open_sighting o
                                 WHERE o.article_id = a.article_id)) AS last_seen_at,
       r.revision_no, a.revision_no AS revision_count, r.word_count,
       r.dateline_text, r.dateline_place, r.dateline_date, r.dateline_agency, r.dateline_agency_text, r.agency,
       r.agency_source,
       encode(r.content_sha256, 'hex') AS content_sha256, coalesce(m.original_article_id, t.original_article_id) = a.article_id AS is_original, r.flags,
       a.filed_at, a.story_id AS filed_story_id, a.gone_at,
       r.provider_id, r.provider_version, r.urgency, coalesce(a.release_at, r.release_at) AS release_at, r.ed_note,
       r.usage_terms
FROM wiredesk.article a
JOIN wiredesk.revision r ON r.article_id = a.article_id AND r.revision_no = a.revision_no
JOIN wiredesk.source s ON s.source_id = a.source_id
JOIN wiredesk.story t ON t.story_id = a.story_id
LEFT JOIN wiredesk.story m ON m.story_id = t.merged_into
WHERE a.release_at IS NULL OR a.release_at <= now() OR wire_v1.sees_embargoed();

CREATE VIEW wire_v1.revisions AS
SELECT r.article_id, r.revision_no, r.observed_at, r.change_kind, r.share_changed,
       r.headline, r.byline, r.description, r.body_text, r.language, r.language_confidence, r.canonical_url,
       r.published_at, r.published_precision, r.published_source, r.published_zone_known,
       r.published_offset_minutes, r.modified_at, r.section,
       r.dateline_text, r.dateline_place, r.dateline_date, r.dateline_agency, r.dateline_agency_text, r.agency,
       r.agency_source, r.word_count,
       encode(r.content_sha256, 'hex') AS content_sha256, r.flags, r.evidence, r.document_id,
       r.filed_at, r.provider_id, r.provider_version, r.urgency, r.release_at, r.ed_note, r.usage_terms
FROM wiredesk.revision r
WHERE NOT EXISTS (SELECT FROM wiredesk.hidden h WHERE h.article_id = r.article_id);

CREATE VIEW wire_v1.authors AS
SELECT article_id, revision_no, ordinal, name, role, name_source FROM wiredesk.author p
WHERE NOT EXISTS (SELECT FROM wiredesk.hidden h WHERE h.article_id = p.article_id);
CREATE VIEW wire_v1.tags AS
SELECT article_id, revision_no, ordinal, tag FROM wiredesk.tag p
WHERE NOT EXISTS (SELECT FROM wiredesk.hidden h WHERE h.article_id = p.article_id);
CREATE VIEW wire_v1.subjects AS
SELECT article_id, revision_no, ordinal, kind, scheme, code, name FROM wiredesk.subject p
WHERE NOT EXISTS (SELECT FROM wiredesk.hidden h WHERE h.article_id = p.article_id);
CREATE VIEW wire_v1.media AS
SELECT article_id, revision_no, ordinal, url, kind, media_type, caption, width, height FROM wiredesk.media p
WHERE NOT EXISTS (SELECT FROM wiredesk.hidden h WHERE h.article_id = p.article_id);
CREATE VIEW wire_v1.quotes AS
SELECT article_id, revision_no, ordinal, text, start_offset, end_offset, speaker, cue, kind, speaker_source FROM wiredesk.quote p
WHERE NOT EXISTS (SELECT FROM wiredesk.hidden h WHERE h.article_id = p.article_id);
CREATE VIEW wire_v1.mentions AS
SELECT article_id, revision_no, ordinal, kind, text, name, start_offset, end_offset, count FROM wiredesk.mention p
WHERE NOT EXISTS (SELECT FROM wiredesk.hidden h WHERE h.article_id = p.article_id);
CREATE VIEW wire_v1.sightings AS
SELECT s.article_id, s.feed_id, s.submission_id, s.url, s.seen_at, greatest(s.last_seen_at, o.last_seen_at) AS last_seen_at,
       (s.times + coalesce(o.times, 0))::integer AS times
FROM wiredesk.sighting s
LEFT JOIN LATERAL (
    SELECT max(e.last_seen_at) AS last_seen_at, sum(e.times) AS times FROM wiredesk.open_sighting e
    WHERE e.article_id = s.article_id AND e.feed_id = s.feed_id
) AS o ON true
WHERE NOT EXISTS (SELECT FROM wiredesk.hidden h WHERE h.article_id = s.article_id);
CREATE VIEW wire_v1.story_articles AS
SELECT m.story_id, row_number() OVER (PARTITION BY m.story_id ORDER BY a.first_seen_at, a.article_id) AS ordinal,
       a.article_id, s.name AS source, s.slug AS source_slug, r.headline, a.canonical_url, r.agency, a.first_seen_at,
       extract(epoch FROM a.first_seen_at - m.first_seen_at)::double precision AS seconds_after_original,
       m.original_article_id = a.article_id AS is_original, r.word_count, a.revision_no AS revision_count,
       a.filed_at, a.story_id AS filed_story_id
FROM wiredesk.story m
JOIN wiredesk.story t ON t.story_id = m.story_id OR t.merged_into = m.story_id
JOIN wiredesk.article a ON a.story_id = t.story_id
JOIN wiredesk.revision r ON r.article_id = a.article_id AND r.revision_no = a.revision_no
JOIN wiredesk.source s ON s.source_id = a.source_id
WHERE m.merged_into IS NULL AND (a.release_at IS NULL OR a.release_at <= now() OR wire_v1.sees_embargoed());
CREATE VIEW wire_v1.stories AS
SELECT s.story_id, s.article_count, s.original_article_id, s.first_seen_at,
       (SELECT c.agency FROM wire_v1.story_articles c WHERE c.story_id = s.story_id AND c.agency IS NOT NULL
        ORDER BY c.ordinal LIMIT 1) AS agency
FROM wiredesk.story s WHERE s.merged_into IS NULL;
CREATE VIEW wire_v1.story_aliases AS
SELECT story_id AS merged_story_id, merged_into AS story_id FROM wiredesk.story WHERE merged_into IS NOT NULL;
CREATE VIEW wire_v1.story_merges AS
SELECT story_id AS merged_story_id, survivor AS story_id, observed_at, filed_at FROM wiredesk.story_merge;
CREATE VIEW wire_v1.outcomes AS
SELECT received_at, origin, url, key, outcome, reason, article_id, revision_no, document_id, item_no, feed_id,
       submission_id, headline, decided_at, discarded_at, retried_by
FROM wiredesk.outcome p
WHERE NOT EXISTS (SELECT FROM wiredesk.hidden h WHERE h.article_id = p.article_id)
UNION ALL
-- Entries that a feed showed again in the same bytes: each poll that did is one row of wiredesk.showing.
SELECT w.received_at, 'feed', o.url, NULL, 'repeated', NULL, e.article_id, e.revision_no, e.document_id, e.item_no, e.feed_id,
       NULL, o.headline, w.received_at, NULL, NULL
FROM wiredesk.showing w
JOIN wiredesk.feed_entry e ON e.feed_id = w.feed_id AND e.shown_until >= w.number AND e.shown_after < w.number
LEFT JOIN wiredesk.outcome o
       ON o.received_at = e.read_at AND o.document_id = e.document_id AND o.item_no = e.item_no
WHERE NOT EXISTS (SELECT FROM wiredesk.hidden h WHERE h.article_id = e.article_id);
CREATE VIEW wire_v1.feeds AS
SELECT feed_id, url, source, title, state, next_fetch_at, interval_seconds, interval_reason, fetched_at, succeeded_at,
       changed_at, last_status, last_error, failures
FROM wiredesk.feed WHERE state <> 'removed';
CREATE VIEW wire_v1.fetches AS
SELECT fetched_at, feed_id, document_id, url, final_url, status, address, wire_bytes, body_bytes, seconds, sent_etag,
       entries, new_entries, error
FROM wiredesk.fetch;

-- Changes below the cursors that open transactions can still write.
CREATE VIEW wire_v1.changes AS
SELECT cursor, kind, article_id, revision_no, story_id, merged_story_id, occurred_at
FROM wiredesk.change p
WHERE cursor < ((pg_snapshot_xmin(pg_current_snapshot())::text::bigint
                + (SELECT max(base) FROM wiredesk.change_epoch)) << 20)
  AND NOT EXISTS (SELECT FROM wiredesk.hidden h WHERE h.article_id = p.article_id);

CREATE VIEW wire_v1.change_epochs AS
SELECT epoch, began_at, kept_until, first_cursor,
       coalesce(lead(kept_until) OVER (ORDER BY epoch), (SELECT max(cursor) FROM wiredesk.change), 0) AS last_cursor
FROM wiredesk.change_epoch;

CREATE FUNCTION wire_v1.changes_after(after_cursor bigint, max_rows integer DEFAULT 500)
RETURNS TABLE (cursor bigint, kind text, article_id bigint, revision_no integer, story_id bigint,
               merged_story_id bigint, occurred_at timestamptz)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE kept bigint;
BEGIN
    SELECT e.kept_until INTO kept FROM wire_v1.change_epochs e
    WHERE after_cursor > e.kept_until AND after_cursor < e.first_cursor ORDER BY e.epoch LIMIT 1;
    -- A restore that `note_restore` has not recorded yet. A standby may only be late.
    IF kept IS NULL AND after_cursor > 0 AND NOT pg_is_in_recovery() THEN
        SELECT max(e.last_cursor) INTO kept FROM wire_v1.change_epochs e HAVING after_cursor > max(e.last_cursor);
    END IF;
    IF kept IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'WD001', MESSAGE = format(
            'cursor %s is ahead of the archive, which was restored to an earlier point: undo the changes after %s, and read on after it',
            after_cursor, kept);
    END IF;
    RETURN QUERY
    SELECT c.cursor, c.kind, c.article_id, c.revision_no, c.story_id, c.merged_story_id, c.occurred_at
    FROM wire_v1.changes c
    WHERE c.cursor > coalesce(after_cursor, 0)
    ORDER BY c.cursor
    LIMIT max_rows;
END $$;

-- The state at a past time: rows observed by `at_time`, and with `filed_by` only those filed by that time. The two differ
-- for copy that came in late. The functions read views, so that the reader may call them.
CREATE FUNCTION wire_v1.story_id_at(of_story bigint, at_time timestamptz, filed_by timestamptz DEFAULT 'infinity')
RETURNS bigint LANGUAGE sql STABLE AS $$
    WITH RECURSIVE chain AS (
        SELECT of_story AS story_id
        UNION
        SELECT m.story_id FROM chain c JOIN wire_v1.story_merges m ON m.merged_story_id = c.story_id
        WHERE m.observed_at <= at_time AND m.filed_at <= filed_by
    )
    SELECT min(c.story_id) FROM chain c  -- the survivor of a merge is always the smaller id
$$;

-- The survivor of a story and all stories that were merged into it. Articles keep the id of the story they were filed in,
-- and these ids find them by an index.
CREATE FUNCTION wire_v1.story_ids(of_story bigint) RETURNS bigint[] LANGUAGE sql STABLE AS $$
    WITH survivor AS (
        SELECT coalesce((SELECT s.story_id FROM wire_v1.story_aliases s WHERE s.merged_story_id = of_story), of_story)
               AS story_id
    )
    SELECT array(
        SELECT v.story_id FROM survivor v
        UNION ALL SELECT s.merged_story_id FROM survivor v JOIN wire_v1.story_aliases s ON s.story_id = v.story_id
    )
$$;

-- The current texts of a story's copies.
CREATE FUNCTION wire_v1.story_texts(of_story bigint)
RETURNS TABLE (article_id bigint, is_original boolean, body_text text)
LANGUAGE sql STABLE ROWS 10
-- A function with a setting is planned by itself. Inside `story_spans`, without nested loops, the plan would read all
-- articles and revisions.
SET enable_nestloop = on AS $$
    SELECT a.article_id, a.is_original, a.body_text FROM wire_v1.articles a
    WHERE a.filed_story_id = ANY(wire_v1.story_ids(of_story))
$$;

CREATE FUNCTION wire_v1.story_at(of_story bigint, at_time timestamptz, filed_by timestamptz DEFAULT 'infinity')
RETURNS TABLE (story_id bigint, article_count integer, original_article_id bigint, first_seen_at timestamptz,
               article_ids bigint[])
LANGUAGE sql STABLE AS $$
    SELECT f.story_id, count(*)::integer, (array_agg(a.article_id ORDER BY a.first_seen_at, a.article_id))[1],
           min(a.first_seen_at), array_agg(a.article_id ORDER BY a.first_seen_at, a.article_id)
    FROM wire_v1.story_id_at(of_story, at_time, filed_by) AS f (story_id)
    JOIN wire_v1.articles a ON a.filed_story_id = ANY(wire_v1.story_ids(of_story))
    WHERE a.first_seen_at <= at_time AND a.filed_at <= filed_by
      AND wire_v1.story_id_at(a.filed_story_id, at_time, filed_by) = f.story_id
    GROUP BY f.story_id
$$;

CREATE FUNCTION wire_v1.articles_at(at_time timestamptz, filed_by timestamptz DEFAULT 'infinity')
RETURNS SETOF wire_v1.articles LANGUAGE sql STABLE AS $$
    SELECT a.article_id, f.story_id, a.source, a.source_slug,
           (SELECT u.canonical_url FROM wire_v1.revisions u
            WHERE u.article_id = a.article_id AND u.revision_no <= r.revision_no AND u.canonical_url IS NOT NULL
            ORDER BY u.revision_no DESC LIMIT 1),
           r.headline, r.byline, r.description, r.body_text, r.language, r.language_confidence,
           r.published_at, r.published_precision, r.published_source, r.published_zone_known,
       r.published_offset_minutes, r.modified_at, r.section,
           a.first_seen_at, CASE WHEN a.last_seen_at <= at_time THEN a.last_seen_at END,
           r.revision_no, r.revision_no, r.word_count,
           r.dateline_text, r.dateline_place, r.dateline_date, r.dateline_agency, r.dateline_agency_text, r.agency,
       r.agency_source,
           r.content_sha256,
           (SELECT s.original_article_id FROM wire_v1.story_at(f.story_id, at_time, filed_by) s) = a.article_id,
           r.flags, a.filed_at, a.filed_story_id, CASE WHEN a.gone_at <= at_time THEN a.gone_at END,
           r.provider_id, r.provider_version, r.urgency, r.release_at, r.ed_note, r.usage_terms
    FROM wire_v1.articles a
    CROSS JOIN LATERAL (
        SELECT * FROM wire_v1.revisions v
        WHERE v.article_id = a.article_id AND v.observed_at <= at_time AND v.filed_at <= filed_by
        ORDER BY v.revision_no DESC LIMIT 1
    ) AS r
    CROSS JOIN LATERAL (
        SELECT CASE WHEN a.filed_story_id = a.story_id THEN a.story_id
               ELSE wire_v1.story_id_at(a.filed_story_id, at_time, filed_by) END AS story_id
    ) AS f
    WHERE a.first_seen_at <= at_time AND a.filed_at <= filed_by
$$;

CREATE FUNCTION wire_v1.article_at(of_article bigint, at_time timestamptz, filed_by timestamptz DEFAULT 'infinity')
RETURNS SETOF wire_v1.articles LANGUAGE sql STABLE AS $$
    SELECT * FROM wire_v1.articles_at(at_time, filed_by) a WHERE a.article_id = of_article
$$;

-- The spans that each copy of a story shares with the original: runs of at least five words that both texts have, as
-- `wiredesk story` finds them. They are computed from the current texts at each call, and not stored.
CREATE FUNCTION wire_v1.story_spans(of_story bigint)
RETURNS TABLE (article_id bigint, kind text, start_offset integer, end_offset integer, words integer)
-- 50: a story has a few copies of a few spans each. With the default of 1,000 a join with `articles` reads all of them.
LANGUAGE sql STABLE ROWS 50
-- The planner has no estimate of the number of words, and chooses a nested loop (10 s for 50 copies instead of 0.2 s).
SET enable_nestloop = off SET enable_hashjoin = on AS $$
    WITH copies AS MATERIALIZED (
        SELECT c.article_id, c.is_original, c.body_text FROM wire_v1.story_texts(of_story) c
    ), tokens AS (
        SELECT c.article_id, c.is_original, t.ordinal, t.token[1] AS token,
               (sum(length(t.token[1])) OVER (PARTITION BY c.article_id ORDER BY t.ordinal))::integer AS end_offset
        FROM copies c, regexp_matches(c.body_text, '\S+|\s+', 'g') WITH ORDINALITY AS t (token, ordinal)
    ), words AS MATERIALIZED (
        SELECT w.article_id, w.is_original, w.end_offset - length(w.token) AS start_offset, w.end_offset, w.word,
               row_number() OVER (PARTITION BY w.article_id ORDER BY w.ordinal) AS n
        FROM (SELECT *, lower(translate(token, '.,;:!?"''()[]“”‘’„«»–—-…', '')) AS word FROM tokens) AS w
        WHERE w.word !~ '^\s*$'
    ), runs AS MATERIALIZED (
        SELECT w.article_id, w.is_original, w.n, string_agg(w.word, ' ') OVER five AS run, count(*) OVER five AS length
        FROM words w
        WINDOW five AS (PARTITION BY w.article_id ORDER BY w.n ROWS BETWEEN CURRENT ROW AND 4 FOLLOWING)
    ), shared AS MATERIALIZED (
        SELECT c.article_id, c.n AS in_copy, o.n AS in_original
        FROM runs c JOIN runs o ON o.run = c.run AND o.is_original AND o.length = 5
        WHERE NOT c.is_original AND c.length = 5
    ), kept AS (
        SELECT DISTINCT s.article_id, p.side, p.first + k.behind AS n
        FROM shared s, LATERAL (VALUES ('copy', s.in_copy), ('original', s.in_original)) AS p (side, first),
             generate_series(0, 4) AS k (behind)
    ), marked AS (
        -- The words of each copy, and once for each copy those of the original.
        SELECT w.article_id, w.side, w.n, w.start_offset, w.end_offset, k.n IS NOT NULL AS kept
        FROM (
            SELECT c.article_id, 'copy' AS side, c.n, c.start_offset, c.end_offset FROM words c WHERE NOT c.is_original
            UNION ALL
            SELECT c.article_id, 'original', o.n, o.start_offset, o.end_offset
            FROM words o, copies c WHERE o.is_original AND NOT c.is_original
        ) AS w
        LEFT JOIN kept k ON k.article_id = w.article_id AND k.side = w.side AND k.n = w.n
    ), islands AS (
        SELECT *, n - row_number() OVER (PARTITION BY m.article_id, m.side, m.kept ORDER BY m.n) AS island FROM marked m
    )
    SELECT i.article_id, CASE WHEN i.kept THEN 'kept' WHEN i.side = 'copy' THEN 'added' ELSE 'cut' END,
           min(i.start_offset), max(i.end_offset), count(*)::integer
    FROM islands i
    WHERE i.side = 'copy' OR NOT i.kept
    GROUP BY i.article_id, i.side, i.kept, i.island
    ORDER BY i.article_id, i.side, min(i.start_offset)
$$;

-- Full-text search. The view is what the functions read; a reader joins its numbers with wire_v1.articles.
CREATE VIEW wire_v1.search_documents AS
SELECT article_id, first_seen_at, published_at, document FROM wiredesk.search s
WHERE NOT EXISTS (SELECT FROM wiredesk.hidden h WHERE h.article_id = s.article_id);
CREATE VIEW wire_v1.search_configs AS SELECT name FROM wiredesk.search_config;

CREATE FUNCTION wire_v1.search_config_of(language text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE split_part(lower(language), '-', 1)
        WHEN 'ar' THEN 'arabic' WHEN 'hy' THEN 'armenian' WHEN 'eu' THEN 'basque' WHEN 'ca' THEN 'catalan'
        WHEN 'da' THEN 'danish' WHEN 'nl' THEN 'dutch' WHEN 'en' THEN 'english' WHEN 'fi' THEN 'finnish'
        WHEN 'fr' THEN 'french' WHEN 'de' THEN 'german' WHEN 'el' THEN 'greek' WHEN 'hi' THEN 'hindi'
        WHEN 'hu' THEN 'hungarian' WHEN 'id' THEN 'indonesian' WHEN 'ga' THEN 'irish' WHEN 'it' THEN 'italian'
        WHEN 'lt' THEN 'lithuanian' WHEN 'ne' THEN 'nepali' WHEN 'no' THEN 'norwegian' WHEN 'nb' THEN 'norwegian'
        WHEN 'nn' THEN 'norwegian' WHEN 'pt' THEN 'portuguese' WHEN 'ro' THEN 'romanian' WHEN 'ru' THEN 'russian'
        WHEN 'sr' THEN 'serbian' WHEN 'es' THEN 'spanish' WHEN 'sv' THEN 'swedish' WHEN 'ta' THEN 'tamil'
        WHEN 'tr' THEN 'turkish' WHEN 'yi' THEN 'yiddish' ELSE 'simple' END
$$;

-- A text as a query in one configuration: what `websearch_to_tsquery` reads, and every word that ends with *.
CREATE FUNCTION wire_v1.words_query(config text, query text) RETURNS tsquery LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(string_agg('(' || part.query::text || ')', ' & '), '')::tsquery
    FROM (
        SELECT websearch_to_tsquery(config::regconfig,
                                    regexp_replace(query, '(^|\s)[^\s"*-][^\s"*]*\*(?=\s|$)', '\1', 'g')) AS query
        UNION ALL
        SELECT to_tsquery(config::regconfig, quote_literal(replace(found.word[1], '\', '')) || ':*')
        FROM regexp_matches(query, '(?:^|\s)([^\s"*-][^\s"*]*)\*(?=\s|$)', 'g') AS found (word)
    ) part
    WHERE numnode(part.query) > 0
$$;

CREATE FUNCTION wire_v1.search_query(query text) RETURNS tsquery LANGUAGE sql STABLE AS $$
    SELECT string_agg('(' || (quote_literal('config:' || c.name)::tsquery && wire_v1.words_query(c.name, query))::text || ')',
                      ' | ')::tsquery
    FROM wire_v1.search_configs c
    WHERE numnode(wire_v1.words_query(c.name, query)) > 0
$$;

CREATE FUNCTION wire_v1.search(query text, max_rows integer DEFAULT 50)
RETURNS TABLE (article_id bigint, rank real, source text, headline text, headline_marked text, published_at timestamptz,
               first_seen_at timestamptz, language text)
LANGUAGE sql STABLE AS $$
    WITH asked AS MATERIALIZED (SELECT wire_v1.search_query(query) AS words),
    latest AS MATERIALIZED (
        SELECT d.article_id, ts_rank_cd(d.document, k.words) AS rank
        FROM asked k JOIN wire_v1.search_documents d ON d.document @@ k.words
        ORDER BY d.article_id DESC LIMIT 1000
    )
    SELECT a.article_id, l.rank, a.source, a.headline,
           ts_headline(wire_v1.search_config_of(a.language)::regconfig, coalesce(a.headline, ''),
                       wire_v1.words_query(wire_v1.search_config_of(a.language), query),
                       'HighlightAll=true, StartSel=⟦, StopSel=⟧'),
           a.published_at, a.first_seen_at, a.language
    FROM latest l JOIN wire_v1.articles a USING (article_id)
    ORDER BY l.rank DESC, a.article_id DESC
    LIMIT max_rows
$$;

COMMENT ON FUNCTION wire_v1.search(query text, max_rows integer) IS
    'Articles by words of headline and text, the best first: of the 1,000 latest that match, up to max_rows (50). Words are compared as the language of each article inflects them (`simple`, without inflection, where PostgreSQL has no dictionary). "a phrase", one or another, -without, begin*. The index follows the change feed by seconds, by a minute while documents wait. headline_marked has the found words between ⟦ and ⟧.';
COMMENT ON FUNCTION wire_v1.search_config_of(language text) IS
    'The text search configuration of a language (BCP 47); simple where PostgreSQL has none.';
COMMENT ON FUNCTION wire_v1.words_query(config text, query text) IS
    'A text as a tsquery in one configuration: words, "a phrase", one or another, -without, begin*.';
COMMENT ON FUNCTION wire_v1.search_query(query text) IS
    'The tsquery of a search, for conditions of your own: SELECT article_id FROM wire_v1.search_documents WHERE document @@ wire_v1.search_query(''ferry'').';
COMMENT ON VIEW wire_v1.search_documents IS 'The search index: one row for each article that is indexed.';
COMMENT ON COLUMN wire_v1.search_documents.article_id IS 'Number of the article. Never null.';
COMMENT ON COLUMN wire_v1.search_documents.first_seen_at IS 'When the article first reached wiredesk or its submitter.';
COMMENT ON COLUMN wire_v1.search_documents.published_at IS 'When it was published. Null: not known.';
COMMENT ON COLUMN wire_v1.search_documents.document IS 'Words of headline (weight A) and text, and the lexemes of filters. Never null.';
COMMENT ON VIEW wire_v1.search_configs IS 'The text search configurations that documents of the index have.';
COMMENT ON COLUMN wire_v1.search_configs.name IS 'Its name in PostgreSQL. Never null.';
COMMENT ON FUNCTION wire_v1.sees_embargoed() IS
    'Whether you see articles under embargo: you are a member of the role wiredesk_embargoed, or the owner. All views hide them from others until release_at.';
COMMENT ON FUNCTION wire_v1.changes_after(cursor bigint, max_rows integer) IS
    'The changes after a cursor, in order, up to max_rows (500). Start with 0 and pass the last cursor that you have dealt with. It stops before the oldest transaction still open, so a change that commits late is never passed over. A cursor of changes that a restore of the archive lost is an error (SQLSTATE WD001), which names the cursor to go on from.';
COMMENT ON FUNCTION wire_v1.articles_at(at_time timestamptz, filed_by timestamptz) IS
    'The whole archive as it was known at a time: wire_v1.articles with the revision, the story and the original of then. Known means observed; with filed_by, only what the desk had filed by that time too, which differs for copy that came in late, was read again, or was imported. Null in last_seen_at: it was seen again later.';
COMMENT ON FUNCTION wire_v1.article_at(article_id bigint, at_time timestamptz, filed_by timestamptz) IS
    'One article as it was known at a time, as in articles_at; no row: it was not known yet.';
COMMENT ON FUNCTION wire_v1.story_at(story_id bigint, at_time timestamptz, filed_by timestamptz) IS
    'A story as it was known at a time: story_id, article_count, original_article_id, first_seen_at, article_ids in the order in which they were seen. An id that was merged away later is the story it was then; no row: it was not known yet.';
COMMENT ON FUNCTION wire_v1.story_ids(story_id bigint) IS
    'The ids of a story that articles.filed_story_id can have: its own, and those of the stories that were merged into it. WHERE filed_story_id = ANY(wire_v1.story_ids(1)) finds its articles by an index.';
COMMENT ON FUNCTION wire_v1.story_texts(story_id bigint) IS
    'The current texts of the articles of a story: article_id, is_original and body_text.';
COMMENT ON FUNCTION wire_v1.story_spans(story_id bigint) IS
    'What each copy of a story made of the original, passage by passage, in its current text: kept (five words or more that both have), added, or cut. article_id is the copy, words how many they are; start_offset and end_offset are code points of the copy''s body_text, half open, and for cut of the original''s. Worked out when asked for.';
COMMENT ON FUNCTION wire_v1.story_id_at(story_id bigint, at_time timestamptz, filed_by timestamptz) IS
    'The id under which a story stood at a time: its own, or that of the story it had been merged into by then.';

-- Roles: the owner of the schemas migrates; wiredesk_writer works and owns nothing; wiredesk_reader reads wire_v1 only;
-- members of wiredesk_embargoed see articles under embargo too. Roles belong to the cluster, so they may exist already, and
-- the owner of one database may lack the right to make them or to grant one to another: then the administrator does what
-- the warning says, and runs `wiredesk migrate` again.
CREATE FUNCTION wiredesk.as_far_as_allowed(statement text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
    WHEN insufficient_privilege THEN RAISE WARNING 'an administrator has to run: %', statement;
END $$;

CREATE FUNCTION wiredesk.grant_roles() RETURNS void LANGUAGE plpgsql AS $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['wiredesk_reader', 'wiredesk_embargoed', 'wiredesk_writer'] LOOP
        IF to_regrole(name) IS NULL THEN
            PERFORM wiredesk.as_far_as_allowed(format('CREATE ROLE %I NOLOGIN', name));
        END IF;
    END LOOP;
    IF to_regrole('wiredesk_reader') IS NOT NULL THEN
        GRANT USAGE ON SCHEMA wire_v1 TO wiredesk_reader;
        GRANT SELECT ON ALL TABLES IN SCHEMA wire_v1 TO wiredesk_reader;
        GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA wire_v1 TO wiredesk_reader;
    END IF;
    IF to_regrole('wiredesk_writer') IS NOT NULL THEN
        GRANT USAGE ON SCHEMA wiredesk, wire_v1 TO wiredesk_writer;
        GRANT SELECT ON ALL TABLES IN SCHEMA wire_v1 TO wiredesk_writer;
        GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA wire_v1 TO wiredesk_writer;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA wiredesk TO wiredesk_writer;
        GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA wiredesk TO wiredesk_writer;
        REVOKE INSERT, UPDATE, DELETE ON wiredesk.migration, wiredesk.change_epoch FROM wiredesk_writer;
        -- For the tables of later migrations, and for new months.
        ALTER DEFAULT PRIVILEGES IN SCHEMA wiredesk GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO wiredesk_writer;
        ALTER DEFAULT PRIVILEGES IN SCHEMA wiredesk GRANT USAGE, SELECT ON SEQUENCES TO wiredesk_writer;
        -- `wiredesk sql` becomes the reader; the service web hides embargoed articles itself; `doctor` looks at sessions.
        FOREACH name IN ARRAY ARRAY['wiredesk_reader', 'wiredesk_embargoed', 'pg_read_all_stats'] LOOP
            IF NOT pg_has_role('wiredesk_writer', name, 'MEMBER') THEN
                PERFORM wiredesk.as_far_as_allowed(format('GRANT %I TO wiredesk_writer', name));
            END IF;
        END LOOP;
    END IF;
END $$;
SELECT wiredesk.grant_roles();

-- The meaning of each column, its unit, and the meaning of null. `make docs` writes docs/schema.md from these.
COMMENT ON VIEW wire_v1.articles IS 'One row an article: its current revision.';
COMMENT ON COLUMN wire_v1.articles.article_id IS 'Number of the article, for its whole life. Never null.';
COMMENT ON COLUMN wire_v1.articles.story_id IS
    'The story it belongs to. Never null; an id stays valid when stories merge.';
COMMENT ON COLUMN wire_v1.articles.source IS 'Publisher, as a name. Never null.';
COMMENT ON COLUMN wire_v1.articles.source_slug IS 'Publisher, as a slug. Never null.';
COMMENT ON COLUMN wire_v1.articles.canonical_url IS
    'Address by which the publisher names it, absolute. Null: it came without one.';
COMMENT ON COLUMN wire_v1.articles.headline IS 'Headline as published, one line. Null: it has none.';
COMMENT ON COLUMN wire_v1.articles.byline IS 'The line that names the authors, as published. Null: it has none.';
COMMENT ON COLUMN wire_v1.articles.description IS 'Summary or standfirst. Null: none beside the text.';
COMMENT ON COLUMN wire_v1.articles.body_text IS
    'Plain text, paragraphs separated by one blank line; the dateline stays in it. Empty: only a headline was published.';
COMMENT ON COLUMN wire_v1.articles.language IS 'ISO 639-1 code, detected or declared. Null: too little text to tell.';
COMMENT ON COLUMN wire_v1.articles.language_confidence IS '0 to 1. Null: the language is as declared, or unknown.';
COMMENT ON COLUMN wire_v1.articles.published_at IS
    'When it was published, UTC; with precision day or month, midnight at its start. Null: nothing says; it is never guessed.';
COMMENT ON COLUMN wire_v1.articles.published_precision IS 'second, minute, day, month or unknown (then published_at is null).';
COMMENT ON COLUMN wire_v1.articles.published_source IS
    'Where the time stood: feed:published, json-ld, meta, dateline, url, submitter … Null: unknown.';
COMMENT ON COLUMN wire_v1.articles.published_zone_known IS 'False: no zone was given and UTC was assumed. Null: no time.';
COMMENT ON COLUMN wire_v1.articles.published_offset_minutes IS
    'Minutes east of UTC in the publisher''s zone, as written: published_at plus this is the publisher''s day and time. Null: no offset was written.';
COMMENT ON COLUMN wire_v1.articles.modified_at IS
    'When the publisher says it was last changed, UTC. Null: it does not say.';
COMMENT ON COLUMN wire_v1.articles.section IS 'Section of the publication. Null: none given.';
COMMENT ON COLUMN wire_v1.articles.first_seen_at IS 'When it first reached wiredesk or its submitter.';
COMMENT ON COLUMN wire_v1.articles.last_seen_at IS 'When it was last seen anywhere.';
COMMENT ON COLUMN wire_v1.articles.revision_no IS 'Number of the current revision.';
COMMENT ON COLUMN wire_v1.articles.revision_count IS 'How many revisions there are.';
COMMENT ON COLUMN wire_v1.articles.word_count IS 'Words of body_text.';
COMMENT ON COLUMN wire_v1.articles.dateline_text IS 'The dateline as it opens the text, separator included. Null: none.';
COMMENT ON COLUMN wire_v1.articles.dateline_place IS 'Place of the dateline. Null: none in it.';
COMMENT ON COLUMN wire_v1.articles.dateline_date IS
    'Day of the dateline; a missing year is resolved against received_at. Null: none in it.';
COMMENT ON COLUMN wire_v1.articles.dateline_agency IS 'Agency in the dateline, by its own name. Null: none in it.';
COMMENT ON COLUMN wire_v1.articles.dateline_agency_text IS 'Agency in the dateline, as the copy writes it. Null: none in it.';
COMMENT ON COLUMN wire_v1.articles.agency IS 'Agency that wrote it. Null: no evidence of one.';
COMMENT ON COLUMN wire_v1.articles.agency_source IS
    'What that stands on: dateline, credit, byline, rights, publisher. Null: no agency.';
COMMENT ON COLUMN wire_v1.articles.content_sha256 IS 'Hex SHA-256 of the headline, a blank line and body_text, as UTF-8.';
COMMENT ON COLUMN wire_v1.articles.is_original IS 'True for the copy of its story that came first.';
COMMENT ON COLUMN wire_v1.articles.flags IS
    'What to know about it: corrected, embargo, update, withdrawn, paywalled, teaser, future_date, conflicting_dates … Empty: nothing.';
COMMENT ON COLUMN wire_v1.articles.filed_at IS 'When wiredesk filed it.';
COMMENT ON COLUMN wire_v1.articles.filed_story_id IS 'The story it was filed in. Other than story_id: that one was merged since.';
COMMENT ON COLUMN wire_v1.articles.gone_at IS
    'When its page was first found gone (404 or 410), confirmed six hours later. Null: not known to be gone. Its text stays.';
COMMENT ON COLUMN wire_v1.articles.provider_id IS
    'Id that the provider gave it (guid, uri, doc-id, Message-ID). Null: none.';
COMMENT ON COLUMN wire_v1.articles.provider_version IS
    'Version of it as the provider counts. Null: it counts none.';
COMMENT ON COLUMN wire_v1.articles.urgency IS
    'IPTC urgency: 1 (most urgent) to 8 (least), 5 is normal. Null: not marked.';
COMMENT ON COLUMN wire_v1.articles.release_at IS
    'When it may be published: the end of an embargo, UTC. The year 9999: when a later version says so. Null: no embargo.';
COMMENT ON COLUMN wire_v1.articles.ed_note IS
    'Note of the provider to editors. Null: none.';
COMMENT ON COLUMN wire_v1.articles.usage_terms IS
    'Terms of use as the provider states them. Null: none.';
COMMENT ON VIEW wire_v1.revisions IS 'One row a revision: every state in which an article was observed, never overwritten.';
COMMENT ON COLUMN wire_v1.revisions.article_id IS 'Number of the article, for its whole life. Never null.';
COMMENT ON COLUMN wire_v1.revisions.revision_no IS
    'Number of the revision within its article, from 1 without gaps. Never null.';
COMMENT ON COLUMN wire_v1.revisions.observed_at IS 'When this state was received; of a reread, when it was read again.';
COMMENT ON COLUMN wire_v1.revisions.change_kind IS
    'created, or against the revision before: minor, update, retitle, correction, withdrawn, restored, full_text (the page of a teaser), embargo (the provider moved or lifted it); reread: no edit of the publisher, the stored document was read again.';
COMMENT ON COLUMN wire_v1.revisions.share_changed IS 'Words changed since the revision before, 0 to 1. Null: the first.';
COMMENT ON COLUMN wire_v1.revisions.headline IS 'Headline as published, one line. Null: it has none.';
COMMENT ON COLUMN wire_v1.revisions.byline IS 'The line that names the authors, as published. Null: it has none.';
COMMENT ON COLUMN wire_v1.revisions.description IS 'Summary or standfirst. Null: none beside the text.';
COMMENT ON COLUMN wire_v1.revisions.body_text IS
    'Plain text, paragraphs separated by one blank line; the dateline stays in it. Empty: only a headline was published.';
COMMENT ON COLUMN wire_v1.revisions.language IS 'ISO 639-1 code, detected or declared. Null: too little text to tell.';
COMMENT ON COLUMN wire_v1.revisions.language_confidence IS '0 to 1. Null: the language is as declared, or unknown.';
COMMENT ON COLUMN wire_v1.revisions.canonical_url IS
    'Address by which the publisher names it, absolute. Null: it came without one.';
COMMENT ON COLUMN wire_v1.revisions.published_at IS
    'When it was published, UTC; with precision day or month, midnight at its start. Null: nothing says; it is never guessed.';
COMMENT ON COLUMN wire_v1.revisions.published_precision IS 'second, minute, day, month or unknown (then published_at is null).';
COMMENT ON COLUMN wire_v1.revisions.published_source IS
    'Where the time stood: feed:published, json-ld, meta, dateline, url, submitter … Null: unknown.';
COMMENT ON COLUMN wire_v1.revisions.published_zone_known IS 'False: no zone was given and UTC was assumed. Null: no time.';
COMMENT ON COLUMN wire_v1.revisions.published_offset_minutes IS
    'Minutes east of UTC in the publisher''s zone, as written: published_at plus this is the publisher''s day and time. Null: no offset was written.';
COMMENT ON COLUMN wire_v1.revisions.modified_at IS
    'When the publisher says it was last changed, UTC. Null: it does not say.';
COMMENT ON COLUMN wire_v1.revisions.section IS 'Section of the publication. Null: none given.';
COMMENT ON COLUMN wire_v1.revisions.dateline_text IS 'The dateline as it opens the text, separator included. Null: none.';
COMMENT ON COLUMN wire_v1.revisions.dateline_place IS 'Place of the dateline. Null: none in it.';
COMMENT ON COLUMN wire_v1.revisions.dateline_date IS
    'Day of the dateline; a missing year is resolved against received_at. Null: none in it.';
COMMENT ON COLUMN wire_v1.revisions.dateline_agency IS 'Agency in the dateline, by its own name. Null: none in it.';
COMMENT ON COLUMN wire_v1.revisions.dateline_agency_text IS 'Agency in the dateline, as the copy writes it. Null: none in it.';
COMMENT ON COLUMN wire_v1.revisions.agency IS 'Agency that wrote it. Null: no evidence of one.';
COMMENT ON COLUMN wire_v1.revisions.agency_source IS
    'What that stands on: dateline, credit, byline, rights, publisher. Null: no agency.';
COMMENT ON COLUMN wire_v1.revisions.word_count IS 'Words of body_text.';
COMMENT ON COLUMN wire_v1.revisions.content_sha256 IS 'Hex SHA-256 of the headline, a blank line and body_text, as UTF-8.';
COMMENT ON COLUMN wire_v1.revisions.flags IS
    'What to know about it: corrected, embargo, update, withdrawn, paywalled, teaser, future_date, conflicting_dates … Empty: nothing.';
COMMENT ON COLUMN wire_v1.revisions.evidence IS 'Values seen for each field: [{field, source, value, chosen}].';
COMMENT ON COLUMN wire_v1.revisions.document_id IS 'The document it was read from. Never null.';
COMMENT ON COLUMN wire_v1.revisions.filed_at IS 'When wiredesk filed it.';
COMMENT ON COLUMN wire_v1.revisions.provider_id IS
    'Id that the provider gave it (guid, uri, doc-id, Message-ID). Null: none.';
COMMENT ON COLUMN wire_v1.revisions.provider_version IS
    'Version of it as the provider counts. Null: it counts none.';
COMMENT ON COLUMN wire_v1.revisions.urgency IS
    'IPTC urgency: 1 (most urgent) to 8 (least), 5 is normal. Null: not marked.';
COMMENT ON COLUMN wire_v1.revisions.release_at IS
    'When it may be published: the end of an embargo, UTC. The year 9999: when a later version says so. Null: no embargo.';
COMMENT ON COLUMN wire_v1.revisions.ed_note IS
    'Note of the provider to editors. Null: none.';
COMMENT ON COLUMN wire_v1.revisions.usage_terms IS
    'Terms of use as the provider states them. Null: none.';
COMMENT ON VIEW wire_v1.authors IS 'The people who wrote a revision, in the order given.';
COMMENT ON COLUMN wire_v1.authors.article_id IS 'Number of the article, for its whole life. Never null.';
COMMENT ON COLUMN wire_v1.authors.revision_no IS
    'Number of the revision within its article, from 1 without gaps. Never null.';
COMMENT ON COLUMN wire_v1.authors.ordinal IS 'Place in reading order, from 1.';
COMMENT ON COLUMN wire_v1.authors.name IS 'Name as published, cleaned of roles and agencies.';
COMMENT ON COLUMN wire_v1.authors.role IS 'Role beside the name. Null: none given.';
COMMENT ON COLUMN wire_v1.authors.name_source IS 'Where the name stood: json-ld, meta, byline, feed, submitter …';
COMMENT ON VIEW wire_v1.tags IS 'Keywords and sections as published.';
COMMENT ON COLUMN wire_v1.tags.article_id IS 'Number of the article, for its whole life. Never null.';
COMMENT ON COLUMN wire_v1.tags.revision_no IS
    'Number of the revision within its article, from 1 without gaps. Never null.';
COMMENT ON COLUMN wire_v1.tags.ordinal IS 'Place in reading order, from 1.';
COMMENT ON COLUMN wire_v1.tags.tag IS 'One keyword.';
COMMENT ON VIEW wire_v1.subjects IS
    'What the provider marked a revision with: subject codes, genres, and the people, organisations, places and events that it names.';
COMMENT ON COLUMN wire_v1.subjects.article_id IS 'Number of the article, for its whole life. Never null.';
COMMENT ON COLUMN wire_v1.subjects.revision_no IS
    'Number of the revision within its article, from 1 without gaps. Never null.';
COMMENT ON COLUMN wire_v1.subjects.ordinal IS 'Place in reading order, from 1.';
COMMENT ON COLUMN wire_v1.subjects.kind IS 'subject, genre, category, person, organisation, place or event.';
COMMENT ON COLUMN wire_v1.subjects.scheme IS
    'Vocabulary of the code, as an address or the provider''s short name: http://cv.iptc.org/newscodes/mediatopic/. Null: not named.';
COMMENT ON COLUMN wire_v1.subjects.code IS 'Code in it: 20000065. Null: only a name is given.';
COMMENT ON COLUMN wire_v1.subjects.name IS 'Name as the provider writes it. Null: only a code is given.';
COMMENT ON VIEW wire_v1.media IS 'Pictures, films and recordings of a revision.';
COMMENT ON COLUMN wire_v1.media.article_id IS 'Number of the article, for its whole life. Never null.';
COMMENT ON COLUMN wire_v1.media.revision_no IS
    'Number of the revision within its article, from 1 without gaps. Never null.';
COMMENT ON COLUMN wire_v1.media.ordinal IS 'Place in reading order, from 1.';
COMMENT ON COLUMN wire_v1.media.url IS 'Address of the file, absolute.';
COMMENT ON COLUMN wire_v1.media.kind IS 'image, video, audio or file.';
COMMENT ON COLUMN wire_v1.media.media_type IS 'MIME type. Null: not declared.';
COMMENT ON COLUMN wire_v1.media.caption IS 'Caption. Null: none.';
COMMENT ON COLUMN wire_v1.media.width IS 'Pixels. Null: not declared.';
COMMENT ON COLUMN wire_v1.media.height IS 'Pixels. Null: not declared.';
COMMENT ON VIEW wire_v1.quotes IS 'Direct speech in a revision, with its speaker.';
COMMENT ON COLUMN wire_v1.quotes.article_id IS 'Number of the article, for its whole life. Never null.';
COMMENT ON COLUMN wire_v1.quotes.revision_no IS
    'Number of the revision within its article, from 1 without gaps. Never null.';
COMMENT ON COLUMN wire_v1.quotes.ordinal IS 'Place in reading order, from 1.';
COMMENT ON COLUMN wire_v1.quotes.text IS
    'The quoted text, without quotation marks: body_text[start_offset:end_offset].';
COMMENT ON COLUMN wire_v1.quotes.start_offset IS 'First code point in body_text, from 0.';
COMMENT ON COLUMN wire_v1.quotes.end_offset IS 'Code point after the last.';
COMMENT ON COLUMN wire_v1.quotes.speaker IS
    'Fullest form of the speaker''s name in the article. Null: no speaker is named.';
COMMENT ON COLUMN wire_v1.quotes.cue IS 'Verb that introduces it, as written. Null: none (it runs on).';
COMMENT ON COLUMN wire_v1.quotes.kind IS 'direct, continued or partial.';
COMMENT ON COLUMN wire_v1.quotes.speaker_source IS 'named, pronoun, title or continued. Null: no speaker.';
COMMENT ON VIEW wire_v1.mentions IS 'People, organisations and places named in a revision: one row for each distinct text and kind.';
COMMENT ON COLUMN wire_v1.mentions.article_id IS 'Number of the article, for its whole life. Never null.';
COMMENT ON COLUMN wire_v1.mentions.revision_no IS
    'Number of the revision within its article, from 1 without gaps. Never null.';
COMMENT ON COLUMN wire_v1.mentions.ordinal IS 'Place in reading order, from 1.';
COMMENT ON COLUMN wire_v1.mentions.kind IS 'person, organisation or place.';
COMMENT ON COLUMN wire_v1.mentions.text IS 'As written.';
COMMENT ON COLUMN wire_v1.mentions.name IS 'Fullest form of the same name in the article.';
COMMENT ON COLUMN wire_v1.mentions.start_offset IS 'First code point in body_text of its first mention, from 0.';
COMMENT ON COLUMN wire_v1.mentions.end_offset IS 'Code point after the last of its first mention.';
COMMENT ON COLUMN wire_v1.mentions.count IS 'How often text stands for it.';
COMMENT ON VIEW wire_v1.sightings IS 'Where an article was seen: one row for each feed, and for each submission, that showed it.';
COMMENT ON COLUMN wire_v1.sightings.article_id IS 'Number of the article, for its whole life. Never null.';
COMMENT ON COLUMN wire_v1.sightings.feed_id IS 'Number of the feed. Null: it did not come from a feed.';
COMMENT ON COLUMN wire_v1.sightings.submission_id IS 'Number of the submission. Null: it was not submitted.';
COMMENT ON COLUMN wire_v1.sightings.url IS 'Address under which it was shown. Null: none.';
COMMENT ON COLUMN wire_v1.sightings.seen_at IS 'When it was first seen there.';
COMMENT ON COLUMN wire_v1.sightings.last_seen_at IS 'When it was last seen there.';
COMMENT ON COLUMN wire_v1.sightings.times IS 'How often it was seen there.';
COMMENT ON VIEW wire_v1.stories IS 'Clusters of articles that carry the same text: wire copy and its reprints.';
COMMENT ON COLUMN wire_v1.stories.story_id IS
    'The story it belongs to. Never null; an id stays valid when stories merge.';
COMMENT ON COLUMN wire_v1.stories.article_count IS 'Articles in it.';
COMMENT ON COLUMN wire_v1.stories.original_article_id IS 'The copy that came first.';
COMMENT ON COLUMN wire_v1.stories.first_seen_at IS 'When that one was first seen.';
COMMENT ON COLUMN wire_v1.stories.agency IS
    'Agency that the first copy to name one came from. Null: no copy names one.';
COMMENT ON VIEW wire_v1.story_articles IS 'How a story travelled: its articles in the order in which they were seen.';
COMMENT ON COLUMN wire_v1.story_articles.story_id IS 'The story. Never null; never one that was merged into another.';
COMMENT ON COLUMN wire_v1.story_articles.ordinal IS 'Place in the order in which they were seen, from 1: the original.';
COMMENT ON COLUMN wire_v1.story_articles.article_id IS 'Number of the article, for its whole life. Never null.';
COMMENT ON COLUMN wire_v1.story_articles.source IS 'Publisher, as a name. Never null.';
COMMENT ON COLUMN wire_v1.story_articles.source_slug IS 'Publisher, as a slug. Never null.';
COMMENT ON COLUMN wire_v1.story_articles.headline IS 'Its current headline. Null: it has none.';
COMMENT ON COLUMN wire_v1.story_articles.canonical_url IS
    'Address by which the publisher names it, absolute. Null: it came without one.';
COMMENT ON COLUMN wire_v1.story_articles.agency IS 'Agency that this copy names. Null: none.';
COMMENT ON COLUMN wire_v1.story_articles.first_seen_at IS 'When it first reached wiredesk or its submitter.';
COMMENT ON COLUMN wire_v1.story_articles.seconds_after_original IS 'How long after the original it was first seen; 0: it is the original.';
COMMENT ON COLUMN wire_v1.story_articles.is_original IS 'True for the copy that came first.';
COMMENT ON COLUMN wire_v1.story_articles.word_count IS 'Words of its current text.';
COMMENT ON COLUMN wire_v1.story_articles.revision_count IS 'How many revisions there are.';
COMMENT ON COLUMN wire_v1.story_articles.filed_at IS 'When wiredesk filed it.';
COMMENT ON COLUMN wire_v1.story_articles.filed_story_id IS 'The story it was filed in. Other than story_id: that one was merged since.';
COMMENT ON VIEW wire_v1.story_aliases IS 'Ids of stories that were merged into others: every id ever published stays valid.';
COMMENT ON COLUMN wire_v1.story_aliases.merged_story_id IS 'Number of a story that turned out to be part of another.';
COMMENT ON COLUMN wire_v1.story_aliases.story_id IS 'The story it is part of.';
COMMENT ON VIEW wire_v1.story_merges IS 'When stories turned out to be one: one row for each that was merged.';
COMMENT ON COLUMN wire_v1.story_merges.merged_story_id IS 'The story that was merged.';
COMMENT ON COLUMN wire_v1.story_merges.story_id IS 'The story it was merged into, which may have been merged since.';
COMMENT ON COLUMN wire_v1.story_merges.observed_at IS 'When the text was received that showed it.';
COMMENT ON COLUMN wire_v1.story_merges.filed_at IS 'When wiredesk filed it.';
COMMENT ON VIEW wire_v1.outcomes IS 'The ledger: exactly one row for each item that arrived, entries that a feed showed again in the same bytes included.';
COMMENT ON COLUMN wire_v1.outcomes.received_at IS 'When the item reached wiredesk or its submitter.';
COMMENT ON COLUMN wire_v1.outcomes.origin IS 'submission, feed, page, or recheck (a page that was looked at again).';
COMMENT ON COLUMN wire_v1.outcomes.url IS
    'Address of the item. Null: none, or the outcome of the document it was read from is deleted (outcome_months).';
COMMENT ON COLUMN wire_v1.outcomes.key IS 'The submitter''s key. Null: none.';
COMMENT ON COLUMN wire_v1.outcomes.outcome IS 'created, revised, repeated or rejected.';
COMMENT ON COLUMN wire_v1.outcomes.reason IS 'Why it was rejected: a code, a colon, words. Null: it was not.';
COMMENT ON COLUMN wire_v1.outcomes.article_id IS 'The article. Null: rejected.';
COMMENT ON COLUMN wire_v1.outcomes.revision_no IS 'The revision that was current after it. Null: rejected.';
COMMENT ON COLUMN wire_v1.outcomes.document_id IS
    'The document it was read from; of an entry that was shown again in the same bytes, the one that showed them first. Never null.';
COMMENT ON COLUMN wire_v1.outcomes.item_no IS
    'Its number in the document, from 1; 0: the document as a whole. Entries that the feed had shown before are not in the document.';
COMMENT ON COLUMN wire_v1.outcomes.feed_id IS 'Number of the feed. Null: it did not come from a feed.';
COMMENT ON COLUMN wire_v1.outcomes.submission_id IS 'Number of the submission. Null: it was not submitted.';
COMMENT ON COLUMN wire_v1.outcomes.headline IS 'Its headline. Null: none, rejected, or as url.';
COMMENT ON COLUMN wire_v1.outcomes.decided_at IS 'When it was filed or rejected.';
COMMENT ON COLUMN wire_v1.outcomes.discarded_at IS 'When a person closed the rejection. Null: it is open.';
COMMENT ON COLUMN wire_v1.outcomes.retried_by IS 'Submission that handed the rejected item in again. Null: none.';
COMMENT ON VIEW wire_v1.feeds IS 'The feeds that are polled.';
COMMENT ON COLUMN wire_v1.feeds.feed_id IS 'Number of the feed.';
COMMENT ON COLUMN wire_v1.feeds.url IS 'Address that is polled.';
COMMENT ON COLUMN wire_v1.feeds.source IS 'Publisher as the operator named it. Null: the feed''s own title serves.';
COMMENT ON COLUMN wire_v1.feeds.title IS 'What it calls itself. Null: not known yet.';
COMMENT ON COLUMN wire_v1.feeds.state IS 'active or paused.';
COMMENT ON COLUMN wire_v1.feeds.next_fetch_at IS 'When it is polled next; while that runs, when its lease ends.';
COMMENT ON COLUMN wire_v1.feeds.interval_seconds IS 'Time between polls now, seconds. Null: not polled yet.';
COMMENT ON COLUMN wire_v1.feeds.interval_reason IS 'Why, in words. Null: not polled yet.';
COMMENT ON COLUMN wire_v1.feeds.fetched_at IS 'The last attempt. Null: none.';
COMMENT ON COLUMN wire_v1.feeds.succeeded_at IS 'The last good answer. Null: none.';
COMMENT ON COLUMN wire_v1.feeds.changed_at IS 'The last time it had changed. Null: never answered.';
COMMENT ON COLUMN wire_v1.feeds.last_status IS 'HTTP status of the last attempt. Null: no answer.';
COMMENT ON COLUMN wire_v1.feeds.last_error IS 'The error of the last poll. Null: none.';
COMMENT ON COLUMN wire_v1.feeds.failures IS 'Weight of the failures in a row; 0 after a good answer.';
COMMENT ON VIEW wire_v1.fetches IS 'The fetch log: one row for each feed or page that was asked for. Kept for fetch_log_months.';
COMMENT ON COLUMN wire_v1.fetches.fetched_at IS 'When the answer was complete, or the fetch had failed.';
COMMENT ON COLUMN wire_v1.fetches.feed_id IS 'The feed, or the one whose entry led to the page. Null: a page that was submitted.';
COMMENT ON COLUMN wire_v1.fetches.document_id IS 'The document whose page it is. Null: a feed was polled.';
COMMENT ON COLUMN wire_v1.fetches.url IS 'Address that was asked for.';
COMMENT ON COLUMN wire_v1.fetches.final_url IS 'Address that answered, after redirects. Null: no answer.';
COMMENT ON COLUMN wire_v1.fetches.status IS 'HTTP status; 304 when nothing had changed. Null: no answer.';
COMMENT ON COLUMN wire_v1.fetches.address IS 'IP address that was connected to. Null: no answer.';
COMMENT ON COLUMN wire_v1.fetches.wire_bytes IS 'Bytes of the body as they came. Null: no answer.';
COMMENT ON COLUMN wire_v1.fetches.body_bytes IS 'Bytes of the body decompressed. Null: no answer.';
COMMENT ON COLUMN wire_v1.fetches.seconds IS 'Seconds it took, without waiting for the host''s budget. Null: no answer.';
COMMENT ON COLUMN wire_v1.fetches.sent_etag IS 'ETag that was sent along. Null: none.';
COMMENT ON COLUMN wire_v1.fetches.entries IS 'Entries in the feed''s answer. Null: it was the same as before, or is not read yet.';
COMMENT ON COLUMN wire_v1.fetches.new_entries IS 'Those of them that became articles. Null: as entries.';
COMMENT ON COLUMN wire_v1.fetches.error IS 'The error. Null: none.';
COMMENT ON VIEW wire_v1.changes IS 'The change feed. Read it with changes_after(cursor, limit), which never passes over a change.';
COMMENT ON COLUMN wire_v1.changes.cursor IS
    'Where to go on reading: pass the last one seen to changes_after. Grows, with gaps.';
COMMENT ON COLUMN wire_v1.changes.kind IS 'created, revised, reread (a stored document was read again; no edit of the publisher), merged (two stories became one), released (its embargo is over), gone (the page of an article is gone, confirmed), back (it answers again), or restored (the archive was restored: it lacks the changes that a consumer has seen between the change before this one and this one).';
COMMENT ON COLUMN wire_v1.changes.article_id IS 'The article. Null: merged, restored.';
COMMENT ON COLUMN wire_v1.changes.revision_no IS 'The revision. Null: merged, restored.';
COMMENT ON COLUMN wire_v1.changes.story_id IS
    'The story it belongs to; an id stays valid when stories merge. Null: restored.';
COMMENT ON COLUMN wire_v1.changes.merged_story_id IS 'The story that was merged into story_id. Null: the change is no merge.';
COMMENT ON COLUMN wire_v1.changes.occurred_at IS 'When the transaction that filed it began.';
COMMENT ON VIEW wire_v1.change_epochs IS 'The epochs of the change feed: one since the beginning, and one for each restore of the archive.';
COMMENT ON COLUMN wire_v1.change_epochs.epoch IS 'Its number, from 1.';
COMMENT ON COLUMN wire_v1.change_epochs.began_at IS 'When it began: the restore was noted.';
COMMENT ON COLUMN wire_v1.change_epochs.kept_until IS 'The last cursor of the epochs before that the archive still has.';
COMMENT ON COLUMN wire_v1.change_epochs.first_cursor IS 'The least cursor of this epoch. Cursors between the two are of changes that the restore lost.';
COMMENT ON COLUMN wire_v1.change_epochs.last_cursor IS 'The last cursor of this epoch that the archive has.';
