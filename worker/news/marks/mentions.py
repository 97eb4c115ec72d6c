"""Who, what and where an article names.

Runs of capitalised words are cut where a title, a demonym, a weekday or a sentence's first word shows a seam, each
piece is judged by what it is made of (gazetteer, given names, the last word of companies and rivers), and what stays
open is decided by the whole article: the surname after the full name, the initials of an organisation, the words around
each place where the name stands.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from wiredesk.worker.news.marks.caseless_mentions import CASELESS, find_caseless
from wiredesk.worker.news.model import Dateline, Mention
from wiredesk.worker.news.values import gazetteer
from wiredesk.worker.news.values.gazetteer import (
    ABBREVIATION,
    CALENDAR,
    COMMON,
    FUNCTION,
    GIVEN,
    LEADING_SURNAME,
    MODIFIER,
    NOT_PERSON,
    ORGANISATION_HEAD,
    ORGANISATION_OPENER,
    PEOPLE,
    PLACE_HEAD,
    PLACE_OPENER,
    ROLE,
    TITLE,
    Kind,
)
from wiredesk.worker.news.values.words import alternatives, any_of, entry_set, table

_UPPER = gazetteer.UPPER
# German copy has these between any two nouns.
_WORDS_RATHER_THAN_PARTICLES = {"das", "zum"}
_SPACE = r"(?: |\n(?!\s))"


def _rest_of_word() -> str:
    """A pattern for what follows a word's capital: U.S., St., O'Neill, AT&T, Jean-Paul.

    The capital is left out, and each abbreviation looks back at its own, so that the search for runs begins with a
    character class, which the regex engine finds fast.
    """
    rests: dict[str, list[str]] = defaultdict(list)
    for word in gazetteer.dotted_abbreviations():
        rests[word[0]].append(word[1:])
    dotted = "|".join(f"(?<={first})(?:{alternatives(tuple(rest))})" for first, rest in rests.items())
    return (
        rf"(?:(?:\.[{_UPPER}]){{0,4}}\.(?:[{_UPPER}]\b)?|(?:{dotted})\."
        rf"|(?:\w|[&/](?=[{_UPPER}])|['’`](?!s\b)(?=\w)|-(?=\w))*)"
    )


@cache
def _run_pattern() -> re.Pattern[str]:
    """A run of capitalised words, with the particles between them.

    Every repetition is bounded and every alternative begins differently, so that hostile text costs linear time.
    """
    rest = _rest_of_word()
    particle = f"(?:{alternatives(tuple(entry_set('name_particles') - _WORDS_RATHER_THAN_PARTICLES))})"
    return re.compile(
        rf"[{_UPPER}](?<!\w.){rest}(?:{_SPACE}(?:{particle}{_SPACE}(?:{particle}{_SPACE})?"
        rf"|(?:al|el|ad|as|ash|an|ur|ul)-|&{_SPACE})?[{_UPPER}]{rest}){{0,9}}"
    )


# What follows the hyphen in "Dallas-based" and "Hezbollah-backed", not in "Kim Jong-un".
_COMPOUND = re.compile(rf"-(?:[a-z]+(?:ed|ing|like|style|wide|related)|{any_of('mention_contexts', 'compound')})\b.*")
# "(R-Calif.)", "(BN-Kuala Pilah)", "Ron Wyden, D-Ore."
_PARTY_AND_SEAT = re.compile(rf"([{_UPPER}]{{1,4}})-(?=[{_UPPER}])")
# A few words between marks, every longer one capitalised: the title of a work.
_WORK = re.compile(r"(?:``|\"|“|‘|«|„)([^\"“”‘’«»„`'\n]{2,60})(?:''|[\"”’»“])")

_DOMAIN = re.compile(r"\.(?:com|org|net)\b(?!\.\w)")
_ORDINAL = re.compile(r"\b\d{1,3}(?:st|nd|rd|th) $")  # the 7th U.S. Circuit Court of Appeals
_OF = frozenset({" of ", " of the ", " for ", " for the "})
_ENDS_SENTENCE = frozenset(".!?:;\"“”«»„`•*|…_—–-(\n'")
_ENDINGS_OF_COMMON_WORDS = table("word_endings")["common"]
_ENDINGS_OF_PEOPLES = table("word_endings")["people"]

_IN = frozenset({"in", "near", "outside", "throughout", "inside", "across", "around", "dans", "à", "en", "aus", "nach"})
_FROM = frozenset({"from", "to", "toward", "towards", "into", "via", "of", "between", "through"})
_KIND_OF_PLACE = re.compile(rf"\b(?:{any_of('mention_contexts', 'place')}) of $")
_PERSON_AFTER = re.compile(rf",? (?:{any_of('mention_contexts', 'person')})\b|, (?:\d\d\b|his |her |the \w+er\b)")
_APPOSITION = re.compile(rf", an? (?:[\w-]+ ){{0,4}}?(?:{any_of('mention_contexts', 'organisation')})\b")
_ORGANISATION_AFTER = re.compile(rf"(?:['’]s?)? (?:{any_of('mention_contexts', 'part')}|spokes\w+)\b")
_TICKER = re.compile(rf" \((?:[{_UPPER}][\w. ]{{1,24}}): ?[{_UPPER}0-9][{_UPPER}0-9.-]{{0,9}}\)")  # (Nasdaq: HLD)
_OF_A_POLITICIAN = re.compile(rf" (?:{any_of('mention_contexts', 'politician')})\b")
# Languages that capitalise names and little else; German capitalises every noun, others have no capitals at all.
_CAPITALS_MEAN_NAMES = frozenset(
    {"fr", "es", "it", "pt", "nl", "da", "sv", "no", "nb", "nn", "ro", "ca", "fi", "pl", "cs"}
)
_COMMON_PARTICLES = {tongue: frozenset(words) for tongue, words in table("common_particles").items()}
_ARTICLES = frozenset({"der", "den", "zu", "des", "le", "la", "y", "e"})
_WHERE = re.compile(r"\b(?:[Ii]n|from|at|near|to|of|outside|around) $")
_OFFICE_WORDS = frozenset({"of", "the", "and", "for"})
_NAMES_TOO = frozenset({"May", "Jan"})
_MAX_WORDS_IN_A_PERSON = 5
_LONGEST_NAME = 120  # code points; "Joint Committee of the … and …" stops growing there


@dataclass(slots=True, kw_only=True)
class _Candidate:
    """A piece of text that may name something; `kind` is None while only the rest of the article can tell.

    `sure` candidates are not judged again; `opens` says that a sentence begins with it.
    """

    start: int
    end: int
    name: str
    kind: Kind | None
    sure: bool = True
    opens: bool = False


def find_mentions(
    body_text: str, *, headline: str | None, dateline: Dateline | None, language: str | None
) -> tuple[Mention, ...]:
    """Persons, organisations and places named in the body, each distinct kind and text once, in order of appearance.

    `language` is an ISO 639 code, None read as English; in other languages only what is sure is returned. `headline` is
    not read: in title case every word looks like a name.
    """
    tongue = (language or "en")[:2].lower()
    reader = _NameReader(body_text, tongue)
    tells_nothing = _tells_nothing(tongue)
    for start, end in _runs(body_text):
        if body_text[start:end] not in tells_nothing:
            reader.read(start, end)
    candidates = reader.found
    if dateline is not None:
        _read_dateline(body_text, dateline, candidates)
    if tongue != "en":
        _keep_what_is_sure(candidates, tongue)
    _settle(body_text, candidates)
    if tongue == "en":
        _take_articles(body_text, candidates)
    spans = [(c.kind, c.start, c.end) for c in candidates if c.kind]
    if tongue in CASELESS:
        taken = {(start, end) for _, start, end in spans}
        spans += [span for span in find_caseless(body_text, tongue) if span[1:] not in taken]
        spans.sort(key=lambda span: span[1])
    return collect(body_text, spans)


@lru_cache(maxsize=gazetteer.LANGUAGES_KEPT)
def _tells_nothing(tongue: str) -> frozenset[str]:
    """Words that name nothing when they stand alone: what most sentences open with, the days and months."""
    known = gazetteer.known_names(tongue)
    return frozenset(
        word
        for word, flag in gazetteer.word_classes().items()
        if word not in known
        and (flag & (FUNCTION | ABBREVIATION) or (flag & CALENDAR and not flag & GIVEN and word not in _NAMES_TOO))
    )


def _keep_what_is_sure(candidates: list[_Candidate], tongue: str) -> None:
    """Outside English the words around a name are not read; only surnames of persons named in full are resolved."""
    for c in candidates:
        if not c.sure and not (tongue in _CAPITALS_MEAN_NAMES and c.kind and " " in c.name):
            c.kind, c.sure = None, True


def _read_dateline(text: str, dateline: Dateline, candidates: list[_Candidate]) -> None:
    """The dateline decides before the gazetteer does."""
    named: list[_Candidate] = []
    kinds: tuple[tuple[str | None, Kind], ...] = (
        (dateline.place, "place"),
        (dateline.agency_text or dateline.agency, "organisation"),
    )
    for name, kind in kinds:
        at = text.find(name.split(",")[0], dateline.start, dateline.end) if name else -1
        if name and at >= 0:
            name = name.split(",")[0]
            if gazetteer.known_names().get(name.title()) == "organisation":  # UNITED NATIONS
                kind = "organisation"
            named.append(_Candidate(start=at, end=at + len(name), name=name, kind=kind))
    taken = [(c.start, c.end) for c in named]
    rest = [
        c
        for c in candidates
        if c.start >= dateline.end or (c.sure and not any(a < c.end and c.start < b for a, b in taken))
    ]
    candidates[:] = sorted(named + rest, key=lambda c: c.start)


def _runs(text: str) -> list[tuple[int, int]]:
    """Spans of capitalised words, joined over "of", "for", "and", apostrophes and commas where a name goes on."""
    runs: list[tuple[int, int]] = []
    first = last = -99
    for match in _run_pattern().finditer(text):
        start, end = match.span()
        if start - last <= 9 and last - first < _LONGEST_NAME and _continues_name(text, first, last, start, end):
            runs[-1] = (first, end)
        else:
            first = start
            runs.append((start, end))
        last = end
    return runs


def _continues_name(text: str, first: int, last: int, start: int, end: int) -> bool:
    gap = text[last:start]
    if len(gap) < 2 or gap[0] not in " ,'’":
        return False
    classes = gazetteer.word_classes()
    left = text[first:last].split()
    if gap in _OF:
        head = left[-1]
        if f"{head}{gap}{text[start:end].split()[0]}" in gazetteer.known_names():
            return True  # House of Lords
        if head in entry_set("company_heads"):
            return False
        flag = classes.get(head, 0)
        if flag & TITLE and not flag & ORGANISATION_HEAD:
            office = MODIFIER | NOT_PERSON if gap == " of " else MODIFIER
            return bool(classes.get(text[start:end].split()[0], 0) & office)
        return head in entry_set("land_heads") or (len(head) > 3 and bool(classes.get(head, 0) & ORGANISATION_HEAD))
    right = text[start:end].split()
    if gap == " and ":
        listing = not entry_set("listing_heads").isdisjoint(left) and ("of" in left or "for" in left)
        return listing and not classes.get(right[0], 0) & GIVEN
    if gap == ", ":
        return right[0] in entry_set("after_comma")
    if gap in ("'s ", "’s "):
        return left[-1] in entry_set("owners")
    plural = gap in ("' ", "’ ") and left[-1][-1] == "s"
    return plural and any(classes.get(word, 0) & ORGANISATION_HEAD for word in right)


class _NameReader:
    """Reads runs where they stand, and files what they name."""

    def __init__(self, text: str, tongue: str) -> None:
        self.text = text
        self.tongue = tongue
        self.found: list[_Candidate] = []
        self.known = gazetteer.known_names(tongue)
        self.works = [m.span(1) for m in _WORK.finditer(text) if _is_a_title(m[1])]

    def read(self, start: int, end: int) -> None:
        text = self.text
        before = text[start - 2 : start].rstrip(" ") if start > 1 else ""
        opens = not before or before[-1] in _ENDS_SENTENCE
        if text[start - 3 : start] in ("al-", "el-", " al", "(al"):
            start -= 3 if text[start - 1] == "-" else 0
        run = text[start:end]
        if "-" in run and opens | (text[start - 2 : start] == ", "):
            seat = self._party_and_seat(start, run)
            if seat > start and text[end : end + 1] == "." and text[seat : end + 1] in self.known:
                end += 1
            start, run = seat, text[seat:end]
        if _DOMAIN.match(text, end):  # Amazon.com
            end += 4
            self.found.append(_Candidate(start=start, end=end, name=text[start:end], kind="organisation"))
            return
        judge = _judged if len(run) <= _LONGEST_REMEMBERED else _judge
        for piece in judge(run, opens, self.tongue):
            if self.works and piece.name not in self.known and self._inside_a_work(start + piece.start):
                continue
            if not piece.day_too or _PERSON_AFTER.match(text, start + piece.end):
                ordinal = _ORDINAL.search(text, max(0, start - 6), start) if piece.start == 0 else None
                numbered = ordinal is not None and piece.kind == "organisation" and " " in piece.name
                self.found.append(
                    _Candidate(
                        start=ordinal.start() if ordinal and numbered else start + piece.start,
                        end=start + piece.end,
                        name=f"{ordinal[0]}{piece.name}" if ordinal and numbered else piece.name,
                        kind=piece.kind,
                        sure=piece.sure,
                        opens=piece.opens,
                    )
                )

    def _party_and_seat(self, start: int, run: str) -> int:
        """File the party and return where the seat begins."""
        party = _PARTY_AND_SEAT.match(run)
        if not party or run in self.known or self.text[start - 1] not in "( ":
            return start
        if len(party[1]) > 1:
            self.found.append(_Candidate(start=start, end=start + len(party[1]), name=party[1], kind="organisation"))
        return start + party.end()

    def _inside_a_work(self, start: int) -> bool:
        k = bisect_right(self.works, (start, len(self.text))) - 1
        return k >= 0 and start < self.works[k][1]


class _Piece(NamedTuple):
    """What a part of a run may name; `start` and `end` count from the run's beginning.

    `day_too` marks a month that is a name only when it is a person: May, Jan.
    """

    start: int
    end: int
    name: str
    kind: Kind | None
    sure: bool
    opens: bool
    day_too: bool


def _judge(run: str, opens: bool, tongue: str) -> tuple[_Piece, ...]:
    """What a run of capitalised words names, wherever it stands; `opens`: at the beginning of a sentence."""
    judge = _Judge(run, opens, tongue)
    judge.judge()
    return tuple(judge.found)


# The same names are repeated in one article and in those of a day: of 75,000 runs in 5,000 stories of a wire
# six in ten are answered from here. A run has ten words at most, but a word has no end: what is longer than any name is
# not kept, so that this stays within some megabytes.
_judged = lru_cache(maxsize=20_000)(_judge)
_LONGEST_REMEMBERED = 200


class _Judge:
    """Cuts a run and judges the pieces. `words`, `flags` and `offsets` are those of the run."""

    def __init__(self, run: str, opens: bool, tongue: str) -> None:
        self.run = run
        self.opens = opens
        self.tongue = tongue
        self.classes = gazetteer.word_classes()
        self.known = gazetteer.known_names(tongue)
        self.lengths = gazetteer.known_lengths(tongue)
        self.found: list[_Piece] = []
        self.words = run.split()
        self.flags = [self.classes.get(word, 0) for word in self.words]
        self.offsets: list[int] = []
        self.shouts = False
        self.cuts: set[int] = set()
        at = 0
        for word in self.words:
            at = run.index(word, at)
            self.offsets.append(at)
            at += len(word)

    def judge(self) -> None:
        if "-" in self.run:
            self._unhyphen()
        if len(self.words) == 1:
            self._word(0)
            return
        if self.tongue == "fr":
            self.flags = [
                TITLE if word in ("M.", "MM.") else flag for word, flag in zip(self.words, self.flags, strict=True)
            ]
        particles = _COMMON_PARTICLES.get(self.tongue)
        if particles and not self.flags[0] & ORGANISATION_OPENER:
            self._cut_at_particles(particles)
        if self.run.isupper():
            self.shouts = True
            for i, word in enumerate(self.words):
                if len(word) > 1 and not self.flags[i]:
                    self.flags[i] = self.classes.get(word.capitalize(), 0) & (FUNCTION | CALENDAR | COMMON | TITLE)
        self._cut()

    def _cut_at_particles(self, particles: frozenset[str]) -> None:
        """In its own language "de" is a word: it joins Villepin to Dominique, but not France to Macron."""
        for i, word in enumerate(self.words):
            if word in particles and not self._known_at(i - 1, len(self.words)):
                of_a_name = self.flags[i - 1] & GIVEN and self.words[i + 1] not in self.known
                if not of_a_name or word in _ARTICLES:
                    self.flags[i] = FUNCTION

    def _unhyphen(self) -> None:
        """Take the hyphen's tail off: "Dallas-based" names Dallas."""
        for i, word in enumerate(self.words):
            if "-" in word:
                short = _COMPOUND.sub("", word)
                if short != word:
                    self.words[i] = short
                    self.cuts.add(i)
                    self.flags[i] = self.classes.get(short, 0)
                elif not self.flags[i]:
                    parts = [self.classes.get(part, 0) for part in word.split("-")]
                    if all(part & PEOPLE for part in parts):
                        self.flags[i] = PEOPLE
                    elif parts[0] & TITLE:
                        self.flags[i] = TITLE

    def _cut(self) -> None:
        words, flags = self.words, self.flags
        first = 0
        if self.opens:
            first = self._opening_words()
        piece = first
        for i in range(first, len(words)):
            flag = flags[i]
            if flag & FUNCTION and i > piece and piece + self._known_at(piece, len(words)) > i:
                continue  # Doctors Without Borders
            if flag & (FUNCTION | CALENDAR) and not self._named_like_a_day(i, piece):
                if i > piece:
                    self._piece(piece, i)
                piece = i + 1
            elif i in self.cuts:
                self._piece(piece, i + 1)
                piece = i + 1
        if piece < len(words):
            self._piece(piece, len(words))

    def _opening_words(self) -> int:
        """How many words the sentence opens with before a name begins: "Investigators Monday", "Echoing Annan"."""
        words, flags, n = self.words, self.flags, len(self.words)
        first = 0
        while first < n - 1 and not self._known_at(first, n) and not flags[first] & GIVEN:
            common = flags[first] & COMMON or (not flags[first] and words[first].endswith(_ENDINGS_OF_COMMON_WORDS))
            if not common or (flags[n - 1] & ORGANISATION_HEAD and not flags[first] & FUNCTION):
                break
            first += 1
        if (
            first == 0
            and n > 2
            and not flags[0]
            and len(words[0]) > 2
            and flags[1] & GIVEN
            and not flags[2] & (ORGANISATION_HEAD | PLACE_HEAD)
        ):
            first = 1
        return first

    def _named_like_a_day(self, i: int, piece: int) -> bool:
        """Is "May" a surname, "Jan" a given name, "Sunday" part of a newspaper's name?"""
        flags = self.flags
        if flags[i] & FUNCTION:
            return bool(flags[i] & GIVEN)
        if i > piece and flags[i - 1] & GIVEN:
            return True
        if flags[i] & GIVEN and i + 1 < len(flags) and not flags[i + 1] & (CALENDAR | TITLE | FUNCTION):
            return True
        return any(flag & ORGANISATION_HEAD for flag in flags[i + 1 :])

    def _known_at(self, i: int, j: int) -> int:
        """How many words from `i` on are a name of several words in the gazetteer; 0 when none."""
        for length in self.lengths.get(self.words[i], ()):
            if i + length <= j and " ".join(self.words[i : i + length]) in self.known:
                return length
        return 0

    def _add(self, i: int, j: int, kind: Kind | None, sure: bool, *, day_too: bool = False) -> None:
        words = self.words
        while j > i and words[j - 1] in entry_set("name_particles"):
            j -= 1
        if j > i and (sure or not self.shouts):
            start = self.offsets[i]
            end = self.offsets[j - 1] + len(words[j - 1])
            name = words[i] if j - i == 1 else " ".join(words[i:j])
            self.found.append(_Piece(start, end, name, kind, sure, self.opens and i == 0, day_too))

    def _piece(self, i: int, j: int) -> None:
        """Judge what words[i:j] names; pieces that are split are judged part by part."""
        words, flags = self.words, self.flags
        if j - i == 1:
            self._word(i)
            return
        whole = " ".join(words[i:j])
        if whole in self.known:
            if self.known[whole]:
                self._add(i, j, self.known[whole], True)
            return
        for k in range(i + 1, j - 2):
            if (
                flags[k] & ORGANISATION_HEAD
                and flags[k + 1] & (GIVEN | LEADING_SURNAME)
                and not flags[k] & (GIVEN | TITLE)
            ):
                self._piece(i, k + 1)
                self._piece(k + 1, j)
                return
        legal_forms = entry_set("legal_forms") if ". " in whole else frozenset()
        for k in range(i, j - 1) if legal_forms else ():
            if words[k][-1] == "." and words[k] in legal_forms and words[k + 1] not in legal_forms:
                self._piece(i, k + 1)  # "… of General Electric Co. Combined billings …"
                self._piece(k + 1, j)
                return
        if self._after_a_title(i, j) or self._by_its_last_word(i, j):
            return
        if flags[i] & PEOPLE and not (flags[i] & GIVEN and not flags[i + 1]):
            self._piece(i + 1, j)
            return
        if flags[j - 1] & PEOPLE and not flags[i] & GIVEN:
            self._piece(i, j - 1)
            return
        if self._begins_with_a_known_name(i, j):
            return
        self._unknown(i, j)

    def _after_a_title(self, i: int, j: int) -> bool:
        """President Kim · Russian Foreign Minister Sergey Lavrov · Gen. Maj. Anatoly Ponidelko"""
        words, flags = self.words, self.flags
        title = j - 1
        while title >= i and (not flags[title] & TITLE or self._is_a_name_after_all(title, i, j)):
            title -= 1
        if title < i:
            return False
        right = title + 1
        if (
            flags[j - 1] & ORGANISATION_HEAD
            and right < j
            and words[j - 1] not in entry_set("heads_and_surnames")
            and j - i > 2
        ):
            return False
        left = title
        while left > i and flags[left - 1] & (TITLE | MODIFIER):
            left -= 1
        office = MODIFIER | PEOPLE | (NOT_PERSON if "of" in words[right:j] else 0)
        while right < j and (flags[right] & office or words[right] in _OFFICE_WORDS) and not flags[right] & GIVEN:
            right += 1
        if left > i:
            self._piece(i, left)
        if right < j:
            known = self.known.get(" ".join(words[right:j]))
            common = (
                flags[right] & (ABBREVIATION | NOT_PERSON | COMMON | ORGANISATION_HEAD) and not flags[right] & GIVEN
            )
            if common and right == j - 1 and words[right] not in entry_set("words_and_surnames"):
                return True
            self._add(right, j, known if known and right > title + 1 else "person", True)
        return True

    def _is_a_name_after_all(self, title: int, i: int, j: int) -> bool:
        """Is the title a given name ("Dean Wilson"), a surname ("Stephen King"), or an organisation's first word?"""
        words, flags = self.words, self.flags
        if flags[title] & GIVEN and title < j - 1 and not flags[title] & MODIFIER:
            return not (title > i and flags[title - 1] & (TITLE | PEOPLE))
        if title > i and title == j - 1 and (flags[title - 1] & GIVEN or words[title - 1][-1] == "."):
            return True
        return title == j - 1 and bool(flags[title] & ORGANISATION_HEAD)

    def _by_its_last_word(self, i: int, j: int) -> bool:
        words, flags = self.words, self.flags
        last, word = flags[j - 1], words[j - 1]
        if flags[i] & ORGANISATION_OPENER:
            self._add(i, j, "organisation", True)
            return True
        if "of" in words[i:j] or "for" in words[i:j]:
            place = words[i] in entry_set("land_heads") or "Republic" in words[i:j] or "Kingdom" in words[i:j]
            self._add(i, j, "place" if place else "organisation", True)
            return True
        a_person = (
            flags[i] & GIVEN
            and j - i <= 3
            and word in entry_set("heads_and_surnames")
            and not flags[j - 2] & PLACE_HEAD
        )
        if last & ORGANISATION_HEAD and not a_person:
            if word == "Administration" and j - i == 2 and self.known.get(words[i]) == "person":
                self._add(i, i + 1, "person", True)
                return True
            while j - i > 2 and flags[i] & PEOPLE and " ".join(words[i + 1 : j]) in self.known:
                i += 1
            self._add(i, j, "organisation", True)
            return True
        if (last & PLACE_HEAD and not a_person) or flags[i] & PLACE_OPENER:
            self._add(i, j, "place", True)
            return True
        if any(w.isupper() and len(w) > 2 and "." not in w and not self.classes.get(w, 0) for w in words[i:j]):
            if not all(w.isupper() for w in words[i:j]):
                self._acronym_and_more(i, j)
            elif j - i < 4 and not any(flags[i:j]):
                self._add(i, j, None, False)
            return True
        return False

    def _acronym_and_more(self, i: int, j: int) -> None:
        """ "BBDO Worldwide" is one name, "CBS Chris Wallace" two."""
        if j - i > 2 and self.flags[i + 1] & GIVEN:
            self._piece(i, i + 1)
            self._piece(i + 1, j)
        else:
            self._add(i, j, "organisation", False)

    def _begins_with_a_known_name(self, i: int, j: int) -> bool:
        words, flags = self.words, self.flags
        length = self._known_at(i, j)
        if not length and words[i] in self.known and not flags[i] & (GIVEN | LEADING_SURNAME):
            length = 1
        if not length:
            return False
        kind = self.known[" ".join(words[i : i + length])]
        if kind == "place" and j - i == 2 and words[i] in entry_set("places_and_given_names") and self._new(i + 1):
            self._add(i, j, "person", False)
            return True
        if kind == "person" and length == 1:
            return False
        rest = i + length
        if (
            kind == "place"
            and "." not in words[i]
            and words[j - 1][-1] == "s"
            and not flags[j - 1] & (NOT_PERSON | PEOPLE | COMMON)
        ):
            self._add(i, j, "organisation", False)
            return True
        if kind:
            self._add(i, rest, kind, True)
        self.opens = False
        self._piece(rest, j)
        return True

    def _new(self, i: int) -> bool:
        """Whether a word is in no list, and so may be a surname; a plural may be a team."""
        word = self.words[i]
        return not self.flags[i] and word not in self.known and word[-1] != "s"

    def _is_given(self, i: int) -> bool:
        """Whether a word is a given name, or two with a hyphen: Jean-Luc."""
        if self.flags[i] & GIVEN:
            return True
        first, hyphen, second = self.words[i].partition("-")
        return bool(hyphen and self.classes.get(first, 0) & self.classes.get(second, 0) & GIVEN)

    def _unknown(self, i: int, j: int) -> None:
        words, flags = self.words, self.flags
        inner = flags[i + 1 : j - 1]
        if self._is_given(i) and not any(flag & NOT_PERSON and not flag & GIVEN for flag in inner):
            last = flags[j - 1]
            a_surname = words[j - 1] in entry_set("words_and_surnames") or words[j - 2] in entry_set("name_particles")
            if j - i <= _MAX_WORDS_IN_A_PERSON and (not last & NOT_PERSON or last & GIVEN or a_surname):
                self._add(i, j, "person", "&" not in words[i:j])
            return
        if "&" in words[i:j] or any("/" in w for w in words[i:j]):
            self._add(i, j, "organisation", False)
            return
        if any(f & (NOT_PERSON | COMMON | MODIFIER) for f in flags[i:j]):
            for k in range(i + 1, j - 1):
                if flags[k] & GIVEN and not flags[k] & NOT_PERSON and not flags[j - 1] & (NOT_PERSON | PLACE_HEAD):
                    self._add(k, j, "person", True)
                    return
            self._add(i, j, None, False)
            return
        if any(w.endswith(_ENDINGS_OF_COMMON_WORDS) for w in words[i:j]):
            return
        known = self.known.get(words[j - 1])
        if known == "place" and words[j - 1] not in entry_set("places_and_surnames"):
            self._add(i, j, "organisation", False)
        elif j - i <= _MAX_WORDS_IN_A_PERSON:
            self._add(i, j, "person", known == "person" or bool(flags[i] & LEADING_SURNAME))

    def _word(self, i: int) -> None:
        word, flag = self.words[i], self.flags[i]
        if word in self.known:
            kind = self.known[word]
            if kind and not (self.opens and i == 0 and word in entry_set("names_and_common_words")):
                self._add(i, i + 1, kind, not flag & GIVEN)
            return
        if flag & (FUNCTION | ABBREVIATION):
            return
        if flag & CALENDAR:
            if word not in _NAMES_TOO and not flag & GIVEN:
                return
            self._add(i, i + 1, None, True, day_too=True)
            return
        if flag & PEOPLE or (flag & (TITLE | NOT_PERSON | MODIFIER) and not flag & GIVEN):
            self._add(i, i + 1, None, True)
            return
        letters = word.replace(".", "")
        if len(letters) < 2 or any(c.isdigit() for c in letters):
            return
        if letters.isupper() and len(letters) <= 6:
            if self.classes.get(word.capitalize(), 0) & COMMON:
                return  # PEOPLE from …
            self._add(i, i + 1, "organisation", False)
            return
        if not flag and word.endswith(_ENDINGS_OF_PEOPLES):
            self._add(i, i + 1, None, True)
            return
        self._add(i, i + 1, None, False)


