-- submissions --
-- Submissions by id or by key, the latest first, with the state of their documents.
SELECT s.submission_id, s.channel, s.source, s.key, s.version, s.submitter, s.received_at, s.times, s.last_received_at,
       d.document_id, d.state, d.needs, d.url, d.attempts, d.due_at, d.done_at, d.reason
FROM wiredesk.submission s
LEFT JOIN wiredesk.document d ON d.submission_id = s.submission_id AND d.origin = 'submission'
WHERE s.submission_id = ANY(%(submission_ids)s) OR s.key = %(key)s
ORDER BY s.submission_id DESC
LIMIT 50

-- finished_submissions --
-- Which of these submissions have no waiting document.
SELECT d.submission_id FROM wiredesk.document d
WHERE d.submission_id = ANY(%(submission_ids)s) AND d.origin = 'submission'
GROUP BY d.submission_id
HAVING bool_and(d.state = 'done')

-- outcomes_of_submissions --
-- Outcomes of the items of these submissions; the headline of an article under embargo only for those who may see it.
SELECT o.submission_id, o.item_no, o.outcome, o.reason, o.article_id, o.revision_no,
       CASE WHEN NOT EXISTS (SELECT FROM wiredesk.hidden h WHERE h.article_id = o.article_id) THEN o.headline END AS headline, o.key, o.url, o.received_at
FROM wiredesk.document d JOIN wiredesk.outcome o ON o.document_id = d.document_id AND o.received_at = d.received_at
WHERE d.submission_id = ANY(%(submission_ids)s) AND d.origin = 'submission'
ORDER BY o.submission_id, o.item_no

-- articles_by_id --
-- Articles as `wiredesk show` prints them.
SELECT a.article_id, a.source, a.headline, a.canonical_url, a.published_at, a.published_precision, a.revision_no,
       a.story_id, a.first_seen_at, a.last_seen_at, a.word_count
FROM wire_v1.articles a WHERE a.article_id = ANY(%(article_ids)s)
ORDER BY a.article_id

-- article_records --
-- A revision of each article with all its parts: the current one where `revision_no` is null.
SELECT a.article_id, a.story_id, a.source, a.source_slug, r.canonical_url, r.headline, r.byline, r.description,
       r.body_text, r.language, r.language_confidence, r.published_at, r.published_precision, r.published_source,
       r.published_zone_known, r.published_offset_minutes, r.modified_at, r.section, a.first_seen_at, a.last_seen_at,
       r.revision_no, a.revision_count, r.word_count,
       CASE WHEN r.dateline_text IS NOT NULL THEN jsonb_build_object(
           'text', r.dateline_text, 'place', r.dateline_place, 'date', r.dateline_date, 'agency', r.dateline_agency,
           'agency_text', r.dateline_agency_text) END AS dateline,
       r.agency, r.agency_source, r.content_sha256, a.is_original, r.flags, r.filed_at, a.gone_at, r.observed_at,
       r.change_kind, r.share_changed, r.document_id, r.evidence, r.provider_id, r.provider_version, r.urgency,
       a.release_at, r.ed_note, r.usage_terms,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', p.kind, 'scheme', p.scheme, 'code', p.code, 'name', p.name)
                                  ORDER BY p.ordinal), '[]')
        FROM wire_v1.subjects p WHERE (p.article_id, p.revision_no) = (r.article_id, r.revision_no)) AS subjects,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('name', p.name, 'role', p.role, 'source', p.name_source)
                                  ORDER BY p.ordinal), '[]')
        FROM wire_v1.authors p WHERE (p.article_id, p.revision_no) = (r.article_id, r.revision_no)) AS authors,
       (SELECT coalesce(jsonb_agg(p.tag ORDER BY p.ordinal), '[]')
        FROM wire_v1.tags p WHERE (p.article_id, p.revision_no) = (r.article_id, r.revision_no)) AS tags,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('url', p.url, 'kind', p.kind, 'media_type', p.media_type,
                                                     'caption', p.caption, 'width', p.width, 'height', p.height)
                                  ORDER BY p.ordinal), '[]')
        FROM wire_v1.media p WHERE (p.article_id, p.revision_no) = (r.article_id, r.revision_no)) AS media,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('text', p.text, 'start', p.start_offset, 'end', p.end_offset,
                                                     'speaker', p.speaker, 'speaker_source', p.speaker_source,
                                                     'cue', p.cue, 'kind', p.kind) ORDER BY p.ordinal), '[]')
        FROM wire_v1.quotes p WHERE (p.article_id, p.revision_no) = (r.article_id, r.revision_no)) AS quotes,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', p.kind, 'text', p.text, 'name', p.name,
                                                     'start', p.start_offset, 'end', p.end_offset, 'count', p.count)
                                  ORDER BY p.ordinal), '[]')
        FROM wire_v1.mentions p WHERE (p.article_id, p.revision_no) = (r.article_id, r.revision_no)) AS mentions
FROM wire_v1.articles a
JOIN wire_v1.revisions r ON r.article_id = a.article_id AND r.revision_no = coalesce(%(revision_no)s, a.revision_no)
WHERE a.article_id = ANY(%(article_ids)s)
ORDER BY a.article_id

