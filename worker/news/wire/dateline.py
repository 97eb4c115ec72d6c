"""The dateline that opens wire copy: place, day and agency in any order, and where it ends.

A dateline is cut at its separators (dash, colon, `/TASS/.`, `(PTI)`), and every piece before the last separator must
be a place, a day or an agency, each at most once. That a text opens with a name and a dash is not enough: without a day
or an agency the place must be known, or written in capitals and not a word that headings use.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import cache

from wiredesk.worker.news.model import Dateline
from wiredesk.worker.news.values.agencies import named
from wiredesk.worker.news.values.dates import is_weekday, month_number, resolve_year
from wiredesk.worker.news.values.gazetteer import known_names
from wiredesk.worker.news.values.words import any_of, entries, entry_set, table
from wiredesk.worker.news.wire.east_asian import read_east_asian
from wiredesk.worker.news.wire.parts import Parts

_REACH = 220  # characters; the longest found in ten thousand stories is 71, press releases with two cities reach 120
# Marks that belong to letters: vowel signs of Hebrew, Arabic, Indic, Thai and Lao script, joiners.
_MARKS = (
    "\u0300-\u036f\u05b0-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0970-\u0df3"
    "\u0e31-\u0e4e\u0eb1-\u0ece\u200c\u200d"
)
_LETTER = rf"(?:[^\W\d_]|[{_MARKS}])"
_CAPITAL_WORD = rf"[^\W\d_a-z][\w{_MARKS}.'’ʻ‘`/-]{{0,30}}"
# The class of characters first, conditions behind it: the regex engine looks for one of a set fast.
_SEPARATOR = re.compile(
    r"[-—–―_=:.|;/](?:(?<=[—–―])|(?<=[-.])-{1,2}|(?<=\s-)(?=[\s\w\"“'])|(?<=[\d)\].]-)(?=[\s\"“A-Z])|(?<=[\s)]_)(?=\s)"
    r"|(?<=[=:])(?=\s)|(?<=\s\|)(?=\s)|(?<=\);)(?=\s)|(?<=\s/)/(?=\s))\s{0,3}"
)
_GROUP = re.compile(r"[(\[（]([^()\[\]（）\n]{1,70})[)\]）]|/\s?([^/\n]{2,40}?)\s?/|【([^】\n]{1,40})】")
_SPACE_OR_COMMA = re.compile(r"[\s,;·|،、，]*(?:/$|/(?=\s\d))?(?:\.(?=\s|$|/|\())?[\s,;|،]*")
_BEFORE_DAY = frozenset(table("dateline_words")["before_day"])
# Behind the year, in Russian, Bulgarian, Ukrainian, Polish, Serbian, Lithuanian, Arabic.
_AFTER_YEAR = r"(?:\s?(?:г(?:ода|\.)?|р(?:оку|\.)|r(?:oku|\.)|g\.|god\.|m\.|م(?!\w)))?"
_DAY_FIRST = re.compile(
    rf"(?:({_LETTER}{{1,14}})\.?,?\s+|ב-?)?(?:the\s+|den\s+|le\s+)?(\d{{1,2}})(?:st|nd|rd|th|er|ère|º|ª|°|\.)?[\s-]*"
    rf"(?:de\s+|of\s+)?({_LETTER}{{2,16}})\.?(?:,?[\s-]*(?:de\s+|del\s+)?(\d{{4}})(?!\d)\.?{_AFTER_YEAR})?",
    re.I,
)
_MONTH_FIRST = re.compile(
    rf"(?:({_LETTER}{{2,12}})\.?,?\s+)?({_LETTER}{{3,16}})\.?\s?(\d{{1,3}})(?:st|nd|rd|th|\s?d\.)?(?!\d)"
    r"(?:,?\s+(\d{4})(?!\d))?",
    re.I,
)
_NUMERIC_DAY = re.compile(
    r"(?:ngày\s+)?(\d{1,2})(?:([./])\s?(\d{1,2})(?:\2\s?(\d{4}|\d{2}))?|(-)(\d{1,2})-(\d{4}))\.?(?!\d)(?:\s?r\.)?"
    r"|(\d{4})-(\d\d)-(\d\d)(?!\d)"
)
_VIETNAMESE_DAY = re.compile(r"(?:ngày\s+)?(\d{1,2})\s+tháng\s+(\d{1,2})(?:,?\s+(?:năm\s+)?(\d{4}))?")
_YEAR_FIRST_DAY = re.compile(rf"(\d{{4}})\.?\s+(?:m\.\s+)?({_LETTER}{{3,16}})\s+(\d{{1,2}})(?:\s?d)?\.?(?!\d)")
_WORDED_DAY = re.compile(rf"({_LETTER}{{2,10}})\s({_LETTER}{{2,12}})(?:,?\s(\d{{4}})(?!\d))?")
_ISLAMIC_DAY = re.compile(r"\d{1,2}\s[^\d\n]{3,20}\s\d{4}\s?هـ\s?(?:الموافق|،)\s")
_TIME = re.compile(
    r"(?:(?:at|um|à|kl\.?|klo|às|ore|a las)\s)?\d{1,2}[:.h]\d\d(?:[:.]\d\d)?\s?(?:[ap]\.?\s?m\.?)?(?:Uhr)?"
    r"(?:\s?\(?(?:GMT|UTC|[A-Z]{1,4}T)(?:\s?[+-]\d{1,2})?\)?)?|at\s\d{1,2}\s?[ap]\.?m\.?(?:\s[A-Z]{2,4})?",
    re.I,
)
# The years of the North Korean calendar, whose first is 1912: `Juche 107 (2018)`.
_JUCHE = re.compile(r"Juche\s?(\d{1,3})(?:\s?\(\d{4}\))?")
_JUCHE_BEFORE_FIRST = 1911
_EAST_ASIAN_DAY = re.compile(r"(?:(\d{4})\s?[年년]\s?)?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]")
_PLACE_SEGMENT = re.compile(
    rf"{_CAPITAL_WORD}(?:\s+(?:{_CAPITAL_WORD}|{any_of('dateline_words', 'particle')}"
    r"|a\.\s?M\.|a\.\s?d\.\s?\w+\.?|i\.\s?Br\.)(?=[\s,.،(]|$)){0,6}"
)
_SECOND_TOWN = re.compile(rf"\s/\s({_CAPITAL_WORD})(?!.{{0,80}}/)")  # `Berlin / München`, not `ISTANBUL / Reuters`
_DIGIT = re.compile(r"\d")
_LOWER_WORD = re.compile(r"\s+[a-z]{2,12}(?=,)")
_LABEL = re.compile(r"(?:\*{2,}|Reporting from |(?:RPT|UPD|COR)\s+-{2}\s?|[\s*]+)")
_INLINE_BYLINE = re.compile(r"(?:By|BY) (?:[A-Z][\w.'’-]{1,20},? ){2,7}?(?=[A-Z]{3,}[A-Z .,'-]{0,30}(?:[(,—–]|--))")
_ACRONYM = re.compile(r"[A-Z][A-Za-z.&/-]{1,14}")
_BARE_ACRONYM = re.compile(r"([A-Z]{2,8})\.?$")
_UNKNOWN_AGENCY = re.compile(r"[^\W\d_a-z][\w.&-]{2,18}(?: [A-Z\d][\w.&-]{0,15}){0,2}")
_SMALL_ACRONYM = re.compile(r"[a-z]{3,4}(?:/[a-z]{2,4})?")  # German agencies and papers: `(epd)`, `(taz/dpa)`
_NEWS_NAME = re.compile(
    rf"\b(?:{any_of('outlet_words', 'last', 'name', 'bureau')})\b|\.(?:com|org|net|RU|ru)\b"
    r"|(?:TV|News|NEWS|wire|WIRE)$"
)
# `Корр. ТАСС Иван Петров`: the agency's correspondent.
_CORRESPONDENT = re.compile(r"(?:[Кк]орр|КОРР|[Cc]orr)\.\s([\w-]{2,12})(?:\s((?:[^\W\d_a-z][\w.-]{0,20}\s?){1,3}))?")


@cache
def _known_places() -> frozenset[str]:
    """Places that open a dateline even without a day or an agency beside them, case-folded."""
    return frozenset(name.casefold() for name in (*entries("dateline_cities"), "United Nations"))


@cache
def _regions() -> frozenset[str]:
    """States, provinces and countries, small and without a final dot."""
    places = [name for name, kind in known_names().items() if kind == "place"]
    return frozenset(name.casefold().rstrip(".") for name in (*places, *entries("region_codes")))


_NEVER_FIRST = frozenset(table("dateline_words")["never_first"])


def find_dateline(body_text: str, *, received_at: datetime | None) -> Dateline | None:
    """The dateline at the very start of `body_text`, or None when there is none.

    A day without a year gets the year that puts it nearest to `received_at`, a day without a month the month that puts
    it at most ten days before; without `received_at` the date of both is None.
    """
    start = len(body_text) - len(body_text.lstrip())
    label = _LABEL.match(body_text, start) or _INLINE_BYLINE.match(body_text, start)
    if label:
        start = label.end()
    head = body_text[start : start + _REACH].split("\n", 1)[0].split("\t", 1)[0]
    if not head or not may_open(head[0]):
        return None
    found = _read(head) or (_own_line(head) if body_text[start + len(head) :].strip() else None)
    if found is None:
        return None
    parts, end = found
    return Dateline(
        text=head[:end],
        place=parts.place,
        date=_resolve(parts, received_at),
        agency=parts.agency,
        agency_text=parts.agency_text,
        start=start,
        end=start + end,
    )


def _read(head: str) -> tuple[Parts, int] | None:
    return _usual(head) or read_east_asian(head) or _cut(head)


def reporters_in(dateline: Dateline) -> str | None:
    """The names in a dateline that names its reporters, as written: `(서울=연합뉴스) 홍길동 기자 =`."""
    if dateline.text.isascii():
        return None
    found = _read(f"{dateline.text} {'X' * 30}")
    return found[0].reporters if found else None


def is_dated_or_credited(dateline: Dateline) -> bool:
    """Whether it carries a day or an agency, and so can't be mistaken for a heading."""
    return dateline.date is not None or dateline.agency is not None or any(map(str.isdigit, dateline.text))


