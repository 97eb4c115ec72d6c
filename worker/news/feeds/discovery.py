"""The feeds of a site, found in its pages and its robots.txt, the likeliest first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from wiredesk.worker.news.values import html as markup
from wiredesk.worker.news.values.text import clean_line

FeedKind = Literal["rss", "atom", "json", "sitemap", "unknown"]
Found = Literal["link", "anchor", "refresh", "well-known", "robots"]

_TYPES: dict[str, FeedKind] = {
    "application/rss+xml": "rss",
    "application/atom+xml": "atom",
    "application/rdf+xml": "rss",
    "application/feed+json": "json",
    "application/x.atom+xml": "atom",
    "application/x-atom+xml": "atom",
    "text/rss+xml": "rss",
    "text/atom+xml": "atom",
    "application/rss": "rss",
    "application/atom": "atom",
}
# Media types that feeds share with other documents: they count only when the address or title agrees.
_LOOSE_TYPES: dict[str, FeedKind] = {
    "application/xml": "unknown",
    "text/xml": "unknown",
    "application/json": "json",
    "": "unknown",
}
_WELL_KNOWN = (
    ("feed/", "rss"),
    ("rss.xml", "rss"),
    ("feed.xml", "rss"),
    ("atom.xml", "atom"),
    ("rss", "rss"),
    ("index.xml", "rss"),
    ("feed.json", "json"),
    ("index.rdf", "rss"),
    ("?feed=rss2", "rss"),
    ("feeds/posts/default", "atom"),
)
"""The paths at which common publishing programs serve their feeds, the commonest first."""

_MAX_LINKS = 5_000
_MAX_CANDIDATES = 100
_MAX_URL_CHARS = 2_000
_LOOKS_LIKE_FEED = re.compile(
    r"(?:^|[/._?=&-])(?:rss2?|atom|feeds?|rdf)(?:[/._?=&-]|$)|feedburner|\.(?:rss|rdf|atom)$|/index\.xml$",
    re.IGNORECASE,
)
_SAYS_FEED = re.compile(r"\b(?:rss|atom|feed|xml feed|subscribe via|newsfeed)\b", re.IGNORECASE)
# A link of these words and no others leads to a feed wherever it points.
_IS_CALLED_FEED = re.compile(
    r"\W{0,5}(?:(?:full|main|news|our|the|subscribe|subscribe to|subscribe via|site|follow via)\s{1,3})?"
    r"(?:rss|atom|xml|json|web)?[\s/-]{0,3}(?:rss|atom|newsfeed|feed|xml feed)s?"
    r"(?:\s{1,3}(?:feed|2\.0|1\.0|channel|icon|logo))?\W{0,5}",
    re.IGNORECASE,
)
_NO_FEED_ENDING = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|ico|pdf|css|js|zip|mp[34])$", re.IGNORECASE)
_REFRESH = re.compile(
    r"""\s{0,20}[\d.]{0,8}(?:\s{0,20}[;,]\s{0,20}(?:url\s{0,20}=)?|\s{1,20}url\s{0,20}=)\s{0,20}["']?([^"'\s]{1,2000})""",
    re.IGNORECASE,
)
_SERVICES = re.compile(
    r"(?:feedly|inoreader|newsblur|netvibes|theoldreader)\.com/|add\.my\.yahoo|fusion\.google", re.IGNORECASE
)
_COMMENTS = re.compile(r"\bcomments?\b|kommentare?\b|commentaires?\b|comentarios\b|/replies\b", re.IGNORECASE)
_PART = re.compile(
    r"/(?:tags?|category|categories|topics?|sections?|authors?|search|user|label|podcasts?)/|[?&](?:s|q|cat|tag)=",
    re.IGNORECASE,
)
_SITEMAP_LINE = re.compile(
    r"^[^\S\n]{0,20}sitemap[^\S\n]{0,20}:[^\S\n]{0,20}(\S{1,2000})", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class FeedCandidate:
    """An address that may be a feed; `found` says where it was found. A higher `score` is likelier the main feed."""

    url: str
    kind: FeedKind
    title: str | None
    found: Found
    score: int


def find_feeds(html: str, *, url: str) -> tuple[FeedCandidate, ...]:
    """The feeds that a page links to, in its head or in its text, the best first.

    `url` is the page's own.
    """
    page = markup.parse(html)
    base = _base(page, url)
    candidates = [*_in_links(page, base), *_in_refresh(page, base), *_in_anchors(page, base)]
    return _ranked(candidates, url)


def well_known(url: str) -> tuple[FeedCandidate, ...]:
    """Addresses at which sites usually have feeds that no page links to, the likeliest first."""
    split = urlsplit(url)
    root = f"{split.scheme}://{split.netloc}/"
    folder = urljoin(url, ".")
    places = [root] if folder == root else [folder, root]
    return tuple(
        FeedCandidate(place + path, _kind(kind), None, "well-known", 20 - rank)
        for place in places
        for rank, (path, kind) in enumerate(_WELL_KNOWN)
    )


def sitemaps_in_robots(text: str, *, url: str | None = None) -> tuple[str, ...]:
    """The sitemaps that a robots.txt names, those for news first; `url` is that of the robots.txt."""
    found: dict[str, None] = {}
    for line in _SITEMAP_LINE.finditer(text[:500_000]):
        address = _absolute(line[1], url or "")
        if address is not None and len(found) < _MAX_CANDIDATES:
            found[address] = None
    return tuple(sorted(found, key=lambda address: "news" not in address.lower()))


def _kind(word: str) -> FeedKind:
    return "atom" if word == "atom" else "json" if word == "json" else "rss"


def _base(page: LexborHTMLParser, url: str) -> str:
    node = page.css_first("base[href]")
    address = (node.attributes.get("href") or "").strip() if node is not None else ""
    return _absolute(address, url) or url


def _in_links(page: LexborHTMLParser, base: str) -> Iterable[FeedCandidate]:
    for node in page.css("link[href]")[:_MAX_LINKS]:
        attributes = node.attributes
        relations = (attributes.get("rel") or "").lower().split()
        if not {"alternate", "feed"} & set(relations) or "stylesheet" in relations:
            continue
        address = _absolute(attributes.get("href") or "", base)
        title = clean_line((attributes.get("title") or "")[:300]) or None
        if address is None:
            continue
        media_type = (attributes.get("type") or "").partition(";")[0].strip().lower()
        kind = _TYPES.get(media_type)
        score = 100
        if kind is None:
            says_so = (
                "feed" in relations or _LOOKS_LIKE_FEED.search(urlsplit(address).path) or _SAYS_FEED.search(title or "")
            )
            if media_type not in _LOOSE_TYPES or not says_so or attributes.get("hreflang"):
                continue
            kind, score = _LOOSE_TYPES[media_type], 80
        yield FeedCandidate(address, kind, title, "link", score)


def _in_refresh(page: LexborHTMLParser, base: str) -> Iterable[FeedCandidate]:
    """The target of `<meta http-equiv="refresh">`: the old address of a moved feed may answer with such a page."""
    for node in page.css("meta[http-equiv][content]")[:_MAX_LINKS]:
        attributes = node.attributes
        found = _REFRESH.match(attributes.get("content") or "")
        if (attributes.get("http-equiv") or "").strip().lower() != "refresh" or found is None:
            continue
        if (address := _absolute(found[1], base)) is not None and address != base:
            yield FeedCandidate(address, "unknown", None, "refresh", 45)


def _in_anchors(page: LexborHTMLParser, base: str) -> Iterable[FeedCandidate]:
    for node in page.css("a[href]")[:_MAX_LINKS]:
        address = _absolute(node.attributes.get("href") or "", base)
        if address is None or _SERVICES.search(address):
            continue
        split = urlsplit(address)
        title = clean_line((node.text() or _label(node))[:300]) or None
        says_so = _SAYS_FEED.search(title or "") is not None
        looks_so = _LOOKS_LIKE_FEED.search(split.path + ("?" + split.query if split.query else "")) is not None
        is_called_so = _IS_CALLED_FEED.fullmatch(title or "") is not None
        if not (looks_so or is_called_so) or _NO_FEED_ENDING.search(split.path):
            continue
        kind: FeedKind = (
            "atom" if "atom" in split.path.lower() else "json" if split.path.endswith(".json") else "unknown"
        )
        yield FeedCandidate(address, kind, title, "anchor", 30 if not looks_so else 50 if says_so else 40)


def _label(node: LexborNode) -> str:
    """The name of a link without text: its title, or the alternative text of its picture."""
    picture = node.css_first("img[alt], svg title")
    alternative = (picture.attributes.get("alt") or picture.text()) if picture is not None else None
    return node.attributes.get("title") or node.attributes.get("aria-label") or alternative or ""


def _ranked(candidates: Iterable[FeedCandidate], page_url: str) -> tuple[FeedCandidate, ...]:
    """Each address once, sorted by score; the order of the page decides between equals."""
    best: dict[str, FeedCandidate] = {}
    for candidate in candidates:
        if len(best) >= _MAX_CANDIDATES and candidate.url not in best:
            break
        scored = replace(candidate, score=candidate.score + _merit(candidate, page_url))
        known = best.get(candidate.url)
        if known is None or scored.score > known.score:
            best[candidate.url] = scored
    return tuple(sorted(best.values(), key=lambda candidate: -candidate.score))


def _merit(candidate: FeedCandidate, page_url: str) -> int:
    """Points for the site's main feed against those of its comments and sections; the first of them weighs most."""
    about = f"{candidate.title or ''} {urlsplit(candidate.url).path}?{urlsplit(candidate.url).query}"
    merit = 0
    if _COMMENTS.search(about):
        merit -= 60
    if _PART.search(candidate.url):
        merit -= 20
    if "podcast" in about.lower():
        merit -= 20
    if candidate.kind == "json":
        merit -= 5
    if urlsplit(candidate.url).hostname == urlsplit(page_url).hostname:
        merit += 5
    return merit


def _absolute(address: str, base: str) -> str | None:
    """The address without its fragment; null when it is not http(s)."""
    address = address.strip()
    if not address or len(address) > _MAX_URL_CHARS:
        return None
    if address[:5].lower() == "feed:":
        address = address[5:] if address[5:].lower().startswith("http") else "https:" + address[5:]
    try:
        absolute = urljoin(base, address).partition("#")[0]
        split = urlsplit(absolute)
    except ValueError:
        return None
    return absolute if split.scheme in ("http", "https") and split.netloc else None
