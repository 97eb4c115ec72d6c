"""A feed document, whatever its format, read into drafts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.feeds import jsonfeed, sitemaps
from wiredesk.worker.news.feeds import xml as xmlsafety
from wiredesk.worker.news.feeds.entries import Feed
from wiredesk.worker.news.feeds.feedparser_limits import parse_xml
from wiredesk.worker.news.feeds.mapping import make_feed
from wiredesk.worker.news.values.charset import decode_xml

__all__ = ["Feed", "FeedDocument", "is_feed", "open_feed", "read_feed"]

_FEED_ROOTS = frozenset(("rss", "feed", "rdf", "channel"))
_SITEMAP_ROOTS = frozenset(("urlset", "sitemapindex"))
_NOT_FEED_ROOTS = frozenset(("html", "head", "body", "svg", "opml", "plist", "error", "script", "xhtml", "wml"))


@dataclass(frozen=True, slots=True)
class FeedDocument:
    """A body, inflated and decoded: `text` where it is JSON, else `xml`, made fit for a parser."""

    text: str
    xml: xmlsafety.Prepared | None
    starts_with_markup: bool

    @property
    def is_feed(self) -> bool:
        """Whether it begins as a feed or a sitemap does; its media type is not believed either way."""
        if self.xml is None:
            return jsonfeed.is_json_feed(self.text[:65_536])
        is_page = self.xml.cut_root == "html"
        return self.starts_with_markup and not is_page and self.xml.root in _FEED_ROOTS | _SITEMAP_ROOTS

    def read(self, *, url: str | None, received_at: datetime | None, max_entries: int = 5000) -> Feed:
        """The feed: RSS, Atom, RDF, CDF, JSON Feed, a sitemap or a sitemap index.

        `url` is where the body came from, for relative links. Entries over `max_entries` are left out and `truncated`
        is set. Raises `Rejected`: `not_a_feed`, `broken_feed` or `unsafe_xml`.
        """
        document = self.xml
        if document is None:
            return jsonfeed.read_json_feed(self.text, url=url, received_at=received_at, max_entries=max_entries)
        if document.root in _SITEMAP_ROOTS:
            return sitemaps.read_sitemap(document.text, url=url, received_at=received_at, max_entries=max_entries)
        if document.root is None or document.root in _NOT_FEED_ROOTS or _is_html(document):
            raise Rejected("not_a_feed", _what_it_is(document))
        parsed = parse_xml(document.text, max_entries)
        if not parsed.entries and not parsed.version and (document.root not in _FEED_ROOTS or not parsed.feeddata):
            raise Rejected("not_a_feed", _what_it_is(document))
        if parsed.error and not parsed.entries and not parsed.feeddata:
            raise Rejected("broken_feed", parsed.error)
        return make_feed(parsed, doctype=document.doctype, url=url, received_at=received_at)


def open_feed(body: bytes, *, content_type: str | None, max_bytes: int = xmlsafety.MAX_BODY_BYTES) -> FeedDocument:
    """The document in `body`, plain or gzip. `content_type` is the header as sent.

    Raises `Rejected`: `empty`, `too_large`, `broken_feed` or `unsafe_xml`.
    """
    body = xmlsafety.inflate(body, max_bytes=max_bytes)
    if not body.strip(b"\x00 \t\r\n\xef\xbb\xbf\xfe\xff"):
        raise Rejected("empty", "the document has no content")
    text = decode_xml(body, content_type=content_type)
    first = text[:65_536].lstrip("\ufeff\0 \t\r\n")[:1]
    if first in ("{", "["):
        return FeedDocument(text, None, starts_with_markup=False)
    prepared = xmlsafety.prepare(text, roots=_FEED_ROOTS | _SITEMAP_ROOTS)
    return FeedDocument("", prepared, starts_with_markup=first == "<" or "<?xml" in text[:65_536])


def read_feed(
    body: bytes,
    *,
    content_type: str | None,
    url: str | None,
    received_at: datetime | None,
    max_entries: int = 5000,
    max_bytes: int = xmlsafety.MAX_BODY_BYTES,
) -> Feed:
    """The feed in `body`: `open_feed` and `FeedDocument.read` in one."""
    document = open_feed(body, content_type=content_type, max_bytes=max_bytes)
    return document.read(url=url, received_at=received_at, max_entries=max_entries)


def is_feed(body: bytes, *, content_type: str | None = None) -> bool:
    """Whether the body begins as a feed or sitemap does, in whatever encoding."""
    return feed_in(body, content_type=content_type) is not None


def feed_in(body: bytes, *, content_type: str | None = None) -> FeedDocument | None:
    """The document in `body` when it begins as a feed or a sitemap does; null for a page and anything else."""
    try:
        document = open_feed(body, content_type=content_type)
    except Rejected:
        return None
    return document if document.is_feed else None


def _is_html(document: xmlsafety.Prepared) -> bool:
    return document.doctype[:4].lower() == "html" and document.root not in _FEED_ROOTS


def _what_it_is(document: xmlsafety.Prepared) -> str:
    if document.root is None:
        return "the document has no markup; a feed is expected"
    if document.root == "html" or _is_html(document):
        return "the document is an HTML page; a feed is expected"
    return f"the document's first element is <{document.root}>; RSS, Atom, RDF, JSON Feed or a sitemap is expected"
