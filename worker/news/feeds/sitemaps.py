"""Sitemaps and sitemap indexes (sitemaps.org), with the news, image and video extensions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from xml.parsers import expat

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.feeds import xml as xmlsafety
from wiredesk.worker.news.feeds.entries import (
    Feed,
    SitemapReference,
    Stamp,
    Writing,
    Written,
    make_draft,
    resolve,
    stamped,
)
from wiredesk.worker.news.model import Draft, Media

MAX_SITEMAPS = 50_000
"""The limit of the protocol for one index."""

_MAX_VALUE_CHARS = 20_000
_MAX_DEPTH = 200
MAX_ELEMENTS = 2_000_000
"""In one document: 50,000 addresses, the limit of the protocol, with 40 elements each."""


class _Enough(Exception):
    """The wanted number of entries has been read."""


@dataclass(slots=True)
class _Node:
    """One `url` or `sitemap` element: its values by name, those of the extensions by prefix and name."""

    kind: str
    values: dict[str, str] = field(default_factory=dict)
    images: list[dict[str, str]] = field(default_factory=list)
    videos: list[dict[str, str]] = field(default_factory=list)


def read_sitemap(text: str, *, url: str | None, received_at: datetime | None, max_entries: int = 5000) -> Feed:
    """The feed in a sitemap whose document type was removed (`xml.prepare`).

    Entries are the `url` elements; `sitemaps` are those of an index. Entries before a fault in the XML are kept,
    and the fault is the last entry. Raises `Rejected("broken_feed")` when nothing was read before it.
    """
    reader, error = _read(text, max_entries)
    sitemaps = tuple(
        SitemapReference(address, stamped(Stamp(node.values.get("lastmod", ""), "sitemap:lastmod"), received_at))
        for node in reader.nodes
        if node.kind == "sitemap" and (address := resolve(node.values.get("loc", ""), None, url))
    )
    entries: list[Draft | Rejected] = []
    for number, node in enumerate((node for node in reader.nodes if node.kind == "url"), 1):
        try:
            entries.append(_draft(node, url, received_at))
        except Rejected as refusal:
            entries.append(Rejected(refusal.reason, f"entry {number}: {refusal.detail}"))
    if error:
        if not entries and not sitemaps:
            raise Rejected("broken_feed", error)
        entries.append(Rejected("broken_entry", f"the document ends in a fault: {error}"))
    is_news = any("news:title" in node.values or "news:publication_date" in node.values for node in reader.nodes)
    return Feed(
        format="sitemapindex" if reader.root == "sitemapindex" else "newssitemap" if is_news else "sitemap",
        entries=tuple(entries),
        sitemaps=sitemaps,
        faults=(error,) if error else (),
        truncated=reader.truncated,
    )


class _SitemapReader:
    """expat's events, gathered into nodes."""

    def __init__(self, max_entries: int) -> None:
        self.nodes: list[_Node] = []
        self.root: str | None = None
        self.truncated = False
        self._max_entries = max_entries
        self._path: list[str] = []
        self._node: _Node | None = None
        self._pieces: list[str] = []
        self._length = 0
        self._elements = 0

    def read(self, text: str, separator: str | None) -> str | None:
        """Read the document; its fault in words, if any. Without a separator prefixes stand for namespaces."""
        parser = expat.ParserCreate("utf-8", separator)
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        try:
            parser.Parse(text.encode("utf-8", "replace"), True)
        except _Enough:
            self.truncated = True
        except expat.ExpatError as error:
            return f"line {error.lineno}: {expat.ErrorString(error.code)}"
        return None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        uri, _, local = name.rpartition(" ")
        tag = _prefix(uri) + local.lower().rpartition(":")[2] if ":" not in local else local.lower()
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise Rejected("unsafe_xml", f"the document has more than {MAX_ELEMENTS} elements")
        if len(self._path) > _MAX_DEPTH:
            raise Rejected("unsafe_xml", f"elements are nested more than {_MAX_DEPTH} deep")
        if not self._path:
            self.root = tag
        elif tag in ("url", "sitemap") and self._node is None:
            if len(self.nodes) >= (self._max_entries if tag == "url" else MAX_SITEMAPS):
                raise _Enough
            self._node = _Node(tag)
        elif self._node is not None and tag == "image:image":
            self._node.images.append({})
        elif self._node is not None and tag == "video:video":
            self._node.videos.append({})
        self._path.append(tag)
        self._pieces, self._length = [], 0

    def _data(self, text: str) -> None:
        self._length += len(text)
        if self._length <= _MAX_VALUE_CHARS:
            self._pieces.append(text)

    def _end(self, name: str) -> None:
        tag = self._path.pop()
        node = self._node
        if node is None:
            return
        if tag == node.kind:
            self.nodes.append(node)
            self._node = None
        elif value := "".join(self._pieces).strip():
            holder = node.values
            if tag.startswith("image:") and node.images:
                holder = node.images[-1]
            elif tag.startswith("video:") and node.videos:
                holder = node.videos[-1]
            holder.setdefault(tag, value)
        self._pieces = []


def _read(text: str, max_entries: int) -> tuple[_SitemapReader, str | None]:
    """Read it as it is, then mended, then with undeclared prefixes: the reader that got furthest, and its fault."""
    best, error = _SitemapReader(max_entries), ""
    for attempt, separator in ((0, " "), (1, " "), (2, None)):
        reader = _SitemapReader(max_entries)
        fault = reader.read(xmlsafety.repair(text) if attempt else text, separator)
        if fault is None:
            return reader, None
        error = error or fault
        if best.root is None or len(reader.nodes) > len(best.nodes):
            best, error = reader, fault
    return best, error


def _prefix(uri: str) -> str:
    """The extension that a namespace names; publishers write several versions of each."""
    uri = uri.lower()
    for word in ("news", "image", "video"):
        if f"sitemap-{word}" in uri:
            return word + ":"
    return ""


def _draft(node: _Node, url: str | None, received_at: datetime | None) -> Draft:
    get = node.values.get
    title = get("news:title")
    published = [
        Stamp(text, source)
        for source, text in (("sitemap:news:publication_date", get("news:publication_date")),)
        if text
    ]
    keywords = (get("news:keywords") or "").split(",") + (get("news:genres") or "").split(",")
    return make_draft(
        Written(
            url=get("loc"),
            title=Writing(title, "plain") if title else None,
            published=tuple(published),
            modified=tuple(Stamp(text, "sitemap:lastmod") for text in (get("lastmod"),) if text),
            tags=tuple(word for word in keywords if word.strip()),
            media=tuple(_files(node)),
            language=get("news:language"),
            source=get("news:name"),
        ),
        feed_url=url,
        language=None,
        received_at=received_at,
    )


def _files(node: _Node) -> list[Media]:
    images = [
        Media(image["image:loc"], "image", caption=image.get("image:caption") or image.get("image:title"))
        for image in node.images
        if "image:loc" in image
    ]
    videos = [
        Media(video["video:content_loc"], "video", caption=video.get("video:title"))
        for video in node.videos
        if "video:content_loc" in video
    ]
    return images + videos