def may_open(first: str) -> bool:
    """Whether a dateline can begin with this character."""
    georgian = "\u10d0" <= first <= "\u10ff"  # small letters to Unicode, although copy has no others
    return first in "([/【［（〔" or first.isdigit() or (first.isalpha() and (georgian or not first.islower()))


_FRESH = timedelta(days=10)  # how old wire copy is at most whose day has no month


def _resolve(parts: Parts, received_at: datetime | None) -> date | None:
    if parts.month_day is None:
        return _day_before(parts.day, received_at) if parts.day and received_at else None
    month, day = parts.month_day
    try:
        return date(parts.year, month, day) if parts.year else resolve_year(month, day, received_at)
    except ValueError:
        return None


def _day_before(day: int, received_at: datetime) -> date | None:
    """The last such day of a month, when it is not older than wire copy is; a day ahead is another time zone's."""
    latest = received_at.date() + timedelta(days=1)
    ages = (latest - timedelta(days=age) for age in range(_FRESH.days + 1))
    return next((then for then in ages if then.day == day), None)


# `LONDON, March 3 (Reuters) -`, `HARTFORD, Conn., March 3 -`: what most wire copy in English begins with.
_USUAL = re.compile(
    r"([A-Z](?:[A-Z.'’]|[ -](?=[A-Z])){3,30}(?:, [A-Z][A-Za-z.]{1,14}(?: [A-Z][a-z]{2,10})?)?), "
    r"([A-Z][a-z]{2,8})\.? (\d{1,2}) "
    r"(?:\(([A-Za-z]{2,10})\) )?(?:--?|[—–])(?= \S)"
)


