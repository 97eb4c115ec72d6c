"""The persons and organisations that a text names, for the attribution of speech; the person of a pronoun or title."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from wiredesk.worker.news.marks.languages import Language
from wiredesk.worker.news.marks.sentences import MAX_SENTENCE, Sentences
from wiredesk.worker.news.model import Mention
from wiredesk.worker.news.values import gazetteer

_MAX_MEMORY = 4_000  # code points over which "he" may still be the last speaker
_MAX_NAMES_BACK = 100
_CAPITALISED = re.compile(rf"[{gazetteer.UPPER}](?<!\w.)\w*")
_APPOSITION = re.compile(r", ((?:the|an?|der|die|le|la|el|il|o) [^,.;]{3,60})")
AFTER_PREPOSITION = re.compile(
    r"\b(?:for|of|to|from|with|by|in|at|on|about|against|between|than|and|like|over|if|whether|that|why|as"
    r"|after|before|when|while|since|because|including|without|among) (?:[^\s,;:]+ )?$"
)
_TOKEN = re.compile(r"\w+(?:['’-]\w+)*")
_SHORT_TITLES = {
    "senator": "sen.",
    "governor": "gov.",
    "representative": "rep.",
    "congressman": "rep.",
    "congresswoman": "rep.",
    "general": "gen.",
    "professor": "prof.",
    "doctor": "dr.",
}
_PATRONYMIC = re.compile(r"\w+(?:вич|вна|ич|ична|івна)$")
_OPENS_SENTENCE = re.compile(r"(?:^|[.!?:\n\"“”»„«–—-])\s{0,2}$")
_PART = re.compile(r"[^\s\u00a0]+")
_WORD_BEFORE = re.compile(r"([\w.’'-]+)\.? $")
_TURKISH_SUFFIX = re.compile(r"['’][a-zçğıöşü]{1,5}$")  # Polat'a göre
_CAPITALS = re.compile(rf"[{gazetteer.UPPER}]+[\d{gazetteer.UPPER}-]*")


@dataclass(frozen=True, slots=True)
class Named:
    """One place where a person or an organisation is named; kind `word`: one capitalised word that may be a name."""

    start: int
    end: int
    name: str
    kind: str
    governed: bool = False  # behind a preposition: the mayor of X


@dataclass(frozen=True, slots=True)
class Said:
    """An attribution; `speaker` is None where somebody unnamed speaks ("a spokesman said")."""

    speaker: str | None
    cue: str | None
    source: str | None


class Names:
    """The names of one article, and who spoke last: `last` with the end of its sentence `last_until`."""

    def __init__(self, text: str, mentions: Sequence[Mention], language: Language, sentences: Sentences) -> None:
        self.text = text
        self.sentences = sentences
        self.language = language
        self.classes = gazetteer.word_classes()
        persons = mentions if language.english else ()
        self.full_names = {m.text: m.name for m in persons if m.kind == "person"}
        if language.english:
            self.named = _locate(text, mentions)
        elif language.writing == "letters":
            self.named = _capitalised_names(text, mentions, language)
        elif language.writing == "caseless":
            self.named = _merged(_locate(text, mentions), _names_by_given(text, language))
        else:
            self.named = _locate(text, mentions)
        if not language.english:
            for named in self.named:
                if named.kind == "person":
                    self.register(named.name)
            self.named = [self._in_full(named) for named in self.named]
        self.starts = [n.start for n in self.named]
        self.quoted: list[tuple[int, int]] = []
        self.last: Said | None = None
        self.last_until = -9
        self.genders: dict[str, int] = {}

    def register(self, name: str) -> None:
        """Let the surname stand for the full name from here on."""
        words = name.split()
        if self.language.names_without_given and len(words) == 1:
            self.full_names.setdefault(name[0], name)
        if len(words) > 1:
            short = words[0] if self.language.surname_first else words[-1]
            self.full_names.setdefault(short, name)
        if len(words) > 2:
            rest = name[len(words[0]) + 1 :]  # van der Meer, at the head of a sentence Van der Meer
            for surname in (rest, rest[0].upper() + rest[1:]):
                self.full_names.setdefault(surname, name)

    def _in_full(self, named: Named) -> Named:
        """A surname that stands for a person named in full is that person."""
        full = self.full_names.get(named.name)
        return named if full is None else replace(named, name=full, kind="person")

    def between(self, start: int, end: int) -> list[Named]:
        return self.named[bisect_left(self.starts, start) : bisect_left(self.starts, end)]

    def ends_at(self, at: int) -> bool:
        """Whether a name ends at `at`."""
        k = bisect_left(self.starts, at) - 1
        return k >= 0 and self.named[k].end == at

    def before(self, at: int) -> Iterator[Named]:
        """The persons named before `at`, the last one first; not further back than a reader remembers."""
        last = bisect_left(self.starts, at) - 1
        for k in range(last, max(-1, last - _MAX_NAMES_BACK), -1):
            yield self.named[k]

    def owns(self, named: Named) -> bool:
        """Trump's campaign is not Trump."""
        return self.text[named.end : named.end + 2] in ("'s", "’s")

    def qualifies(self, named: Named) -> bool:
        """Sanders in "Sanders's voters" and in "Sanders spokesman Jeff Weaver" is no subject."""
        following = _TOKEN.match(self.text, named.end + 1)
        return self.owns(named) or bool(following and self.classes.get(following[0], 0) & gazetteer.ROLE)

    def gender(self, word: str) -> int | None:
        """The given names that a pronoun allows; None for other words. "He’s" is "he"."""
        lower = word.lower()
        pronouns = self.language.pronouns
        return pronouns.get(lower) or (pronouns.get(lower[:-2]) if lower[-2:] in ("'s", "’s", "'d", "’d") else None)

    def titled_person(self, title: str, at: int) -> str | None:
        """The person with this title before `at`, else the person last named."""
        short = _SHORT_TITLES.get(title, title)
        for named in self.before(at):
            if named.kind == "person":
                before = self.text[max(0, named.start - 40) : named.start].lower()
                after = _APPOSITION.match(self.text, named.end)
                if before.rstrip().endswith((title, short)) or (after and title in after[1].lower()):
                    return named.name
        return self.last_person(at, gazetteer.GIVEN)

    def called(self, title: str, at: int) -> str | None:
        """The person beside whose name this title stood before `at`."""
        if title in self.language.unnamed:
            return None
        stem = title[: max(4, len(title) - 3)]
        for named in self.before(at):
            if named.kind == "person" and (
                stem in self.text[max(0, named.start - 60) : named.end].lower()
                or stem in self.text[named.end : named.end + 60].partition(".")[0].lower()
            ):
                return named.name
        return None

    def last_speaker(self, at: int) -> str | None:
        """The last speaker, not long before `at`."""
        return self.last.speaker if self.last and 0 <= at - self.last_until <= MAX_SENTENCE else None

    def last_person(self, at: int, gender: int) -> str | None:
        """The person last named before `at`, outside quotations, whose given name does not contradict the pronoun."""
        found: Named | None = None
        less_likely: Named | None = None
        sentence = self.last_until
        if (
            self.last
            and self.last.speaker
            and 0 <= at - self.last_until <= _MAX_MEMORY
            and self._allows(gender, self.last.speaker)
        ):
            since = self.between(self.last_until, at)
            rivals = [n for n in since if n.kind == "person" and self._allows(gender, n.name)]
            if all(self.inside_a_quotation(n.start) for n in rivals):
                return self.last.speaker
        for named in self.before(at):
            if named.kind != "person" or self.inside_a_quotation(named.start):
                continue
            if found is not None and named.start < sentence:
                break
            if not self._allows(gender, named.name):
                continue
            if named.governed or self._may_be_a_thing(named):
                less_likely = less_likely or named
                continue
            if found is None:
                found = named
                back = max(0, named.start - MAX_SENTENCE)
                floor = max(back, self.text.rfind("\n", back, named.start) + 1)
                sentence = self.sentences.start(named.start, floor)
            elif not self.qualifies(named) and not self._is_governed(named):
                found = named
        found = found or less_likely
        return found.name if found else None

    def _may_be_a_thing(self, named: Named) -> bool:
        """Bourse de Paris: outside English, capitals without a known given name."""
        letters = self.language.writing == "letters" and not self.language.english
        return letters and not is_given(named.name.split()[0], self.language)

    def _is_governed(self, named: Named) -> bool:
        return named.governed or bool(AFTER_PREPOSITION.search(self.text, max(0, named.start - 14), named.start))

    def _allows(self, gender: int, name: str) -> bool:
        given = name.split()[0]
        known = self.classes.get(given, 0) & gazetteer.GIVEN
        if not known and self.language.female_endings and " " in name:
            known = gazetteer.FEMALE if given.endswith(self.language.female_endings) else gazetteer.MALE
        return not known or bool(known & gender)

    def has_quotation(self, start: int, end: int) -> bool:
        """Whether any span between marks begins in text[start:end]."""
        return bisect_left(self.quoted, (start, 0)) < bisect_left(self.quoted, (end, 0))

    def inside_a_quotation(self, at: int) -> bool:
        k = bisect_left(self.quoted, (at + 1, 0)) - 1
        return k >= 0 and self.quoted[k][0] <= at < self.quoted[k][1]


