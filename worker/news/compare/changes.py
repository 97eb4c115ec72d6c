"""The changes between two states of an article, and whether they make a revision.

A revision is made when the compared text has changed: the text without whitespace, typography, counters, "updated 5
minutes ago", share bars and teasers. Programs that hash the text as it stands file a false edit for each of those.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

from wiredesk.worker.news.values.text import beyond_ascii
from wiredesk.worker.news.values.words import alternatives, any_of, table

ChangeKind = Literal[
    "boring", "minor", "update", "retitle", "correction", "withdrawn", "restored", "full_text", "reread", "embargo"
]
EditKind = Literal["same", "added", "removed", "changed"]

# Below this share of changed words, with every figure the same, an edit is polish: a typo, a comma, a synonym.
MINOR_SHARE = 0.05
# Up to this number of changed words an edit is polish too: in a short text their share is large.
MINOR_WORDS = 3
# Pairs of equal units (each place in the old text with each in the new) that one comparison of two texts may look at;
# paragraphs beyond it count as replaced. difflib's time grows with their number and, in the worst case, again with
# the length: paragraphs of 2,000 words over two letters took minutes. A long article has some 30,000 pairs.
MAX_EQUAL_PAIRS = 1_000_000
# The longest articles of the corpora have 200,000 characters; of a longer text the start is compared.
COMPARED_CHARACTERS = 1_000_000
# The number of old paragraphs after the current one among which a changed paragraph looks for its earlier form.
MAX_PARAGRAPHS_AHEAD = 20


@dataclass(frozen=True, slots=True)
class TextChange:
    """The difference between one state of an article and the next.

    `share_changed` (0 to 1) is the larger of the words added and the words removed, as a share of the longer text;
    moved paragraphs count nothing. `note` is the correction or the kill notice as published.
    """

    kind: ChangeKind
    share_changed: float
    headline_changed: bool
    words_added: int
    words_removed: int
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """One paragraph of a comparison. `words` gives the runs of a changed paragraph, in reading order."""

    kind: EditKind
    old: str
    new: str
    words: tuple[tuple[EditKind, str], ...] = ()


def describe(old_headline: str | None, old_body: str, new_headline: str | None, new_body: str) -> TextChange:
    """The change between two states; `boring` when their `meaning_sha256` is equal.

    A kill notice is `withdrawn`, its end `restored`. A correction note or slug that was not there before makes a
    `correction`. Otherwise a changed figure or enough changed words make an `update`, a new headline over much the
    same text a `retitle`, and the rest is `minor`.
    """
    if max(len(old_body), len(new_body)) > COMPARED_CHARACTERS:
        is_same = meaning_sha256(old_headline, old_body) == meaning_sha256(new_headline, new_body)
        change = describe(old_headline, old_body[:COMPARED_CHARACTERS], new_headline, new_body[:COMPARED_CHARACTERS])
        return change if is_same or change.kind != "boring" else replace(change, kind="minor")
    old_text, new_text = _compared_text(old_body), _compared_text(new_body)
    old_title, new_title = _plain(old_headline or ""), _plain(new_headline or "")
    headline_changed = _squeezed(old_title) != _squeezed(new_title)
    if not headline_changed and _squeezed(old_text) == _squeezed(new_text):
        return TextChange("boring", 0.0, False, 0, 0)
    old_words, new_words = Counter(_plain(old_text).split()), Counter(_plain(new_text).split())
    added, removed = (new_words - old_words).total(), (old_words - new_words).total()
    share = max(added, removed) / max(old_words.total(), new_words.total(), 1)
    kind: ChangeKind
    was_killed, killed = _kill_notice(old_headline, old_body), _kill_notice(new_headline, new_body)
    note = None
    if killed and not was_killed:
        kind, note = "withdrawn", killed
    elif was_killed and not killed:
        kind = "restored"
    elif note := _new_correction(old_headline, old_body, new_headline, new_body):
        kind = "correction"
    elif (share >= MINOR_SHARE and max(added, removed) > MINOR_WORDS) or _figures(old_words) != _figures(new_words):
        kind = "update"
    elif headline_changed and _without_slug(old_title) != _without_slug(new_title):
        kind = "retitle"
    else:
        kind = "minor"
    return TextChange(kind, share, headline_changed, added, removed, note)


def meaning_sha256(headline: str | None, body_text: str) -> str:
    """The meaning hash: hex SHA-256 of headline and compared text of the body. Equal hashes make no new revision."""
    squeezed = b"\n".join((_squeezed(headline or ""), _squeezed(_compared_text(body_text))))
    return hashlib.sha256(squeezed).hexdigest()


def is_withdrawal(headline: str | None, body_text: str) -> bool:
    """Whether this text is a kill notice: `KILL`, `EDITORS: please withdraw`, "this article has been removed"."""
    return _kill_notice(headline, body_text) is not None


def diff(old: str, new: str) -> tuple[Edit, ...]:
    """The paragraphs of two texts side by side, and the words inside those that changed.

    Leaving out what was added gives the old text, leaving out what was removed the new one.
    """
    before, after = _paragraphs(old), _paragraphs(new)
    budget = _Budget(MAX_EQUAL_PAIRS)
    edits: list[Edit] = []
    for operation in _operations(before, after, budget):
        old_ones = before[operation.old_start : operation.old_end]
        if operation.is_equal:
            edits += [Edit("same", p, p) for p in old_ones]
        else:
            edits += _block(old_ones, after[operation.new_start : operation.new_end], budget)
    return tuple(edits)


@dataclass(slots=True)
class _Budget:
    """The remaining cost that one comparison of two texts may have, in pairs of equal units."""

    pairs: int

    def allows(self, before: list[str], after: list[str]) -> bool:
        counts = Counter(after)
        pairs = sum(counts[unit] for unit in before)
        if pairs > self.pairs:
            return False
        self.pairs -= pairs
        return True


def _paragraphs(text: str) -> list[str]:
    return [p.strip() for p in text.split("\n\n") if p.strip()]


def _block(before: list[str], after: list[str], budget: _Budget) -> list[Edit]:
    """Pair each new paragraph with the next old one that shares half its words; the rest was added or removed."""
    edits: list[Edit] = []
    position = 0
    old_words = [set(paragraph.split()) for paragraph in before]
    for paragraph in after:
        words = set(paragraph.split())
        reach = range(position, min(position + MAX_PARAGRAPHS_AHEAD, len(before)))
        match = next((i for i in reach if _alike(words, old_words[i])), None)
        if match is None:
            edits.append(Edit("added", "", paragraph))
            continue
        edits += [Edit("removed", p, "") for p in before[position:match]]
        edits.append(Edit("changed", before[match], paragraph, _word_runs(before[match], paragraph, budget)))
        position = match + 1
    return edits + [Edit("removed", p, "") for p in before[position:]]


def _alike(one: set[str], other: set[str]) -> bool:
    return 2 * len(one & other) >= max(len(one), len(other))


def _word_runs(old: str, new: str, budget: _Budget) -> tuple[tuple[EditKind, str], ...]:
    before, after = old.split(), new.split()
    runs: list[tuple[EditKind, str]] = []
    for operation in _operations(before, after, budget):
        removed, added = before[operation.old_start : operation.old_end], after[operation.new_start : operation.new_end]
        if operation.is_equal:
            runs.append(("same", " ".join(removed)))
            continue
        if removed:
            runs.append(("removed", " ".join(removed)))
        if added:
            runs.append(("added", " ".join(added)))
    return tuple(runs)


class _Operation(NamedTuple):
    """Units of the old text and what stands for them in the new one, as half-open ranges."""

    is_equal: bool
    old_start: int
    old_end: int
    new_start: int
    new_end: int


def _operations(before: list[str], after: list[str], budget: _Budget) -> list[_Operation]:
    """difflib's operations, with equal ends taken off first and a bound on the cost of the middle."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    a, b = before[start : len(before) - end], after[start : len(after) - end]
    operations = [_Operation(True, 0, start, 0, start)] if start else []
    if (a and not b) or (b and not a) or (a and not budget.allows(a, b)):
        operations.append(_Operation(False, start, start + len(a), start, start + len(b)))
    elif a:
        for tag, i1, i2, j1, j2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
            operations.append(_Operation(tag == "equal", i1 + start, i2 + start, j1 + start, j2 + start))
    if end:
        operations.append(_Operation(True, len(before) - end, len(before), len(after) - end, len(after)))
    return operations


