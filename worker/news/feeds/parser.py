"""A feed document, whatever its format, read into drafts. The one file that imports feedparser.

feedparser's `parse` is not used. Its parser classes are driven from here, which leaves out what wiredesk has no use for
(downloads, sanitising and relinking of HTML: only plain text is kept) and adds what it lacks (limits on work, character
data in one piece, media captions apart from the text). Figures: `docs/decisions.md`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, cast
from xml.parsers import expat

from feedparser.api import LooseFeedParser, StrictFeedParser
from feedparser.html import _cp1252
from feedparser.util import FeedParserDict

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.feeds import jsonfeed, sitemaps
from wiredesk.worker.news.feeds import xml as xmlsafety
from wiredesk.worker.news.feeds.entries import (
    FEED_AUTHOR,
    MAX_FIELD_CHARS,
    Feed,
    Stamp,
    Writing,
    Written,
    make_draft,
    media_kind,
    resolve,
    whole_number,
)
from wiredesk.worker.news.model import Draft, Media
from wiredesk.worker.news.values.charset import decode_xml
from wiredesk.worker.news.values.text import clean_line

__all__ = ["Feed", "is_feed", "read_feed"]

MAX_DEPTH = 1_000
"""Elements inside one another. Pages inside feeds reach about 60."""

MAX_ATTRIBUTES = 500
"""On one element. feedparser takes quadratic time in them: 37 s for 40,000."""

MAX_ELEMENTS = 400_000
"""In one document. 16 MB of real feeds have fewer; each takes 15 µs, so that 16 MB of `<a/>` would take a minute."""

MAX_LOOSE_MARKS = 200_000
"""`<` and `&` in a document for the loose parser, which spends 10 to 25 µs on each tag: five seconds at most."""

_HEAD_BYTES = 65_536

_FEED_ROOTS = frozenset(("rss", "feed", "rdf", "channel"))
_SITEMAP_ROOTS = frozenset(("urlset", "sitemapindex"))
_NOT_FEED_ROOTS = frozenset(("html", "head", "body", "svg", "opml", "plist", "error", "script", "xhtml", "wml"))
# feedparser's own look-up takes detours through deprecated names, with warnings.
_get = cast("Callable[[Any, str], Any]", dict.get)
_PERIOD_SECONDS = {"hourly": 3600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
_LONG_ELEMENTS = frozenset(("content", "description", "summary"))
_LONG_CHARS = 200
# Names that feedparser has no method for, and that are read here.
_KEPT_AS_WRITTEN = frozenset(
    ("feedburner_origlink", "itunes_new-feed-url", "prism_section", "sy_updatefrequency", "sy_updateperiod", "ttl")
)
# What may stand inside RSS's `textInput` and `image`; anything else shows that they were never closed.
_OF_TEXT_INPUT = frozenset(("title", "link", "description", "name"))
_OF_IMAGE = frozenset(("title", "link", "description", "url", "href", "width", "height"))
_STAND_IN = "\x01"
"""Stands for a long text inside feedparser; XML can't hold it, so no document can forge it."""

_C1 = re.compile("[\x80-\x9f]")
_MAX_TAGS = 500
_MAX_AUTHOR_CHARS = 2_000
_ADDRESS = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9_.+-]{1,64}@(?:\[(?:[0-9]{1,3}\.){3}|(?:[A-Za-z0-9-]{1,63}\.){1,8})(?:[A-Za-z]{2,24}|[0-9]{1,3})\]?"
    r"(?:\?subject=\S{1,200})?"
)
_TEXT_TYPES = ("text/", "application/", "html", "xhtml", "plain")
# What feedparser's methods raise on documents that nobody foresaw; the element is lost, the document is not.
_FEEDPARSER_FAULTS = (KeyError, IndexError, ValueError, TypeError, AttributeError, OverflowError, AssertionError)


