"""Elements of an entry that hold text and nothing else, put where feedparser puts them.

Most elements of most feeds are such: a title, a link, a date, a text in CDATA. feedparser takes 60 µs for each of them,
to find the method for its name, its base address and language, and the place of its text; the functions below take 3.
What an entry gets is the same: a test compares both ways over all feeds of the corpus and over feeds drawn at random.
An element with a child, or with an attribute that is not named here, is feedparser's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

MAX_TAGS = 500
"""Of one entry. feedparser compares each with all before: 6 s for 20,000."""

MAX_AUTHOR_CHARS = 2_000


class Parser(Protocol):
    """The state of feedparser's parser that these elements read and write."""

    lang: str | None
    version: str
    depth: int
    title_depth: int
    hasContent: int  # noqa: N815  (feedparser's name)
    guidislink: bool
    property_depth_map: dict[Any, dict[str, int]]

    def resolve_uri(self, uri: str) -> str: ...

    def looks_like_html(self, s: str) -> bool: ...

    def mended(self, text: str) -> str: ...


Entry = dict[str, Any]
# feedparser's dictionaries translate old names of keys at each access; those below are today's.
_put = dict.__setitem__
_put_first = dict.setdefault
Read = Callable[[Parser, Entry, str, Mapping[str, str]], bool]
"""Puts an element's text into the entry; false, and nothing is changed, where feedparser has to."""


def _keep(parser: Parser, entry: Entry, key: str, value: str) -> None:
    """Store a value as one that stands directly in the entry: those of deeper elements do not replace it."""
    parser.property_depth_map.setdefault(entry, {})[key] = parser.depth + 1
    _put(entry, key, value)


def _detail(parser: Parser, media_type: str) -> Entry:
    return {"type": media_type, "language": parser.lang and parser.lang.replace("_", "-"), "wd_typed": False}


def _title(parser: Parser, entry: Entry, text: str, _: Mapping[str, str]) -> bool:
    if not -1 < parser.title_depth <= parser.depth + 1:
        is_html = not parser.version.startswith("atom") and parser.looks_like_html(text)
        _keep(parser, entry, "title", parser.mended(text))
        _put(entry, "title_detail", _detail(parser, "text/html" if is_html else "text/plain"))
    if text:
        parser.title_depth = parser.depth + 1
    return True


def _link(parser: Parser, entry: Entry, text: str, _: Mapping[str, str]) -> bool:
    if "&" in text:
        return False
    address = parser.mended(parser.resolve_uri(text)) if text else ""
    links = _put_first(entry, "links", [])
    links.append({"rel": "alternate", "type": "text/html"})
    if address:
        links[-1]["href"] = address
        _put(entry, "link", address)
    else:
        _put_first(entry, "link", "")
    return True


def _guid(parser: Parser, entry: Entry, text: str, attributes: Mapping[str, str]) -> bool:
    parser.guidislink = attributes.get("isPermaLink", "true") == "true"
    address = parser.resolve_uri(text) if text and parser.guidislink else text
    guid = parser.mended(address)
    _keep(parser, entry, "id", guid)
    if parser.guidislink:
        _put_first(entry, "link", guid)
        _put_first(entry, "wd_permalink", guid)
    return True


def _published(parser: Parser, entry: Entry, text: str, _: Mapping[str, str]) -> bool:
    if text:
        _put_first(entry, "wd_published", []).append(parser.mended(text))
    return True


def _updated(parser: Parser, entry: Entry, text: str, _: Mapping[str, str]) -> bool:
    _keep(parser, entry, "updated", parser.mended(text))
    return True


def _dc_date(parser: Parser, entry: Entry, text: str, _: Mapping[str, str]) -> bool:
    date = parser.mended(text)
    _keep(parser, entry, "updated", date)
    _put(entry, "dc_date", date)
    return True


def _author(parser: Parser, entry: Entry, text: str, _: Mapping[str, str]) -> bool:
    name = parser.mended(text)
    _keep(parser, entry, "author", name)
    _put_first(entry, "authors", []).append({"name": name[:MAX_AUTHOR_CHARS]} if name else {})
    return True


def _category(parser: Parser, entry: Entry, text: str, _: Mapping[str, str]) -> bool:
    tags = _put_first(entry, "tags", [])
    if not text:
        return True
    term = parser.mended(text)
    if tags and not tags[-1]["term"]:
        tags[-1]["term"] = term
    elif len(tags) < MAX_TAGS and (tag := {"term": term, "scheme": None, "label": None}) not in tags:
        tags.append(tag)
    return True


def _description(parser: Parser, entry: Entry, text: str, _: Mapping[str, str]) -> bool:
    if "summary" in entry and not parser.hasContent:
        return False  # a second description is a content
    _keep(parser, entry, "summary", parser.mended(text))
    _put(entry, "summary_detail", _detail(parser, "text/html"))
    return True


def _content(parser: Parser, entry: Entry, text: str, _: Mapping[str, str]) -> bool:
    parser.hasContent = 1
    text = parser.mended(text)
    _put_first(entry, "content", []).append({**_detail(parser, "text/html"), "value": text})
    _put_first(entry, "summary", text)
    return True


def ignored(parser: Parser, entry: Entry, text: str, attributes: Mapping[str, str]) -> bool:
    """An element that neither feedparser nor `mapping` reads."""
    return True


ELEMENTS: Mapping[str, Read] = {
    "author": _author,
    "category": _category,
    "content_encoded": _content,
    "dc_creator": _author,
    "dc_date": _dc_date,
    "dc_subject": _category,
    "description": _description,
    "guid": _guid,
    "id": _guid,
    "link": _link,
    "pubdate": _published,
    "published": _published,
    "title": _title,
    "updated": _updated,
}
"""By the names that feedparser gives them."""

ATTRIBUTES: Mapping[str, Mapping[str, frozenset[str]]] = {"guid": {"isPermaLink": frozenset(("true", "false"))}}
"""The attributes with which an element is still plain, and their values."""
