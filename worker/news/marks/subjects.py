"""The subject of a verb of saying in languages other than English: a name, an office, or a pronoun in its clause."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from wiredesk.worker.news.marks.names import (
    Named,
    Names,
    Said,
    has_korean_title,
    is_given,
    is_korean_name,
    is_title,
    stops_a_name,
    without_ending,
)
from wiredesk.worker.news.values import gazetteer
from wiredesk.worker.news.values.words import entry_set

_MAX_CLAUSE = 220  # code points: a name with its office and institution
_PUNCTUATION = re.compile(r"[,،;؛:(—–-]\s|[,،;؛:()。]")
_MAX_NAME_WORDS = 3
_KOREAN_ENDINGS = tuple("을를한할갈된던의에인서로며고")
_INDEFINITE = entry_set("indefinite_articles")
_KOREAN_INSTITUTIONS = tuple("부청시도군구당사처회원국측")


class Subjects(Protocol):
    """The speaker in text[start:end]; `cue` is the verb as written."""

    def behind(self, start: int, end: int, cue: str) -> Said:
        """The subject behind its verb."""

    def in_front(self, start: int, end: int, cue: str | None) -> Said:
        """The subject before its verb."""

    def source(self, start: int, end: int, cue: str) -> Said:
        """The source behind "according to"."""


class _SpacedSubjects:
    """A text in writing with spaces, whose clauses are read word by word."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.text = names.text
        self.language = names.language

    def _words(self, start: int, end: int) -> list[re.Match[str]]:
        return list(self.language.word.finditer(self.text, start, end))


