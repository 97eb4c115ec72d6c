"""Direct speech: text between quotation marks or behind a dash, and its speaker.

Speech is marked paragraph by paragraph (`spans`). Its speaker is looked for behind it (“…,” said X), before it
(X said, “…”), in the same sentence (“…,” X said. “…”), and in the words that introduce its paragraph; pronouns and
titles mean the person named last (`names`). The words of a language are in `languages`. What is neither attributed nor
a sentence is no quotation: a scare quote, a nickname, the title of a work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

from wiredesk.worker.news.marks.clauses import Clauses
from wiredesk.worker.news.marks.east_asian import ChineseClauses, JapaneseClauses
from wiredesk.worker.news.marks.languages import language_of
from wiredesk.worker.news.marks.names import Names, Said
from wiredesk.worker.news.marks.sentences import Sentences
from wiredesk.worker.news.marks.spans import Span, behind_a_dash, has_speech, pairing, paragraphs, split_at_clauses
from wiredesk.worker.news.model import Mention, Quote, QuoteKind
from wiredesk.worker.news.values.words import entry_set

_OPENS_PARAGRAPH = re.compile(r"\n{1,2}(?:[“\"„«»「]|``)")
_SMALL_WORDS = entry_set("title_small_words")
_ENDS = tuple(".!?,…。！？؟।")
_JAPANESE_SENTENCE = re.compile(r"(?:[。！？!?]|た|だ|る|い|す|ん|よ|ね|か|う|ない)$")
_MIN_WORDS_CARRIED_ON = 8  # of a paragraph of speech without a stop: shorter ones are subheadings
_MAX_PASSED_OVER = 3  # spans that are no quotation, between a quotation and the words that name its speaker
_MAX_WORDS_OF_A_NAME = 4
_MIN_CHARACTERS = 12  # of unattributed speech in Chinese and Japanese; five words elsewhere


class _Attribution(Protocol):
    """The reader of a language's clauses, which finds the speaker."""

    def after(self, span: Span, ceiling: int) -> Said | None: ...

    def before(self, start: int, end: int, *, mid_sentence: bool = False) -> Said | None: ...

    def subject_before(self, start: int, end: int, cue: str | None) -> Said | None: ...

    def names_the_speaker(self, at: int, end: int, after_dash: bool) -> bool: ...


def find_quotes(body_text: str, *, mentions: Sequence[Mention], language: str | None) -> tuple[Quote, ...]:
    """Direct speech in order of appearance, each with its speaker where the text names one."""
    data = language_of(language)
    if not has_speech(body_text, data):
        return ()
    return tuple(_QuoteReader(body_text, mentions, language).read())