def read_feed(
    body: bytes,
    *,
    content_type: str | None,
    url: str | None,
    received_at: datetime | None,
    max_entries: int = 5000,
    max_bytes: int = xmlsafety.MAX_BODY_BYTES,
) -> Feed:
    """The feed in `body`: RSS, Atom, RDF, CDF, JSON Feed, a sitemap or a sitemap index; plain or gzip.

    `content_type` is the header as sent; `url` is where the body came from, for relative links. Entries over
    `max_entries` are left out and `truncated` is set. Raises `Rejected`: `empty`, `too_large`, `not_a_feed`,
    `broken_feed` or `unsafe_xml`.
    """
    body = xmlsafety.inflate(body, max_bytes=max_bytes)
    if not body.strip(b"\x00 \t\r\n\xef\xbb\xbf\xfe\xff"):
        raise Rejected("empty", "the document has no content")
    text = decode_xml(body, content_type=content_type)
    if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
        return jsonfeed.read_json_feed(text, url=url, received_at=received_at, max_entries=max_entries)
    document = xmlsafety.prepare(text, roots=_FEED_ROOTS | _SITEMAP_ROOTS)
    if document.root in _SITEMAP_ROOTS:
        return sitemaps.read_sitemap(document.text, url=url, received_at=received_at, max_entries=max_entries)
    if document.root is None or document.root in _NOT_FEED_ROOTS or _is_html(document):
        raise Rejected("not_a_feed", _what_it_is(document))
    parsed = _parse(document.text, max_entries)
    if not parsed.entries and not parsed.version and (document.root not in _FEED_ROOTS or not parsed.feeddata):
        raise Rejected("not_a_feed", _what_it_is(document))
    if parsed.error and not parsed.entries and not parsed.feeddata:
        raise Rejected("broken_feed", parsed.error)
    return _feed(parsed, document, url=url, received_at=received_at)


def is_feed(body: bytes, *, content_type: str | None = None) -> bool:
    """Whether the body begins as a feed or sitemap does, in whatever encoding; its type is not believed either way."""
    try:
        head = xmlsafety.inflate_head(body, max_bytes=_HEAD_BYTES)
        text = decode_xml(head, content_type=content_type)
        if text.lstrip("\ufeff\0 \t\r\n")[:1] == "{":
            return jsonfeed.is_json_feed(text)
        if text.lstrip("\ufeff\0 \t\r\n")[:1] != "<" and "<?xml" not in text:
            return False
        if xmlsafety.prepare(text).root == "html":
            return False
        return xmlsafety.prepare(text, roots=_FEED_ROOTS | _SITEMAP_ROOTS).root in _FEED_ROOTS | _SITEMAP_ROOTS
    except Rejected:
        return False


def _is_html(document: xmlsafety.Prepared) -> bool:
    return document.doctype[:4].lower() == "html" and document.root not in _FEED_ROOTS


def _what_it_is(document: xmlsafety.Prepared) -> str:
    if document.root is None:
        return "the document has no markup; a feed is expected"
    if document.root == "html" or _is_html(document):
        return "the document is an HTML page; a feed is expected"
    return f"the document's first element is <{document.root}>; RSS, Atom, RDF, JSON Feed or a sitemap is expected"


class _Params(FeedParserDict):  # type: ignore[misc]
    """What feedparser knows of an element's content: flat, and without the old names that its look-up goes through."""

    get = dict.get
    __getitem__ = dict.__getitem__
    __contains__ = dict.__contains__

    def __deepcopy__(self, memo: object) -> FeedParserDict:
        return FeedParserDict(self)


class _Enough(Exception):
    """The wanted number of entries has been read."""


class _TooDeep(Exception):
    """Elements that are never closed, or a bomb: the strict parser is the wrong one."""


