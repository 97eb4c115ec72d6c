"""The formats besides pages, feeds and plain copy: their media types, how they are recognised, their readers."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.feeds.jsonfeed import is_json_feed
from wiredesk.worker.news.formats import anpa1312, iptc7901, jsonld, mail, newsml1, newsmlg2, ninjs, nitf, warc
from wiredesk.worker.news.formats import zip as zips
from wiredesk.worker.news.formats.given import Given, Part
from wiredesk.worker.news.model import Draft
from wiredesk.worker.news.submission import BY_SUFFIX, MediaType

HEAD_BYTES = 65_536
"""The part of a document that is looked at to recognise it."""

_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]{0,60}:)?([A-Za-z_][\w.-]{0,60})")
_NINJS = re.compile(
    r'"(?:version_?created|pub_?status|representation_?type|body_(?:text|xhtml|html)|bodies|headlines|\$?standard)"\s*:',
    re.I,
)
_JSON_LD = re.compile(r'"@context"\s*:\s*.{0,200}?schema\.org', re.DOTALL)
_MAIL_OPENS = re.compile(r"(?:From [^\n]*\n)?[A-Za-z][A-Za-z0-9-]{1,60}:[ \t]?[^\n]*\n")
_MAIL_FIELD = re.compile(
    r"^(?:Message-ID|MIME-Version|Received|Return-Path|DKIM-Signature):", re.IGNORECASE | re.MULTILINE
)
_ANPA = re.compile("\x16?\x01[\r\n]*[A-Za-z]\\d{3,5}(?:\x1f|[^0-9A-Za-z])")


@dataclass(frozen=True, slots=True)
class Format:
    """One format. `parts_in` opens a package: it gives the documents in a file, one at a time."""

    name: str
    media_types: tuple[str, ...]
    read: Callable[[Given], Iterator[Draft | Rejected | Part]]
    parts_in: Callable[..., Iterator[Part | Rejected]] | None = None


NITF = Format("NITF", ("application/nitf+xml", "text/vnd.iptc.nitf"), nitf.read)
NEWSML_G2 = Format(
    "NewsML-G2",
    tuple(f"application/vnd.iptc.g2.{item}+xml" for item in ("newsitem", "newsmessage", "packageitem")),
    newsmlg2.read,
)
NEWSML_1 = Format("NewsML 1", ("text/vnd.iptc.newsml",), newsml1.read)
NINJS = Format("ninjs", ("application/ninjs+json",), ninjs.read)
JSON_LD = Format("JSON-LD", ("application/ld+json",), jsonld.read)
IPTC_7901 = Format("IPTC 7901", ("text/x-iptc7901",), iptc7901.read)
ANPA_1312 = Format("ANPA 1312", ("text/x-anpa1312",), anpa1312.read)
MAIL = Format("mail", ("message/rfc822",), mail.read)
WARC = Format("WARC", ("application/warc",), warc.read, warc.parts_in)
ZIP = Format("ZIP", ("application/zip", "application/wacz"), zips.read, zips.parts_in)
FORMATS = (NITF, NEWSML_G2, NEWSML_1, NINJS, JSON_LD, IPTC_7901, ANPA_1312, MAIL, WARC, ZIP)
_BY_MEDIA_TYPE = {media_type: one for one in FORMATS for media_type in one.media_types}
_BY_ROOT = {"nitf": NITF, "newsml": NEWSML_1} | dict.fromkeys(newsmlg2.ROOTS, NEWSML_G2)


def format_of(media_type: str | None) -> Format | None:
    """The format of a media type; parameters and case don't matter."""
    return _BY_MEDIA_TYPE.get((media_type or "").partition(";")[0].strip().lower())


def recognise(head: bytes) -> Format | None:
    """The format of a document by its first `HEAD_BYTES`; null for a page, a feed, plain copy and whatever else."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ZIP
    if head.startswith(b"\x1f\x8b"):
        head = _inflated(head)
    if head.startswith(b"WARC/"):
        return WARC
    text = _decoded(head).lstrip("\ufeff \0\t\r\n\x16\x7f")
    match text[:1]:
        case "<":
            root = _ROOT.search(text)
            return _BY_ROOT.get(root[1].lower()) if root else None
        case "{" | "[":
            if _JSON_LD.search(text):
                return JSON_LD
            return NINJS if _NINJS.search(text) and '"uri"' in text and not is_json_feed(text) else None
        case "\x01":
            return (ANPA_1312 if _ANPA.match(text) else IPTC_7901) if "\x02" in text else None
        case _:
            opens = _MAIL_OPENS.match(text)
            header = re.split(r"\r?\n\r?\n", text, maxsplit=1)[0] if opens else ""
            return MAIL if opens and _MAIL_FIELD.search(header) else None


def media_type_by_name(name: str, head: bytes) -> MediaType | None:
    """The media type that the ending of a file's name declares; null where `head` shows another format."""
    declared = BY_SUFFIX.get(name[name.rfind(".") :].lower()) if "." in name else None
    return None if declared is None or recognise(head[:HEAD_BYTES]) is not None else declared


def _inflated(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(head[:HEAD_BYTES], HEAD_BYTES)
    except zlib.error:
        return b""


def _decoded(head: bytes) -> str:
    """The head as text; only ASCII matters, so any encoding that holds it serves."""
    head = head[:HEAD_BYTES]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "ignore")
    if head.startswith(b"\xef\xbb\xbf"):
        head = head[3:]
    return head.decode("latin-1")
