"""The words and marks of direct speech: one TOML file a language, and the one loader of them.

A field of a file is a string of words, `true`, or a list of endings; a phrase of several words has `_` between them.
All fields but `codes` may be left out. `Language` tells what each means.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal

from wiredesk.worker.news.values import gazetteer
from wiredesk.worker.news.values.words import entry_set

Writing = Literal["letters", "caseless", "chinese", "japanese"]

# Combining vowels and joiners are parts of words in Arabic, Hebrew and Indic writing; `\w` leaves them out.
_COMBINING = (
    "\u0300-\u036f\u0591-\u05c7\u05f3\u05f4\u0610-\u061a\u064b-\u065f\u0670"
    "\u0900-\u0963\u0971-\u0df3\u0e31-\u0e4e\u200c\u200d"
)
_WORD = re.compile(r"\w+(?:['’-]\w+)*")
_WORD_WITH_COMBINING = re.compile(rf"[\w{_COMBINING}]+(?:['’-][\w{_COMBINING}]+)*")
_HEBREW_WORD = re.compile(
    r"[\w\u0591-\u05c7\u05f3\u05f4]+(?:['’\"-][\w\u0591-\u05c7\u05f3\u05f4]+)*['’]?"
)  # מנכ"ל, פרופ'


@dataclass(frozen=True, slots=True)
class Phrases:
    """Words, and phrases of two to four words by their first one."""

    words: frozenset[str] = frozenset()
    longer: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=lambda: MappingProxyType({}))

    def __bool__(self) -> bool:
        return bool(self.words or self.longer)

    def at(self, words: Sequence[re.Match[str]], n: int, *, lower: bool = False) -> int:
        """The number of `words` from the nth on that are an entry; 0 for none. `lower`: the nth may be capitalised."""
        word = words[n][0].lower() if lower else words[n][0]
        longer = self.longer.get(word) if self.longer else None
        if longer:
            for rest in longer:
                if tuple(w[0] for w in words[n + 1 : n + 1 + len(rest)]) == rest:
                    return 1 + len(rest)
        return int(word in self.words)


@dataclass(frozen=True, slots=True)
class Language:
    """The data of one language."""

    code: str  # the first of `codes`, ISO 639; "" for an unknown language, "und" for one without a file
    writing: Writing
    word: re.Pattern[str]
    says: Phrases  # verbs of saying
    says_beside: frozenset[str]  # verbs that are cues only right beside the marks
    describes: Phrases  # verbs that take a phrase between marks
    addresses: frozenset[str]  # verbs of saying with the person spoken to as their object
    subordinate: frozenset[str]  # words that open a clause which names no speaker
    speech: frozenset[str]  # nouns for what a person said: X's answer was “…”
    groups: frozenset[str]  # nouns for groups that speak under their owner's name: X's office said
    auxiliaries: frozenset[str]  # what may stand between the marks, or the subject, and the verb
    not_before_cue: frozenset[str]  # words before which a verb of saying is none
    pronouns: Mapping[str, int]  # with the given names that they allow, as in the gazetteer
    according: Phrases  # "according to", before the speaker
    according_after: Phrases  # the same behind the speaker
    titles: frozenset[str]  # offices and forms of address
    title_endings: tuple[str, ...]  # endings of compounds that are offices: Verkehrs|minister
    prepositions: frozenset[str]  # words behind which a name is no subject
    articles: frozenset[str]
    particles: frozenset[str]  # between the words of a name: de, van der
    given: frozenset[str]  # given names
    surnames: frozenset[str]  # where they stand first in a name
    abbreviations: frozenset[str]  # behind which a full stop ends no sentence
    female_endings: tuple[str, ...]  # of given names
    unnamed: frozenset[str]  # nouns for a speaker who is not named
    subject_endings: tuple[str, ...]  # particles behind or at the end of a subject: Korean, Hindi
    quotative: re.Pattern[str] | None  # the particle behind speech: Korean
    definite: str  # the prefix of a definite noun: Arabic, Hebrew
    joined: str  # prefixes of one letter that are words: "and" in Arabic and Hebrew
    dash: bool  # a dash at the head of a paragraph opens speech
    dash_goes_on: bool  # the sentence behind the speaker's is speech again without a second dash
    drops_pronouns: bool  # a verb without a subject means the last speaker
    verb_last: bool  # the subject stands before the marks, the verb behind them
    names_have_cases: bool  # a name behind another noun of the clause is not its subject: Slavic languages
    nouns_capitalised: bool  # as in German
    surname_first: bool  # the first word of a full name stands for it, as in Hungarian; else the last
    names_without_given: bool  # names are known by their surname of one syllable: Korean
    one_of: Mapping[str, re.Pattern[str]]  # lists as patterns, for writing without spaces

    @property
    def english(self) -> bool:
        return self.code in ("en", "")


@lru_cache(maxsize=gazetteer.LANGUAGES_KEPT)
def language_of(code: str | None) -> Language:
    """The data for an ISO 639 code (with or without a region).

    A language without a file has none of the words: its speech is found by the marks, without a speaker. None stands
    for an unknown language, which is read as English with the verbs of all languages that have capitals.
    """
    if code is None:
        return _language(_of_all())
    tongue = re.split("[-_]", code.lower(), maxsplit=1)[0]
    return _language(_files().get(tongue, {"codes": ["und"]}))


@cache
def _files() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for entry in resources.files(__name__).iterdir():
        if entry.name.endswith(".toml"):
            data = tomllib.loads(entry.read_text(encoding="utf-8"))
            found.update(dict.fromkeys(data["codes"], data))
    return found


# Names from elsewhere keep their particles.
_PARTICLES = frozenset({"von", "van", "von der", "van der", "van de", "van den", "de la", "bin", "ibn"})


def _of_all() -> dict[str, Any]:
    english = _files()["en"]
    others = [data for data in _files().values() if data.get("writing", "letters") == "letters" and data is not english]
    merged = dict(english, codes=[""])
    ambiguous = entry_set("ambiguous_speech_words")
    for name in ("says", "auxiliaries", "pronouns_male", "pronouns_female"):
        words = dict.fromkeys(word for data in others for word in data.get(name, "").split() if word not in ambiguous)
        merged[name] = " ".join((merged.get(name, ""), *words))
    return merged


def _language(data: Mapping[str, Any]) -> Language:
    def words(name: str) -> list[str]:
        return [word.replace("_", " ") for word in str(data.get(name, "")).split()]

    def single(name: str) -> frozenset[str]:
        return frozenset(part for word in words(name) for part in word.split())

    writing: Writing = data.get("writing", "letters")
    pronouns = {
        **dict.fromkeys(words("pronouns"), gazetteer.GIVEN),
        **dict.fromkeys(words("pronouns_male"), gazetteer.MALE),
        **dict.fromkeys(words("pronouns_female"), gazetteer.FEMALE),
    }
    plain = data["codes"][0] in ("en", "")
    quotative = words("quotative")
    listed = ("says", "titles", "surnames", "according", "according_after", "prepositions")
    return Language(
        code=data["codes"][0],
        writing=writing,
        word=_WORD if plain else _HEBREW_WORD if data["codes"][0] == "he" else _WORD_WITH_COMBINING,
        says=_phrases(words("says")),
        says_beside=single("says_beside"),
        describes=_phrases(words("describes")),
        addresses=single("addresses"),
        subordinate=single("subordinate"),
        speech=single("speech"),
        groups=single("groups"),
        auxiliaries=single("auxiliaries"),
        not_before_cue=single("not_before_cue"),
        pronouns=pronouns,
        according=_phrases(words("according")),
        according_after=_phrases(words("according_after")),
        titles=single("titles"),
        title_endings=tuple(words("title_endings")),
        prepositions=single("prepositions"),
        articles=single("articles"),
        particles=frozenset(words("particles")) | (_PARTICLES if writing == "letters" else frozenset()),
        given=single("given"),
        surnames=single("surnames"),
        abbreviations=single("abbreviations"),
        female_endings=tuple(data.get("female_endings", ())),
        subject_endings=tuple(sorted(words("subject_endings"), key=len, reverse=True)),
        quotative=re.compile(rf" ?(?:{_one_of(quotative)})(?=[\s,.]|$)") if quotative else None,
        definite=data.get("definite", ""),
        joined=data.get("joined", ""),
        dash=data.get("dash", False),
        dash_goes_on=data.get("dash_goes_on", False),
        drops_pronouns=data.get("drops_pronouns", False),
        verb_last=data.get("verb_last", False),
        names_have_cases=data.get("names_have_cases", False),
        nouns_capitalised=data.get("nouns_capitalised", False),
        surname_first=data.get("surname_first", False) and not data.get("called_by_last", False),
        names_without_given=data.get("names_without_given", False),
        unnamed=single("unnamed"),
        one_of={name: re.compile(_one_of(words(name))) for name in listed if words(name)}
        if writing in ("chinese", "japanese")
        else {},
    )


def _phrases(entries: Iterable[str]) -> Phrases:
    single: set[str] = set()
    longer: dict[str, list[tuple[str, ...]]] = {}
    for entry in entries:
        first, *rest = entry.split()
        if rest:
            longer.setdefault(first, []).append(tuple(rest))
        else:
            single.add(first)
    by_length = {first: tuple(sorted(rests, key=len, reverse=True)) for first, rests in longer.items()}
    return Phrases(frozenset(single), MappingProxyType(by_length))


def _one_of(entries: Iterable[str]) -> str:
    return "|".join(re.escape(entry) for entry in sorted(set(entries), key=len, reverse=True))
