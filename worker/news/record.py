"""The record: one item as `wiredesk parse` prints it, with the names that `wire_v1` uses too."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.model import Draft, Moment
from wiredesk.worker.news.values import text


def rejection(key: str | None, rejected: Rejected) -> dict[str, Any]:
    return {"key": key, "outcome": "rejected", "reason": rejected.reason, "detail": rejected.detail}


def record(key: str | None, draft: Draft, *, explain: bool = False) -> dict[str, Any]:
    """The draft as JSON-ready values; `explain` adds every value that was seen for a field, and where.

    Authors, quotes, mentions, media, subjects and the dateline have the fields of the model.
    """
    published = draft.published
    line: dict[str, Any] = {
        "key": key,
        "outcome": "article",
        "reason": None,
        "headline": draft.headline,
        "body_text": draft.body_text,
        "description": draft.description,
        "language": draft.language,
        "language_confidence": draft.language_confidence,
        "canonical_url": draft.canonical_url,
        "source": draft.source,
        "authors": draft.authors,
        "byline": draft.byline,
        "published_at": stamp(published),
        "published_precision": published.precision if published else "unknown",
        "published_source": published.source if published else None,
        "published_zone_known": published.zone_known if published else None,
        "published_offset_minutes": published.offset_minutes if published else None,
        "modified_at": stamp(draft.modified),
        "dateline": draft.dateline,
        "agency": draft.agency,
        "agency_source": draft.agency_source,
        "section": draft.section,
        "quotes": draft.quotes,
        "mentions": draft.mentions,
        "tags": draft.tags,
        "media": draft.media,
        "word_count": text.word_count(draft.body_text),
        "content_sha256": text.content_sha256(draft.headline, draft.body_text),
        "teaser": draft.teaser,
        "flags": draft.flags,
        "provider_id": draft.provider_id,
        "provider_version": draft.provider_version,
        "urgency": draft.urgency,
        "release_at": _utc(draft.release_at),
        "ed_note": draft.ed_note,
        "usage_terms": draft.usage_terms,
        "subjects": draft.subjects,
    }
    if explain:
        line["evidence"] = draft.evidence
    built: dict[str, Any] = msgspec.to_builtins(line)
    return built


def stamp(moment: Moment | None) -> str | None:
    """RFC 3339 in UTC: `2018-05-31T00:00:00Z`."""
    return _utc(moment.at) if moment else None


def _utc(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