def _locate(text: str, mentions: Sequence[Mention]) -> list[Named]:
    """Every place where a person or an organisation is named, the longer name where two overlap."""
    by_text = {m.text: m for m in mentions}
    shapes: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for name in by_text:
        capital = _CAPITALISED.search(name)
        if capital:
            shapes[capital[0]].add((len(name), capital.start()))
    longest_first = {word: sorted(found, reverse=True) for word, found in shapes.items()}
    named: list[Named] = []
    taken = 0
    for word in _CAPITALISED.finditer(text):
        for size, ahead in longest_first.get(word[0], ()):
            at = word.start() - ahead
            mention = by_text.get(text[at : at + size]) if at >= taken else None
            if mention and not text[at + size : at + size + 1].isalnum():
                taken = at + size
                if mention.kind != "place":
                    named.append(Named(at, taken, mention.name, mention.kind))
                break
    return named


def _capitalised_names(text: str, mentions: Sequence[Mention], language: Language) -> list[Named]:
    """Runs of capitalised words without the titles before them, and what the mentions say of their kind."""
    kinds = {m.text: m.kind for m in mentions}
    small = language.prepositions | language.articles | language.auxiliaries | language.pronouns.keys()
    small |= language.according.words | language.according.longer.keys() | language.particles
    named: list[Named] = []
    for run in _run_pattern(language).finditer(text):
        words = list(_PART.finditer(text, run.start(), run.end()))
        while len(words) > 1 and words[0][0].lower() in small - language.particles:
            del words[0]
        if len(words) == 1 and is_title(words[0][0], language):
            continue
        offices = [] if language.surnames else [k for k, w in enumerate(words[:-1]) if is_title(w[0], language)]
        cut = offices[-1] + 1 if offices else 0
        titled = cut > 0
        words = words[cut:]
        while len(words) > 1 and len(words[0][0]) > 1 and _CAPITALS.fullmatch(words[0][0].rstrip(".")):
            if all(_CAPITALS.fullmatch(word[0]) for word in words):
                break
            del words[0]
        if (
            len(words) == 2
            and not titled
            and is_given(words[1][0], language)
            and not is_given(words[0][0], language)
            and not language.surname_first
            and _OPENS_SENTENCE.search(text, max(0, words[0].start() - 4), words[0].start())
        ):
            del words[0]  # a conjunction: Selvom Stine
        if language.surnames:
            first = next((k for k, word in enumerate(words) if word[0] in language.surnames), 0)
            words = words[first:]
        before = _word_before(text, words[0].start())
        governed = before in language.prepositions or text[words[0].start() - 1 : words[0].start()] in ("'", "’")
        titled = titled or is_title(before, language)
        if len(words) > 2 and not language.surnames and not language.surname_first:
            kept = _from_given_name(words, language)
            if kept is None and (governed or titled):
                kept = _without_place(words)
            if kept and len(kept) < len(words):
                words, governed = kept, False
        end = words[-1].end()
        if language.code == "tr":
            suffix = _TURKISH_SUFFIX.search(text, words[-1].start(), end)
            end = suffix.start() if suffix else end
        while text[end - 1] in ".'’-":
            end -= 1
        start = words[0].start()
        name = text[start:end]
        kind = kinds.get(name) or ("person" if len(words) > 1 else "word")
        if len(words) == 1 and name.lower() in small:
            continue
        if kind != "place" or titled:
            named.append(Named(start, end, name, "person" if titled and len(words) > 1 else kind, governed))
    surnames = {n.name.split(" ", 1)[1] for n in named if n.name.count(" ") > 1}
    return [n for n in (_without_particle(n, language, surnames) for n in named) if n]


