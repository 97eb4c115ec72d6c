-- The published contract: schema wire_v1. Additions keep the version; anything else is wire_v2 beside it.

CREATE SCHEMA wire_v1;

CREATE VIEW wire_v1.articles AS
SELECT a.article_id, a.story_id, s.name AS source, s.slug AS source_slug, a.canonical_url,
       r.headline, r.byline, r.description, r.body_text, r.language, r.language_confidence,
       r.published_at, r.published_precision, r.published_source, r.published_zone_known, r.modified_at, r.section,
       a.first_seen_at, a.last_seen_at, r.revision_no, a.revision_no AS revision_count, r.word_count,
       r.dateline_text, r.dateline_place, r.dateline_date, r.dateline_agency, r.agency, r.agency_source,
       encode(r.content_sha256, 'hex') AS content_sha256, t.original_article_id = a.article_id AS is_original, r.flags
FROM wiredesk.article a
JOIN wiredesk.revision r ON r.article_id = a.article_id AND r.revision_no = a.revision_no
JOIN wiredesk.source s ON s.source_id = a.source_id
JOIN wiredesk.story t ON t.story_id = a.story_id;

CREATE VIEW wire_v1.revisions AS
SELECT r.article_id, r.revision_no, r.observed_at, r.change_kind, r.share_changed,
       r.headline, r.byline, r.description, r.body_text, r.language, r.language_confidence, r.canonical_url,
       r.published_at, r.published_precision, r.published_source, r.published_zone_known, r.modified_at, r.section,
       r.dateline_text, r.dateline_place, r.dateline_date, r.dateline_agency, r.agency, r.agency_source, r.word_count,
       encode(r.content_sha256, 'hex') AS content_sha256, r.flags, r.evidence, r.document_id
FROM wiredesk.revision r;

CREATE VIEW wire_v1.authors AS SELECT article_id, revision_no, ordinal, name, role, name_source FROM wiredesk.author;
CREATE VIEW wire_v1.tags AS SELECT article_id, revision_no, ordinal, tag FROM wiredesk.tag;
CREATE VIEW wire_v1.media AS
SELECT article_id, revision_no, ordinal, url, kind, media_type, caption, width, height FROM wiredesk.media;
CREATE VIEW wire_v1.quotes AS
SELECT article_id, revision_no, ordinal, text, start_offset, end_offset, speaker, cue, kind, speaker_source
FROM wiredesk.quote;
CREATE VIEW wire_v1.mentions AS
SELECT article_id, revision_no, ordinal, kind, text, name, start_offset, end_offset, count FROM wiredesk.mention;
CREATE VIEW wire_v1.sightings AS
SELECT article_id, feed_id, submission_id, url, seen_at, last_seen_at, times FROM wiredesk.sighting;
CREATE VIEW wire_v1.stories AS
SELECT story_id, article_count, original_article_id, first_seen_at FROM wiredesk.story;
CREATE VIEW wire_v1.outcomes AS
SELECT received_at, origin, url, key, outcome, reason, article_id, revision_no, document_id, item_no, feed_id,
       submission_id, headline, decided_at
FROM wiredesk.outcome;
CREATE VIEW wire_v1.feeds AS
SELECT feed_id, url, source, title, state, next_fetch_at, interval_seconds, interval_reason, fetched_at, succeeded_at,
       changed_at, last_status, last_error, failures
FROM wiredesk.feed WHERE state <> 'removed';

-- Changes that no transaction still open can come before.
CREATE VIEW wire_v1.changes AS
SELECT cursor, kind, article_id, revision_no, story_id, occurred_at
FROM wiredesk.change
WHERE cursor < (pg_snapshot_xmin(pg_current_snapshot())::text::bigint << 20);

CREATE FUNCTION wire_v1.changes_after(after_cursor bigint, max_rows integer DEFAULT 500)
RETURNS TABLE (cursor bigint, kind text, article_id bigint, revision_no integer, story_id bigint, occurred_at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT c.cursor, c.kind, c.article_id, c.revision_no, c.story_id, c.occurred_at
    FROM wire_v1.changes c
    WHERE c.cursor > coalesce(after_cursor, 0)
    ORDER BY c.cursor
    LIMIT max_rows
$$;

-- The reader sees the published schema and nothing else. Roles belong to the cluster, so it may be there already, and
-- the owner of one database may not be allowed to make it: then the administrator does, and migrates again.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'wiredesk_reader') THEN
        CREATE ROLE wiredesk_reader NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
    WHEN insufficient_privilege THEN
        RAISE WARNING 'role wiredesk_reader is missing and could not be made: CREATE ROLE wiredesk_reader NOLOGIN as an administrator';
END $$;

CREATE FUNCTION wiredesk.grant_reader() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wiredesk_reader') THEN
        GRANT USAGE ON SCHEMA wire_v1 TO wiredesk_reader;
        GRANT SELECT ON ALL TABLES IN SCHEMA wire_v1 TO wiredesk_reader;
        GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA wire_v1 TO wiredesk_reader;
    END IF;
END $$;
SELECT wiredesk.grant_reader();