class _QuoteReader:
    """One article on its way from marks to quotations; `last_end` is where the paragraph of the last one ended."""

    def __init__(self, text: str, mentions: Sequence[Mention], language: str | None) -> None:
        self.text = text
        self.language = language_of(language)
        self.sentences = Sentences(text, self.language)
        self.names = Names(text, mentions, self.language, self.sentences)
        self.clauses: _Attribution
        if self.language.writing == "chinese":
            self.clauses = ChineseClauses(self.names, self.sentences)
        elif self.language.writing == "japanese":
            self.clauses = JapaneseClauses(self.names, self.sentences)
        else:
            self.clauses = Clauses(self.names, self.sentences)
        self.last_end = -9

    def read(self) -> Iterator[Quote]:
        text, language = self.text, self.language
        carried = False
        introduced: Said | None = None
        between_marks = pairing(text, language)
        for start, end in paragraphs(text, language):
            spans = behind_a_dash(text, start, end, language, self.clauses.names_the_speaker) if language.dash else []
            if not spans:
                spans = between_marks(start, end)
                if language.dash:
                    spans = [s for span in spans for s in split_at_clauses(text, span, self.clauses.names_the_speaker)]
            if spans and not spans[-1].closed and not carried and not _OPENS_PARAGRAPH.match(text, end):
                spans.pop()
            self.names.quoted.extend((s.start, s.end) for s in spans)
            yield from self._paragraph(start, end, spans, carried, introduced)
            carried = bool(spans) and not spans[-1].closed
            introduced = None
            if text[end - 1] in ":,：":
                floor = spans[-1].outer_end if spans else start
                introduced = self.clauses.before(self.sentences.start(end, floor), end)

    def _paragraph(
        self, start: int, end: int, spans: Sequence[Span], carried: bool, introduced: Said | None
    ) -> Iterator[Quote]:
        names = self.names
        previous: Said | None = None
        floor = start
        for i, span in enumerate(spans):
            if i > _MAX_PASSED_OVER:
                floor = max(floor, spans[i - 1 - _MAX_PASSED_OVER].outer_end)
            following = spans[i + 1 : i + 2 + _MAX_PASSED_OVER]
            ceiling = following[-1].outer_start if len(following) > _MAX_PASSED_OVER else end
            ceiling = next((s.outer_start for s in following if not self._names_a_thing(s)), ceiling)
            at_start = i == 0 and not self.text[start : span.outer_start].strip()
            kind: QuoteKind = "direct"
            said: Said | None
            said = self.clauses.after(span, ceiling)
            if at_start and carried and names.last and (said is None or said.source != "named"):
                said, kind = _continued(names.last), "continued"
            else:
                if at_start and introduced and (said is None or said.speaker is None):
                    said = introduced
                elif said is None or (said.speaker is None and (previous or self.language.verb_last)):
                    said, kind = self._led_in(span, floor, previous, said)
            carried_on = False
            if said is None and at_start and names.last and span.outer_end >= end - 1 and start - self.last_end <= 2:
                said, kind, carried_on = _continued(names.last), "continued", True
            quote = self._quote(span, said, kind, carried_on=carried_on)
            if quote is None:
                continue
            yield quote
            floor = span.outer_end
            if said is not None:
                previous = names.last = said
                self.last_end = end
                names.last_until = self.sentences.stop(span.outer_end, ceiling)

    def _led_in(
        self, span: Span, floor: int, previous: Said | None, after: Said | None
    ) -> tuple[Said | None, QuoteKind]:
        """The speaker by the words before the quotation: its sentence's cue, else the quotation before it."""
        text, clauses = self.text, self.clauses
        sentence = self.sentences.start(span.outer_start, floor)
        lead = text[sentence : span.outer_start].rstrip()
        if not lead and previous is None and sentence > floor:
            sentence = self.sentences.start(sentence - 2, floor)
            return clauses.before(sentence, span.outer_start) if after is None else after, "direct"
        kind: QuoteKind = "direct"
        if lead and lead[-1] not in ",:—–-،：，、" and self._is_partial(span):
            kind = "partial"
        if after is not None and after.speaker is None and self.language.verb_last and lead:
            before = clauses.subject_before(sentence, span.outer_start, after.cue)
            if before is not None:
                return before, "direct"
            if previous is None:
                return after, "direct"
        if after is not None and after.speaker is None and self.language.verb_last:
            going_on = previous or self.names.last
            return Said(going_on.speaker if going_on else None, after.cue, "continued"), "direct"
        if after is not None:
            return after, kind
        same_breath = previous is not None and sentence == floor
        said = clauses.before(sentence, span.outer_start, mid_sentence=same_breath) if lead else None
        same_speaker = previous is not None and said is not None and said.speaker in (None, previous.speaker)
        if previous is not None and (said is None or (same_breath and same_speaker)):
            return _continued(previous), "continued" if kind == "direct" else kind
        return said, kind

    def _names_a_thing(self, span: Span) -> bool:
        """Whether a clause goes on behind these marks: a hat with a “Make Waves” patch, said …"""
        content = self.text[span.start : span.end]
        return content.count(" ") < _MAX_WORDS_OF_A_NAME and content[-1:].isalnum() and content[:1].isupper()

    def _is_partial(self, span: Span) -> bool:
        content = self.text[span.start : span.end]
        return content[:1].islower() or len(content.split()) <= 2

    def _quote(self, span: Span, said: Said | None, kind: QuoteKind, *, carried_on: bool) -> Quote | None:
        """The row, unless it is a scare quote, a nickname, or the title of a work."""
        content = self.text[span.start : span.end]
        words = len(content.split())
        if not words:
            return None
        if said is None:
            if span.dash or not self._is_a_sentence(span, content, words):
                return None
            return Quote(content, span.start, span.end, None, None, "direct", None)
        named_work = words <= 4 and _is_a_title(content) and not self._is_ended(span, content)
        if named_work and not self.language.english and self.text[span.outer_end : span.outer_end + 1] != ",":
            return None  # as the «Wall Street Journal» reports
        if kind == "partial" and (words <= 2 or _is_a_title(content)):
            return None
        if kind == "continued" and words <= 3 and _is_a_title(content):
            return None
        if carried_on and words < _MIN_WORDS_CARRIED_ON and not self._is_ended(span, content):
            return None
        return Quote(content, span.start, span.end, said.speaker, said.cue, kind, said.source if said.speaker else None)

    def _is_a_sentence(self, span: Span, content: str, words: int) -> bool:
        """Whether speech without a speaker is a whole sentence."""
        ended = self._is_ended(span, content)
        if self.language.writing in ("chinese", "japanese"):
            if len(content) < _MIN_CHARACTERS:
                return False
            return ended or bool(self.language.writing == "japanese" and _JAPANESE_SENTENCE.search(content))
        return words >= 5 and not _is_a_title(content) and not content[0].islower() and ended

    def _is_ended(self, span: Span, content: str) -> bool:
        """Whether a stop closes the speech, inside its marks or, outside English, right behind them."""
        ended = content.rstrip("’')] ")[-1:] in _ENDS
        if self.language.english:
            return ended
        return ended or self.text[span.outer_end : span.outer_end + 1] in (".", "।", "؟", "۔")


def _continued(said: Said) -> Said:
    return Said(said.speaker, said.cue, "continued")


def _is_a_title(content: str) -> bool:
    """ "The Old Man and the Sea": two words or more, capitalised but for the small ones."""
    words = content.rstrip(",.").split()
    capitals = [w for w in words if w[0].isupper()]
    return 2 <= len(capitals) <= 8 and all(w[0].isupper() or w in _SMALL_WORDS for w in words)