def _usual(head: str) -> tuple[Parts, int] | None:
    """A short cut of `_cut`, with the same result in a quarter of the time; None says nothing."""
    found = _USUAL.match(head)
    if found is None:
        return None
    place, month, day = found[1], month_number(found[2]), int(found[3])
    agency = named(found[4]) if found[4] else None
    if (
        not month
        or not 1 <= day <= 31
        or (found[4] and not agency)
        or _is_no_place(place.partition(",")[0], alone=True)
    ):
        return None
    parts = Parts(
        place=_without_full_stop(place),
        month_day=(month, day),
        agency=agency,
        agency_text=found[4],
        sure_agency=agency is not None,
    )
    return (parts, found.end()) if agency else _with_agency_after(head, parts, found.end())


def _without_full_stop(place: str) -> str:
    """`Conn.` → `Conn`, but `N.Y.` stays."""
    return place if re.search(r"\.(?:\w+|\s\w)\.$", place) else place.rstrip(".")


def _cut(head: str) -> tuple[Parts, int] | None:
    """Read piece after piece; the dateline ends after the last separator whose pieces all belong to it."""
    parts = Parts()
    best: tuple[Parts, int] | None = None
    position = 0
    for separator in _SEPARATOR.finditer(head):
        if separator.start() - position > 100:
            break
        piece = head[position : separator.start()].rstrip()
        if piece.count("(") > piece.count(")"):
            continue
        read = _read_piece(piece, parts, first=position == 0)
        if read is None:
            break
        parts = read
        position = separator.end()
        if position >= len(head):
            break
        if _is_dateline(parts, separator[0].strip(), head, position):
            best = parts, separator.start() + len(separator[0].rstrip())
            if parts.place and parts.month_day and parts.agency:
                break
    if best and best[0].agency is None:
        return _with_agency_after(head, *best)
    return best or _without_separator(head) or _place_and_full_stop(head)