class LetterSubjects(_SpacedSubjects):
    """For writing in which capitals mark names."""

    def behind(self, start: int, end: int, cue: str) -> Said:
        end = min(end, start + _MAX_CLAUSE)
        words = self._words(start, end)
        while words and words[0][0].lower() in self.language.auxiliaries:
            del words[0]
        if not words:
            return self._without_subject(start, cue)
        first = words[0]
        pronoun = words[1] if first[0].lower() in self.language.articles and len(words) > 1 else first
        gender = self.names.gender(pronoun[0])
        if gender and not self._is_a_title(pronoun, words[1:2]):
            return Said(self.names.last_person(start, gender), cue, "pronoun")
        named = self._named(start, end)
        best = self._best(named, start, adjacent=True)
        if best:
            return Said(self._full(best), cue, "named")
        titled = self._by_title(words, start, cue)
        if titled:
            return titled
        if first.start() - start > 3 or first[0].lower() in self.language.prepositions:
            return self._without_subject(start, cue)
        return Said(None, cue, None)

    def source(self, start: int, end: int, cue: str) -> Said:
        """The source behind "according to"; the case that it governs, and an article, may stand before the name."""
        words = self._words(start, min(end, start + _MAX_CLAUSE))
        gender = self.names.gender(words[0][0]) if words else None
        if gender and not self._is_a_title(words[0], words[1:2]):
            return Said(self.names.last_person(start, gender), cue, "pronoun")
        for named in self._named(start, min(end, start + _MAX_CLAUSE)):
            if not named.governed or len(self.language.word.findall(self.text[start : named.start])) <= 2:
                return Said(self._full(named), cue, "named")
        return self.behind(start, end, cue)

    def in_front(self, start: int, end: int, cue: str | None) -> Said:
        start = max(start, end - _MAX_CLAUSE)
        words = self._words(start, end)
        while words and words[-1][0].lower() in self.language.auxiliaries:
            del words[-1]
        if not words:
            return Said(None, cue, None)
        for word in (words[-1], *words[:2]):
            gender = self.names.gender(word[0])
            if gender and not self._is_a_title(word, [w for w in words if w.start() > word.start()][:1]):
                return Said(self.names.last_person(word.start(), gender), cue, "pronoun")
        best = self._best(self._named(start, end), start, adjacent=False, verb=words[-1].end())
        if best:
            return Said(self._full(best), cue, "named")
        return self._by_title(words, start, cue) or Said(None, cue, None)

    def _is_a_title(self, word: re.Match[str], following: Sequence[re.Match[str]]) -> bool:
        """Vietnamese "ông" is both: "Mr An said" and "he said"."""
        return word[0].lower() in self.language.titles and bool(following) and following[0][0][0].isupper()

    def _named(self, start: int, end: int) -> list[Named]:
        return [n for n in self.names.between(start, end) if not self.names.owns(n)]

    def _best(self, named: list[Named], start: int, *, adjacent: bool, verb: int = -1) -> Named | None:
        """A full name or a known surname that no preposition governs, else a single word right beside the verb."""
        free = [n for n in named if not n.governed]
        for k, n in enumerate(free):
            if adjacent and self.language.names_have_cases and self._is_an_object(start, n):
                break
            if n.kind == "person" or n.name in self.names.full_names:
                following = free[k + 1] if adjacent and k + 1 < len(free) else None
                return following if following and self._is_institution(n, following, start) else n
        for n in free:
            if n.kind == "organisation":
                return n
        for n in free:
            gap = self.text[start : n.start] if adjacent else self.text[n.end : verb]
            if adjacent and self._may_stand_between(gap):
                return n
            if not adjacent and not gap.strip(" ,") and self._may_stand_between(self.text[start : n.start]):
                return n
        return None

    def _is_an_object(self, start: int, named: Named) -> bool:
        """„…“ uvedla na adresu Michala Redla: a preposition and a noun before the name, no office and no comma."""
        gap = self.text[start : named.start]
        words = self.language.word.findall(gap)
        behind_a_noun = len(words) > 1 and words[-2].lower() in self.language.prepositions
        return behind_a_noun and "," not in gap and not is_title(words[-1], self.language)

    def _is_institution(self, named: Named, following: Named, start: int) -> bool:
        """The president of the *County Council*, Ion Dobre: in languages that have a genitive instead of "of"."""
        return (
            following.kind == "person"
            and self.text[named.end : following.start] == ", "
            and bool(self.text[start : named.start].strip())
            and not is_given(named.name.split()[0], self.language)
        )

    def unknown_verb(self, words: Sequence[re.Match[str]], stop: int) -> Said | None:
        """“…”, s'esclaffe Marie Roux: a word that is no known verb, with a full name or title and name behind it."""
        verb = words[0][0]
        if len(verb) < 3 or not verb[0].islower() or verb in self.language.prepositions | self.language.articles:
            return None
        gender = self.names.gender(words[1][0]) if len(words) > 1 else None
        if gender and not self._is_a_title(words[1], words[2:3]):
            return Said(self.names.last_person(words[0].start(), gender), verb, "pronoun")
        for named in self._named(words[0].end(), min(stop, words[0].end() + 60)):
            gap = self.language.word.findall(self.text[words[0].end() : named.start])
            plain = all(w.lower() in self.language.articles or is_title(w, self.language) for w in gap)
            if named.kind == "person" and not named.governed and plain and len(gap) <= 3:
                return Said(self._full(named), verb, "named")
            return None
        return None

    def _may_stand_between(self, gap: str) -> bool:
        """Articles and titles between the verb and a single name; no other noun."""
        words = self.language.word.findall(gap)
        if self.language.nouns_capitalised and any(w[0].isupper() and not is_title(w, self.language) for w in words):
            return False
        return len(words) <= 3 and not any(
            w.lower() in self.language.prepositions or w.lower() in self.names.language.says.words for w in words
        )

    def _full(self, named: Named) -> str:
        return self.names.full_names.get(named.name, named.name)

    def _by_title(self, words: Sequence[re.Match[str]], at: int, cue: str | None) -> Said | None:
        """The minister said: the person with that title before; without one the speaker is None."""
        previous = ""
        for word in words[:8]:
            if previous not in self.language.prepositions and is_title(word[0], self.language):
                called = self.names.called(word[0].lower(), at)
                if called is None and previous in self.language.articles - _INDEFINITE:
                    called = self.names.last_speaker(at)
                return Said(called, cue, "title")
            previous = word[0].lower()
        return None

    def _without_subject(self, at: int, cue: str) -> Said:
        """A verb without a subject means the last speaker where the language drops pronouns."""
        if self.language.drops_pronouns:
            return Said(self.names.last_person(at, gazetteer.GIVEN), cue, "pronoun")
        return Said(None, cue, None)


