"""Pages that are no article: challenges, walls, errors, parked domains, lists of links.

One sign alone is never enough, because articles are written about every one of these pages. The signs are: what title
and headings say, which share of the text speaks in the words of such a page, how long the text is, how many links to
other pages stand beside how much text, what the page declares to be, whether it has a date, and the parts of its source
that name a vendor.

The words are in `values/words/refusals/`, a file a language, a kind of page a block. `<kind> titles` are the whole of a
title or heading; `<kind> phrases` are parts of a sentence, `…` stands for other words of the same sentence.
`addressing` lists words with which a page addresses its reader or refers to itself (`-x` is the end of a word, `*x` any
part; a capital counts within a sentence only): a sentence counts only where it has one, or is as short as a button.
Reports describe a wall in the third person, and quotations in them are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from selectolax.lexbor import LexborHTMLParser, LexborNode

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.values import words

_NAMES = {
    "challenge": "a check for robots",
    "consent_wall": "a question for consent",
    "login_wall": "a log-in",
    "subscription_wall": "an offer of subscriptions",
    "not_found": "a notice that the page does not exist",
    "access_denied": "a notice that access is denied",
    "geo_block": "a notice that it is not shown in this country",
    "maintenance": "a notice of maintenance",
    "server_error": "a server's error message",
    "app_shell": "an empty page that a script would fill",
    "parked": "a domain without a site",
    "not_an_article": "a list or a page about the site",
}
REASONS = frozenset(_NAMES)
"""The reasons for which a page is refused."""
# Longer texts are refused for what they say only as consent walls, which list purposes and partners.
_MAX_TEXT, _MAX_CONSENT_TEXT = 2_500, 20_000
# The share of the text that must be in the words of a kind: least where the title names it, more where the title is
# silent (by the number of phrases), nearly all where the page declares an article.
_NAMED_SHARE, _DECLARED_SHARE = 0.15, 0.9
_SHARES = {1: 0.9, 2: 0.6}
_SHARE_OF_MANY = 0.4
_CONSENT_PHRASES, _CONSENT_SHARE = 4, 0.25
_TITLE_SHARE, _SPOKEN_TITLE_SHARE = 0.7, 0.4
# Title and heading alone decide over a text as short as this, where nothing speaks for an article.
_FEW, _VERY_FEW = 800, 300
_MARKED = 400
_BUTTON = 40
_OTHER_WORDS = 4
_TITLE_LIMIT = 200
_GRAM, _EAST_ASIAN_GRAM = 4, 2

_EAST_ASIAN = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SENTENCE = re.compile(r"[^.!?。！？।\n]+[.!?。！？।]*")
_QUOTED = re.compile('["“”„«»][^"“”„«»\n]{1,400}["“”«»]|「[^「」\n]{1,400}」|『[^『』\n]{1,400}』')
_TITLE_PARTS = re.compile(r"\s*[|｜·•»«]\s*|\s+[-–—:]{1,2}\s+|\s*_\s*")
_WORD = re.compile(r"[^\W_]+(?:[’'][^\W_]+)?")


@dataclass(frozen=True, slots=True)
class Signs:
    """The signs of a page whose article has been read.

    `text` is the text taken for the article, `declares_article` is true for data of an article with a date, an author
    or a text; `is_dated` where the page declares or prints a date of publication. `is_shell` is true for the empty
    container of a program that runs in the browser.
    """

    title: str | None
    headings: tuple[str, ...]
    text: str
    source: str
    declares_article: bool = False
    is_dated: bool = False
    has_password: bool = False
    is_shell: bool = False
    links: LinkCount | None = None


@dataclass(frozen=True, slots=True)
class LinkCount:
    """Links that read like headlines, their characters, and the characters of the paragraphs apart from them.

    `has_article_heading` is true where a heading of several words, itself no link, has text of its own below it.
    """

    headlines: int
    characters: int
    prose: int
    has_article_heading: bool


@dataclass(frozen=True, slots=True)
class _Spoken:
    """The words of one kind in a text: their share of its characters, and the number of different phrases."""

    share: float
    phrases: int


@dataclass(frozen=True, slots=True)
class _Phrase:
    parts: tuple[str, ...]
    kind: str
    language: str


def find_refusal(signs: Signs, everything: str) -> Rejected | None:
    """Why a page is no article, or None. `everything` is all that the page shows, for pages where no text was found."""
    text = signs.text or everything
    length = _length(text)
    titles = _kinds_of(signs.title)
    headings = {kind for heading in signs.headings for kind in _kinds_of(heading)}
    spoken = _spoken(text[:_MAX_CONSENT_TEXT]) if length <= _MAX_TEXT or titles or headings else {}
    marks = _marks(signs.source) if length <= _MARKED else frozenset()
    refused = []
    for kind in _NAMES:
        says = spoken.get(kind, _Spoken(0.0, 0))
        named = (kind in titles) + (kind in headings)
        if _is_refused(kind, signs, length, named, says, kind in marks):
            refused.append((kind in marks, named, says.share, says.phrases, kind))
    if refused:
        marked, _, share, phrases, kind = max(refused, key=lambda sign: sign[:4])
        if kind == "app_shell" and "challenge" in marks:
            kind, marked = "challenge", True  # these ask for a script of their own
        called = signs.title if kind in titles else next(iter(signs.headings), None) if kind in headings else None
        return Rejected(kind, _detail(kind, _Spoken(share, phrases), called, marked))
    if not text and signs.is_shell:
        return Rejected("app_shell", f"the page is {_NAMES['app_shell']}: its container has no text")
    if signs.links is not None and not signs.declares_article and _is_list(signs.links):
        detail = f"{signs.links.headlines} links to other pages beside {signs.links.prose} characters of text"
        return Rejected("not_an_article", f"the page is a list: {detail}")
    return None


def _is_refused(kind: str, signs: Signs, length: int, named: int, says: _Spoken, marked: bool) -> bool:
    if signs.declares_article:
        return length <= _MAX_TEXT and says.share >= _DECLARED_SHARE
    if kind == "not_an_article":
        return _is_about_the_site(signs, length, named, says)
    if length <= _MAX_TEXT and says.phrases:
        needed = _NAMED_SHARE if named or marked else _SHARES.get(says.phrases, _SHARE_OF_MANY)
        if kind == "login_wall" and signs.has_password:
            needed = _NAMED_SHARE
        if kind == "consent_wall" and not named:
            needed = max(needed, _SHARES[2])
        if says.share >= needed:
            return True
    if not signs.is_dated and named and length <= (_FEW if _is_all(named, signs) else _VERY_FEW):
        return True
    if marked and not signs.text:
        return True
    return kind == "consent_wall" and (
        named > 0 and says.phrases >= _CONSENT_PHRASES and says.share >= _CONSENT_SHARE and not signs.is_dated
    )


def _is_all(named: int, signs: Signs) -> bool:
    """Whether title and headings, or the one of them that there is, name a kind."""
    return named == 2 or (named == 1 and not (signs.title and signs.headings))


def _is_about_the_site(signs: Signs, length: int, named: int, says: _Spoken) -> bool:
    """Front page, search results, terms of use: title and heading say so, and nothing speaks for an article."""
    links = signs.links.headlines if signs.links else 0
    if signs.is_dated and signs.text and links < 2:
        return False
    if _is_all(named, signs):
        return True
    has_article_heading = signs.links is not None and signs.links.has_article_heading
    if named and not has_article_heading and (says.phrases or length <= _VERY_FEW or links >= 3):
        return True
    return links >= 2 and any(_is_a_search(title) for title in (signs.title, *signs.headings) if title)


def _is_list(links: LinkCount) -> bool:
    """More links that read like headlines than text that stands apart from them."""
    if links.has_article_heading:
        return links.headlines >= 12 and links.characters > 12 * links.prose
    return links.headlines >= 4 and links.characters > 2 * links.prose


def _detail(kind: str, says: _Spoken, called: str | None, marked: bool) -> str:
    because = []
    if called:
        because.append(f"it is called “{called[:60]}”")
    if says.phrases:
        because.append(f"{says.share:.0%} of its text speaks as such pages do")
    if marked:
        because.append("its source names a vendor of them")
    return f"the page is {_NAMES[kind]}: {', '.join(because)}"


def wall_at_the_end(text: str) -> str | None:
    """`text` without the notices of a subscription or log-in wall that close it; None where there are none."""
    blocks = text.split("\n\n")
    kept = len(blocks)
    while kept > 1 and len(blocks) - kept < 8 and len(blocks[kept - 1]) <= _FEW:
        spoken = _spoken(blocks[kept - 1])
        if max((spoken[kind].share for kind in ("subscription_wall", "login_wall") if kind in spoken), default=0) < 0.5:
            break
        kept -= 1
    return "\n\n".join(blocks[:kept]) if kept < len(blocks) else None


# --- words ------------------------------------------------------------------------------------------------------------


def _fold(text: str) -> str:
    return text.lower().replace("’", "'").replace("‘", "'").replace("\u2026", " ")


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _length(text: str) -> int:
    """Characters as Latin letters need them: a Chinese character says what two or three of them do."""
    return len(text) + len(_EAST_ASIAN.findall(text[:_MAX_CONSENT_TEXT]))


@cache
def _titles() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for language in words.languages("refusals"):
        for key, titles in words.table(f"refusals/{language}").items():
            if key.endswith(" titles"):
                for title in titles:
                    found.setdefault(_letters(title), set()).add(key.removesuffix(" titles"))
    return {title: frozenset(kinds) for title, kinds in found.items()}


@cache
def _phrases() -> Mapping[str, tuple[_Phrase, ...]]:
    """The phrases of all languages by their first letters, so that a text is asked for few of them."""
    found: dict[str, list[_Phrase]] = {}
    for language in words.languages("refusals"):
        for key, phrases in words.table(f"refusals/{language}").items():
            if key.endswith(" phrases"):
                for phrase in phrases:
                    parts = tuple(part.strip() for part in _parts(phrase))
                    size = _EAST_ASIAN_GRAM if _EAST_ASIAN.search(parts[0]) else _GRAM
                    entry = _Phrase(parts, key.removesuffix(" phrases"), language)
                    found.setdefault(parts[0][:size], []).append(entry)
    return {gram: tuple(phrases) for gram, phrases in found.items()}


def _parts(phrase: str) -> list[str]:
    return [part for part in phrase.split("…") if part.strip()]


@cache
def _addressing(language: str) -> tuple[frozenset[str], tuple[str, ...], tuple[str, ...]]:
    """Whole words, ends of words and parts of words with which a page addresses its reader."""
    entries = words.table(f"refusals/{language}")["addressing"]
    ends = tuple(entry[1:] for entry in entries if entry[0] == "-")
    parts = tuple(entry[1:] for entry in entries if entry[0] == "*")
    return frozenset(entry for entry in entries if entry[0] not in "-*"), ends, parts


def _kinds_of(title: str | None) -> frozenset[str]:
    """The kinds of page that a title or heading names, the site's name beside it or not."""
    if not title or len(title) > _TITLE_LIMIT:
        return frozenset()
    titles = _titles()
    if kinds := titles.get(_letters(title)):
        return kinds
    parts = [part for part in _TITLE_PARTS.split(title) if part]
    if len(parts) > 1:
        for end in (0, -1):
            others = parts[1:] if end == 0 else parts[:-1]
            if (kinds := titles.get(_letters(parts[end]))) and all(_is_few_words(other) for other in others):
                return kinds
    return frozenset(
        phrase.kind
        for part in parts
        for phrase in _phrases_in(_fold(part))
        if phrase.kind != "not_an_article" and _is_named_by(phrase, part)
    )


