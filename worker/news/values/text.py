"""Plain text from publishers' text and HTML: mended characters, paragraphs separated by one blank line."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence, Set

import ftfy
from ftfy.fixes import unescape_html
from selectolax.lexbor import LexborNode

from wiredesk.worker.news.values.html import mend_references, parse

_BLOCKS = (
    "address, article, aside, blockquote, dd, div, dl, dt, fieldset, figcaption, figure, footer, form, h1, h2, h3, h4, "
    "h5, h6, header, hr, li, main, nav, ol, p, pre, section, table, tr, td, th, ul"
)
_UNSEEN = (
    "script, style, noscript, template, iframe, object, svg, head, title, select, button, textarea, [hidden], "
    '[style*="display:none" i], [style*="display: none" i], [style*="visibility:hidden" i]'
)
_PREFORMATTED = "pre, listing, xmp"
_HIDING = (b"hidden", b"style")
_BREAKS = frozenset(("br",))
_BLOCK_NAMES = frozenset(_BLOCKS.split(", "))
_PREFORMATTED_NAMES = frozenset(_PREFORMATTED.split(", "))
_UNSEEN_NAMES = frozenset([*(name for name in _UNSEEN.split(", ") if name[0] != "["), *map(bytes.decode, _HIDING)])
_TAG_NAME = re.compile(rb"</?([a-z][^\s/>]{0,20})")
# Soft hyphens, zero-width marks other than the joiners that Persian and emoji need, direction marks, byte order marks,
# tag characters, controls: characters that a reader does not see.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffc"
    "\U000e0000-\U000e007f]"
)
_LINE_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_ODD_SPACE = re.compile("[\t\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_SPACES = re.compile(" {2,}")
# All characters that the passes above and below change, in one pattern: most text holds none of them.
_ODD = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xa0\u00ad\u061c\u1680\u180e\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f-\u2064"
    "\u2066-\u206f\u3000\ud800-\udfff\ufeff\ufff9-\ufffc\U000e0000-\U000e007f]"
)
# Two characters that UTF-8 read as Windows-1252 or 1251 leaves side by side (`â€™`, `Ã¼`, `Рџ`), and C1 controls: with
# them ftfy is asked. It reads 500 ns a character, this 25, and one news text in a dozen has such a pair.
_MOJIBAKE = re.compile(
    "[\x80-\x9f]|[\u00c2-\u00f4\u0102-\u0111\u0403-\u0453][\u00a0-\u00bf\u0152-\u0178\u0192\u02c6\u02dc\u2013-\u2122]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN_BYTES = bytes([*range(0x20, 0x7F), 0x0A])
# Letters that are one character already, and common marks: with nothing else there is nothing to compose.
_COMPOSED = frozenset(map(chr, [*range(0xA0, 0x300), *range(0x2010, 0x2027), 0x20AC]))
# For counting words, every byte is part of one (beyond ASCII, too), joins two, or parts them.
_WORD_BYTES = bytes(
    ord("w") if chr(byte).isalnum() or byte == ord("_") or byte >= 0x80 else ord("-") if byte in b"'-" else ord(" ")
    for byte in range(256)
)
# Elements that hold no markup, or none that is shown.
_RAW = frozenset(
    "iframe script style textarea title xmp noembed noframes plaintext noscript template select object svg "
    "button".split()
)
_RAW_TAG = re.compile(rf"<({'|'.join(sorted(_RAW))})\b[^<>]*>", re.IGNORECASE)
# Private-use characters that stand for the ends of blocks and lines while the markup is taken off.
_BLOCK_END = "\ue0f0"
_LINE_END = "\ue0f1"


def clean_text(text: str) -> str:
    """Mojibake and entities mended, invisible characters out, spaces folded; line breaks stay."""
    if "&" in text:
        text = unescape_html(mend_references(text))
    unusual = beyond_ascii(text)
    if unusual and not unusual.isascii():
        text, unusual = _mended(text, unusual)
    if unusual and _ODD.search(unusual):
        text = _INVISIBLE.sub("", _ODD_SPACE.sub(" ", _LINE_BREAKS.sub("\n", text)))
    if "  " in text:
        text = _SPACES.sub(" ", text)
    if " \n" in text or "\n " in text:
        text = "\n".join(line.strip(" ") for line in text.split("\n"))
    return text.strip(" ")


def beyond_ascii(text: str) -> str:
    """The characters of a text that are neither printable ASCII nor line ends, in order.

    They are few, and patterns for unusual characters search them instead of the text: extracting them costs a twentieth
    of one pattern's search of the text. Lone surrogates are kept.
    """
    return text.encode("utf-8", "surrogatepass").translate(None, _PLAIN_BYTES).decode("utf-8", "surrogatepass")


def _mended(text: str, unusual: str) -> tuple[str, str]:
    """The text mended, and what is `beyond_ascii` in it then. Neighbours in the text are neighbours in `unusual`."""
    if _SURROGATE.search(unusual):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\ufffd", "")
    if _MOJIBAKE.search(unusual) and _MOJIBAKE.search(text):
        text = ftfy.fix_text(
            text,
            unescape_html=False,
            uncurl_quotes=False,
            fix_latin_ligatures=False,
            fix_character_width=False,
            normalization=None,
        )
    if not _COMPOSED.issuperset(unusual):
        text = unicodedata.normalize("NFC", text)
    return text, beyond_ascii(text)


def clean_line(text: str) -> str:
    """One line of clean text: a headline, a name, a tag."""
    return " ".join(clean_text(text).split())


def html_to_text(markup: str) -> str:
    """The visible text of a piece of HTML, a block a paragraph; text without tags is returned clean."""
    if "<" not in markup:
        return paragraphs(markup)
    names = _names(markup)
    body = parse(markup if names.isdisjoint(_RAW) else _without_open_tags(markup)).body
    return visible_text(body, names) if body is not None else ""


def _names(markup: str) -> set[str]:
    """The names of all elements that a piece of HTML may hold, and those attributes in it that may hide an element.

    End tags count: a lone `</p>` or `</br>` is an element.
    """
    # In bytes: changing the case of 3,000 characters takes 3 µs there, and 14 in text beyond ASCII.
    lowered = markup.encode("utf-8", "surrogatepass").lower().replace(b"\x00", b"")
    found = {*_TAG_NAME.findall(lowered), *(attribute for attribute in _HIDING if attribute in lowered)}
    return {name.decode("utf-8", "replace") for name in found}


def _without_open_tags(markup: str) -> str:
    """The piece without tags of elements that hold no markup (`<iframe … />`) and are never closed.

    By the rules of HTML they would take all text behind them with them.
    """
    if not (first := _RAW_TAG.search(markup)):
        return markup
    lower = markup.lower()
    closed_until: dict[str, int] = {}
    parts, at = [], 0
    for tag in _RAW_TAG.finditer(markup, first.start()):
        name = tag[1].lower()
        if name not in closed_until:
            closed_until[name] = lower.rfind(f"</{name}")
        if tag[0].endswith("/>") or tag.start() > closed_until[name]:
            parts.append(markup[at : tag.start()])
            at = tag.end()
    return "".join((*parts, markup[at:]))


def visible_text(node: LexborNode, names: Set[str] | None = None) -> str:
    """The clean text of an element, a block a paragraph. The element is taken apart on the way.

    `names` are those of all elements that it may hold, as far as they are known: what is not there is not looked for.
    """
    for unseen in _held(node, _UNSEEN, names, _UNSEEN_NAMES):
        unseen.decompose()
    for line_break in _held(node, "br", names, _BREAKS):
        line_break.insert_before(_LINE_END)
    for block in _held(node, _BLOCKS, names, _BLOCK_NAMES):
        if block.mem_id != node.mem_id:
            block.insert_before(_BLOCK_END)
            block.insert_after(_BLOCK_END)
    for preformatted in _held(node, _PREFORMATTED, names, _PREFORMATTED_NAMES):
        _keep_lines(preformatted)
    text = node.text(deep=True)
    for space in "\n\t\r\f\v\x85\u2028\u2029":  # where the source breaks its lines means nothing
        text = text.replace(space, " ")
    blocks = (block.strip() for block in text.replace(_LINE_END, "\n").split(_BLOCK_END))
    return paragraphs("\n\n".join(block for block in blocks if block))


def _held(node: LexborNode, selector: str, names: Set[str] | None, of: Set[str]) -> Sequence[LexborNode]:
    return node.css(selector) if names is None or not names.isdisjoint(of) else ()


def one_line(node: LexborNode) -> str:
    """The text of an element as one clean line, a space between its parts. The element stays as it is."""
    return clean_line(node.text(deep=True, separator=" "))


def _keep_lines(node: LexborNode) -> None:
    """Mark the ends of lines in preformatted text."""
    for piece in [inner for inner in node.traverse(include_text=True) if inner.tag == "-text"]:
        lines = piece.text_content
        if lines and "\n" in lines:
            piece.replace_with(lines.replace("\n", _LINE_END))


def paragraphs(text: str) -> str:
    """Clean text with runs of blank lines made one blank line."""
    text = clean_text(text)
    if "\n\n\n" in text:
        text = re.sub(r"\n{3,}", "\n\n", text)
    return text.strip()


def word_count(text: str) -> int:
    """The number of words; `don't` and `Franco-German` are one each.

    That is the number of matches of `\\w+(?:['’-]\\w+)*`, counted at a tenth of the cost: in bytes, by how words open.
    """
    for sign in set(beyond_ascii(text)):
        if sign == "’":
            text = text.replace(sign, "'")
        elif not sign.isalnum():
            text = text.replace(sign, " ")
    # In front, so that the first word opens as all others do: behind a gap, or a mark that joins it to nothing.
    shape = b"  " + text.encode("utf-8", "surrogatepass").translate(_WORD_BYTES)
    return shape.count(b" w") + shape.count(b" -w") + shape.count(b"--w")


def content_sha256(headline: str | None, body_text: str) -> str:
    """Hex SHA-256 of the headline, a blank line and the body text, as UTF-8."""
    return hashlib.sha256(f"{headline or ''}\n\n{body_text}".encode()).hexdigest()