class CaselessSubjects(_SpacedSubjects):
    """For writing without capitals: given names, titles, and how long a name can be."""

    def behind(self, start: int, end: int, cue: str) -> Said:
        end = min(end, start + _MAX_CLAUSE)
        words = self._words(start, end)
        if not words:
            return self._without_subject(start, cue)
        gender = self.names.gender(words[0][0])
        if gender:
            return Said(self.names.last_person(start, gender), cue, "pronoun")
        if words[0].start() - start > 2 or words[0][0] in self.language.prepositions:
            return self._without_subject(start, cue)
        return self._read(words, start, cue, behind=True)

    def source(self, start: int, end: int, cue: str) -> Said:
        """The source behind "according to"."""
        return self.behind(start, end, cue)

    def in_front(self, start: int, end: int, cue: str | None) -> Said:
        start = max(start, end - _MAX_CLAUSE)
        words = self._words(start, end)
        if not words:
            return self._without_subject(start, cue) if cue else Said(None, cue, None)
        for word in (*words[-2:], *words[:2]):
            gender = self.names.gender(word[0])
            if gender:
                return Said(self.names.last_person(word.start(), gender), cue, "pronoun")
        if self.language.names_without_given:
            return self._korean(words, cue)
        marker = next((k for k, w in enumerate(words) if w[0] in self.language.subject_endings), None)
        said = self._read(words[:marker] if marker is not None else words, start, cue)
        if said.speaker is None and marker is None and self.language.subject_endings and cue:
            return self._without_subject(start, cue)
        return said

    def _read(self, words: list[re.Match[str]], start: int, cue: str | None, *, behind: bool = False) -> Said:
        if not words:
            return Said(None, cue, None)
        named = [n for n in self.names.between(words[0].start(), words[-1].end()) if n.kind != "place"]
        for n in named:
            before = [w[0] for w in words if w.end() <= n.start][-1:]
            if not before or before[0] not in self.language.prepositions:
                return Said(self.names.full_names.get(n.name, self._longer(n, words)), cue, "named")
        title = max((k for k, w in enumerate(words) if self._is_title(w[0])), default=-1)
        rest = words[title + 1 :]
        definite = self.language.definite
        if title >= 0 and definite and not words[title][0].startswith(definite):
            while rest and rest[0][0].startswith(definite):
                rest = rest[1:]  # the office's own complement: the minister of *the interior*
        name = self._name(rest, titled=title >= 0)
        if name is None and title > 0:
            name = self._name(words[:title])
        only = name is not None and " " not in name and title < 0 and name not in self.names.full_names
        if only and not behind and not self.language.verb_last and not self.language.subject_endings:
            name = None
        if name is None:
            if title >= 0:
                return Said(self.names.called(words[title][0], start), cue, "title")
            return Said(None, cue, None)
        self.names.register(name)
        return Said(self.names.full_names.get(name, name), cue, "named")

    def _longer(self, named: Named, words: list[re.Match[str]]) -> str:
        """The rest of a name of three words, where its phrase ends there as well."""
        rest = [w for w in words if w.start() >= named.end]
        if 0 < len(rest) <= 2 and not any(stops_a_name(w[0], self.language) for w in rest):
            end = rest[-1].end()
            if self.text[named.start : end].count(" ") <= 3 and not _PUNCTUATION.search(self.text, named.end, end):
                return self.text[named.start : end]
        return named.name

    def _name(self, words: Sequence[re.Match[str]], *, titled: bool = False) -> str | None:
        """Up to three words without a stop between them; of three behind a title the first is its place."""
        taken: list[re.Match[str]] = []
        for word in words:
            if stops_a_name(word[0], self.language) or (taken and self.text[taken[-1].end() : word.start()] != " "):
                break
            taken.append(word)
        if not 1 <= len(taken) <= _MAX_NAME_WORDS + 1:
            return None
        if titled and len(taken) > 2:
            taken = taken[-2:]
        return self.text[taken[0].start() : taken[min(len(taken), _MAX_NAME_WORDS) - 1].end()]

    def _is_title(self, word: str) -> bool:
        return word in self.language.titles or (word[:1] in self.language.joined and word[1:] in self.language.titles)

    def _korean(self, words: list[re.Match[str]], cue: str | None) -> Said:
        """김철수 시장이, 박진 외교부 장관은, 도널드 트럼프 미국 대통령은: a name, an institution or none, a title."""
        language = self.language
        plain = [without_ending(w[0], language) for w in words]
        for k in range(len(words) - 1, -1, -1):
            if plain[k] == words[k][0] and k < len(words) - 1:
                continue  # no particle: not the end of a subject
            if plain[k] in language.unnamed:
                return Said(None, cue, None)
            if has_korean_title(plain[k], language):
                return self._before_korean_title([w[0] for w in words[max(0, k - 4) : k]], plain[k], words[0], cue)
            if is_korean_name(plain[k], language) and plain[k] != words[k][0]:
                return self._found(plain[k], cue)
        return Said(None, cue, None)

    def _before_korean_title(self, words: list[str], title: str, first: re.Match[str], cue: str | None) -> Said:
        language = self.language
        for word in reversed(words):
            if is_korean_name(word, language):
                return self._found(word, cue)
            if word in language.surnames:
                return Said(self.names.full_names.get(word, word), cue, "named")
        if not words or (len(words) == 1 and words[0].endswith(_KOREAN_INSTITUTIONS)):
            return Said(self.names.called(title, first.start()), cue, "title")
        foreign = [word for word in words[-3:] if self._may_be_foreign(word)]
        return self._found(" ".join(foreign[:2]), cue) if foreign else Said(None, cue, None)

    def _may_be_foreign(self, word: str) -> bool:
        return (
            word not in self.language.prepositions
            and not word.endswith(_KOREAN_ENDINGS)
            and not word.endswith(self.language.subject_endings)
        )

    def _found(self, name: str, cue: str | None) -> Said:
        if is_korean_name(name, self.language):
            self.names.full_names.setdefault(name[0], name)
        elif " " in name:
            self.names.full_names.setdefault(name.split()[-1], name)
        return Said(self.names.full_names.get(name, name), cue, "named")

    def _without_subject(self, at: int, cue: str | None) -> Said:
        return Said(self.names.last_person(at, gazetteer.GIVEN), cue, "pronoun")