# Typography. Every quote mark becomes an apostrophe and every dash a hyphen: publishers' systems change them at will.
_TYPOGRAPHY = {
    **dict.fromkeys('"`´‘’‚‛“”„‟′″«»‹›「」『』', "'"),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", ""),
    **dict.fromkeys("•‣◦▪■●·", " "),
    "\u0085": " ",
    "\u2028": " ",
    "\u2029": " ",
}
# With these letters, and the marks above, compatibility normalisation changes nothing.
_STABLE = frozenset(map(chr, [*range(0xC0, 0x100)])) | _TYPOGRAPHY.keys()
_QUOTE_RUN = re.compile(r"'{2,10}")
_DASH = re.compile(r" ?-[ -]{0,10}")
_DOTS = re.compile(r"\.(?: ?\.){1,9}")
_GAP_BEFORE = re.compile(r" ([,.;:!?%)\]])")
_GAPS = tuple(f" {mark}" for mark in ",.;:!?%)]")
_LIST_MARK = re.compile(r"\s*(?:[*+>]{1,3}\s|[-–—•‣◦▪■●·]\s*)")
_LIST_MARKS = frozenset("*+>-–—•‣◦▪■●· \t")
_SPACE_BYTES = b" \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f"
_RUNS = {sign: re.compile(re.escape(sign) + b"{2,}") for sign in (b"'", b"-", b".")}


