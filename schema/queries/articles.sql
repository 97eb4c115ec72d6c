-- sources --
-- Ids of sources by slug; new ones are added.
WITH incoming AS (
    SELECT * FROM json_to_recordset(%(rows)s::json) AS r (slug text, name text)
), added AS (
    INSERT INTO wiredesk.source (slug, name)
    SELECT i.slug, i.name FROM incoming i
    WHERE NOT EXISTS (SELECT FROM wiredesk.source s WHERE s.slug = i.slug)
    ORDER BY i.slug
    ON CONFLICT (slug) DO NOTHING
    RETURNING slug, source_id
)
SELECT slug, source_id FROM added
UNION ALL
SELECT s.slug, s.source_id FROM wiredesk.source s JOIN incoming i USING (slug)

-- held_aliases --
-- Which of these alias keys are claimed, by which article and as what.
SELECT alias_key, article_id, kind FROM wiredesk.alias WHERE alias_key = ANY(%(alias_keys)s)

-- current_articles --
-- Articles as they stand.
SELECT a.article_id, a.story_id, s.slug AS source, a.revision_no, a.meaning_sha256,
       -- A reread is no change of the publisher's.
       CASE WHEN r.change_kind = 'reread' THEN
           (SELECT max(v.observed_at) FROM wiredesk.revision v WHERE v.article_id = a.article_id AND v.change_kind <> 'reread')
       ELSE r.observed_at END AS observed_at,
       r.flags, r.provider_id, r.provider_version, r.modified_at, coalesce(a.release_at, r.release_at) AS release_at
FROM wiredesk.article a
JOIN wiredesk.source s USING (source_id)
JOIN wiredesk.revision r ON r.article_id = a.article_id AND r.revision_no = a.revision_no
WHERE a.article_id = ANY(%(article_ids)s)

-- lock_articles --
-- Lock articles in the order of their ids.
SELECT article_id, revision_no FROM wiredesk.article WHERE article_id = ANY(%(article_ids)s)
ORDER BY article_id
FOR UPDATE

-- current_texts --
-- The texts of current revisions.
SELECT r.article_id, r.headline, r.description, r.body_text
FROM wiredesk.article a
JOIN wiredesk.revision r ON r.article_id = a.article_id AND r.revision_no = a.revision_no
WHERE a.article_id = ANY(%(article_ids)s)

-- past_meanings --
-- The meaning hashes of the latest revisions of articles, and when they were observed.
SELECT r.article_id, r.meaning_sha256, r.observed_at
FROM unnest(%(article_ids)s::bigint[]) AS wanted (article_id)
CROSS JOIN LATERAL (
    SELECT v.article_id, v.meaning_sha256, v.observed_at FROM wiredesk.revision v
    WHERE v.article_id = wanted.article_id ORDER BY v.revision_no DESC LIMIT 20
) AS r

-- shown_last --
-- The meaning hash that each feed or submission showed last of each article.
SELECT article_id, feed_id, submission_id, meaning_sha256 FROM wiredesk.sighting
WHERE article_id = ANY(%(article_ids)s)
  AND (feed_id = ANY(%(feed_ids)s) OR submission_id = ANY(%(submission_ids)s))

-- add_articles --
-- File new articles.
INSERT INTO wiredesk.article
    (article_id, story_id, source_id, canonical_url, first_seen_at, last_seen_at, revision_no, meaning_sha256, release_at)
SELECT r.article_id, r.story_id, r.source_id, r.canonical_url, r.seen_at, r.seen_at, r.revision_no,
       decode(r.meaning_sha256, 'hex'), CASE WHEN r.release_at > now() THEN r.release_at END
FROM json_to_recordset(%(rows)s::json)
    AS r (article_id bigint, story_id bigint, source_id bigint, canonical_url text, seen_at timestamptz,
          revision_no integer, meaning_sha256 text, release_at timestamptz)

-- update_articles --
-- Articles that were seen again, or have a new current revision. Only a new revision changes the embargo.
UPDATE wiredesk.article a
SET last_seen_at = greatest(a.last_seen_at, r.seen_at), revision_no = r.revision_no,
    release_at = CASE WHEN a.revision_no = r.revision_no THEN a.release_at WHEN r.release_at > now() THEN r.release_at END,
    meaning_sha256 = decode(r.meaning_sha256, 'hex'), canonical_url = coalesce(r.canonical_url, a.canonical_url)
