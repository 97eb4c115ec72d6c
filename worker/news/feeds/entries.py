"""Shared by all feed formats: the feed, an entry as it was written, and its draft."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from urllib.parse import urljoin

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.model import Author, Draft, Evidence, IdentifierKind, Media, Moment
from wiredesk.worker.news.values.agencies import find_agency
from wiredesk.worker.news.values.authors import read_authors
from wiredesk.worker.news.values.dates import read_moment
from wiredesk.worker.news.values.text import clean_line, html_to_text, paragraphs, word_count
from wiredesk.worker.news.values.words import any_of, whole_words

Kind = Literal["literal", "plain", "html"]

MAX_FIELD_CHARS = 2_000_000
"""Longer texts of one entry are cut: the longest articles of the corpora have 200,000 characters of markup."""

TEASER_WORDS = 100
"""A summary with fewer words, and nothing else, announces an article that stands elsewhere."""

FEED_AUTHOR = "feed:feed-author"
"""The source of authors that an entry has from its feed, because it names none of its own."""

_MAX_DATE_CHARS = 100
_MAX_URL_CHARS = 4_000
_MAX_NAME_CHARS = 2_000
_MAX_LISTED = 200
"""Tags, media and authors of one entry; more is not written by an editor."""

_CUT_OFF = re.compile(
    r"(?:\[?(?:…|\.\.\.|&hellip;|&#8230;)\]?|(?:read|continue|learn|full|view)\s{1,3}(?:more|reading|story|article)"
    rf"|read the full (?:story|article)|{any_of('furniture', 'read_on')})\s{{0,3}}[»›→>.…]{{0,3}}$",
    re.IGNORECASE,
)
_ENDINGS: dict[str, Literal["image", "video", "audio"]] = {
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp", "avif", "svg"), "image"),
    **dict.fromkeys(("mp4", "m4v", "mov", "webm", "m3u8", "avi"), "video"),
    **dict.fromkeys(("mp3", "m4a", "aac", "ogg", "oga", "opus", "wav"), "audio"),
}
# A line that names a desk, an account or a publication: `The Editors`, `admin`, `Example Newsroom`.
_NOBODY = re.compile(
    r"^(?:(?:the |our |by )?(?:staff|news|web|site)?\s?"
    rf"(?:{whole_words('byline_groups', 'byline_desks', 'byline_roles', 'byline_accounts', 'byline_blanks')}))$"
    rf"|(?:{whole_words('byline_groups', 'byline_desks')}|\b(?:{any_of('outlet_words', 'last')})\b)$",
    re.IGNORECASE,
)
# Of references in literal text, those left as they are.
_AMPERSAND = re.compile(
    r"&(?!#(?:x0{0,4}(?:[89a-fA-F][0-9a-fA-F]|[0-9a-fA-F]{3,6})|0{0,4}(?:1[3-9]\d|12[89]|[2-9]\d\d|\d{4,7}));)"
)
_ESCAPED_TAG = re.compile(
    r"\s{0,200}&(?:amp;)?lt;(p|br|div|a|img|hr|h[1-6]|ul|ol|table|figure|blockquote|span|strong|em|b|i|section|article)"
    r"\b(?:[^&<>]|&(?:amp;)?(?:quot|amp|\#39|\#34);){0,500}/?&(?:amp;)?gt;",
    re.IGNORECASE,
)
_ESCAPED_END = re.compile(
    r"&(?:amp;)?lt;/(?:p|div|li|ul|ol|table|figure|blockquote|h[1-6]|a|span|strong|em|b|i|section|article)&(?:amp;)?gt;"
    r"|&(?:amp;)?lt;br\s{0,3}/?&(?:amp;)?gt;",
    re.IGNORECASE,
)
_MARKUP_IN_NAME = re.compile(
    r"</|<(?:a|abbr|address|b|br|cite|div|em|font|i|img|li|p|small|span|strong|time|u)[\s/>]", re.IGNORECASE
)
_ADDRESS = re.compile(
    r"(?:mailto:\s?)?(?<![\w.+-])[A-Za-z0-9_.+-]{1,64}@(?:\[(?:[0-9]{1,3}\.){3}|(?:[A-Za-z0-9-]{1,63}\.){1,8})"
    r"(?:[A-Za-z]{2,24}|[0-9]{1,3})\]?(?:\?subject=[^\s<>()]{1,200})?"
)
_NAME_IN_BRACKETS = re.compile(r"(^\s{0,5}|[,;]\s{1,5})\(([^()]{1,100})\)")
# Words that servers write where they have no address.
_NO_ADDRESS = frozenset(
    ("n/a", "na", "none", "null", "nil", "undefined", "unknown", "tbd", "-", "#", "0", "false", "true")
)
# `http://https://…`, `http:/…`, `http//…`, `http:\\…`: they stand for one scheme and two slashes.
_SCHEMES = re.compile(r"(?:https?:?[/\\]{1,3}){1,3}(?=https?:?[/\\]{1,3})", re.IGNORECASE)
_WEB_SCHEME = re.compile(r"(https?):?([/\\]{1,4})", re.IGNORECASE)
_HOST = re.compile(r"(?:www\.)?(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}(?=[/?:#]|$)", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}:")


@dataclass(frozen=True, slots=True)
class Writing:
    """A piece of text as it stood in a feed: markup, plain text that may have entities, or text to be taken literally.

    Literal is what a specification says is text and nothing else (Atom's `type="text"`, JSON Feed); of it only numeric
    references beyond ASCII are read, which servers forget to decode and nobody writes about.
    """

    text: str
    kind: Kind = "html"

    def plain(self) -> str:
        text = _unwrapped(self.text[:MAX_FIELD_CHARS])
        return html_to_text(_decoded_twice(text)) if self.kind == "html" else paragraphs(self._without_entities(text))

    def line(self) -> str:
        text = _unwrapped(self.text[:_MAX_NAME_CHARS])
        if self.kind == "html" and ("<" in text or "&" in text):
            text = html_to_text(_decoded_twice(text))
        return clean_line(self._without_entities(text))

    def _without_entities(self, text: str) -> str:
        if self.kind != "literal" or "&" not in text:
            return text
        return _AMPERSAND.sub("&amp;", text)


def _unwrapped(text: str) -> str:
    """A text without the marks of a CDATA section that was escaped, or escaped in part."""
    if "CDATA[" not in text:
        return text
    text = text.replace("<![CDATA[", "")
    bare = text.strip()
    for mark in ("![CDATA[", "[CDATA["):
        if bare.startswith(mark):
            text = bare.removeprefix(mark)
            break
    return text.replace("]]>", "").removesuffix("]]")


def _decoded_twice(text: str) -> str:
    """Markup that was escaped once too often, as markup: nothing but escaped tags, and some of them are ends."""
    for _ in range(2):
        if "<" in text or not ((opens := _ESCAPED_TAG.match(text)) or _ESCAPED_END.search(text)):
            break
        if opens and not (_ESCAPED_END.search(text) or opens[1].lower() in ("br", "img", "hr")):
            break
        text = html.unescape(text)
    return text


@dataclass(frozen=True, slots=True)
class Stamp:
    """A date as it was written, and where (`feed:published`)."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Written:
    """An entry as it was written, whatever the format; every URL is still as written, relative to `base`."""

    guid: str | None = None
    url: str | None = None
    other_urls: tuple[str, ...] = ()
    base: str | None = None
    title: Writing | None = None
    summary: Writing | None = None
    contents: tuple[Writing, ...] = ()
    published: tuple[Stamp, ...] = ()
    modified: tuple[Stamp, ...] = ()
    authors: tuple[tuple[str, str], ...] = ()
    """Name as written and source."""
    tags: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    language: str | None = None
    source: str | None = None
    section: str | None = None


@dataclass(frozen=True, slots=True)
class SitemapReference:
    """A sitemap that an index names; `modified` is when the index says it last changed."""

    url: str
    modified: Moment | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed document as it was read.

    `format` is `rss20`, `atom10`, `rss10` (RDF), `json11`, `newssitemap`, `sitemap`, `sitemapindex`, … `entries` holds
    in document order a draft, or for an entry that can't be read the error that says why. `ttl_seconds` is RSS `ttl`;
    `update_seconds` is the time between updates by `sy:`. `faults` are for people: what was wrong with the document
    and was survived. `truncated` is true when there were more entries than were wanted.
    """

    format: str
    title: str | None = None
    link: str | None = None
    description: str | None = None
    language: str | None = None
    ttl_seconds: int | None = None
    update_seconds: int | None = None
    hub: str | None = None
    self_url: str | None = None
    next_url: str | None = None
    moved_to: str | None = None
    """The address to which the document says the feed has moved (`itunes:new-feed-url`)."""
    entries: tuple[Draft | Rejected, ...] = ()
    sitemaps: tuple[SitemapReference, ...] = ()
    faults: tuple[str, ...] = field(default=(), repr=False)
    truncated: bool = False


def stamped(stamp: Stamp, received_at: datetime | None) -> Moment | None:
    """The moment that a date names, or null when it is not a date."""
    return read_moment(stamp.text.strip()[:_MAX_DATE_CHARS], source=stamp.source, received_at=received_at)


def resolve(url: str, base: str | None, feed_url: str | None) -> str | None:
    """A link as an absolute http(s) address, null when it is none; as written when nothing is known to resolve it."""
    url = _unwrapped(url).strip()
    if not (url.startswith(("https://", "http://")) and "http" not in url[7:12].lower()):
        url = _mended_address(url, base, feed_url)
    if not url or len(url) > _MAX_URL_CHARS or url.lower() in _NO_ADDRESS:
        return None
    if url[:7].lower() != "http://" and url[:8].lower() != "https://":
        scheme = _SCHEME.match(url)
        if scheme is not None and scheme[0].lower() not in ("http:", "https:", "feed:"):
            return None
        try:
            url = urljoin(urljoin(feed_url or "", (base or "").strip()[:_MAX_URL_CHARS]), url)
        except ValueError:
            return None
    return url


def _mended_address(url: str, base: str | None, feed_url: str | None) -> str:
    """An address with one scheme, two slashes and a host: what people and programs left out or doubled is mended."""
    if doubled := _SCHEMES.match(url):
        url = url[doubled.end() :]
    if (scheme := _WEB_SCHEME.match(url)) and scheme[0].lower() not in ("http://", "https://"):
        return f"{scheme[1].lower()}://{url[scheme.end() :]}" if scheme[0][len(scheme[1]) :] != "/" else url
    if url.startswith("://"):
        return "https" + url
    host = _HOST.match(url)
    if host and (host[0].lower().startswith("www.") or host[0].lower() in _hosts(base, feed_url)):
        # A host without a scheme, not a file beside the feed: it begins with www., or it is the host of the feed.
        return f"{'http' if (feed_url or '').startswith('http://') else 'https'}://{url}"
    return url


def _hosts(*urls: str | None) -> set[str]:
    return {url.split("/", 3)[2].lower() for url in urls if url and url.count("/") >= 2}


def make_draft(entry: Written, *, feed_url: str | None, language: str | None, received_at: datetime | None) -> Draft:
    """The draft of one entry. Raises `Rejected("empty_entry")` when there is nothing in it at all."""
    headline = entry.title.line() if entry.title else ""
    body, description, full = _texts(entry)
    url = resolve(entry.url, entry.base, feed_url) if entry.url else None
    published, published_evidence = _date("published", entry.published, received_at)
    modified, modified_evidence = _date("modified", entry.modified, received_at)
    authors, byline = _authors(entry.authors)
    draft = Draft(
        headline=headline or None,
        body_text=body,
        description=description or None,
        byline=byline,
        authors=authors,
        language=entry.language or language,
        url=url,
        source=entry.source,
        published=published,
        modified=modified,
        section=entry.section,
        tags=_distinct_lines(entry.tags),
        media=_media(entry, feed_url),
        identifiers=_identifiers(entry, url, feed_url),
        teaser=url is not None and not full,
        evidence=published_evidence + modified_evidence,
    )
    said = (headline, body, draft.identifiers, draft.media, draft.evidence, draft.tags)
    if not any(said) and all(source == FEED_AUTHOR for _, source in entry.authors):
        raise Rejected("empty_entry", "the entry has no title, text, link or date")
    return draft


def _texts(entry: Written) -> tuple[str, str, bool]:
    """Body, description, and whether the body is the whole piece."""
    summary = entry.summary.plain() if entry.summary else ""
    others = [writing for writing in dict.fromkeys(entry.contents) if writing != entry.summary]
    content = max((writing.plain() for writing in others), key=len, default=summary if entry.contents else "")
    if len(summary) > 500 and len(summary) > 3 * len(content):
        # Some servers put the piece into the description and a caption or the podcast's blurb beside it.
        content, summary = summary, content
    if not content:
        words = word_count(summary)
        return summary, "", words >= TEASER_WORDS and not _is_cut_off(summary)
    if summary == content or (content.startswith(summary.rstrip("….[] ")) and len(summary) > len(content) / 2):
        summary = ""
    return content, summary, not _is_cut_off(content)


def _is_cut_off(text: str) -> bool:
    """Whether the text says itself that it is cut off."""
    return _CUT_OFF.search(text, max(0, len(text) - 60)) is not None


def _date(
    name: str, stamps: Sequence[Stamp], received_at: datetime | None
) -> tuple[Moment | None, tuple[Evidence, ...]]:
    """The first date that can be read, and what stood in its place before."""
    rows: list[Evidence] = []
    for stamp in stamps:
        moment = stamped(stamp, received_at)
        rows.append(Evidence(name, stamp.source, stamp.text.strip()[:200], moment is not None))
        if moment is not None:
            return moment, tuple(rows)
    return None, tuple(rows)


def _authors(written: Sequence[tuple[str, str]]) -> tuple[tuple[Author, ...], str | None]:
    """The authors that the feed names, and its own words for them.

    An author element is a claim: a name in it that does not look like a person's stays, as long as it is no agency,
    desk or address.
    """
    authors: dict[str, Author] = {}
    lines: list[str] = []
    for text, source in written[:_MAX_LISTED]:
        line = author_line(text)
        if not line:
            continue
        lines.append(line)
        people = read_authors(line, source=source)
        if not people and not ("@" in line or "://" in line or _NOBODY.search(line) or find_agency(line)):
            people = (Author(line, source),)
        for person in people:
            authors.setdefault(person.name, person)
    return tuple(authors.values()), ", ".join(dict.fromkeys(lines)) or None


def author_line(text: str) -> str:
    """The words of an author's element on one line, without markup, and without the address where there is a name.

    `jane@example.com (Jane Doe)`, `Jane Doe <jane@example.com>`, `<a href="mailto:jane@example.com">Jane Doe</a>`.
    """
    text = _unwrapped(text[:_MAX_NAME_CHARS])
    if _MARKUP_IN_NAME.search(text):
        # Blocks and lines are persons; where a line is broken inside a name is not known, and rare.
        text = "; ".join(part for part in html_to_text(text).split("\n") if part.strip(" ,;"))
    line = clean_line(text)
    if not (found := _ADDRESS.search(line)):
        return line
    name = line
    for address in dict.fromkeys(found[0] for found in _ADDRESS.finditer(line)):
        name = name.replace(address, "")
    for brackets in ("()", "<>", "&lt;&gt;", "[]", "( )", "< >"):
        name = name.replace(brackets, "")
    name = clean_line(_NAME_IN_BRACKETS.sub(r"\1\2", name)).strip(" ,;:-–—|")
    return name or found[0]


def _distinct_lines(texts: Sequence[str]) -> tuple[str, ...]:
    lines = (clean_line(_unwrapped(text[:_MAX_NAME_CHARS])) for text in texts[:_MAX_LISTED])
    return tuple(dict.fromkeys(line for line in lines if line))


def _media(entry: Written, feed_url: str | None) -> tuple[Media, ...]:
    """Each file once, the entry with the most said about it first."""
    found: dict[str, Media] = {}
    for media in entry.media[:_MAX_LISTED]:
        url = resolve(media.url, entry.base, feed_url)
        if url is None:
            continue
        known = found.get(url)
        if known is None or (known.caption is None and media.caption is not None):
            found[url] = replace(media, url=url)
    return tuple(found.values())


def _identifiers(entry: Written, url: str | None, feed_url: str | None) -> tuple[tuple[IdentifierKind, str], ...]:
    found: list[tuple[IdentifierKind, str]] = []
    if entry.guid and (guid := entry.guid.strip()[:_MAX_NAME_CHARS]):
        found.append(("guid", guid))
    others = (resolve(other, entry.base, feed_url) for other in entry.other_urls)
    found.extend(("url", address) for address in dict.fromkeys((url, *others)) if address)
    return tuple(found)


def media_kind(
    media_type: str | None, url: str, medium: str | None = None
) -> Literal["image", "video", "audio", "file"]:
    """The kind of a file, by the feed's `medium`, its media type or the ending of its name."""
    for word in (medium or "", (media_type or "").partition("/")[0]):
        match word.strip().lower():
            case "image" | "photo":
                return "image"
            case "video":
                return "video"
            case "audio":
                return "audio"
    ending = url.partition("?")[0].rpartition(".")[2].lower()
    return _ENDINGS.get(ending, "file")


def whole_number(text: object) -> int | None:
    """A positive whole number below a million, or null: a width, a number of minutes."""
    digits = str(text).strip() if isinstance(text, str | int) else ""
    return int(digits) if digits.isascii() and digits.isdigit() and 0 < len(digits) <= 6 and int(digits) > 0 else None
