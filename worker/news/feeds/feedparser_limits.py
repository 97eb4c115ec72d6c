"""feedparser's two parsers, driven from here. The one file that imports feedparser.

feedparser's `parse` is not used: its parser classes are, which leaves out what wiredesk has no use for (downloads,
sanitising and relinking of HTML: only plain text is kept) and adds what it lacks (limits on work, character data in one
piece, media captions apart from the text). Figures, and the way out of the names that feedparser doesn't publish:
`docs/decisions.md`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple, cast
from xml.parsers import expat

from feedparser.api import LooseFeedParser, StrictFeedParser
from feedparser.html import _cp1252
from feedparser.util import FeedParserDict

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.feeds import plain_elements
from wiredesk.worker.news.feeds import xml as xmlsafety

MAX_DEPTH = 1_000
"""Elements inside one another. Pages inside feeds reach about 60."""

MAX_ATTRIBUTES = 500
"""On one element. feedparser takes quadratic time in them: 37 s for 40,000."""

MAX_ELEMENTS = 400_000
"""In one document. 16 MB of real feeds have fewer; each takes 15 µs, so that 16 MB of `<a/>` would take a minute."""

MAX_LOOSE_MARKS = 200_000
"""`<` and `&` in a document for the loose parser, which spends 10 to 25 µs on each tag: five seconds at most."""

# feedparser's own look-up takes detours through deprecated names, with warnings.
get = cast("Callable[[Any, str], Any]", dict.get)
"""A value that feedparser's parsers left in one of their dictionaries."""

# The exceptions of feedparser's methods on unusual documents: the element is left out, the others are read.
FEEDPARSER_FAULTS = (KeyError, IndexError, ValueError, TypeError, AttributeError, OverflowError, AssertionError)

_LONG_ELEMENTS = frozenset(("content", "description", "summary"))
_LONG_CHARS = 200
# Names that feedparser has no method for, and that are read here.
_KEPT_AS_WRITTEN = frozenset(
    (
        "feedburner_origlink",
        "itunes_new-feed-url",
        "pheedo_origlink",
        "prism_section",
        "sy_updatefrequency",
        "sy_updateperiod",
        "ttl",
    )
)
_NAMESPACES = {"http://news.yandex.ru": "yandex", "http://turbo.yandex.ru": "turbo"}
_FULL_TEXTS = ("yandex_full-text", "turbo_content", "rambler_full-text", "rambler_fulltext", "full-text", "fulltext")
# What may stand inside RSS's `textInput` and `image`; anything else shows that they were never closed.
_OF_TEXT_INPUT = frozenset(("title", "link", "description", "name"))
_OF_IMAGE = frozenset(("title", "link", "description", "url", "href", "width", "height"))
_LONGEST_PLAIN_NAME = 60  # of those that are kept in a cache: a document may hold names of megabytes
_STAND_IN = "\x01"
"""Stands for a long text inside feedparser; XML can't hold it, so no document can forge it."""

_C1 = re.compile("[\x80-\x9f]")
_IANA_RELATIONS = ("http://www.iana.org/assignments/", "https://www.iana.org/assignments/")
_WEB = re.compile(r"\s{0,20}(?:https?:|//|/)", re.IGNORECASE)


def looks_like_html(text: str) -> bool:
    """Whether feedparser takes text that is called plain for markup."""
    return bool(StrictFeedParser.looks_like_html(text))


class _Params(FeedParserDict):  # type: ignore[misc]
    """feedparser's description of an element's content: flat, without the old names that its look-up goes through."""

    get = dict.get
    __getitem__ = dict.__getitem__
    __contains__ = dict.__contains__

    def __deepcopy__(self, memo: object) -> FeedParserDict:
        return FeedParserDict(self)


class _Enough(Exception):
    """The wanted number of entries has been read."""


class _TooDeep(Exception):
    """Elements that are never closed, or a bomb: the strict parser is the wrong one."""


