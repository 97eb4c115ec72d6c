"""WARC (ISO 28500), plain or gzip: each response that holds a page, at the time when it was seen, one at a time.

fastwarc reads the records. After one that lies about its length it goes on at the next that begins behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import BinaryIO

from fastwarc.warc import ArchiveIterator, HeaderMap, WarcRecord, WarcRecordType

from wiredesk.worker.errors import Rejected, Transient
from wiredesk.worker.news.formats.given import Given, Part
from wiredesk.worker.news.values.charset import decode_html
from wiredesk.worker.news.values.decoding import BodyDecoder

_PAGES = ("text/html", "application/xhtml+xml")
_PLAIN_BEGINS, _GZIP_BEGINS = re.compile(rb"\n\r?\n(?=WARC/1\.)"), re.compile(rb"(?=\x1f\x8b\x08)")
_STEP = 1 << 20
_MAX_FAULTS = 1_000


def read(given: Given) -> Iterator[Part | Rejected]:
    """The pages of an archive."""
    return parts_in(BytesIO(given.body), max_bytes=given.max_bytes)


def parts_in(stream: BinaryIO, *, max_bytes: int) -> Iterator[Part | Rejected]:
    """The pages in an archive, in order. Other records, failed requests and other files are left out.

    A page over `max_bytes`, and a record that can't be read, is its own rejection. Where the stream can't be sought in,
    the first record that lies about its length is the last. Raises `Rejected("no_items")` where there is no page.
    """
    found = False
    for part in _parts(stream, max_bytes):
        found = True
        yield part
    if not found:
        raise Rejected("no_items", "the WARC holds no page")


def _parts(stream: BinaryIO, max_bytes: int) -> Iterator[Part | Rejected]:
    is_seekable = stream.seekable()
    last = stream.tell() if is_seekable else 0
    begins = _GZIP_BEGINS if is_seekable and _is_gzip(stream) else _PLAIN_BEGINS
    is_new = True
    for _ in range(_MAX_FAULTS):
        try:
            for record in ArchiveIterator(stream, auto_decode="transfer"):
                last, is_new = record.stream_pos, True
                if (part := _part(record, max_bytes)) is not None:
                    yield part
            return
        except (OSError, ValueError, RuntimeError) as error:
            if is_new:  # else the same fault has ended this pass too
                yield Rejected("broken_document", f"behind the record at byte {last:,}: {error}"[:300])
        is_new = False
        following = _next_record(stream, last + 1, begins) if is_seekable else None
        if following is None:
            return
        last = following


def _is_gzip(stream: BinaryIO) -> bool:
    at = stream.tell()
    magic = stream.read(2)
    stream.seek(at)
    return magic == b"\x1f\x8b"


def _next_record(stream: BinaryIO, start: int, begins: re.Pattern[bytes]) -> int | None:
    """Where the next record begins, with the stream there; null where none does."""
    at, kept = start, b""
    stream.seek(start)
    while block := stream.read(_STEP):
        window = kept + block
        if found := begins.search(window):
            position = at - len(kept) + found.end()
            stream.seek(position)
            return position
        kept = window[-16:]
        at += len(block)
    return None


def _part(record: WarcRecord, max_bytes: int) -> Part | Rejected | None:
    if record.record_type not in (WarcRecordType.response, WarcRecordType.resource):
        return None
    url = (record.headers.get("WARC-Target-URI") or "").strip("<> ")
    if not url.startswith(("http://", "https://")):
        return None
    headers = record.http_headers if record.is_http_parsed else None
    if record.is_http and headers is not None:
        media_type, status = headers.get("Content-Type") or "", headers.status_code
        if status != 200:
            return None
    else:
        media_type = record.headers.get("Content-Type") or ""
    if not media_type.partition(";")[0].strip().lower().startswith(_PAGES):
        return None
    try:
        decoder = BodyDecoder(headers.get("Content-Encoding") or "" if headers is not None else "", max_bytes)
        size = 0
        while block := record.reader.read(65_536):
            decoder.feed(block)
            size += len(block)
        body = decoder.finish()
        if headers is not None and _promised(headers) > size:
            raise Rejected("broken_document", "it is cut off")
    except (Rejected, Transient) as refusal:
        reason = refusal.reason if isinstance(refusal, Rejected) else "broken_document"
        return Rejected(reason, f"{url}: {refusal.detail if isinstance(refusal, Rejected) else refusal}"[:300])
    if not body.strip():
        return None
    if "charset" in media_type.lower():
        # Submissions carry no charset: the server's is applied here. The mark in front goes before what the page says.
        body = f"\ufeff{decode_html(body, content_type=media_type)}".encode("utf-8", "replace")
    return Part(body, url, "text/html", url, _seen_at(record))


def _promised(headers: HeaderMap) -> int:
    """The length of the body by its server; 0 where it names none."""
    length = headers.get("Content-Length") or ""
    is_whole = not (headers.get("Transfer-Encoding") or headers.get("Content-Range"))
    return int(length) if is_whole and length.isascii() and length.isdigit() and len(length) < 12 else 0


def _seen_at(record: WarcRecord) -> datetime | None:
    date = record.record_date
    return date.astimezone(UTC) if date is not None else None
