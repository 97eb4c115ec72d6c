"""Places, peoples, organisations, given names and titles from the lists in `words/`.

The tables are built on first use; a process that marks no articles up builds none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Literal

from wiredesk.worker.news.values.words import entries, entry_set

# Capital letters of the Latin, Greek and Cyrillic alphabets, as the inside of a character class.
UPPER = "A-ZÀ-ÖØ-Þ" + "".join(
    chr(c) for c in (*range(0x100, 0x250), *range(0x370, 0x530), *range(0x1E00, 0x1F00)) if chr(c).isupper()
)

Kind = Literal["person", "organisation", "place"]

# The tables of this number of languages are kept: each takes a megabyte, and documents may name any language tag.
LANGUAGES_KEPT = 32

# The kinds of a single word; a word may have several ("Post" is a surname and a newspaper's last word).
FUNCTION, COMMON, TITLE, MODIFIER, PEOPLE, CALENDAR = 1, 2, 4, 8, 16, 32
ORGANISATION_HEAD, PLACE_HEAD, PLACE_OPENER, NOT_PERSON, ABBREVIATION = 64, 128, 256, 512, 1024
MALE, FEMALE, LEADING_SURNAME, ROLE, ORGANISATION_OPENER = 2048, 4096, 8192, 16384, 32768
GIVEN = MALE | FEMALE


# Word list → the constant that holds for its words.
_CLASS_OF_LIST = {
    "function_words": FUNCTION,
    "common_words": COMMON,
    "titles": TITLE,
    "title_modifiers": MODIFIER,
    "peoples": PEOPLE,
    "months_and_days": CALENDAR,
    "organisation_heads": ORGANISATION_HEAD,
    "place_heads": PLACE_HEAD,
    "place_openers": PLACE_OPENER,
    "not_persons": NOT_PERSON,
    "plain_abbreviations": ABBREVIATION,
    "given_names_male": MALE,
    "given_names_female": FEMALE,
    "leading_surnames": LEADING_SURNAME,
    "roles": ROLE,
    "organisation_openers": ORGANISATION_OPENER,
}
_CONTAINERS = ("countries", "us_states", "state_abbreviations", "countries_elsewhere")
_PLACES = (*_CONTAINERS, "regions", "dateline_cities", "cities")


@cache
def word_classes() -> dict[str, int]:
    """Each known word, as it is capitalised, with the sum of the constants above that hold for it."""
    classes: dict[str, int] = {}
    for name, flag in _CLASS_OF_LIST.items():
        for word in entries(name):
            classes[word] = classes.get(word, 0) | flag
    for word in entries("peoples"):
        classes[f"{word}s"] = classes.get(f"{word}s", 0) | PEOPLE
    for word in entries("organisation_heads"):
        if len(word) > 2:
            classes[word.upper()] = classes.get(word.upper(), 0) | ORGANISATION_HEAD
    return classes


@lru_cache(maxsize=LANGUAGES_KEPT)
def known_names(language: str = "en") -> Mapping[str, Kind | None]:
    """Known names by their spelling, longer ones also in capitals; None for a name of none of the three kinds.

    The names of countries in other languages than English are those of the Unicode CLDR, by way of Babel.
    """
    if language != "en":
        return {**dict.fromkeys(_countries(language), "place"), **known_names()}
    known: dict[str, Kind | None] = dict.fromkeys(entries("not_names"))
    known.update(dict.fromkeys(entries("famous_persons"), "person"))
    for name in entries("organisations"):
        known[name] = known[name.upper()] = "organisation"
    for places in _PLACES:
        for name in entries(places):
            known[name] = "place"
            if len(name) > 3:
                known[name.upper()] = "place"
    return known


def _countries(language: str) -> list[str]:
    from babel import Locale, UnknownLocaleError  # 30 ms and 2 MB that English copy does without

    try:
        territories = Locale.parse(language).territories
    except (UnknownLocaleError, ValueError):
        return []
    return [str(name) for code, name in territories.items() if code.isalpha() and len(name) > 3]


@lru_cache(maxsize=LANGUAGES_KEPT)
def cldr_places(language: str) -> frozenset[str]:
    """Countries and the cities of time zones in a language, as the Unicode CLDR writes them; empty when it has none."""
    from babel import Locale, UnknownLocaleError

    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return frozenset()
    countries = (str(name) for code, name in locale.territories.items() if code.isalpha() and code != "ZZ")
    cities = (str(zone["city"]) for zone in locale.time_zones.values() if zone.get("city"))
    return frozenset((*countries, *cities))


@lru_cache(maxsize=LANGUAGES_KEPT)
def known_lengths(language: str = "en") -> dict[str, tuple[int, ...]]:
    """First word of the names of several words → how many words they have, longest first."""
    lengths: dict[str, set[int]] = {}
    for name in known_names(language):
        words = name.split()
        if len(words) > 1:
            lengths.setdefault(words[0], set()).add(len(words))
    return {word: tuple(sorted(found, reverse=True)) for word, found in lengths.items()}


@cache
def containers() -> frozenset[str]:
    """Countries and states, as after the comma in `Afula, Israel` and `Scarsdale, N.Y.`"""
    return frozenset().union(*map(entry_set, _CONTAINERS))


@cache
def dotted_abbreviations() -> tuple[str, ...]:
    """Abbreviations of offices, months, firms and states that a full stop belongs to, without it."""
    states = (state[:-1] for state in entries("state_abbreviations") if state.count(".") == 1)
    return (*entries("abbreviations"), *states)