def _plain(text: str) -> str:
    """One line without typography, as the words that are compared."""
    text = " ".join(_without_typography(text).split())
    if "''" in text:
        text = _QUOTE_RUN.sub("'", text)
    if "-" in text:
        text = _DASH.sub("-", text)
    if ".." in text or ". ." in text:
        text = _DOTS.sub("...", text)
    return _GAP_BEFORE.sub(r"\1", text) if any(gap in text for gap in _GAPS) else text


def _squeezed(text: str) -> bytes:
    """The text without typography and without spaces, since changed spaces make no revision either.

    It takes a tenth of the time of `_plain`, and runs for every item that arrives.
    """
    squeezed = _without_typography(text).encode("utf-8", "surrogatepass").translate(None, _SPACE_BYTES)
    for sign in (b"'", b"-", b"."):
        if sign * 2 in squeezed:
            squeezed = _RUNS[sign].sub(sign, squeezed)
    return squeezed


def _without_typography(text: str) -> str:
    unusual = set(beyond_ascii(text))
    for mark in unusual & _TYPOGRAPHY.keys():
        text = text.replace(mark, _TYPOGRAPHY[mark])
    if not _STABLE.issuperset(unusual):
        text = unicodedata.normalize("NFKC", text)
    return text.replace('"', "'").replace("`", "'")


