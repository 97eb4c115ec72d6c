"""The kinds of a line of wire copy: slug, mark, note, byline, credit, contact, masthead, end.

Everything here looks at one line and nothing else; `wirecopy` decides by where the line stands.
"""

from __future__ import annotations

import re
from functools import cache

from wiredesk.worker.news.values.agencies import find_agency, named
from wiredesk.worker.news.values.dates import is_weekday, month_number, read_moment
from wiredesk.worker.news.values.text import beyond_ascii
from wiredesk.worker.news.values.words import any_of, entries, table

# Keywords of the desk: `BC-BRITAIN-HARBOUR-3RDLD`, `bdt0123 4 pl 245 dpa`, `Britain-harbour-construction,lead`.
SLUG = re.compile(
    r"(?:[a-z]{1,4}\d{3,4}\b.{0,60}|(?:BC|AM|PM|bc|am|pm)-[\w-]{2,60}(?:[,\s].{0,60})?"
    r"|[A-Z0-9]{2,20}(?:[-/][A-Z0-9.&]{1,20}){1,6}/?(?:\s?\((?:[A-Z0-9, ]{2,40})\))?|[A-Z]{2}\d{3,}.{0,40}"
    r"|\w{2,20}(?:-\w{2,20}){1,6}(?:,[\w-]{2,20}){1,3}"
    r"|AP (?:Photo|Graphic|Video)s?\b.{0,60}|(?i:RNS Number|LEI(?: code)?|ISIN|WKN|TIDM)\s?:.{0,60}"
    r"|(?i:slug|keyword|keywords|category|priority|word ?count|ref|topic|section)\s?:.{0,120}|[-_=*~#\s]{3,})"
)
_FLAG_OF_MARK = {word.upper(): "corrected" for words in table("corrections").values() for word in words} | {
    mark: flag for flag, marks in table("headline_marks").items() for mark in marks
}
_ORDINAL_LEAD = r"\d(?:ST|ND|RD|TH|st|nd|rd|th)[ -]?(?:LD|LEAD|Ld|Lead)"
_OPENING_MARK = re.compile(
    rf"[(\[*\s/]{{0,4}}(?:([A-ZÓ]{{2,13}})(?: NEWS)?|({_ORDINAL_LEAD}))"
    r"(?:[ -]?\d{1,2}(?=[\s\-–—:)\]/]|$)|(?=\s?[-–—:)\]/]|$))"
)
# Labels of the transmission in front of a headline: `(2nd LD) …`, `Urgent: …`, `>>>ANSA/ …`, `【速報】…`.
_TRANSMISSION = re.compile(
    r">{1,4}\s?[A-Z]{2,12}/\s*|\+\+\s|"
    rf"[(\[【]\s?(?:LEAD|URGENT|{_ORDINAL_LEAD}|(?i:urgente?|flash|bulletin|alert)|속보|긴급|速報|快讯|快訊|عاجل)\s?[)\]】]\s*"
    rf"|(?i:(?:news )?(?:{any_of('wire_lines', 'urgent')}))(?:\s?\d)?\s?(?:[:：/]|\s[-–—])\s*"
)
_URGENT_LETTERS = re.compile(r"[^\W\d_]")
_CLOSING_MARK = re.compile(rf"(?:\((?:([A-Z]{{2,9}})(?:[ -]?\d)?|({_ORDINAL_LEAD}))\)|[-–—,]\s?(CORRECTED|UPDATED?))$")
_SLUG_MARK = re.compile(rf"[-,\s(/](?:([A-Z]{{2,13}}|Writethru|lead)|({_ORDINAL_LEAD}|\d(?:ST|ND|RD|TH)LD))\b")
EMBARGO = re.compile(
    r"\W{0,4}(?:(?:strict(?:ly)? )?embargo(?:ed)?\b|not for (?:publication|release|broadcast) (?:before|until)\b|"
    r"hold (?:for release|until)\b|sperrfrist\b|sous embargo\b|embargad[oa]\b|for (?:release|publication) (?:at|on"
    r"|after)\b|"
    r"for release:|advance for\b)",
    re.I,
)
IMMEDIATE = re.compile(rf"\W{{0,4}}(?:{any_of('wire_lines', 'release')})\W{{0,4}}", re.I)
# A notice that what follows is for desks only; the phrase opens the line, or ends what announces it.
NOT_FOR_PUBLICATION = re.compile(
    rf"[\W_]{{0,8}}(?:(?:{any_of('desk_only')})(?! (?:before|until|prior|vor|bis|antes|avant|prima)\b)"
    rf"|(?:{any_of('desk_only_openings')})\b[^.!?\n\"“„«]{{0,90}}"
    rf"(?:{any_of('desk_only')})[\W_]{{0,6}}$)",
    re.I,
)
# The agency's notepad for its customers: places, links, contacts.
NOTEPAD = re.compile(rf"[#*\s]{{0,6}}(?:dpa-)?(?:{any_of('wire_lines', 'notepad')})\W{{0,4}}", re.I)
# A picture between two paragraphs: `[Photo: The pier at dusk. Credit: J. Doe/AP]`.
PICTURE = re.compile(rf"[\[(【]\s?(?:{any_of('picture_words')})\s?[:：].{{1,400}}[\])】]", re.I)
# An agency takes a story back.
_KILL = re.compile(rf"\W{{0,4}}(?:{any_of('kill_marks')})(?:\W*$|\s?[:/–—]|\s-)", re.I)
_STORY = r"(?:story|item|article|report|alert|headline|dispatch|bc-)"
_KILLS = re.compile(
    rf"please (?:kill|disregard|withhold|delete|do not (?:use|publish))\b"
    rf"|(?:kill|disregard|withdraw|delete) (?:the |this |our )?{_STORY}"
    r"|\b(?:has|have|is|are) (?:withdrawn|withdrawing|killed|killing|retracted|retracting)"
    rf" (?:the|this|its|an?|our|that)\b[^.]{{0,40}}\b{_STORY}"
    rf"|\b{_STORY}\b[^.]{{0,120}}\b(?:has been|have been|was|were|is) (?:withdrawn|killed|retracted)\b"
    r"|meldung[^.]{0,80}(?:zurückgezogen|hinfällig|gestrichen)|zieht[^.]{0,60}meldung[^.]{0,60}zurück"
    r"|bitte (?:nicht (?:mehr )?verwenden|löschen)|quedan? anulad[ao]s?|se anula\b|(?:est|sont) annulée?s?\b"
    r"|(?:rogamos|se ruega) no (?:usar|publicar|utilizar)|prière (?:de ne pas|d'annuler)"
    r"|(?:è|sono) (?:da considerarsi )?annullat[aoei]|просим (?:аннулировать|не использовать|снять)"
    r"|сообщение[^.]{0,80}(?:аннулировано|отозвано)|prosimy o niewykorzystywanie",
    re.I,
)
_LONGEST_KILL = 1_500  # characters; what is longer is a story that tells of something withdrawn
# A page of a story sent in pages: `ADD1 Ferry Strike`, `1st add`.
PAGE = re.compile(r"(?:ADD ?\d{1,2}\b|\d(?:st|nd|rd|th) add\b|(?:Page|PAGE) \d{1,2}\b).{0,60}")
NOTE = re.compile(
    r"[(\[\s*]{0,3}(?:eds?:|editors?['’]? ?s? ?(?:note|please note|advisory)\b|eds? note|note to editors?|"
    r"notes? for editors|attention:? editors|attn:|(?:this|the) (?:version of (?:the|this) )?(?:story|article|item"
    r"|report) "
    r"(?:has been|was|is)? ?(?:updated|corrected|corrects|refiles)|corrects?\b|correcting\b|recasts?\b|adds?\b|"
    r"updates?\b(?= with|.{0,40}\bthroughout)|refiles?\b|repeats?\b|removes\b|clarifies\b|with photos?\b|"
    r"trigger warning|content warning|fixes\b|anm\.? d\.? red|hinweis an die redaktion|redaktionelle hinweise)",
    re.I,
)
# The same below the text, where no bracket marks it.
HISTORY = re.compile(
    r"(?:this|the) (?:story|article|report) (?:has been|was) (?:updated|corrected)\b"
    rf"|(?:{any_of('corrections', 'note')}): ",
    re.I,
)
BYLINE = re.compile(
    rf"[-–—(\s]{{0,4}}(?:(?i:{any_of('byline_openers', 'by')})\s+(?:our |unser(?:em|er) |notre )?[^\W\d_a-z].{{1,140}}"
    rf"|(?i:{any_of('byline_openers', 'label')}|text):\s.{{2,100}}|(?i:written|story) by [^\W\d_a-z].{{2,100}})"
)
WRITER = re.compile(
    r"(?:(?:The )?(?:Associated Press|AP|UPI|Reuters|AFP|Knight Ridder|McClatchy"
    r"|[A-Z]\w{1,20}(?: [A-Z]\w{1,20}){0,3})\s+)?"
    rf"(?:(?:{any_of('wire_lines', 'field')}) ){{0,2}}(?:{any_of('wire_lines', 'writer')})\W{{0,2}}",
    re.I,
)
CREDIT = re.compile(
    rf"[(\[\s-]{{0,3}}(?:(?:additional |further )?(?:{any_of('wire_lines', 'credited')}) by\b"
    r"|with (?:additional )?(?:reporting|files"
    r"|contributions) "
    r"(?:by|from)\b|(?:reporting|writing|editing|redaktion):|\(?(?:c|©)\)? ?\d{4}\b|copyright\b|©|all rights reserved|"
    r"with (?:afp|ap|reuters|dpa|inputs from|agency inputs)\b|source:|quelle:|fuente:|fonte:|источник:"
    r"|distributed by\b|"
    r"our standards:|this (?:story|report) was (?:first )?(?:written|produced|published|reported)\b)",
    re.I,
)
REPORTING = re.compile(r"[(\s]{0,3}(?:reporting|written|writing|reported|compiled) by:?\s+([^;()]{3,200})", re.I)
CONTRIBUTED = re.compile(
    r".{3,120}\bcontributed to this (?:report|story|article)\b.{0,60}"
    r"|[^\W\d_a-z].{2,60} reported from [^\W\d_a-z][\w ,.]{1,60}\."
)
RIGHTS = re.compile(
    r"\W{0,3}(?:copyright (?:\(c\)|©|\d{4}|by\b)|©|\(c\) ?\d{4}|저작권자|版权所有|著作權)|all rights reserved"
    r"|rechte vorbehalten"
    r"|droits réservés",
    re.I,
)
END = re.compile(
    rf"[\s(\[*#/<_=-]{{0,4}}(?:{any_of('wire_lines', 'end')}|#{{1,}}|\*{{3,}}|reuters? ?&#\d;|(?:\* ?){{3,6}})"
    r"[\s)\]*#/>_=.-]{0,4}",
    re.I,
)
HARD_END = re.compile(r"[\s(\[*-]{0,3}(?:ends?|-30-|#{2,}|end ?item|enditem|ende)[\s)\]*.-]{0,3}", re.I)
MORE = re.compile(r"[\s(\[*-]{0,3}(?:more|mehr|suite)[\s)\]*.-]{0,3}", re.I)
DESK_INITIALS = re.compile(
    r"\([a-z]{2,4}(?:[-/][a-z]{2,4}){0,3}\)|[a-z]{2,4}(?:[-/][a-z]{2,4}){1,3}|[A-Z]{2,4}/[A-Z]{2,4}(?:/[A-Z]{2,4})?"
    r"|(?:AP|APTV|UPI)-[A-Z]{2}-\S{3,60}(?:\s\S{1,20})?|\d{4} [a-z]{2,3} [a-z]{2,4}|--(?:IANS|ANI|UNI|PTI)"
    r"|[a-z]{2,4}/(?: ?[a-z]{2,4}/){0,3}|[A-Z]{2,4}(?:-[A-Z]{2,4}){1,2}|[A-Z]{2,5}(?: \([A-Z]{2,5}\))? // [A-Z]{2,5}"
    r"|\d{1,2}-[A-Z]{3}-\d{2,4} \d\d[:.]\d\d(?: NNNN)?|\d{4}/\d\d/\d\d \d\d:\d\d(?: 송고)?"
    r"|(?:EFE|EFECOM|dpa|PTI|UNI|ANI|AFP)(?: [a-z]{2,5}(?:[/-][a-z]{2,4}){0,3}| [a-z]\d| [A-Z]{2,4}){1,5}"
    r"|(?:\((?:fotos?|vídeos?|videos?|audios?|infografía)\)\s?){1,4}|www\.kcna\.kp.{0,40}"
    r"|▶.{1,120}|제보는.{1,100}|[（(]?(?:譯者|編輯|编辑|责任编辑|責任編輯|核稿|校对)[:：\s/].{1,60}|【(?:编辑|編輯|责任编辑)[:：].{1,30}】"
)
INITIALS = re.compile(r"[A-Z]{2,4}(?: [A-Z]{2,4}){0,4}")  # only as the last line: `ROH`, `XYZ ABC`
CONTACT = re.compile(
    r"\W{0,3}(?:(?:media|press|investor|company|editorial|public|presse)?\s?(?:relations\s)?(?:contacts?|enquiries"
    r"|inquiries|"
    r"kontakt|pressekontakt|contacto|contatti)\b(?: presse| press| médias)?\W{0,3}(?::|$|information)|"
    r"for (?:further|more|additional) (?:information|details)\b|contacts? ?:|pressekontakt|rückfragen|"
    r"to contact the (?:reporter|editor|author)|notes to editors?\b|about the author)",
    re.I,
)
MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
# `Follow Jane Doe on Twitter at …`, `Find more stories at https://…`
INVITATION = re.compile(
    r"(?:Follow|Find|Read|See|Visit|Subscribe|Sign up|Like|Click|Join|Contact|E-?mail)\b.{0,160}"
    r"(?:https?://|www\.|@\w|on Twitter|on Facebook).{0,120}"
)
# What closes the last line of the text itself: `… he said. Enditem`, `… (ANI)`, `… PTI ABC DEF`.
CLOSING = re.compile(
    r"(?<=[.!?\"'”’»」。])\s{0,3}(?:[\[(（](?P<agency>[^\W\d_][\w.-]{1,12})[\])）]\.?|/?(?:Enditem|ENDITEM)|-0-|■"
    r"|[(（](?:END|ENDS|MORE|完|끝)[)）]|(?<=\s)(?P<desk>[A-Z]{2,5}|Lusa)(?: [A-Z]{2,4}){0,5})$"
)
CONTACT_LINE = re.compile(
    r"@|https?://|www\.|\+?\(?\d[\d\s().-]{6,20}\d|\b(?:tel|phone|fax|mobile|e-?mail|twitter)\b", re.I
)
SOURCE_LINE = re.compile(r"SOURCE:?\s+[A-Z].{1,80}|View original content.{0,200}|Logo\s-\s.{0,200}")
_OUTLET = re.compile(rf"\b(?:{any_of('outlet_words', 'last', 'name', 'paper')})\b|\.(?:com|org|net|de|fr|ru|co\.uk)$")
_HEADLINE_WORD = re.compile(rf"\b(?:{any_of('wire_lines', 'verb')})\b")
_DATE_LABEL = re.compile(
    rf"(?:publié le|(?:last )?(?:{any_of('stamp_words', 'update', 'publish', 'bare')}|date|issued|released?))\s?:?\s+",
    re.I,
)
_DATE_WORDS = frozenset(table("wire_lines")["date"])