def _is_named_by(phrase: _Phrase, title: str) -> bool:
    """Whether a phrase is most of a title, or a good part of one that addresses the reader."""
    share = sum(map(len, phrase.parts)) / len(title)
    if share < _SPOKEN_TITLE_SHARE:
        return False
    return share >= _TITLE_SHARE or phrase.kind == "parked" or _has_addressing(title, phrase.language)


def _is_a_search(title: str) -> bool:
    folded = _fold(title)
    return any(
        folded.startswith(phrase.parts[0]) or _EAST_ASIAN.search(phrase.parts[0])
        for phrase in _phrases_in(folded)
        if phrase.kind == "not_an_article"
    )


def _is_few_words(text: str) -> bool:
    return len(text.split()) <= _OTHER_WORDS and len(_EAST_ASIAN.findall(text)) <= 8


def _phrases_in(folded: str) -> Iterator[_Phrase]:
    by_gram = _phrases()
    grams = {folded[at : at + _GRAM] for at in range(len(folded))}
    if _EAST_ASIAN.search(folded):
        grams |= {folded[at : at + _EAST_ASIAN_GRAM] for at in range(len(folded))}
    for gram in grams & by_gram.keys():
        for phrase in by_gram[gram]:
            if _holds(folded, phrase.parts):
                yield phrase


