-- Sources and feeds, the inbox, articles with all their revisions, outcomes, the change feed.
-- Tables live in schema wiredesk (made with the list of applied migrations) and are private; consumers read wire_v1 (0002).

CREATE TABLE wiredesk.source (
    source_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug          text NOT NULL UNIQUE,
    name          text NOT NULL,
    first_seen_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE wiredesk.feed (
    feed_id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    url              text NOT NULL UNIQUE,
    source           text,                        -- as the operator named it; null: the feed's own title
    title            text,
    folders          text[] NOT NULL DEFAULT '{}', -- folders of the feed list that hold it, the outermost first
    state            text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'removed')),
    full_text        text CHECK (full_text IN ('never', 'short', 'always')),
    recheck_ladder   double precision[],          -- seconds after filing; null: as the setting says, empty: never
    verify_tls       boolean NOT NULL DEFAULT true,
    fixed_interval_seconds double precision,      -- as the operator set it; null: it is learned
    headers          jsonb NOT NULL DEFAULT '{}', -- sent with each request to the feed's own origin
    user_agent       text,                        -- null: as the setting says
    credentials      text,                        -- the file in credentials_dir that holds them; they are nowhere else
    added_at         timestamptz NOT NULL DEFAULT now(),
    next_fetch_at    timestamptz NOT NULL DEFAULT now(),  -- while leased: when the lease ends
    lease_token      uuid,
    interval_seconds double precision,
    interval_reason  text,
    etag             text,
    last_modified    text,
    body_sha256      bytea,
    fetched_at       timestamptz,                 -- the last poll; a postponed one does not count
    succeeded_at     timestamptz,                 -- the last good answer, 304 included
    changed_at       timestamptz,                 -- the last time the body was different
    last_status      integer,
    last_error       text,
    failures         double precision NOT NULL DEFAULT 0,
    asked            boolean NOT NULL DEFAULT false, -- a person asked for a poll, which has not been made yet
    postponed        text,                        -- why a poll waits for its host; null: none does
    schedule         jsonb NOT NULL DEFAULT '{}', -- the polling rhythm (wiredesk.worker.news.polls.state)
    showings         integer NOT NULL DEFAULT 0,  -- the number of its last row in wiredesk.showing
    shown_at         timestamptz                  -- and the time of that
);
CREATE INDEX feed_due ON wiredesk.feed (next_fetch_at) WHERE state = 'active';
CREATE INDEX feed_urgent ON wiredesk.feed (next_fetch_at) WHERE state = 'active' AND (fetched_at IS NULL OR asked);
CREATE INDEX feed_leased ON wiredesk.feed (next_fetch_at) WHERE lease_token IS NOT NULL;

-- Subscriptions at the hubs that feeds name (WebSub). A request is asked (`asked_at`), accepted by the hub
-- (`accepted_at`) and verified by it, which clears both; it is valid until `expires_at`.
CREATE TABLE wiredesk.subscription (
    feed_id     bigint PRIMARY KEY REFERENCES wiredesk.feed,
    hub         text NOT NULL,
    topic       text NOT NULL,                    -- the address by which the hub knows the feed
    callback    text NOT NULL UNIQUE,             -- the end of the address that the hub pushes to: a secret of the two
    secret      text NOT NULL,                    -- signs what the hub pushes
    named       boolean NOT NULL DEFAULT true,    -- whether the last document named a hub
    named_at    timestamptz NOT NULL DEFAULT now(), -- since when it is this hub and topic
    base        text,                             -- the setting public_url when the hub was asked
    due_at      timestamptz NOT NULL DEFAULT now(), -- when the hub is asked again; while leased: when the lease ends
    lease_token uuid,
    asked_at    timestamptz,
    accepted_at timestamptz,
    expires_at  timestamptz,                      -- null: not verified
    pushed_at   timestamptz,                      -- the last content with the right signature
    body_sha256 bytea,                            -- and its bytes
    missed_at   timestamptz,                      -- the last poll that found entries which had not been pushed
    refusals    integer NOT NULL DEFAULT 0,       -- contents in a row that were not believed
    failures    integer NOT NULL DEFAULT 0,       -- requests in a row that were not verified
    last_error  text                              -- null: none since the last verification and the last good content
);
CREATE INDEX subscription_due ON wiredesk.subscription (due_at);