-- sightings --
-- Where an article was seen, the first one first: feeds with their title, submissions with their submitter and token.
SELECT s.feed_id, f.title AS feed_title, f.url AS feed_url, s.submission_id, u.channel, u.submitter, u.token, s.url,
       s.seen_at, s.last_seen_at, s.times
FROM wire_v1.sightings s
LEFT JOIN wiredesk.feed f ON f.feed_id = s.feed_id
LEFT JOIN wiredesk.submission u ON u.submission_id = s.submission_id
WHERE s.article_id = %(article_id)s
ORDER BY s.seen_at
LIMIT %(limit)s

-- revision_list --
-- The states of an article without their texts, the latest first.
SELECT revision_no, observed_at, change_kind, share_changed, headline, word_count
FROM wire_v1.revisions WHERE article_id = %(article_id)s ORDER BY revision_no DESC LIMIT %(limit)s

-- revisions --
-- Some states of an article with their texts, in order.
SELECT article_id, revision_no, observed_at, change_kind, share_changed, headline, body_text
FROM wire_v1.revisions WHERE article_id = %(article_id)s AND revision_no = ANY(%(numbers)s) ORDER BY revision_no

-- story --
-- A story, also by the id of one that was merged into it.
SELECT s.story_id, s.article_count, s.original_article_id, s.first_seen_at, s.agency,
       array(SELECT m.merged_story_id FROM wire_v1.story_aliases m WHERE m.story_id = s.story_id ORDER BY 1) AS aliases
FROM wiredesk.story t JOIN wire_v1.stories s ON s.story_id = coalesce(t.merged_into, t.story_id)
WHERE t.story_id = %(story_id)s

-- story_articles --
-- The articles of a story in the order in which they were seen, with their current texts.
SELECT s.story_id, s.ordinal, s.article_id, s.source, s.headline, s.canonical_url, s.agency, s.first_seen_at,
       s.seconds_after_original, s.is_original, s.word_count, s.revision_count, r.body_text
FROM wire_v1.story_articles s
JOIN wiredesk.revision r ON r.article_id = s.article_id AND r.revision_no = s.revision_count
WHERE s.story_id = %(story_id)s
ORDER BY s.ordinal
LIMIT %(limit)s

-- outcomes_of_article --
-- The last outcomes of an article.
SELECT o.submission_id, o.item_no, o.outcome, o.reason, o.article_id, o.revision_no, o.headline, o.key, o.url, o.received_at
FROM wire_v1.outcomes o WHERE o.article_id = %(article_id)s ORDER BY o.received_at DESC LIMIT %(limit)s

-- outcomes_of_url --
-- The last rejections of an address that no article has.
SELECT o.submission_id, o.item_no, o.outcome, o.reason, o.article_id, o.revision_no, o.headline, o.key, o.url, o.received_at
FROM wiredesk.outcome o WHERE o.outcome = 'rejected' AND o.url = ANY(%(urls)s) ORDER BY o.received_at DESC LIMIT 20

-- waiting_of_url --
-- Documents of an address that still wait.
SELECT document_id, needs, attempts, due_at, reason FROM wiredesk.document
WHERE state = 'waiting' AND url = ANY(%(urls)s) ORDER BY document_id LIMIT 20

-- totals --
-- Numbers of articles, stories, feeds and documents.
SELECT (SELECT count(*) FROM wiredesk.article) AS articles,
       (SELECT coalesce(sum(revision_no), 0) FROM wiredesk.article) AS revisions,
       (SELECT count(*) FROM wiredesk.story) AS stories,
       (SELECT count(*) FROM wiredesk.document WHERE state = 'waiting') AS waiting,
       (SELECT count(*) FROM wiredesk.feed WHERE state = 'active') AS feeds,
       (SELECT count(*) FROM wiredesk.outcome WHERE outcome = 'created') AS created,
       (SELECT count(*) FROM wiredesk.outcome WHERE outcome = 'revised') AS revised,
       (SELECT count(*) FROM wiredesk.outcome WHERE outcome = 'repeated')
           + (SELECT coalesce(sum(entries), 0) FROM wiredesk.showing) AS repeated,
       (SELECT count(*) FROM wiredesk.outcome WHERE outcome = 'rejected') AS rejected

-- changes_after --
-- The published change feed, with the headline for people.
SELECT c.cursor, c.kind, c.article_id, c.revision_no, c.story_id, c.merged_story_id, c.occurred_at, r.headline
FROM wire_v1.changes_after(%(cursor)s, %(limit)s) c
LEFT JOIN wiredesk.revision r ON r.article_id = c.article_id AND r.revision_no = c.revision_no
ORDER BY c.cursor

-- consumer_cursor --
-- The cursor of a consumer, which is added at cursor 0.
WITH made AS (
    INSERT INTO wiredesk.consumer (name) VALUES (%(name)s) ON CONFLICT (name) DO NOTHING RETURNING cursor
)
SELECT cursor FROM made UNION ALL SELECT cursor FROM wiredesk.consumer WHERE name = %(name)s LIMIT 1

-- move_consumer --
-- Store the cursor up to which a consumer has read.
UPDATE wiredesk.consumer SET cursor = %(cursor)s, moved_at = now() WHERE name = %(name)s AND cursor < %(cursor)s

-- last_cursor --
-- The cursor of the last change that can be read now; 0 where there is none.
SELECT coalesce(max(cursor), 0) FROM wire_v1.changes