_AGENCY_AFTER = re.compile(
    r"\s{0,2}([^\W\d_][\w-]{1,14}(?:\s[^\W\d_a-z][\w-]{1,14})?)(?:,\s?((?:\s?[^\W\d_a-z][\w.-]{1,20}){2,3}?))?"
    r"(?:\.(?=\s)|\s?(?:[—–]|--?)(?=\s))"
)


def _with_agency_after(head: str, parts: Parts, end: int) -> tuple[Parts, int]:
    """`МОСКВА, 3 мар — РИА Новости. …`: the agency follows the dash as a sentence of its own."""
    found = _AGENCY_AFTER.match(head, end)
    agency = named(found[1]) if found else None
    if found is None or agency is None:
        return parts, end
    return (
        parts._replace(agency=agency, agency_text=found[1], sure_agency=True, reporters=found[2] or parts.reporters),
        found.end(),
    )


def _own_line(head: str) -> tuple[Parts, int] | None:
    """`Geneva, 3 March 2018` on a line of its own above the text, as press offices write it."""
    line = head.rstrip()
    if len(line) > 80 or not any(map(str.isdigit, line)):
        return None
    parts = _read_piece(line, Parts(), first=True)
    if parts is None or not parts.month_day or not parts.place:
        return None
    return (parts, len(line)) if parts.sure_agency or _is_known(parts.place) else None


_CLOSING_GROUP = re.compile(r"(?:[)\]）]|(?<=\w)/|(?<=\d\s)/|(?<=[\u0600-\u06ff]\s)/)\s?[.:।]?(?=\s*[^\s\W])")
_DAY_END = re.compile(r"(?<=\d)\.(?=\s+[^\W\d_a-z])")
_BARE_AGENCY_END = re.compile(r"(?:[.,]|(?<=\d))\s+[^\W\d_a-z][\w-]{2,14}(?=\.\s+\S|:?\s+[^\W\d_a-z])")


def _without_separator(head: str) -> tuple[Parts, int] | None:
    """`NEW DELHI, Mar 3 (PTI) The …`, `MOSCOW, March 3. /TASS/. The …`, `YEREVAN, MARCH 3, ARMENPRESS. The …`."""
    if not (_DIGIT.search(head) or any(mark in head for mark in ")]/）")):
        return None
    for pattern in (_CLOSING_GROUP, _BARE_AGENCY_END, _DAY_END):
        for closing in pattern.finditer(head, 0, 120):
            end = closing.end() + (pattern is _BARE_AGENCY_END and head[closing.end()] in ".:")
            opening = head[:end].rstrip()
            parts = _read_piece(opening.rstrip(".: ।"), Parts(), first=True)
            if parts is None or (pattern is _BARE_AGENCY_END and not parts.agency):
                continue
            if _ends_clearly(parts, opening, head[end:].lstrip()):
                return parts, len(opening)
    return None


