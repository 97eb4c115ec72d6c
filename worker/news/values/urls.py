"""URLs as names of articles: one spelling to show and fetch, one key that all spellings of an article share.

Own code on purpose: `w3lib.url.canonicalize_url`, `courlan.normalize_url` and `url_normalize` sort, drop or keep
other things than a newsroom needs (none knows AMP caches or mobile hosts) and take several times longer
(`bench/stories.py urls`).
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import unicodedata
from typing import NamedTuple
from urllib.parse import quote, urljoin

import idna

from wiredesk.worker.news.values import words

# Browsers and servers refuse URLs well below this; longer ones are data or attacks, not names.
MAX_URL_LENGTH = 4096

# RFC 3986, appendix B. Every part is a single negated class, so matching is linear.
_PARTS = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.\-]{0,30}):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_\-]{0,61}[a-z0-9_])?")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})?")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._~!$&'()*+,;=:@\-]*")
_PLAIN_QUERY = re.compile(r"[A-Za-z0-9/._~!$&'()*+,;=:@?\[\]|\-]*")
# Beginnings of the fragment of a client-side route.
_ROUTES = "!/"
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

# Google Analytics' own prefix. No other parameter is dropped by prefix: news systems use `ns_id`, `at_id`, `ref_no`.
_TRACKING_PREFIX = "utm_"
# These parameters may name content too, so they are dropped only when their value names a channel.
_CHANNEL_PARAMETERS = frozenset("ref source src from via origin partner medium campaign share".split())
_FEED_CHANNEL = re.compile(r"rss[-_].*", re.DOTALL)  # Medium: source=rss-d1b2c3------2
_CHANNELS = frozenset(
    "rss rss2 rssfeed feed feeds atom xml twitter tw x facebook fb linkedin instagram whatsapp telegram reddit email "
    "mail e-mail newsletter push app home homepage hp front frontpage social share sharebar sharebutton "
    "flipboard applenews googlenews google_news_rss google msn yahoo newsapp topstories nl".split()
)
# Other renderings of the same page: folded in the key only, since fetching may need them.
_RENDERING = re.compile(
    r"(?:_?amp|ampmode|usqp)(?:=(?:1|true|yes|amp|on)?)?|usqp=.*|amp_(?:js_v|gsa|ct|tf)=.*|output(?:type)?=amp|"
    r"(?:print|printable|printview)(?:=(?:1|true|yes|y)?)?|view=print|m=1|mobile=(?:1|true)",
    re.IGNORECASE | re.DOTALL,
)
_HOST_VARIANT = re.compile(r"(?:www\d?|m|mobile|mobil|amp|wap)\.(?=[^.]+\.)")
_INDEX_PAGE = re.compile(r"/(?:index|default)\.(?:html?|php\d?|aspx?|jsp|cfm|shtml)$", re.IGNORECASE)
_AMP_SUFFIX = re.compile(r"(?:\.amp(?=\.html?$)|[./]amp(?:\.html?)?$)", re.IGNORECASE)
_AMP_CACHE_PATH = re.compile(r"/(?:amp/|[civr]/)(s/)?(.+)", re.DOTALL)
# Fragments that point at a part of every page, or at nothing: they never tell two items of one page apart.
_PAGE_PART = re.compile(
    r"(?:top|main|content|main-?content|article|comments?|respond|disqus_thread|more-\d{1,12}|rss|feed|atom)|.*:~:.*",
    re.IGNORECASE | re.DOTALL,
)
_SLUG_GAP = re.compile(r"[\W_]+")
_HOST_LIKE = re.compile(r"(?:[\w\-]{1,63}\.){1,40}[^\W\d_]{2,63}")


def canonical_url(url: str, *, base: str | None = None, keep_fragment: bool = False) -> str | None:
    """The URL as it is shown and fetched, or None where it can't be fetched over http(s).

    Absolute, host in lower case and punycode, without credentials, default port, fragment (client-side routes `#!` and
    `#/` stay: they name content) and tracking parameters; percent-encoding and dot segments normalised; the links of
    AMP caches resolved to the page that was cached. Parameters keep their order. With `keep_fragment` a fragment stays
    that may tell the items of one page apart, as in the feeds of changelogs and status pages.
    """
    split = _split(url, base, keep_fragment)
    if split is None:
        return None
    scheme, host, port, path, query, fragment = split
    return f"{scheme}://{host}{port}{path}{'?' + query if query else ''}{'#' + fragment if fragment else ''}"


def url_key(url: str, *, keep_fragment: bool = False) -> str | None:
    """The form that all spellings of an article's URL share: two URLs with equal keys name one article.

    Beyond `canonical_url`: no scheme; `www.`, mobile and AMP hosts, AMP paths, print views, index pages, repeated and
    trailing slashes folded; parameters sorted. None for what can't be fetched and for the front page of a site, which
    names no article although feeds link to it. `keep_fragment` as in `canonical_url`.
    """
    split = _split(url, None, keep_fragment)
    if split is None:
        return None
    _, host, port, path, query, fragment = split
    while variant := _HOST_VARIANT.match(host):
        host = host[variant.end() :]
    if "amp" in path or "AMP" in path:
        path = _AMP_SUFFIX.sub("", path.rstrip("/"))
        path = path.replace("/amp/", "/")
    while "//" in path:
        path = path.replace("//", "/")
    path = _INDEX_PAGE.sub("", path).rstrip("/")
    if query:
        kept = {p.replace("+", "%20") for p in query.split("&") if not _RENDERING.fullmatch(p)}
        query = "&".join(sorted(kept))
    if not (path or query or fragment):
        return None
    return f"{host}{port}{path}{'?' + query if query else ''}{'#' + fragment if fragment else ''}"


def host_of(url: str) -> str | None:
    """The host a URL would be fetched from, in lower case and punycode, without port; None as in `canonical_url`."""
    split = _split(url, None, keep_fragment=False)
    return split.host if split else None


def names_part_of_page(url: str) -> bool:
    """Whether a URL has a fragment that `keep_fragment` keeps: what it opens is more than the item."""
    split = _split(url, None, keep_fragment=True)
    return split is not None and split.fragment != "" and split.fragment[0] not in _ROUTES


def source_slug(name_or_url: str) -> str:
    """The slug of a source: the folded host of a URL (`bbc.co.uk`), else the name's words (`the-new-york-times`).

    A slug is its own slug. A name without a letter or digit gets a slug made from its hash, so that two stay two.
    """
    text = name_or_url.strip()
    if "://" in text:
        host = host_of(text)
        if host is not None:
            return _folded_host(host)
    text = _folded_letters(text)
    if _HOST_LIKE.fullmatch(text):
        return _folded_host(text)
    slug = _SLUG_GAP.sub("-", text.replace("'", "").replace("’", "")).strip("-")
    return slug[:80].rstrip("-") or "source-" + hashlib.sha256(name_or_url.encode()).hexdigest()[:8]


def _folded_letters(text: str) -> str:
    """Lower case without accents. Folding can yield characters that fold again, hence twice."""
    if not text.isascii():
        for _ in range(2):
            text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
            text = "".join(c for c in text if not unicodedata.combining(c))
        text = unicodedata.normalize("NFC", text)
    return text.lower()


def _folded_host(host: str) -> str:
    while variant := _HOST_VARIANT.match(host):
        host = host[variant.end() :]
    return host


class _Split(NamedTuple):
    """The parts of a URL, each normalised; `port` is `:8080` or empty."""

    scheme: str
    host: str
    port: str
    path: str
    query: str
    fragment: str


def _split(url: str, base: str | None, keep_fragment: bool, depth: int = 0) -> _Split | None:
    if len(url) > MAX_URL_LENGTH or depth > 2:
        return None
    url = url.strip("\t\n\r\f\v \x00\u00a0\u200b\ufeff")
    if "\n" in url or "\t" in url or "\r" in url:
        url = url.replace("\n", "").replace("\r", "").replace("\t", "")
    if base is not None:
        try:
            url = urljoin(base, url)
        except ValueError:
            return None
    if "\\" in url:  # browsers read it as a slash, up to the query
        head, mark, tail = url.partition("?")
        url = head.replace("\\", "/") + mark + tail
    match = _PARTS.fullmatch(url)
    if match is None:
        return None
    scheme, authority, path, query, fragment = match.groups()
    scheme = scheme.lower() if scheme else "https"
    if authority is None or scheme not in ("http", "https"):
        return None
    host, port = _host_and_port(authority.rpartition("@")[2], scheme)
    if not host:
        return None
    path = _normal_path(path)
    if host == "www.google.com" or host.endswith(".cdn.ampproject.org"):
        cached = _AMP_CACHE_PATH.fullmatch(path)
        if cached and (path.startswith("/amp/") == (host == "www.google.com")):
            inner = f"http{'s' if cached[1] else ''}://{cached[2]}{'?' + query if query else ''}"
            return _split(inner, None, keep_fragment, depth + 1)
    query = _normal_query(query) if query else ""
    fragment = _escaped(fragment, _PLAIN_QUERY) if fragment and _is_kept(fragment, keep_fragment) else ""
    return _Split(scheme, host, port, path, query, fragment)


def _is_kept(fragment: str, keep_fragment: bool) -> bool:
    if fragment[0] in _ROUTES:
        return len(fragment) > 1
    if not keep_fragment or _PAGE_PART.fullmatch(fragment):
        return False
    return "=" not in fragment or not all(_is_tracking(part) for part in fragment.split("&") if part)


def _host_and_port(authority: str, scheme: str) -> tuple[str, str]:
    """Host and `:port`; the host is empty when it can't be one."""
    if authority.startswith("["):
        literal, bracket, rest = authority[1:].partition("]")
        try:
            host = f"[{ipaddress.IPv6Address(literal).compressed}]" if bracket else ""
        except ValueError:
            host = ""
        if rest and not rest.startswith(":"):
            return "", ""
        port = rest[1:]
    else:
        host, _, port = authority.partition(":")
        host = _normal_host(host)
    if not port or (port == "443" and scheme == "https") or (port == "80" and scheme == "http"):
        return host, ""
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536):
        return "", ""
    return host, f":{int(port)}"


