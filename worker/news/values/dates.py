"""Dates as publishers write them, read into a `Moment` that says how exact they are; never "now".

Formats: ISO 8601 and what passes for it, RFC 822 with whatever zone, Unix seconds and milliseconds, .NET's `/Date()/`,
dates in words in sixty languages, numeric dates in European, American and East Asian order; times of twelve hours;
zones as offsets, abbreviations, names in English and names of the tz database.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from wiredesk.worker.news.model import Moment, Precision
from wiredesk.worker.news.values.words import alternatives, table

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
    hebrew = {f"ב{name}": number for name, number in full.items() if "\u05d0" <= name[0] <= "\u05ea"}  # `in March`
    return hebrew | in_full | short | _SHORT_MONTHS | full


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
# Names that say nothing of summer time stand for the rules of a place.
_REGIONS = {
    "et": "America/New_York", "ct": "America/Chicago", "mt": "America/Denver", "pt": "America/Los_Angeles",
    "eastern time": "America/New_York", "central time": "America/Chicago", "mountain time": "America/Denver",
    "pacific time": "America/Los_Angeles", "atlantic time": "America/Halifax", "central european time": "Europe/Paris",
    "eastern european time": "Europe/Athens", "uk time": "Europe/London", "london time": "Europe/London",
    "moscow time": "Europe/Moscow", "india time": "Asia/Kolkata", "japan time": "Asia/Tokyo",
    "eastern standard time": "America/New_York", "eastern daylight time": "America/New_York",
    "central standard time": "America/Chicago", "central daylight time": "America/Chicago",
    "mountain standard time": "America/Denver", "mountain daylight time": "America/Denver",
    "pacific standard time": "America/Los_Angeles", "pacific daylight time": "America/Los_Angeles",
    "central european standard time": "Europe/Paris", "central european summer time": "Europe/Paris",
    "eastern european standard time": "Europe/Athens", "eastern european summer time": "Europe/Athens",
    "british summer time": "Europe/London", "greenwich mean time": "UTC", "coordinated universal time": "UTC",
    "india standard time": "Asia/Kolkata", "indian standard time": "Asia/Kolkata", "japan standard time": "Asia/Tokyo",
    "china standard time": "Asia/Shanghai", "korea standard time": "Asia/Seoul",
}  # fmt: skip

_ISO = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|\s{1,3}|[Tt]\s)(\d\d?):(\d\d)(?::(\d\d)(?:[.,]\d{1,12})?)?\s{0,2}"
    r"([Zz]|[+-]\d\d(?::?\d\d)?|[A-Za-z]{2,5}(?![A-Za-z/]))?)?(?![\d:])"
)
_RFC = re.compile(
    r"(?:[A-Za-z]{3},? )?(\d\d?) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d)(?::(\d\d))? ([+-]\d{4}|(?![AP]M\b)[A-Z]{1,5})"
)
_DOT_NET = re.compile(r"[\\/]{0,2}Date\((-?\d{1,15})([+-]\d{4})?\)[\\/]{0,2}")
_ORDINAL = re.compile(r"([12]\d{3})-?([0-3]\d\d)")
_WEEK = re.compile(r"([12]\d{3})-?W([0-5]\d)-?([1-7])")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(\d\d)?(?:\.\d{1,6})?(Z|[+-]\d\d:?\d\d)?)?", re.I)
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})([/. ])(\d\d?)\2(\d\d?)(?!\d)")
_NUMERIC = re.compile(r"(?<![\d./-])(\d\d?)([./-])\s?(\d\d?)\2\s?(\d{4}|\d\d)(?![\d])")
_EAST_ASIAN = re.compile(r"(\d{4})\s?[年년]\s?(\d\d?)\s?[月월](?:\s?(\d\d?)\s?[日일号])?")
# The first year of Japanese eras and of the Republic of China; Buddhist years are 543 ahead.
_ERAS = {"令和": 2019, "平成": 1989, "昭和": 1926, "大正": 1912, "明治": 1868, "民國": 1912, "民国": 1912}
_ERA = re.compile(r"(令和|平成|昭和|大正|明治|民國|民国)\s?(\d{1,3}|元)\s?年\s?(\d\d?)\s?月(?:\s?(\d\d?)\s?日)?")
_THAI = re.compile("[\u0e00-\u0e7f]")
_BUDDHIST_YEAR = re.compile(r"(?<!\d)2[45]\d\d(?!\d)")
_VIETNAMESE = re.compile(r"(\d\d?)\s+tháng\s+(\d\d?)(?:,?\s+(?:năm\s+)?(\d{4}))?", re.I)
_ENGLISH_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ENGLISH_WEEKDAY = re.compile(r"\b(mon|tue|wed|thu|fri|sat|sun)(?:s|nes|rs|ur)?(?:day)?\b", re.I)
_YEAR_MONTH = re.compile(r"(\d{4})[-/](\d\d)")
# Letters, with the vowel signs of India and South-East Asia, which are no letters to `re`.
_WORDS = re.compile(r"\d{1,4}|(?:[^\W\d_]|(?!\d)[\u0900-\u0dff\u0e31-\u0eff\u1000-\u109f\u1780-\u17ff])+")
_TWO_WORDS = re.compile("(كانون|تشرين) {1,2}(?=ال)")
"""Months of the Levant, which the word list has in one."""
_THAI_ABBREVIATION = re.compile(r"([\u0e01-\u0e4e]{1,3})\.([\u0e01-\u0e2e])\.")
_ZONE = re.compile(
    r"\s{0,2}[(\[]?(?:(?:GMT|UTC)?\s?([+-])(\d\d?):?(\d\d)?(?!\d)"
    r"|([A-Z][A-Za-z_]{1,20}/[A-Z][A-Za-z_+-]{1,30}(?:/[A-Z][A-Za-z_]{1,30})?)(?![\w/])"
    r"|([A-Za-z]{2,12}(?: European)?(?: (?:standard|daylight|summer|mean|universal))? time)\b"
    r"|([A-Za-z]{1,5})(?![A-Za-z]))",
    re.I,
)
# Full-width signs and digits, spaces that don't break, marks of direction.
_AS_ASCII = (
    {0xFEE0 + code: code for code in range(0x21, 0x7F)}
    | dict.fromkeys((0xA0, 0x202F, 0x2009, 0x3000), " ")
    | dict.fromkeys((0x200E, 0x200F))
)
_MAX_LENGTH = 160  # a date in words with its label is shorter; more is prose
_EARLIEST, _LATEST = 1600, 2199  # newspapers begin in 1605
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Dates that databases and programs write when they have none: zero in the zone of a server, the bounds of 32 bits, and
# the first days of Access, Excel, SQL Server, NTFS, HFS and PHP's reading of `0000-00-00`.
_NULLS = frozenset(
    datetime.fromisoformat(f"{text}+00:00")
    for text in ("1900-01-01T00:00:00", "1899-12-30T00:00:00", "1901-12-13T20:45:52", "2038-01-19T03:14:07")
)
_NULL_TIMES = frozenset(
    datetime.fromisoformat(f"{text}T00:00:00+00:00")
    for text in ("1601-01-01", "1753-01-01", "1899-11-30", "1899-12-31", "1904-01-01", "1999-11-30")
)
"""In local time, and only with a time of day: archives have articles of these days."""
_ZERO_YEAR = re.compile(r"[-−]000[1-9](?![\d:])|(?<![\d:.+−-])000[0-2](?![\d:])(?!\s?(?:GMT|UTC|[A-Z]{1,3}T|hrs?|h)\b)")
_BUDDHIST_YEARS = range(2443, 2651)
"""Years of the Thai calendar, which are 543 ahead: 1900 to 2107."""
_ALSO_WEEKDAYS = frozenset(("mar", "marti", "paz", "sub", "sze"))
"""Abbreviations of a month in one language and of a weekday in another: `mar. 5 mai` is a Tuesday."""
_AHEAD = timedelta(days=7)  # copy may be dated ahead of its release (embargoes, time zones), not by more


def _half_pattern(*keys: str) -> str:
    """A pattern for the words of `day_periods.txt` under these keys; those in Latin, Arabic … letters stand alone."""
    words = {word for key in keys for word in table("day_periods")[key]}
    closed = {word for word in words if word[0] >= "\u0e00" and not "\u1000" <= word[0] < "\u2e80"}
    spaced = "|".join(map(_loose_dots, sorted(words - closed, key=lambda word: (-len(word), word))))
    return rf"(?:{alternatives(closed)}|(?<![^\W\d_])(?:{spaced})(?![^\W\d_]))"


def _loose_dots(word: str) -> str:
    """A pattern for a word; a dot inside may be left out or have a space behind it: `a.m.`, `a. m.`, `am`."""
    pattern = re.sub(r"(?<=\w)\\\.(?=\w)", r"\\.?\\s?", re.escape(word))
    return re.sub(r"(\\s\?\w)\\\.$", r"\1(?:\\.|(?!\\w))", pattern)


@cache
def _clock() -> re.Pattern[str]:
    """A time of day: the half before it, hour, minute, second, the half behind it."""
    before, after = _half_pattern("am", "pm", "night"), _half_pattern("am", "pm", "night", "am after", "pm after")
    return re.compile(
        rf"(?:({before})\s{{0,3}})?(?<!\d)(\d\d?)(?:\s?(?:[:hH时時시点點]|[.](?=\d\d(?:\D|$)))\s?(\d\d|\d(?=:\d))?"
        rf"(?:\s?[:.分분]\s?(\d\d?)(?:[.,]\d{{1,12}}(?!\d))?)?[分분秒초]?(?:\s{{0,3}}({after}))?|\s{{0,2}}({after})(?!\s{{0,3}}\d))",
        re.IGNORECASE,
    )


@cache
def _halves() -> dict[str, str]:
    return {_half_key(word): key.split()[0] for key, words in table("day_periods").items() for word in words}


def _half_key(word: str) -> str:
    return re.sub(r"[.\s]", "", word.casefold())


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
    """The point in time that `text` names; None when it names none, or an impossible one.

    `received_at` serves dates without a year, and day/month order that nothing else settles.
    """
    text = text.strip()
    if "&" in text or "\\" in text:  # `+` escaped for HTML or for JSON, and not unescaped by who hands it on
        text = text.replace("&#x2B;", "+").replace("&#43;", "+").replace("\\u002b", "+").replace("\\u002B", "+")
    if found := _ISO.match(text):
        return _from_iso(found, text, source)
    if found := _RFC.fullmatch(text):
        day, month, year, hour, minute, second, zone = found.groups()
        number = _months().get(month.lower())
        if number:
            clock = (int(hour), int(minute), int(second) if second else None)
            return _moment(int(year), number, int(day), clock, zone, source)
    if not text or len(text) > _MAX_LENGTH:
        return None
    if text.lstrip("-").replace(".", "", 1).isdecimal() and text.isascii():
        return _from_digits(text, source)
    if found := _DOT_NET.fullmatch(text):
        return _from_unix(int(found[1]), 1_000, found[2], source)
    if not text.isascii():
        text = _TWO_WORDS.sub(r"\1", _THAI_ABBREVIATION.sub(r"\1\2 ", text.translate(_AS_ASCII)))
    return None if _ZERO_YEAR.search(text) else _from_words(text, source, received_at)


def is_ahead(moment: Moment | None, received_at: datetime) -> bool:
    """Whether a moment is more than a day after `received_at`: a publisher's clock, or an embargo.

    A day covers every zone that was not given.
    """
    return moment is not None and moment.at - received_at > timedelta(days=1)


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
    year: int, month: int, day: int | None, clock: tuple[int, int, int | None] | None, zone: str | None, source: str
) -> Moment | None:
    """The moment of a local time; `zone` is as `_offset_minutes` takes it. None for a date that can't be."""
    if year in _BUDDHIST_YEARS:
        year -= 543
    if not _EARLIEST <= year <= _LATEST:
        return None
    hour, minute, second = clock or (0, 0, None)
    next_day = hour == 24 and minute == 0 and not second
    try:
        local = datetime(year, month, day or 1, 0 if next_day else hour, minute, min(second or 0, 59), tzinfo=UTC)
    except ValueError:
        return None
    if next_day:
        local += timedelta(days=1)
    offset = _offset_minutes(zone, local) if zone else None
    at = local - timedelta(minutes=offset) if clock is not None and offset else local
    if _is_null(at) or (clock is not None and local in _NULL_TIMES):
        return None
    precision: Precision = (
        ("month" if day is None else "day") if clock is None else "minute" if second is None else "second"
    )
    return Moment(at, precision, source, offset is not None, offset)