def _is_a_title(between_marks: str) -> bool:
    words = between_marks.split()
    if not words:  # `"   "`, ditto marks in a table
        return False
    return all(w[0].isupper() for w in words if len(w) > 3) and words[0][0].isupper() and words[-1][-1] not in "?!"


def _settle(text: str, candidates: list[_Candidate]) -> None:
    """Decide the kind of the remaining candidates by their other occurrences in the article."""
    for c in candidates:
        if not c.sure and text[c.end : c.end + 2] == " (" and _TICKER.match(text, c.end):
            c.kind, c.sure = "organisation", True
    # In the order of the text: of two particles of one surname the later one stays.
    full_names = dict.fromkeys(c.name for c in candidates if c.kind == "person" and (c.sure or " " in c.name))
    persons, particles = _surnames(full_names), _particles(full_names)
    acronyms = {c.name for c in candidates if c.kind == "organisation" and c.name.isupper() and " " not in c.name}
    settled = {c.name: c.kind for c in candidates if c.kind and c.sure}
    for name in [name for name, kind in settled.items() if kind == "organisation" and " " in name]:
        for short in _short_forms(name):
            settled.setdefault(short, "organisation")
    open_names: dict[str, list[_Candidate]] = defaultdict(list)
    for c in candidates:
        single = " " not in c.name
        if (single or c.kind is None) and (
            c.name in persons or (c.name[-1] == "s" and c.name[:-1] in persons and c.kind is None)
        ):
            if c.kind != "place" or not _WHERE.search(_before(text, c.start, 12)):
                c.kind = "person"
                _take_particle(text, c, particles)
            continue
        if single and "-" in c.name and not c.sure and persons.issuperset(c.name.split("-")):
            c.kind = None
        elif c.kind == "person" and c.name.count(" ") > 1 and "".join(w[0] for w in c.name.split()) in acronyms:
            c.kind = "organisation"
        elif not c.sure:
            known = settled.get(c.name)
            if known:
                c.kind = known
            else:
                open_names[c.name].append(c)
    words = frozenset(text.split()) if open_names else frozenset()
    for name, places in open_names.items():
        kind = _by_votes(text, words, name, places)
        for c in places:
            c.kind = kind