def _ends_clearly(parts: Parts, opening: str, following: str) -> bool:
    """A known agency with a day, a mark behind it, or a known place before it; or else a known place and a day."""
    if not parts.agency:
        known = parts.place is not None and _is_known(parts.place)
        return known and (
            parts.month_day is not None or (opening[0] == "(" and _FIVE_WORDS.match(following) is not None)
        )
    if not parts.sure_agency:
        return parts.month_day is not None and parts.place is not None and opening.endswith((")", "):", "/", "/."))
    if parts.month_day or (parts.day and parts.place):
        return True
    if parts.place is None:
        return False
    if opening.endswith(("/", "/.", "):", "].", ":", ").", ")।")):
        return True
    return not following[:1].islower() and (_is_known(parts.place) or _in_capitals(parts.place))


_FIVE_WORDS = re.compile(r"[^\W\d_a-z]\w{0,20} (?:[^\s.!?]{1,25} ){4}")
_FULL_STOP = re.compile(r"([^\W\d_][\w/-]{2,20}(?: [^\W\d_a-z][\w/-]{2,15}){0,2})\. ")


def _place_and_full_stop(head: str) -> tuple[Parts, int] | None:
    """`Berlin. Der Rat hat …`, as some German papers write it; a place alone, and a sentence of some length."""
    found = _FULL_STOP.match(head)
    if found is None or not _FIVE_WORDS.match(head, found.end()) or not _is_known(found[1]):
        return None
    return Parts(place=found[1]), found.end(1) + 1


def _is_dateline(parts: Parts, separator: str, head: str, position: int) -> bool:
    following = head[position : position + 1]
    if separator == ":" and not (parts.agency or parts.month_day or (parts.place and parts.place.isupper())):
        return False
    if parts.agency and parts.sure_agency:
        return bool(parts.place or parts.month_day) or not following.islower()
    if parts.month_day or parts.unread_day:
        if parts.place:
            return separator != ":" or parts.year is not None or parts.place.isupper()
        return parts.agency is not None or (parts.year is not None and separator not in {":", "-"})
    if parts.place is None:
        return False
    if parts.agency:
        if parts.agency.islower():
            return _is_known(parts.place) and not following.islower()
        return _is_known(parts.place) or _in_capitals(parts.place)
    return _stands_alone(parts.place, separator, head, position)


def _stands_alone(place: str, separator: str, head: str, position: int) -> bool:
    """A place with neither day nor agency: `NASHUA, N.H. - At the moment …`, `Berlin – Der Kanzler …`."""
    following = head[position : position + 1]
    if not (following.isupper() or following.isdigit() or following in "\"“‘'«„("):
        return False
    rest = head[position:]
    if len(rest) < (5 if _is_known(place) else 20) or re.match(r"[^.!?]{1,60}\s(?:[—–]|--?)\s", rest):
        return False
    if _is_known(place):
        return separator != ":" or place.isupper()
    town, _, region = place.partition(",")
    if separator in {":", "|"}:
        return False
    if separator == ".-":  # Spanish datelines end so, and nothing else does
        return len(place.split()) <= 4
    return _in_capitals(place) and not region and len(town) >= 5 and separator != "-" and len(town.split()) <= 2


_AND = re.compile(r"\s?/\s?|\s&\s|\s(?:and|und|et|y|e)\s")


def _is_known(place: str) -> bool:
    segments = [segment.strip() for segment in place.split(",")]
    if all(town.casefold() in _known_places() for town in _AND.split(segments[0])):
        return True
    return len(segments) > 1 and segments[-1].casefold().removeprefix("the ").rstrip(".") in _regions()


def _in_capitals(place: str) -> bool:
    town = place.split(",")[0]
    letters = [c for c in town if c.isalpha()]
    return len(letters) >= 4 and sum(c.isupper() for c in letters) >= len(letters) - 1


