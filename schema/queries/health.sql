-- note_heartbeat --
-- Note the time at which a service did its work.
INSERT INTO wiredesk.heartbeat (part, at) VALUES (%(part)s, now())
ON CONFLICT (part) DO UPDATE SET at = excluded.at

-- make_months --
-- Partitions for this month and the next two.
SELECT wiredesk.make_months('outcome', current_date, 3), wiredesk.make_months('showing', current_date, 3),
       wiredesk.make_months('fetch', current_date, 3)

-- drop_old_months --
-- Drop the partitions older than the retention; the numbers of those of outcomes, of fetches and of showings.
SELECT wiredesk.drop_months_before('outcome', (current_date - make_interval(months => %(outcome_months)s))::date),
       wiredesk.drop_months_before('fetch', (current_date - make_interval(months => %(fetch_log_months)s))::date),
       wiredesk.drop_months_before('showing', (current_date - make_interval(months => %(outcome_months)s))::date)

-- probe_write --
-- Store some pages of data, which the caller rolls back: it fails on a full disk.
INSERT INTO wiredesk.body (sha256, content)
SELECT sha256(convert_to('probe ' || random() || clock_timestamp(), 'UTF8')), %(content)s

-- progress --
-- For health checks: seconds since each service's last heartbeat, and the age of the oldest document that waits.
SELECT (SELECT extract(epoch FROM now() - at)::float8 FROM wiredesk.heartbeat WHERE part = 'dispatch') AS dispatch_seconds,
       (SELECT count(*) FROM wiredesk.document WHERE state = 'waiting') AS documents_waiting,
       (SELECT extract(epoch FROM now() - min(received_at))::float8 FROM wiredesk.document
        WHERE state = 'waiting' AND needs = 'ingest') AS oldest_ingest_seconds,
       (SELECT extract(epoch FROM now() - min(due_at))::float8 FROM wiredesk.document
        WHERE state = 'waiting' AND needs = 'fetch' AND due_at < now()) AS oldest_fetch_seconds,
       (SELECT extract(epoch FROM now() - max(done_at))::float8 FROM wiredesk.document WHERE document_id IN (
            SELECT document_id FROM wiredesk.document WHERE state = 'done' ORDER BY document_id DESC LIMIT 1000)) AS last_done_seconds

-- server_clock --
-- The time of PostgreSQL, and the size of the database in bytes.
SELECT clock_timestamp(), pg_database_size(current_database())

-- feed_health --
-- Feeds whose poll is overdue, that fail, and that brought no new entry for a long time.
SELECT count(*) FILTER (WHERE next_fetch_at < now() - make_interval(secs => %(late_seconds)s)) AS overdue,
       count(*) FILTER (WHERE coalesce(succeeded_at, added_at) < now() - make_interval(secs => %(failing_seconds)s)) AS failing,
       count(*) FILTER (WHERE succeeded_at >= now() - make_interval(secs => %(failing_seconds)s)
                          AND coalesce(changed_at, added_at) < now() - make_interval(secs => %(silent_seconds)s)) AS silent,
       (array_agg(feed_id ORDER BY feed_id) FILTER (
            WHERE coalesce(succeeded_at, added_at) < now() - make_interval(secs => %(failing_seconds)s)))[1:5] AS failing_ids,
       (array_agg(feed_id ORDER BY feed_id) FILTER (
            WHERE succeeded_at >= now() - make_interval(secs => %(failing_seconds)s)
              AND coalesce(changed_at, added_at) < now() - make_interval(secs => %(silent_seconds)s)))[1:5] AS silent_ids
FROM wiredesk.feed WHERE state = 'active'

-- stopped_consumers --
-- Consumers of the change feed that have not moved for a time though there are changes behind their cursor.
SELECT name, extract(epoch FROM now() - moved_at)::float8 AS seconds
FROM wiredesk.consumer c
WHERE moved_at < now() - make_interval(secs => %(seconds)s)
  AND NOT starts_with(name, 'push:')  -- `push` tells why they stand still
  AND EXISTS (SELECT FROM wiredesk.change WHERE cursor > c.cursor AND occurred_at < now() - make_interval(secs => %(seconds)s))
ORDER BY moved_at

-- change_lag --
-- The oldest transaction that holds back readers of the change feed, its age, and the number of changes it hides.
SELECT a.pid, a.application_name, extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS seconds,
       (SELECT count(*) FROM (SELECT FROM wiredesk.change
            WHERE cursor >= (pg_snapshot_xmin(pg_current_snapshot())::text::bigint + wiredesk.cursor_base()) << 20
            LIMIT 100000) hidden) AS hidden_changes
FROM pg_stat_activity a
WHERE a.backend_xid IS NOT NULL AND a.datname = current_database() AND a.pid <> pg_backend_pid()
ORDER BY a.xact_start LIMIT 1

-- waiting_documents --
-- Documents that wait, by what they need, and the age of the oldest that is due.
SELECT d.needs, count(*)::bigint AS documents, coalesce(extract(epoch FROM now() - min(d.received_at)
           FILTER (WHERE d.due_at <= now())), 0)::float8 AS oldest_seconds
FROM wiredesk.document d WHERE d.state = 'waiting' GROUP BY d.needs

-- feeds_by_state --
-- Feeds by state: active ones as healthy, failing or waiting for their host.
SELECT CASE WHEN f.state <> 'active' THEN f.state WHEN f.failures > 0 THEN 'failing' WHEN f.postponed IS NOT NULL THEN 'waiting'
       ELSE 'healthy' END AS state, count(*)::bigint AS feeds
FROM wiredesk.feed f GROUP BY 1

-- table_estimates --
-- PostgreSQL's own estimates of the rows of the large tables, partitions together.
SELECT coalesce(parent.relname, c.relname) AS name, sum(greatest(c.reltuples, 0))::float8 AS rows
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'wiredesk'
LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class parent ON parent.oid = i.inhparent
WHERE c.relkind = 'r' AND coalesce(parent.relname, c.relname) IN ('article', 'revision', 'story', 'document', 'outcome', 'fetch')
GROUP BY 1

-- consumer_lags --
-- Changes that consumers of the change feed have not read, up to `most` each.
SELECT c.name, extract(epoch FROM now() - c.moved_at)::float8 AS idle_seconds,
       (SELECT count(*) FROM (SELECT FROM wiredesk.change h WHERE h.cursor > c.cursor LIMIT %(most)s) l)::bigint AS changes
FROM (SELECT name, cursor, moved_at FROM wiredesk.consumer ORDER BY moved_at DESC LIMIT %(consumers)s) c
UNION ALL
SELECT 'search index', 0, (SELECT count(*) FROM (SELECT FROM wiredesk.change h WHERE h.cursor > p.cursor LIMIT %(most)s) l)
FROM wiredesk.search_progress p

-- is_restored --
-- Whether the archive was restored since the epoch of its change feed began.
SELECT wiredesk.database_identity() <> database AND EXISTS (SELECT FROM wiredesk.change)
FROM wiredesk.change_epoch ORDER BY epoch DESC LIMIT 1