class _Desk:
    """What both of feedparser's parsers get: limits, tolerance for their own faults, and captions kept apart.

    Mixed in before feedparser's classes, so `super()` is theirs.
    """

    entries: list[Any]
    feeddata: Any
    version: str
    depth: int
    baseuri: str
    basestack: list[str]
    lang: str | None
    langstack: list[str | None]
    namespacemap: dict[str, str]
    incontent: int
    intextinput: int
    inimage: int
    contentparams: Any
    inentry: int
    insource: int
    elementstack: list[Any]
    guidislink: bool
    namespaces_in_use: dict[str, str]
    pop: Callable[..., str]
    pop_content: Callable[[str], str]
    push: Callable[[str, int], None]
    resolve_uri: Callable[[str], str]
    _save: Callable[..., None]
    _get_context: Callable[[], Any]
    loose = False

    def __init__(self, max_entries: int) -> None:
        # No base address: feedparser would join it to itself at every element. Links are resolved when drafts are made.
        super().__init__("", None, "utf-8")  # type: ignore[call-arg]
        self.resolve_relative_uris = False
        self.sanitize_html = False
        self.contentparams = _Params()
        self.error: str | None = None
        self.truncated = False
        self._max_entries = max_entries
        self._media: Any = None
        self._elements = 0

    def unknown_starttag(self, tag: str, attrs: list[tuple[str, str]]) -> None:
        if len(attrs) > MAX_ATTRIBUTES:
            raise Rejected("unsafe_xml", f"an element <{tag[:60]}> has more than {MAX_ATTRIBUTES} attributes")
        self._count()
        try:
            super().unknown_starttag(tag, attrs)  # type: ignore[misc]
        except _FEEDPARSER_FAULTS as fault:
            self._note(tag, fault)

    def _count(self) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise Rejected("unsafe_xml", f"the document has more than {MAX_ELEMENTS} elements")
        if self.depth > MAX_DEPTH and not self.loose:
            raise _TooDeep

    def unknown_endtag(self, tag: str) -> None:
        try:
            super().unknown_endtag(tag)  # type: ignore[misc]
        except _FEEDPARSER_FAULTS as fault:
            self._note(tag, fault)
        # feedparser keeps the base address of the element just closed when its parent has none.
        self.baseuri = self.basestack[-1] if self.basestack else ""

    def handle_charref(self, ref: str) -> None:
        try:
            super().handle_charref(ref)  # type: ignore[misc]
        except _FEEDPARSER_FAULTS as fault:
            self._note(f"&#{ref[:20]};", fault)

    def _note(self, what: str, fault: Exception) -> None:
        self.error = self.error or f"{what}: {fault}"[:300]

    def _start_item(self, attrs: Any) -> None:
        if len(self.entries) >= self._max_entries:
            raise _Enough
        super()._start_item(attrs)  # type: ignore[misc]
        self._media = None

    _start_entry = _start_item

    def push_content(self, tag: str, attrs: Any, content_type: str, expecting_text: int) -> None:
        super().push_content(tag, attrs, content_type, expecting_text)  # type: ignore[misc]
        self.contentparams = _Params(self.contentparams)

    def _sync_author_detail(self, key: str = "author") -> None:
        context = self._get_context()
        people = _get(context, f"{key}s") or [FeedParserDict()]
        text = _get(context, key)
        if people[-1] or not isinstance(text, str) or not text:
            super()._sync_author_detail(key)  # type: ignore[misc]
            return
        # feedparser's own pattern for addresses is quadratic: 221 s for an author of 200,000 letters.
        name, address = _person(text[:_MAX_AUTHOR_CHARS])
        if name or address:
            context.setdefault(f"{key}_detail", people[-1])
        if name:
            people[-1]["name"] = name
        if address:
            people[-1]["email"] = address

    def _add_tag(self, term: Any, scheme: Any, label: Any) -> None:
        # Each is compared with all before: 6 s for 20,000.
        if len(_get(self._get_context(), "tags") or ()) < _MAX_TAGS:
            super()._add_tag(term, scheme, label)  # type: ignore[misc]

    # Dates stay as written: `entries.stamped` reads them, once and with their precision.

    def _end_published(self) -> None:
        self.pop("published")

    _end_issued = _end_pubdate = _end_published

    def _end_updated(self) -> None:
        self.pop("updated")

    _end_modified = _end_lastbuilddate = _end_updated

    def _end_created(self) -> None:
        self.pop("created")

    def _end_expirationdate(self) -> None:
        self.pop("expired")

    def _end_dc_date(self) -> None:
        self._save("dc_date", self.pop("updated"), overwrite=True)

    def _end_guid(self) -> None:
        super()._end_guid()  # type: ignore[misc]
        if self.guidislink and self.inentry:
            self._save("wd_permalink", _get(self.entries[-1], "id"))

    _end_id = _end_guid

    # Files: addresses made absolute where the base is known, captions kept from becoming the entry's text.

    def _start_enclosure(self, attrs: Any) -> None:
        super()._start_enclosure(self._based(attrs))  # type: ignore[misc]

    def _start_media_content(self, attrs: Any) -> None:
        super()._start_media_content(self._based(attrs))  # type: ignore[misc]
        self._media = attrs

    def _end_media_content(self) -> None:
        self._media = None

    def _start_media_thumbnail(self, attrs: Any) -> None:
        super()._start_media_thumbnail(self._based(attrs))  # type: ignore[misc]

    def _based(self, attrs: Any) -> Any:
        if self.baseuri and attrs.get("url"):
            attrs["url"] = self.resolve_uri(attrs["url"])
        return attrs

    def _start_media_description(self, attrs: Any) -> None:
        self.push_content("media_description", attrs, "text/html", 1)

    def _end_media_description(self) -> None:
        caption = self.pop_content("media_description")
        if self._media is not None and caption:
            self._media["wd_caption"] = caption
        elif caption:
            self._save("wd_media_text", caption)

    def _start_media_title(self, attrs: Any) -> None:
        if self._media is None:
            super()._start_media_title(attrs)  # type: ignore[misc]
        else:
            self.push_content("media_title", attrs, "text/plain", 1)

    def _end_media_title(self) -> None:
        if self._media is None:
            super()._end_media_title()  # type: ignore[misc]
        elif title := self.pop_content("media_title"):
            self._media.setdefault("wd_title", title)


