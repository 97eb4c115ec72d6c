"""The short texts around a page's headline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile

from selectolax.lexbor import LexborHTMLParser, LexborNode

from wiredesk.worker.news.pages import headlines
from wiredesk.worker.news.values.text import one_line
from wiredesk.worker.news.values.words import any_of, whole_words

# Words of buttons and notices that stand where bylines do.
BUTTON = re.compile(whole_words("buttons"), re.IGNORECASE)
MIN_DATE, MAX_DATE = 6, 100
BARE_DATE = 40
_NEIGHBOURS = 8
_NEAR = 12
DIGIT = re.compile(r"\d")
_AFTER_HEADLINE = 60
_BEFORE_HEADLINE = 15
# "By", alone or before a name, in the languages of the agencies.
_BY = re.compile(
    rf"(?:(?:written |words |story |posted )?by|{any_of('byline_openers', 'by')})(?:\s*:)?(?:\s+(?=[^\W\d_a-z])|$)"
    rf"|(?:{any_of('byline_openers', 'label')})\s*:",
    re.IGNORECASE,
)
_BARE_NAME = re.compile(
    r"[^\W\d_a-z][\w'’.-]{0,30}"
    rf"(?:\s(?:(?:{any_of('name_particles')})(?=\s)|[^\W\d_a-z][\w'’.-]{{0,30}})){{1,4}}"
)
# Words for an update, beside its time.
UPDATE = re.compile(rf"\b(?:{any_of('stamp_words', 'update', 'noun', 'review')})\b", re.IGNORECASE)


class Surroundings:
    """The short texts around the headline, where pages print who wrote a piece and when; read only when asked."""

    def __init__(self, tree: LexborHTMLParser, headline: str | None) -> None:
        self._tree = tree
        self._headline = headlines.fold(headline or "")
        self._texts: list[str] | None = None
        self._before = 0

    def texts(self) -> list[str]:
        """Up to sixty texts after the headline in page order, then fifteen before it, nearest first."""
        if self._texts is None:
            before, after = _split_at_headline(self._tree, self._headline)
            self._before = min(len(before), _BEFORE_HEADLINE)
            self._texts = [*after[:_AFTER_HEADLINE], *reversed(before[-_BEFORE_HEADLINE:])]
        return self._texts

    def dated_texts(self) -> list[str]:
        """Texts that may hold a date, those that hold little else first: captions and sentences name other days."""
        dated = [text for text in self.texts() if MIN_DATE <= len(text) <= MAX_DATE and DIGIT.search(text)]
        return sorted(dated, key=lambda text: len(text) > BARE_DATE)

    def bare_dates(self) -> Iterator[str]:
        """Short texts near the headline that hold a number, but for those below a word for updates."""
        texts = self.texts()
        after = len(texts) - self._before
        for index in (*range(min(after, _NEAR)), *range(after, min(len(texts), after + _NEAR))):
            above = texts[max(0, index - 2) : index] if index < after else texts[index + 1 : index + 3]
            is_bare = len(texts[index]) <= BARE_DATE and DIGIT.search(texts[index])
            if is_bare and not any(UPDATE.search(text) for text in above if len(text) <= BARE_DATE):
                yield texts[index]

    def updates(self) -> Iterator[str]:
        """Texts that give the time of an update, the word before the date even where they are two texts."""
        texts = self.texts()
        for text, following in zip(texts, [*texts[1:], ""], strict=False):
            if len(text) <= MAX_DATE and UPDATE.search(text):
                yield text if DIGIT.search(text) else f"{text} {following[:MAX_DATE]}"

    def bare_names(self) -> list[str]:
        """Names that stand alone right below the headline, beside a date."""
        texts = [text.strip(" |·•–-") for text in self.texts()[:_NEIGHBOURS]]
        for start, text in enumerate(texts):
            if _BARE_NAME.fullmatch(text):
                names = list(takewhile(_BARE_NAME.fullmatch, texts[start:]))
                beside = texts[max(0, start - 2) : start] + texts[start + len(names) : start + len(names) + 3]
                if any(DIGIT.search(near) and len(near) <= BARE_DATE for near in beside):
                    return names
        return []

    def bylines(self) -> Iterator[str]:
        texts = self.texts()[:_AFTER_HEADLINE]
        for index, text in enumerate(texts):
            opening = _BY.match(text)
            if opening and len(text) <= MAX_DATE:
                rest = text[opening.end() :].strip()
                name = rest or next(iter(texts[index + 1 : index + 2]), "")[:MAX_DATE]
                if " " in name and not BUTTON.search(name):
                    yield name
                    return


def _headline_node(tree: LexborHTMLParser, folded: str) -> LexborNode | None:
    """The heading that reads like the headline, a kicker beside it allowed, else the first `h1`."""
    first = tree.css("h1")[:10]
    for node in (*first, *tree.css("h2, h3")[:150]):
        text = headlines.fold(one_line(node))
        if folded and (text == folded or (folded in text and len(text) < 2 * len(folded))):
            return node
    return next(iter(first), None)


def _split_at_headline(tree: LexborHTMLParser, folded: str) -> tuple[list[str], list[str]]:
    body, headline = tree.body, _headline_node(tree, folded)
    if body is None:
        return [], []
    before: list[str] = []
    after: list[str] = []
    inside = set() if headline is None else {node.mem_id for node in headline.traverse(include_text=True)}
    passed = headline is None
    for node in body.traverse(include_text=True, skip_empty=True):
        if node.mem_id in inside:
            passed = True
        elif (
            node.is_text_node
            and (parent := node.parent) is not None
            and parent.tag not in ("script", "style", "noscript")
        ):
            text = " ".join((node.text_content or "").split())
            if text:
                (after if passed else before).append(text)
                if len(after) >= _AFTER_HEADLINE:
                    break
    return before, after
