-- selected --
-- The articles of a selection with their days, in this order; `after_day` and `after_article_id` are the last ones before.
SELECT s.day, s.article_id FROM (
    SELECT a.article_id, CASE WHEN %(by_day)s THEN (t.at AT TIME ZONE 'UTC')::date ELSE '0001-01-01' END AS day
    FROM wire_v1.articles a
    CROSS JOIN LATERAL (
        SELECT CASE WHEN %(by_first_seen)s THEN a.first_seen_at ELSE coalesce(a.published_at, a.first_seen_at) END AS at
    ) AS t
    WHERE (%(article_ids)s::bigint[] IS NULL OR a.article_id = ANY(%(article_ids)s))
      AND (%(changed_after)s::bigint IS NULL OR a.article_id IN (
               SELECT c.article_id FROM wire_v1.changes_after(%(changed_after)s, NULL) c WHERE c.article_id IS NOT NULL)
           OR a.filed_story_id IN (
               SELECT c.merged_story_id FROM wire_v1.changes_after(%(changed_after)s, NULL) c
               WHERE c.merged_story_id IS NOT NULL))
      AND (%(starts_at)s::timestamptz IS NULL OR t.at >= %(starts_at)s)
      AND (%(ends_at)s::timestamptz IS NULL OR t.at < %(ends_at)s)
      AND (%(embargoed)s OR a.release_at IS NULL OR a.release_at <= now())
      AND (%(sources)s::text[] IS NULL OR a.source_slug = ANY(%(sources)s) OR lower(a.source) = ANY(%(sources)s))
      AND (%(agencies)s::text[] IS NULL OR lower(a.agency) = ANY(%(agencies)s))
      AND (%(places)s::text[] IS NULL OR lower(a.dateline_place) = ANY(%(places)s))
      AND (%(languages)s::text[] IS NULL OR lower(a.language) = ANY(%(languages)s)
           OR lower(split_part(a.language, '-', 1)) = ANY(%(languages)s))
      AND (%(sections)s::text[] IS NULL OR lower(a.section) = ANY(%(sections)s))
      AND (%(tags)s::text[] IS NULL OR EXISTS (
               SELECT FROM wire_v1.tags p WHERE (p.article_id, p.revision_no) = (a.article_id, a.revision_no)
               AND lower(p.tag) = ANY(%(tags)s)))
      AND (%(mentions)s::text[] IS NULL OR EXISTS (
               SELECT FROM wire_v1.mentions p WHERE (p.article_id, p.revision_no) = (a.article_id, a.revision_no)
               AND lower(p.name) = ANY(%(mentions)s)))
) AS s
WHERE (s.day, s.article_id) > (%(after_day)s::date, %(after_article_id)s::bigint)
ORDER BY s.day, s.article_id
