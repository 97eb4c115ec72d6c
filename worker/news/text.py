"""Plain text out of what publishers send: mended characters, paragraphs separated by one blank line."""

from __future__ import annotations

import hashlib
import re

import ftfy
from selectolax.lexbor import LexborHTMLParser, LexborNode

_BLOCKS = frozenset(
    "address article aside blockquote dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li "
    "main nav ol p pre section table td th tr ul".split()
)
_UNSEEN = frozenset("script style noscript template iframe object svg head title select button textarea".split())
_SPACE = re.compile(r"[^\S\n]+")
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff\x00-\x08\x0b\x0c\x0e-\x1f]")
_WORD = re.compile(r"\w+(?:['’-]\w+)*")


def clean_text(text: str) -> str:
    """Mojibake and entities mended, invisible characters out, spaces folded; line breaks stay."""
    if not text.isascii() or "&" in text:
        text = ftfy.fix_text(text, uncurl_quotes=False, fix_latin_ligatures=False, fix_character_width=False)
    text = _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "\n".join(line.strip() for line in _SPACE.sub(" ", text).split("\n"))


def clean_line(text: str) -> str:
    """One line of clean text: a headline, a name, a tag."""
    return " ".join(clean_text(text).split())


def html_to_text(markup: str) -> str:
    """The visible text of a piece of HTML, a block a paragraph; text without tags is returned clean."""
    if "<" not in markup and "&" not in markup:
        return paragraphs(markup)
    body = LexborHTMLParser(markup).body
    if body is None:
        return ""
    parts: list[str] = []
    _collect(body, parts)
    return paragraphs("".join(parts))


def _collect(node: LexborNode, parts: list[str]) -> None:
    """Walk without recursion: nesting is as deep as a hostile page makes it."""
    stack: list[tuple[LexborNode, bool]] = [(node, False)]
    while stack:
        current, leaving = stack.pop()
        tag = current.tag or ""
        if leaving:
            parts.append("\n\n")
            continue
        if tag == "-text":
            parts.append(re.sub(r"\s+", " ", current.text_content or ""))
            continue
        if tag in _UNSEEN or tag.startswith("-") or (tag == "_comment"):
            continue
        if tag == "br":
            parts.append("\n")
        if tag in _BLOCKS:
            parts.append("\n\n")
            stack.append((current, True))
        children = list(current.iter(include_text=True))
        stack.extend((child, False) for child in reversed(children))


def paragraphs(text: str) -> str:
    """Clean text with runs of blank lines made one blank line."""
    return re.sub(r"\n\s*\n\s*", "\n\n", clean_text(text)).strip()


def word_count(text: str) -> int:
    return len(_WORD.findall(text))


def content_sha256(headline: str | None, body_text: str) -> str:
    """Hex SHA-256 of the headline, a blank line and the body text, as UTF-8."""
    return hashlib.sha256(f"{headline or ''}\n\n{body_text}".encode()).hexdigest()
