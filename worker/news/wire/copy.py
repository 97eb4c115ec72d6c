"""Plain-text wire copy read as an editor reads it: masthead, slug, marks, headline, byline, dateline, body, credits.

The head is everything above the dateline, or above the first line of prose where there is none; the tail is what
follows the last paragraph. Lines of both are recognised one by one; whatever is not recognised stays in the copy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.model import Author, Dateline, Draft, Evidence, Moment
from wiredesk.worker.news.values.agencies import attribute, find_agency, named
from wiredesk.worker.news.values.authors import read_authors
from wiredesk.worker.news.values.dates import read_moment
from wiredesk.worker.news.wire import lines as wirelines
from wiredesk.worker.news.wire.dateline import find_dateline, is_dated_or_credited, may_open, reporters_in
from wiredesk.worker.news.wire.joining import Line, body_paragraphs, logical_lines, mend

_HEAD_LINES = 30  # press releases have the longest heads: logo line, contacts, date, headline, three sub-headlines
_TAIL_LINES = 25
_LONG_PROSE = 180  # characters; no headline is longer
_LONG_HEADLINE = 130  # characters; what is longer and ends with a full stop is the first paragraph
_LONGEST_CREDIT = 600  # characters; the reporters of a round-up from ten towns
_REPORTERS_PLACE = re.compile(r"\s(?:in|from|at)\s[^\W\d_a-z]\w{0,20}(?:\s[^\W\d_a-z]\w{0,20}){0,2}")
_HAS_WORD = re.compile(r"\w")
_RUNS_ON = re.compile(r"(?:,|-|\b(?:AND|OF|THE|TO|IN|FOR|A))$")


@dataclass(slots=True)
class _Copy:
    """The values that the lines of head and tail gave."""

    source: str | None = None
    headline: str | None = None
    subheads: list[str] = field(default_factory=list)
    bylines: list[str] = field(default_factory=list)
    credits: list[str] = field(default_factory=list)
    rights: str | None = None
    agency_line: str | None = None
    subject: str | None = None
    moment: Moment | None = None
    flags: dict[str, None] = field(default_factory=dict)
    evidence: list[Evidence] = field(default_factory=list)

    def saw(self, name: str, where: str, value: str, *, chosen: bool = True) -> None:
        self.evidence.append(Evidence(name, where, value[:300], chosen))

    def flag(self, name: str, where: str, value: str) -> None:
        self.flags.setdefault(name)
        self.saw("flags", where, f"{name}: {value}")


def read_wire_copy(text: str, *, received_at: datetime | None) -> Draft:
    """One article out of plain text. Raises `Rejected("empty")` when no text is left.

    The headline stays as it was written, marks like `UPDATE 1-` included; `flags` has what they mean. Only a dateline
    with a day, or a line of the head that is a date, gives `published`.
    """
    copy = _Copy()
    text = _without_mail_header(mend(text), copy, received_at)
    lines = logical_lines(text)
    if wirelines.may_hold_desk_block(text):
        lines = _without_desk_blocks(lines, copy)
    if not lines:
        raise Rejected("empty", "the text has no visible character")
    start, dateline = _body_start(lines, received_at)
    _read_head(lines[:start], copy, received_at)
    body_lines = [line for line in lines[start:] if not wirelines.PICTURE.fullmatch(line.text)]
    body_lines = _read_tail(_without_opening_notes(body_lines, copy), copy)
    body_text = body_paragraphs(body_lines)
    if not body_text and not copy.headline:
        raise Rejected("empty", "nothing but marks, credits or blank lines")
    if wirelines.kills(body_text):
        copy.flag("withdrawn", "body", body_text)
    copy.headline = copy.headline or copy.subject
    if dateline is None or not body_text.startswith(dateline.text, dateline.start):
        dateline = find_dateline(body_text, received_at=received_at)
    if dateline is not None and dateline.start:
        body_text, dateline = _without_inline_byline(body_text, dateline, copy)
    return _draft(copy, body_text, dateline)


_MAIL_FIELD = re.compile(
    r"(From|To|Cc|Bcc|Subject|Date|Sent|Reply-To|Sender|Message-ID|MIME-Version|Content-[A-Za-z-]{4,30}|List-[A-Za-z-]{2,20}"
    r"|Received|Return-Path|Delivered-To|X-[A-Za-z-]{2,30}):[ ]?(.{0,998})"
)
_SUBJECT_PREFIX = re.compile(r"(?:(?:re|fwd?|aw|wg|tr):\s{0,3}|\[[^\]\n]{1,30}\]\s{0,3}){1,4}", re.I)
_LONGEST_MAIL_HEADER = 200  # lines


def _without_mail_header(text: str, copy: _Copy, received_at: datetime | None) -> str:
    """Copy that came by mail without the header on top; its subject and date serve where the copy has none."""
    lines = text.lstrip("\n").split("\n", _LONGEST_MAIL_HEADER)
    fields: dict[str, str] = {}
    end = 0
    for line in lines[:_LONGEST_MAIL_HEADER]:
        found = _MAIL_FIELD.fullmatch(line.rstrip())
        if found:
            fields.setdefault(found[1], found[2].strip())
        elif not (fields and line[:1] == " "):
            break
        end += 1
    if len(fields) < 2 or not fields.keys() & {"From", "Subject"}:
        return text
    copy.subject = _SUBJECT_PREFIX.sub("", fields.get("Subject", ""), count=1) or None
    if date := fields.get("Date") or fields.get("Sent"):
        copy.moment = read_moment(date, source="head", received_at=received_at)
    return "\n".join(lines[end:])


_SEPARATOR_LINE = re.compile(r"(?:[*#_=-] ?){2,40}")


def _without_desk_blocks(lines: list[Line], copy: _Copy) -> list[Line]:
    """The copy without what the agency tells desks only. Its words go nowhere, into the evidence neither.

    Below the text such a block reaches to the end of the copy; above it, to the first line of prose without an address.
    """
    for i, line in enumerate(lines):
        notice = len(line.text) <= _LONGEST_NOTICE and wirelines.NOT_FOR_PUBLICATION.match(line.text)
        if notice:
            copy.flags.setdefault("not_for_publication")
        elif not wirelines.NOTEPAD.fullmatch(line.text):
            continue
        above = lines[:i]
        if any(before.prose and len(before.text) > _LONGEST_NOTICE / 2 for before in above):
            while above and _SEPARATOR_LINE.fullmatch(above[-1].text):
                above.pop()
            return above
        end = i + 1
        while end < len(lines) and _is_desks(lines[end], line):
            end += 1
        return [*above, *_without_desk_blocks(lines[end:], copy)]
    return lines


def _is_desks(line: Line, notice: Line) -> bool:
    text = line.text
    return line.block == notice.block or text[0] in "-*#•" or wirelines.CONTACT_LINE.search(text) is not None


_LONGEST_NOTICE = 200  # characters


def without_desk_blocks(body_text: str) -> str:
    """The paragraphs above the first notice that what follows is not for publication."""
    if not wirelines.may_hold_desk_block(body_text):
        return body_text
    paragraphs = body_text.split("\n\n")
    for i, paragraph in enumerate(paragraphs):
        if len(paragraph) <= _LONGEST_NOTICE and wirelines.NOT_FOR_PUBLICATION.match(paragraph):
            return "\n\n".join(paragraphs[:i])
    return body_text


def _without_inline_byline(body_text: str, dateline: Dateline, copy: _Copy) -> tuple[str, Dateline]:
    """The body from its dateline on; what stands before it is a byline (`By Jane Doe PARIS (AP) —`) or a mark."""
    before = body_text[: dateline.start].strip()
    if wirelines.BYLINE.fullmatch(before):
        copy.bylines.append(before)
    moved = replace(dateline, start=0, end=dateline.end - dateline.start)
    return body_text[dateline.start :], moved


def _draft(copy: _Copy, body_text: str, dateline: Dateline | None) -> Draft:
    byline = ", ".join(copy.bylines) or None
    authors = read_authors(byline, source="byline") if byline else ()
    if dateline and not authors and (reporters := reporters_in(dateline)):
        byline = reporters
        authors = read_authors(_CLOSED_NAMES.sub(", ", reporters), source="dateline")
    authors = _each_once((*authors, *_contributors(copy))) if authors else authors
    attributed = attribute(
        dateline=dateline.agency if dateline else None,
        credit=copy.agency_line or next((line for line in copy.credits if find_agency(line)), None),
        byline=byline,
        rights=copy.rights,
        source=copy.source,
    )
    published = _published(dateline, copy)
    if copy.headline:
        copy.saw("headline", "head", copy.headline)
    if copy.source:
        copy.saw("source", "masthead", copy.source)
    if byline:
        copy.saw("byline", "copy", byline)
    if dateline:
        copy.saw("dateline", "body", dateline.text)
    if attributed:
        copy.saw("agency", attributed.source, attributed.evidence)
    if published:
        written = dateline.text if dateline and published.source == "dateline" else published.at.isoformat()
        copy.saw("published", published.source, written)
    return Draft(
        headline=copy.headline,
        body_text=body_text,
        description="\n".join(copy.subheads) or None,
        byline=byline,
        authors=authors or _reporting_authors(copy),
        source=copy.source,
        published=published,
        dateline=dateline,
        agency=attributed.agency if attributed else None,
        agency_source=attributed.source if attributed else None,
        flags=tuple(copy.flags),
        evidence=tuple(copy.evidence),
    )


_CLOSED_NAMES = re.compile(r"[、·]|(?<=[가-힣])\s(?=[가-힣])")
_CONTRIBUTOR = re.compile(
    r"(?:.{0,60}\b(?:writers?|reporters?|correspondents?|journalists?),?\s)?([^\W\d_a-z][^.;]{3,80}?)"
    r"(?:\s(?:in|from|at)\s.{2,80})?\s(?:also )?contributed to this\b"
)


def _contributors(copy: _Copy) -> tuple[Author, ...]:
    """`Associated Press writer Jane Doe in Riga contributed to this report.`"""
    for line in copy.credits:
        if found := _CONTRIBUTOR.match(line):
            return read_authors(found[1], source="credit")
    return ()


def _each_once(authors: tuple[Author, ...]) -> tuple[Author, ...]:
    return tuple({author.name: author for author in reversed(authors)}.values())[::-1]


def _published(dateline: Dateline | None, copy: _Copy) -> Moment | None:
    if dateline and dateline.date:
        day = dateline.date
        return Moment(datetime(day.year, day.month, day.day, tzinfo=UTC), "day", "dateline", zone_known=False)
    return copy.moment


def _reporting_authors(copy: _Copy) -> tuple[Author, ...]:
    """`(Reporting by Jane Doe in Paris and John Roe; Editing by …)`: reporters are authors, editors are not."""
    for line in copy.credits:
        if found := wirelines.REPORTING.match(line):
            return read_authors(_REPORTERS_PLACE.sub("", found[1]), source="credit")
    return ()


def _body_start(lines: list[Line], received_at: datetime | None) -> tuple[int, Dateline | None]:
    """The index of the line that the body begins with: the dateline's, else the first after the headline."""
    weak: tuple[int, Dateline] | None = None
    for i, line in enumerate(lines[:_HEAD_LINES]):
        text = line.text
        if len(text) < 80 and 0 < i < len(lines) - 1:  # a place and a day may stand alone above the text
            text = f"{text}\n{lines[i + 1].text}"
        found = _opens_with_dateline(text, received_at)
        if found is not None:
            if is_dated_or_credited(found) and (i or len(line.text) > len(found.text) + 20):
                return i, found
            if weak is None and (i or len(lines) == 1 or len(line.text) > _LONG_PROSE):
                weak = i, found
        if line.prose and len(line.text) > _LONG_PROSE and (i or found is not None):
            break
    return weak or (_first_prose(lines), None)