def marks(headline: str) -> list[str]:
    """Flags of the marks that open or close a headline: `UPDATE 2-…`, `(3rd LD) …`, `… (CORRECTED)`."""
    found = [_OPENING_MARK.match(headline)]
    if headline[-1] in ")D":
        found.append(_CLOSING_MARK.search(headline))
    return [flag for match in found if match and (flag := _flag(match))]


def without_transmission(headline: str) -> tuple[str, list[str]]:
    """A headline without the labels that the agency's system put in front of it, and the flags that they mean."""
    flags: list[str] = []
    while found := _TRANSMISSION.match(headline):
        rest = headline[found.end() :]
        if not _URGENT_LETTERS.search(rest):
            break
        label = found[0]
        if any(map(str.isdigit, label)) or "LEAD" in label:
            flags.append("update")
        elif label[0] not in ">+":
            flags.append("urgent")
        headline = rest.removesuffix("++").rstrip()
    return headline, flags


def may_hold_desk_block(text: str) -> bool:
    """Whether a line of the copy may be for desks only; false is certain."""
    return _has_any("desk_only_stems", text)


def _has_any(list_name: str, text: str) -> bool:
    """Whether an entry of the list, in lower case, is part of the text.

    An entry whose first sign beyond ASCII does not occur in the text is not looked for.
    """
    lowered = text.lower()
    signs = set(beyond_ascii(lowered))
    return any(entry in lowered for entry, sign in _with_signs(list_name) if not sign or sign in signs)