def _holds(folded: str, parts: Iterable[str]) -> bool:
    at = 0
    for part in parts:
        at = folded.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return True


def _spoken(text: str) -> dict[str, _Spoken]:
    """The phrases of each kind in the text, without the text in quotation marks."""
    unquoted = _QUOTED.sub(" ", text)
    phrases = list(_phrases_in(_fold(unquoted)))
    if not phrases:
        return {}
    characters: dict[str, int] = {}
    said: dict[str, set[_Phrase]] = {}
    total = 0
    for found in _SENTENCE.finditer(unquoted):
        sentence = found[0].strip()
        total += len(sentence)
        folded = _fold(sentence)
        held = [phrase for phrase in phrases if _holds(folded, phrase.parts)]
        counts = {language: _counts(sentence, language) for language in {phrase.language for phrase in held}}
        held = [phrase for phrase in held if counts[phrase.language] or phrase.kind == "parked"]
        for kind in {phrase.kind for phrase in held}:
            characters[kind] = characters.get(kind, 0) + len(sentence)
            said.setdefault(kind, set()).update(phrase for phrase in held if phrase.kind == kind)
    return {kind: _Spoken(characters[kind] / total, len(said[kind])) for kind in characters}


def _counts(sentence: str, language: str) -> bool:
    """Whether a sentence addresses the reader or refers to the page itself, or is as short as a button."""
    return _length(sentence) <= _BUTTON or _has_addressing(sentence, language)


