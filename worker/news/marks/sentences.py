"""The beginning and end of the sentence around an offset, by the punctuation of its language."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wiredesk.worker.news.marks.languages import Language
from wiredesk.worker.news.values.gazetteer import dotted_abbreviations
from wiredesk.worker.news.values.words import alternatives

MAX_SENTENCE = 500  # code points

_END = re.compile(r"[.!?…][”’\"')\]]{0,3}\s{1,3}(?=[\"“‘«„`(\[]?[A-ZÀ-ÖØ-Þ0-9])|[.!?…][”’\"')\]]{0,3}\s{0,3}$")
_NOT_AN_END = re.compile(rf"(?:\b[A-Z]|\b(?:vs|{alternatives(dotted_abbreviations())}))$")
_END_ELSEWHERE = re.compile(r"[.!?…؟।۔][”’\"')\]»“]{0,3}\s{1,3}|[.!?…؟।۔][”’\"')\]»“]{0,3}\s{0,3}$|\n")
_END_UNSPACED = re.compile(r"[。！？!?][”』」）]{0,2}|\n")
_LAST_WORD = re.compile(r"[\w.-]+$")


class Sentences:
    """Ends of sentences in one text."""

    def __init__(self, text: str, language: Language) -> None:
        self.text = text
        self.abbreviations = language.abbreviations
        self.english = language.english
        unspaced = language.writing in ("chinese", "japanese")
        self.end = _END if self.english else _END_UNSPACED if unspaced else _END_ELSEWHERE

    def start(self, at: int, floor: int) -> int:
        """The beginning of the sentence before `at`, not before `floor`."""
        best = floor
        for match in self._ends(max(floor, at - MAX_SENTENCE), at):
            best = match.end()
        return best

    def stop(self, at: int, ceiling: int) -> int:
        """Behind the full stop of the sentence at `at`, not behind `ceiling`."""
        ceiling = min(ceiling, at + MAX_SENTENCE)
        first = next(self._ends(at, ceiling), None)
        return first.start() + 1 if first else ceiling

    def _ends(self, start: int, stop: int) -> Iterator[re.Match[str]]:
        for match in self.end.finditer(self.text, start, stop):
            if self.english:
                if not _NOT_AN_END.search(self.text, max(start, match.start() - 8), match.start()):
                    yield match
            elif match[0][0] != "." or self._is_an_end(match, start):
                yield match

    def _is_an_end(self, match: re.Match[str], start: int) -> bool:
        """A full stop behind a number, a letter or an abbreviation, or before a small letter, ends nothing."""
        if self.text[match.end() : match.end() + 1].islower():
            return False
        word = _LAST_WORD.search(self.text, max(start, match.start() - 16), match.start())
        if word is None or match.end() >= len(self.text):
            return True
        last = word[0]
        if last.isdigit():
            return len(last) > 2
        return not (len(last) == 1 and last.isupper()) and not {last, last.lower()} & self.abbreviations