def _is_null(at: datetime) -> bool:
    return at in _NULLS or abs(at - _EPOCH) <= timedelta(hours=24)


def _from_iso(found: re.Match[str], text: str, source: str) -> Moment | None:
    year, month, day, hour, minute, second, zone = found.groups()
    rest = text[found.end() :].strip()
    if hour is None:
        if rest and not re.fullmatch(r"[Zz]|[+-]\d\d:?\d\d|[Tt]", rest):
            return _from_words(text, source, None) if len(text) <= _MAX_LENGTH else None
        return _moment(int(year), int(month), int(day), None, None, source)
    clock = int(hour), int(minute), int(second) if second else None
    if zone is None or (half := _halves().get(zone.lower())) is None:
        if zone is None and rest and len(text) <= _MAX_LENGTH and (moment := _from_words(text, source, None)):
            return moment
        return _moment(int(year), int(month), int(day), clock, zone, source)
    return _moment(
        int(year), int(month), int(day), _twelve_hours(clock, half), _take_zone(text, found.end())[0], source
    )


def _offset_minutes(zone: str, local: datetime) -> int | None:
    """Minutes east of UTC for `+0100`, `-05:00`, `+2`, `Z`, an abbreviation, or a name; None for an unknown name.

    `local` is the local time there, whatever its `tzinfo` says.
    """
    if zone[0] in "+-":
        digits = zone[1:].replace(":", "")
        minutes = int(digits[:2]) * 60 + int(digits[2:] or 0)
        return (-minutes if zone[0] == "-" else minutes) if minutes <= 14 * 60 else None
    name = zone.lower()
    if name in _ZONES:
        return _ZONES[name]
    region = _region(_REGIONS.get(name, zone))
    offset = local.replace(tzinfo=region).utcoffset() if region else None
    return None if offset is None else round(offset.total_seconds() / 60)