# Text of a page's furniture: times, counters, share bars. Matched against whole short lines only.
_NUMBER = r"(?:\d[\d.,' ]{0,11}|an?|one|eine[rm]?|une?|un[ao]?)"
_UNIT = rf"(?:{any_of('time_units', 'english')})"
_UNIT_ELSEWHERE = rf"(?:{any_of('time_units', 'elsewhere')})"
_AGO = (
    rf"(?:about |over |less than )?{_NUMBER} ?{_UNIT} ago|just now|moments ago|vor {_NUMBER} ?{_UNIT_ELSEWHERE}|"
    rf"il y a {_NUMBER} ?{_UNIT_ELSEWHERE}|h(?:ace|á) {_NUMBER} ?{_UNIT_ELSEWHERE}|{_NUMBER} ?{_UNIT_ELSEWHERE} fa"
)
_STAMP_WORD = (
    r"(?:last |first |most recently |zuletzt |derni[èe]re )?"
    rf"(?:{any_of('stamp_words', 'update', 'publish', 'noun', 'review', 'bare')})"
)
_COUNTED = rf"(?:{any_of('furniture', 'counted')})"
_SHARE_TARGET = rf"(?:{any_of('furniture', 'target')})"
# The beginnings of a time, so that "Updated figures show 15 dead" stays.
_TIME_OPENS = (
    r"(?=(?:(?:on|at|am|um|le|el|il|the)[ ,]){0,2}(?:\d|(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|"
    r"sep|oct|nov|dec|today|yesterday|lun|mié|jue|vie|sáb|dom|mer|jeu|ven|sam|dim|die|mit|don|fre|son)[a-zé]{0,7}\b))"
)
_BORING_PIECE = re.compile(
    rf"(?:{_AGO}|(?:this (?:story|article|page) was )?{_STAMP_WORD}:? ?(?:{_AGO}|{_TIME_OPENS}[\w ,.:/()+'-]{{0,60}})|"
    rf"{_NUMBER} ?[km]? ?{_COUNTED}|(?:no|be the first to) comments?|{_COUNTED}:? ?\(? ?\d[\d.,]{{0,9}}[km]? ?\)?|"
    rf"{_NUMBER} ?-?min(?:ute)?s?[ -](?:read|listen)|(?:read|listen) {_NUMBER} ?min(?:ute)?s?|"
    rf"(?:{any_of('furniture', 'reading_time')}):? ?{_NUMBER} ?(?:{_UNIT}|{_UNIT_ELSEWHERE})|"
    rf"(?:{any_of('furniture', 'share')})(?: (?:this|the))?(?: (?:article|story|page|post))?"
    rf"(?: ?(?:on|via|to|by|with|per|auf|sur|en|su|no))?:?(?: {_SHARE_TARGET}){{0,12}}|"
    rf"{_SHARE_TARGET}(?:[ ,]{{1,2}}{_SHARE_TARGET}){{0,12}}|"
    r"(?:post|leave|add|view|show|read|see)(?: (?:a|your|all|the|\d[\d,]{0,7}))? comments?(?: \(\d[\d,]{0,7}\))?|"
    r"comments?|"
    r"rating: ?\d(?:\.\d)? ?\(\d[\d,]{0,7} votes?\)|"
    r"click to [a-z ]{1,40}\(opens in (?:a )?new window\)|subscribe(?: now| today)?|"
    r"sign up (?:for|to) (?:our|the) [\w' -]{0,40}newsletters?|"
    r"listen(?: to this (?:article|story))?|"
    rf"{any_of('furniture', 'advert', 'read_on')}|advertising|sponsored content|"
    r"story continues below(?: advertisement)?|"
    r"continue reading|read (?:more|full story|the full story)|"
    r"loading(?:\.\.\.)?|skip advertisement|"
    r"follow us(?: on [\w ,]{1,60})?)[.!]?",
    re.IGNORECASE,
)
_PIECE_GAP = re.compile(r"(?: ?[|/;] ?| - |\t)")
_BORING_LONGEST = 120
_INLINE_AGO = re.compile(rf"[(\[]?\b{_STAMP_WORD}:? (?:{_AGO})[)\]]?\.?", re.IGNORECASE)
_TEASER_WORDS = rf"(?:{any_of('furniture', 'teaser')}|also on [\w ]{{1,30}}|more from [\w' .]{{1,40}})"
_TEASER_LINE = re.compile(rf"{_TEASER_WORDS} ?(?:[:>|]|- ).{{0,300}}", re.IGNORECASE)
_TEASER_HEADER = re.compile(rf"{_TEASER_WORDS} ?[:>]?", re.IGNORECASE)
_TEASERS_IN_BLOCK = 12
_TEASER_LONGEST = 160
# The longest line that may be furniture, typography included.
_FURNITURE_LONGEST = 200


def _compared_text(body_text: str) -> str:
    """The body without lines of a page's furniture, as running text."""
    return " ".join(_compared_lines(body_text))


