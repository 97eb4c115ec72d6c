"""The speakers in Chinese and Japanese, which have no spaces: verbs, titles, particles are searched in the clause."""

from __future__ import annotations

import re
from bisect import bisect_left

from wiredesk.worker.news.marks.names import Names, Said
from wiredesk.worker.news.marks.sentences import Sentences
from wiredesk.worker.news.marks.spans import Span
from wiredesk.worker.news.values import gazetteer
from wiredesk.worker.news.values.words import table

_MAX_CLAUSE = 80  # characters
_HAN = "\u4e00-\u9fff\u3400-\u4dbf々〆ヶ"
_KATAKANA = "ァ-ヴー・＝"
_ADVERBS = "还還也则則又并再就都曾在对對向于於很是的"
_STOP = re.compile(r"[，。；！？、,;!?\n：:]")
_FOREIGN = re.compile(rf"[{_HAN}]{{1,8}}(?:[·•・][{_HAN}]{{1,8}}){{1,3}}")
_LATIN = re.compile(r"[A-Z][\w.'’-]*(?: [A-Z][\w.'’-]*){0,3}")
_QUOTATIVE = re.compile(r"[、 ]?(?:など)?(?:と(?!い[うっ]た|呼ば|呼ぶ|呼ん|題|名付|の|して|され)|って)")
_FULL_KATAKANA = re.compile(rf"[{_KATAKANA}]{{2,24}}")
_JAPANESE_SUBJECT = ("は", "が", "も", "によると", "によれば", "：", ":", "、", "ら", "（", "(")
_IN_BRACKETS = re.compile("[（(][^（）()]{0,20}[）)]")
_JAPANESE_VERB = re.compile(rf"[{_HAN}]{{2}}(?:しています|していた|している|しました|した|する|し)(?=[。、」\n]|$)")
_NO_JAPANESE_NAMES = frozenset(table("no_speakers")["ja"])
_LONGEST_TITLE = 9
_LONGEST_JAPANESE_NAME = 6
_SENTENCE = re.compile("[。！？\n“”「」]")
_CHINESE_INSTITUTIONS = tuple("部局厅廳委会會院校司社宫宮党黨府方国國公室署台厂廠行市省县縣村镇鎮区區队隊所团團们們家")

_NO_CHINESE_NAMES = frozenset(table("no_speakers")["zh"])


class _UnspacedClauses:
    """A text without spaces, and the verbs of saying of its language as one pattern."""

    def __init__(self, names: Names, sentences: Sentences) -> None:
        self.names = names
        self.sentences = sentences
        self.text = names.text
        self.says = names.language.one_of["says"]


