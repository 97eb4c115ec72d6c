"""Plain-text wire copy read as an editor reads it: masthead, slug, marks, headline, byline, dateline, body, credits.

The head is everything above the dateline, or above the first line of prose where there is none; the tail is what
follows the last paragraph. Lines of both are recognised one by one; whatever is not recognised stays in the copy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from worker.errors import Rejected
from worker.news.agencies import attribute, find_agency, named
from worker.news.authors import read_authors
from worker.news.dateline import find_dateline, is_dated_or_credited
from worker.news.dates import is_weekday, month_number, read_moment
from worker.news.joining import Line, body_paragraphs, logical_lines, mend
from worker.news.model import Author, Dateline, Draft, Evidence, Moment

_HEAD_LINES = 30  # press releases have the longest heads: logo line, contacts, date, headline, three sub-headlines
_TAIL_LINES = 25
_LONG_PROSE = 180  # characters; no headline is longer
_LONG_HEADLINE = 130  # characters; what is longer and ends with a full stop is the first paragraph

_SLUG = re.compile(
    r"(?:[a-z]{1,2}\d{3,4}\b.{0,60}|(?:BC|AM|PM|bc|am|pm)-[\w-]{2,60}(?:[,\s].{0,60})?"
    r"|[A-Z0-9]{2,20}(?:[-/][A-Z0-9.&]{1,20}){1,6}/?(?:\s?\((?:[A-Z0-9, ]{2,40})\))?|\^.{0,80}=?|[A-Z]{2}\d{3,}.{0,40}"
    r"|(?:slug|keyword|keywords|category|priority|word ?count|wordcount|ref|topic|section)\s?:.{0,120}|[-_=*~#\s]{3,})"
)
_MARK = re.compile(
    r"[(\[*\s/]{0,4}(UPDATE|UPDATED|CORRECTED|CORRECTION|CORRECTS|CORRECTIVE|REFILE|REFILED|RPT|REPEAT|WRAPUP|WRAP"
    r"|URGENT|EXCLUSIVE|"
    r"BREAKING|BREAKING NEWS|ALERT|FLASH|BULLETIN|ADVISORY|ANALYSIS|FACTBOX|FEATURE|INTERVIEW|ROUNDUP|LEAD|LD|\d(?:ST"
    r"|ND|RD|TH)[ -]?"
    r"(?:LD|LEAD)|1st Ld|\d(?:st|nd|rd|th) (?:Ld|LD|Lead)|Writethru|WITHDRAWN|WITHDRAWAL|KILL|REPEATING|RECASTS"
    r"|ADVANCE|ADDS|"
    r"EILMELDUNG|KORREKTUR|CORRECTIF|CORRECCIÓN|URGENTE|EXCLUSIF|ACTUALIZACIÓN)"
    r"(?:[ -]?\d{1,2}(?=[\s\-–—:)\]/]|$)|(?=\s?[-–—:)\]/]|$))"
)
_END_MARK = re.compile(r"\((?:(?:\d(?:ST|ND|RD|TH) )?(?:LEAD|LD)|UPDATED?|CORRECTED|URGENT|EXCLUSIVE)(?:[ -]?\d)?\)$|"
                       r"[-–—]\s?(?:CORRECTED|UPDATED?)$")  # fmt: skip
_FLAGS = {
    "UPDATE": "update", "UPDATED": "update", "ACTUALIZACIÓN": "update", "ADDS": "update", "RECASTS": "update",
    "WRAPUP": "update", "WRAP": "update", "LEAD": "update", "LD": "update", "WRITETHRU": "update",
    "CORRECTED": "corrected", "CORRECTION": "corrected", "CORRECTS": "corrected", "CORRECTIVE": "corrected",
    "KORREKTUR": "corrected", "CORRECTIF": "corrected", "CORRECCIÓN": "corrected",
    "REFILE": "refile", "REFILED": "refile", "RPT": "repeat", "REPEAT": "repeat", "REPEATING": "repeat",
    "URGENT": "urgent", "URGENTE": "urgent", "BREAKING": "urgent", "BREAKING NEWS": "urgent", "ALERT": "urgent",
    "FLASH": "urgent", "BULLETIN": "urgent", "EILMELDUNG": "urgent", "EXCLUSIVE": "exclusive", "EXCLUSIF": "exclusive",
    "ADVISORY": "advisory", "ANALYSIS": "analysis", "FACTBOX": "factbox", "FEATURE": "feature",
    "INTERVIEW": "interview",
    "ROUNDUP": "roundup", "WITHDRAWN": "withdrawn", "WITHDRAWAL": "withdrawn", "KILL": "withdrawn",
    "ADVANCE": "advance",
}  # fmt: skip
_EMBARGO = re.compile(
    r"\W{0,4}(?:(?:STRICT(?:LY)? )?EMBARGO(?:ED)?\b|not for (?:publication|release|broadcast) (?:before|until)\b|"
    r"hold (?:for release|until)\b|sperrfrist\b|sous embargo\b|embargad[oa]\b|for release\b(?! (?:on|in) demand)|"
    r"for (?:release|publication) (?:at|on|after)\b|advance for\b)",
    re.I,
)
_IMMEDIATE = re.compile(r"\W{0,4}(?:for immediate release|pour diffusion immédiate|zur sofortigen veröffentlichung|"
                        r"press release|news release|media release|pressemitteilung|communiqué de presse|"
                        r"comunicado de prensa|comunicato stampa)\W{0,4}$", re.I)  # fmt: skip
_NOTE = re.compile(
    r"[(\[\s*]{0,3}(?:eds?:|editors?['’]? ?s? ?(?:note|please note|advisory)\b|eds? note|note to editors?"
    r"|notes? for editors|"
    r"attention:? editors|attn:|(?:this|the) story (?:has been|was) (?:updated|corrected)|corrects?\b|correcting\b|"
    r"recasts?\b|adds?\b|updates?\b(?= with|.{0,40}\bthroughout)|refiles?\b|repeats?\b|removes\b|edits\b|clarifies\b|"
    r"with photos?\b|trigger warning|content warning|fixes\b|anm\.? d\.? red|hinweis an die redaktion|"
    r"redaktionelle hinweise)",
    re.I,
)
_BYLINE = re.compile(
    r"[-–—(\s]{0,4}(?:(?i:by|von|par|por|di|av|af|door|od)\s+(?:our |unser(?:em|er) |notre )?[^\W\d_a-z].{1,140}"
    r"|(?i:autor(?:in)?|текст|автор|text):\s.{2,100}|(?i:written|story) by [^\W\d_a-z].{2,100})"
)
_WRITER = re.compile(
    r"(?:(?:The )?(?:Associated Press|AP|UPI|Reuters|AFP|Knight Ridder|McClatchy|[A-Z]\w+(?: [A-Z]\w+){0,3})\s+)?"
    r"(?:(?:staff|senior|sports|business|science|political|foreign|special|diplomatic|military|medical|national|chief|"
    r"technology|economics|religion|legal|music|television|movie|tv) ){0,2}(?:writers?|correspondents?|reporters?"
    r"|editors?)\W{0,2}$",
    re.I,
)
_CREDIT = re.compile(
    r"[(\[\s-]{0,3}(?:(?:additional |further )?(?:reporting|writing|compiled|editing|edited|written|translated"
    r"|translation|"
    r"graphics?|photos?|with (?:reporting|files|additional reporting|contributions)|contributions?|contributed"
    r"|reported) "
    r"(?:by|from)\b|reporting:|writing:|editing:|redaktion:|\(?(?:c|©)\)? ?\d{4}\b|copyright\b|©|all rights reserved|"
    r"with (?:afp|ap|reuters|dpa|inputs from|agency inputs)\b|source:|quelle:|fuente:|fonte:|источник:|"
    r"nota? de la redacci|distributed by\b|this (?:story|report) was (?:first )?(?:written|produced|published"
    r"|reported)\b)",
    re.I,
)
_REPORTING = re.compile(r"[(\s]{0,3}(?:reporting|written|writing|reported|compiled) by:?\s+([^;()]{3,200})", re.I)
_CONTRIBUTED = re.compile(
    r"\bcontributed to this (?:report|story|article)\b|^.{3,120} (?:reported|reports) from ", re.I
)
_RIGHTS = re.compile(
    r"\W{0,3}(?:copyright (?:\(c\)|©|\d{4}|by\b)|©|\(c\) ?\d{4})|all rights reserved|rechte vorbehalten"
    r"|droits réservés",
    re.I,
)
_END = re.compile(
    r"[\s(\[*#/<_=-]{0,4}(?:ends?|end ?item|-?30-?|#{2,}|fin|ende|endit|end of story|\*{3,}|reuters?(?: ?&#\d;)?"
    r"|xinhua|more|"
    r"mehr|suite|continues|cont'?d|enditem|конец|конец\.)[\s)\]*#/>_=.-]{0,4}$",
    re.I,
)
_HARD_END = re.compile(r"[\s(\[*-]{0,3}(?:ends?|-30-|#{2,}|end ?item|enditem|ende)[\s)\]*.-]{0,3}$", re.I)
_MORE = re.compile(r"[\s(\[*-]{0,3}(?:more|mehr|suite)[\s)\]*.-]{0,3}$", re.I)
_DESK_INITIALS = re.compile(
    r"\(?[a-z]{2,4}(?:[-/][a-z]{2,4}){0,3}\)?|\([a-z]{2,4}\)|[A-Z]{2,4}/[A-Z]{2,4}(?:/[A-Z]{2,4})?"
    r"|(?:AP|APTV|UPI)-[A-Z]{2}-\S{3,60}(?:\s\S{1,20})?|\d{4} [a-z]{2,3} [a-z]{2,4}"
)
_CONTACT = re.compile(
    r"\W{0,3}(?:(?:media|press|investor|company|editorial|public|presse)?\s?(?:relations\s)?(?:contacts?|enquiries"
    r"|inquiries|"
    r"kontakt|pressekontakt|contacto|contatti)\b\W{0,3}(?::|$|information)|for (?:further|more|additional) "
    r"(?:information|details)\b|contacts? ?:|pressekontakt|rückfragen|to contact the (?:reporter|editor|author)|"
    r"notes to editors?\b|about the author)",
    re.I,
)
_CONTACT_LINE = re.compile(
    r"@|https?://|www\.|\+?\(?\d[\d\s().-]{6,20}\d|\b(?:tel|phone|fax|mobile|e-?mail|twitter)\b", re.I
)
_SOURCE_LINE = re.compile(r"SOURCE:?\s+[A-Z].{1,80}$|View original content.{0,200}$|Logo\s-\s.{0,200}$")
_OUTLET = re.compile(
    r"\b(?:News|Newswire|Wire|Press|Times|Post|Review|Journal|Herald|Tribune|Gazette|Daily|Weekly|Chronicle|Observer|"
    r"Guardian|Telegraph|Standard|Bulletin|Agency|Service|Monitor|Examiner|Register|Sun|Star|Mirror|Globe|Independent|"
    r"Economist|Magazine|Today|Report|Radio|Broadcasting|Television|TV|Network|Reporter|Dispatch|Ledger|Inquirer|Mail|"
    r"Express|Courier|Sentinel|World|Nation|Zeitung|Allgemeine|Nachrichten|Rundschau|Spiegel|Anzeiger|Tagblatt"
    r"|Tageblatt|"
    r"Presse|Monde|Figaro|Libération|País|Mundo|Diario|Jornal|Folha|Correio|Gazzetta|Corriere|Repubblica|Stampa"
    r"|Agencia|"
    r"Agence|Agentur|Agenzia|Agência|Pravda|Izvestia|Kommersant|Xinhua|Новости|Газета|Известия)\b|\.(?:com|org|net|de"
    r"|fr|ru|co\.uk)$"
)
_VERBISH = re.compile(
    r"\b(?:says?|said|is|are|was|were|to|will|as|after|over|in|on|at|for|with|from|by|meets?|rises?|falls?)\b"
)
_DATE_LABEL = re.compile(
    r"(?:published|posted|updated|date|issued|released?|last updated|stand|veröffentlicht|publié le)\s?:?\s+", re.I
)


_DATE_WORDS_TEXT = (
    "at um uhr le de del of the a p m am pm h st nd rd th er gmt utc est edt et cst cdt ct pst pdt pt mst mdt bst cet "
    "cest ist jst kst msk t z à às ore kl г года в"
)
_DATE_WORDS = frozenset(_DATE_WORDS_TEXT.split())


@dataclass(slots=True)
class _Copy:
    """What the head and the tail gave while the lines were read."""

    source: str | None = None
    headline: str | None = None
    subheads: list[str] = field(default_factory=list)
    bylines: list[str] = field(default_factory=list)
    credits: list[str] = field(default_factory=list)
    rights: str | None = None
    agency_line: str | None = None
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
    lines = logical_lines(mend(text))
    if not lines:
        raise Rejected("empty", "the text has no visible character")
    copy = _Copy()
    start, dateline = _body_start(lines, received_at)
    _read_head(lines[:start], copy, received_at)
    body_lines = _read_tail(_without_opening_notes(lines[start:], copy), copy)
    body_text = body_paragraphs(body_lines)
    if not body_text and not copy.headline:
        raise Rejected("empty", "nothing but marks, credits or blank lines")
    if dateline is None or not body_text.startswith(dateline.text, dateline.start):
        dateline = find_dateline(body_text, received_at=received_at)
    return _draft(copy, body_text, dateline)


def _draft(copy: _Copy, body_text: str, dateline: Dateline | None) -> Draft:
    byline = _byline(copy)
    authors = read_authors(byline, source="byline") if byline else ()
    if not authors:
        authors = _reporting_authors(copy)
    attributed = attribute(
        dateline=dateline.agency if dateline else None,
        credit=copy.agency_line or next((line for line in copy.credits if find_agency(line)), None),
        byline=byline,
        rights=copy.rights,
        source=copy.source,
    )
    published = _published(dateline, copy)
    if dateline:
        copy.saw("dateline", "body", dateline.text)
    if copy.headline:
        copy.saw("headline", "head", copy.headline)
    if copy.source:
        copy.saw("source", "masthead", copy.source)
    if byline:
        copy.saw("byline", "head" if copy.bylines else "tail", byline)
    if attributed:
        copy.saw("agency", attributed.source, attributed.evidence)
    if published:
        copy.saw(
            "published", published.source, dateline.text if dateline and dateline.date else published.at.isoformat()
        )
    return Draft(
        headline=copy.headline,
        body_text=body_text,
        description="\n".join(copy.subheads) or None,
        byline=byline,
        authors=authors,
        source=copy.source,
        published=published,
        dateline=dateline,
        agency=attributed.agency if attributed else None,
        agency_source=attributed.source if attributed else None,
        flags=tuple(copy.flags),
        evidence=tuple(copy.evidence),
    )


def _published(dateline: Dateline | None, copy: _Copy) -> Moment | None:
    if dateline and dateline.date:
        day = dateline.date
        return Moment(datetime(day.year, day.month, day.day, tzinfo=UTC), "day", "dateline", zone_known=False)
    return copy.moment


def _byline(copy: _Copy) -> str | None:
    return ", ".join(copy.bylines) or None


def _reporting_authors(copy: _Copy) -> tuple[Author, ...]:
    for line in copy.credits:
        if found := _REPORTING.match(line):
            return read_authors(re.sub(r"\s+(?:in|from|at)\s+[A-Z]\w+(?:\s[A-Z]\w+)?", "", found[1]), source="credit")
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
    first = text[0]
    if first.islower() or not (first.isalnum() or first in "([/*【"):
        return None
    return find_dateline(text, received_at=received_at)


def _first_prose(lines: list[Line]) -> int:
    """Without a dateline: everything up to the headline is head, and short lines without a full stop right below it."""
    i = 0
    while i < len(lines) and i < _HEAD_LINES and _is_furniture(lines[i].text):
        i += 1
    if i >= len(lines) - 1 or (len(lines[i].text) > _LONG_HEADLINE and lines[i].prose):
        return min(i, len(lines))
    headline = lines[i]
    if not headline.prose and i + 1 < len(lines) and lines[i + 1].block == headline.block and not lines[i + 1].prose:
        same_block = [line for line in lines if line.block == headline.block]
        if len(same_block) > 4:  # a table or a list, not a head
            return i
    i += 1
    while i < len(lines) - 1 and i < _HEAD_LINES:
        line, after = lines[i], lines[i + 1]
        belongs_to_headline = line.block == headline.block != after.block and len(line.text) < _LONG_PROSE
        if not (_is_furniture(line.text) or _is_byline_or_date(line.text) or belongs_to_headline):
            is_subhead = not line.prose and 20 < len(line.text) < 130 and after.prose and len(after.text) > 120
            return i + is_subhead
        i += 1
    return i


def _is_byline_or_date(text: str) -> bool:
    return bool(_BYLINE.fullmatch(text) or _WRITER.fullmatch(text) or _whole_date(text))


def _is_furniture(text: str) -> bool:
    return bool(
        _SLUG.fullmatch(text)
        or _EMBARGO.match(text)
        or _IMMEDIATE.match(text)
        or (len(text) < 200 and _NOTE.match(text) and (text[0] in "([*" or ":" in text[:40]))
        or _agency_alone(text)
    )


def _agency_alone(text: str) -> bool:
    return len(text) < 60 and named(text.strip(" ()[]-–—.*/")) is not None


def _whole_date(text: str) -> bool:
    """Whether the line is a date and nothing else."""
    if len(text) > 70 or not any(map(str.isdigit, text)):
        return False
    bare = _DATE_LABEL.sub("", text)
    if any(not _is_date_word(word) for word in re.findall(r"[^\W\d_]+", bare)):
        return False
    return read_moment(bare, source="head") is not None


def _is_date_word(word: str) -> bool:
    return month_number(word) is not None or is_weekday(word) or word.casefold() in _DATE_WORDS


def _read_head(lines: list[Line], copy: _Copy, received_at: datetime | None) -> None:
    rest = [line for line in lines if not _read_head_line(line.text, copy, received_at)]
    if not rest:
        if copy.bylines and lines[0].text == copy.bylines[0]:  # `By Land and Sea` is a headline where there is no other
            copy.headline = copy.bylines.pop(0)
        return
    texts = [line.text for line in rest]
    if len(texts) > 1 and (
        _is_masthead(texts[0]) or (rest[0].block != rest[1].block and _is_masthead(texts[0], loose=True))
    ):
        copy.source = texts.pop(0)
    copy.headline, *subheads = _join_capitals(texts)
    copy.subheads = [subhead.rstrip(";") for subhead in subheads]
    copy.headline = copy.headline.rstrip("; ")
    _read_marks(copy.headline, copy)


def _join_capitals(texts: list[str]) -> list[str]:
    """A headline in capitals that runs over two lines is one headline."""
    if (
        len(texts) > 1
        and texts[0].isupper()
        and texts[1].isupper()
        and re.search(r"(?:,|-|\b(?:AND|OF|THE|TO|IN|FOR|A))$", texts[0])
    ):
        return [f"{texts[0]} {texts[1]}", *texts[2:]]
    return texts


def _read_head_line(text: str, copy: _Copy, received_at: datetime | None) -> bool:
    """Whether the line was something else than masthead, headline or sub-headline."""
    if len(text) > 200:
        return False
    if _EMBARGO.match(text):
        copy.flag("embargo", "head", text)
    elif _IMMEDIATE.match(text):
        copy.flag("release", "head", text)
    elif _SLUG.fullmatch(text):
        copy.saw("slug", "head", text)
        _read_marks(text.split("(", 1)[-1] if "(" in text else text, copy)
    elif (copy.bylines and _WRITER.fullmatch(text)) or (
        _BYLINE.fullmatch(text) and read_authors(text, source="byline")
    ):
        copy.bylines.append(text)
    elif _agency_alone(text):
        copy.agency_line = copy.agency_line or text.strip(" ()[]-–—.*/")
    elif _NOTE.match(text) and (text[0] in "([*" or ":" in text[:40]):
        _read_note(text, copy)
    elif (full := _MARK.fullmatch(text.strip(" :-*()"))) is not None:
        _flag_mark(full[1], text, copy)
    elif _whole_date(text):
        copy.moment = copy.moment or read_moment(_DATE_LABEL.sub("", text), source="head", received_at=received_at)
    elif _CONTACT_LINE.search(text) and len(text) < 120 and (_CONTACT.match(text) or "@" in text or "www." in text):
        copy.saw("contact", "head", text)
    elif _RIGHTS.search(text):
        copy.rights = copy.rights or text
    else:
        return False
    return True


def _is_masthead(text: str, *, loose: bool = False) -> bool:
    """A publisher's name above the headline: few words, each with a capital; `loose` takes an agency's name too."""
    words = text.split()
    if len(words) > 6 or len(text) > 60 or text[-1] in ".!?:;," or any(map(str.isdigit, text)):
        return False
    if _OUTLET.search(text.title() if text.isupper() else text) and not (_VERBISH.search(text) and len(words) > 4):
        return all(word[0].isupper() or len(word) <= 3 or "." in word for word in words)
    return loose and (named(text) is not None or find_agency(text) is not None)


def _read_marks(text: str, copy: _Copy) -> None:
    for found in (_MARK.match(text), _END_MARK.search(text)):
        if found:
            _flag_mark(re.sub(r"^\W+|[\W\d]+$", "", found[0]), text, copy)


def _flag_mark(mark: str, text: str, copy: _Copy) -> None:
    mark = re.sub(r"[\s-]?\d{1,2}$", "", mark.upper())
    flag = _FLAGS.get(mark) or ("update" if re.search(r"\b(?:LD|LEAD)$", mark) else None)
    if flag:
        copy.flag(flag, "head", text)


def _read_note(text: str, copy: _Copy) -> None:
    lowered = text.lower()
    if "correct" in lowered or "korrekt" in lowered or "fixes" in lowered:
        copy.flag("corrected", "note", text)
    elif re.search(r"\b(?:adds?|updat|recast)", lowered):
        copy.flag("update", "note", text)
    else:
        copy.flag("note", "note", text)


def _without_opening_notes(lines: list[Line], copy: _Copy) -> list[Line]:
    """Notes in brackets that stand between headline and text."""
    while len(lines) > 1 and len(lines[0].text) < 400 and lines[0].text[0] in "([*" and _NOTE.match(lines[0].text):
        _read_note(lines[0].text, copy)
        lines = lines[1:]
    return lines


def _read_tail(lines: list[Line], copy: _Copy) -> list[Line]:
    """The lines without marks, credits, contacts and notes at the end."""
    lines = _cut_at_end_mark(lines, copy)
    lines = _cut_contacts(lines, copy)
    end = len(lines)
    while end:
        line = lines[end - 1]
        text = line.text
        if end == 1 and not _END.fullmatch(text[:40]):
            break
        if len(text) > 600 or not _read_tail_line(text, line, copy):
            break
        end -= 1
    return lines[:end]


def _read_tail_line(text: str, line: Line, copy: _Copy) -> bool:
    if len(text) <= 24 and _END.fullmatch(text):
        if _MORE.fullmatch(text):
            copy.flag("more", "tail", text)
        copy.agency_line = copy.agency_line or (named(text.strip(" ()-").title()) and text.strip(" ()-").title())
    elif len(text) <= 60 and _DESK_INITIALS.fullmatch(text):
        copy.saw("desk", "tail", text)
    elif _CREDIT.match(text) or (_CONTRIBUTED.search(text) and len(text) < 240):
        if _RIGHTS.search(text):
            copy.rights = copy.rights or text
        else:
            copy.credits.append(text)
            copy.saw("credit", "tail", text)
    elif text[0] in "([" and _NOTE.match(text):
        _read_note(text, copy)
    elif _is_closing_byline(text, line):
        copy.bylines.append(text.strip(" -–—()"))
    elif _agency_alone(text):
        copy.agency_line = copy.agency_line or text.strip(" ()[]-–—.*/")
    elif _SOURCE_LINE.match(text):
        copy.saw("source", "tail", text, chosen=False)
    elif _SLUG.fullmatch(text):
        copy.saw("slug", "tail", text)
    else:
        return False
    return True


def _is_closing_byline(text: str, line: Line) -> bool:
    """`By Jane Doe`, `— Jane Doe` below the text."""
    dashed = text[0] in "-–—" and len(text) < 60
    if not dashed and (len(text) >= 120 or line.prose or not _BYLINE.fullmatch(text)):
        return False
    return 0 < len(read_authors(text, source="byline")) <= (2 if dashed else 6)


def _cut_at_end_mark(lines: list[Line], copy: _Copy) -> list[Line]:
    """`ENDS`, `-30-` or `###` alone on a line: what follows are notes, contacts and boilerplate."""
    for i in range(len(lines) - 1, max(0, len(lines) - 1 - _TAIL_LINES * 2), -1):
        text = lines[i].text
        if len(text) <= 12 and _HARD_END.fullmatch(text) and i > 0 and (text.isupper() or text[0] in "#-([*"):
            for line in lines[i + 1 :]:
                _read_after_end(line, copy)
            return lines[:i]
    return lines


def _read_after_end(line: Line, copy: _Copy) -> None:
    text = line.text
    if _CONTACT.match(text) or _CONTACT_LINE.search(text):
        copy.saw("contact", "tail", text)
    elif len(text) <= 600:
        _read_tail_line(text, line, copy)


def _cut_contacts(lines: list[Line], copy: _Copy) -> list[Line]:
    """A contact block: a line that says so, and short lines or addresses below it."""
    for i in range(max(1, len(lines) - _TAIL_LINES), len(lines)):
        text = lines[i].text
        if len(text) < 200 and _CONTACT.match(text):
            below = lines[i:]
            if all(len(line.text) < 160 or _CONTACT_LINE.search(line.text) for line in below):
                for line in below:
                    copy.saw("contact", "tail", line.text)
                return lines[:i]
    return lines
