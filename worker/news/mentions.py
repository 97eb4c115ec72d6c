"""Who, what and where an article names.

Runs of capitalised words are cut where a title, a demonym, a weekday or a sentence's first word shows a seam, each piece
is judged by what it is made of (gazetteer, given names, the last word of companies and rivers), and what stays open is
decided by the whole article: a surname after the full name, initials after the organisation, the words around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from worker.news import gazetteer
from worker.news.gazetteer import (
    ABBREVIATION,
    CALENDAR,
    COMMON,
    FUNCTION,
    GIVEN,
    LEADING_SURNAME,
    MODIFIER,
    NOT_PERSON,
    ORGANISATION_HEAD,
    PEOPLE,
    PLACE_HEAD,
    PLACE_OPENER,
    TITLE,
    Kind,
)
from worker.news.model import Dateline, Mention

_UPPER = "A-ZÀ-ÖØ-Þ" + "".join(
    chr(c) for c in (*range(0x100, 0x250), *range(0x370, 0x530), *range(0x1E00, 0x1F00)) if chr(c).isupper()
)
_DOTTED = (
    "St|Mr|Mrs|Ms|Dr|Gen|Sen|Sens|Rep|Reps|Gov|Govs|Lt|Col|Maj|Capt|Sgt|Cpl|Pvt|Adm|Cmdr|Prof|Rev|Hon|Mt|Ft|Jr|Sr|Inc|Co|Corp"
    "|Ltd|Cos|Bros|Bhd|Msgr|Ala|Ariz|Ark|Calif|Colo|Conn|Del|Fla|Ga|Ill|Ind|Kan|Ky|La|Md|Mass|Mich|Minn|Miss|Mo|Mont|Neb"
    "|Nev|Okla|Ore|Pa|Tenn|Tex|Vt|Va|Wash|Wis|Wyo|Ont|Que|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec|No"
)
_WORD = rf"(?:(?:[{_UPPER}]\.){{1,5}}(?:[{_UPPER}]\b)?|(?:{_DOTTED})\.|[{_UPPER}](?:\w|[&/](?=[{_UPPER}])|['’](?!s\b)(?=\w)|-(?=\w))*)"
_SPACE = r"(?: |\n(?!\s))"
_PARTICLE = r"(?:de|del|della|di|da|do|dos|du|des|la|van|von|der|den|ter|zu|bin|ibn|bint|arap|abu|ul|y|e)"
_RUN = re.compile(
    rf"\b{_WORD}(?:{_SPACE}(?:{_PARTICLE}{_SPACE}(?:{_PARTICLE}{_SPACE})?|(?:al|el|ad|as|ash|an|ur|ul)-|&{_SPACE})?{_WORD}){{0,9}}"
)
_OF = frozenset({" of ", " of the ", " for ", " for the "})
_LISTING_HEADS = frozenset(
    "Ministry Department Center Centre Institute Office League Committee Association Chamber Museum School College Union "
    "Organization Organisation Council Board Bureau Agency Commission Society Secretariat Federation Confederation".split()
)
_OF_HEADS = frozenset(
    "Republic Kingdom Gulf Strait Straits Isle Isles Sea Cape Bay District Commonwealth Bishopric Local".split()
)
_OWNED = frozenset(
    "People Women Children Men Veterans Lloyd Sotheby Christie Macy McDonald Moody Poor Reader King Queen".split()
)
_SUFFIXES = frozenset("Jr. Sr. Jr Sr II III IV V VI VII VIII IX X XI XII XIII XIV XV XVI XXIII".split())
_COMPANY = frozenset("Inc. Inc Ltd. Ltd LLC LLP Corp. INC. LTD. S.A. AG Jr. Sr. Jr III".split())
_ENDS_SENTENCE = frozenset('.!?:;"“”«»„`•*|…')
_PLACE_BEFORE = frozenset("in at from near outside across around throughout toward towards to into inside via".split())
_PERSON_AFTER = re.compile(
    r",? (?:said|says|told|who|whose|added|asked|wrote|himself|herself|called|died|was born|testified|argued|recalled"
    r"|explained|replied|noted|insisted|joked|tweeted)\b|, \d\d\b"
)
_ORGANISATION_AFTER = re.compile(
    r" (?:shares|stock|officials?|executives?|spokes\w+|lawyers|subsidiary|unit|employees|news agency|radio)\b"
)
_WORD_BEFORE = re.compile(r"(\w+)\W{1,2}$")
_MAX_WORDS_IN_A_PERSON = 5


class _Candidate:
    """A piece of text that may name something; `kind` is None while only the rest of the article can tell."""

    __slots__ = ("end", "kind", "opens", "start", "sure", "words")

    def __init__(self, start: int, end: int, words: list[str], kind: Kind | None, *, sure: bool, opens: bool) -> None:
        self.start = start
        self.end = end
        self.words = words
        self.kind = kind
        self.sure = sure
        self.opens = opens


def find_mentions(
    body_text: str, *, headline: str | None, dateline: Dateline | None, language: str | None
) -> tuple[Mention, ...]:
    """Persons, organisations and places named in the body, each distinct kind and text once, in order of appearance."""
    candidates: list[_Candidate] = []
    for start, end in _runs(body_text):
        _cut(body_text, start, end, candidates)
    _settle(body_text, candidates, dateline)
    return _mentions(body_text, candidates)


def _runs(text: str) -> list[tuple[int, int]]:
    """Spans of capitalised words, joined over "of", "for", "and", apostrophes and commas where a name goes on."""
    runs: list[tuple[int, int]] = []
    for match in _RUN.finditer(text):
        start, end = match.span()
        if runs:
            first, last = runs[-1]
            if start - last <= 9 and _goes_on(text, first, last, start, end):
                runs[-1] = (first, end)
                continue
        runs.append((start, end))
    return runs


def _goes_on(text: str, first: int, last: int, start: int, end: int) -> bool:
    gap = text[last:start]
    if gap == " ":
        return False
    classes = gazetteer.word_classes()
    left = text[first:last].split()
    if gap in _OF:
        head = left[-1]
        return len(head) > 2 and (head in _OF_HEADS or bool(classes.get(head, 0) & ORGANISATION_HEAD))
    right = text[start:end].split()
    if gap == " and ":
        return (
            bool(_LISTING_HEADS.intersection(left))
            and ("of" in left or "for" in left)
            and not classes.get(right[0], 0) & GIVEN
        )
    if gap == ", ":
        return right[0] in _COMPANY
    if gap in ("'s ", "’s "):
        return left[-1] in _OWNED
    if gap in ("' ", "’ "):
        return left[-1].endswith("s") and bool(classes.get(right[-1], 0) & ORGANISATION_HEAD)
    return False


def _opens_sentence(text: str, start: int) -> bool:
    before = text[max(0, start - 2) : start].rstrip(" ")
    return not before or before[-1] in _ENDS_SENTENCE or before[-1] == "\n" or before[-1] in "_—–-("


def _cut(text: str, start: int, end: int, out: list[_Candidate]) -> None:
    """Cut a run at function words and dates, and judge each piece."""
    words = text[start:end].split()
    offsets: list[int] = []
    at = start
    for word in words:
        at = text.index(word, at)
        offsets.append(at)
        at += len(word)
    classes = gazetteer.word_classes()
    flags = [classes.get(word, 0) for word in words]
    opens = _opens_sentence(text, start)
    first = 0
    if opens and flags[0] & COMMON and not _known_at(words, 0):
        first = 1
        while first < len(words) and flags[first] & COMMON and not _known_at(words, first):
            first += 1
        opens = False
    piece = first
    for i in range(first, len(words) + 1):
        if i < len(words) and not _seam(words, flags, i, piece):
            continue
        if i > piece:
            _judge(words, flags, offsets, piece, i, opens and piece == 0, out)
        piece = i + 1


def _seam(words: Sequence[str], flags: Sequence[int], i: int, piece: int) -> bool:
    if flags[i] & FUNCTION:
        return not (flags[i] & GIVEN) and not (words[i] == "The" and False)
    if flags[i] & CALENDAR:
        return not (i > piece and flags[i - 1] & GIVEN) and not any(f & ORGANISATION_HEAD for f in flags[i + 1 :])
    return False


def _known_at(words: Sequence[str], i: int) -> int:
    """How many words from `i` on make a name of several words that everyone knows; 0 when none."""
    lengths = gazetteer.known_lengths().get(words[i])
    if lengths:
        known = gazetteer.known_names()
        for length in lengths:
            if i + length <= len(words) and " ".join(words[i : i + length]) in known:
                return length
    return 0


def _judge(
    words: list[str], flags: list[int], offsets: list[int], i: int, j: int, opens: bool, out: list[_Candidate]
) -> None:
    """Append what words[i:j] names."""
    known = gazetteer.known_names()

    def add(a: int, b: int, kind: Kind | None, sure: bool) -> None:
        while b > a and (words[b - 1] == "&" or words[b - 1] in _PLAIN_PARTICLES):
            b -= 1
        if b > a:
            out.append(
                _Candidate(
                    offsets[a], offsets[b - 1] + len(words[b - 1]), words[a:b], kind, sure=sure, opens=opens and a == 0
                )
            )

    whole = " ".join(words[i:j])
    kind = known.get(whole)
    if kind:
        add(i, j, kind, j - i > 1 or not flags[i] & GIVEN)
        return
    last = flags[j - 1]
    n = j - i
    # President Kim, Russian Foreign Minister Sergey Lavrov, Gen. Maj. Anatoly Ponidelko
    title = next((t for t in range(j - 2, i - 1, -1) if flags[t] & TITLE and not _given_then_name(flags, t, i)), -1)
    if title >= 0 and not (
        last & ORGANISATION_HEAD and n > 2 and not flags[title + 1] & GIVEN and _company(words[j - 1])
    ):
        right = title + 1
        while right < j - 1 and flags[right] & (TITLE | MODIFIER | PEOPLE) and not flags[right] & GIVEN:
            right += 1
        left = title
        while left > i and flags[left - 1] & (TITLE | MODIFIER):
            left -= 1
        if left > i:
            _judge(words, flags, offsets, i, left, opens, out)
        if flags[right] & TITLE and right == j - 1:
            return
        if not (flags[right] & (PEOPLE | ABBREVIATION) and right == j - 1):
            add(right, j, known.get(" ".join(words[right:j])) if flags[title] & MODIFIER else "person", True)
        return
    if n > 1 and flags[j - 1] & TITLE and not flags[i] & GIVEN and not last & ORGANISATION_HEAD:
        left = j - 1
        while left > i and flags[left - 1] & (TITLE | MODIFIER | PEOPLE):
            left -= 1
        if left > i:
            _judge(words, flags, offsets, i, left, opens, out)
        return
    if n == 1:
        _judge_word(words[i], flags[i], lambda kind, sure: add(i, j, kind, sure))
        return
    if "of" in words[i:j] or "for" in words[i:j]:
        add(
            i,
            j,
            "place"
            if words[i] in _OF_HEADS or any(w in ("Republic", "Kingdom") for w in words[i:j])
            else "organisation",
            True,
        )
        return
    if flags[i] & PEOPLE:
        rest = " ".join(words[i + 1 : j])
        if not (last & (ORGANISATION_HEAD | PLACE_HEAD)) or rest in known:
            _judge(words, flags, offsets, i + 1, j, opens, out)
            return
    if last & ORGANISATION_HEAD and not (flags[i] & GIVEN and n == 2 and not _company(words[j - 1])):
        add(i, j, "organisation", True)
        return
    if last & PLACE_HEAD and not flags[i] & GIVEN or flags[i] & PLACE_OPENER:
        add(i, j, "place", True)
        return
    length = _known_at(words[:j], i) or (1 if words[i] in known and not flags[i] & GIVEN else 0)
    if length:
        if known[" ".join(words[i : i + length])] == "place" and "." not in words[i]:
            rest_flags = flags[i + length : j]
            if words[j - 1].endswith("s") and not rest_flags[-1] & NOT_PERSON:
                add(i, j, "organisation", False)
                return
        add(i, i + length, known[" ".join(words[i : i + length])], True)
        _judge(words, flags, offsets, i + length, j, False, out)
        return
    if any(f & NOT_PERSON for f in flags[i:j]) and not flags[i] & GIVEN:
        return
    if n <= _MAX_WORDS_IN_A_PERSON and not any(w == "&" or "/" in w for w in words[i:j]):
        given = bool(flags[i] & GIVEN)
        if all(w.isupper() and len(w) > 1 and "." not in w for w in words[i:j]) and not given:
            return
        add(i, j, "person", given or bool(flags[i] & LEADING_SURNAME))
        return
    add(i, j, "organisation", False)


_PLAIN_PARTICLES = gazetteer.PARTICLES


def _company(word: str) -> bool:
    return word.rstrip(".").lower() in (
        "inc",
        "co",
        "corp",
        "ltd",
        "university",
        "party",
        "company",
        "corporation",
        "union",
    )


def _given_then_name(flags: Sequence[int], t: int, i: int) -> bool:
    """Is the title at `t` really a given name ("Dean", "Earl") or a surname behind one ("Stephen King")?"""
    return bool(flags[t] & GIVEN) or (t > i and bool(flags[t - 1] & GIVEN))


def _judge_word(word: str, flag: int, add: object) -> None:
    assert callable(add)
    if flag & (FUNCTION | PEOPLE | CALENDAR | ABBREVIATION) or (
        flag & (TITLE | NOT_PERSON | MODIFIER) and not flag & GIVEN
    ):
        return
    if len(word) == 1 or (len(word) == 2 and word[1] == "."):
        return
    letters = word.replace(".", "")
    if letters.isupper() and 2 <= len(letters) <= 6:
        add("organisation", False)
        return
    add(None, False)


def _settle(text: str, candidates: list[_Candidate], dateline: Dateline | None) -> None:
    """Decide with the article as evidence what no piece could tell by itself."""
    persons: set[str] = set()
    for c in candidates:
        if c.kind == "person" and (c.sure or len(c.words) > 1):
            persons.update(w for w in c.words if len(w) > 2 and w not in _SUFFIXES)
    settled = {c.words[0]: c.kind for c in candidates if c.kind and c.sure and len(c.words) == 1}
    for c in candidates:
        if len(c.words) != 1 or c.sure:
            if c.kind == "place" and c.words[-1] in persons and not _place_before(text, c.start):
                c.kind = "person"
            continue
        word = c.words[0]
        if word in persons and c.kind != "organisation":
            c.kind = "person"
        elif c.kind is None:
            c.kind = settled.get(word) or _kind_by_context(text, c)


def _place_before(text: str, start: int) -> bool:
    match = _WORD_BEFORE.search(text[max(0, start - 12) : start])
    return bool(match) and match[1] in _PLACE_BEFORE  # type: ignore[index]


def _kind_by_context(text: str, c: _Candidate) -> Kind | None:
    flag = gazetteer.word_classes().get(c.words[0], 0)
    if _PERSON_AFTER.match(text, c.end):
        return "person"
    if flag & COMMON:
        return None
    if _place_before(text, c.start):
        return "place"
    if _ORGANISATION_AFTER.match(text, c.end):
        return "organisation"
    if c.opens:
        return None
    if flag & GIVEN:
        return "person"
    return "organisation"


def _mentions(text: str, candidates: Iterable[_Candidate]) -> tuple[Mention, ...]:
    found: dict[tuple[Kind, str], list[int]] = {}
    for c in candidates:
        if c.kind:
            key = (c.kind, " ".join(c.words))
            entry = found.get(key)
            if entry:
                entry[2] += 1
            else:
                found[key] = [c.start, c.end, 1]
    fullest = _fullest(found)
    return tuple(
        Mention(kind=kind, text=text[start:end], start=start, end=end, name=fullest[kind, name], count=count)
        for (kind, name), (start, end, count) in found.items()
    )


def _fullest(found: Iterable[tuple[Kind, str]]) -> dict[tuple[Kind, str], str]:
    """Each name → the longest name of the same kind in the article that has its words, or its initials."""
    keys = list(found)
    longer: dict[tuple[Kind, str], str] = {}
    for kind, name in keys:
        words = name.split()
        if len(words) > 1 and kind == "person":
            for word in (words[-1], words[0], *(" ".join(words[k:]) for k in range(1, len(words) - 1))):
                known = longer.get((kind, word))
                if known is None:
                    longer[kind, word] = name
        elif len(words) > 2 and kind == "organisation":
            longer.setdefault((kind, "".join(w[0] for w in words if w[0].isupper())), name)
    return {(kind, name): longer.get((kind, name), name) for kind, name in keys}