def _compared_lines(body_text: str) -> Iterator[str]:
    tells_age = " ago" in body_text or "vor " in body_text or "il y a" in body_text
    teasers_left = 0
    for line in body_text.split("\n"):
        if not line:
            continue
        if line[0] in _LIST_MARKS:
            line = _LIST_MARK.sub("", line, count=1)
        if len(line) > _FURNITURE_LONGEST:
            teasers_left = 0
        else:
            line = _plain(line)
            if not line or (len(line) <= _BORING_LONGEST and _is_boring(line)):
                continue
            if len(line) <= _TEASER_LONGEST and _TEASER_LINE.fullmatch(line):
                teasers_left = _TEASERS_IN_BLOCK if _TEASER_HEADER.fullmatch(line) else 0
                continue
            if teasers_left and len(line) <= _TEASER_LONGEST and not line.rstrip("'").endswith((".", "!")):
                teasers_left -= 1
                continue
            teasers_left = 0
            if len(line) <= _BORING_LONGEST and _TEASER_HEADER.fullmatch(line):
                teasers_left = _TEASERS_IN_BLOCK
                continue
        yield _INLINE_AGO.sub("", line) if tells_age else line


def _is_boring(line: str) -> bool:
    if _BORING_PIECE.fullmatch(line):
        return True
    pieces = _PIECE_GAP.split(line)
    return len(pieces) > 1 and all(not p.strip() or _BORING_PIECE.fullmatch(p.strip()) for p in pieces)


# Wire slugs and publishers' notes. A slug is in capitals or set off by a colon, dash or bracket: "Correction looms for
# tech shares" is news.
_KILL_HEADLINE = re.compile(
    r"(?:[A-Z]{2,12}[-:. ]{1,3}){0,3}(?:BULLETIN |MANDATORY |URGENT )?(?:KILL(?:ED)?|WITHDRAWN?|WITHDRAWAL|"
    r"RETRACT(?:ED|ION)|STORY (?:REMOVED|WITHDRAWN|KILLED|DELETED))"
    r"(?:[ ]?[-:/,(]|[ ]NOTICE|[ ]ADVISORY|$)|"
    r"(?:(?i:withdrawn|retracted|retraction|killed|removed)[:]|\[(?i:withdrawn|retracted|removed|deleted)\])|"
    r"ATTENTION[ ]?-? ?ANNULATION"
)
_KILL_BODY = re.compile(
    r"(?:\W{0,3}(?:attention,? |note to |urgent )?(?:editors?|eds|subscribers|clients|"
    r"customers)\b[^\n]{0,200}?\b(?:kill|withdraw|disregard|do not (?:use|publish)|not be used|annul|spike)|"
    r"\W{0,3}(?:please |mandatory |bulletin )?(?:kill|withdraw|disregard) (?:the |this |our |"
    r"previous )?[^\n]{0,80}\b(?:story|article|item|report|copy|dispatch|headline|slugged)|"
    r"\W{0,3}(?:this|the|our) (?:story|article|report|post|item|page|content|piece)\b[^\n]{0,80}\b(?:has been|"
    r"have been|was|is being|is) (?:withdrawn|retracted|removed|taken down|unpublished|deleted|killed)|"
    r"\W{0,3}(?:the associated press|reuters|afp|the news agency)\b[^\n]{0,40} (?:has |is )?(?:withdrawn|"
    r"withdrawing|retracted|retracting|killed|killing) (?:its|the|this|a) (?:story|article|report|item)|"
    r"\W{0,3}dieser (?:artikel|beitrag) wurde (?:gel[öo]scht|zur[üu]ckgezogen|entfernt)|"
    r"\W{0,3}cet article a [ée]t[ée] (?:retir[ée]|supprim[ée])|\W{0,3}este art[íi]culo ha sido (?:retirado|eliminado))",
    re.IGNORECASE,
)
# A kill is short. Long copy that opens so is an article about a killing, or one with a note on top.
_KILL_LONGEST_WORDS = 150