def _without_particle(named: Named, language: Language, surnames: set[str]) -> Named | None:
    """Von der Leyen opens a sentence where Ursula von der Leyen is named; else "Von" is a preposition."""
    head, _, rest = named.name.partition(" ")
    if head.lower() not in language.particles or not rest or head.lower() + " " + rest in surnames:
        return named
    if rest[0].islower():
        return named
    kind = "person" if " " in rest else "word"
    return Named(named.end - len(rest), named.end, rest, kind, governed=head.lower() in language.prepositions)


def is_given(word: str, language: Language) -> bool:
    """Whether a word is a known given name."""
    return word in language.given or bool(gazetteer.word_classes().get(word, 0) & gazetteer.GIVEN)


def _from_given_name(words: list[re.Match[str]], language: Language) -> list[re.Match[str]] | None:
    """The words from the first known given name on; None where there is none before the last word."""
    first = next((k for k, word in enumerate(words[:-1]) if is_given(word[0], language)), None)
    return None if first is None else words[first:]


def _without_place(words: list[re.Match[str]]) -> list[re.Match[str]]:
    """The last words of "France Emmanuel Macron", behind "the president of" in languages without a comma there."""
    first = len(words) - 2
    while first > 0 and (
        words[first][0].islower() or words[first][0].endswith(".") or _PATRONYMIC.match(words[first][0])
    ):
        first -= 1
    return words[first:]


