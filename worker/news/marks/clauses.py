"""The speaker of a quotation, from the clause behind it or the words before it, in writing with spaces."""

from __future__ import annotations

import re

from wiredesk.worker.news.marks.english_subjects import EnglishSubjects
from wiredesk.worker.news.marks.names import Names, Said
from wiredesk.worker.news.marks.sentences import MAX_SENTENCE, Sentences
from wiredesk.worker.news.marks.spans import Span
from wiredesk.worker.news.marks.subjects import CaselessSubjects, LetterSubjects, Subjects
from wiredesk.worker.news.values import gazetteer

_BEFORE_A_CLAUSE = frozenset(", -—–―\n،\u00a0")
# “…” — Pamela Padilla
_SIGNED = re.compile(
    r"[ \u00a0]?[―—–-][ \u00a0]?([A-ZÀ-ÖØ-Þ][\w’'.-]+(?: [A-ZÀ-ÖØ-Þ][\w’'.-]*){1,3})[ \u00a0]{0,2}(?=[\n.]|$)"
)
# dit-il, explique-t-elle, a-t-il ajouté
_VERB_AND_PRONOUN = re.compile(r"([\w'’]{1,20}?)(?:-t)?-(ils?|elles?|on)")
_PASSIVE = frozenset({"was", "were", "been", "being", "when", "is"})
_OWNER = re.compile(r"[A-Z]\w+['’]s")  # Lopez's remarks
_CLAUSE_WORDS = 30
_WORDS_BEHIND_A_VERB = 4


