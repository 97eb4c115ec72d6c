"""Bytes into text: what the server says, what the bytes say, what fits."""

from __future__ import annotations

import codecs
import re

from wiredesk.worker.errors import Rejected

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Browsers read these labels as their supersets (WHATWG Encoding Standard, section 4.2).
_SUPERSETS = {
    "ascii": "windows-1252",
    "us-ascii": "windows-1252",
    "iso-8859-1": "windows-1252",
    "iso8859-1": "windows-1252",
    "latin-1": "windows-1252",
    "latin1": "windows-1252",
    "iso-8859-9": "windows-1254",
    "iso-8859-11": "windows-874",
    "tis-620": "windows-874",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "x-user-defined": "windows-1252",
    "unicode": "utf-16-le",
}
_PYTHON_NAMES = {"windows-874": "cp874"}
_XML_DECLARATION = re.compile(rb"""^\s{0,64}<\?xml[^>]{0,200}?encoding\s{0,8}=\s{0,8}["']([A-Za-z0-9._:-]{1,40})""")
_META_CHARSET = re.compile(rb"""<meta[^>]{1,400}?charset\s{0,8}=\s{0,8}["']?\s{0,8}([A-Za-z0-9._:-]{1,40})""", re.I)
# HTML asks for the declaration within 1,024 bytes; real pages put it later.
_DECLARATION_BYTES = 16_384
_SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"PK\x03\x04", b"\x1f\x8b", b"\x7fELF", b"OggS", b"ID3")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffd]")
_MAX_CONTROL_SHARE = 0.1


def decode(body: bytes, *, declared: str | None) -> tuple[str, str]:
    """The text of `body` and the name of the encoding that was used.

    `declared` is the charset of the transport, alone or in a whole `Content-Type`, which wins over the document's own
    declaration but not over a byte order mark; a declaration under which the bytes don't decode loses to UTF-8 when
    that fits.
    Raises `Rejected("not_text")` on binary data.
    """
    for signature in _SIGNATURES:
        if body.startswith(signature):
            raise Rejected("not_text", f"the body starts like a binary file: {signature!r}")
    text, encoding = _decode(body, declared)
    sample = text[:65_536]
    if len(_CONTROL.findall(sample)) > _MAX_CONTROL_SHARE * max(len(sample), 40):
        raise Rejected(
            "not_text", f"more than {_MAX_CONTROL_SHARE:.0%} of the characters are controls, read as {encoding}"
        )
    return text, encoding


def _decode(body: bytes, declared: str | None) -> tuple[str, str]:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace"), encoding
    if (wide := _wide_encoding(body)) is not None:
        return body.decode(wide, "replace"), wide
    labels = [label for label in (_codec(declared), _codec(_declaration(body))) if label]
    for label in (*labels, "utf-8"):
        try:
            return body.decode(label), label
        except UnicodeDecodeError:
            continue
    if _mostly_utf8(body):
        return body.decode("utf-8", "replace"), "utf-8"
    fallback = labels[0] if labels and labels[0] != "utf-8" else "windows-1252"
    return body.decode(fallback, "replace"), fallback


def _codec(label: str | None) -> str | None:
    """Python's codec for a label, null for one that it lacks or that isn't a text encoding."""
    if not label:
        return None
    if "/" in label or ";" in label:
        label = label.lower().partition("charset=")[2].partition(";")[0]
    name = label.strip().strip("\"'").lower()
    name = _SUPERSETS.get(name, name)
    name = _PYTHON_NAMES.get(name, name)
    try:
        info = codecs.lookup(name)
        "".encode(name)
    except (LookupError, ValueError, UnicodeError):
        return None
    # A declaration that could be read as ASCII can't be true of a wide encoding.
    return None if info.name.startswith(("utf-16", "utf-32", "utf-7", "idna", "punycode", "unicode", "raw")) else name


def _declaration(body: bytes) -> str | None:
    head = body[:_DECLARATION_BYTES]
    found = _XML_DECLARATION.search(head) or _META_CHARSET.search(head)
    return found[1].decode("ascii") if found else None


def _wide_encoding(body: bytes) -> str | None:
    """UTF-16 without a mark: markup in it has a NUL beside nearly every `<`."""
    head = body[:1_024]
    if head.count(0) * 3 < len(head) or len(head) < 4:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > 4 * even:
        return "utf-16-le"
    if even > 4 * odd:
        return "utf-16-be"
    return None


def _mostly_utf8(body: bytes) -> bool:
    """UTF-8 with a few broken bytes (a cut character, a comment pasted from elsewhere)."""
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    beyond_ascii = len(body) - len(text) + broken
    return broken * 20 < beyond_ascii