-- Whether a hub pushes the feed: its subscription is valid, and its last content came after the last poll that found more.
CREATE FUNCTION wiredesk.is_pushed(feed_id bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM wiredesk.subscription s
                   WHERE s.feed_id = $1 AND s.expires_at > now() AND s.pushed_at > coalesce(s.missed_at, '-infinity'))
$$;

-- Bodies are content-addressed: the same bytes are stored once, however often they arrive.
CREATE TABLE wiredesk.body (
    sha256     bytea PRIMARY KEY,
    content    bytea NOT NULL,                    -- the bytes as one zstd frame
    stored_at  timestamptz NOT NULL DEFAULT now() -- the last time it arrived, to the day
);
CREATE INDEX body_stored ON wiredesk.body (stored_at);
ALTER TABLE wiredesk.body ALTER COLUMN content SET STORAGE EXTERNAL;  -- it is compressed

CREATE SEQUENCE wiredesk.submission_id_seq AS bigint;
CREATE SEQUENCE wiredesk.document_id_seq AS bigint;

CREATE TABLE wiredesk.submission (
    submission_id    bigint PRIMARY KEY DEFAULT nextval('wiredesk.submission_id_seq'),
    channel          text NOT NULL CHECK (channel IN ('cli', 'client', 'stream', 'task', 'http', 'folder', 'mail')),
    source           text NOT NULL DEFAULT '',    -- slug; '' when the submitter named none
    key              text,
    version          integer NOT NULL DEFAULT 1,  -- counts the different contents under one source and key
    digest           bytea NOT NULL,              -- of the message without received_at and submitter
    delivery         text UNIQUE,                 -- the stream entry or Celery task that brought it: a redelivery is seen
    submitter        text,
    token            text,                        -- name of the token that handed it in over HTTP
    received_at      timestamptz NOT NULL,
    known            jsonb NOT NULL DEFAULT '{}', -- the submitter's other fields
    refusal          text,                        -- why the message broke the contract; its key then has no version
    times            integer NOT NULL DEFAULT 1,
    last_received_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX submission_key ON wiredesk.submission (key, source, version) WHERE key IS NOT NULL AND refusal IS NULL;
CREATE INDEX submission_refused ON wiredesk.submission (key) WHERE key IS NOT NULL AND refusal IS NOT NULL;

-- The durable inbox. A document waits until it is filed, rejected or set aside. A worker takes it with the token of its
-- lease; a worker whose token was replaced since changes nothing.
CREATE TABLE wiredesk.document (
    document_id   bigint PRIMARY KEY DEFAULT nextval('wiredesk.document_id_seq'),
    origin        text NOT NULL CHECK (origin IN ('submission', 'feed', 'page', 'recheck')),
    state         text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done')),
    needs         text NOT NULL DEFAULT 'ingest' CHECK (needs IN ('fetch', 'ingest')),
    body_sha256   bytea REFERENCES wiredesk.body,
    body_bytes    integer NOT NULL DEFAULT 0,
    media_type    text,                           -- as declared by the sender, parameters included
    url           text,
    feed_id       bigint REFERENCES wiredesk.feed,
    submission_id bigint REFERENCES wiredesk.submission,
    received_at   timestamptz NOT NULL,
    lane          uuid,                           -- documents of one lane are filed in the order they arrived
    context       jsonb NOT NULL DEFAULT '{}',    -- fields of a page's entry; the article of a re-check
    fetched_at    timestamptz,                    -- when its body was fetched; null: submitted, or not fetched yet
    due_at        timestamptz NOT NULL DEFAULT now(),  -- when it may be leased; a lease moves it to its end
    lease_token   uuid,
    attempts      smallint NOT NULL DEFAULT 0,
    done_at       timestamptz,
    created       integer NOT NULL DEFAULT 0,
    revised       integer NOT NULL DEFAULT 0,
    repeated      integer NOT NULL DEFAULT 0,
    rejected      integer NOT NULL DEFAULT 0,
    reason        text
) WITH (fillfactor = 80);
CREATE INDEX document_due ON wiredesk.document (due_at, document_id) WHERE state = 'waiting';
CREATE INDEX document_leased ON wiredesk.document (due_at) WHERE state = 'waiting' AND lease_token IS NOT NULL;
-- Not `state = 'waiting'`: with that predicate the planner could choose another index for a look-up of a lane.
CREATE INDEX document_lane ON wiredesk.document (lane, document_id) WHERE state <> 'done' AND lane IS NOT NULL;
CREATE INDEX document_submission ON wiredesk.document (submission_id) WHERE submission_id IS NOT NULL;
-- For the foreign key: a body can be deleted when no document has it.
CREATE INDEX document_body ON wiredesk.document (body_sha256) WHERE body_sha256 IS NOT NULL;
CREATE INDEX document_feed ON wiredesk.document (feed_id, document_id) WHERE feed_id IS NOT NULL;
-- Counts of the last hour or day. Documents are closed nearly in the order of their rows, and an index of this kind
-- leaves updates of `done_at` heap-only.
CREATE INDEX document_done ON wiredesk.document USING brin (done_at) WITH (pages_per_range = 16, autosummarize = on);

CREATE SEQUENCE wiredesk.article_id_seq AS bigint CACHE 64;

-- An article keeps the id of the story it was filed in; when two stories turn out to be one, the younger points at the
-- survivor, so that every id ever published stays valid.
CREATE TABLE wiredesk.story (
    story_id            bigint PRIMARY KEY,       -- the id of the article that opened it
    merged_into         bigint,                   -- the survivor; it is never itself merged
    first_seen_at       timestamptz NOT NULL,
    original_article_id bigint NOT NULL,
    article_count       integer NOT NULL DEFAULT 1
) WITH (fillfactor = 80);
CREATE INDEX story_merged ON wiredesk.story (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX story_copied ON wiredesk.story (first_seen_at) WHERE merged_into IS NULL AND article_count > 1;

-- Each story is merged at most once; a later merge of its survivor is another row. `wire_v1.story_id_at` reads them.
CREATE TABLE wiredesk.story_merge (
    story_id    bigint PRIMARY KEY,
    survivor    bigint NOT NULL,
    observed_at timestamptz NOT NULL,             -- when the text was received that showed it
    filed_at    timestamptz NOT NULL DEFAULT now()
);

-- The fingerprint of every revision within the age window, and its story keys.
CREATE TABLE wiredesk.story_print (
    article_id  bigint NOT NULL,
    revision_no integer NOT NULL,
    seen_at     timestamptz NOT NULL,
    fingerprint bytea NOT NULL,                   -- wiredesk.worker.news.compare.fingerprint, its version in the first byte
    PRIMARY KEY (article_id, revision_no)
);
ALTER TABLE wiredesk.story_print ALTER COLUMN fingerprint SET STORAGE EXTERNAL;  -- hashes don't compress
CREATE INDEX story_print_seen ON wiredesk.story_print (seen_at);
CREATE TABLE wiredesk.story_key (
    key        bigint NOT NULL,
    article_id bigint NOT NULL,
    PRIMARY KEY (key, article_id)
);

CREATE TABLE wiredesk.article (
    article_id     bigint PRIMARY KEY,
    story_id       bigint NOT NULL,
    source_id      bigint NOT NULL REFERENCES wiredesk.source,
    canonical_url  text,
    first_seen_at  timestamptz NOT NULL,
    last_seen_at   timestamptz NOT NULL,
    revision_no    integer NOT NULL DEFAULT 1,    -- the current one; revisions are numbered from 1 without gaps
    meaning_sha256 bytea NOT NULL,                -- meaning hash of the current revision
    filed_at       timestamptz NOT NULL DEFAULT now(),
    gone_at        timestamptz,                   -- when its page was first found gone, once that is confirmed
    release_at     timestamptz                    -- the end of its embargo; null: none, or its end is in the change feed
) WITH (fillfactor = 80);
CREATE INDEX article_story ON wiredesk.article (story_id);
CREATE INDEX article_source ON wiredesk.article (source_id, first_seen_at);
CREATE INDEX article_release ON wiredesk.article (release_at) WHERE release_at IS NOT NULL;

-- Re-checks of articles' pages, on the ladder of their feed or of the setting `recheck_ladder`.
CREATE TABLE wiredesk.recheck (
    article_id    bigint PRIMARY KEY,
    url           text NOT NULL,
    feed_id       bigint,                         -- the feed whose entry, or the submission that named the page; the
    submission_id bigint,                         -- page is read with its fields, so that it gives the same text
    context       jsonb NOT NULL,                 -- of the page's document
    filed_at      timestamptz NOT NULL DEFAULT now(),  -- the steps of the ladder count from here
    due_at        timestamptz NOT NULL,           -- the next re-check; infinity: the ladder has ended
    gone_since    timestamptz                     -- the first 404 or 410 in a row
) WITH (fillfactor = 80);
CREATE INDEX recheck_due ON wiredesk.recheck (due_at) WHERE due_at < 'infinity';

-- Every name an article ever had. The key is a 128-bit hash of kind, scope and value; claiming it is what makes two
-- workers agree on which article an item is.
CREATE TABLE wiredesk.alias (
    alias_key  uuid PRIMARY KEY,
    article_id bigint NOT NULL,
    kind       text NOT NULL,
    value      text NOT NULL,
    seen_at    timestamptz NOT NULL
);

CREATE TABLE wiredesk.revision (
    article_id          bigint NOT NULL,
    revision_no         integer NOT NULL,
    observed_at         timestamptz NOT NULL,
    document_id         bigint NOT NULL,
    change_kind         text NOT NULL,
    share_changed       real,
    headline            text,
    byline              text,
    description         text,
    body_text           text NOT NULL,
    language            text,
    language_confidence real,
    canonical_url       text,
    published_at        timestamptz,
    published_precision text NOT NULL,
    published_source    text,
    published_zone_known boolean,
    published_offset_minutes integer,
    modified_at         timestamptz,
    section             text,
    dateline_text       text,
    dateline_place      text,
    dateline_date       date,
    dateline_agency     text,
    dateline_agency_text text,
    agency              text,
    agency_source       text,
    word_count          integer NOT NULL,
    content_sha256      bytea NOT NULL,
    meaning_sha256      bytea NOT NULL,
    flags               text[] NOT NULL DEFAULT '{}',
    evidence            jsonb NOT NULL DEFAULT '[]',
    filed_at            timestamptz NOT NULL DEFAULT now(),
    provider_id         text,
    provider_version    text,
    urgency             smallint,
    release_at          timestamptz,
    ed_note             text,
    usage_terms         text,
    PRIMARY KEY (article_id, revision_no)
);
CREATE INDEX revision_published ON wiredesk.revision (published_at);

CREATE TABLE wiredesk.author (
    article_id  bigint NOT NULL,
    revision_no integer NOT NULL,
    ordinal     integer NOT NULL,
    name        text NOT NULL,
    role        text,
    name_source text NOT NULL,
    PRIMARY KEY (article_id, revision_no, ordinal)
);

CREATE TABLE wiredesk.tag (
    article_id  bigint NOT NULL,
    revision_no integer NOT NULL,
    ordinal     integer NOT NULL,
    tag         text NOT NULL,
    PRIMARY KEY (article_id, revision_no, ordinal)
);

CREATE TABLE wiredesk.subject (
    article_id  bigint NOT NULL,
    revision_no integer NOT NULL,
    ordinal     integer NOT NULL,
    kind        text NOT NULL,
    scheme      text,
    code        text,
    name        text,
    PRIMARY KEY (article_id, revision_no, ordinal)
);
CREATE INDEX subject_code ON wiredesk.subject (code) WHERE code IS NOT NULL;

CREATE TABLE wiredesk.media (
    article_id  bigint NOT NULL,
    revision_no integer NOT NULL,
    ordinal     integer NOT NULL,
    url         text NOT NULL,
    kind        text NOT NULL,
    media_type  text,
    caption     text,
    width       integer,
    height      integer,
    PRIMARY KEY (article_id, revision_no, ordinal)
);

CREATE TABLE wiredesk.quote (
    article_id     bigint NOT NULL,
    revision_no    integer NOT NULL,
    ordinal        integer NOT NULL,
    text           text NOT NULL,
    start_offset   integer NOT NULL,
    end_offset     integer NOT NULL,
    speaker        text,
    speaker_source text,
    cue            text,
    kind           text NOT NULL,
    PRIMARY KEY (article_id, revision_no, ordinal)
);
CREATE INDEX quote_speaker ON wiredesk.quote (speaker) WHERE speaker IS NOT NULL;

CREATE TABLE wiredesk.mention (
    article_id   bigint NOT NULL,
    revision_no  integer NOT NULL,
    ordinal      integer NOT NULL,
    kind         text NOT NULL,
    text         text NOT NULL,
    name         text NOT NULL,
    start_offset integer NOT NULL,
    end_offset   integer NOT NULL,
    count        integer NOT NULL,
    PRIMARY KEY (article_id, revision_no, ordinal)
);
CREATE INDEX mention_name ON wiredesk.mention (name);

-- One row for each article in each feed, and for each submission that brought it.
CREATE TABLE wiredesk.sighting (
    article_id    bigint NOT NULL,
    feed_id       bigint,
    submission_id bigint,
    url           text,
    seen_at       timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL,
    times         integer NOT NULL DEFAULT 1,
    meaning_sha256 bytea NOT NULL,                -- meaning hash of the text shown there last
    CHECK ((feed_id IS NULL) <> (submission_id IS NULL))
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX sighting_once ON wiredesk.sighting
    (article_id, coalesce(feed_id, 0), coalesce(submission_id, 0));

-- The entries of feeds whose bytes were read. An entry that a feed shows again in the same bytes is not read again: a row
-- in wiredesk.showing stands for the outcomes `repeated` of all such entries of one poll, which are those with
-- shown_after < number <= shown_until. Open entries are in the feed's last document. Only polls end rows; filing adds
-- them, and sets `stale` where the same bytes may now have another outcome.
CREATE TABLE wiredesk.feed_entry (
    feed_id      bigint NOT NULL,
    digest       bytea NOT NULL,                  -- wiredesk.worker.news.feeds.split
    article_id   bigint NOT NULL,                 -- the article that it gave
    revision_no  integer NOT NULL,                -- the current one then
    document_id  bigint NOT NULL,                 -- the document and item from which it was read, and when that came
    item_no      integer NOT NULL,
    read_at      timestamptz NOT NULL,
    published_at timestamptz,
    title_key    bigint NOT NULL,                 -- hash of its headline
    shown_after  integer NOT NULL,
    shown_until  integer NOT NULL DEFAULT 2147483647,  -- 2147483647: it is open
    ended_at     timestamptz,
    stale        boolean NOT NULL DEFAULT false
);
CREATE INDEX feed_entry_shown ON wiredesk.feed_entry (feed_id, shown_until);
CREATE INDEX feed_entry_article ON wiredesk.feed_entry (article_id);
CREATE INDEX feed_entry_ended ON wiredesk.feed_entry (ended_at) WHERE ended_at IS NOT NULL;

-- Polls that showed entries which were not read again.
CREATE TABLE wiredesk.showing (
    received_at timestamptz NOT NULL,
    feed_id     bigint NOT NULL,
    number      integer NOT NULL,                 -- 1, 2, … for each feed
    entries     integer NOT NULL,                 -- those that were not read again
    PRIMARY KEY (feed_id, number, received_at)
) PARTITION BY RANGE (received_at);
CREATE INDEX showing_received ON wiredesk.showing (received_at);

-- Outcomes: one row for each item that was read.
CREATE TABLE wiredesk.outcome (
    received_at   timestamptz NOT NULL,
    document_id   bigint NOT NULL,
    item_no       integer NOT NULL,               -- 0: the document itself
    origin        text NOT NULL,
    feed_id       bigint,
    submission_id bigint,
    url           text,
    key           text,
    headline      text,
    outcome       text NOT NULL CHECK (outcome IN ('created', 'revised', 'repeated', 'rejected')),
    reason        text,
    article_id    bigint,
    revision_no   integer,
    decided_at    timestamptz NOT NULL DEFAULT now(),
    discarded_at  timestamptz,                    -- when a person closed the rejection without filing it
    retried_by    bigint,                         -- the submission that handed the rejected item in again
    CHECK ((outcome = 'rejected') = (reason IS NOT NULL)),
    PRIMARY KEY (received_at, document_id, item_no)
) PARTITION BY RANGE (received_at);
CREATE INDEX outcome_article ON wiredesk.outcome (article_id);
CREATE INDEX outcome_rejected ON wiredesk.outcome (decided_at) WHERE outcome = 'rejected';

-- The fetch log: one row for each fetch.
CREATE TABLE wiredesk.fetch (
    fetched_at  timestamptz NOT NULL,
    feed_id     bigint,
    document_id bigint,
    url         text NOT NULL,
    final_url   text,
    status      integer,
    address     text,
    wire_bytes  bigint,
    body_bytes  bigint,
    seconds     real,
    sent_etag   text,
    entries     integer,
    new_entries integer,
    error       text
) PARTITION BY RANGE (fetched_at);
CREATE INDEX fetch_feed ON wiredesk.fetch (feed_id, fetched_at);
CREATE INDEX fetch_checked ON wiredesk.fetch (fetched_at) WHERE document_id IS NOT NULL AND error LIKE 'challenge:%';

-- Months are partitions, so that retention is one DROP. Rows outside every month go to the default partition.
CREATE TABLE wiredesk.outcome_other PARTITION OF wiredesk.outcome DEFAULT;
CREATE TABLE wiredesk.fetch_other PARTITION OF wiredesk.fetch DEFAULT;
CREATE TABLE wiredesk.showing_other PARTITION OF wiredesk.showing DEFAULT;

-- Workers make and drop months without owning a table: these two functions have the rights of their owner.
CREATE FUNCTION wiredesk.make_months(parent text, first_day date, months integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE month date; part text; key text; low timestamptz; high timestamptz;
BEGIN
    IF parent NOT IN ('outcome', 'fetch', 'showing') THEN
        RAISE EXCEPTION '% is not kept by the month', parent;
    END IF;
    SELECT attname INTO key FROM pg_partitioned_table p
    JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
    WHERE p.partrelid = ('wiredesk.' || parent)::regclass;
    FOR n IN 0 .. months - 1 LOOP
        month := (date_trunc('month', first_day::timestamp) + make_interval(months => n))::date;
        part := parent || '_' || to_char(month, 'YYYY_MM');
        low := month::timestamp AT TIME ZONE 'UTC';
        high := (month + interval '1 month') AT TIME ZONE 'UTC';
        IF to_regclass('wiredesk.' || part) IS NULL THEN
            -- Rows of this month that came while there was no partition for it move over from the default one.
            EXECUTE format('CREATE TABLE wiredesk.%I (LIKE wiredesk.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part, parent);
            EXECUTE format('WITH moved AS (DELETE FROM wiredesk.%I WHERE %I >= %L AND %I < %L RETURNING *)
                            INSERT INTO wiredesk.%I SELECT * FROM moved', parent || '_other', key, low, key, high, part);
            EXECUTE format('ALTER TABLE wiredesk.%I ATTACH PARTITION wiredesk.%I FOR VALUES FROM (%L) TO (%L)',
                           parent, part, low, high);
        END IF;
    END LOOP;
END $$;

-- At least a whole month is kept, whatever the caller says.
CREATE FUNCTION wiredesk.drop_months_before(parent text, first_kept date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE part text; dropped integer := 0;
BEGIN
    IF parent NOT IN ('outcome', 'fetch', 'showing') THEN
        RAISE EXCEPTION '% is not kept by the month', parent;
    END IF;
    first_kept := least(first_kept, (current_date - interval '1 month')::date);
    FOR part IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = ('wiredesk.' || parent)::regclass
          AND c.relname ~ ('^' || parent || '_\d{4}_\d{2}$')
          AND to_date(right(c.relname, 7), 'YYYY_MM') < date_trunc('month', first_kept::timestamp)
    LOOP
        EXECUTE format('DROP TABLE wiredesk.%I', part);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;

SELECT wiredesk.make_months('outcome', current_date - 31, 4), wiredesk.make_months('fetch', current_date - 31, 4),
       wiredesk.make_months('showing', current_date - 31, 4);

-- The change feed. A cursor is the writing transaction's id in the high 43 bits and a number within it in the low 20, so
-- that a reader which stops below the oldest transaction still open can never pass over one that commits late.
CREATE SEQUENCE wiredesk.change_seq AS bigint;

-- An archive that is restored continues with other transaction ids, and its consumers may have seen changes that it no
-- longer has. So each restore begins an epoch, whose `base` lifts its cursors above every cursor given out before.
CREATE TABLE wiredesk.change_epoch (
    epoch        integer PRIMARY KEY,
    began_at     timestamptz NOT NULL DEFAULT now(),
    database     text,                            -- wiredesk.database_identity() of this epoch; null: not noted yet
    base         bigint NOT NULL,                 -- is added to transaction ids
    kept_until   bigint NOT NULL,                 -- the last cursor of the epochs before that the archive still has
    first_cursor bigint NOT NULL                  -- cursors between these two are of changes that are lost
);

-- The cluster, its timeline and the database: another identity shows a restore. Null on a standby.
CREATE FUNCTION wiredesk.database_identity() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN NOT pg_is_in_recovery() THEN concat_ws(
        '/', (SELECT system_identifier FROM pg_control_system()), left(pg_walfile_name(pg_current_wal_lsn()), 8),
        (SELECT oid FROM pg_database WHERE datname = current_database())) END
$$;
INSERT INTO wiredesk.change_epoch VALUES (1, now(), NULL, 0, 0, 0);

CREATE FUNCTION wiredesk.cursor_base() RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT base FROM wiredesk.change_epoch ORDER BY epoch DESC LIMIT 1
$$;

CREATE FUNCTION wiredesk.next_cursor() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT ((pg_current_xact_id()::text::bigint + wiredesk.cursor_base()) << 20)
           | (nextval('wiredesk.change_seq') & 1048575)
$$;

CREATE TABLE wiredesk.change (
    cursor      bigint PRIMARY KEY DEFAULT wiredesk.next_cursor(),
    kind        text NOT NULL,
    article_id  bigint,
    revision_no integer,
    story_id    bigint,
    merged_story_id bigint,                       -- the story that was merged into story_id
    occurred_at timestamptz NOT NULL DEFAULT now()
);

-- Begin an epoch when the archive was restored, which another identity shows, or `is_restored` says of a copied data folder.
-- Whether one began. The lost changes had at most 10,000 transactions a second since the last change that is left.
CREATE FUNCTION wiredesk.note_restore(is_restored boolean) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    here text := wiredesk.database_identity();
    before wiredesk.change_epoch;
    last wiredesk.change;
    first_transaction bigint;
BEGIN
    SELECT * INTO before FROM wiredesk.change_epoch ORDER BY epoch DESC LIMIT 1 FOR UPDATE;
    SELECT * INTO last FROM wiredesk.change ORDER BY cursor DESC LIMIT 1;
    IF here IS NULL OR (here = before.database AND NOT is_restored) THEN
        RETURN false;
    ELSIF before.database IS NULL OR last IS NULL THEN  -- a new archive: no consumer has a cursor
        UPDATE wiredesk.change_epoch SET database = here WHERE epoch = before.epoch;
        RETURN false;
    END IF;
    first_transaction := (last.cursor >> 20) + 1000000
        + (10000 * greatest(0, extract(epoch FROM clock_timestamp() - last.occurred_at)))::bigint;
    INSERT INTO wiredesk.change_epoch (epoch, database, base, kept_until, first_cursor)
    VALUES (before.epoch + 1, here,
            greatest(before.base, first_transaction - pg_snapshot_xmin(pg_current_snapshot())::text::bigint),
            last.cursor, first_transaction << 20);
    INSERT INTO wiredesk.change (kind) VALUES ('restored');
    RETURN true;
END $$;

CREATE TABLE wiredesk.consumer (
    name     text PRIMARY KEY,
    cursor   bigint NOT NULL DEFAULT 0,
    moved_at timestamptz NOT NULL DEFAULT now()
);

-- Consumers that are sent the changes. Their cursors are in `consumer`, under the name `push:NAME`.
CREATE TABLE wiredesk.push (
    push_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text NOT NULL UNIQUE,
    kind          text NOT NULL CHECK (kind IN ('webhook', 'stream', 'task')),
    target        text NOT NULL,                  -- the address, or the name of the stream or task
    queue         text,                           -- of the task
    secret        text,                           -- the file in credentials_dir: a signing key, or a server's address
    kinds         text[] NOT NULL DEFAULT '{}',   -- kinds of changes that are sent; empty: all
    selection     jsonb NOT NULL DEFAULT '{}',    -- wiredesk.worker.store.selection.Selection
    state         text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused')),
    sent          bigint[] NOT NULL DEFAULT '{}', -- changes after the cursor that are sent already
    failing_since timestamptz,                    -- when the change that is not taken was sent first
    failures      integer NOT NULL DEFAULT 0,
    last_error    text,                           -- why the last one was not taken, or why it is paused
    sent_at       timestamptz,
    added_at      timestamptz NOT NULL DEFAULT now(),
    next_at       timestamptz NOT NULL DEFAULT now(),  -- while leased: when the lease ends
    lease_token   uuid
);

-- Up to where a mail box was read: messages have rising numbers (`uid`) as long as the folder keeps its `uidvalidity`.
CREATE TABLE wiredesk.mail_box (
    name        text PRIMARY KEY,                 -- user@host/folder
    uidvalidity bigint NOT NULL,
    uid         bigint NOT NULL,                  -- this message and all below it are in the inbox
    outcomes_at timestamptz NOT NULL              -- rejections up to this time are marked in the mail box
);

-- When each service last did its work; health checks read it.
CREATE TABLE wiredesk.heartbeat (
    part text PRIMARY KEY,
    at   timestamptz NOT NULL
);

-- The search index: one row for each article, made from its current revision by a reader of the change feed (service web),
-- so that filing does not wait for it. `document` holds the words of headline and text in the configuration of the
-- article's language, one lexeme `config:…` with its name, and one for each value of a filter (`wiredesk.facet`).
CREATE TABLE wiredesk.search (
    article_id    bigint PRIMARY KEY,
    first_seen_at timestamptz NOT NULL,
    published_at  timestamptz,
    document      tsvector NOT NULL
) WITH (toast_tuple_target = 128);                -- documents lie beside the table: a scan for ids and times reads few pages
CREATE INDEX search_document ON wiredesk.search USING gin (document);
CREATE INDEX search_seen ON wiredesk.search (first_seen_at);
CREATE INDEX search_published ON wiredesk.search (published_at);

-- The configurations that documents of the index have: a query is made in each of them.
CREATE TABLE wiredesk.search_config (name text PRIMARY KEY);

-- The cursor of the change feed up to which the index is made.
CREATE TABLE wiredesk.search_progress (cursor bigint NOT NULL);
INSERT INTO wiredesk.search_progress VALUES (0);

-- The lexeme of a filter's value: `agency:reuters`.
CREATE FUNCTION wiredesk.facet(kind text, value text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT kind || ':' || left(lower(replace(value, '\', '')), 200)
$$;

-- Tokens of the service web. The token itself is nowhere: it has 256 random bits, so its plain hash can't be guessed.
CREATE TABLE wiredesk.token (
    token_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name         text NOT NULL UNIQUE,
    sha256       bytea NOT NULL UNIQUE,
    scopes       text[] NOT NULL CHECK (scopes <@ ARRAY['submit', 'read', 'embargoed', 'admin'] AND scopes <> '{}'),
    source       text,                            -- its submissions are of this source; null: of any
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz                      -- to a minute
);

-- Logins of browsers with a token; they end with it. `sha256` is the hash of the cookie's value.
CREATE TABLE wiredesk.web_session (
    sha256     bytea PRIMARY KEY,
    token_id   bigint NOT NULL REFERENCES wiredesk.token,
    expires_at timestamptz NOT NULL
);