def _without_legal_form(name: str) -> str:
    """What "Microsoft Corp." is called the second time."""
    body, _, last = name.rpartition(" ")
    return body.rstrip(",") if body and last in entry_set("legal_forms") else name


def _short_forms(name: str) -> list[str]:
    """What "Fleet Financial Group" and "Microsoft Corp." are called the second time: by the words only they have."""
    classes, known = gazetteer.word_classes(), gazetteer.known_names()
    if name.rpartition(" ")[2] in entry_set("heads_after_place"):
        return []
    rare = [w for w in name.split() if len(w) > 3 and w[0].isupper() and not classes.get(w) and w not in known]
    return [_without_legal_form(name), *rare]


def _surnames(names: Iterable[str]) -> set[str]:
    persons: set[str] = set()
    for name in names:
        words = name.split()
        persons.update(
            w
            for w in words
            if len(w) > 1
            and w[-1] != "."
            and w not in entry_set("generations")
            and w.lower() not in entry_set("name_particles")
        )
        rest = " ".join(words[1:]) if len(words) > 2 else name
        persons.update((rest, rest[0].upper() + rest[1:]))
    return persons


def _particles(names: Iterable[str]) -> dict[str, str]:
    """Surname → the particles that belong to it: Ponte → "del "."""
    found: dict[str, str] = {}
    for name in names:
        if " " in name:
            words = name.split()
            first = next((k for k, word in enumerate(words) if word in entry_set("name_particles")), 0)
            if 0 < first < len(words) - 1:
                found[words[-1]] = " ".join(words[first:-1]) + " "
    return found