def _normal_host(host: str) -> str:
    host = host.lower().rstrip(".")
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError:
            try:
                host = host.encode("idna").decode("ascii")  # IDNA 2003, for emoji
            except UnicodeError:
                return ""
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        return ""
    return host


def _normal_path(path: str) -> str:
    if "/." in path:
        path = _without_dot_segments(path)
    return _escaped(path, _PLAIN_PATH) or "/"


def _without_dot_segments(path: str) -> str:
    """RFC 3986, section 5.2.4."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _normal_query(query: str) -> str:
    kept = [p for p in query.replace("&amp;", "&").split("&") if p and not _is_tracking(p)]
    return _escaped("&".join(kept), _PLAIN_QUERY)


def _is_tracking(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    name = name.lower()
    if name.startswith(_TRACKING_PREFIX) or name in words.entry_set("tracking_parameters"):
        return True
    if name not in _CHANNEL_PARAMETERS:
        return False
    value = value.lower()
    return value in _CHANNELS or _FEED_CHANNEL.fullmatch(value) is not None


def _escaped(text: str, plain: re.Pattern[str]) -> str:
    """Unreserved characters as themselves, escapes in upper case, everything else that URLs don't allow escaped."""
    if plain.fullmatch(text):
        return text
    text = _ESCAPE.sub(_normal_escape, text)
    return quote(text, safe="%/._~!$&'()*+,;=:@?[]|-", encoding="utf-8", errors="replace")


def _normal_escape(match: re.Match[str]) -> str:
    if match[1] is None:
        return "%25"
    char = chr(int(match[1], 16))
    return char if char in _UNRESERVED else "%" + match[1].upper()


def feed_address(text: str) -> str:
    """`feed:https://…` and `feed://…`, which browsers hand to feed readers, as an address."""
    scheme, colon, rest = text.strip().partition(":")
    if not colon or scheme.lower() not in ("feed", "feeds"):
        return text.strip()
    if rest.startswith("//"):
        return ("https:" if scheme.lower() == "feeds" else "http:") + rest
    return rest
