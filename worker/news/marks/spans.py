"""The spans of speech: between paired marks, paragraph by paragraph, or behind a dash at the head of a paragraph."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from wiredesk.worker.news.marks.languages import Language

_CLOSING = {
    "“": ("”", '"', "“"),
    "„": ("“", "”", '"', "„"),
    "‟": ("”",),
    "«": ("»",),
    "»": ("«", "»"),
    '"': ('"', "”"),
    "＂": ("＂",),
    "``": ("''", '"', "”"),
    "”": ("”", "“"),
    "‹": ("›",),
    "›": ("‹", "›"),
    "「": ("」",),
    "『": ("』",),
    "〝": ("〟", "〞"),
    "״": ("״", "”"),
}
# Spelled out, not as classes: the regex engine searches fast for alternatives that begin with a literal.
_MARK = re.compile("“|”|„|«|»|\"|‟|‹|›|「|」|『|』|〝|〟|〞|＂|״|``|''")
_ANY_MARK = re.compile('“|”|„|«|»|"|‟|‹|›|「|『|〝|＂|״|``')
_ALWAYS_OPEN = frozenset({"“", "„", "«", "``", "‹", "「", "『", "〝"})
_SINGLE = re.compile(r"(?P<open>(?<![\w’',.])[‘'](?=\w))|(?P<close>(?<=[,.?!…])[’'](?!\w))")
# Dutch, Hindi and others put the comma behind the mark; German opens with ‚ and closes with ‘.
_SINGLE_ELSEWHERE = re.compile(r"(?P<open>(?<![\w’',.])[‘‚'](?=[^\W\d]))|(?P<close>(?<=[^\s‚(])[’'‘](?![\w’'‘]))")
_DASH = "[–—―−-]"
_DASHES_AND_SPACES = " \u00a0–—―−-"
_OPENING_DASH = re.compile(r"\s{0,3}(?:–|—|―|−|--?(?=[ \u00a0]))[ \u00a0]{0,2}(?=[^\W\d_]|[¿¡…])")
# Where speech behind a dash may end: a comma, a question or exclamation mark, or another dash.
_SEAM = re.compile(
    rf"[,،!?…]{{1,3}}[ \u00a0]{{1,2}}(?:{_DASH}[ \u00a0]?)?|[.,]?[ \u00a0]{_DASH}{{1,2}}[ \u00a0]?"
    rf"|[,.!?…]{{1,3}}[—–][ \u00a0]|[—―](?=\w)"
)
_STOP = re.compile(r"[.!?…][ \u00a0](?=[^a-zà-öø-ÿ])")
_DASHED_SEAM = re.compile(_DASH)
_RESUME = re.compile(
    rf"[.,:;!?]{{0,2}}[ \u00a0]{_DASH}{{1,2}}[ \u00a0]?(?=[\w¿¡…])|[—―][.,:;]{{0,2}}(?:[ \u00a0]|$)|[—―](?=[\w¿¡…])"
    rf"|[.,:;!?]{{1,2}}[—–][ \u00a0](?=[\w¿¡…])"
)
_LONGEST_CLAUSE = 500  # code points from the end of the speech to the end of the sentence that names its speaker
# A blank line, or a line's end where a sentence ends as well.
_PARAGRAPH_BREAK = re.compile(r"\n(?:\n|(?<=[.!?:”\"'’»。」]\n))")
_LINES_END = re.compile(r"\n(?:\n|(?=\s{0,3}[–—―−-])|(?<=[.!?:”\"'’»。」]\n))")


@dataclass(slots=True)
class Span:
    """Something between marks: offsets without and with the marks, and whether its end was seen.

    `dash`: the speech is opened by a dash, and `outer_end` is where the clause of its speaker begins.
    """

    start: int
    end: int
    outer_start: int
    outer_end: int
    closed: bool
    dash: bool = False


def has_speech(text: str, language: Language) -> bool:
    """Whether the text has any mark of direct speech."""
    return bool(
        _ANY_MARK.search(text)
        or "‘" in text
        or "‚" in text
        or " '" in text
        or "\n'" in text
        or text[:1] == "'"
        or (language.dash and _dash_at_head(text))
    )


def _dash_at_head(text: str) -> bool:
    return any(f"\n{dash}" in text or text.startswith(dash) for dash in "–—―−-")


def paragraphs(text: str, language: Language) -> Iterator[tuple[int, int]]:
    """Start and end of each paragraph; a line that opens with a dash is one, where dashes open speech."""
    pattern = _LINES_END if language.dash else _PARAGRAPH_BREAK
    start = 0
    while start < len(text):
        gap = pattern.search(text, start)
        end, following = gap.span() if gap else (len(text), len(text))
        if end > start:
            yield start, end
        start = following


def pairing(text: str, language: Language) -> Callable[[int, int], list[Span]]:
    """The way in which this text marks speech: a function from a paragraph's offsets to its spans."""
    if _ANY_MARK.search(text):
        return lambda start, end: _between_marks(text, start, end, hebrew=language.code == "he")
    single = _SINGLE if language.english else _SINGLE_ELSEWHERE
    return lambda start, end: _between_single_marks(text, start, end, single)