def is_title(word: str, language: Language) -> bool:
    """Whether a word is an office or a form of address, compounds and hyphens included."""
    lower = word.lower().replace("İ".lower(), "i").rstrip(".")
    if lower in language.titles:
        return True
    last = lower.rsplit("-", 1)[-1]
    return bool(language.title_endings) and last.endswith(language.title_endings)


def _word_before(text: str, at: int) -> str:
    word = _WORD_BEFORE.search(text, max(0, at - 40), at)
    return word[1].lower() if word else ""


def _run_pattern(language: Language) -> re.Pattern[str]:
    return _runs(tuple(sorted(language.particles, key=len, reverse=True)), "l'" in language.articles)


@lru_cache(maxsize=gazetteer.LANGUAGES_KEPT)
def _runs(particles: tuple[str, ...], elides: bool) -> re.Pattern[str]:
    """Runs of capitalised words; where a language elides, L'elogio is an article and a noun, D'Angelo a name."""
    upper = gazetteer.UPPER
    inside = rf"(?:[\w-]|['’](?=[{upper}]))*" if elides else r"[\w’'-]*"
    part = rf"[{upper}](?:\.(?=[ \w])|{inside})"
    between = rf"(?:(?:{'|'.join(map(re.escape, particles))})[ \u00a0])?" if particles else ""
    return re.compile(rf"(?<!\w){part}(?:[ \u00a0]?(?<=[ \u00a0.]){between}(?:d['’])?{part}){{0,6}}")


def _names_by_given(text: str, language: Language) -> list[Named]:
    """Names in writing without capitals: a known given name and the surname behind it."""
    if language.names_without_given:
        return _korean_names(text, language)
    if not language.given:
        return []
    named: list[Named] = []
    words = list(language.word.finditer(text))
    taken = 0
    for k, word in enumerate(words):
        plain = word[0]
        if plain not in language.given and language.joined and plain[:1] in language.joined:
            plain = plain[1:]
        if plain not in language.given or k < taken:
            continue
        last = k
        for n in range(k + 1, min(k + 4, len(words))):
            if text[words[n - 1].end() : words[n].start()] != " " or stops_a_name(words[n][0], language):
                break
            if n > k + 1 and words[n - 1][0] not in language.given and words[n - 1][0] not in language.particles:
                break
            last = n
        if last > k:
            start = word.end() - len(plain)
            named.append(Named(start, words[last].end(), text[start : words[last].end()], "person"))
            taken = last + 1
    return named


def stops_a_name(word: str, language: Language) -> bool:
    return (
        word in language.prepositions
        or word in language.titles
        or word in language.says.words
        or word in language.says.longer
        or word in language.pronouns
        or word in language.subject_endings
        or word in language.auxiliaries
        or word[0].isdigit()
    )


def _merged(first: list[Named], second: list[Named]) -> list[Named]:
    taken = sorted((n.start, n.end) for n in first)
    free = [n for n in second if not _overlaps(taken, n)]
    return sorted((*first, *free), key=lambda n: n.start)


def _overlaps(taken: list[tuple[int, int]], named: Named) -> bool:
    k = bisect_left(taken, (named.end, 0)) - 1
    return k >= 0 and taken[k][1] > named.start


def _korean_names(text: str, language: Language) -> list[Named]:
    """김철수 시장, 박진 외교부 장관: a surname with one to three syllables, and a title one or two words behind it."""
    named: list[Named] = []
    words = list(language.word.finditer(text))
    for k, word in enumerate(words):
        if not is_korean_name(word[0], language):
            continue
        for following in words[k + 1 : k + 3]:
            if text[following.start() - 1] != " " or text[following.start() - 2 : following.start() - 1] in ",.":
                break
            if has_korean_title(without_ending(following[0], language), language):
                named.append(Named(word.start(), word.end(), word[0], "person"))
                break
    return named


def without_ending(word: str, language: Language) -> str:
    """A Korean word without the particle that marks it as a subject."""
    ending = next((e for e in language.subject_endings if word.endswith(e) and len(word) > len(e)), "")
    return word[: len(word) - len(ending)]


def has_korean_title(word: str, language: Language) -> bool:
    """Whether a Korean word is an office or ends with one (국토교통부장관)."""
    return word in language.titles or (
        2 < len(word) < 20 and any(word[k:] in language.titles for k in range(1, len(word) - 1))
    )


def is_korean_name(word: str, language: Language) -> bool:
    """Whether a Korean word may be a full name: a surname of one syllable and one to three more."""
    return (
        2 <= len(word) <= (4 if word[:2] in language.surnames else 3)
        and word[0] in language.surnames
        and word not in language.prepositions
        and not has_korean_title(word, language)
    )
