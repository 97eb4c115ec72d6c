"""A sitemap with Google's extension for news (sitemaps.org; schema sitemap-news 0.9)."""

from __future__ import annotations

from datetime import datetime

from lxml import etree

from wiredesk.worker.export.article_feed import ArticleFeedPage, title
from wiredesk.worker.export.jsonl import iso_time
from wiredesk.worker.export.xml import add
from wiredesk.worker.store.records import ArticleRecord

MEDIA_TYPE = "application/xml"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
_UNKNOWN_LANGUAGE = "und"  # ISO 639-2


def document(page: ArticleFeedPage) -> bytes:
    """The page as a sitemap in UTF-8, without articles that are withdrawn or under embargo."""
    urls = etree.Element(f"{{{_SITEMAP}}}urlset", nsmap={None: _SITEMAP, "news": _NEWS}, attrib=None)
    for article in page.articles:
        if "withdrawn" not in article.flags and not page.is_embargoed(article):
            _write_url(_add(urls, "url"), article, page)
    return bytes(etree.tostring(urls, xml_declaration=True, encoding="UTF-8"))


def _write_url(url: etree._Element, article: ArticleRecord, page: ArticleFeedPage) -> None:
    _add(url, "loc", text=page.address(article))
    _add(url, "lastmod", text=iso_time(page.updated_at(article)))
    news = _add(url, "news:news")
    publication = _add(news, "news:publication")
    _add(publication, "news:name", text=article.source)
    _add(publication, "news:language", text=_language(article.language))
    _add(news, "news:publication_date", text=_date(article))
    _add(news, "news:title", text=title(article))


def _language(tag: str | None) -> str:
    """The code of the language; of Chinese Google asks for the script too."""
    language, _, rest = (tag or _UNKNOWN_LANGUAGE).lower().partition("-")
    if language != "zh":
        return language
    return "zh-tw" if rest.startswith(("tw", "hk", "mo", "hant")) else "zh-cn"


def _date(article: ArticleRecord) -> str | None:
    """The publication, no more exactly than it was stated; else when the article was first seen."""
    published: datetime = article.published_at or article.first_seen_at
    if article.published_at is not None and article.published_precision in ("day", "month"):
        return f"{published:%Y-%m-%d}"
    return iso_time(published)


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    prefix, _, local = name.rpartition(":")
    return add(parent, f"{{{_NEWS if prefix else _SITEMAP}}}{local}", text=text)