FROM json_to_recordset(%(rows)s::json)
    AS r (article_id bigint, seen_at timestamptz, revision_no integer, meaning_sha256 text, canonical_url text,
          release_at timestamptz)
WHERE a.article_id = r.article_id

-- release_articles --
-- End the embargoes that are over, and put each into the change feed; articles that are being filed wait for the next call.
WITH due AS (
    SELECT a.article_id, a.revision_no, a.story_id FROM wiredesk.article a
    WHERE a.release_at <= now()
    ORDER BY a.release_at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
), released AS (
    UPDATE wiredesk.article a SET release_at = NULL FROM due d WHERE a.article_id = d.article_id
)
INSERT INTO wiredesk.change (kind, article_id, revision_no, story_id)
SELECT 'released', d.article_id, d.revision_no, coalesce(t.merged_into, t.story_id)
FROM due d JOIN wiredesk.story t ON t.story_id = d.story_id

-- add_aliases --
-- Claim aliases in the order of their keys; one that another worker claimed first is left out of the answer.
INSERT INTO wiredesk.alias (alias_key, article_id, kind, value, seen_at)
SELECT r.alias_key, r.article_id, r.kind, r.value, r.seen_at
FROM json_to_recordset(%(rows)s::json)
    AS r (alias_key uuid, article_id bigint, kind text, value text, seen_at timestamptz)
ORDER BY r.alias_key
ON CONFLICT (alias_key) DO NOTHING
RETURNING alias_key

-- move_aliases --
-- Give aliases to the articles that their addresses and guids name now.
UPDATE wiredesk.alias a
SET article_id = r.article_id, kind = r.kind, seen_at = r.seen_at
FROM json_to_recordset(%(rows)s::json)
    AS r (alias_key uuid, held_by bigint, article_id bigint, kind text, seen_at timestamptz)
WHERE a.alias_key = r.alias_key AND a.article_id = r.held_by

-- add_revisions --
-- File revisions.
INSERT INTO wiredesk.revision
    (article_id, revision_no, observed_at, document_id, change_kind, share_changed, headline, byline, description,
     body_text, language, language_confidence, canonical_url, published_at, published_precision, published_source,
     published_zone_known, published_offset_minutes, modified_at, section, dateline_text, dateline_place, dateline_date,
     dateline_agency, dateline_agency_text, agency, agency_source, word_count, content_sha256, meaning_sha256, flags, evidence,
     provider_id, provider_version, urgency, release_at, ed_note, usage_terms)
SELECT r.article_id, r.revision_no, r.observed_at, r.document_id, r.change_kind, r.share_changed, r.headline, r.byline,
       r.description, r.body_text, r.language, r.language_confidence, r.canonical_url, r.published_at,
       r.published_precision, r.published_source, r.published_zone_known, r.published_offset_minutes, r.modified_at, r.section, r.dateline_text,
       r.dateline_place, r.dateline_date, r.dateline_agency, r.dateline_agency_text, r.agency, r.agency_source, r.word_count,
       decode(r.content_sha256, 'hex'), decode(r.meaning_sha256, 'hex'), r.flags, r.evidence,
       r.provider_id, r.provider_version, r.urgency, r.release_at, r.ed_note, r.usage_terms
FROM json_to_recordset(%(rows)s::json)
    AS r (article_id bigint, revision_no integer, observed_at timestamptz, document_id bigint, change_kind text,
          share_changed real, headline text, byline text, description text, body_text text, language text,
          language_confidence real, canonical_url text, published_at timestamptz, published_precision text,
          published_source text, published_zone_known boolean, published_offset_minutes integer, modified_at timestamptz, section text,
          dateline_text text, dateline_place text, dateline_date date, dateline_agency text, dateline_agency_text text, agency text,
          agency_source text, word_count integer, content_sha256 text, meaning_sha256 text, flags text[],
          evidence jsonb, provider_id text, provider_version text, urgency smallint, release_at timestamptz,
          ed_note text, usage_terms text)

-- add_authors --
-- File the authors of revisions.
INSERT INTO wiredesk.author (article_id, revision_no, ordinal, name, role, name_source)
SELECT * FROM json_to_recordset(%(rows)s::json)
    AS r (article_id bigint, revision_no integer, ordinal integer, name text, role text, name_source text)

-- add_tags --
-- File the tags of revisions.
INSERT INTO wiredesk.tag (article_id, revision_no, ordinal, tag)
SELECT * FROM json_to_recordset(%(rows)s::json) AS r (article_id bigint, revision_no integer, ordinal integer, tag text)

