"""XML documents of agencies as lxml trees, with the limits of feeds; elements are found by their local names.

Agencies use the prefixes and namespaces of IPTC's formats as they please; the local names are unambiguous.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.feeds import xml as xmlsafety
from wiredesk.worker.news.formats.given import Given
from wiredesk.worker.news.values.charset import decode_xml

Element = Any
"""An element of lxml, which has no types."""

MAX_TAGS = 400_000
"""The limit of feeds, too: a tree of as many elements takes 97 MB."""

_BLOCKS = frozenset(
    "p block hl1 hl2 hedline br tr li dt dd hr pre table ul ol dl div section article h1 h2 h3 h4 h5 h6 blockquote bq "
    "header footer note lead paragraph".split()
)
_UNSEEN = frozenset(
    "script style media media-caption figure figcaption head iframe object template nitf-table-metadata".split()
)


def parse(given: Given, *, roots: frozenset[str] = frozenset()) -> Element:
    """The root of a document. Raises `Rejected`: `broken_document`, `unsafe_xml` or `too_large`."""
    body = xmlsafety.inflate(given.body, max_bytes=given.max_bytes)
    prepared = xmlsafety.prepare(decode_xml(body, content_type=given.media_type), roots=roots)
    if prepared.text.count("<") > 2 * MAX_TAGS:
        raise Rejected("too_large", f"the document has more than {MAX_TAGS:,} elements")
    try:
        return _tree(prepared.text)
    except etree.XMLSyntaxError:
        pass
    try:
        return _tree(xmlsafety.repair(prepared.text))
    except etree.XMLSyntaxError as error:
        raise Rejected("broken_document", f"not well-formed XML: {error.msg}"[:300]) from None


def _tree(text: str) -> Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True, encoding="utf-8"
    )
    root = etree.fromstring(text.strip().encode("utf-8", "replace"), parser)
    if root is None:
        raise Rejected("broken_document", "the document has no element")
    return root


def name_of(element: Element) -> str:
    """The local name; empty for what is no element (an entity that was left unresolved)."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: Element, *names: str) -> list[Element]:
    return [child for child in element if name_of(child) in names]


def within(element: Element, *names: str) -> Iterator[Element]:
    """The descendants of these names, in document order."""
    return (inner for inner in element.iter() if inner is not element and name_of(inner) in names)


def first(element: Element | None, *path: str) -> Element | None:
    """The first element along a path of local names."""
    for name in path:
        if element is None:
            return None
        element = next((child for child in element if name_of(child) == name), None)
    return element


def text_of(element: Element | None) -> str | None:
    """All text in an element on one line; null where there is none."""
    if element is None:
        return None
    return " ".join("".join(element.itertext()).split()) or None


def attribute(element: Element | None, *names: str) -> str | None:
    """The first of these attributes that is there and not empty, whatever its namespace."""
    if element is None:
        return None
    values = {name.rpartition("}")[2]: value for name, value in element.attrib.items()}
    return next((values[name].strip() for name in names if values.get(name, "").strip()), None)


def block_text(element: Element) -> str:
    """The text of marked-up copy (NITF, XHTML), a block a paragraph; media and what browsers hide are left out."""
    blocks: list[str] = []
    run: list[str] = []

    def end_block() -> None:
        lines = (" ".join(line.split()) for line in "".join(run).split("\n"))
        blocks.append("\n".join(line for line in lines if line))
        run.clear()

    def walk(node: Element) -> None:
        name = name_of(node).lower()
        if name in _UNSEEN or not name:
            return
        is_block = name in _BLOCKS and name != "br"
        if is_block:
            end_block()
        if name == "br":
            run.append("\n")
        run.append(_inline(node.text))
        for child in node:
            walk(child)
            run.append(_inline(child.tail))
        if name in ("td", "th"):
            run.append("  ")
        if is_block:
            end_block()

    walk(element)
    end_block()
    return "\n\n".join(block for block in blocks if block)


def _inline(text: str | None) -> str:
    """Text in which the line breaks of the source mean nothing."""
    return text.replace("\n", " ").replace("\r", " ") if text else ""
