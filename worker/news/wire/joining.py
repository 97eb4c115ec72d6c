"""Lines of wire copy put back together: wrapped prose becomes paragraphs, tables and lists keep their lines.

Old wire copy is wrapped at 60 to 80 characters and marks a paragraph by indenting its first line; press releases wrap
and leave blank lines; modern copy has one long line a paragraph. A line is joined to the next only when the next word
would not have fitted, or when indentation or a small letter shows that the sentence goes on.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

import ftfy

_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff\x00-\x08\x0b\x0c\x0e-\x1f]")
# What mojibake and entities always leave behind. ftfy takes 0.5 ms a kilobyte to find that nothing is wrong, this 2 µs.
_BROKEN = re.compile(
    "&(?:#\\d{1,7}|#x[0-9a-fA-F]{1,6}|[A-Za-z]{2,8});|[\x80-\x9f\ufffd\u0092]"
    "|[ÂÃÄÅÐÑÎÏâãåæçèé][\u0080-\u00bf\u0152-\u0178\u02c6\u02dc"
    "\u2013-\u2122]"
)
_ANPA_LINE = re.compile(r"^\^(.{0,200}?)[<=]?$", re.M)
_COLUMNS = re.compile(r"[^\s.?!:;\"'’”]\s{3,}\S|\S\s{2,}\S.{0,60}?[^\s.?!:;\"'’”]\s{2,}\S")
# Desk initials and end marks, which stand on a line of their own: `jd/mm`, `(jd-mm)`, `REUTER`, `(MORE)`.
_SIGN_OFF = re.compile(
    r"\(?[a-z]{2,4}(?:[-/][a-z]{2,4}){1,3}\)?|\W{0,3}(?:Reuters?|REUTERS?|MORE|More|ENDS?|Enditem)\W{0,3}"
)
# Lines of a head that stand by themselves under a headline as wide as the copy is wrapped.
_HEAD_LINE = re.compile(r"\(?(?:ATTN|EDS?):|By [A-Z]\w|AP (?:Photo|Graphic|Video)|Associated Press$|ADD ?\d")
_SENTENCE_END = frozenset(".!?:;\"'’”»…")
_AND_OR = frozenset({"and", "or", "to", "und", "oder", "bis", "et", "ou", "y", "e", "en", "of"})
_WIDEST_WRAP = 100  # no wire or mail program wraps later; longer lines are paragraphs of their own
_NARROWEST_WRAP = 50  # what is shorter is a head, a list or verse
_RAGGED = 15  # characters that a wrapped line may fall short of the width
_INDENT = 2


class Line(NamedTuple):
    """One logical line, wrapped lines joined and spaces folded; `raw` is as it stood, for tables.

    `block` counts the gaps of blank lines before it; `prose` is false for figures, lists and headings; `columns` says
    that it has columns set with spaces.
    """

    text: str
    block: int
    prose: bool
    columns: bool
    raw: str


def mend(text: str) -> str:
    """Characters mended, line ends made one kind, invisible characters out; spaces and indentation stay."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii() or "&" in text:
        if _BROKEN.search(text):
            text = ftfy.fix_text(
                text, uncurl_quotes=False, fix_latin_ligatures=False, fix_character_width=False, unescape_html=True
            )
        text = text.replace("\xa0", " ").replace("\u2028", "\n").replace("\u2029", "\n\n").replace("\u0085", "\n")
    if "^" in text:  # ANPA transmissions begin the lines of the head with ^ and end them with < or =
        text = _ANPA_LINE.sub("\\1\n", text)
    if "\t" in text:
        text = text.expandtabs(4)
    return text if text.isprintable() else _INVISIBLE.sub("", text)


def logical_lines(text: str) -> list[Line]:
    """The lines of mended text, wrapped ones joined."""
    raw = [line.rstrip() for line in text.split("\n")]
    width = _wrap_width(raw)
    lines: list[Line] = []
    current: list[str] = []
    last = ""
    block = 0
    indented = False  # the paragraphs of this text are marked by indentation
    for line in raw:
        if not line:
            if current:
                lines.append(_line(current, block))
                current = []
                block += 1
            continue
        if current:
            indent = len(line) - len(line.lstrip()) if line[0] == " " else 0
            if _continues_line(last, line, indent, width, indented):
                indented = indented or (len(current) == 1 and last[0] == " " and indent == 0)
                current.append(line)
                last = line
                continue
            lines.append(_line(current, block))
        current = [line]
        last = line
    if current:
        lines.append(_line(current, block))
    return lines


def _wrap_width(raw: list[str]) -> int:
    """The width that lines are wrapped at; 0 when no two lines stand directly below each other and end near it."""
    lengths = [len(before) for before, line in pairwise(raw) if before and line and line[0] != " "]
    width = max(lengths, default=0)
    if not _NARROWEST_WRAP <= width <= _WIDEST_WRAP:
        return 0
    lengths.remove(width)
    return width if max(lengths, default=0) > width - _RAGGED else 0


def _continues_line(last: str, line: str, indent: int, width: int, indented: bool) -> bool:
    """Whether `line` is the rest of the paragraph that `last` belongs to."""
    if line[0] in "(BEAP" and _HEAD_LINE.match(line):
        return False
    if indent >= _INDENT or not 30 < len(last) <= _WIDEST_WRAP or (len(line) <= 16 and _SIGN_OFF.fullmatch(line)):
        return False
    if ("  " in line and _COLUMNS.search(line)) or ("  " in (before := last.lstrip()) and _COLUMNS.search(before)):
        return False
    first = line[indent:].split(" ", 1)[0]
    if width and len(last) + 1 + len(first) > width - 2:
        return indent == 0 or first[0].islower()
    if indent:
        return False
    return indented or last[0] == " " or (first[0].islower() and last[-1] not in ".!?:")


def _line(parts: list[str], block: int) -> Line:
    if len(parts) == 1:
        raw = parts[0]
        text = raw.strip()
        columns = False
        if "  " in text:
            columns = _COLUMNS.search(text) is not None
            text = " ".join(text.split())
        prose = not columns and (text[-1] in _SENTENCE_END or len(text) > _WIDEST_WRAP)
        return Line(text, block, prose, columns, raw)
    joined = parts[0].strip()
    for part in parts[1:]:
        joined += _join(joined, part) + part.strip()
    if "  " in joined:
        joined = " ".join(joined.split())
    return Line(joined, block, True, False, joined)


def _join(left: str, right: str) -> str:
    """Nothing after a hyphen inside a word (`seven-` `day`), a space else (`fat-` `and oil-bearing`)."""
    if left[-1] == "-" and len(left) > 1 and left[-2].isalnum():
        first = right.split(" ", 1)[0]
        if first not in _AND_OR:
            return ""
    return " "


def body_paragraphs(lines: list[Line]) -> str:
    """Body text: paragraphs separated by a blank line, the lines of a table or list by a line break."""
    paragraphs: list[str] = []
    i = 0
    while i < len(lines):
        end = i + 1
        if not lines[i].prose:
            while end < len(lines) and not lines[end].prose and lines[end].block == lines[i].block:
                end += 1
        paragraphs.append(lines[i].text if end == i + 1 else _table(lines[i:end]))
        i = end
    return "\n\n".join(paragraphs).strip()


def _table(lines: list[Line]) -> str:
    """Lines as they stood when there are columns among them, without the indentation that all share."""
    if not any(line.columns for line in lines):
        return "\n".join(line.text for line in lines)
    indent = min(len(line.raw) - len(line.raw.lstrip()) for line in lines)
    return "\n".join(line.raw[indent:] for line in lines)
