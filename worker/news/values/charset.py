"""Bytes into text: one decoder for feeds (`decode_xml`), and for pages and copy (`decode_html`).

The order is the same for both: byte order mark, the bytes of UTF-16 and UTF-32, valid UTF-8, the label of the
transport, the document's own label, a detector. Labels are those of the WHATWG Encoding Standard (`webencodings`),
then the codecs that Python has beside it.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

import chardet
import webencodings
from webencodings.labels import LABELS

from wiredesk.worker.errors import Rejected

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# How `<` begins a document without a mark (XML 1.0, appendix F); the last is EBCDIC's `<?xm`.
_OPENINGS = (
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00<\x00", "utf-16-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x4c\x6f\xa7\x94", "cp037"),
)
_CHARSET_PARAMETER = re.compile(
    r"""\b(?:charset|encoding)\s{0,5}[=:]\s{0,5}["']?\s{0,5}([\w.:-]{1,40})""", re.IGNORECASE
)
_XML_DECLARATION = re.compile(rb"""<\?xml[^>]{0,200}?\bencoding\s{0,20}=\s{0,20}["']?([A-Za-z0-9._:-]{1,40})""")
_META_CHARSET = re.compile(
    rb"""<meta[^>]{1,400}?charset\s{0,8}=\s{0,8}["']?\s{0,8}([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE
)
_XML_DECLARATION_BYTES = 1_000
_META_BYTES = 16_384
"""HTML asks for the declaration within 1,024 bytes; real pages put it later."""

# Codecs of Python that are read as their supersets, as the standard does with labels that it knows.
_SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "x-user-defined": "cp1252",
}
_MULTIBYTE = frozenset(
    "gb18030 hz big5 big5hkscs cp950 cp932 euc_jp euc_jis_2004 iso2022_jp iso2022_kr cp949 johab utf-7".split()
)
# These decoders do more than map bytes to characters, or take quadratic time (punycode, idna).
_REFUSED_CODECS = frozenset(("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"))
_ASCII = frozenset(("ascii", "usascii", "ansix341968", "iso646us"))
_NOT_LETTER_OR_DIGIT = re.compile("[^a-z0-9]")
# `win-1251`, `windows1251`, `ansi-1251`, `cp-1251`; `8859_1`, as Java says.
_CODE_PAGE = re.compile(r"(?:win|windows|cp|ms|ansi|microsoftcp|xcp)(125[0-8]|874)")
_ISO_8859 = re.compile(r"(?:iso|xiso|csiso)?8859(1[0-6]|[1-9])")

_SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"PK\x03\x04", b"\x1f\x8b", b"\x7fELF", b"OggS", b"ID3")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffd]")
_MAX_CONTROL_SHARE = 0.1
_BROKEN_SHARE = 0.05
"""Up to this share of faulty sequences a body is still in the encoding of its label, or in UTF-8."""

_EAST_ASIAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")
_HIGH_RUN = re.compile(rb"[\x80-\xff]{4,}")
_HIGH = bytes(range(0x80, 0x100))
# Words with bytes beyond ASCII: markup and English around them would outweigh them, and a label is believed.
_FOREIGN_WORDS = re.compile(rb"[^\x80-\xff<>]{0,12}(?:[\x80-\xff]+[^\x80-\xff<>]{0,12})+")
_SURROGATE_PAIR_BYTES = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
# A character of UTF-8 that was cut, in the middle of a text shortened by bytes or at the end of the body.
_CUT_CHARACTER = re.compile("[\udce0-\udcf4][\udc80-\udcbf]{1,2}|[\udcc2-\udcf4]\\Z")
_LONE_BYTE = re.compile("[\udc80-\udcff]")
_NOT_ASCII = re.compile("[^\x00-\x7f]")
_LONE_BYTES = {0xDC00 + byte: bytes((byte,)).decode("cp1252", "replace") for byte in range(0x80, 0x100)}

_DETECTED_BYTES = 100_000
# The detector confuses these with Windows-1252 while it has few bytes to go by. With the two bounds it read 521 of 522
# pieces of western news, of 15 to 3,000 characters in Windows-1252 correctly.
_LATIN = frozenset("cp1250 cp1254 cp1257 cp1258 iso8859-2".split())
_ENOUGH_FOR_LATIN, _ENOUGH_FOR_ONE_BYTE = 12, 6


def decode_xml(body: bytes, *, content_type: str | None = None) -> str:
    """The text of a feed, a sitemap or a list of feeds, in whatever encoding; it never fails.

    `content_type` is the header as received, or a charset alone.
    """
    return _decode(body, content_type, _xml_declaration(body))[0]


def decode_html(body: bytes, *, content_type: str | None = None) -> str:
    """The text of a page or of plain copy. Raises `Rejected("not_text")` on binary data."""
    for signature in _SIGNATURES:
        if body.startswith(signature):
            raise Rejected("not_text", f"the body starts like a binary file: {signature!r}")
    text, encoding = _decode(body, content_type, _xml_declaration(body) or _meta_charset(body))
    sample = text[:65_536]
    if len(_CONTROL.findall(sample)) > _MAX_CONTROL_SHARE * max(len(sample), 40):
        raise Rejected(
            "not_text", f"more than {_MAX_CONTROL_SHARE:.0%} of the characters are controls, read as {encoding}"
        )
    return text


def _decode(body: bytes, content_type: str | None, declared: str | None) -> tuple[str, str]:
    """The text, and the codec that gave it."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            body = body[len(mark) :]
            if encoding != "utf-8":
                return body.decode(encoding, "replace"), encoding
            break
    if (wide := _wide_encoding(body)) is not None:
        text = body.decode(wide, "replace")
        if wide == "cp037" and (named := _codec(_xml_declaration(text[:_XML_DECLARATION_BYTES].encode()))):
            return body.decode(named, "replace"), named
        return text, wide
    body = body.rstrip(b"\0")
    labels = _codecs(_charset(content_type), declared)
    if not body.isascii() and not (labels and labels[0] in _MULTIBYTE and not _is_east_asian_utf8(body)):
        labels.insert(0, "utf-8")  # no text in a single-byte encoding is valid UTF-8: its label is wrong
    for encoding in labels or ["utf-8"]:
        with_label = _strictly(body, encoding)
        if with_label is not None and not (encoding == "cp1252" and _is_not_latin(body)):
            return with_label, encoding
    return _with_faults(body, labels)


def _charset(content_type: str | None) -> str | None:
    """The charset of a `Content-Type`; a value with neither a slash nor parameters is a charset itself."""
    if content_type is None or not re.search("[/;=]", content_type):
        return content_type
    found = _CHARSET_PARAMETER.search(content_type[:1_000])
    return found[1] if found else None


def _xml_declaration(body: bytes) -> str | None:
    found = _XML_DECLARATION.search(body, 0, _XML_DECLARATION_BYTES)
    return found[1].decode("ascii") if found else None


def _meta_charset(body: bytes) -> str | None:
    found = _META_CHARSET.search(body, 0, _META_BYTES)
    return found[1].decode("ascii") if found else None


def _codecs(transport: str | None, declared: str | None) -> list[str]:
    """The codecs to try, the likeliest first. A server's Latin-1 is often its default: the document's own label, when
    it names another encoding, goes before it."""
    labels = [codec for codec in (_codec(transport), _codec(declared)) if codec]
    if len(labels) == 2 and labels[0] == "cp1252":
        labels.reverse()
    return labels


@lru_cache(maxsize=256)
def _codec(label: str | None) -> str | None:
    """Python's codec for a label; null for one that is unknown, refused, or untrue of bytes that read as ASCII."""
    if not label or len(label) > 40:
        return None
    written = label.strip().strip("\"'").lower()
    squeezed = _NOT_LETTER_OR_DIGIT.sub("", written)
    if found := _CODE_PAGE.fullmatch(squeezed):
        squeezed = f"windows{found[1]}"
    elif found := _ISO_8859.fullmatch(squeezed):
        squeezed = f"iso8859{found[1]}"
    if squeezed in _ASCII:  # untrue of the bytes beyond it, which are all that matters here
        return None
    name = LABELS.get(written) or _SQUEEZED_LABELS.get(squeezed)
    # `replacement` marks encodings that browsers refuse for the safety of scripts (iso-2022-kr, hz). Text runs none.
    known = webencodings.lookup(name) if name and name != "replacement" else None
    try:
        codec = (known.codec_info if known else codecs.lookup(written)).name
        "".encode(codec)
    except (LookupError, ValueError, UnicodeError):
        return None
    # A document that reads as ASCII is not in a wide encoding, whatever it says.
    if codec.replace("-", "_") in _REFUSED_CODECS or codec.startswith(("utf-16", "utf-32")):
        return None
    return _SUPERSETS.get(codec, codec)


_SQUEEZED_LABELS = {_NOT_LETTER_OR_DIGIT.sub("", label): name for label, name in LABELS.items()}


def _wide_encoding(body: bytes) -> str | None:
    """UTF-16, UTF-32 or EBCDIC without a mark: by how it opens, or by a NUL beside nearly every character."""
    for opening, encoding in _OPENINGS:
        if body.startswith(opening):
            return encoding
    head = body[:1_024]
    if head.count(0) * 3 < len(head) or len(head) < 4:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > 4 * even:
        return "utf-16-le"
    return "utf-16-be" if even > 4 * odd else None


def _strictly(body: bytes, encoding: str) -> str | None:
    try:
        return body.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _is_east_asian_utf8(body: bytes) -> bool:
    """Whether the body is UTF-8 beyond doubt, although it is labelled with an encoding of East Asia.

    Two ideographs, kana or syllables: a few characters of such an encoding can be valid UTF-8 of other scripts.
    """
    text = _strictly(body, "utf-8")
    return text is not None and len(_EAST_ASIAN.findall(text[:100_000])) >= 2


def _is_not_latin(body: bytes) -> bool:
    """Whether most bytes beyond ASCII stand four or more in a row, as no western language writes its accents."""
    in_a_row = sum(len(run[0]) for run in _HIGH_RUN.finditer(body, 0, _DETECTED_BYTES))
    return in_a_row > 0 and 2 * in_a_row > _high_bytes(body[:_DETECTED_BYTES])


def _high_bytes(body: bytes) -> int:
    return len(body) - len(body.translate(None, _HIGH))


def _with_faults(body: bytes, labels: list[str]) -> tuple[str, str]:
    """The text of a body that no label fits strictly: UTF-8 with faults, else its label with faults, else a guess."""
    body = _SURROGATE_PAIR_BYTES.sub(_joined_pair, body)
    text = body.decode("utf-8", "surrogateescape")
    broken = len(_LONE_BYTE.findall(text))
    whole = len(_NOT_ASCII.findall(text)) - broken
    if broken <= whole * _BROKEN_SHARE:
        return _CUT_CHARACTER.sub("\ufffd", text).translate(_LONE_BYTES), "utf-8"
    for encoding in [label for label in labels if label not in ("utf-8", "cp1252")] + [_detected(body), "cp1252"]:
        text = body.decode(encoding, "replace")
        if text.count("\ufffd") <= _BROKEN_SHARE * len(_NOT_ASCII.findall(text)):
            return text, encoding
    return body.decode("cp1252", "replace"), "cp1252"


def _joined_pair(pair: re.Match[bytes]) -> bytes:
    """CESU-8: Java and MySQL wrote characters beyond the first plane as two surrogates of three bytes."""
    surrogates = pair[0].decode("utf-8", "surrogatepass")
    return surrogates.encode("utf-16-le", "surrogatepass").decode("utf-16-le").encode()


def _detected(body: bytes) -> str:
    """The encoding that the bytes look like; windows-1252 where there are too few to tell the others apart."""
    first = _HIGH_BYTE.search(body)
    start = first.start() if first else 0
    sample = b"\n".join(_FOREIGN_WORDS.findall(body, start, start + _DETECTED_BYTES))
    codec = _codec(chardet.detect(sample, encoding_era=chardet.EncodingEra.MODERN_WEB)["encoding"])
    if codec is None or codec in _MULTIBYTE:
        return codec or "cp1252"
    enough = _ENOUGH_FOR_LATIN if codec in _LATIN else _ENOUGH_FOR_ONE_BYTE
    return codec if _high_bytes(sample) >= enough else "cp1252"