def _take_particle(text: str, c: _Candidate, particles: dict[str, str]) -> None:
    particle = particles.get(c.name)
    if particle and text[c.start - len(particle) : c.start].lower() == particle:
        c.start -= len(particle)
        c.name = text[c.start : c.end]


def _take_articles(text: str, candidates: list[_Candidate]) -> None:
    """A capital inside a sentence makes the article a part of the name: told The Associated Press."""
    for c in candidates:
        if c.kind == "organisation" and text[c.start - 4 : c.start] == "The ":
            before = _before(text, c.start - 4, 2).rstrip(" ")
            if before and before[-1] not in _ENDS_SENTENCE and before[-1] not in ")]/":  # Kochi, Feb 13 (PTI) The …
                c.start -= 4
                c.name = text[c.start : c.end]


def _before(text: str, start: int, size: int) -> str:
    return text[max(0, start - size) : start]


def _by_votes(text: str, words: Set[str], name: str, places: Sequence[_Candidate]) -> Kind | None:
    """The kind of an unknown name by the words around its occurrences; None where they give none."""
    votes: dict[Kind, float] = {"person": 0.0, "place": 0.0, "organisation": 0.0}
    for c in places:
        _vote(text, c, votes)
    first = places[0]
    flag = gazetteer.word_classes().get(name, 0)
    if first.kind:
        votes[first.kind] += 0.9
    if name.isupper() or any(len(word) > 2 and word.isupper() and "." not in word for word in name.split()):
        votes["person"] = 0  # MAS Catering
    if flag & PLACE_HEAD:
        votes["organisation"] = 0  # the Plains
    best = max(votes, key=lambda kind: votes[kind])
    if " " not in name:
        if flag & COMMON and votes["person"] < 2:
            return None
        if votes[best] < 2 and _stands_in_lower_case(words, name):
            return None
        if flag & GIVEN:
            votes["person"] += 2.6
            votes["place"] = min(votes["place"], 2.0)
    if " " in name and first.kind is None:
        return "organisation" if votes["organisation"] + votes["person"] >= 2 and votes["place"] <= 0 else None
    if votes[best] <= 0:
        return None
    return best


