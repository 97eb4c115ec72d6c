"""The subject of a verb of saying in English, from the mentions, the capitals and the words around it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wiredesk.worker.news.marks.names import AFTER_PREPOSITION, Named, Names, Said
from wiredesk.worker.news.values import gazetteer
from wiredesk.worker.news.values.words import alternatives, entries

_TOKEN = re.compile(r"\w+(?:['’-]\w+)*")
_NAME = re.compile(r"[A-ZÀ-ÖØ-Þ][\w’'-]+(?: [A-ZÀ-ÖØ-Þ][\w’'-]+){0,3}")
_NO_SUBJECTS = gazetteer.FUNCTION | gazetteer.PEOPLE | gazetteer.CALENDAR | gazetteer.TITLE
_NO_NAMES = (
    gazetteer.FUNCTION
    | gazetteer.PEOPLE
    | gazetteer.CALENDAR
    | gazetteer.NOT_PERSON
    | gazetteer.TITLE
    | gazetteer.COMMON
    | gazetteer.ABBREVIATION
)
_PREPOSITION = re.compile(r"\b(?:for|of|to|from|with|by|in|at|on|about|who|that|after|before|when|as)\b")
_NOUN_FOLLOWS = re.compile(r" (?!(?:in|on|at|to|also|has|had|and|said|says|of|for|after|last|this|it|is)\b)[a-z]")
_COMMON_SUBJECT = re.compile(r"\w+s|[A-Z]\w* \w+(?:ers|ors|ists|ants|ials)|What|Others?")
# What may stand between a subject and its verb.
_ADVERBS = re.compile(
    r"[\s,]{0,3}(?:\([^()]{1,30}\)[\s,]{0,3})?"
    rf"(?:(?:\w{{2,20}}ly|[RDI]-\w+\.?|{alternatives(entries('between_subject_and_verb'))})[\s,]{{1,3}}){{0,3}}"
)
_TITLED = re.compile(
    r"\b(?:[Tt]he|[Dd]er|[Dd]ie|[Ll]e|[Ll]a|[Ee]l|[Ii]l|[Oo]) (?:[\w.-]+ ){0,3}?"
    rf"({alternatives(entries('english_offices'))})\b(?! (?:of|for|who)\b)",
    re.IGNORECASE,
)


class EnglishSubjects:
    """Reads a clause for the subject of its verb."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.text = names.text
        self.classes = names.classes
        self.full_names = names.full_names

    def behind(self, start: int, end: int, cue: str) -> Said:
        """The subject behind its verb: "said John Smith, the mayor"; "said a spokesman for the mayor" names nobody."""
        text = self.text
        first = _TOKEN.search(text, start, end)
        if first is None:
            return Said(None, cue, None)
        gender = self.names.gender(first[0])
        if gender:
            return Said(self.names.last_person(start, gender), cue, "pronoun")
        for named in self.names.between(start, end):
            gap = text[start : named.start]
            if len(gap) > 120 or _PREPOSITION.search(gap) or ("," in gap and cue == "according to"):
                break
            if self.names.owns(named):
                continue
            if named.kind == "person" or not _NOUN_FOLLOWS.match(text, named.end):
                return Said(named.name, cue, "named")
        name = _NAME.match(text, first.start())
        if name and (self._may_be_a_name(name[0]) or (" " in name[0] and self._may_be_a_subject(name[0]))):
            return Said(self.full_names.get(name[0], name[0]), cue, "named")
        return self._by_title(start, end, cue)

    def in_front(self, start: int, end: int, cue: str | None) -> Said:
        """The subject before its verb, in text[start:end]: next to the verb if it stands there, else first."""
        text = self.text
        named = [n for n in self.names.between(start, end) if not self.names.qualifies(n)]
        words = list(_TOKEN.finditer(text, start, end))
        participle = cue is not None and cue.endswith("ing") and text[start:end].rstrip()[-1:] == ","
        beside = None if participle else self._beside_the_verb(named, words, start, end, cue)
        if beside:
            return beside
        for word in words[:2]:
            gender = self.names.gender(word[0])
            if gender and word[0].lower() != "who":
                return Said(self.names.last_person(word.start(), gender), cue, "pronoun")
        for n in named:
            if n.kind == "person" and not AFTER_PREPOSITION.search(text, max(start, n.start - 14), n.start):
                return Said(n.name, cue, "named")
        for word in words:
            gender = self.names.gender(word[0])
            if gender:
                return Said(self.names.last_person(word.start(), gender), cue, "pronoun")
        titled = self._by_title(start, end, cue)
        if titled.speaker:
            return titled
        for n in named:
            if n.kind == "organisation" and n.start - start < 40 and not _NOUN_FOLLOWS.match(text, n.end):
                return Said(n.name, cue, "named")
        return Said(None, cue, None)

    def _beside_the_verb(
        self, named: Sequence[Named], words: Sequence[re.Match[str]], start: int, end: int, cue: str | None
    ) -> Said | None:
        text = self.text
        if named and _ADVERBS.fullmatch(text, named[-1].end, end) and (named[-1].kind == "person" or cue):
            return Said(named[-1].name, cue, "named")
        for word in words[-4:][::-1]:
            gender = self.names.gender(word[0])
            if gender and _ADVERBS.fullmatch(text, word.end(), end):
                relative = word[0].lower() == "who"
                return Said(self.names.last_person(word.start(), gender), cue, "named" if relative else "pronoun")
        last = next((w for w in reversed(words) if not _ADVERBS.fullmatch(text, w.start(), end)), None)
        if last and last[0][0].isupper():
            first = last.start()
            for word in reversed(words):
                if word.end() == first - 1 and word[0][0].isupper() and text[word.end()] == " ":
                    first = word.start()
            name = text[first : last.end()]
            stands_alone = first == start or text[first - 2] in ",.;:\"”'\n"
            if stands_alone and self._may_be_a_subject(name) and not _COMMON_SUBJECT.fullmatch(name):
                return Said(self.full_names.get(name, name), cue, "named")
        titled = self._by_title(start, end, cue, at_end=True)
        return titled if titled.speaker else None

    def _may_be_a_name(self, name: str) -> bool:
        return not any(self.classes.get(word, 0) & _NO_NAMES for word in name.split())

    def _may_be_a_subject(self, name: str) -> bool:
        """Unlike a person, a group may be called by common words: "Judicial Watch"."""
        if " " not in name:
            return self._may_be_a_name(name)
        return not any(self.classes.get(word, 0) & _NO_SUBJECTS for word in name.split())

    def _by_title(self, start: int, end: int, cue: str | None, *, at_end: bool = False) -> Said:
        """The minister said: whoever was called a minister, else the person last named."""
        for match in _TITLED.finditer(self.text, start, end):
            if not at_end or _ADVERBS.fullmatch(self.text, match.end(), end):
                return Said(self.names.titled_person(match[1].lower(), start), cue, "title")
        return Said(None, cue, None)

    def source(self, start: int, end: int, cue: str) -> Said:
        """The source behind "according to"."""
        return self.behind(start, end, cue)
