-- want --
-- Note the hub and topic that a feed names. Others than before begin a new subscription, at most once an hour.
INSERT INTO wiredesk.subscription AS s (feed_id, hub, topic, callback, secret)
SELECT r.feed_id, r.hub, r.topic, r.callback, r.secret
FROM json_to_recordset(%(rows)s::json) AS r (feed_id bigint, hub text, topic text, callback text, secret text)
ORDER BY r.feed_id
ON CONFLICT (feed_id) DO UPDATE
SET hub = excluded.hub, topic = excluded.topic, callback = excluded.callback, secret = excluded.secret, named_at = now(),
    due_at = now(), lease_token = NULL, asked_at = NULL, accepted_at = NULL, expires_at = NULL, pushed_at = NULL,
    body_sha256 = NULL, missed_at = NULL, refusals = 0, failures = 0, last_error = NULL
WHERE (s.hub, s.topic) <> (excluded.hub, excluded.topic) AND s.named_at < now() - interval '1 hour'

-- note_named --
-- Note which of the feeds that were read name a hub; where that changed, the hub is asked at the next tick.
UPDATE wiredesk.subscription
SET named = feed_id = ANY(%(naming)s), due_at = now()
WHERE feed_id = ANY(%(feed_ids)s) AND named <> (feed_id = ANY(%(naming)s))

-- note_missed --
-- Polls of these feeds found entries that no hub had pushed.
UPDATE wiredesk.subscription SET missed_at = now() WHERE feed_id = ANY(%(feed_ids)s) AND expires_at > now()

-- rebase --
-- Ask again the hubs that were given another address of ours.
UPDATE wiredesk.subscription SET due_at = now() WHERE base <> %(base)s

-- lease --
-- Lease the subscriptions whose hub is to be asked, the longest due first.
UPDATE wiredesk.subscription
SET lease_token = %(token)s, due_at = now() + make_interval(secs => %(lease_seconds)s)
WHERE feed_id = ANY(ARRAY(
    SELECT feed_id FROM wiredesk.subscription WHERE due_at <= now() ORDER BY due_at LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED))
RETURNING feed_id

-- take --
-- Begin to ask hubs; from now on they may verify. A request that its hub accepted and did not verify stays as it is.
UPDATE wiredesk.subscription s
SET due_at = now() + make_interval(secs => %(lease_seconds)s), base = %(base)s,
    asked_at = CASE WHEN s.accepted_at IS NULL THEN now() ELSE s.asked_at END
FROM wiredesk.feed f
WHERE s.feed_id = ANY(%(feed_ids)s) AND s.lease_token = %(token)s AND f.feed_id = s.feed_id
RETURNING s.feed_id, s.hub, s.topic, s.callback, s.secret, s.failures, f.state = 'active' AND s.named AS is_wanted,
          s.accepted_at IS NOT NULL AS is_unverified, coalesce(s.expires_at > now(), false) AS is_valid

-- note_accepted --
-- The hub took the request; it has this time to verify it. No row changes where it did so before it answered.
UPDATE wiredesk.subscription
SET lease_token = NULL, accepted_at = now(), due_at = now() + make_interval(secs => %(wait_seconds)s)
WHERE feed_id = %(feed_id)s AND lease_token = %(token)s

-- note_failure --
-- The hub did not take the request, or did not verify it; it is asked again after a time.
UPDATE wiredesk.subscription
SET lease_token = NULL, asked_at = NULL, accepted_at = NULL, failures = failures + 1, last_error = %(error)s,
    due_at = now() + make_interval(secs => %(wait_seconds)s)
WHERE feed_id = %(feed_id)s AND lease_token = %(token)s

-- postpone --
-- The budget of the hub was spent: it was not asked.
UPDATE wiredesk.subscription
SET lease_token = NULL, asked_at = NULL, due_at = now() + make_interval(secs => %(wait_seconds)s)
WHERE feed_id = %(feed_id)s AND lease_token = %(token)s

