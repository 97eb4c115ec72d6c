-- rejections --
-- Open rejections, the latest first: not discarded, and not filed by a later submission.
SELECT o.document_id, o.item_no, o.decided_at, o.origin, o.reason, o.url, o.key, o.headline, o.submission_id, o.feed_id,
       coalesce(s.source, '') AS source, f.title AS feed_title, o.discarded_at, o.retried_by,
       s.refusal IS NOT NULL AS is_refused, d.body_sha256 IS NOT NULL AS has_content
FROM wiredesk.outcome o
JOIN wiredesk.document d ON d.document_id = o.document_id
LEFT JOIN wiredesk.submission s ON s.submission_id = d.submission_id
LEFT JOIN wiredesk.feed f ON f.feed_id = o.feed_id
WHERE o.outcome = 'rejected'
  AND (%(with_closed)s OR (o.discarded_at IS NULL AND (o.retried_by IS NULL OR NOT EXISTS (
        SELECT FROM wiredesk.document r WHERE r.submission_id = o.retried_by AND r.created + r.revised + r.repeated > 0))))
  AND (%(document_ids)s::bigint[] IS NULL OR o.document_id = ANY(%(document_ids)s))
  AND (%(reason)s = '' OR o.reason = %(reason)s OR starts_with(o.reason, %(reason)s || ':')
       OR strpos(lower(o.reason), lower(%(reason)s)) > 0)
  AND (%(source)s = '' OR strpos(lower(concat_ws(' ', s.source, s.known->>'source', f.source, f.title, f.url)),
                                 lower(%(source)s)) > 0)
  AND o.decided_at >= coalesce(%(since)s::timestamptz, '-infinity')
  AND o.decided_at <= coalesce(%(until)s::timestamptz, 'infinity')
ORDER BY o.decided_at DESC, o.document_id DESC, o.item_no
LIMIT %(limit)s

-- rejected_content --
-- The content of a rejected document, and the submitter's other fields.
SELECT b.content, coalesce(s.known, '{}') AS known, d.media_type, d.body_bytes
FROM wiredesk.document d
LEFT JOIN wiredesk.body b ON b.sha256 = d.body_sha256
LEFT JOIN wiredesk.submission s ON s.submission_id = d.submission_id
WHERE d.document_id = %(document_id)s

-- discard_rejections --
-- Close rejections of these documents without filing; their number.
UPDATE wiredesk.outcome SET discarded_at = now()
WHERE outcome = 'rejected' AND discarded_at IS NULL AND document_id = ANY(%(document_ids)s)

-- link_retry --
-- Note that the rejected items of a document were handed in again as a submission.
UPDATE wiredesk.outcome SET retried_by = %(submission_id)s
WHERE outcome = 'rejected' AND document_id = %(document_id)s
