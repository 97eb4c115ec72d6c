"""Untrusted XML, made fit for a parser: its document type is taken off before anything expands it.

Why not leave it to the parser: expat stops entity bombs, but feedparser then falls back to a parser of its own that
expands entities without a limit (measured: 130 kB of feed made a title of 500 million characters). Here the document
type never reaches any parser. Simple entities that it declared (`<!ENTITY copy "(C)">`) are put in here, up to a limit.
"""

from __future__ import annotations

import html
import re
import zlib
from dataclasses import dataclass

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.values.html import mend_references

MAX_BODY_BYTES = 16 * 1024 * 1024
"""The largest body of the peers' limits (5 to 16 MB), after decompression."""

MAX_EXPANSION_CHARS = 100_000
"""Entities of one document may add this much. Real feeds declare signs such as `&copy;`; a bomb starts at megabytes."""

_PROLOG_STEPS = 10_000
"""Comments and processing instructions before the root; real documents have fewer than ten."""

_DOCTYPE_MARK = re.compile(r"""[\[\]>]|"[^"]*"|'[^']*'|<!--""")
_ROOT = re.compile(r"<([A-Za-z_][\w.-]{0,60})(?::([A-Za-z_][\w.-]{0,60}))?")
_ENTITY = re.compile(
    r"""<!ENTITY\s{1,20}([A-Za-z_][\w.-]{0,60})\s{1,20}(?:"([^"<&%]{0,200})"|'([^'<&%]{0,200})'|["'](&\#\w{1,8};)["'])\s{0,20}>"""
)
_REFERENCE = re.compile(r"&([A-Za-z_][\w.-]{0,60});")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CDATA_OR_AMPERSAND = re.compile(r"<!\[CDATA\[|<!--|&(?!#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};|(?:amp|lt|gt|quot|apos);)")
_PREDEFINED = frozenset(("amp", "lt", "gt", "quot", "apos"))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document ready to parse: no XML declaration, no document type, from its root on; line numbers are kept.

    `root` is the local name of the first element in lower case, null when there is none; `cut_root` is that of the
    element that stood first, where something was cut. `doctype` is what stood behind `<!DOCTYPE`, without its internal
    subset.
    """

    text: str
    root: str | None
    doctype: str
    cut_root: str | None = None


def inflate(body: bytes, *, max_bytes: int = MAX_BODY_BYTES) -> bytes:
    """The body itself, or what it holds when it is gzip. Raises `Rejected` when that is broken or over `max_bytes`."""
    if body[:2] != b"\x1f\x8b":
        data = body
    else:
        unzip = zlib.decompressobj(wbits=31)
        try:
            data = unzip.decompress(body, max_bytes + 1)
        except zlib.error as error:
            raise Rejected("broken_feed", f"the gzip body can't be read: {error}") from None
        if not data and not unzip.eof:
            raise Rejected("broken_feed", "the gzip body is cut off")
    if len(data) > max_bytes:
        raise Rejected("too_large", f"the document is larger than {max_bytes} bytes")
    return data


def prepare(text: str, *, roots: frozenset[str] = frozenset()) -> Prepared:
    """Take the XML declaration and the document type off, and put in what simple entities it declared.

    When the first element is not one of `roots` and one of them starts within the next 64,000 characters, what stands
    before it (warnings of a broken server, a stray page) is cut. Raises `Rejected("unsafe_xml")` when the declared
    entities would add more than `MAX_EXPANSION_CHARS`.
    """
    doctype, subset, start = _split_prolog(text)
    root, cut_root = _root_name(text, start), None
    if roots and root not in roots:
        later = _find_root(text, start, roots)
        if later is not None:
            start, root, cut_root = later, _root_name(text, later), root
    body = "\n" * text.count("\n", 0, start) + text[start:]
    body = mend_references(body)
    if subset:
        body = _expand(body, dict(_declarations(subset)))
    return Prepared(body, root, doctype, cut_root)


def _split_prolog(text: str) -> tuple[str, str, int]:
    """The document type, its internal subset, and where the root element starts."""
    doctype = subset = ""
    at = 0
    for _ in range(_PROLOG_STEPS):
        at = text.find("<", at)
        if at < 0:
            return doctype, subset, len(text)
        if text.startswith("<!--", at):
            at = _after(text, "-->", at + 4)
        elif text.startswith("<?", at):
            at = _after(text, ">", at + 2)
        elif text[at : at + 9].upper() == "<!DOCTYPE":
            at, found, inner = _read_doctype(text, at + 9)
            doctype, subset = doctype or found, subset or inner
        elif _ROOT.match(text, at):
            return doctype, subset, at
        else:
            at += 1
    raise Rejected("unsafe_xml", f"more than {_PROLOG_STEPS} declarations before the first element")


def _read_doctype(text: str, start: int) -> tuple[int, str, str]:
    """The end of a document type, its words, and its internal subset. Quotes and comments may hold brackets."""
    at, subset_start = start, -1
    while found := _DOCTYPE_MARK.search(text, at):
        at = found.end()
        match found[0]:
            case "<!--":
                at = _after(text, "-->", at)
            case "[" if subset_start < 0:
                subset_start = at
            case "]" if subset_start >= 0:
                return _after(text, ">", at), text[start : subset_start - 1].strip(), text[subset_start : at - 1]
            case ">" if subset_start < 0:
                return at, text[start : at - 1].strip(), ""
            case _:
                pass
    return len(text), text[start : start + 200].strip(), ""


def _after(text: str, mark: str, start: int) -> int:
    found = text.find(mark, start)
    return found + len(mark) if found >= 0 else len(text)


def _root_name(text: str, at: int) -> str | None:
    found = _ROOT.match(text, at)
    return (found[2] or found[1]).lower() if found else None


def _find_root(text: str, start: int, roots: frozenset[str]) -> int | None:
    for found in _ROOT.finditer(text, start, start + 64_000):
        if (found[2] or found[1]).lower() in roots:
            return found.start()
    return None


def _declarations(subset: str) -> list[tuple[str, str]]:
    """The entities that stand for plain text or one character; whatever refers to another one is left out."""
    return [
        (name, html.unescape(single) if single else double or quoted)
        for name, double, quoted, single in _ENTITY.findall(subset)
        if name not in _PREDEFINED
    ]


def _expand(text: str, entities: dict[str, str]) -> str:
    if not entities:
        return text
    added = 0

    def value(found: re.Match[str]) -> str:
        nonlocal added
        known = entities.get(found[1])
        if known is None:
            return found[0]
        added += len(known)
        if added > MAX_EXPANSION_CHARS:
            raise Rejected("unsafe_xml", f"the entities of the document add more than {MAX_EXPANSION_CHARS} characters")
        return escape(known)

    return _REFERENCE.sub(value, text)


def escape(text: str) -> str:
    """Text as it is written inside an XML element."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def without_illegal(text: str) -> str:
    """The text without the characters that XML can't hold."""
    return _ILLEGAL.sub("", text)


def repair(text: str) -> str:
    """A document that a strict parser refused, with the commonest faults mended.

    Characters that XML forbids go, HTML's named entities become characters and bare ampersands are escaped, outside
    comments and CDATA. Linear in the length of the text.
    """
    text = without_illegal(text)
    parts: list[str] = []
    at = 0
    while found := _CDATA_OR_AMPERSAND.search(text, at):
        parts.append(text[at : found.start()])
        if found[0] == "&":
            replacement, at = _mend_ampersand(text, found.start())
            parts.append(replacement)
            continue
        end = text.find("]]>" if found[0] == "<![CDATA[" else "-->", found.end())
        at = end + 3 if end >= 0 else len(text)
        parts.append(text[found.start() : at])
    parts.append(text[at:])
    return "".join(parts)


def _mend_ampersand(text: str, at: int) -> tuple[str, int]:
    reference = _REFERENCE.match(text, at)
    if reference is not None:
        character = html.unescape(reference[0])
        if character != reference[0] and not character.endswith(";"):
            return escape(character), reference.end()
    return "&amp;", at + 1
