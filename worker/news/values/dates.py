"""Dates as publishers write them, read into a `Moment` that says how exact they are; never "now".

Formats: ISO 8601 and what passes for it, RFC 822 with whatever zone, Unix seconds and milliseconds, dates in words in
some twenty languages, numeric dates in European, American and East Asian order.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from functools import cache

from wiredesk.worker.news.model import Moment, Precision
from wiredesk.worker.news.values.words import table

# Shortened so that the rule "the first letters, at least three, of one month only" can't find them.
_SHORT_MONTHS = {"juil": 7, "mrz": 3, "mar": 3, "tmz": 7, "sete": 9, "set": 9, "mag": 5, "dic": 12, "jui": 7, "lis": 11}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _plain(word: str) -> str:
    """Case and accents folded: `Février` → `fevrier`."""
    folded = word.casefold()
    if folded.isascii():
        return folded
    return "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c))


@cache
def _months() -> dict[str, int]:
    """Names of months, case and accents folded, with their abbreviations of three to five letters → 1 to 12."""
    full: dict[str, int] = {}
    prefixes: dict[str, set[int]] = {}
    for number, names in table("months").items():
        for name in map(_plain, names):
            full[name] = int(number)
            for length in range(3, min(len(name), 6)):
                prefixes.setdefault(name[:length], set()).add(int(number))
    short = {prefix: months.pop() for prefix, months in prefixes.items() if len(months) == 1}
    in_full = {_plain(name): int(number) for number, names in table("months_in_full").items() for name in names}
    return in_full | short | _SHORT_MONTHS | full


_WEEKDAYS = _words("""
mon monday tue tues tuesday wed wednesday thu thur thurs thursday fri friday sat saturday sun sunday lundi mardi
mercredi jeudi vendredi samedi dimanche lun mer jeu ven sam dim montag dienstag mittwoch donnerstag freitag samstag
sonnabend sonntag lunes martes miercoles jueves viernes sabado domingo lunedi martedi mercoledi giovedi venerdi sabato
domenica segunda terca quarta quinta sexta feira maandag dinsdag woensdag donderdag vrijdag zaterdag zondag mandag
tirsdag onsdag torsdag fredag lordag sondag hetfo kedd szerda csutortok pentek szombat vasarnap понедельник вторник
среда четверг пятница суббота воскресенье
""")
# Minutes east of UTC. A name that several countries use (IST, CST) stands for the one with the most news in English.
_ZONES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 60, "bst": 60, "cet": 60, "mez": 60, "cest": 120,
    "mesz": 120,
    "eet": 120, "eest": 180, "sast": 120, "cat": 120, "wat": 60, "eat": 180, "msk": 180, "trt": 180, "gst": 240,
    "pkt": 300,
    "ist": 330, "npt": 345, "wib": 420, "ict": 420, "sgt": 480, "hkt": 480, "myt": 480, "pht": 480, "awst": 480,
    "jst": 540,
    "kst": 540, "acst": 570, "aest": 600, "acdt": 630, "aedt": 660, "nzst": 720, "nzdt": 780, "nst": -210, "ndt": -150,
    "ast": -240, "adt": -180, "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480,
    "pdt": -420, "akst": -540, "akdt": -480, "hst": -600, "brt": -180, "art": -180, "clt": -240,
}  # fmt: skip
_AMERICAN_ZONES = {"et": -300, "ct": -360, "mt": -420, "pt": -480}

_ISO = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|\s{1,3}|[Tt]\s)(\d\d?):(\d\d)(?::(\d\d)(?:[.,]\d{1,12})?)?\s{0,2}"
    r"([Zz]|[+-]\d\d(?::?\d\d)?|[A-Za-z]{1,4})?)?(?![\d:])"
)
_RFC = re.compile(
    r"(?:[A-Za-z]{3},? )?(\d\d?) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d)(?::(\d\d))? ([+-]\d{4}|GMT|UTC|[A-Z]{1,4})"
)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(\d\d)?(?:\.\d{1,6})?(Z|[+-]\d\d:?\d\d)?)?", re.I)
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})([/. ])(\d\d?)\2(\d\d?)(?!\d)")
_NUMERIC = re.compile(r"(?<![\d./-])(\d\d?)([./-])\s?(\d\d?)\2\s?(\d{4}|\d\d)(?![\d])")
_EAST_ASIAN = re.compile(r"(\d{4})\s?[年년]\s?(\d\d?)\s?[月월](?:\s?(\d\d?)\s?[日일号])?")
_VIETNAMESE = re.compile(r"(\d\d?)\s+tháng\s+(\d\d?)(?:,?\s+(?:năm\s+)?(\d{4}))?", re.I)
_ENGLISH_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ENGLISH_WEEKDAY = re.compile(r"\b(mon|tue|wed|thu|fri|sat|sun)(?:s|nes|rs|ur)?(?:day)?\b", re.I)
_YEAR_MONTH = re.compile(r"(\d{4})[-/](\d\d)")
_WORDS = re.compile(r"\d{1,4}|[^\W\d_]+")
_CLOCK = re.compile(
    r"(?<!\d)(\d\d?)\s?(?:[:hH시時时]|[.](?=\d\d(?:\D"
    r"|$)))\s?(\d\d)?(?:\s?[:.분分]\s?(\d\d))?[분分]?\s{0,2}(?:([ap])\.?\s?m\b\.?)?",
    re.I,
)
_AM_PM_HOUR = re.compile(r"(?<![\d:.])(\d\d?)\s{0,2}([ap])\.?\s?m\b\.?", re.I)
_ZONE = re.compile(r"\s{0,2}[(\[]?(?:(?:GMT|UTC)?\s?([+-])(\d\d?):?(\d\d)?(?!\d)|([A-Za-z]{1,4})(?![A-Za-z]))")
_MAX_LENGTH = 160  # a date in words with its label is shorter; more is prose
_EARLIEST, _LATEST = 1600, 2199  # newspapers begin in 1605
# What databases and programs write when they have no date.
_NULLS = frozenset(
    {datetime(1970, 1, 1, tzinfo=UTC), datetime(1900, 1, 1, tzinfo=UTC), datetime(1899, 12, 30, tzinfo=UTC)}
)
_AHEAD = timedelta(days=7)  # copy may be dated ahead of its release (embargoes, time zones), not by more


def month_number(word: str) -> int | None:
    """1 to 12 for the name of a month or its abbreviation, in any language that is known here."""
    return _months().get(word.lower()) or _months().get(_plain(word.rstrip(".")))


def is_weekday(word: str) -> bool:
    """Whether it names a day of the week, in three letters or more (`Mo.` is Missouri as well)."""
    return len(word.rstrip(".,")) > 2 and _plain(word.rstrip(".,")) in _WEEKDAYS


def resolve_year(month: int, day: int, received_at: datetime | None) -> date | None:
    """The year that puts month and day nearest to `received_at`, at most a week ahead; None when there is none."""
    if received_at is None:
        return None
    near = received_at.date()
    candidates = [d for year in (near.year - 1, near.year, near.year + 1) if (d := _day(year, month, day))]
    past = [d for d in candidates if d <= near + _AHEAD]
    if not past and month == 2 and day == 29:
        past = [d for year in range(near.year - 8, near.year - 1) if (d := _day(year, month, day))]
    return min(past, key=lambda d: abs(d - near)) if past else None


def read_moment(text: str, *, source: str, received_at: datetime | None = None) -> Moment | None:
    """The point in time that `text` names, or None when it names none, or one that can't be.

    `received_at` serves dates without a year, and day/month order that nothing else settles.
    """
    text = text.strip()
    if "&" in text or "\\" in text:  # `+` escaped for HTML or for JSON, and not unescaped by who hands it on
        text = text.replace("&#x2B;", "+").replace("&#43;", "+").replace("\\u002b", "+").replace("\\u002B", "+")
    if found := _ISO.match(text):
        return _from_iso(found, text, source)
    if found := _RFC.match(text):
        day, month, year, hour, minute, second, zone = found.groups()
        number = _months().get(month.lower())
        if number:
            clock = (int(hour), int(minute), int(second) if second else None)
            return _moment(int(year), number, int(day), clock, _offset(zone, text), source)
    if not text or len(text) > _MAX_LENGTH:
        return None
    if text.lstrip("-").replace(".", "", 1).isdecimal() and text.isascii():
        return _from_digits(text, source)
    return _from_words(text, source, received_at)


_URL_DAY = re.compile(
    r"[/_.=-]((?:19|20)\d\d)(?:([/_.-])(0[1-9]|1[0-2]|[1-9]|[a-z]{3})\2(0[1-9]|[12]\d|3[01]|[1-9])"
    r"|/?(0[1-9]|1[0-2])/?(0[1-9]|[12]\d|3[01]))(?!\d)",
    re.I,
)
_URL_MONTH = re.compile(r"/((?:19|20)\d\d)[/-](0[1-9]|1[0-2])(?=/)")


def date_in_url(url: str) -> Moment | None:
    """The day or month in an article's URL: `/2018/05/31/`, `/2018/may/31/`, `-20180531.html`, `/2018/05/`."""
    path = url.split("://", 1)[-1].split("?", 1)[0].split("#", 1)[0][:2000]
    path = path[path.find("/") :] if "/" in path else ""
    for found in _URL_DAY.finditer(path):
        year, _, month, day, compact_month, compact_day = found.groups()
        number = month_number(month or compact_month) if (month or "").isalpha() else int(month or compact_month)
        if number and (moment := _moment(int(year), number, int(day or compact_day), None, None, "url")):
            return moment
    if found_month := _URL_MONTH.search(path):
        return _moment(int(found_month[1]), int(found_month[2]), None, None, None, "url")
    return None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _moment(
    year: int,
    month: int,
    day: int | None,
    clock: tuple[int, int, int | None] | None,
    offset_minutes: int | None,
    source: str,
) -> Moment | None:
    if not _EARLIEST <= year <= _LATEST:
        return None
    hour, minute, second = clock or (0, 0, None)
    next_day = hour == 24 and minute == 0 and not second
    try:
        at = datetime(year, month, day or 1, 0 if next_day else hour, minute, min(second or 0, 59), tzinfo=UTC)
    except ValueError:
        return None
    if next_day:
        at += timedelta(days=1)
    if at in _NULLS:
        return None
    if clock is None:
        return Moment(at, "month" if day is None else "day", source, offset_minutes is not None)
    precision: Precision = "minute" if second is None else "second"
    if offset_minutes:
        at -= timedelta(minutes=offset_minutes)
    return Moment(at, precision, source, offset_minutes is not None)


