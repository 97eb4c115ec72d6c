"""Persons and places in scripts without capital letters: Arabic, Hebrew, Indic and East Asian.

Places are the countries and the cities of time zones in the Unicode CLDR; persons are what titles and known given names
or surnames show. What neither tells is not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from wiredesk.worker.news.marks.languages import Language, language_of
from wiredesk.worker.news.values.gazetteer import LANGUAGES_KEPT, Kind, cldr_places
from wiredesk.worker.news.values.words import alternatives, entry_set

_WITHOUT_SPACES = frozenset({"zh", "ja", "th"})
CASELESS = frozenset({"ar", "fa", "ur", "he", "hi", "mr", "ne", "bn", "ta", "te", "ko", "ka"}) | _WITHOUT_SPACES
_WORD = re.compile(r"[\w\u064b-\u065f\u0900-\u0963\u0970-\u0df3'’\u200c\u200d-]+")
_MOST_WORDS = 4  # of a name


def find_caseless(text: str, tongue: str) -> Iterator[tuple[Kind, int, int]]:
    """Kind, start and end of each person and place; `tongue` is one of `CASELESS`."""
    for found in _places(tongue).finditer(text):
        yield "place", *found.span(1)
    if tongue == "ko" or tongue in _WITHOUT_SPACES:
        for found in _persons_beside_titles(tongue).finditer(text):
            span = found.span(found.lastindex or 0)
            if text[slice(*span)] not in cldr_places(tongue):
                yield "person", *span
    else:
        yield from _persons_by_given_name(text, language_of(tongue))


@lru_cache(maxsize=LANGUAGES_KEPT)
def _places(tongue: str) -> re.Pattern[str]:
    names = {name for name in cldr_places(tongue) if len(name) > 1}
    if tongue == "zh":
        names |= entry_set("places_han")
    if tongue in _WITHOUT_SPACES:
        return re.compile(f"({alternatives(names)})")
    prefixes = re.escape(language_of(tongue).joined)
    before = rf"(?<!\w)(?:[{prefixes}])?" if prefixes else r"(?<!\w)"
    after = "" if tongue == "ko" else r"(?!\w)"
    return re.compile(f"{before}({alternatives(names)}){after}")


_NOTHING = re.compile(r"(?!)")
_HAN = r"[\u3400-\u9fff]"
# Behind a name of two or three characters: words of saying, prepositions, particles.
_BEHIND_HAN_NAME = r"(?=[^\u3400-\u9fff]|[在于於向对對与與和说說表称稱将將是的]|$)"


# Three to five Han characters that do not end like an institution, or a foreign name in Katakana.
_JAPANESE_NAME = (
    r"(?<![\u3400-\u9fff\u30a0-\u30ff])([\u3400-\u9fff]{2,4}[\u3400-\u9fff](?<![省庁部党社会長市県国府局課院校署軍兼副前元])"
    r"|[\u30a1-\u30fa\u30fc・]{3,16})"
)


@lru_cache(maxsize=LANGUAGES_KEPT)
def _persons_beside_titles(tongue: str) -> re.Pattern[str]:
    """`홍길동 외교부 장관`, `田中一郎社長`, `外交部长王毅`: what stands beside a title in the form of a name."""
    language = language_of(tongue)
    if tongue == "ja":
        return re.compile(rf"{_JAPANESE_NAME}(?=(?:{alternatives(language.titles)}))")
    if not (language.titles and language.surnames):
        return _NOTHING
    surnames, titles = alternatives(language.surnames), alternatives(language.titles)
    if tongue == "ko":
        return re.compile(
            rf"(?<![가-힣])((?:{surnames})[가-힣]{{2}})\s(?:[가-힣]{{2,8}}\s){{0,2}}(?:{titles})(?![가-힣]{{3}})"
        )
    before = rf"((?:{surnames})(?:{_HAN}|[\u3040-\u309f]){{1,2}})(?=(?:{titles}))"
    return re.compile(rf"{before}|(?:{titles})((?:{surnames}){_HAN}{{1,2}}?){_BEHIND_HAN_NAME}")


def _persons_by_given_name(text: str, language: Language) -> Iterator[tuple[Kind, int, int]]:
    """A known given name, alone or behind a title, with the words behind it up to one that no name has."""
    words = list(_WORD.finditer(text))
    stops = language.prepositions | language.articles | language.titles | language.auxiliaries | language.says_beside
    i = 0
    while i < len(words):
        if words[i][0] not in language.given:
            i += 1
            continue
        end = i + 1
        while end < len(words) and end - i < _MOST_WORDS and text[words[end - 1].end() : words[end].start()] == " ":
            word = words[end][0]
            if word in stops or word in language.says.words or word in language.subject_endings:
                break
            end += 1
            if word not in language.particles and word not in language.given:
                break
        if end - i > 1:
            yield "person", words[i].start(), words[end - 1].end()
        i = end