@cache
def _with_signs(list_name: str) -> tuple[tuple[str, str], ...]:
    return tuple((entry, beyond_ascii(entry)[:1]) for entry in entries(list_name))


def is_kill(line: str) -> bool:
    """Whether a line of the head says that the agency takes the story back."""
    return bool(_KILL.match(line) or (len(line) < 300 and _has_any("kill_stems", line) and _KILLS.search(line)))


def kills(body_text: str) -> bool:
    """Whether the text is a notice that a story is taken back."""
    opening = body_text[:500]
    return len(body_text) <= _LONGEST_KILL and _has_any("kill_stems", opening) and _KILLS.search(opening) is not None


def mark_alone(line: str) -> str | None:
    """The flag when the line is a mark and nothing else: `URGENT`, `(UPDATE 1)`."""
    found = _OPENING_MARK.fullmatch(line.strip(" :-*()")) if len(line) < 40 else None
    return _flag(found) if found else None


def slug_marks(slug: str) -> list[str]:
    """Flags of the marks in a slug: `BC-BRITAIN-HARBOUR-3RDLD`, `… , 1st Ld-Writethru`, `…,lead`."""
    return [flag for found in _SLUG_MARK.finditer(slug) if (flag := _flag(found))]


def _flag(found: re.Match[str]) -> str | None:
    """The flag of the mark in the group that matched; a `3RD LD` is an update, a word that is no mark is nothing."""
    word = next(group for group in found.groups() if group)
    return "update" if word[0].isdigit() else _FLAG_OF_MARK.get(word.upper())