def _opens_with_dateline(text: str, received_at: datetime | None) -> Dateline | None:
    return find_dateline(text, received_at=received_at) if may_open(text[0]) or text[0] == "*" else None


def _first_prose(lines: list[Line]) -> int:
    """Without a dateline: the line below the headline, and below what belongs to the headline."""
    i = 0
    while i < len(lines) and i < _HEAD_LINES and _is_furniture(lines[i].text):
        i += 1
    if i < len(lines) - 2 and wirelines.is_masthead(lines[i].text):
        i += 1
    if i >= len(lines) - 1 or (len(lines[i].text) > _LONG_HEADLINE and lines[i].prose) or _is_list(lines, i):
        return min(i, len(lines))
    headline = lines[i]
    i += 1
    while i < len(lines) - 1 and i < _HEAD_LINES:
        line, after = lines[i], lines[i + 1]
        belongs_to_headline = line.block == headline.block != after.block and len(line.text) < _LONG_PROSE
        if not (_is_furniture(line.text) or _is_byline_or_date(line.text) or belongs_to_headline):
            is_subhead = not line.prose and 20 < len(line.text) < 130 and after.prose and len(after.text) > 120
            return i + is_subhead
        i += 1
    return i


def _is_list(lines: list[Line], i: int) -> bool:
    """Whether the line opens a block of five lines without prose, which is a table or a list and no head."""
    block = lines[i : i + 5]
    return len(block) == 5 and all(line.block == lines[i].block and not line.prose for line in block)