_CORRECTION_SLUGS = alternatives(word.upper() for key in ("label", "mark") for word in table("corrections")[key])
_CORRECTION_HEADLINE = re.compile(
    r"(?:[A-Z]{2,12}[- ]){0,2}(?:C ?O ?R ?R ?E ?C ?T ?(?:E ?D|I ?O ?N|S)|REFILE|"
    rf"{_CORRECTION_SLUGS})\b|"
    rf"(?i:{any_of('corrections', 'note', 'label', 'verb')}|refile)\d? ?[-:(]|"
    rf".{{0,300}}[(\[](?i:{any_of('corrections', 'note', 'label', 'verb', 'mark')})[)\]]$"
)
_CORRECTION_BODY = re.compile(
    r"\W{0,4}(?:(?:eds|editors|editor'?s note|note|note to editors?|update)[:,.]? ?[^\n]{0,80}?)?"
    r"(?:(?<=\()correct(?:s|ed|ing) |correct(?:s|ed|ing) (?:to|that|the|a|an|name|spelling|date|day|year|figure|"
    r"number|headline|first|second|third|last|lead|paragraph|para|in|typo|by|story|version|misspell|title|age)\b|"
    r"corrections?(?: and clarifications?)?(?: ?[:(]| \d| appended| on )|clarification ?[:(]|"
    r"(?:an |a )?(?:earlier|previous|original) versions? of (?:this|the)|"
    r"(?:this|the) (?:story|article|report|post|item|piece|headline|version|copy)\b[^\n]{0,60}\b(?:corrects|"
    r"corrected|amended|has been (?:corrected|clarified|amended)|was (?:corrected|amended|clarified))|"
    r"repeats? to correct|refil(?:es|ing) to (?:correct|fix|remove|add|change)|"
    rf"(?:{any_of('corrections', 'label')}) ?[:(]|"
    r"annule et remplace|in einer (?:fr[üu]heren|vorherigen) version|"
    r"une (?:premi[èe]re )?version (?:pr[ée]c[ée]dente|ant[ée]rieure)|"
    r"una versi[óo]n anterior)",
    re.IGNORECASE,
)
_SLUG = re.compile(
    r"(?:(?:UPDATE|WRAPUP|RPT|REPEAT|REFILE|URGENT|ALERT|BREAKING|ADV|LEAD|SNAP)[ -]?\d{0,2} ?[-:] ?){1,3}"
)
_NOTE_LONGEST = 400


def _kill_notice(headline: str | None, body_text: str) -> str | None:
    if headline and _KILL_HEADLINE.match(headline.strip()):
        return headline.strip()
    if not body_text or len(body_text) > _KILL_LONGEST_WORDS * 12 or len(body_text.split()) > _KILL_LONGEST_WORDS:
        return None
    for line in _notes(body_text):
        if _KILL_HEADLINE.match(line) or _KILL_BODY.match(line.replace("’", "'")):
            return line
    return None


def _new_correction(old_headline: str | None, old_body: str, new_headline: str | None, new_body: str) -> str | None:
    """The correction that only the new state carries, as published."""
    if new_headline and _CORRECTION_HEADLINE.match(new_headline):
        known = _plain(old_headline or "")
        if not _CORRECTION_HEADLINE.match(old_headline or "") and known != _plain(new_headline):
            return _correction_in(new_body) or new_headline
    known_notes = {_plain(line) for line in _corrections(old_body)}
    return next((line for line in _corrections(new_body) if _plain(line) not in known_notes), None)


def _correction_in(body_text: str) -> str | None:
    return next(_corrections(body_text), None)


def _corrections(body_text: str) -> Iterator[str]:
    for line in _notes(body_text):
        if _CORRECTION_BODY.match(line.replace("’", "'")) or _CORRECTION_HEADLINE.match(line):
            yield line


def _notes(body_text: str) -> Iterator[str]:
    """The lines that may open with a note; only their first characters are ever matched."""
    for line in body_text.split("\n"):
        if stripped := line.strip():
            yield stripped[:_NOTE_LONGEST]


def _without_slug(headline: str) -> str:
    return headline[match.end() :] if (match := _SLUG.match(headline)) else headline


def _figures(words: Counter[str]) -> Counter[str]:
    """The words that carry digits, without the punctuation around them."""
    return Counter({w: n for w, n in words.items() if any(c.isdigit() for c in w)})
