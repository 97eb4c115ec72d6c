"""Atom (RFC 4287), its pages linked as RFC 5005 says."""

from __future__ import annotations

from datetime import UTC, datetime

from lxml import etree

from wiredesk.worker.export.article_feed import ArticleFeedPage, markup, title
from wiredesk.worker.export.jsonl import iso_time
from wiredesk.worker.export.xml import add
from wiredesk.worker.store.records import ArticleRecord, Media

MEDIA_TYPE = "application/atom+xml"
_ATOM = "http://www.w3.org/2005/Atom"
_PRISM = "http://prismstandard.org/namespaces/1.2/basic/"
# RFC 4287, 4.1.1: a feed has a time also where it has no entry yet.
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def document(page: ArticleFeedPage) -> bytes:
    """The page as an Atom feed document in UTF-8."""
    feed = etree.Element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM, "prism": _PRISM}, attrib=None)
    _add(feed, "id", text=page.urn)
    _add(feed, "title", text=page.title)
    _add(feed, "updated", text=iso_time(page.last_updated_at or _NEVER))
    _add(feed, "generator", text="wiredesk")
    links = {"self": page.url, "first": page.first, "next": page.next, "alternate": f"{page.home}/articles"}
    for relation, address in links.items():
        if address:
            _add(feed, "link", {"rel": relation, "href": address})
    for article in page.articles:
        _write_entry(_add(feed, "entry", {"xml:lang": article.language} if article.language else {}), article, page)
    return bytes(etree.tostring(feed, xml_declaration=True, encoding="UTF-8"))


def _write_entry(entry: etree._Element, article: ArticleRecord, page: ArticleFeedPage) -> None:
    updated = iso_time(page.updated_at(article))
    _add(entry, "id", text=article.urn)
    _add(entry, "title", {"type": "text"}, title(article))
    _add(entry, "updated", text=updated)
    if article.published_at is not None:
        _add(entry, "published", text=iso_time(article.published_at))
    _add(entry, "link", {"rel": "alternate", "href": page.address(article)})
    # RFC 4287, 4.1.2: an entry has an author. Where no person is named, it is the source.
    for name in [author.name for author in article.authors] or [article.source]:
        _add(_add(entry, "author"), "name", text=name)
    for tag in article.tags:
        _add(entry, "category", {"term": tag})
    if page.is_embargoed(article):
        _add(entry, "category", {"term": "embargo", "label": f"Embargo until {iso_time(article.release_at)}"})
    if article.section:
        add(entry, f"{{{_PRISM}}}section", text=article.section)
    if article.usage_terms:
        _add(entry, "rights", text=article.usage_terms)
    for media in article.media:
        _add(entry, "link", _enclosure(media))
    source = _add(entry, "source")
    _add(source, "id", text=f"urn:wiredesk:source:{article.source_slug}")
    _add(source, "title", text=article.source)
    _add(source, "updated", text=updated)
    if article.description:
        _add(entry, "summary", text=article.description)
    _add(entry, "content", {"type": "html"}, markup(article.body_text))


def _enclosure(media: Media) -> dict[str, str]:
    said = {"type": media.media_type, "title": media.caption}
    return {"rel": "enclosure", "href": media.url} | {name: text for name, text in said.items() if text}


def _add(
    parent: etree._Element, name: str, attributes: dict[str, str] | None = None, text: str | None = None
) -> etree._Element:
    return add(parent, f"{{{_ATOM}}}{name}", attributes, text)