-- remove --
-- Forget a subscription that this token leases: its callback is gone.
DELETE FROM wiredesk.subscription WHERE feed_id = %(feed_id)s AND lease_token = %(token)s

-- verify --
-- The hub verified a request to subscribe; it is asked again when four fifths of its time are over.
UPDATE wiredesk.subscription s
SET lease_token = NULL, asked_at = NULL, accepted_at = NULL, failures = 0, refusals = 0, last_error = NULL,
    expires_at = now() + make_interval(secs => %(seconds)s), due_at = now() + make_interval(secs => 0.8 * %(seconds)s)
FROM wiredesk.feed f
WHERE s.callback = %(callback)s AND s.topic = %(topic)s AND s.asked_at IS NOT NULL AND f.feed_id = s.feed_id
  AND f.state = 'active' AND s.named
RETURNING s.feed_id

-- leave --
-- The hub verified a request to unsubscribe, which only feeds make that are not polled or name no hub any more.
DELETE FROM wiredesk.subscription s USING wiredesk.feed f
WHERE s.callback = %(callback)s AND s.topic = %(topic)s AND f.feed_id = s.feed_id AND NOT (f.state = 'active' AND s.named)
RETURNING s.feed_id

-- deny --
-- The hub denies the subscription: it is asked again after a time.
UPDATE wiredesk.subscription
SET lease_token = NULL, asked_at = NULL, accepted_at = NULL, expires_at = NULL, failures = failures + 1,
    last_error = %(error)s, due_at = now() + make_interval(secs => %(wait_seconds)s)
WHERE callback = %(callback)s AND topic = %(topic)s
RETURNING feed_id

-- feed_of --
-- The feed for which contents of a callback are taken.
SELECT feed_id FROM wiredesk.subscription s JOIN wiredesk.feed f USING (feed_id)
WHERE s.callback = %(callback)s AND s.expires_at > now() AND f.state = 'active' AND s.named

-- hold --
-- Lock the valid subscription of a callback, whose feed is polled.
SELECT s.feed_id, s.topic, s.secret, s.hub, s.body_sha256, f.url
FROM wiredesk.subscription s JOIN wiredesk.feed f USING (feed_id)
WHERE s.callback = %(callback)s AND s.expires_at > now() AND f.state = 'active' AND s.named
FOR UPDATE OF s

-- note_pushed --
-- Content with the right signature came.
UPDATE wiredesk.subscription
SET pushed_at = now(), body_sha256 = decode(%(body_sha256)s, 'hex'), refusals = 0, last_error = NULL
WHERE feed_id = %(feed_id)s

-- note_refused --
-- Content came that is not believed; how often that was so in a row.
UPDATE wiredesk.subscription SET refusals = refusals + 1, last_error = %(error)s
WHERE callback = %(callback)s AND expires_at > now()
RETURNING feed_id, refusals

-- replace --
-- End the subscription of a hub that is not believed; after a time it is asked again, with another callback and secret.
UPDATE wiredesk.subscription
SET callback = %(callback)s, secret = %(secret)s, lease_token = NULL, asked_at = NULL, accepted_at = NULL,
    expires_at = NULL, refusals = 0, failures = failures + 1, due_at = now() + make_interval(secs => %(wait_seconds)s)
WHERE feed_id = %(feed_id)s

-- poll_soon --
-- Poll feeds at once that were polled less often because a hub pushed them.
UPDATE wiredesk.feed f SET next_fetch_at = now()
FROM wiredesk.subscription s
WHERE f.feed_id = %(feed_id)s AND s.feed_id = f.feed_id AND s.pushed_at IS NOT NULL AND f.state = 'active'
  AND f.lease_token IS NULL AND f.next_fetch_at > now()

-- poll_after --
-- Poll a feed once the shortest time between two polls is over: its hub said that it changed, and not how.
UPDATE wiredesk.feed
SET next_fetch_at = least(next_fetch_at, greatest(now(), fetched_at + make_interval(secs => %(seconds)s)))
WHERE feed_id = %(feed_id)s AND state = 'active' AND lease_token IS NULL