def _read_piece(piece: str, parts: Parts, *, first: bool) -> Parts | None:
    """`parts` with what `piece` adds to it, or None when something in it does not belong to a dateline."""
    position, anything = 0, False
    while True:
        gap = _SPACE_OR_COMMA.match(piece, position)
        position = gap.end() if gap else position
        if position >= len(piece):
            return parts if anything else None
        read = (
            _read_group(piece, position, parts)
            or _read_day(piece, position, parts)
            or _read_beside_day(piece, position, parts)
            or _read_bare_agency(piece, position, parts)
            or _read_place(piece, position, parts, first=first)
        )
        if read is None:
            return None
        parts, position = read
        anything = True


def _read_group(piece: str, position: int, parts: Parts) -> tuple[Parts, int] | None:
    if piece[position] not in "([/【（":
        return None
    group = _GROUP.match(piece, position)
    if not group:
        return None
    inside = (group[1] or group[2] or group[3]).strip(" -—–")
    if (" - " in inside or " / " in inside) and (read := _read_mixed(inside, parts)):
        return read, group.end()
    if agency := _agency_of(inside):
        if parts.agency and parts.sure_agency:
            return None
        sure = agency[1] or (group[2] is not None and parts.agency is None)  # slashes stand around agencies only
        return parts._replace(agency=agency[0], agency_text=inside, sure_agency=sure), group.end()
    if read := _read_agency_and_day(inside, parts):
        return read, group.end()
    another_group = piece.startswith("(", group.end() + 1)  # `Halle (Saale) (dpa)`
    if parts.place and (inside.casefold().rstrip(".") in _regions() or (another_group and inside.istitle())):
        return parts._replace(place=f"{parts.place} {group[0]}"), group.end()
    if is_weekday(inside):
        return parts, group.end()
    if parts == Parts() and _is_known(inside):
        return parts._replace(place=inside), group.end()
    if found := _CORRESPONDENT.fullmatch(inside):
        agency_text = found[1]
        return (
            parts._replace(
                agency=named(agency_text) or agency_text,
                agency_text=agency_text,
                sure_agency=True,
                reporters=found[2] or parts.reporters,
            ),
            group.end(),
        )
    if (parts.month_day or (parts.place and _in_capitals(parts.place))) and _UNKNOWN_AGENCY.fullmatch(inside):
        return parts._replace(agency=inside, agency_text=inside), group.end()
    return None


def _read_mixed(inside: str, parts: Parts) -> Parts | None:
    """`Newsfile Corp. - March 3, 2018`, `News Site / Agency - 3rd March, 2018`: agencies and a day."""
    pieces = [piece.strip() for piece in re.split(r"\s[/-]\s", inside)]
    agencies = [(*agency, piece) for piece in pieces if (agency := _agency_of(piece))]
    if not agencies:
        return None
    day = next((read for piece in pieces if (read := _read_day(piece, 0, parts))), None)
    name, sure, written = agencies[-1]
    return (day[0] if day else parts)._replace(agency=name, agency_text=written, sure_agency=sure)


def _read_agency_and_day(inside: str, parts: Parts) -> Parts | None:
    """`TTXVN 3/3`, `3 March 2018`, `AP, March 3`, `3. März, 8.00 Uhr`: a day, an agency, and nothing else."""
    before = parts
    position = 0
    while True:
        gap = _SPACE_OR_COMMA.match(inside, position)
        position = gap.end() if gap else position
        if position >= len(inside):
            return parts if parts is not before else None
        read = (
            _read_day(inside, position, parts)
            or _read_beside_day(inside, position, parts)
            or _read_bare_agency(inside, position, parts)
        )
        if read is None:
            return None
        parts, position = read


def _agency_of(inside: str) -> tuple[str, bool] | None:
    """The agency that `inside` names, and whether it is a known one or only looks like one."""
    if known := named(inside):
        return known, True
    if "-" in inside and " " not in inside:  # `Interfax-Siberia` is not Interfax, `ANSA-AFP` is ANSA with AFP
        members = [named(part) for part in inside.split("-")]
        if members[0] and not all(members):
            return inside, True
    for part in re.split(r"\s*[/,;]\s*|\s+-\s+|-(?=[A-Z])|\s+via\s+|\s+and\s+", inside):
        if known := named(part.strip()):
            return known, True
    if _NEWS_NAME.search(inside) and len(inside) <= 45 and inside[0].isupper():
        return inside, True
    if _ACRONYM.fullmatch(inside) and inside.isupper():
        return inside, False
    if _SMALL_ACRONYM.fullmatch(inside):
        return inside, False
    return None


