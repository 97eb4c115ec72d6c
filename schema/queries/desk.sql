-- beat_heart --
-- Note that a part of the desk did its work.
INSERT INTO wiredesk.heartbeat (part, at) VALUES (%(part)s, now())
ON CONFLICT (part) DO UPDATE SET at = excluded.at

-- make_months --
-- Partitions for this month and the next two.
SELECT wiredesk.make_months('outcome', current_date, 3), wiredesk.make_months('fetch', current_date, 3)

-- drop_old_months --
-- Drop the partitions that are older than what is kept; how many of outcomes and of fetches.
SELECT wiredesk.drop_months_before('outcome', (current_date - make_interval(months => %(outcome_months)s))::date),
       wiredesk.drop_months_before('fetch', (current_date - make_interval(months => %(fetch_log_months)s))::date)

-- progress --
-- What a health check needs: seconds since each part's last sign, and the age of the oldest work that waits.
SELECT (SELECT extract(epoch FROM now() - at)::float8 FROM wiredesk.heartbeat WHERE part = 'dispatch') AS dispatch_seconds,
       (SELECT count(*) FROM wiredesk.document WHERE state = 'waiting') AS documents_waiting,
       (SELECT extract(epoch FROM now() - min(received_at))::float8 FROM wiredesk.document
        WHERE state = 'waiting' AND needs = 'ingest') AS oldest_ingest_seconds,
       (SELECT extract(epoch FROM now() - min(due_at))::float8 FROM wiredesk.document
        WHERE state = 'waiting' AND needs = 'fetch' AND due_at < now()) AS oldest_fetch_seconds,
       (SELECT extract(epoch FROM now() - min(next_fetch_at))::float8 FROM wiredesk.feed
        WHERE state = 'active' AND next_fetch_at < now()) AS oldest_feed_seconds,
       (SELECT extract(epoch FROM now() - max(done_at))::float8 FROM wiredesk.document WHERE document_id IN (
            SELECT document_id FROM wiredesk.document WHERE state = 'done' ORDER BY document_id DESC LIMIT 1000)) AS last_done_seconds