@lru_cache(maxsize=256)
def _region(name: str) -> ZoneInfo | None:
    """A zone of the tz database, whatever its case: `Europe/paris`."""
    for key in (name, "/".join(part.title() for part in name.split("/"))) if "/" in name else ():
        try:
            return ZoneInfo(key)
        except (
            ValueError,
            OSError,
            KeyError,
        ):  # KeyError: no such zone; the others: the name of no file, or of a folder
            continue
    return None


def _from_digits(text: str, source: str) -> Moment | None:
    """Unix seconds, milliseconds or microseconds; `20180531`; `20180531101500`; a year and the day in it."""
    whole = text.split(".")[0]
    if len(whole) in {8, 12, 14} and (found := _COMPACT.fullmatch(whole)):
        moment = _from_compact(found, source)
        if moment is not None and moment.at.year >= 1900:
            return moment
    if found := _ORDINAL.fullmatch(text):
        return _from_ordinal(found, source)
    scale = {13: 1_000, 16: 1_000_000}.get(len(whole), 1)
    if not 9 <= len(whole) <= 16 or (scale == 1 and len(whole) > 10):
        return None
    return _from_unix(int(whole), scale, None, source)


def _from_unix(number: int, scale: int, zone: str | None, source: str) -> Moment | None:
    """`zone` is that of the publisher beside a number that is UTC already, as .NET writes it."""
    try:
        at = _EPOCH + timedelta(seconds=number // scale)
    except OverflowError:
        return None
    if _is_null(at) or not _EARLIEST <= at.year <= _LATEST:
        return None
    return Moment(at, "second", source, True, _offset_minutes(zone, at) if zone else None)


def _from_ordinal(found: re.Match[str], source: str) -> Moment | None:
    day = date(int(found[1]), 1, 1) + timedelta(days=int(found[2]) - 1)
    return _moment(day.year, day.month, day.day, None, None, source) if day.year == int(found[1]) else None


def _from_week(found: re.Match[str], source: str) -> Moment | None:
    try:
        day = date.fromisocalendar(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
    return _moment(day.year, day.month, day.day, None, None, source)


def _from_compact(found: re.Match[str], source: str) -> Moment | None:
    year, month, day, hour, minute, second, zone = found.groups()
    clock = (int(hour), int(minute), int(second) if second else None) if hour else None
    return _moment(int(year), int(month), int(day), clock, zone, source)


def _from_words(text: str, source: str, received_at: datetime | None) -> Moment | None:
    if found := _COMPACT.fullmatch(text):
        return _from_compact(found, source)
    if found := _YEAR_MONTH.fullmatch(text):
        return _moment(int(found[1]), int(found[2]), None, None, None, source)
    if found := _ORDINAL.fullmatch(text):
        return _from_ordinal(found, source)
    if found := _WEEK.fullmatch(text):
        return _from_week(found, source)
    clock, zone, rest = _take_clock(text)
    day = _find_day(rest, text, received_at)
    if day is None:
        return None
    year, month, number = day
    return _moment(year, month, number, clock if number else None, zone, source)


def _find_day(text: str, whole: str, received_at: datetime | None) -> tuple[int, int, int | None] | None:
    """Year, month, day of the date in `text`, from which the time of day has been taken."""
    if found := _ERA.search(text):
        year = _ERAS[found[1]] + (1 if found[2] == "元" else int(found[2])) - 1
        return year, int(found[3]), int(found[4]) if found[4] else None
    if _THAI.search(text):
        text = _BUDDHIST_YEAR.sub(lambda year: str(int(year[0]) - 543), text)
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
    place = _month_place(words)
    if place is None:
        return None
    month = month_number(words[place])
    assert month is not None
    before = words[max(0, place - 3) : place]
    after = words[place + 1 : place + 6]
    numbers_before = [int(word) for word in before if word.isdecimal()]
    numbers_after = [int(word) for word in after if word.isdecimal()]
    numbers = (*numbers_after, *numbers_before)
    year = next((n for n in numbers if _EARLIEST <= n <= _LATEST or n in _BUDDHIST_YEARS), None)
    day = next((n for n in (*reversed(numbers_before), *numbers_after) if 1 <= n <= 31), None)
    if year is None and any(n > 2_400 for n in numbers):
        return None  # `31 Dec 9999`: a year that can't be, not a date without one
    if day is None and any(31 < n < 100 for n in (*numbers_before[-1:], *numbers_after[:1])):
        return None
    if year is None and day is not None:
        year = _two_digit_year(text, day)
    if year is not None:
        return year, month, day
    resolved = resolve_year(month, day, received_at) if day else None
    return (resolved.year, month, day) if resolved else None


def _month_place(words: list[str]) -> int | None:
    """The place of the month's name: the first with a number beside it that is no weekday, else the last of them."""
    places = [i for i, word in enumerate(words) if word[0].isalpha() and _is_month(words, i)]
    certain = [i for i in places if _plain(words[i]) not in _ALSO_WEEKDAYS]
    return certain[0] if certain else places[-1] if places else None


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


def _take_clock(text: str) -> tuple[tuple[int, int, int | None] | None, str | None, str]:
    """The time of day, its zone, and the text without both."""
    for found in _clock().finditer(text):
        before, hour, minute, second, after, alone = found.groups()
        half = before or after or alone
        if minute is None and half is None and found[0].rstrip()[-1:] not in "hH时時시点點":
            continue
        if _looks_like_day(text, found):
            continue
        clock = int(hour), int(minute or 0), int(second) if second else None
        if clock[0] > 24 or clock[1] > 59:
            continue
        zone, end = _take_zone(text, found.end())
        rest = text[: found.start()] + " " + text[end:]
        return _twelve_hours(clock, _halves()[_half_key(half)]) if half else clock, zone, rest
    return None, None, text


def _looks_like_day(text: str, found: re.Match[str]) -> bool:
    """`31.05` of `31.05.2018` is no time of day."""
    dotted = "." in text[found.start(2) : found.end(4) if found[4] else found.end(3) if found[3] else found.end(2) + 1]
    if not dotted or ":" in found[0]:
        return False
    around = text[found.end() : found.end() + 1] + text[max(0, found.start() - 1) : found.start()]
    return bool(re.match(r"\.?\d", text[found.end() :])) or "." in around or found[4] is not None


def _take_zone(text: str, position: int) -> tuple[str | None, int]:
    """The zone at `position`, as `_offset_minutes` takes it, and where it ends; `position` when none is there."""
    found = _ZONE.match(text, position)
    if found is None:
        return None, position
    sign, hours, minutes, region, words, abbreviation = found.groups()
    if sign:
        return f"{sign}{hours:0>2}{minutes or '00'}", found.end()
    if region:
        return (region, found.end()) if _region(region) else (None, position)
    if words and words.lower() in _REGIONS:
        return words, found.end()
    name = (abbreviation or (words or "").split(" ")[0]).lower()
    if name not in _ZONES and name not in _REGIONS:
        return None, position
    return name, found.end() if abbreviation else position + text[position:].lower().index(name) + len(name)


def _twelve_hours(clock: tuple[int, int, int | None], half: str) -> tuple[int, int, int | None]:
    """A clock of twelve hours in its half of the day (`am`, `pm`, `night`); one of 24 hours stays as it is."""
    hour, minute, second = clock
    if half == "night":
        half = "am" if hour < 6 or hour == 12 else "pm"
    if hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return hour, minute, second