def _read_day(piece: str, position: int, parts: Parts) -> tuple[Parts, int] | None:
    if parts.month_day:
        return None
    if not _DIGIT.search(piece, position, position + 40):
        return _read_worded_day(piece, position, parts)
    if found := _ISLAMIC_DAY.match(piece, position):
        position = found.end()
    if found := _DAY_FIRST.match(piece, position):
        month = _month(found[3])
        if month and (not found[1] or _may_precede_day(found[1])) and 1 <= int(found[2]) <= 31:
            return _with_day(parts, month, found[2], found[4]), found.end()
    if found := _MONTH_FIRST.match(piece, position):
        month = month_number(found[2])
        if month and (not found[1] or is_weekday(found[1])):
            if 1 <= int(found[3]) <= 31:
                return _with_day(parts, month, found[3], found[4]), found.end()
            return parts._replace(unread_day=True), found.end()
    if found := _EAST_ASIAN_DAY.match(piece, position):
        return _with_day(parts, int(found[2]), found[3], found[1]), found.end()
    if (found := _YEAR_FIRST_DAY.match(piece, position)) and (month := month_number(found[2])):
        return _with_day(parts, month, found[3], found[1]), found.end()
    if found := _VIETNAMESE_DAY.match(piece, position):
        return _with_day(parts, int(found[2]), found[1], found[3]), found.end()
    return _read_numeric_day(piece, position, parts)


def _read_numeric_day(piece: str, position: int, parts: Parts) -> tuple[Parts, int] | None:
    found = _NUMERIC_DAY.match(piece, position)
    if found is None:
        return _read_day_alone(piece, position, parts)
    if found[8]:
        return _with_day(parts, int(found[9]), found[10], found[8]), found.end()
    day, month, year = int(found[1]), int(found[3] or found[6]), found[4] or found[7]
    if month > 12 >= day:
        day, month = month, day
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return None
    if year and len(year) == 2:
        year = str(2000 + int(year))
    return _with_day(parts, month, str(day), year), found.end()


_DAY_ALONE = re.compile(r"(\d{1,2})\.?(?=\s?\([^\W\d_])")


def _read_day_alone(piece: str, position: int, parts: Parts) -> tuple[Parts, int] | None:
    """`SEVILLA, 3 (EUROPA PRESS) -`: a day between the place and the agency."""
    found = _DAY_ALONE.match(piece, position)
    if found is None or parts.day or not parts.place or not 1 <= int(found[1]) <= 31:
        return None
    return parts._replace(day=int(found[1])), found.end()


def _read_worded_day(piece: str, position: int, parts: Parts) -> tuple[Parts, int] | None:
    """`तीन मार्च`: Hindi agencies write the day in words."""
    if piece[position].isascii():
        return None
    found = _WORDED_DAY.match(piece, position)
    month = month_number(found[2]) if found else None
    day = _worded_days().get(found[1]) if found else None
    return (_with_day(parts, month, day, found[3]), found.end()) if found and month and day else None


@cache
def _worded_days() -> dict[str, str]:
    return {word: day for day, words in table("days_in_words").items() for word in words}


def _with_day(parts: Parts, month: int, day: str, year: str | None) -> Parts:
    return parts._replace(month_day=(month, int(day)), year=int(year) if year else None)


def _month(word: str) -> int | None:
    """The month's number, also behind the Hebrew `in`."""
    return month_number(word) or (month_number(word[1:]) if word[0] == "ב" else None)


def _read_beside_day(piece: str, position: int, parts: Parts) -> tuple[Parts, int] | None:
    """A time or a weekday, which add nothing; a year of the North Korean calendar."""
    if not parts.month_day:
        return None
    if found := _TIME.match(piece, position):
        return parts, found.end()
    if found := _JUCHE.match(piece, position):
        return parts._replace(year=_JUCHE_BEFORE_FIRST + int(found[1])), found.end()
    word = _WORD.match(piece, position)
    return (parts, word.end()) if word and is_weekday(word[0]) else None