-- add_subjects --
-- File the provider's marks of revisions.
INSERT INTO wiredesk.subject (article_id, revision_no, ordinal, kind, scheme, code, name)
SELECT * FROM json_to_recordset(%(rows)s::json)
    AS r (article_id bigint, revision_no integer, ordinal integer, kind text, scheme text, code text, name text)

-- add_media --
-- File the media of revisions.
INSERT INTO wiredesk.media (article_id, revision_no, ordinal, url, kind, media_type, caption, width, height)
SELECT * FROM json_to_recordset(%(rows)s::json)
    AS r (article_id bigint, revision_no integer, ordinal integer, url text, kind text, media_type text, caption text,
          width integer, height integer)

-- add_quotes --
-- File the quotations of revisions.
INSERT INTO wiredesk.quote
    (article_id, revision_no, ordinal, text, start_offset, end_offset, speaker, speaker_source, cue, kind)
SELECT * FROM json_to_recordset(%(rows)s::json)
    AS r (article_id bigint, revision_no integer, ordinal integer, text text, start_offset integer, end_offset integer,
          speaker text, speaker_source text, cue text, kind text)

-- add_mentions --
-- File the mentions of revisions.
INSERT INTO wiredesk.mention (article_id, revision_no, ordinal, kind, text, name, start_offset, end_offset, count)
SELECT * FROM json_to_recordset(%(rows)s::json)
    AS r (article_id bigint, revision_no integer, ordinal integer, kind text, text text, name text, start_offset integer,
          end_offset integer, count integer)

-- add_sightings --
-- Note where articles were seen; a feed that shows one again moves its row.
INSERT INTO wiredesk.sighting (article_id, feed_id, submission_id, url, seen_at, last_seen_at, times, meaning_sha256)
SELECT r.article_id, r.feed_id, r.submission_id, r.url, r.seen_at, r.seen_at, r.times, decode(r.meaning_sha256, 'hex')
FROM json_to_recordset(%(rows)s::json)
    AS r (article_id bigint, feed_id bigint, submission_id bigint, url text, seen_at timestamptz, times integer,
          meaning_sha256 text)
ORDER BY r.article_id
ON CONFLICT (article_id, coalesce(feed_id, 0), coalesce(submission_id, 0)) DO UPDATE
SET last_seen_at = greatest(sighting.last_seen_at, excluded.last_seen_at), times = sighting.times + excluded.times,
    meaning_sha256 = excluded.meaning_sha256

-- add_outcomes --
-- Outcomes of items.
INSERT INTO wiredesk.outcome
    (received_at, document_id, item_no, origin, feed_id, submission_id, url, key, headline, outcome, reason, article_id,
     revision_no)
SELECT * FROM json_to_recordset(%(rows)s::json)
    AS r (received_at timestamptz, document_id bigint, item_no integer, origin text, feed_id bigint,
          submission_id bigint, url text, key text, headline text, outcome text, reason text, article_id bigint,
          revision_no integer)

-- amend_outcomes --
-- Outcomes after a replay: the new outcome replaces a rejection, every other row stays.
WITH r AS (
    SELECT * FROM json_to_recordset(%(rows)s::json)
        AS j (received_at timestamptz, document_id bigint, item_no integer, origin text, feed_id bigint,
              submission_id bigint, url text, key text, headline text, outcome text, reason text, article_id bigint,
              revision_no integer)
), whole AS (
    DELETE FROM wiredesk.outcome o USING r
    WHERE o.received_at = r.received_at AND o.document_id = r.document_id AND o.item_no = 0 AND r.item_no > 0
)
INSERT INTO wiredesk.outcome
    (received_at, document_id, item_no, origin, feed_id, submission_id, url, key, headline, outcome, reason, article_id,
     revision_no)
SELECT * FROM r
ON CONFLICT (received_at, document_id, item_no) DO UPDATE
SET url = excluded.url, headline = excluded.headline, outcome = excluded.outcome, reason = excluded.reason,
    article_id = excluded.article_id, revision_no = excluded.revision_no, decided_at = now()
WHERE outcome.outcome = 'rejected'

-- add_changes --
-- The change feed.
INSERT INTO wiredesk.change (kind, article_id, revision_no, story_id, merged_story_id)
SELECT * FROM json_to_recordset(%(rows)s::json)
    AS r (kind text, article_id bigint, revision_no integer, story_id bigint, merged_story_id bigint)
