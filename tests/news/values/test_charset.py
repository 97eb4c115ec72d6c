from __future__ import annotations

import codecs

import pytest

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.values.charset import decode

GERMAN = "Größe – „fünf“"


@pytest.mark.parametrize(
    ("body", "declared", "text", "encoding"),
    [
        (GERMAN.encode(), "utf-8", GERMAN, "utf-8"),
        (GERMAN.encode(), None, GERMAN, "utf-8"),
        (GERMAN.encode(), 'text/html; charset="UTF-8"', GERMAN, "utf-8"),
        (GERMAN.encode("cp1252"), "ISO-8859-1", GERMAN, "windows-1252"),
        (GERMAN.encode("cp1252"), None, GERMAN, "windows-1252"),
        # A server that declares Latin-1 for everything is common, but declared bytes that fit are taken at their word.
        ("é".encode(), "latin1", "Ã©", "windows-1252"),
        # Declared UTF-8 that isn't.
        (GERMAN.encode("cp1252"), "utf-8", GERMAN, "windows-1252"),
        (codecs.BOM_UTF8 + GERMAN.encode(), "iso-8859-1", GERMAN, "utf-8"),
        (codecs.BOM_UTF16_LE + GERMAN.encode("utf-16-le"), None, GERMAN, "utf-16-le"),
        (codecs.BOM_UTF16_BE + GERMAN.encode("utf-16-be"), "utf-8", GERMAN, "utf-16-be"),
        ("<p>wide</p>".encode("utf-16-le"), None, "<p>wide</p>", "utf-16-le"),
        ("Привет, мир".encode("windows-1251"), "text/html; charset=windows-1251", "Привет, мир", "windows-1251"),
        ("東京の港".encode("shift_jis"), "Shift_JIS", "東京の港", "cp932"),
        ("港口".encode("gbk"), "gb2312", "港口", "gb18030"),
        (GERMAN.encode(), "no-such-charset", GERMAN, "utf-8"),
        (GERMAN.encode(), "base64", GERMAN, "utf-8"),
        (b"", None, "", "utf-8"),
    ],
)
def test_decode(body: bytes, declared: str | None, text: str, encoding: str) -> None:
    assert decode(body, declared=declared) == (text, encoding)


@pytest.mark.parametrize(
    "head",
    [
        '<meta charset="windows-1251">',
        "<META http-equiv='Content-Type' content='text/html; charset=windows-1251'>",
        '<?xml version="1.0" encoding="windows-1251"?>',
    ],
)
def test_the_document_declares_its_encoding(head: str) -> None:
    page = f"{head}<p>Привет</p>"
    assert decode(page.encode("windows-1251"), declared=None) == (page, "windows-1251")


def test_a_declaration_of_utf_16_in_bytes_that_show_it_is_wrong() -> None:
    page = '<meta charset="utf-16"><p>Größe</p>'
    assert decode(page.encode(), declared=None) == (page, "utf-8")


def test_a_few_broken_bytes_do_not_make_utf_8_latin() -> None:
    body = ("Größe " * 100).encode() + b"\xc3"
    assert decode(body, declared=None) == ("Größe " * 100 + "\ufffd", "utf-8")


@pytest.mark.parametrize(
    "body",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(50),
        b"%PDF-1.7 text",
        b"PK\x03\x04zip",
        b"\x1f\x8b\x08gzip",
        bytes(range(32)) * 40,
        bytes(2000),
    ],
)
def test_binary_is_not_text(body: bytes) -> None:
    with pytest.raises(Rejected) as caught:
        decode(body, declared="text/html")
    assert caught.value.reason == "not_text"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "windows-1252", "shift_jis", "gb2312", "euc-kr", "big5", "utf-16", "koi8-r"]
)
def test_no_bytes_raise_anything_else(encoding: str) -> None:
    for body in (bytes(range(256)), b"\xff\xfe", b"\xff" * 99, b"\xed\xa0\x80" * 30, b"<meta charset=" + b"\xff" * 40):
        try:
            text, used = decode(body, declared=encoding)
        except Rejected:
            continue
        assert isinstance(text, str)
        assert codecs.lookup(used)