def _person(text: str) -> tuple[str, str | None]:
    """Name and address of `jane@example.com (Jane Doe)`, `Jane Doe <jane@example.com>` and the like."""
    found = _ADDRESS.search(text)
    if found is None:
        return text.strip(), None
    name = text.replace(found[0], "")
    for brackets in ("()", "<>", "&lt;&gt;"):
        name = name.replace(brackets, "")
    return name.strip().removeprefix("(").removesuffix(")").strip(), found[0]


class _Strict(_Desk, StrictFeedParser):  # type: ignore[misc]
    """feedparser over expat, without the SAX layer between them.

    CPython's SAX reader leaves expat's `buffer_text` off, which made 490,183 text events for 12,200 elements of news
    feeds, and looks attributes up in quadratic time. The mapping of names is feedparser's own (`parsers/strict.py`).
    """

    def __init__(self, max_entries: int) -> None:
        super().__init__(max_entries)
        self._tags: dict[str, str] = {}
        self.decls: dict[str, str] = {}

    def pop(self, element: str, strip_whitespace: int = 1) -> str:
        """feedparser's, with long texts kept out of its hands: it looks up every character of them, 0.1 ms an entry."""
        text = self._long_text(element)
        if text is None:
            return super().pop(element, strip_whitespace)
        self.elementstack[-1][2] = [_STAND_IN]
        super().pop(element, strip_whitespace)
        entry, key = self.entries[-1], "summary" if element == "description" else element
        places = [(entry, key), (_get(entry, f"{key}_detail"), "value")]
        if key == "content":
            places = [(entry["content"][-1], "value")]
        for place, name in places:
            if place and _get(place, name) == _STAND_IN:
                place[name] = text
        return text

    def _long_text(self, element: str) -> str | None:
        """The text of the element that ends, mended as feedparser would, if it is long and otherwise left as it is."""
        if element not in _LONG_ELEMENTS or not self.inentry or self.insource or not self.elementstack:
            return None
        name, _, pieces = self.elementstack[-1]
        params = self.contentparams
        if name != element or params.get("type") != "text/html" or params.get("base64"):
            return None
        text = "".join(pieces).strip()
        if len(text) < _LONG_CHARS or text.isascii():
            return None
        with suppress(UnicodeError):
            text = text.encode("iso-8859-1").decode("utf-8")
        return text.translate(_cp1252) if _C1.search(text) else text

    def read(self, text: str) -> None:
        parser = expat.ParserCreate("utf-8", " ")
        parser.buffer_text = True
        parser.buffer_size = 65_536
        parser.namespace_prefixes = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self.handle_data
        parser.StartNamespaceDeclHandler = self.startPrefixMapping
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.Parse(text.encode("utf-8", "replace"), True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = self._tags.get(name) or self._tag(name)
        if not (attributes or self.decls or self.incontent):
            self._start_plain(tag)
            return
        named, self.decls = self.decls, {}
        if tag in ("svg", "math") or tag.endswith((":svg", ":math")):
            named["xmlns"] = name.partition(" ")[0]
        for key, value in attributes.items():
            if " " not in key:
                named[key.lower()] = value
                continue
            uri, local, *prefix = key.split(" ")
            known = self._matchnamespaces.get(uri.lower(), "")
            named[f"{known}:{local}".lower() if known else local.lower()] = value
            if prefix:
                named[f"{prefix[0]}:{local}".lower()] = value
        self.unknown_starttag(tag, list(named.items()))

    def _start_plain(self, tag: str) -> None:
        """feedparser's `unknown_starttag` for an element without attributes and outside of texts, as most are.

        Base and language stay as they are, which it takes 10 µs an element to find out. What it knows no meaning of,
        and nobody here asks for, is not kept.
        """
        self._count()
        self.depth += 1
        self.basestack.append(self.baseuri)
        self.langstack.append(self.lang)
        prefix, _, name = tag.rpartition(":")
        prefix = self.namespacemap.get(prefix, prefix)
        if not prefix:
            self.intextinput = self.intextinput if name in _OF_TEXT_INPUT else 0
            self.inimage = self.inimage if name in _OF_IMAGE else 0
        known_as = f"{prefix}_{name}" if prefix else name
        start = getattr(self, f"_start_{known_as}", None)
        if start is None:
            self.push(known_as, not self.inentry or known_as in _KEPT_AS_WRITTEN)
            return
        try:
            start({})
        except _FEEDPARSER_FAULTS as fault:
            self._note(tag, fault)

    def _end(self, name: str) -> None:
        self.unknown_endtag(self._tags.get(name) or self._tag(name))

    def _tag(self, name: str) -> str:
        """The name that feedparser gives an element: its usual prefix, else the document's, and the local name."""
        uri, local, prefix = ([*name.split(" "), "", ""] if " " in name else ["", name, ""])[:3]
        lower = uri.lower()
        if "backend.userland.com/rss" in lower:
            known: str | None = ""
        else:
            known = self._matchnamespaces.get(lower)
        if known is None:
            known = prefix
        tag = f"{known}:{local}".lower() if known else local.lower()
        if len(self._tags) < 1_000:
            self._tags[name] = tag
        return tag


class _Loose(_Desk, LooseFeedParser):  # type: ignore[misc]
    """feedparser's parser for documents that are not XML. Its depth says nothing: what is never closed stays open."""

    loose = True

    def read(self, text: str) -> None:
        if text.count("<") + text.count("&") > MAX_LOOSE_MARKS:
            raise Rejected("unsafe_xml", f"the document is not well-formed and has more than {MAX_LOOSE_MARKS} marks")
        self.feed(text)


def _refuse_doctype(*_: object) -> None:
    raise Rejected("unsafe_xml", "a document type in the middle of the document")


def _parse(text: str, max_entries: int) -> _Strict | _Loose:
    """Strictly, else strictly after mending, else loosely, else the entries before the first fault.

    `error` says why not at once.
    """
    first_error = None
    prefix: _Strict | None = None
    for attempt in (text, None):
        strict = _Strict(max_entries)
        try:
            strict.read(xmlsafety.repair(text) if attempt is None else attempt)
        except _Enough:
            strict.truncated = True
        except _TooDeep:
            first_error = first_error or f"elements are nested more than {MAX_DEPTH} deep"
            continue
        except expat.ExpatError as error:
            first_error = first_error or f"line {error.lineno}: {expat.ErrorString(error.code)}"
            if prefix is None or len(strict.entries) >= len(prefix.entries):
                prefix = strict
            continue
        strict.error = first_error or strict.error
        return strict
    loose = _Loose(max_entries)
    try:
        loose.read(text.replace("\0", ""))
    except _Enough:
        loose.truncated = True
    except Rejected as refusal:
        if prefix is None or not _whole_entries(prefix):
            raise
        prefix.error, prefix.truncated = f"{first_error}; what follows was left out: {refusal}"[:300], True
        return prefix
    except _FEEDPARSER_FAULTS as fault:
        first_error = f"{first_error}; then {fault}"[:300]
    loose.error = first_error
    return loose


def _whole_entries(parsed: _Strict) -> bool:
    """Whether there are entries once the one that was being read at the fault is gone."""
    if parsed.inentry:
        parsed.entries.pop()
    return bool(parsed.entries)


def _feed(
    parsed: _Strict | _Loose, document: xmlsafety.Prepared, *, url: str | None, received_at: datetime | None
) -> Feed:
    about = parsed.feeddata
    version = "rss091n" if "netscape" in document.doctype.lower() else parsed.version
    language = _language(_get(about, "language"))
    inherited = _names_of(about, FEED_AUTHOR) if version.startswith("atom") else []
    entries: list[Draft | Rejected] = []
    for number, entry in enumerate(parsed.entries, 1):
        try:
            written = _written(entry, version, inherited)
            entries.append(make_draft(written, feed_url=url, language=language, received_at=received_at))
        except Rejected as refusal:
            entries.append(Rejected(refusal.reason, f"entry {number}: {refusal.detail}"))
        except _FEEDPARSER_FAULTS as fault:
            entries.append(Rejected("broken_entry", f"entry {number}: {type(fault).__name__}: {fault}"[:300]))
    links = _links(about)
    return Feed(
        format=version or "unknown",
        title=_line(about, "title"),
        link=_resolved(_get(about, "link"), url),
        description=_line(about, "subtitle"),
        language=language,
        ttl_seconds=_minutes(_get(about, "ttl")),
        update_seconds=_update_seconds(about),
        hub=_resolved(_first(links, "hub"), url),
        self_url=_resolved(_first(links, "self"), url),
        next_url=_resolved(_first(links, "next"), url),
        moved_to=_resolved(_get(about, "itunes_new-feed-url") or _get(about, "newlocation"), url),
        entries=tuple(entries),
        faults=(parsed.error,) if parsed.error else (),
        truncated=parsed.truncated,
    )


def _written(entry: Any, version: str, inherited: list[tuple[str, str]]) -> Written:
    get = partial(_get, entry)
    links = _links(entry)
    link = get("link") or get("wd_permalink") or _first(links, "alternate") or _first(links, "related")
    if link == get("id") and isinstance(link, str) and "://" not in link and not link.startswith("/"):
        link = None  # a guid that nobody marked as a number (`hw-1`), not an address below the feed's
    original = get("feedburner_origlink")
    published = [
        Stamp(text, source) for key, source in _PUBLISHED_KEYS.items() if isinstance(text := get(key), str) and text
    ]
    updated = get("updated")
    changed = "feed:dc:date" if updated == get("dc_date") else "feed:updated"
    modified = (Stamp(updated, changed),) if isinstance(updated, str) and updated else ()
    section = get("prism_section")
    return Written(
        guid=get("id"),
        url=link,
        other_urls=(original,) if isinstance(original, str) else (),
        title=_writing(get("title"), get("title_detail")),
        summary=_writing(get("summary"), get("summary_detail")) or _writing(get("wd_media_text"), None),
        contents=tuple(_contents(get("content"))),
        published=tuple(published),
        modified=modified,
        authors=tuple(_names_of(entry, "feed:author") or inherited),
        tags=tuple(term for tag in get("tags") or () if isinstance(term := tag.get("term") or tag.get("label"), str)),
        media=tuple(_files(entry, links)),
        language=_language((get("title_detail") or {}).get("language") or get("language")),
        source=_line(get("source") or {}, "title"),
        section=clean_line(section) if isinstance(section, str) else None,
    )


_PUBLISHED_KEYS = {
    "published": "feed:published",
    "created": "feed:created",
    "dc_date": "feed:dc:date",
    "updated": "feed:updated",
}
"""In this order: `updated` is all that many Atom feeds have, and the record says that it came from there."""


def _writing(text: object, detail: Any) -> Writing | None:
    if not isinstance(text, str) or not text:
        return None
    content_type = (detail or {}).get("type") or "text/html"
    if content_type != "text/plain":
        return Writing(text, "html")
    # Markup sent as Atom's "text": feedparser looks for that in RSS only, but servers don't make the difference.
    marked_up = ("</" in text or "&" in text) and StrictFeedParser.looks_like_html(text[:MAX_FIELD_CHARS])
    return Writing(text, "html" if marked_up else "plain")


def _contents(contents: Any) -> Iterable[Writing]:
    for content in contents or ():
        writing = _writing(content.get("value"), content)
        if writing is not None and (content.get("type") or "text/html").startswith(_TEXT_TYPES):
            yield writing


def _names_of(context: Any, source: str) -> list[tuple[str, str]]:
    people = _get(context, "authors") or ()
    names = [person.get("name") or person.get("email") or "" for person in people]
    names = [name for name in names if name]
    if not names and isinstance(author := _get(context, "author"), str) and author:
        names = [author]
    return [(name, source) for name in names]


def _links(context: Any) -> list[Any]:
    return [link for link in _get(context, "links") or () if link.get("href")]


def _first(links: list[Any], rel: str) -> str | None:
    return next((cast(str, link["href"]) for link in links if link.get("rel") == rel), None)


def _files(entry: Any, links: list[Any]) -> Iterable[Media]:
    for link in links:
        if link.get("rel") == "enclosure":
            yield _file(link["href"], link)
    for content in _get(entry, "media_content") or ():
        if content.get("url"):
            yield _file(content["url"], content)
    for thumbnail in _get(entry, "media_thumbnail") or ():
        if thumbnail.get("url"):
            yield _file(thumbnail["url"], {**thumbnail, "medium": "image"})
    image = _get(entry, "image")
    if isinstance(image, dict) and image.get("href"):
        yield _file(image["href"], {"medium": "image"})


def _file(url: str, attributes: Any) -> Media:
    media_type = attributes.get("type") or None
    caption = attributes.get("wd_caption") or attributes.get("wd_title") or attributes.get("title")
    return Media(
        url=url,
        kind=media_kind(media_type, url, attributes.get("medium")),
        media_type=media_type,
        caption=Writing(caption).line() or None if isinstance(caption, str) else None,
        width=whole_number(attributes.get("width")),
        height=whole_number(attributes.get("height")),
    )


def _line(context: Any, key: str) -> str | None:
    writing = _writing(_get(context, key), _get(context, f"{key}_detail"))
    return writing.line() or None if writing else None


def _resolved(address: object, feed_url: str | None) -> str | None:
    return resolve(address, None, feed_url) if isinstance(address, str) else None


def _language(tag: object) -> str | None:
    text = tag.strip().replace("_", "-") if isinstance(tag, str) else ""
    return text if re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,3}", text) else None


def _minutes(text: object) -> int | None:
    minutes = whole_number(text)
    return minutes * 60 if minutes else None


def _update_seconds(about: Any) -> int | None:
    """The time between updates by the syndication module: a period, shared by `updateFrequency` updates."""
    period = _get(about, "sy_updateperiod")
    seconds = _PERIOD_SECONDS.get(period.strip().lower()) if isinstance(period, str) else None
    return seconds // (whole_number(_get(about, "sy_updatefrequency")) or 1) if seconds else None