_WORD = re.compile(r"[^\W\d_]+")
_BARE = re.compile(
    rf"[^\s,:/()]+(?:\s+(?:[A-ZА-ЯЁ][\w.-]*|[\u0600-\u06ff{_MARKS}]+|[\u0900-\u0df3.]+|«[^»]{{2,20}}»)){{0,3}}"
)


def _may_precede_day(word: str) -> bool:
    return is_weekday(word) or word.lower() in _BEFORE_DAY


def _read_bare_agency(piece: str, position: int, parts: Parts) -> tuple[Parts, int] | None:
    """An agency without brackets: `TEHRAN, March 3, IRNA -`, `ISTANBUL / Reuters`, `WELLINGTON, March 3 RNZ -`."""
    if parts.agency:
        return None
    found = _BARE.match(piece, position)
    if not found:
        return None
    words = found[0]
    while words:
        written = words.rstrip(".")
        if agency := named(written):
            if written.casefold() in _regions() or (parts == Parts() and written in entry_set("agencies_alone")):
                return None
            return parts._replace(agency=agency, agency_text=written, sure_agency=True), position + len(words)
        words = words.rpartition(" ")[0].rstrip()
    acronym = _BARE_ACRONYM.match(piece, position) if parts.month_day and parts.place else None
    if acronym and acronym[1].casefold() not in _regions():
        return parts._replace(agency=acronym[1], agency_text=acronym[1]), acronym.end()
    return None


def _read_place(piece: str, position: int, parts: Parts, *, first: bool) -> tuple[Parts, int] | None:
    """A town, or what follows it after a comma: region, country, a second town."""
    article = 4 if parts.place and piece.startswith("the ", position) else 0  # `LEIDEN, the Netherlands`
    found = _PLACE_SEGMENT.match(piece, position + article)
    if not found:
        return None
    end = _place_end(piece, position, found.end())
    if (second := _SECOND_TOWN.match(piece, end)) and not named(second[1]):
        end = second.end()
    name = _without_full_stop(piece[position:end])
    if not name or len(name) > 60 or _is_no_place(name, alone=parts.place is None):
        return None
    if parts.place is None:
        return parts._replace(place=name), end
    between = piece[:position].rstrip(" ")
    if position == 0 or between[-1:] not in {",", "/", ";", "،"} or parts.place.count(",") >= 3:
        return None
    if is_weekday(name):
        return parts, end
    if (parts.month_day or not first) and name.casefold().removeprefix("the ").rstrip(".") not in _regions():
        return None
    return parts._replace(place=f"{parts.place}, {name}"), end


def _place_end(piece: str, start: int, end: int) -> int:
    """Before a month or an agency that the words ran into (`LAKE SUCCESS, N.Y. March 3`); after `Mexico city,`."""
    if lower := _LOWER_WORD.match(piece, end):
        return lower.end()
    words = list(re.finditer(r"\S+", piece[start:end]))
    for word in words[1:]:
        text = word[0].rstrip(".,")
        if text in _BEFORE_DAY and not text.isascii():  # `القاهرة في 3 مارس`, `Hà Nội ngày 3`
            return start + word.start() - 1
        following = piece[start + word.end() : start + word.end() + 4]
        if (month_number(text) and re.match(r"\.?\s?\d", following)) or (len(text) > 3 and named(text)):
            return start + word.start() - 1 - (piece[start + word.start() - 1 : start + word.start()] != " ")
    return end


def _is_no_place(name: str, *, alone: bool) -> bool:
    words = name.casefold().replace("’", "'").split()
    if alone and all(word.rstrip(".") in entry_set("heading_words") for word in words):
        return True
    if words[0].rstrip(".") in _NEVER_FIRST and not (name.isupper() and words[0] in {"at", "on", "in"}):
        return True
    if alone and len(words) == 1 and words[0] not in _regions() and (month_number(name) or is_weekday(name)):
        return True
    return any(word in {"said", "says", "is", "was", "has", "will"} for word in words)