def _is_byline_or_date(text: str) -> bool:
    return bool(wirelines.BYLINE.fullmatch(text) or wirelines.WRITER.fullmatch(text) or wirelines.is_date(text))


def _is_furniture(text: str) -> bool:
    return bool(
        wirelines.SLUG.fullmatch(text)
        or wirelines.EMBARGO.match(text)
        or wirelines.IMMEDIATE.fullmatch(text)
        or (len(text) < 200 and wirelines.is_note(text))
        or wirelines.agency_alone(text)
    )


def _read_head(lines: list[Line], copy: _Copy, received_at: datetime | None) -> None:
    rest = [line for line in lines if not _read_head_line(line.text, copy, received_at) and _HAS_WORD.search(line.text)]
    if not rest:
        if copy.bylines and lines[0].text == copy.bylines[0]:  # `By Land and Sea` is a headline where there is no other
            copy.headline = copy.bylines.pop(0)
        return
    texts = [line.text.rstrip("; =") for line in rest]
    if len(texts) > 1 and wirelines.is_masthead(texts[0], loose=rest[0].block != rest[1].block):
        copy.source = texts.pop(0)
    if len(texts) > 1 and texts[0].isupper() and texts[1].isupper() and _RUNS_ON.search(texts[0]):
        texts[:2] = [f"{texts[0]} {texts[1]}"]
    written, *copy.subheads = texts
    copy.headline, labels = wirelines.without_transmission(written)
    for flag in (*labels, *wirelines.marks(copy.headline)):
        copy.flag(flag, "head", written)
    for line in texts:
        if wirelines.is_kill(line):
            copy.flag("withdrawn", "head", line)