class FeedParserLimits:
    """Mixed in before both of feedparser's parsers: limits on their work, tolerance for their own faults, and elements
    that they don't know or read otherwise. `super()` is feedparser's.
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
    inauthor: int
    incontributor: int
    inpublisher: int
    svgOK: int  # noqa: N815  (feedparser's name)
    title_depth: int
    hasContent: int  # noqa: N815
    property_depth_map: dict[Any, dict[str, int]]
    elementstack: list[Any]
    guidislink: bool
    namespaces_in_use: dict[str, str]
    pop: Callable[..., str]
    pop_content: Callable[[str], str]
    push: Callable[[str, int], None]
    resolve_uri: Callable[[str], str]
    _save: Callable[..., None]
    _start_content_encoded: Callable[[Any], None]
    _end_content_encoded: Callable[[], None]
    _get_context: Callable[[], Any]
    loose = False
    namespaces: ClassVar = {**StrictFeedParser.namespaces, **_NAMESPACES}
    _matchnamespaces: ClassVar[dict[str, str]] = {}

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
        self._entry_depth = 0
        self._elements = 0
        self._relation = "alternate"

    def unknown_starttag(self, tag: str, attrs: list[tuple[str, str]]) -> None:
        if len(attrs) > MAX_ATTRIBUTES:
            raise Rejected("unsafe_xml", f"an element <{tag[:60]}> has more than {MAX_ATTRIBUTES} attributes")
        self._count()
        try:
            super().unknown_starttag(tag, attrs)  # type: ignore[misc]
        except FEEDPARSER_FAULTS as fault:
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
        except FEEDPARSER_FAULTS as fault:
            self._note(tag, fault)
        # feedparser keeps the base address of the element just closed when its parent has none.
        self.baseuri = self.basestack[-1] if self.basestack else ""

    def handle_charref(self, ref: str) -> None:
        try:
            super().handle_charref(ref)  # type: ignore[misc]
        except FEEDPARSER_FAULTS as fault:
            self._note(f"&#{ref[:20]};", fault)

    def _note(self, what: str, fault: Exception) -> None:
        self.error = self.error or f"{what}: {fault}"[:300]

    def _start_item(self, attrs: Any) -> None:
        if len(self.entries) >= self._max_entries:
            raise _Enough
        super()._start_item(attrs)  # type: ignore[misc]
        self._media = None
        self._entry_depth = self.depth

    _start_entry = _start_item

    def push_content(self, tag: str, attrs: Any, content_type: str, expecting_text: int) -> None:
        super().push_content(tag, attrs, content_type, expecting_text)  # type: ignore[misc]
        self.contentparams = _Params(self.contentparams)
        self.contentparams["wd_typed"] = "type" in attrs

    def _sync_author_detail(self, key: str = "author") -> None:
        context = self._get_context()
        people = get(context, f"{key}s") or [FeedParserDict()]
        text = get(context, key)
        if people[-1] or not isinstance(text, str) or not text:
            super()._sync_author_detail(key)  # type: ignore[misc]
            return
        # `entries.author_line` reads addresses: feedparser's own pattern is quadratic, 221 s for 200,000 letters.
        people[-1]["name"] = text[: plain_elements.MAX_AUTHOR_CHARS]

    def _add_tag(self, term: Any, scheme: Any, label: Any) -> None:
        if len(get(self._get_context(), "tags") or ()) < plain_elements.MAX_TAGS:
            super()._add_tag(term, scheme, label)  # type: ignore[misc]

    # Dates stay as written: `entries.stamped` reads them, once and with their precision.

    def _end_published(self) -> None:
        if written := self.pop("published"):
            self._get_context().setdefault("wd_published", []).append(written)

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
            self._save("wd_permalink", get(self.entries[-1], "id"))

    _end_id = _end_guid

    def _start_link(self, attrs: Any) -> None:
        # RFC 4287, 4.2.7.2: a relation may be written as its IRI at IANA.
        relation = attrs.get("rel", "alternate").strip().lower()
        relation = relation.rpartition("/")[2] if relation.startswith(_IANA_RELATIONS) else relation
        words = relation.split()
        attrs["rel"] = self._relation = "alternate" if "alternate" in words or not words else words[0]
        for name in ("uri", "url"):  # not the address that the element holds: `<link uri="at://…">https://…</link>`
            if name in attrs and not _WEB.match(attrs[name]):
                del attrs[name]
        super()._start_link(attrs)  # type: ignore[misc]

    def _end_link(self) -> None:
        # feedparser takes the text of any link for the address of the entry, that of an enclosure and an empty one too.
        context = self._get_context()
        before = get(context, "link")
        super()._end_link()  # type: ignore[misc]
        if before and (self._relation != "alternate" or not get(context, "link")):
            context["link"] = before
        elif self._relation != "alternate":
            context.pop("link", None)

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

    # Full texts under the names of the aggregators that read them.

    def _start_full_text(self, attrs: Any) -> None:
        self._start_content_encoded(attrs)

    def _end_full_text(self) -> None:
        self._end_content_encoded()

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


for _element in _FULL_TEXTS:
    setattr(FeedParserLimits, f"_start_{_element}", FeedParserLimits._start_full_text)
    setattr(FeedParserLimits, f"_end_{_element}", FeedParserLimits._end_full_text)


class _Plain(NamedTuple):
    """An element that was begun as a plain one: its name for feedparser and for expat, and who reads its text."""

    tag: str
    name: str
    attributes: dict[str, str]
    read: plain_elements.Read


class StrictParser(FeedParserLimits, StrictFeedParser):  # type: ignore[misc]
    """feedparser over expat, without the SAX layer between them.

    CPython's SAX reader leaves expat's `buffer_text` off, which made 490,183 text events for 12,200 elements of news
    feeds, and looks attributes up in quadratic time. The mapping of names is feedparser's own (`parsers/strict.py`).
    """

    def __init__(self, max_entries: int) -> None:
        super().__init__(max_entries)
        self._tags: dict[str, str] = {}
        self._expat: Any = None
        # The element being read that may be a plain one, and its text so far.
        self._plain: _Plain | None = None
        self._pieces: list[str] = []
        self.decls: dict[str, str] = {}

    def pop(self, element: str, strip_whitespace: int = 1) -> str:
        """feedparser's, with long texts kept out of its hands: it looks up every character of them, 0.1 ms an entry."""
        text = self._long_text(element)
        if text is None:
            return super().pop(element, strip_whitespace)
        self.elementstack[-1][2] = [_STAND_IN]
        super().pop(element, strip_whitespace)
        entry, key = self.entries[-1], "summary" if element == "description" else element
        places = [(entry, key), (get(entry, f"{key}_detail"), "value")]
        if key == "content":
            places = [(entry["content"][-1], "value")]
        for place, name in places:
            if place and get(place, name) == _STAND_IN:
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
        return None if len(text) < _LONG_CHARS or text.isascii() else self.mended(text)

    def mended(self, text: str) -> str:
        """The text of an element without faults of its encoding, as feedparser mends them."""
        if text.isascii():
            return text
        with suppress(UnicodeError):
            text = text.encode("iso-8859-1").decode("utf-8")
        return text.translate(_cp1252) if _C1.search(text) else text

    def read(self, text: str) -> None:
        parser = self._expat = expat.ParserCreate("utf-8", " ")
        parser.buffer_text = True
        parser.buffer_size = 65_536
        parser.namespace_prefixes = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self.handle_data
        parser.StartNamespaceDeclHandler = self._declare
        parser.StartDoctypeDeclHandler = _refuse_doctype
        try:
            parser.Parse(text.encode("utf-8", "replace"), True)
        finally:
            self._expat = None  # it refers to this object

    def _declare(self, prefix: str | None, uri: str) -> None:
        self._give_to_feedparser(*self._ended_plain())
        self.startPrefixMapping(prefix, uri)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._give_to_feedparser(*self._ended_plain())
        tag = self._tags.get(name) or self._tag(name)
        if self.inentry and self.depth == self._entry_depth and self._begin_plain(tag, name, attributes):
            return
        self._start_slowly(tag, name, attributes)

    def _start_slowly(self, tag: str, name: str, attributes: dict[str, str]) -> None:
        if not (attributes or self.decls or self.incontent):
            self._start_without_attributes(tag)
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

    # Elements directly in an entry are read as plain until they turn out to be something else (`plain_elements`).

    def _begin_plain(self, tag: str, name: str, attributes: dict[str, str]) -> bool:
        """Whether the element may be plain: its text is collected until it ends or turns out to hold an element."""
        if self.decls or self.incontent or self.insource or self.inimage or self.intextinput or self.svgOK:
            return False
        if self.baseuri or self.inauthor or self.incontributor or self.inpublisher:
            return False
        read = self._reader(tag, attributes)
        if read is None:
            return False
        self._count()
        self._plain = _Plain(tag, name, attributes, read)
        self._expat.CharacterDataHandler = self._pieces.append
        return True

    def _reader(self, tag: str, attributes: dict[str, str]) -> plain_elements.Read | None:
        _, known_as = self._name(tag)
        if attributes:
            allowed = plain_elements.ATTRIBUTES.get(known_as, {})
            if any(value not in allowed.get(key, ()) for key, value in attributes.items()):
                return None
        return _plain_reader(known_as) if len(known_as) < _LONGEST_PLAIN_NAME else None

    def _name(self, tag: str) -> tuple[str, str]:
        """The prefix of an element by which feedparser knows its namespace, and the name of its methods."""
        prefix, _, name = tag.rpartition(":")
        prefix = self.namespacemap.get(prefix, prefix)
        return prefix, f"{prefix}_{name}" if prefix else name

    def _ended_plain(self) -> tuple[_Plain | None, str]:
        """The element that was begun as a plain one, if any, and its text; none is begun from now on."""
        begun, self._plain = self._plain, None
        if begun is None:
            return None, ""
        self._expat.CharacterDataHandler = self.handle_data
        text = "".join(self._pieces)
        self._pieces.clear()
        return begun, text

    def _give_to_feedparser(self, begun: _Plain | None, text: str) -> None:
        """Start an element that was begun as a plain one as feedparser does, with the text that was read of it."""
        if begun is not None:
            self._elements -= 1
            self._start_slowly(begun.tag, begun.name, begun.attributes)
            if text:
                self.handle_data(text)

    def _start_without_attributes(self, tag: str) -> None:
        """feedparser's `unknown_starttag` for an element without attributes and outside of texts, as most are.

        Base and language stay as they are, which it takes 10 µs an element to find out. What it knows no meaning of,
        and nobody here asks for, is not kept.
        """
        self._count()
        self.depth += 1
        self.basestack.append(self.baseuri)
        self.langstack.append(self.lang)
        prefix, known_as = self._name(tag)
        if not prefix:
            self.intextinput = self.intextinput if known_as in _OF_TEXT_INPUT else 0
            self.inimage = self.inimage if known_as in _OF_IMAGE else 0
        start = getattr(self, f"_start_{known_as}", None)
        if start is None:
            self.push(known_as, not self.inentry or known_as in _KEPT_AS_WRITTEN)
            return
        try:
            start({})
        except FEEDPARSER_FAULTS as fault:
            self._note(tag, fault)

    def _end(self, name: str) -> None:
        begun, text = self._ended_plain()
        if begun is not None and begun.read(self, self.entries[-1], text.strip(), begun.attributes):
            return
        self._give_to_feedparser(begun, text)
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