class Clauses:
    """Reads the clauses of one article."""

    def __init__(self, names: Names, sentences: Sentences) -> None:
        self.names = names
        self.sentences = sentences
        self.text = names.text
        self.language = names.language
        self.subjects: Subjects
        if self.language.english:
            self.subjects = EnglishSubjects(names)
        elif self.language.writing == "caseless":
            self.subjects = CaselessSubjects(names)
        else:
            self.subjects = LetterSubjects(names)

    def after(self, span: Span, ceiling: int) -> Said | None:
        """“…,” said X · “…,” X said · “…,” the minister told reporters"""
        text, language = self.text, self.language
        tail = span.outer_end
        if not span.closed:
            return None
        particle = language.quotative.match(text, tail, ceiling) if language.quotative else None
        if particle:
            tail = particle.end()
        elif text[tail : tail + 1] not in _BEFORE_A_CLAUSE or tail >= len(text):
            return None
        closing = text[span.start : span.end].rstrip("’')] ")[-1:]
        stops = bool(particle or span.dash or (closing and closing in ",?!.…—-–"))
        beside = not stops and text[tail : tail + 1] not in ",—–-،"
        far = beside and language.english and not (text[span.start].isupper() and span.end - span.start > 60)
        if (
            far
            and not text[tail + 1 : tail + 2].isupper()
            and ", " not in text[tail : min(ceiling, tail + MAX_SENTENCE)]
        ):
            return None
        stop = self.sentences.stop(tail, ceiling)
        behind = text[tail + 1 : tail + 2]
        new_sentence = not span.dash and not particle and closing in (".", "…") and behind.isupper()
        if new_sentence and text[stop - 1] not in ".!?":
            return None
        signed = _SIGNED.match(text, tail)
        if signed and closing in (".", "!", "?", "…"):
            name = signed[1].rstrip(".")
            return Said(self.names.full_names.get(name, name), None, "named")
        words = self._words(tail, stop)
        if not words:
            return Said(None, None, None) if particle else None
        whole = not text[span.start].islower() and text.count(" ", span.start, span.end) > 1
        if language.english:
            if far:
                return self._behind_the_sentence(words, stop)
            return self._after_in_order(words, tail, stop, new_sentence)
        return self._after_elsewhere(
            words, tail, stop, beside=beside and not language.verb_last, last=new_sentence, whole=whole
        )

    def _after_in_order(self, words: list[re.Match[str]], tail: int, stop: int, new_sentence: bool) -> Said | None:
        language = self.language
        known = language.according.at(words, 0, lower=True)
        if known:
            return self.subjects.behind(words[known - 1].end(), stop, "according to")
        if language.code == "":
            found = self._suffixed(words, tail)
            if found:
                return found
            words = self._without_auxiliaries(words)
        if words[0][0] in language.subordinate:
            return None
        for n, word in enumerate(words[:_CLAUSE_WORDS]):
            token = word[0]
            if token not in language.says.words and not (token in language.says_beside and n < 4):
                continue
            if n and words[n - 1][0] in language.not_before_cue and (language.code or n > 1):
                continue
            if n and words[n - 1][0] == "and":  # the verb goes on from the words before the marks
                continue
            if n == 0 and not language.code and len(words) == 1:
                return Said(self.names.last_person(tail, gazetteer.GIVEN), token, "pronoun")
            if n == 0:
                return None if token.endswith("ing") else self.subjects.behind(word.end(), stop, token)
            if new_sentence and len(words) - n > 6:
                return None
            said = self._behind_the_sentence(words, stop)
            return said or self.subjects.in_front(words[0].start(), word.start(), token)
        return None

    def _behind_the_sentence(self, words: list[re.Match[str]], stop: int) -> Said | None:
        """“…” if the bridge opens, said Jan Alvarez · “…” was too late, Alvarez said · “…” Alvarez said."""
        text = self.text
        if not words[0][0][0].islower():
            verb = next((word for word in words[1:3] if word[0] in self.language.says.words), None)
            said = self.subjects.in_front(words[0].start(), verb.start(), verb[0]) if verb else None
            return said if said and said.source == "named" else None
        comma = 0  # the word behind the last comma
        for n, word in enumerate(words[:_CLAUSE_WORDS]):
            if n and text[word.start() - 2 : word.start()] == ", ":
                comma = n
            if not comma or word[0] not in self.language.says.words:
                continue
            if n > comma:
                said = self.subjects.in_front(words[comma].start(), word.start(), word[0])
                at_end = len(words) - n <= _WORDS_BEHIND_A_VERB and text[stop - 1] in ".!?"
                return said if at_end and n - comma <= _WORDS_BEHIND_A_VERB and said.speaker else None
            if text[word.end() + 1 : word.end() + 2].isupper() and word[0] not in self.language.addresses:
                said = self.subjects.behind(word.end(), stop, word[0])
                return said if said.source == "named" else None
        return None

    def _after_elsewhere(
        self, words: list[re.Match[str]], tail: int, stop: int, *, beside: bool, last: bool, whole: bool
    ) -> Said | None:
        language = self.language
        suffixed = self._suffixed(words, tail)
        if suffixed:
            return suffixed
        known = self._according(words, 0)
        if known:
            return self.subjects.source(words[known - 1].end(), stop, words[0][0])
        bare = self._without_auxiliaries(words)
        for n in range(min(len(bare), _CLAUSE_WORDS)):
            size = self._cue(bare, n)
            if not size:
                if language.according_after.at(bare, n) and n:
                    return self.subjects.in_front(words[0].start(), bare[n].start(), bare[n][0])
                continue
            cue = self.text[bare[n].start() : bare[n + size - 1].end()]
            if n == 0:
                return self.subjects.behind(bare[size - 1].end(), stop, cue)
            if beside or (last and len(bare) - n > 6):
                return None
            said = self.subjects.in_front(words[0].start(), bare[n].start(), cue)
            if said.speaker is None:
                behind = self.subjects.behind(bare[n + size - 1].end(), stop, cue)
                return behind if behind.source == "named" else said
            return said
        if isinstance(self.subjects, LetterSubjects) and whole and not beside:
            return self.subjects.unknown_verb(bare, stop)
        if language.quotative and len(words) > 1:  # “…”며 고개를 저었다: the particle alone makes it speech
            said = self.subjects.in_front(words[0].start(), words[-1].start(), None)
            return said if said.source == "named" else None
        return None

    def _cue(self, words: list[re.Match[str]], n: int, *, lower: bool = False) -> int:
        """The number of words from the nth on that are a verb of saying; a joined conjunction is passed over (وقال)."""
        size = self.language.says.at(words, n, lower=lower)
        if not size and self.language.joined and words[n][0][:1] in self.language.joined:
            return int(words[n][0][1:] in self.language.says.words)
        return size

    def _according(self, words: list[re.Match[str]], n: int) -> int:
        according = self.language.according
        size = according.at(words, n) or according.at(words, n, lower=n == 0)
        if not size and self.language.joined and words[n][0][:1] in self.language.joined:
            return int(words[n][0][1:] in self.language.according.words)
        return size

    def _suffixed(self, words: list[re.Match[str]], tail: int) -> Said | None:
        """dit-il, a-t-elle ajouté, s'est-il félicité"""
        pronouns = {"il": gazetteer.MALE, "elle": gazetteer.FEMALE}
        for n, word in enumerate(words[:3]):
            suffixed = _VERB_AND_PRONOUN.fullmatch(word[0])
            if suffixed is None:
                if word[0].lower() not in self.language.auxiliaries:
                    return None
                continue
            gender = pronouns.get(suffixed[2])
            speaker = self.names.last_person(tail, gender) if gender else None
            if suffixed[1] in self.language.says.words or (
                n == 0 and self.language.code == "fr" and len(suffixed[1]) > 3
            ):
                return Said(speaker, suffixed[1], "pronoun")
            if suffixed[1] in ("a", "s'est", "s’est", "ont") and n + 1 < len(words):
                return Said(speaker, words[n + 1][0], "pronoun")
            return None
        return None

    def _without_auxiliaries(self, words: list[re.Match[str]]) -> list[re.Match[str]]:
        auxiliaries = self.language.auxiliaries
        n = next((k for k, word in enumerate(words) if word[0].lower() not in auxiliaries), 0)
        return words[n:]

    def before(self, start: int, end: int, *, mid_sentence: bool = False) -> Said | None:
        """X said: “…” · according to X, “…” · X called it “…” · X: “…”"""
        words = self._words(max(start, end - MAX_SENTENCE), end)
        if self.names.has_quotation(start, end):
            words = [word for word in words if not self.names.inside_a_quotation(word.start())]
        if not words:
            return None
        if self.language.english:
            return self._before_in_order(words, start, end, mid_sentence)
        return self._before_elsewhere(words, start, end)

    def _before_in_order(self, words: list[re.Match[str]], start: int, end: int, mid_sentence: bool) -> Said | None:
        text, language = self.text, self.language
        lead = text[start:end].rstrip()[-1:]
        says, weak, describes = language.says.words, language.says_beside, language.describes.words
        described: Said | None = None
        for n in range(len(words) - 1, -1, -1):
            token = words[n][0]
            lower = token.lower() if n == 0 else token
            if lower == "according" and n + 1 < len(words):
                source = self.subjects.behind(words[n].end() + 3, end, "according to")
                if source.speaker or n == 0:
                    return source
                continue
            describing = lower in describes and lead not in ",:"
            near = lead in (",", ":") and len(words) - n <= 5
            beside = lower in weak and (near or (n + 1 < len(words) and words[n + 1][0] == "that"))
            blocked = n and words[n - 1][0] in language.not_before_cue
            if not (describing or beside or lower in says) or blocked:
                continue
            if n and not lower.endswith("ing") and _OWNER.fullmatch(words[n - 1][0]):
                continue
            if n == 0 and lower.endswith("ing"):
                return described or (Said(None, token, None) if mid_sentence else None)
            if n == 0:
                return described or self.subjects.behind(words[n].end(), end, token)
            if words[n - 1][0] in _PASSIVE and lower in ("asked", "told"):
                by = n + 1 < len(words) and words[n + 1][0] == "by"
                return self.subjects.behind(words[n + 1].end(), end, token) if by else Said(None, token, None)
            said = self.subjects.in_front(words[0].start(), words[n].start(), token)
            if lower in says or said.source == "pronoun":
                return described if described and said.speaker is None else said
            described = described or said
        if described:
            return described
        owner = self._owner_of_speech(words)
        if owner:
            return owner
        if lead == ":" or (lead == "," and words[0][0].lower() in language.pronouns):
            return self.subjects.in_front(words[0].start(), words[-1].end(), None)
        return None

    def _owner_of_speech(self, words: list[re.Match[str]]) -> Said | None:
        """Lopez's answer was “…” · in Lopez's words, “…”"""
        for n in range(len(words) - 1, 0, -1):
            if words[n][0].lower() not in self.language.speech:
                continue
            for named in self.names.between(words[max(0, n - 3)].start(), words[n].start()):
                if self.names.owns(named):
                    return Said(named.name, words[n][0], "named")
        return None

    def _before_elsewhere(self, words: list[re.Match[str]], start: int, end: int) -> Said | None:
        language = self.language
        lead = self.text[start:end].rstrip()[-1:]
        for n in range(len(words) - 1, -1, -1):
            size = self._cue(words, n, lower=n == 0) or (0 if lead in ",:" else language.describes.at(words, n))
            if not size:
                known = self._according(words, n)
                if known and n + known < len(words):
                    return self.subjects.source(words[n + known - 1].end(), end, words[n][0])
                if language.according_after.at(words, n) and n:
                    return self.subjects.in_front(words[0].start(), words[n].start(), words[n][0])
                continue
            cue = self.text[words[n].start() : words[n + size - 1].end()]
            before = self.subjects.in_front(words[0].start(), words[n].start(), cue) if n else None
            if before and before.speaker and before.source != "title":
                return before
            behind = self.subjects.behind(words[n + size - 1].end(), end, cue)
            return behind if behind.source == "named" or before is None or before.speaker is None else before
        if lead == ":" and len(words) <= 14:
            return self.subjects.in_front(words[0].start(), end, None)
        return None

    def subject_before(self, start: int, end: int, cue: str | None) -> Said | None:
        """X, “…” said: the subject before the marks of a verb that stands behind them."""
        said = self.subjects.in_front(max(start, end - MAX_SENTENCE), end, cue)
        return said if said.speaker else None

    def names_the_speaker(self, at: int, end: int, after_dash: bool) -> bool:
        """Whether the clause of the speaker begins at `at`, in speech that a dash opened."""
        stop = self.sentences.stop(at, min(end, at + 200))
        words = self._words(at, stop)[:8]
        if not words:
            return False
        bare = self._without_auxiliaries(words)
        if self._cue(bare, 0) or self.language.according.at(bare, 0) or self._suffixed(words, at):
            return True
        if isinstance(self.subjects, LetterSubjects) and self.subjects.unknown_verb(bare, stop):
            return True
        first = words[0][0]
        if not (after_dash or first[0].isupper() or first in self.language.pronouns or first in self.language.titles):
            return False
        return any(self._cue(words, n) for n in range(1, min(len(words), 6 if after_dash else 5)))

    def _words(self, start: int, end: int) -> list[re.Match[str]]:
        return list(self.language.word.finditer(self.text, start, end))