def _read_head_line(text: str, copy: _Copy, received_at: datetime | None) -> bool:
    """Whether the line was something else than masthead, headline or sub-headline."""
    if len(text) > 200:
        return False
    if wirelines.EMBARGO.match(text):
        copy.flag("embargo", "head", text)
    elif wirelines.IMMEDIATE.fullmatch(text):
        copy.flag("release", "head", text)
    elif wirelines.SLUG.fullmatch(text):
        copy.saw("slug", "head", text)
        for flag in wirelines.slug_marks(text):
            copy.flag(flag, "slug", text)
    elif _is_byline(text, copy):
        copy.bylines.append(text)
    elif agency := wirelines.agency_alone(text):
        copy.agency_line = copy.agency_line or agency
    elif wirelines.is_note(text):
        copy.flag("withdrawn" if wirelines.is_kill(text) else wirelines.note_flag(text), "note", text)
    elif mark := wirelines.mark_alone(text):
        copy.flag(mark, "head", text)
    elif wirelines.is_date(text):
        bare = wirelines.without_date_label(text)
        copy.moment = copy.moment or read_moment(bare, source="head", received_at=received_at)
    elif wirelines.CONTACT_LINE.search(text) and (wirelines.CONTACT.match(text) or "@" in text or "www." in text):
        copy.saw("contact", "head", text)
    elif wirelines.RIGHTS.search(text):
        copy.rights = copy.rights or text
    else:
        return False
    return True


def _is_byline(text: str, copy: _Copy) -> bool:
    if copy.bylines and wirelines.WRITER.fullmatch(text):
        return True
    return wirelines.BYLINE.fullmatch(text) is not None and bool(read_authors(text, source="byline"))


def _without_opening_notes(lines: list[Line], copy: _Copy) -> list[Line]:
    """Notes in brackets and rights lines that stand between headline and text."""
    start = 0
    while start < min(len(lines) - 1, _HEAD_LINES) and len(lines[start].text) < 400:
        text = lines[start].text
        if text[0] in "([*" and wirelines.NOTE.match(text):
            copy.flag(wirelines.note_flag(text), "note", text)
        elif wirelines.RIGHTS.match(text) or (copy.rights is not None and copy.rights.isupper() and text.isupper()):
            copy.rights = copy.rights or text
        else:
            break
        start += 1
    return lines[start:]


def _read_tail(lines: list[Line], copy: _Copy) -> list[Line]:
    """The lines without marks, credits, contacts and notes at the end."""
    lines = _cut_contacts(_cut_at_end_mark(_without_page_breaks(lines, copy), copy), copy)
    end = len(lines)
    closed = end > 1 and (lines[-2].prose or wirelines.CLOSING.search(lines[-2].text[-40:]))
    if closed and wirelines.INITIALS.fullmatch(lines[-1].text):
        end -= 1
    while end:
        line = lines[end - 1]
        if end == 1 and not (len(line.text) <= 24 and wirelines.END.fullmatch(line.text)):
            break
        if len(line.text) > _LONGEST_CREDIT or not _read_tail_line(line, copy):
            break
        end -= 1
    return _without_closing(lines[:end], copy)


