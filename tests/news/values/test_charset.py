"""Bytes into text, for feeds and pages alike: one table of labels goes through both."""

from __future__ import annotations

import codecs
from datetime import UTC, datetime

import pytest

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.model import Draft
from wiredesk.worker.news.read import Document, read_document
from wiredesk.worker.news.values.charset import decode_html, decode_xml

GERMAN = "Größe – „fünf“"
ARABIC, GREEK, HEBREW, THAI = "أعيد فتح الميناء", "Το λιμάνι άνοιξε", "הנמל נפתח מחדש", "เปิดท่าเรือแล้ว"
RUSSIAN, CZECH, TURKISH = "Мост закрыт на ремонт", "Žluťoučký kůň ve městě", "Köprü şimdi kapalı, ağır hasarlı"
CHINESE, TAIWANESE, JAPANESE, KOREAN = "大桥今天关闭", "大橋今天關閉", "橋が閉鎖された", "다리가 폐쇄되었다"

# Labels as documents and servers write them, and the codec in which bytes with that label really are.
LABELS = [
    *((label, "cp932", JAPANESE) for label in ("shift_jis", "Shift-JIS", "sjis", "x-sjis", "windows-31j", "MS932")),
    *((label, "euc_jp", JAPANESE) for label in ("euc-jp", "x-euc-jp", "EUC_JP", "cseucpkdfmtjapanese")),
    ("iso-2022-jp", "iso2022_jp", JAPANESE),
    *((label, "gb18030", CHINESE) for label in ("gb2312", "gb_2312-80", "x-gbk", "GBK", "cp936", "csGB2312")),
    *((label, "big5", TAIWANESE) for label in ("big5", "big5-hkscs", "x-x-big5", "cn-big5")),
    *((label, "cp949", KOREAN) for label in ("euc-kr", "ks_c_5601-1987", "ksc5601", "windows-949", "korean")),
    ("hz-gb-2312", "hz", CHINESE),
    *((label, "cp1251", RUSSIAN) for label in ("windows-1251", "cp1251", "cp-1251", "CP_1251", "win-1251", "x-cp1251")),
    *((label, "koi8_r", RUSSIAN) for label in ("koi8-r", "koi8", "KOI8_R", "cskoi8r")),
    ("koi8-u", "koi8_u", RUSSIAN),
    ("x-mac-cyrillic", "mac_cyrillic", RUSSIAN),
    ("ibm866", "cp866", RUSSIAN),
    *((label, "iso8859_5", RUSSIAN) for label in ("iso-8859-5", "8859_5", "cyrillic")),
    *((label, "cp874", THAI) for label in ("windows-874", "tis-620", "iso-8859-11", "dos-874", "cp874")),
    *((label, "cp1250", CZECH) for label in ("windows-1250", "Windows1250", "x-cp1250")),
    *((label, "iso8859_2", CZECH) for label in ("iso-8859-2", "latin2", "l2", "ISO8859_2")),
    *((label, "cp1254", TURKISH) for label in ("windows-1254", "iso-8859-9", "latin5")),
    *((label, "cp1253", GREEK) for label in ("windows-1253", "cp-1253")),
    *((label, "cp1255", HEBREW) for label in ("windows-1255", "x-cp1255")),
    *((label, "iso8859_8", HEBREW) for label in ("iso-8859-8-i", "logical", "visual")),
    *((label, "cp1256", ARABIC) for label in ("windows-1256", "cp1256")),
    *((label, "cp1252", GERMAN) for label in ("iso-8859-1", "latin1", "us-ascii", "windows-1252", "ANSI_X3.4-1968")),
    ("macintosh", "mac_roman", "Größe – fünf"),
    *((label, "utf-8", RUSSIAN) for label in ("utf-8", "UTF8", "utf_8", "unicode-1-1-utf-8")),
    ("no-such-charset", "utf-8", CHINESE),
    ("base64", "utf-8", GERMAN),
    ("utf-16", "utf-8", GERMAN),
]  # fmt: skip

