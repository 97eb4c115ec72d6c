"""ninjs 3.0 (iptc.org/standards/ninjs): one item a line."""

from __future__ import annotations

from typing import Any

from wiredesk.worker.export.jsonl import iso_time, without_empty
from wiredesk.worker.store.records import ArticleRecord, Media

_STANDARD = {
    "name": "ninjs",
    "version": "3.0",
    "schema": "http://www.iptc.org/std/ninjs/ninjs-schema_3.0.json",
}
_LISTS = {"person": "people", "organisation": "organisations", "place": "places"}
_SUBJECTS = {"subject": "subjects", "category": "subjects", "genre": "genres", "event": "events"} | _LISTS
_TYPES = {"image": "picture", "video": "video", "audio": "audio"}


def item(article: ArticleRecord) -> dict[str, Any]:
    """The article as a ninjs object; what is not known is left out."""
    names: dict[str, list[dict[str, str]]] = {}
    for subject in article.subjects:
        entry = {"name": subject.name, "literal": subject.code} | ({} if subject.kind == "genre" else {"rel": "about"})
        names.setdefault(_SUBJECTS.get(subject.kind, "subjects"), []).append(without_empty(entry))
    for mention in article.mentions:
        marked = names.setdefault(_LISTS[mention.kind], [])
        if all(one.get("name") != mention.name for one in marked):
            marked.append({"name": mention.name, "rel": "mentions"})
    subjects = [*names.pop("subjects", []), *({"name": tag, "rel": "about"} for tag in article.tags)]
    agency = [{"name": article.agency, "role": "agency"}] if article.agency else []
    body = {"role": "main", "contentType": "text/plain", "value": article.body_text}
    counts = {"charCount": len(article.body_text), "wordCount": article.word_count}
    return without_empty(
        {
            "uri": article.urn,
            "type": "text",
            "standard": _STANDARD,
            "version": str(article.revision_no),
            "firstCreated": iso_time(article.first_seen_at),
            "versionCreated": iso_time(article.observed_at),
            "contentCreated": iso_time(article.published_at),
            "embargoed": iso_time(article.release_at),
            "pubStatus": "canceled" if "withdrawn" in article.flags else "usable",
            "urgency": article.urgency,
            "copyrightHolder": article.source,
            "usageTerms": article.usage_terms,
            "edNote": article.ed_note,
            "language": article.language,
            "title": article.headline,
            "by": article.byline or ", ".join(author.name for author in article.authors) or None,
            "located": article.dateline.place if article.dateline is not None else None,
            "headlines": [{"role": "main", "value": article.headline}] if article.headline else None,
            "descriptions": [{"role": "summary", "value": article.description}] if article.description else None,
            "bodies": [body | counts],
            "subjects": subjects,
            "infoSources": [{"name": article.source, "role": "publisher"}, *agency],
            "associations": [_association(article, number, media) for number, media in enumerate(article.media, 1)],
            "altIds": [
                {"role": role, "value": value}
                for role, value in (("provider", article.provider_id), ("url", article.canonical_url))
                if value
            ],
            **names,
        }
    )


def _association(article: ArticleRecord, number: int, media: Media) -> dict[str, Any]:
    rendition = {
        "name": "original",
        "href": media.url,
        "contentType": media.media_type,
        "width": media.width,
        "height": media.height,
    }
    return without_empty(
        {
            "name": f"media-{number}",
            "uri": f"{article.urn}:media:{number}",
            "type": _TYPES.get(media.kind, "graphic"),
            "descriptions": [{"role": "caption", "value": media.caption}] if media.caption else None,
            "renditions": [without_empty(rendition)],
        }
    )
