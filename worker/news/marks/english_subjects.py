"""The subject of a verb of saying in English, from the mentions, the capitals and the words around it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wiredesk.worker.news.marks.names import AFTER_PREPOSITION, Named, Names, Said
from wiredesk.worker.news.values import gazetteer
from wiredesk.worker.news.values.words import any_of

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
_OWNED = re.compile(r"['’]s ([a-z]+)\b(?: ([a-z]+)\b)?")
_PREPOSITION = re.compile(r"\b(?:for|of|to|from|with|by|in|at|on|about|who|that|after|before|when|as)\b")
_NOUN_FOLLOWS = re.compile(r" (?!(?:in|on|at|to|also|has|had|and|said|says|of|for|after|last|this|it|is)\b)[a-z]")
_OPENS_CLAUSE = re.compile(r"(?:^|, )(?:[Tt]he )?$")
_VERB_FOLLOWS = re.compile(r" (?:\w+ly )?(?:\w{2,}(?:ed|(?:[sxz]|ch|sh)es)|is|was|has|had|did|put|made|gave|sent) \w")
_CLAUSE_ENDS = re.compile(r"[,;:“”\"]")
_COMMON_SUBJECT = re.compile(r"\w+s|[A-Z]\w* \w+(?:ers|ors|ists|ants|ials)|What|Others?")
# What may stand between a subject and its verb.
_ADVERBS = re.compile(
    r"[\s,]{0,3}(?:\([^()]{1,30}\)[\s,]{0,3})?"
    rf"(?:(?:\w{{2,20}}ly|[RDI]-\w+\.?|{any_of('between_subject_and_verb')})[\s,]{{1,3}}){{0,3}}"
)
_TITLED = re.compile(
    r"\b(?:[Tt]he|[Dd]er|[Dd]ie|[Ll]e|[Ll]a|[Ee]l|[Ii]l|[Oo]) (?:[\w.-]+ ){0,3}?"
    rf"({any_of('english_offices')})\b(?!['’]| (?:of|for|who)\b)",
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
                group = self._group(named, end)
                if group:
                    return Said(group, cue, "named")
                continue
            if self._is_before_an_office(named, end):
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
        named = [n for n in named if not self.names.inside_a_quotation(n.start)]
        words = list(_TOKEN.finditer(text, start, end))
        participle = cue is not None and cue.endswith("ing") and text[start:end].rstrip()[-1:] == ","
        beside = None if participle else self._beside_the_verb(named, words, start, end, cue)
        if beside:
            return beside
        for word in words[:2]:
            gender = self.names.gender(word[0])
            if gender and word[0].lower() != "who":
                return Said(self.names.last_person(word.start(), gender), cue, "pronoun")
        for n in self.names.between(start, end):
            name = n.name if n in named and n.kind == "person" else self._group(n, end)
            if name and not AFTER_PREPOSITION.search(text, max(start, n.start - 14), n.start):
                return Said(name, cue, "named")
        for word in words:
            gender = self.names.gender(word[0])
            said = self._pronoun(word, gender, cue) if gender else None
            if said:
                return said
        organisations = [n for n in named if n.kind == "organisation"]
        for n in organisations:
            if _OPENS_CLAUSE.search(text[max(start, n.start - 8) : n.start]) and _VERB_FOLLOWS.match(text, n.end):
                return Said(n.name, cue, "named")
        titled = self._by_title(start, end, cue)
        if titled.speaker:
            return titled
        for n in organisations:
            if n.start - start < 40 and not _NOUN_FOLLOWS.match(text, n.end):
                return Said(n.name, cue, "named")
        return Said(None, cue, None)

    def _beside_the_verb(
        self, named: Sequence[Named], words: Sequence[re.Match[str]], start: int, end: int, cue: str | None
    ) -> Said | None:
        text = self.text
        owner = self.names.between(start, end)[-1:]
        group = self._group(owner[0], end) if owner else None
        if group and _ADVERBS.fullmatch(text, owner[0].start + len(group), end):
            return Said(group, cue, "named")
        if named and _ADVERBS.fullmatch(text, named[-1].end, end) and (named[-1].kind == "person" or cue):
            head = named[0]
            described = head.kind == "person" and head.start - start < 40 and text[head.end : head.end + 1] == ","
            in_the_description = described and text[named[-1].end : named[-1].end + 1] == ","
            return Said((head if in_the_description else named[-1]).name, cue, "named")
        for word in words[-4:][::-1]:
            gender = self.names.gender(word[0])
            said = self._pronoun(word, gender, cue) if gender and _ADVERBS.fullmatch(text, word.end(), end) else None
            if said:
                return said
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

    def _pronoun(self, word: re.Match[str], gender: int, cue: str | None) -> Said | None:
        """He said · Lopez, who said; None for "an official who said"."""
        if word[0].lower() != "who":
            return Said(self.names.last_person(word.start(), gender), cue, "pronoun")
        if self.text[word.start() - 2 : word.start() - 1].islower() and not self.names.ends_at(word.start() - 1):
            return None
        return Said(self.names.last_person(word.start(), gender), cue, "named")

    def _is_before_an_office(self, named: Named, end: int) -> bool:
        """Sanders in "Sanders spokesman Jeff Weaver": an office follows, and without a comma whoever holds it."""
        if not self.names.qualifies(named):
            return False
        holder = next((n for n in self.names.between(named.end, end) if n.kind == "person"), None)
        return holder is not None and not _CLAUSE_ENDS.search(self.text, named.end, holder.start)

    def _group(self, owner: Named, end: int) -> str | None:
        """Lopez's office: a group that speaks under its owner's name."""
        owned = _OWNED.match(self.text, owner.end, end)
        groups = self.names.language.groups
        last = next((n for n in (1, 2) if owned and owned[n] in groups), 0)
        if owned is None or not last:
            return None
        following = _TOKEN.match(self.text, owned.end(last) + 1)
        if following and self.classes.get(following[0], 0) & gazetteer.ROLE:
            return None  # Lopez's campaign manager
        return self.text[owner.start : owned.end(last)]

    def _may_be_a_name(self, name: str) -> bool:
        return not any(self.classes.get(word, 0) & _NO_NAMES for word in name.split())

    def _may_be_a_subject(self, name: str) -> bool:
        """Unlike a person, a group may be called by common words: "Judicial Watch"."""
        if " " not in name:
            return self._may_be_a_name(name)
        return not any(self.classes.get(word, 0) & _NO_SUBJECTS for word in name.split())

    def _by_title(self, start: int, end: int, cue: str | None, *, at_end: bool = False) -> Said:
        """The minister said: the person with that title, else the person last named."""
        for match in _TITLED.finditer(self.text, start, end):
            if not at_end or _ADVERBS.fullmatch(self.text, match.end(), end):
                return Said(self.names.titled_person(match[1].lower(), start), cue, "title")
        return Said(None, cue, None)

    def source(self, start: int, end: int, cue: str) -> Said:
        """The source behind "according to"."""
        return self.behind(start, end, cue)