class ChineseClauses(_UnspacedClauses):
    """“…”，局长张伟说 · 张伟说：“…”"""

    def __init__(self, names: Names, sentences: Sentences) -> None:
        super().__init__(names, sentences)
        patterns = names.language.one_of
        self.titles = patterns["titles"]
        self.introduced: list[tuple[int, str]] = []
        surnames = patterns["surnames"].pattern
        stops = patterns["prepositions"].pattern
        verbs = self.says.pattern
        self.name = re.compile(
            rf"(?:{surnames})(?:(?![{_ADVERBS}])[{_HAN}]){{1,2}}(?=$|{stops}|{verbs}|[，。、（(：:\s]|[（(])"
        )
        self.stops = re.compile(rf"(?:{stops}|[，。、（(：:\s])")
        for titled in re.finditer(rf"(?:{self.titles.pattern})({self.name.pattern})", self.text):
            self._found(titled[1], None)
            self.introduced.append((titled.start(1), titled[1]))

    def after(self, span: Span, ceiling: int) -> Said | None:
        text = self.text
        at = span.outer_end
        if not span.closed:
            return None
        while at < ceiling and text[at] in "，, 。":
            if text[at] == "。":
                return None
            at += 1
        end = min(ceiling, at + _MAX_CLAUSE)
        stop = _SENTENCE.search(text, at, end)
        end = stop.start() if stop else end
        verb = self._last_verb(at, end)
        if verb is None:
            return None
        return self._subject(at, verb.start(), verb[0])

    def _last_verb(self, start: int, end: int) -> re.Match[str] | None:
        """The verb that ends the clause, or that stands before the next comma."""
        for verb in self.says.finditer(self.text, start, end):
            following = self.text[verb.end() : verb.end() + 1]
            if verb.end() >= end or following in "，,。道了：:；":
                return verb
        return None

    def before(self, start: int, end: int, *, mid_sentence: bool = False) -> Said | None:
        text = self.text
        start = max(start, end - _MAX_CLAUSE)
        stripped = end
        while stripped > start and text[stripped - 1] in "：:，, ":
            stripped -= 1
        verbs = [v for v in self.says.finditer(text, start, stripped) if stripped - v.end() <= 1]
        if verbs and text[verbs[-1].end() : stripped].strip("道了"):
            verbs = []
        if not verbs:
            if text[end - 1 : end] in "：:" and end - start <= 30:
                said = self._subject(start, stripped, None)
                return said if said.speaker else None
            if text[stripped:end].strip() == "" and end > start:
                return self._said_that(start, end)
            return None
        return self._subject(start, verbs[-1].start(), verbs[-1][0])

    def _said_that(self, start: int, end: int) -> Said | None:
        """张伟表示，该项目“进展顺利”: a verb earlier in the sentence, before a comma."""
        for verb in self.says.finditer(self.text, start, end):
            if self.text[verb.end() : verb.end() + 1] in ("，", ",", "：", ":"):
                return self._subject(start, verb.start(), verb[0])
        return None

    def subject_before(self, start: int, end: int, cue: str | None) -> Said | None:
        return None

    def names_the_speaker(self, at: int, end: int, after_dash: bool) -> bool:
        return False

    def _subject(self, start: int, end: int, cue: str | None) -> Said:
        """The subject in text[start:end]: the last part between commas that has one."""
        pieces: list[tuple[int, int]] = []
        at = start
        for stop in _STOP.finditer(self.text, start, end):
            pieces.append((at, stop.start()))
            at = stop.end()
        pieces.append((at, end))
        for first, last in reversed(pieces):
            said = self._in_piece(first, last, cue)
            if said is not None:
                return said
        if not self.text[start:end].strip("，, 还也则又并随后"):
            return Said(self._last_person(start, gazetteer.GIVEN), cue, "pronoun")
        return Said(None, cue, None)

    def _last_person(self, at: int, gender: int) -> str | None:
        """The person who last spoke, or was named with an office, before `at`."""
        k = bisect_left(self.introduced, (at, "")) - 1
        introduced = self.introduced[k] if k >= 0 else None
        if introduced and introduced[0] > self.names.last_until:
            return introduced[1]
        return self.names.last_person(at, gender) or (introduced[1] if introduced else None)

    def _in_piece(self, start: int, end: int, cue: str | None) -> Said | None:
        piece = self.text[start:end].strip()
        for pronoun, gender in self.names.language.pronouns.items():
            if piece.startswith(pronoun) or piece.endswith(pronoun):
                return Said(self._last_person(start, gender), cue, "pronoun")
        foreign = _FOREIGN.search(piece)
        titles = list(self.titles.finditer(piece))
        name: str | None = None
        if foreign:
            name = self._after_title(foreign[0])
        elif titles:
            name = self._beside_title(piece, titles)
        else:
            found = self.name.match(piece)
            latin = _LATIN.match(piece)
            if found:
                name = found[0]
            elif latin:
                name = latin[0].strip()
            elif self._stands_alone(piece):
                name = self.stops.split(piece, maxsplit=1)[0]
            elif 2 <= len(piece) <= 4 and piece in self.names.full_names.values():
                name = piece
        if name is None:
            return None
        return self._found(name, cue)

    def _stands_alone(self, piece: str) -> bool:
        """特朗普在社交媒体上: a name of two to five characters that has no known surname, before a preposition."""
        head = self.stops.split(piece, maxsplit=1)[0]
        return (
            2 <= len(head) <= 5
            and len(head) < len(piece)
            and piece[len(head)] in "在对對向"
            and not head.endswith(_CHINESE_INSTITUTIONS)
            and head not in _NO_CHINESE_NAMES
        )

    def _after_title(self, name: str) -> str:
        titles = list(self.titles.finditer(name.split("·")[0].split("・")[0]))
        return name[titles[-1].end() :] if titles else name

    def _beside_title(self, piece: str, titles: list[re.Match[str]]) -> str | None:
        for title in reversed(titles):
            rest = piece[title.end() :].lstrip("、“” ")
            found = self.name.match(rest)
            if found:
                return found[0]
            short = self.stops.split(rest, maxsplit=1)[0]
            if 2 <= len(short) <= 5 and not self.titles.search(short):
                return short
            latin = _LATIN.match(rest)
            if latin:
                return latin[0].strip()
        front = piece[: titles[0].start()]
        surnames = self.names.language.surnames
        for size in (3, 2, 4, 1):
            if len(front) >= size and front[-size:][:1] in surnames and (size > 1 or len(front) == 1):
                return front[-size:]
        return front if 2 <= len(front) <= 5 and not front.endswith(_CHINESE_INSTITUTIONS) else None

    def _found(self, name: str, cue: str | None) -> Said:
        if len(name) > 1:
            for short in {name[0], name[:2] if name[:2] in self.names.language.surnames else name[0]}:
                self.names.full_names.setdefault(short, name)
            for part in re.split("[·•・]", name)[1:]:
                self.names.full_names.setdefault(part, name)
        return Said(self.names.full_names.get(name, name), cue, "named")