@lru_cache(maxsize=1_000)
def _plain_reader(known_as: str) -> plain_elements.Read | None:
    """Who reads a plain element of this name; null where feedparser does."""
    read = plain_elements.ELEMENTS.get(known_as)
    if read is None and known_as not in _KEPT_AS_WRITTEN:
        methods = (f"_start_{known_as}", f"_end_{known_as}")
        return None if any(hasattr(StrictParser, method) for method in methods) else plain_elements.ignored
    return read


class LooseParser(FeedParserLimits, LooseFeedParser):  # type: ignore[misc]
    """feedparser's parser for documents that are not XML. Its depth says nothing: what is never closed stays open."""

    loose = True

    def read(self, text: str) -> None:
        if text.count("<") + text.count("&") > MAX_LOOSE_MARKS:
            raise Rejected("unsafe_xml", f"the document is not well-formed and has more than {MAX_LOOSE_MARKS} marks")
        self.feed(text)


def _refuse_doctype(*_: object) -> None:
    raise Rejected("unsafe_xml", "a document type in the middle of the document")


def parse_xml(text: str, max_entries: int) -> StrictParser | LooseParser:
    """Strictly, else strictly after mending, else loosely, else the entries before the first fault.

    `error` says why not at once.
    """
    first_error = None
    prefix: StrictParser | None = None
    for attempt in (text, None):
        strict = StrictParser(max_entries)
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
    loose = LooseParser(max_entries)
    try:
        loose.read(text.replace("\0", ""))
    except _Enough:
        loose.truncated = True
    except Rejected as refusal:
        if prefix is None or not _whole_entries(prefix):
            raise
        prefix.error, prefix.truncated = f"{first_error}; what follows was left out: {refusal}"[:300], True
        return prefix
    except FEEDPARSER_FAULTS as fault:
        first_error = f"{first_error}; then {fault}"[:300]
    loose.error = first_error
    return loose


def _whole_entries(parsed: StrictParser) -> bool:
    """Whether there are entries once the one that was being read at the fault is gone."""
    if parsed.inentry:
        parsed.entries.pop()
    return bool(parsed.entries)
