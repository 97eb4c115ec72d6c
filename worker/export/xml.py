"""Elements of XML documents with texts of any characters."""

from __future__ import annotations

import re

from lxml import etree

# What XML 1.0 has no place for.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PREFIXES = {"xml": "{http://www.w3.org/XML/1998/namespace}"}


def fit(text: str) -> str:
    """The text without the characters that XML 1.0 can't hold: controls, lone surrogates, U+FFFE and U+FFFF."""
    return _NOT_XML.sub("", text)


def add(
    parent: etree._Element, name: str, attributes: dict[str, str] | None = None, text: str | None = None
) -> etree._Element:
    """A new child; `xml:lang` among its attributes is that of XML."""
    element = etree.SubElement(parent, name)
    for key, value in (attributes or {}).items():
        prefix, _, local = key.rpartition(":")
        element.set(_PREFIXES[prefix] + local if prefix else key, fit(value))
    if text is not None:
        element.text = fit(text)
    return element