class JapaneseClauses(_UnspacedClauses):
    """「…」と田中社長は述べた · 田中社長は「…」と述べた"""

    def __init__(self, names: Names, sentences: Sentences) -> None:
        super().__init__(names, sentences)
        patterns = names.language.one_of
        self.titles = re.compile(rf"(?:{patterns['titles'].pattern})")
        self.offices = frozenset(names.language.titles)
        titles = patterns["titles"].pattern
        self.named = re.compile(
            rf"(?:[{_HAN}]{{1,12}}|[{_KATAKANA}]{{2,24}}|[A-Z][\w. ]{{1,24}})"
            rf"(?:[（(][^（）()]{{1,20}}[）)])?(?:{titles})(?:[（(][^（）()]{{1,20}}[）)])?"
        )
        for found in self.named.finditer(self.text):
            name = self._name(found[0])
            if name and len(name) > 2:
                self._found(name, None)

    def after(self, span: Span, ceiling: int) -> Said | None:
        text = self.text
        if not span.closed:
            return None
        particle = _QUOTATIVE.match(text, span.outer_end, ceiling)
        if particle is None:
            return None
        end = min(ceiling, particle.end() + _MAX_CLAUSE)
        stop = _SENTENCE.search(text, particle.end(), end)
        end = stop.start() if stop else end
        verb = self.says.search(text, particle.end(), end) or _JAPANESE_VERB.search(text, particle.end(), end)
        cue = verb[0] if verb else None
        said = self._subject(particle.end(), end, cue)
        if said is not None:
            return said
        if verb is None:
            return None
        return Said(None, cue, None)

    def before(self, start: int, end: int, *, mid_sentence: bool = False) -> Said | None:
        """Japanese puts the verb behind the marks: `subject_before` reads the lead; only "X：「…」" stands alone."""
        lead = self.text[max(start, end - _MAX_CLAUSE) : end].rstrip()
        if lead.endswith(("：", ":")):
            return self._subject(max(start, end - _MAX_CLAUSE), end, None)
        return None

    def subject_before(self, start: int, end: int, cue: str | None) -> Said | None:
        said = self._subject(max(start, end - 2 * _MAX_CLAUSE), end, cue)
        if said is None:
            return Said(self.names.last_person(start, gazetteer.GIVEN), cue, "pronoun")
        return said

    def names_the_speaker(self, at: int, end: int, after_dash: bool) -> bool:
        return False

    def _subject(self, start: int, end: int, cue: str | None) -> Said | None:
        """The last name with a title that is a topic or a subject, else the last with a title at all."""
        piece = self.text[start:end]
        marked: str | None = None
        for found in self.named.finditer(piece):
            name = self._name(found[0])
            if name is None:
                continue
            behind = piece[found.end() : found.end() + 4]
            if not behind or behind.startswith(_JAPANESE_SUBJECT):
                marked = name
                if behind.startswith(("は", "が")):
                    break
        if marked:
            return self._found(marked, cue)
        for pronoun, gender in self.names.language.pronouns.items():
            if re.search(rf"(?:^|、){pronoun}(?:は|が|も)", piece):
                return Said(self.names.last_person(start, gender), cue, "pronoun")
        plain = re.search(rf"(?:^|[、。の]|で)([{_HAN}]{{2,5}}|[{_KATAKANA}]{{2,20}})(?:は|が)", piece)
        if plain and plain[1] in self.names.full_names:
            return self._found(plain[1], cue)
        if plain and _FULL_KATAKANA.fullmatch(plain[1]):
            return self._found(plain[1], cue)
        return None

    def _name(self, named: str) -> str | None:
        """The name in 東京都知事小池百合子氏: institution and office stand before it in one run of characters."""
        named = _IN_BRACKETS.sub("", named)
        sizes = range(min(_LONGEST_TITLE, len(named) - 1), 0, -1)
        title = next((size for size in sizes if named[-size:] in self.offices), 0)
        name = named[: len(named) - title]
        offices = [office.end() for office in self.titles.finditer(name) if len(office[0]) > 1]
        if offices and offices[-1] < len(name):
            name = name[offices[-1] :]
        if len(name) > _LONGEST_JAPANESE_NAME and not _FULL_KATAKANA.fullmatch(name):
            return None
        return None if name in _NO_JAPANESE_NAMES else name.strip() or None

    def _found(self, name: str, cue: str | None) -> Said:
        full = self.names.full_names.get(name)
        if full is None and len(name) >= 3:
            for size in (1, 2, 3):
                if size < len(name):
                    self.names.full_names.setdefault(name[:size], name)
            for part in re.split("[・＝]", name)[1:]:
                self.names.full_names.setdefault(part, name)
        return Said(full or name, cue, "named")