def _stands_in_lower_case(words: Set[str], name: str) -> bool:
    """Whether a word that looks like a name is a common word elsewhere in the text, whose words are `words`."""
    lower = name.lower()
    return lower in words or f"{lower}," in words or f"{lower}." in words


def _vote(text: str, c: _Candidate, votes: dict[Kind, float]) -> None:
    before = _before(text, c.start, 30)
    words = before.split()
    word = words[-1].lower() if words and before[-1:] == " " else ""
    if _PERSON_AFTER.match(text, c.end):
        votes["person"] += 2
    elif text[c.end : c.end + 3] == ", a":
        if _APPOSITION.match(text, c.end):
            votes["organisation"] += 3
        else:
            votes["person"] += 1
    elif _OF_A_POLITICIAN.match(text, c.end):
        votes["person"] += 3
    elif _ORGANISATION_AFTER.match(text, c.end):
        votes["organisation"] += 2
    if word in _IN:
        votes["place"] += 2 if " " not in c.name else 1.5
    elif word in _FROM:
        votes["place"] += 3 if word == "of" and _KIND_OF_PLACE.search(before) else 0.5
    elif word == "at":
        votes["organisation"] += 1
    elif word == "the":
        votes["organisation"] += 1
        votes["person"] -= 2
    elif gazetteer.word_classes().get(word, 0) & ROLE:
        votes["person"] += 2
    if " " in c.name and text[c.end : c.end + 2] in ("'s", "’s"):
        votes["person"] += 1
    if text[c.end : c.end + 2] == ", ":
        container = text[c.end + 2 : c.end + 24].split(",")[0].split(" (")[0].split(". ")[0].rstrip(")")
        if container in gazetteer.containers():
            votes["place"] += 3