def _between_marks(text: str, start: int, end: int, *, hebrew: bool) -> list[Span]:
    """Pair the marks of one paragraph; nested marks stay inside."""
    spans: list[Span] = []
    opened: re.Match[str] | None = None
    depth = 0
    for mark in _MARK.finditer(text, start, end):
        sign = mark[0]
        before = text[mark.start() - 1] if mark.start() > start else " "
        after = text[mark.end()] if mark.end() < end else " "
        if hebrew and sign in '"״' and _inside_a_hebrew_word(text, mark.start(), opened is not None):
            continue
        if opened is None:
            if _opens(sign, before, after) or (hebrew and sign in '"״' and after.isalpha()):
                opened, depth = mark, 0
            continue
        first = opened[0]
        if sign == first and sign not in '"”＂' and _opens(sign, before, after) and not _closes(first, before, after):
            depth += 1
        elif sign in _CLOSING[first]:
            if sign == first == '"' and before.isspace() and after.isalnum():
                opened = mark
            elif depth and sign != '"':
                depth -= 1
            else:
                spans.append(_trimmed(text, opened.end(), mark.start(), opened.start(), mark.end()))
                opened = None
    if opened is not None:
        spans.append(Span(opened.end(), end, opened.start(), end, closed=False))
    return spans


def _closes(sign: str, before: str, after: str) -> bool:
    """“…“ and „…„ as they are mistyped, »…» in Finnish: the same mark with a word before it and none behind."""
    return sign in "“„»›" and not before.isspace() and not after.isalnum()


def _inside_a_hebrew_word(text: str, at: int, opened: bool) -> bool:
    """מנכ"ל: the mark of an abbreviation. Behind one letter that is a prefix, a longer word follows: ה"שקט"."""
    before, after = text[max(0, at - 2) : at], text[at + 1 : at + 3]
    if not (before[-1:].isalpha() and after[:1].isalpha()):
        return False
    one_letter = len(before) < 2 or not before[0].isalpha()
    return opened or not (one_letter and len(after) == 2 and after[1].isalpha())


def _trimmed(text: str, start: int, end: int, outer_start: int, outer_end: int) -> Span:
    """French marks keep a space on their inner side; it is no part of what was said."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end, outer_start, outer_end, closed=True)


def _between_single_marks(text: str, start: int, end: int, pattern: re.Pattern[str]) -> list[Span]:
    """‘…,’ where an article uses no other marks: from the last opening mark to one that ends a clause."""
    spans: list[Span] = []
    opened = -1
    for mark in pattern.finditer(text, start, end):
        if mark.lastgroup == "open":
            opened = mark.start()
        elif opened >= 0:
            spans.append(Span(opened + 1, mark.start(), opened, mark.end(), closed=True))
            opened = -1
    return spans


def _opens(sign: str, before: str, after: str) -> bool:
    if sign in _ALWAYS_OPEN:
        return True
    if sign in ("''", "」", "』", "〟", "〞"):
        return False
    return not after.isspace() and (before.isspace() or before in "([{—–-/:'‘：，、。")


def behind_a_dash(
    text: str, start: int, end: int, language: Language, is_clause: Callable[[int, int, bool], bool]
) -> list[Span]:
    """The speech of a paragraph that a dash opens: “– Speech, says X. – More speech.”

    `is_clause(at, end, after_dash)` tells whether the words at `at` name the speaker. A paragraph without such a clause
    is one span, unless a hyphen opens it: lists have those.
    """
    head = _OPENING_DASH.match(text, start, end)
    if head is None:
        return []
    spans: list[Span] = []
    begin, opening = head.end(), head.start()
    while begin < end:
        clause = next(
            (
                seam
                for seam in _SEAM.finditer(text, begin, end)
                if is_clause(seam.end(), end, seam[0].strip(" \u00a0,.!?…،") != "")
            ),
            None,
        )
        if clause is None:
            if spans or "-" not in head[0]:
                spans.append(_dashed(text, begin, end, opening, end))
            break
        spoken = clause.start() + len(clause[0].rstrip(_DASHES_AND_SPACES))
        spans.append(_dashed(text, begin, spoken, opening, clause.start()))
        limit = min(end, clause.end() + _LONGEST_CLAUSE)
        resume = _RESUME.search(text, clause.end(), limit)
        sentence = _sentence_end(text, clause.end(), limit) if language.dash_goes_on else end
        if resume is not None and resume.start() < sentence + 2:
            begin, opening = resume.end(), resume.start() + len(resume[0].rstrip()) - 1
        elif sentence < end:
            begin = opening = sentence
        else:
            break
    return spans


def _sentence_end(text: str, start: int, end: int) -> int:
    stop = _STOP.search(text, start, end)
    return stop.end() if stop else end


def split_at_clauses(text: str, span: Span, is_clause: Callable[[int, int, bool], bool]) -> list[Span]:
    """«Speech, — said X, — more speech»: the clause of the speaker stands inside the marks in Slavic languages."""
    spans: list[Span] = []
    begin, opening = span.start, span.outer_start
    for seam in _SEAM.finditer(text, span.start, span.end):
        if seam.start() <= begin or not _DASHED_SEAM.search(seam[0]) or not is_clause(seam.end(), span.end, True):
            continue
        resume = _RESUME.search(text, seam.end(), min(span.end, seam.end() + _LONGEST_CLAUSE))
        spoken = seam.start() + len(seam[0].rstrip(_DASHES_AND_SPACES))
        spans.append(_dashed(text, begin, spoken, opening, seam.start()))
        begin = resume.end() if resume else span.end
        opening = begin - 1
    if not spans:
        return [span]
    if begin < span.end:
        spans.append(Span(begin, span.end, opening, span.outer_end, span.closed, dash=True))
    return spans


def _dashed(text: str, start: int, end: int, outer_start: int, outer_end: int) -> Span:
    while end > start and text[end - 1] in " \u00a0,،–—―−-\n":
        end -= 1
    return Span(start, end, outer_start, max(end, outer_end), closed=True, dash=True)