def _has_addressing(sentence: str, language: str) -> bool:
    whole, ends, parts = _addressing(language)
    sentence = sentence.replace("’", "'")
    written = _WORD.findall(sentence)
    found = [word.lower() for word in written]
    return (
        not whole.isdisjoint(found)
        or not whole.isdisjoint(written[1:])
        or bool(ends and any(word.endswith(ends) for word in found))
        or any(part in sentence.lower() for part in parts)
    )


@cache
def _markers() -> tuple[tuple[str, str], ...]:
    return tuple((marker, kind) for kind, markers in words.table("refusal_markers").items() for marker in markers)


def _marks(source: str) -> frozenset[str]:
    folded = source[:400_000].casefold()
    return frozenset(kind for marker, kind in _markers() if marker in folded)


# --- links ------------------------------------------------------------------------------------------------------------

_MAX_LINKS = 400
_LINK_CHARACTERS, _LINK_WORDS = 18, 3
_EAST_ASIAN_LINK = 8
_PARAGRAPH = 40
_CARD_LEVELS = 3
_CARD, _CARD_LINKS = 900, 4
_HEADINGS = frozenset(["h2", "h3", "h4", "h5"])
_FRAME = frozenset(["nav", "footer", "aside", "form"])


def count_links(tree: LexborHTMLParser) -> LinkCount:
    """Count what reads like links to articles outside of navigation, and the text that belongs to none of them."""
    cards: set[int] = set()
    headlines = characters = 0
    for link in tree.css("a[href]")[:_MAX_LINKS]:
        text = " ".join(link.text(deep=True, separator=" ").split())
        if _reads_like_a_headline(text) and not _is_in_frame(link):
            headlines += 1
            characters += min(len(text), 200)
            cards.update(_card_of(link))
    prose = sum(
        len(text)
        for node in tree.css("p")[: 4 * _MAX_LINKS]
        if len(text := " ".join(node.text(deep=True, separator=" ").split())) >= _PARAGRAPH
        and not _is_in_frame(node)
        and not _is_in_card(node, cards)
    )
    return LinkCount(headlines, characters, prose, prose > 80 and _has_article_heading(tree))


def _reads_like_a_headline(text: str) -> bool:
    if _EAST_ASIAN.search(text):
        return len(_EAST_ASIAN.findall(text)) >= _EAST_ASIAN_LINK
    return len(text) >= _LINK_CHARACTERS and len(text.split()) >= _LINK_WORDS


def _card_of(link: LexborNode) -> Iterator[int]:
    """The elements around a link that hold it and its teaser; the paragraph that a link stands in is text."""
    yield link.mem_id
    node = link.parent
    for _ in range(_CARD_LEVELS):
        if node is None or node.tag in ("body", "html", "main", "p"):
            return
        if len(node.text(deep=True)) > _CARD or len(node.css("p")) > 2 or len(node.css("a")) > _CARD_LINKS:
            return
        yield node.mem_id
        node = node.parent


def _is_in_card(node: LexborNode, cards: set[int]) -> bool:
    current: LexborNode | None = node
    for _ in range(_CARD_LEVELS + 2):
        if current is None:
            return False
        if current.mem_id in cards:
            return True
        current = current.parent
    # A teaser beside its heading, both straight in the list: `<h2><a>…</a></h2><p>…</p>`.
    before = node.prev
    while before is not None and before.is_text_node and not (before.text_content or "").strip():
        before = before.prev
    return before is not None and before.tag in _HEADINGS and before.mem_id in cards


def _is_in_frame(node: LexborNode) -> bool:
    current = node.parent
    for _ in range(30):
        if current is None or current.tag == "body":
            return False
        if current.tag in _FRAME:
            return True
        current = current.parent
    return False


def _has_article_heading(tree: LexborHTMLParser) -> bool:
    for node in tree.css("h1")[:3]:
        text = " ".join(node.text(deep=True, separator=" ").split())
        if _reads_like_a_headline(text) and node.css_first("a[href]") is None:
            return node.parent is None or node.parent.tag != "a"
    return False
