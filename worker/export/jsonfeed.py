"""JSON Feed 1.1 (jsonfeed.org/version/1.1)."""

from __future__ import annotations

import mimetypes
from typing import Any

import msgspec

from wiredesk.worker.export.article_feed import ArticleFeedPage, markup, title
from wiredesk.worker.export.jsonl import iso_time, without_empty
from wiredesk.worker.export.xml import fit
from wiredesk.worker.store.records import ArticleRecord

MEDIA_TYPE = "application/feed+json"
_ANY_BYTES = "application/octet-stream"


def document(page: ArticleFeedPage) -> bytes:
    """The page as a JSON Feed document."""
    feed = without_empty(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": page.title,
            "home_page_url": f"{page.home}/articles",
            "feed_url": page.url,
            "next_url": page.next,
        }
    )
    return msgspec.json.encode(feed | {"items": [_item(article, page) for article in page.articles]})


def _item(article: ArticleRecord, page: ArticleFeedPage) -> dict[str, Any]:
    images = [media.url for media in article.media if media.kind == "image"]
    return without_empty(
        {
            "id": article.urn,
            "url": page.address(article),
            "title": fit(title(article)),
            # The format wants a content, if an empty one: a space is no value that `without_empty` leaves out.
            "content_html": markup(article.body_text) or " ",
            "summary": fit(article.description or ""),
            "image": images[0] if images else None,
            "date_published": iso_time(article.published_at),
            "date_modified": iso_time(page.updated_at(article)),
            "authors": [{"name": fit(author.name)} for author in article.authors],
            "tags": list(article.tags),
            "language": article.language,
            "attachments": [
                without_empty(
                    {
                        "url": media.url,
                        "mime_type": media.media_type or mimetypes.guess_type(media.url)[0] or _ANY_BYTES,
                        "title": media.caption,
                    }
                )
                for media in article.media
            ],
            "_wiredesk": without_empty(
                {
                    "article_id": article.article_id,
                    "revision_no": article.revision_no,
                    "source": article.source,
                    "section": article.section,
                    "usage_terms": article.usage_terms,
                    "is_withdrawn": "withdrawn" in article.flags or None,
                    "embargo_until": iso_time(article.release_at) if page.is_embargoed(article) else None,
                }
            ),
        }
    )
