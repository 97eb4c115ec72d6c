"""News agencies: the names they are written by, and which of them wrote a piece.

An agency's credit stands in the dateline, the credit line, the byline or the rights line; `attribute` takes the first
of these that names one and says which it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from wiredesk.worker.news.values.words import entry_set, table


@dataclass(frozen=True, slots=True)
class Attribution:
    """The agency that wrote a piece, where it was named (`dateline`, `credit`, `byline`, …), and the words."""

    agency: str
    source: str
    evidence: str


_WORD = re.compile(r"[^\W_](?:[\w.&'’]*[^\W_])?(?:[-/][^\W_][\w.]*)*\.?")


@cache
def _names() -> dict[str, str]:
    """Each way an agency is written → its own name."""
    names: dict[str, str] = {}
    for canonical, others in table("agencies").items():
        for name in (canonical, *others):
            names.setdefault(name, canonical)
            if len(name) > 4:
                names.setdefault(name.upper(), canonical)
            if not name.isupper() and " " in name:
                names.setdefault(name.lower(), canonical)
    return names


@cache
def _by_first_word() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """The first word of each way → the words of the way and the agency's own name, longest first."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for name, canonical in _names().items():
        words = tuple(_WORD.findall(name))
        if words:
            found.setdefault(words[0], []).append((words, canonical))
    for ways in found.values():
        ways.sort(key=lambda way: -len(way[0]))
    return found


_MAX_LENGTH = 400


def named(text: str) -> str | None:
    """The agency when `text` is its name and nothing else: `AFP`, `Associated Press`, `PRNewswire`."""
    return _names().get(text) or (_names().get(text.lower()) if " " in text else None)


def names_written() -> Iterable[str]:
    """Every way in which an agency is written."""
    return _names()


def find_agency(text: str) -> str | None:
    """The canonical name of the first agency named in `text`, a line of a few words; None when there is none."""
    text = text.strip()
    if found := named(text):
        return found
    words: list[str] = _WORD.findall(text[:_MAX_LENGTH])
    for i, word in enumerate(words):
        for candidate in dict.fromkeys((word, word.rstrip("."), word.lower())):
            for name, canonical in _by_first_word().get(candidate, ()):
                if len(name) == 1 and candidate not in entry_set("agencies_alone"):
                    return canonical
                if len(name) > 1 and _folded(words[i : i + len(name)]) == _folded(name):
                    return canonical
        if "/" in word or "-" in word:
            for part in re.split(r"[/-]", word):
                if canonical_part := named(part):
                    return canonical_part
    return None


def _folded(words: Sequence[str]) -> list[str]:
    return [word.lower().rstrip(".") for word in words]


def attribute(
    *,
    dateline: str | None = None,
    credit: str | None = None,
    byline: str | None = None,
    rights: str | None = None,
    source: str | None = None,
) -> Attribution | None:
    """Which agency wrote the piece. Each argument is the agency's name or the line that may hold it; the first wins.

    `source` is the publisher, which counts when it is itself an agency.
    """
    lines = {"dateline": dateline, "credit": credit, "byline": byline, "rights": rights, "publisher": source}
    for where, line in lines.items():
        if not line:
            continue
        agency = named(line) or find_agency(line) or (line if where == "dateline" else None)
        if agency:
            return Attribution(agency, where, line)
    return None
