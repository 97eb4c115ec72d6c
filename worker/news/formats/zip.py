"""ZIP archives of documents, and WACZ, which is one of WARC files; entries are unpacked one by one, within limits."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.formats import warc
from wiredesk.worker.news.formats.given import Given, Part

MAX_ENTRIES = 100_000
"""Entries of one archive; a directory of more costs memory before the first is read."""

MAX_RATIO = 200
"""How many times its own size an archive may unpack to. Text packs ten times, a bomb a thousand times."""

_LEAST_TOTAL = 64 * 1024 * 1024
# Entries that hold no article.
_SKIPPED_ENDINGS = (
    ".jpg .jpeg .png .gif .webp .svg .mp3 .mp4 .mov .avi .wav .pdf .css .js .woff .woff2 .ttf .ico .ds_store .cdx "
    ".cdxj .idx .dtd .xsd .xsl .xslt"
).split()
_BROKEN = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError)


def read(given: Given) -> Iterator[Part | Rejected]:
    """The documents in an archive."""
    return parts_in(BytesIO(given.body), max_bytes=given.max_bytes)


def parts_in(stream: BinaryIO, *, max_bytes: int) -> Iterator[Part | Rejected]:
    """The documents in an archive that can be sought in. One that is broken or too large is its own rejection.

    Raises `Rejected`: `broken_document`; `too_large` for more than `MAX_ENTRIES`, or where what was unpacked exceeds
    `MAX_RATIO` times the archive.
    """
    try:
        archive = zipfile.ZipFile(stream)
    except _BROKEN as error:
        raise Rejected("broken_document", f"not a ZIP that can be read: {error}"[:300]) from None
    with archive:
        entries = archive.infolist()
        if len(entries) > MAX_ENTRIES:
            raise Rejected("too_large", f"the ZIP has {len(entries):,} entries, the limit is {MAX_ENTRIES:,}")
        is_wacz = any(entry.filename.lower().startswith("archive/") for entry in entries) and any(
            entry.filename == "datapackage.json" for entry in entries
        )
        left = max(_LEAST_TOTAL, MAX_RATIO * sum(entry.compress_size for entry in entries))
        found = False
        for entry in entries:
            name = entry.filename
            if entry.is_dir() or _is_skipped(name, is_wacz=is_wacz):
                continue
            if is_wacz or name.lower().endswith((".warc", ".warc.gz")):
                for page in _warc_entry(archive, entry, max_bytes):
                    found = True
                    yield page
                continue
            found = True
            part = _entry(archive, entry, max_bytes)
            left -= len(part.body) if isinstance(part, Part) else min(entry.file_size, max_bytes)
            if left < 0:
                raise Rejected("too_large", f"the ZIP unpacks to more than {MAX_RATIO} times its size")
            yield part
    if not found:
        raise Rejected("no_items", "the ZIP has no document")


def _is_skipped(name: str, *, is_wacz: bool) -> bool:
    lower = name.lower()
    if is_wacz:
        return not lower.startswith("archive/")
    return lower.startswith("__macosx/") or lower.endswith(tuple(_SKIPPED_ENDINGS))


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, max_bytes: int) -> Part | Rejected:
    name = entry.filename
    if entry.flag_bits & 0x1:
        return Rejected("broken_document", f"{name}: it is encrypted")
    try:
        with archive.open(entry) as file:
            body = file.read(max_bytes + 1)
    except _BROKEN as error:
        return Rejected("broken_document", f"{name}: {error or 'it is cut off'}"[:300])
    if len(body) > max_bytes:
        return Rejected("too_large", f"{name}: it is larger than {max_bytes:,} bytes")
    return Part(body, name)


def _warc_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, max_bytes: int) -> Iterator[Part | Rejected]:
    try:
        with archive.open(entry) as file:
            yield from warc.parts_in(file, max_bytes=max_bytes)  # type: ignore[arg-type]
    except Rejected:  # without a page; another file of the archive may have some
        return
    except _BROKEN as error:
        yield Rejected("broken_document", f"{entry.filename}: {error or 'it is cut off'}"[:300])
