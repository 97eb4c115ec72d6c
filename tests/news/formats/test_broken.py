# ruff: noqa: E501, ISC004  (a table)
"""Broken, cut, lying, oversized and swollen documents of each format: one reason in one line, at the right item."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
import zipfile
from datetime import UTC, datetime

import pytest
from wire_samples import (
    ANPA_1312,
    IPTC_7901,
    NEWS_ITEM,
    NEWSML_1,
    NINJS_1,
    NITF,
    SAMPLES,
    news_message,
    page,
    warc_pages,
    warc_record,
    zipped,
)

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.formats import table, warc
from wiredesk.worker.news.formats import zip as zips
from wiredesk.worker.news.formats.given import Part
from wiredesk.worker.news.model import Draft
from wiredesk.worker.news.read import Document, read_document

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
MANY_ENTITIES = f'<!DOCTYPE nitf [<!ENTITY a "{"a" * 190}">]>' + NITF[NITF.index("<nitf") :].replace(
    "</hl1>", f"{'&a;' * 1_000}</hl1>"
)
DEEP = "<em>" * 5_000 + "x" + "</em>" * 5_000


def read(body: bytes | str, media_type: str | None = None) -> list[str]:
    """`article`, or the reason, for each item."""
    content = body.encode() if isinstance(body, str) else body
    document = Document(body=content, received_at=NOW, media_type=media_type)
    try:
        found = read_document(document)
    except Rejected as rejected:
        return [str(rejected)]
    return ["article" if isinstance(one, Draft) else str(one) for one in found]


def lying(name: str) -> bytes:
    """A ZIP whose directory says that its file is a tenth as long as it is."""
    body = bytearray(zipped([(name, b"a" * 50_000)]))
    size = (50_000).to_bytes(4, "little")
    for at in range(len(body) - 4):
        if body[at : at + 4] == size:
            body[at : at + 4] = (5_000).to_bytes(4, "little")
    return bytes(body)


def encrypted() -> bytes:
    body = bytearray(zipped([("a.txt", b"hello")]))
    body[body.index(b"PK\x01\x02") + 8] |= 1
    return bytes(body)


PLAIN = warc_record("https://harbour.example/1", page(1))
BROKEN: list[tuple[str, bytes | str, list[str]]] = [
    # XML
    ("nitf cut", NITF[:1_400], ["broken_document: not well-formed XML: "]),
    ("g2 cut", NEWS_ITEM[:900], ["broken_document: not well-formed XML: "]),
    ("newsml-1 cut", NEWSML_1[:900], ["broken_document: not well-formed XML: "]),
    ("nitf without text", "<nitf><head/><body/></nitf>", ["empty: neither a headline nor a text nor an address"]),
    ("nitf swollen by entities", MANY_ENTITIES, ["unsafe_xml: the entities of the document add more than 100000 char"]),
    ("nitf of too deep elements", NITF.replace("<hl1>", f"<hl1>{DEEP}"), ["broken_document: not well-formed XML: "]),
    ("nitf of too many elements", f"<nitf><body><body.content>{'<p/>' * 800_001}</body.content></body></nitf>",
     ["too_large: the document has more than 400,000 elements"]),
    ("gzip bomb of nitf", gzip.compress(b"<nitf>" + b"a" * 20_000_000), ["too_large: the document is larger than 16777216"]),
    ("gzip cut", gzip.compress(NITF.encode())[:200], ["broken_document: not well-formed XML: "]),
    ("message without items", news_message(), ["no_items: <newsMessage> names 0 items, has none"]),
    ("package alone", '<packageItem xmlns="http://iptc.org/std/nar/2006-10-01/"><groupSet><group><itemRef residref="x"/>'
     "</group></groupSet></packageItem>", ["no_items: <packageItem> names 1 items, has none"]),
    ("newsml-1 without items", "<NewsML><NewsEnvelope/></NewsML>", ["no_items: <NewsML> has no <NewsItem>"]),
    ("newsml-1 without text", "<NewsML><NewsItem/></NewsML>", ["no_text: the item has no text"]),
    # JSON
    ("ninjs cut", json.dumps(NINJS_1)[:300], ["broken_document: not JSON: line 1: "]),
    ("ninjs too deep", '{"uri": "x", "bodies": ' + "[" * 100_000, ["broken_document: the JSON is nested too deep"]),
    ("ninjs of nothing", '{"uri": "x", "pubstatus": "usable"}', ["no_items: the ninjs has no item with a headline or a te"]),
    ("ninjs of wrong types", '{"uri": 1, "bodies": 5, "headlines": {"a": []}, "subject": "x", "urgency": [], "associations": 7}',
     ["no_items: the ninjs has no item with a headline or a text"]),
    ("json-ld cut", '{"@context": "https://schema.org", "@type": "NewsArticle", "headl', ["broken_document: not JSON: line 1"]),
    ("json-ld of nothing", '{"@context": "https://schema.org", "@type": "Person"}', ["no_items: the JSON-LD describes no art"]),
    # transmissions
    ("iptc cut in its second message", IPTC_7901 + b"\x01hdt0124 4 wi 38\r\n\x02Hafen", ["article", "broken_document: message 2: it"]),
    ("iptc without a text", IPTC_7901[:12] + b"\x02\x03\x04", ["not_text: more than 10% of the characters are contr"]),
    ("iptc whose header never ends", IPTC_7901 + b"\x01hdt0124", ["article", "broken_document: message 2: its text does no"]),
    ("anpa cut", ANPA_1312[:200], ["broken_document: message 1: it is cut off (no ETX)"]),
    # mail
    ("mail without text", "Message-ID: <1@x.example>\nMIME-Version: 1.0\nSubject: x\n\n", ["no_text: the mail has neither a text"]),
    ("mail of an unknown charset", "Message-ID: <1@x.example>\nSubject: Ferry returns\nContent-Type: text/plain; charset=klingon\n\n"
     "RIGA, March 9 (Example) - The port reopened on Monday.", ["article"]),
    ("mail whose parts never end", "Message-ID: <1@x.example>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
     "Content-Type: text/plain\n\nRIGA, March 9 (Example) - The port reopened on Monday.", ["article"]),
    # packages
    ("warc cut", (PLAIN + PLAIN)[:-200], ["article", "broken_document: https://harbour.example/1: it is cut off"]),
    ("warc of nothing", "WARC/1.0\r\nfoo\r\n\r\n", ["no_items: the WARC holds no page"]),
    ("warc that lies", warc_record("https://harbour.example/1", page(1), more_length=-300) + PLAIN,
     ["broken_document: https://harbour.example/1: it is cut off", "broken_document: behind the record at byte 0", "article"]),
    ("warc of a page that is no article", warc_record("https://harbour.example/1", b"<html><body>404 Not Found</body></html>") + PLAIN,
     ["", "article"]),
    ("zip cut", zipped([("a.xml", NITF.encode())])[:-40], ["broken_document: not a ZIP that can be read: "]),
    ("zip of nothing", zipped([("a.jpg", b"x")]), ["no_items: the ZIP has no document"]),
    ("zip with a broken document", zipped([("a.xml", NITF[:900].encode()), ("b.xml", NITF.encode())]),
     ["broken_document: a.xml: not well-formed XML", "article"]),
    ("zip that lies about a length", lying("a.txt"), ["broken_document: a.txt: "]),
    ("zip that is encrypted", encrypted(), ["broken_document: a.txt: it is encrypted"]),
    ("zip in zip in zip …", zipped([("a.zip", zipped([("b.zip", zipped([("c.zip", zipped([("d.zip", zipped([("e.zip", zipped(
        [("f.xml", NITF.encode())]))]))]))]))]))]),
     ["too_large: a.zip: b.zip: c.zip: d.zip: e.zip: a package within 4 packages"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body", "expected"), BROKEN, ids=[name for name, _, _ in BROKEN])
def test_one_reason_in_one_line(name: str, body: bytes | str, expected: list[str]) -> None:
    found = read(body)
    assert len(found) == len(expected), found
    for one, start in zip(found, expected, strict=True):
        assert one.startswith(start) and "\n" not in one and len(one) < 500, found


@pytest.mark.parametrize("name", SAMPLES)
def test_a_document_that_is_cut_anywhere_is_an_article_or_a_reason(name: str) -> None:
    """No place to cut leads to a fault of our own."""
    whole = SAMPLES[name]
    found = table.recognise(whole)
    assert found is not None
    for number in range(1, 40):
        for one in read(whole[: len(whole) * number // 40], found.media_types[0]):
            assert not one.startswith("internal"), (number, one)


@pytest.mark.parametrize("name", SAMPLES)
def test_bytes_that_are_spoilt_are_an_article_or_a_reason(name: str) -> None:
    whole = SAMPLES[name]
    found = table.recognise(whole)
    assert found is not None
    for number in range(40):
        at = len(whole) * number // 40
        spoilt = whole[:at] + bytes([whole[at] ^ 0x55]) + b"\0\xff<&" + whole[at + 1 :]
        for one in read(spoilt, found.media_types[0]):
            assert not one.startswith("internal"), (number, one)


def test_a_zip_bomb_ends_at_its_ratio() -> None:
    bomb = zipped((f"{n}.txt", b"a" * 1_000_000) for n in range(80))
    parts = zips.parts_in(io.BytesIO(bomb), max_bytes=1_000_000)
    read_before = 0
    with pytest.raises(Rejected, match="too_large: the ZIP unpacks to more than 200 times its size"):
        for _ in parts:
            read_before += 1
    assert read_before == 67  # 64 MiB


def test_an_entry_of_a_zip_is_never_unpacked_beyond_the_limit() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"a" * 50_000_000)
    tracemalloc.start()
    (only,) = zips.parts_in(target, max_bytes=1_000_000)
    assert str(only) == "too_large: a.txt: it is larger than 1,000,000 bytes"
    assert tracemalloc.get_traced_memory()[1] < 8_000_000
    tracemalloc.stop()


def test_a_compressed_page_of_a_warc_is_never_unpacked_beyond_the_limit() -> None:
    body = gzip.compress(b"a" * 50_000_000)
    headers = "Content-Type: text/html\r\nContent-Encoding: gzip"
    record = warc_record("https://harbour.example/1", body, headers=headers)
    first, second = warc.parts_in(io.BytesIO(record + PLAIN), max_bytes=1_000_000)
    assert str(first).startswith("too_large: https://harbour.example/1: the body is larger than 1000000 bytes")
    assert isinstance(second, Part)


def test_a_warc_is_read_a_page_at_a_time() -> None:
    """What is held does not grow with the number of pages: these are two megabytes."""
    stream = io.BytesIO(warc_pages(3_000))
    tracemalloc.start()
    assert sum(1 for _ in warc.parts_in(stream, max_bytes=1_000_000)) == 3_000
    assert tracemalloc.get_traced_memory()[1] < 300_000
    tracemalloc.stop()
