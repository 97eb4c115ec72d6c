"""The text of an article as paragraphs of runs, so that a template can mark its dateline, quotations and names."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar

import msgspec

from wiredesk.worker.store.records import Mention, Quote

Mark = TypeVar("Mark", Quote, Mention)


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a paragraph that is marked alike. `speaker` stands only on the last run of a quotation.

    `mention` is `person`, `organisation` or `place`, or empty; `name` the fullest form of the mentioned name.
    """

    text: str
    is_dateline: bool
    is_speech: bool
    speaker: str
    mention: str
    name: str


class _Marks(Generic[Mark]):
    """Marks in the order of the text; one that overlaps an earlier one, or lies outside the text, is left out."""

    def __init__(self, marks: Iterable[Mark], size: int) -> None:
        self.kept: list[Mark] = []
        for mark in sorted(marks, key=lambda each: (each.start, -each.end)):
            is_free = not self.kept or mark.start >= self.kept[-1].end
            if is_free and 0 <= mark.start < mark.end <= size:
                self.kept.append(mark)
        self._starts = [mark.start for mark in self.kept]
        self.edges = [edge for mark in self.kept for edge in (mark.start, mark.end)]

    def over(self, start: int, end: int) -> Mark | None:
        """The mark that covers the text from `start` to before `end`."""
        number = bisect_right(self._starts, start) - 1
        return self.kept[number] if number >= 0 and end <= self.kept[number].end else None


_OPENING = frozenset('“„«‹「『"‘‚‟»')
_CLOSING = frozenset('”“»›」』"’«')


def _with_its_marks(quote: Quote, body_text: str) -> Quote:
    """The quotation with the quotation marks around it, where there are any."""
    start = quote.start - (body_text[quote.start - 1 : quote.start] in _OPENING)
    end = quote.end + (body_text[quote.end : quote.end + 1] in _CLOSING)
    return msgspec.structs.replace(quote, start=start, end=end)


def paragraphs(
    body_text: str, *, dateline: str | None, quotes: Sequence[Quote], mentions: Sequence[Mention]
) -> list[list[Run]]:
    """The paragraphs of `body_text`, each as its runs; offsets of marks are code points into `body_text`."""
    speech = _Marks((_with_its_marks(quote, body_text) for quote in quotes), len(body_text))
    names = _Marks(mentions, len(body_text))
    opening = len(dateline) if dateline and body_text.startswith(dateline) else 0
    edges = sorted({opening, *speech.edges, *names.edges})
    found: list[list[Run]] = []
    at = 0
    for paragraph in body_text.split("\n\n"):
        end = at + len(paragraph)
        inner = edges[bisect_right(edges, at) : bisect_right(edges, end - 1)]
        runs = []
        for first, last in pairwise((at, *inner, end)):
            quote, mention = speech.over(first, last), names.over(first, last)
            is_last = quote is not None and last in (quote.end, end)
            runs.append(
                Run(
                    text=body_text[first:last],
                    is_dateline=last <= opening,
                    is_speech=quote is not None,
                    speaker=(quote.speaker or "") if quote is not None and is_last else "",
                    mention=mention.kind if mention else "",
                    name=mention.name if mention else "",
                )
            )
        if paragraph:
            found.append(runs)
        at = end + 2
    return found