def _from_iso(found: re.Match[str], text: str, source: str) -> Moment | None:
    year, month, day, hour, minute, second, zone = found.groups()
    if hour is None:
        rest = text[found.end() :].strip()
        if rest and not re.fullmatch(r"[Zz]|[+-]\d\d:?\d\d|[Tt]", rest):
            return _from_words(text, source, None) if len(text) <= _MAX_LENGTH else None
        return _moment(int(year), int(month), int(day), None, None, source)
    clock = int(hour), int(minute), int(second) if second else None
    if zone is None:
        return _moment(int(year), int(month), int(day), clock, _zone_at(text, found.end(), date_hint=None), source)
    if zone.lower() in {"am", "pm", "a", "p"}:
        clock = _twelve_hours(clock, zone[0])
        return _moment(int(year), int(month), int(day), clock, _zone_at(text, found.end(), date_hint=None), source)
    return _moment(int(year), int(month), int(day), clock, _offset(zone, text), source)


def _offset(zone: str, text: str) -> int | None:
    """Minutes east of UTC for `+0100`, `-05:00`, `Z` or a name; None for a name that isn't known."""
    if zone[0] in "+-":
        minutes = int(zone[1:3]) * 60 + int(zone[-2:] if len(zone) > 3 else 0)
        return (-minutes if zone[0] == "-" else minutes) if minutes <= 14 * 60 else None
    name = zone.lower()
    if name in {"gmt", "utc"} and (further := re.search(r"(?:GMT|UTC)\s?([+-])(\d\d?):?(\d\d)?", text)):
        return _signed(further[1], further[2], further[3])
    return _ZONES.get(name, _american(name, text))


