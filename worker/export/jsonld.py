"""schema.org NewsArticle as JSON-LD: one object a line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from wiredesk.worker.export.jsonl import iso_time, without_empty
from wiredesk.worker.store.records import ArticleRecord, Media

_MENTIONED = {"person": "Person", "organisation": "Organization", "place": "Place"}
_MEDIA = {"image": "ImageObject", "video": "VideoObject", "audio": "AudioObject"}


def news_article(article: ArticleRecord) -> dict[str, Any]:
    """The article as a NewsArticle; what is not known is left out."""
    line = article.dateline
    published = article.published_at
    images = [_media(media) for media in article.media if media.kind == "image"]
    others = [_media(media) for media in article.media if media.kind != "image"]
    return without_empty(
        {
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "@id": article.canonical_url or article.urn,
            "url": article.canonical_url,
            "identifier": article.provider_id or article.urn,
            "version": article.revision_no,
            "headline": article.headline,
            "description": article.description,
            "articleBody": article.body_text,
            "articleSection": article.section,
            "wordCount": article.word_count,
            "inLanguage": article.language,
            "datePublished": _date(published, article.published_precision) if published is not None else None,
            "dateModified": iso_time(article.modified_at),
            "dateline": line.text.strip() if line is not None else None,
            "locationCreated": {"@type": "Place", "name": line.place} if line is not None and line.place else None,
            "author": [{"@type": "Person", "name": author.name} for author in article.authors],
            "publisher": {"@type": "Organization", "name": article.source},
            "sourceOrganization": {"@type": "Organization", "name": article.agency} if article.agency else None,
            "keywords": list(article.tags),
            "about": [
                without_empty(
                    {"@type": "DefinedTerm", "name": one.name, "termCode": one.code, "inDefinedTermSet": one.scheme}
                )
                for one in article.subjects
            ],
            "mentions": [{"@type": _MENTIONED[one.kind], "name": one.name} for one in article.mentions],
            "usageInfo": article.usage_terms,
            "image": images,
            "associatedMedia": others,
        }
    )


def _media(media: Media) -> dict[str, Any]:
    return without_empty(
        {
            "@type": _MEDIA.get(media.kind, "MediaObject"),
            "contentUrl": media.url,
            "encodingFormat": media.media_type,
            "caption": media.caption,
            "width": media.width,
            "height": media.height,
        }
    )


def _date(published: datetime, precision: str) -> str:
    """A date that names a day or a month only stays one."""
    return {"day": f"{published:%Y-%m-%d}", "month": f"{published:%Y-%m}"}.get(precision) or iso_time(published) or ""