# Bytes that are not what their label says.
WRONG = [
    ("iso-8859-1", "utf-8", "é"),
    ("iso-8859-1", "utf-8", GERMAN),
    ("windows-1251", "utf-8", RUSSIAN),
    ("shift_jis", "utf-8", JAPANESE),
    ("gb2312", "utf-8", CHINESE),
    ("utf-8", "cp1252", GERMAN),
    ("utf-8", "cp1252", "naïve — café"),
    ("utf-8", "gb18030", CHINESE),
    ("utf-8", "big5", TAIWANESE),
    ("utf-8", "cp932", JAPANESE),
    ("utf-8", "euc_jp", JAPANESE),
    ("utf-8", "cp949", KOREAN),
    ("utf-8", "cp1251", RUSSIAN),
    ("utf-8", "koi8_r", RUSSIAN),
    ("utf-8", "cp1250", "Žluťoučký kůň se pásl na louce u řeky a večer přišel domů"),
    ("utf-8", "cp1253", GREEK),
    ("utf-8", "cp1256", ARABIC),
    ("us-ascii", "cp1251", RUSSIAN),
    ("iso-8859-1", "cp1251", RUSSIAN),
    ("windows-1252", "gb18030", CHINESE),
]


def rss(label: str | None, text: str) -> str:
    declaration = f'<?xml version="1.0" encoding="{label}"?>' if label else '<?xml version="1.0"?>'
    return f'{declaration}<rss version="2.0"><channel><item><title>{text}</title></item></channel></rss>'


def page(label: str | None, text: str) -> str:
    meta = f'<meta charset="{label}">' if label else ""
    body = f"<p>{'Twelve words of plain text that any page about anything could have. ' * 12}</p>"
    return f"<!DOCTYPE html><html><head>{meta}<title>{text}</title></head><body><h1>{text}</h1>{body}</body></html>"


def headline(body: bytes, media_type: str) -> str | None:
    (draft,) = read_document(Document(body, datetime(2026, 3, 10, tzinfo=UTC), media_type=media_type))
    assert isinstance(draft, Draft)
    return draft.headline


@pytest.mark.parametrize(("label", "codec", "text"), LABELS + WRONG)
def test_feeds_and_pages_read_a_label_alike(label: str, codec: str, text: str) -> None:
    assert headline(rss(label, text).encode(codec), "application/rss+xml") == text
    assert headline(page(label, text).encode(codec), "text/html") == text


@pytest.mark.parametrize(("label", "codec", "text"), LABELS)
def test_the_server_says_it(label: str, codec: str, text: str) -> None:
    assert headline(rss(None, text).encode(codec), f"application/rss+xml; charset={label}") == text
    assert headline(page(None, text).encode(codec), f'text/html;charset="{label}"') == text