def collect(text: str, spans: Iterable[tuple[Kind, int, int]]) -> tuple[Mention, ...]:
    """One mention for each distinct kind and name, at its first span, with the fullest form that the article has."""
    found: dict[tuple[Kind, str], list[int]] = {}
    for kind, start, end in spans:
        key = (kind, " ".join(text[start:end].split()))
        entry = found.get(key)
        if entry:
            entry[2] += 1
        else:
            found[key] = [start, end, 1]
    plain = {key: (key[0], key[1].removeprefix("The ")) for key in found}
    fullest = _fullest(plain.values())
    return tuple(
        Mention(
            kind=kind,
            text=text[start:end],
            start=start,
            end=end,
            name=fullest.get(plain[kind, name], plain[kind, name][1]),
            count=count,
        )
        for (kind, name), (start, end, count) in found.items()
    )


def _fullest(found: Iterable[tuple[Kind, str]]) -> dict[tuple[Kind, str], str]:
    """Each name → the longest name of the same kind in the article that has its words, or its initials."""
    longer: dict[tuple[Kind, str], str] = {}
    for kind, name in found:
        words = name.split()
        while len(words) > 2 and words[-1] in entry_set("generations"):
            words.pop()
        if len(words) > 1 and kind == "person":
            for part in (words[-1], words[0], *(" ".join(words[k:]) for k in range(1, len(words) - 1))):
                longer.setdefault((kind, part), name)
        elif kind == "organisation" and words[-1] in entry_set("legal_forms"):
            longer.setdefault((kind, _without_legal_form(name)), name)
        elif len(words) > 2 and kind == "organisation":
            longer.setdefault((kind, "".join(w[0] for w in words if w[0].isupper())), name)
    return longer
