"""Lists of feeds as OPML 1.0 and 2.0 (opml.org/spec2.opml), both ways."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.feeds import xml as xmlsafety
from wiredesk.worker.news.values.charset import decode_xml

MAX_OUTLINES = 200_000
"""Twice the number of feeds that one installation is built for."""

_MAX_DEPTH = 100
_MAX_VALUE_CHARS = 4_000


@dataclass(frozen=True, slots=True)
class Outline:
    """One feed of a list; `folders` are the outlines around it, the outermost first."""

    feed_url: str
    title: str | None = None
    site_url: str | None = None
    folders: tuple[str, ...] = ()


def read_opml(text: str | bytes) -> tuple[Outline, ...]:
    """The feeds of a list in document order, each address once.

    Raises `Rejected`: `not_opml`, `broken_opml` with the line, `unsafe_xml`.
    """
    document = xmlsafety.prepare(decode_xml(text) if isinstance(text, bytes) else text)
    if document.root != "opml":
        raise Rejected("not_opml", f"the document's first element is {document.root or 'missing'}; <opml> is expected")
    try:
        return _read(document.text)
    except expat.ExpatError:
        pass
    try:
        return _read(xmlsafety.repair(document.text))
    except expat.ExpatError as error:
        raise Rejected("broken_opml", f"line {error.lineno}: {expat.ErrorString(error.code)}") from None


def _read(text: str) -> tuple[Outline, ...]:
    outlines: dict[str, Outline] = {}
    path: list[str | None] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(path) >= _MAX_DEPTH:
            raise Rejected("unsafe_xml", f"elements are nested more than {_MAX_DEPTH} deep")
        if name.lower() != "outline":
            path.append(None)
            return
        values = {key.lower(): value.strip()[:_MAX_VALUE_CHARS] for key, value in attributes.items()}
        label = values.get("title") or values.get("text") or None
        path.append(label)
        address = values.get("xmlurl") or (values.get("url") if values.get("type") in ("rss", "atom") else None)
        if not address:
            return
        if len(outlines) >= MAX_OUTLINES:
            raise Rejected("too_large", f"the list has more than {MAX_OUTLINES} feeds")
        folders = tuple(folder for folder in path[:-1] if folder)
        outlines.setdefault(address, Outline(address, label, values.get("htmlurl") or None, folders))

    def end(_: str) -> None:
        path.pop()

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.Parse(text.encode("utf-8", "replace"), True)
    return tuple(outlines.values())


def write_opml(outlines: Iterable[Outline], *, title: str = "wiredesk feeds") -> str:
    """An OPML 2.0 document; feeds with equal folders are grouped, in the order given."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        f"  <head><title>{xmlsafety.escape(_legal(title))}</title></head>",
        "  <body>",
    ]
    open_folders: tuple[str, ...] = ()
    for outline in _grouped(outlines):
        shared = _shared_length(open_folders, outline.folders)
        lines.extend("  " * depth + "</outline>" for depth in range(len(open_folders) + 1, shared + 1, -1))
        for depth, folder in enumerate(outline.folders[shared:], shared + 2):
            lines.append(f"{'  ' * depth}<outline {_attribute('text', folder)} {_attribute('title', folder)}>")
        open_folders = outline.folders
        lines.append("  " * (len(open_folders) + 2) + _feed_line(outline))
    lines.extend("  " * depth + "</outline>" for depth in range(len(open_folders) + 1, 1, -1))
    lines.extend(("  </body>", "</opml>", ""))
    return "\n".join(lines)


def _grouped(outlines: Iterable[Outline]) -> list[Outline]:
    """In the order of first appearance of each folder, nested ones with their parents."""
    listed = list(outlines)
    rank: dict[tuple[str, ...], int] = {}
    for number, outline in enumerate(listed):
        for length in range(len(outline.folders) + 1):
            rank.setdefault(outline.folders[:length], number)
    return sorted(listed, key=lambda o: [rank[o.folders[:length]] for length in range(1, len(o.folders) + 1)])


def _shared_length(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    length = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        length += 1
    return length


def _feed_line(outline: Outline) -> str:
    label = outline.title or outline.feed_url
    attributes = [
        'type="rss"',
        _attribute("text", label),
        _attribute("title", label),
        _attribute("xmlUrl", outline.feed_url),
    ]
    if outline.site_url:
        attributes.append(_attribute("htmlUrl", outline.site_url))
    return f"<outline {' '.join(attributes)}/>"


def _attribute(name: str, value: str) -> str:
    return f"{name}={quoteattr(_legal(value), {chr(10): ' ', chr(13): ' ', chr(9): ' '})}"


def _legal(text: str) -> str:
    return xmlsafety.without_illegal(text)