@pytest.mark.parametrize(
    ("content_type", "declared", "codec"),
    [
        ("text/xml; charset=iso-8859-1", "windows-1251", "cp1251"),  # a server's default
        ("text/xml; charset=windows-1251", "iso-8859-5", "cp1251"),
        ("text/xml; charset=windows-1251", "utf-8", "utf-8"),
        ("text/xml; charset=utf-8", "windows-1251", "cp1251"),
        ("text/xml; charset = 'windows-1251'", None, "cp1251"),
        ("text/xml;charset:cp-1251", None, "cp1251"),
        ("text/xml; charset=windows-1251; charset=utf-8", None, "cp1251"),
        ("text/xml; charset=windows-1251, text/html", None, "cp1251"),
        ("windows-1251", None, "cp1251"),
        ("text/xml; charset=", "windows-1251", "cp1251"),
        ("text/xml; charset=none", "windows-1251", "cp1251"),
        ("text/xml", "windows-1251", "cp1251"),
    ],
)
def test_transport_against_document(content_type: str, declared: str | None, codec: str) -> None:
    assert RUSSIAN in decode_xml(rss(declared, RUSSIAN).encode(codec), content_type=content_type)
    assert RUSSIAN in decode_html(page(declared, RUSSIAN).encode(codec), content_type=content_type)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (codecs.BOM_UTF8 + GERMAN.encode(), GERMAN),
        (codecs.BOM_UTF8 + RUSSIAN.encode("cp1251"), RUSSIAN),
        (codecs.BOM_UTF16_LE + GERMAN.encode("utf-16-le"), GERMAN),
        (codecs.BOM_UTF16_BE + GERMAN.encode("utf-16-be"), GERMAN),
        (codecs.BOM_UTF32_LE + GERMAN.encode("utf-32-le"), GERMAN),
        ("<p>wide</p>".encode("utf-16-le"), "<p>wide</p>"),
        ("<p>wide</p>".encode("utf-16-be"), "<p>wide</p>"),
        ("\n <p>wide</p>".encode("utf-16-le"), "\n <p>wide</p>"),
        (b"plain" + b"\0" * 30, "plain"),
        (b"", ""),
        # Bytes of Windows-1252 in UTF-8, and characters of UTF-8 that were cut.
        (("Größe " * 40).encode() + b"\x80 5", "Größe " * 40 + "€ 5"),
        (("Größe " * 100).encode() + b"\xc3", "Größe " * 100 + "\ufffd"),
        (("Größe " * 100).encode() + b"\xe2\x80 ...", "Größe " * 100 + "\ufffd ..."),
        # Emoji as Java and MySQL wrote them.
        (GERMAN.encode() + b"\xed\xa0\xbd\xed\xb8\x89", GERMAN + "😉"),
    ],
)
def test_marks_and_faults(body: bytes, text: str) -> None:
    assert decode_xml(body) == text
    assert decode_html(body) == text


def test_a_faulty_character_does_not_end_the_belief_in_a_label() -> None:
    body = (JAPANESE * 20).encode("cp932") + b"\x81"
    assert decode_xml(body, content_type="shift_jis") == JAPANESE * 20 + "\ufffd"
    assert decode_html(body, content_type="shift_jis") == JAPANESE * 20 + "\ufffd"


@pytest.mark.parametrize(
    "head",
    [
        '<meta charset="windows-1251">',
        "<META http-equiv='Content-Type' content='text/html; charset=windows-1251'>",
        '<?xml version="1.0" encoding="windows-1251"?>',
    ],
)
def test_the_page_declares_its_encoding(head: str) -> None:
    assert decode_html(f"{head}<p>Привет</p>".encode("windows-1251")) == f"{head}<p>Привет</p>"


def test_markup_in_a_feed_declares_nothing() -> None:
    body = rss("windows-1251", f"{RUSSIAN}<![CDATA[<meta charset='koi8-r'>]]>").encode("cp1251")
    assert RUSSIAN in decode_xml(body)


@pytest.mark.parametrize(
    "body",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(50),
        b"%PDF-1.7 text",
        b"PK\x03\x04zip",
        b"\x1f\x8b\x08gzip",
        bytes(range(32)) * 40,
        b"x" + bytes(2000) + b"x",
    ],
)
def test_binary_is_not_text(body: bytes) -> None:
    with pytest.raises(Rejected) as caught:
        decode_html(body, content_type="text/html")
    assert caught.value.reason == "not_text"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "windows-1252", "shift_jis", "gb2312", "euc-kr", "big5", "utf-16", "koi8-r", "hz", "utf-7"]
)
def test_no_bytes_raise_anything_else(encoding: str) -> None:
    for body in (bytes(range(256)), b"\xff\xfe", b"\xff" * 99, b"\xed\xa0\x80" * 30, b"<meta charset=" + b"\xff" * 40):
        assert isinstance(decode_xml(body, content_type=encoding), str)
        try:
            assert isinstance(decode_html(body, content_type=encoding), str)
        except Rejected as refusal:
            assert refusal.reason == "not_text"