def _without_page_breaks(lines: list[Line], copy: _Copy) -> list[Line]:
    """A story that was sent in pages, without `(MORE)` at the end of each and `ADD1 …` on top of the next."""
    breaks = {i for i, line in enumerate(lines[1:], 1) if len(line.text) <= 80 and wirelines.PAGE.fullmatch(line.text)}
    if not breaks:
        return lines
    copy.flag("more", "body", lines[min(breaks)].text)
    ends = {i - 1 for i in breaks if wirelines.MORE.fullmatch(lines[i - 1].text)}
    return [line for i, line in enumerate(lines) if i not in breaks and i not in ends]


def _without_closing(lines: list[Line], copy: _Copy) -> list[Line]:
    """The last line without the agency's own mark behind its last sentence."""
    if not lines:
        return lines
    text = lines[-1].text
    found = wirelines.CLOSING.search(text, max(0, len(text) - 40))
    if not found:
        return lines
    name = found["agency"] or found["desk"]
    if name is not None and not named(name):
        return lines
    copy.agency_line = copy.agency_line or name
    copy.saw("credit", "tail", found[0].strip())
    return [*lines[:-1], lines[-1]._replace(text=text[: found.start()], raw=text[: found.start()])]


def _read_tail_line(line: Line, copy: _Copy) -> bool:
    """Whether the line is no part of the text."""
    text = line.text
    if len(text) <= 24 and wirelines.END.fullmatch(text):
        if wirelines.MORE.fullmatch(text):
            copy.flag("more", "tail", text)
        copy.agency_line = copy.agency_line or wirelines.agency_alone(text.title())
    elif len(text) <= 120 and wirelines.MAIL.fullmatch(text):
        pass  # the reporter's address is kept nowhere
    elif len(text) <= 140 and wirelines.DESK_INITIALS.fullmatch(text):
        copy.saw("desk", "tail", text)
    elif wirelines.RIGHTS.match(text):
        copy.rights = copy.rights or text
    elif wirelines.CREDIT.match(text) or wirelines.CONTRIBUTED.fullmatch(text):
        copy.credits.append(text)
        copy.saw("credit", "tail", text)
    elif (text[0] in "([" and wirelines.NOTE.match(text)) or wirelines.HISTORY.match(text):
        copy.flag(wirelines.note_flag(text), "note", text)
    elif _is_closing_byline(line):
        copy.bylines.append(text.strip(" -–—()"))
    elif agency := wirelines.agency_alone(text):
        copy.agency_line = copy.agency_line or agency
    elif wirelines.SOURCE_LINE.fullmatch(text) or wirelines.INVITATION.fullmatch(text):
        copy.saw("source", "tail", text, chosen=False)
    elif wirelines.SLUG.fullmatch(text):
        copy.saw("slug", "tail", text)
    else:
        return False
    return True


def _is_closing_byline(line: Line) -> bool:
    """`By Jane Doe`, `— Jane Doe` below the text."""
    text = line.text
    dashed = text[0] in "-–—" and len(text) < 60
    if not dashed and (len(text) >= 120 or line.prose or not wirelines.BYLINE.fullmatch(text)):
        return False
    return 0 < len(read_authors(text, source="byline")) <= (2 if dashed else 6)


def _cut_at_end_mark(lines: list[Line], copy: _Copy) -> list[Line]:
    """`ENDS`, `-30-` or `###` alone on a line: what follows are notes, contacts and boilerplate."""
    for i in range(len(lines) - 1, max(0, len(lines) - 1 - _TAIL_LINES * 2), -1):
        text = lines[i].text
        if len(text) <= 12 and wirelines.HARD_END.fullmatch(text) and (text.isupper() or text[0] in "#-([*"):
            for line in lines[i + 1 :]:
                if wirelines.CONTACT.match(line.text) or wirelines.CONTACT_LINE.search(line.text):
                    copy.saw("contact", "tail", line.text)
                elif len(line.text) <= _LONGEST_CREDIT:
                    _read_tail_line(line, copy)
            return lines[:i]
    return lines


def _cut_contacts(lines: list[Line], copy: _Copy) -> list[Line]:
    """A contact block: a line that says so, and short lines or addresses below it."""
    for i in range(max(1, len(lines) - _TAIL_LINES), len(lines)):
        text = lines[i].text
        if len(text) < 200 and wirelines.CONTACT.match(text):
            below = lines[i:]
            if all(len(line.text) < 160 or wirelines.CONTACT_LINE.search(line.text) for line in below):
                for line in below:
                    copy.saw("contact", "tail", line.text)
                return lines[:i]
    return lines