def _signed(sign: str, hours: str, minutes: str | None) -> int | None:
    total = int(hours) * 60 + int(minutes or 0)
    if total > 14 * 60:
        return None
    return -total if sign == "-" else total


def _american(name: str, text: str) -> int | None:
    """`ET` and its like say nothing of summer time; the month does, to within two weeks in March and November."""
    if name not in _AMERICAN_ZONES:
        return None
    numbers = [int(n) for n in re.findall(r"\d+", text)[:3]]
    month = next((m for word in _WORDS.findall(text) if not word.isdecimal() and (m := month_number(word))), None)
    if month is None and len(numbers) > 1:
        month = numbers[1] if numbers[0] > 31 else numbers[0]
    summer = month is not None and 4 <= month <= 10
    return _AMERICAN_ZONES[name] + (60 if summer else 0)


def _from_digits(text: str, source: str) -> Moment | None:
    """Unix seconds, milliseconds or microseconds; `20180531`; `20180531101500`."""
    whole = text.split(".")[0]
    if len(whole) in {8, 12, 14} and (found := _COMPACT.fullmatch(whole)):
        moment = _from_compact(found, source)
        if moment is not None and moment.at.year >= 1900:
            return moment
    scale = {13: 1_000, 16: 1_000_000}.get(len(whole), 1)
    if not 9 <= len(whole) <= 16 or (scale == 1 and len(whole) > 10):
        return None
    return Moment(datetime.fromtimestamp(int(whole) // scale, tz=UTC), "second", source)


def _from_compact(found: re.Match[str], source: str) -> Moment | None:
    year, month, day, hour, minute, second, zone = found.groups()
    clock = (int(hour), int(minute), int(second) if second else None) if hour else None
    return _moment(int(year), int(month), int(day), clock, _offset(zone, "") if zone else None, source)


def _from_words(text: str, source: str, received_at: datetime | None) -> Moment | None:
    if found := _COMPACT.fullmatch(text):
        return _from_compact(found, source)
    if found := _YEAR_MONTH.fullmatch(text):
        return _moment(int(found[1]), int(found[2]), None, None, None, source)
    clock, offset, rest = _take_clock(text)
    day = _find_day(rest, text, received_at)
    if day is None:
        return None
    year, month, number = day
    return _moment(year, month, number, clock if number else None, offset, source)


def _find_day(text: str, whole: str, received_at: datetime | None) -> tuple[int, int, int | None] | None:
    """Year, month, day of the date in `text`, from which the time of day has been taken."""
    if found := _EAST_ASIAN.search(text):
        return int(found[1]), int(found[2]), int(found[3]) if found[3] else None
    if (found := _VIETNAMESE.search(text)) and found[3]:
        return int(found[3]), int(found[2]), int(found[1])
    if found := _ISO.search(text):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _YEAR_FIRST.search(text):
        return int(found[1]), int(found[3]), int(found[4])
    if found := _NUMERIC.search(text):
        return _numeric(found, whole, received_at)
    return _named(text, received_at)


def _numeric(found: re.Match[str], whole: str, received_at: datetime | None) -> tuple[int, int, int | None] | None:
    """Day first, unless numbers, `am`/`pm` or the day of receipt show that slashes have the month first."""
    first, mark, second, written_year = int(found[1]), found[2], int(found[3]), found[4]
    year = int(written_year) if len(written_year) == 4 else _century(int(written_year))
    if not (first and second and year) or first > 12 or mark == "." or first == second:
        return year, second, first
    if second > 12:
        return year, first, second
    if mark == "/":
        if re.search(r"\d\s?[ap]\.?m\b", whole, re.I):
            return year, first, second
        if named_day := _ENGLISH_WEEKDAY.search(whole):  # `Thu, 03/08/2018` can only be 8 March
            index = _ENGLISH_WEEKDAYS.index(named_day[1].lower())
            if date(year, first, second).weekday() == index != date(year, second, first).weekday():
                return year, first, second
            return year, second, first
        if received_at is not None:
            limit = received_at.date() + timedelta(days=1)
            day_first, month_first = date(year, second, first), date(year, first, second)
            if month_first <= limit < day_first:
                return year, first, second
    return year, second, first


def _century(two_digits: int) -> int:
    """RFC 2822, section 4.3: 00 to 49 is this century."""
    return two_digits + (2000 if two_digits < 50 else 1900)


def _named(text: str, received_at: datetime | None) -> tuple[int, int, int | None] | None:
    words = _WORDS.findall(text)
    place = next((i for i, word in enumerate(words) if word[0].isalpha() and _is_month(words, i)), None)
    if place is None:
        return None
    month = month_number(words[place])
    assert month is not None
    before = words[max(0, place - 3) : place]
    after = words[place + 1 : place + 6]
    numbers_before = [int(word) for word in before if word.isdecimal()]
    numbers_after = [int(word) for word in after if word.isdecimal()]
    year = next((n for n in (*numbers_after, *numbers_before) if _EARLIEST <= n <= _LATEST), None)
    day = next((n for n in (*reversed(numbers_before), *numbers_after) if 1 <= n <= 31), None)
    if day is None and any(31 < n < 100 for n in (*numbers_before[-1:], *numbers_after[:1])):
        return None
    if year is None and day is not None:
        year = _two_digit_year(text, day)
    if year is not None:
        return year, month, day
    resolved = resolve_year(month, day, received_at) if day else None
    return (resolved.year, month, day) if resolved else None


def _is_month(words: list[str], i: int) -> bool:
    """A month's name with a number beside it: `may` and `mar` are words too."""
    if month_number(words[i]) is None:
        return False
    beside = words[max(0, i - 2) : i] + words[i + 1 : i + 3]
    return any(word.isdecimal() for word in beside)


def _two_digit_year(text: str, day: int) -> int | None:
    """`03-Mar-18`, `3 Mar 18`, `Mar 3, '18`: a last number of two digits that isn't the day."""
    found = re.search(r"(?:[^\W\d_]{3,}\.?[- ]'?|\d,? ['’])(\d\d)(?!\d|[:.]\d)\D*$", text)
    if not found or found.start(1) == text.find(str(day)):
        return None
    leading = text[: found.start()]
    return _century(int(found[1])) if re.search(r"\d", leading) else None


def _take_clock(text: str) -> tuple[tuple[int, int, int | None] | None, int | None, str]:
    """The time of day, its zone in minutes, and the text without both."""
    for found in _CLOCK.finditer(text):
        hour, minute, second, half = found.groups()
        if minute is None and found[0].rstrip()[-1:] not in "hH시時时":
            continue
        if _looks_like_day(text, found):
            continue
        clock = int(hour), int(minute or 0), int(second) if second else None
        if clock[0] > 24 or clock[1] > 59:
            continue
        return (
            _twelve_hours(clock, half) if half else clock,
            _zone_at(text, found.end(), date_hint=text),
            text[: found.start()] + " " + text[_zone_end(text, found.end()) :],
        )
    if found_hour := _AM_PM_HOUR.search(text):
        clock = _twelve_hours((int(found_hour[1]), 0, None), found_hour[2])
        offset = _zone_at(text, found_hour.end(), date_hint=text)
        return clock, offset, text[: found_hour.start()] + " " + text[_zone_end(text, found_hour.end()) :]
    return None, None, text


def _looks_like_day(text: str, found: re.Match[str]) -> bool:
    """`31.05` of `31.05.2018` is no time of day."""
    dotted = "." in found[0] and ":" not in found[0]
    around = text[found.end() : found.end() + 1] + text[max(0, found.start() - 1) : found.start()]
    return dotted and (bool(re.match(r"\.?\d", text[found.end() :])) or "." in around or found[3] is not None)


def _zone_at(text: str, position: int, *, date_hint: str | None) -> int | None:
    found = _ZONE.match(text, position)
    if not found:
        return None
    if found[1]:
        return _signed(found[1], found[2], found[3])
    return _offset(found[4], date_hint or text) if _is_zone(found[4]) else None


def _zone_end(text: str, position: int) -> int:
    found = _ZONE.match(text, position)
    return found.end() if found and (found[1] or _is_zone(found[4])) else position


def _is_zone(word: str) -> bool:
    return word.lower() in _ZONES or word.lower() in _AMERICAN_ZONES


def _twelve_hours(clock: tuple[int, int, int | None], half: str) -> tuple[int, int, int | None]:
    hour, minute, second = clock
    if hour <= 12:
        hour = hour % 12 + (12 if half in "pP" else 0)
    return hour, minute, second