def note_flag(note: str) -> str:
    """An editor's note about the copy: `corrected`, `update` or just `note`."""
    lowered = note.lower()
    if "correct" in lowered or "korr" in lowered or "fixes" in lowered:
        return "corrected"
    return "update" if re.search(r"\b(?:adds?|updat|recast)", lowered) else "note"


def is_note(line: str) -> bool:
    """A note to editors, marked as one by a bracket or a colon."""
    return NOTE.match(line) is not None and (line[0] in "([*" or ":" in line[:40])


def agency_alone(line: str) -> str | None:
    """The agency's name as written when the line is nothing else: `AFP`, `(Reuters)`."""
    if len(line) > 60:
        return None
    bare = line.strip(" ()[]-–—.*/=")
    return bare if named(bare) else None


def is_date(line: str) -> bool:
    """Whether the line is a date and nothing else, a label like `Published:` aside."""
    if len(line) > 70 or not re.search(r"\d", line):
        return False
    bare = without_date_label(line)
    if any(not _is_date_word(word) for word in re.findall(r"[^\W\d_]+", bare)):
        return False
    return read_moment(bare, source="head") is not None


def without_date_label(line: str) -> str:
    return _DATE_LABEL.sub("", line)


def _is_date_word(word: str) -> bool:
    return month_number(word) is not None or is_weekday(word) or word.casefold() in _DATE_WORDS


def is_masthead(text: str, *, loose: bool = False) -> bool:
    """A publisher's name above the headline: few words, each with a capital; `loose` takes an agency's name too."""
    words = text.split()
    if len(words) > 6 or len(text) > 60 or text[-1] in ".!?:;," or any(map(str.isdigit, text)):
        return False
    if _OUTLET.search(text.title() if text.isupper() else text) and not (
        _HEADLINE_WORD.search(text) and len(words) > 4
    ):
        return all(word[0].isupper() or len(word) <= 3 or "." in word for word in words)
    return loose and (named(text) is not None or find_agency(text) is not None)
