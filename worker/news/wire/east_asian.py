"""Datelines of Chinese, Japanese and Korean agencies, which stand in brackets or without a space before the text.

`新华社北京3月3日电`, `（中央社記者王小明台北3日電）`, `【ワシントン共同】`, `［東京 ３日 ロイター］`,
`(서울=연합뉴스) 홍길동 기자 =`.
"""

from __future__ import annotations

import re
from functools import cache

from wiredesk.worker.news.values.agencies import named, names_written
from wiredesk.worker.news.values.words import alternatives, entry_set
from wiredesk.worker.news.wire.parts import Parts

_HAN_OR_KANA = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_LATIN_IN_JAPANESE = ("AFP", "AP", "UPI", "dpa", "EFE", "CNN", "RIA")
# Newspapers that write of themselves: "this paper, Beijing, March 3".
_THIS_PAPER = ("本报", "本報", "本网", "本網", "本台", "本刊")
_LONGEST_HAN_PLACE = 6


def read_east_asian(head: str) -> tuple[Parts, int] | None:
    """The dateline at the start of `head`, and its end."""
    if head.isascii() or (head[0].isascii() and head[0] not in "(["):
        return None
    return _read_chinese(head) or _read_japanese(head) or _read_korean(head)


@cache
def _han_agencies() -> tuple[str, ...]:
    return tuple(name for name in names_written() if _HAN_OR_KANA.search(name))


@cache
def _chinese() -> re.Pattern[str]:
    return re.compile(
        rf"[（(【]?据?(?P<agency>{alternatives((*_han_agencies(), *_THIS_PAPER))})(?P<staff>[记記]者)?"
        r"(?P<place>[^\d\s，。、（()）【】]{0,14}?(?:、[^\d\s，。、（()）【】]{2,12}?){0,3})"
        r"(?:(?P<year>\d{4})年)?(?:(?P<month>\d{1,2})月)?(?P<day>\d{1,2})日"
        r"(?P<sent>(?:综合|綜合|專|专|外|电|電|讯|訊|消息|报道|報導|報道){0,4})[）)】]?"
        r"(?:\s?[（(](?:(?P<reporters>[记記]者[^（）()\n]{1,50})|[^（）()\n]{1,60})[）)])?(?:[:：]|\s?[-—–]{1,2}(?=\s))?"
    )


@cache
def _japanese() -> re.Pattern[str]:
    return re.compile(
        r"【(?P<place>[^】\s\d=＝]{1,12}?)(?:(?P<day>\d{1,2})日)?[=＝]?"
        rf"(?P<agency>{alternatives((*_han_agencies(), *_LATIN_IN_JAPANESE))})"
        r"(?:[=＝](?P<reporters>[^】\d]{2,20}))?】"
    )


_CHINESE_REPORT = re.compile(
    r"【(?P<paper>[^】\d\s]{2,8})(?P<year>\d{4})年(?P<month>\d{1,2})月(?P<day>\d{1,2})日[讯訊]】"
)
_JAPANESE_REPORTER = re.compile(r"[【（(](?P<place>[^】）)\s\d=＝]{1,12})[=＝](?P<reporters>[^】）)\d\n]{2,24})[】）)]")
_JAPANESE_SPACED = re.compile(
    r"[［\[【](?:(?P<place>[^\s\d］\]】]{1,14})\s)?(?:(?P<month>\d{1,2})月)?(?P<day>\d{1,2})日\s"
    r"(?P<agency>[^］\]】\n]{2,12})[］\]】](?:\s?[-–—]{1,2}(?=\s))?"
)
_KOREAN_NORTH = re.compile(
    r"[（(【](?P<place>[가-힣]{2,8}|[\u3400-\u9fff]{2,4})\s?(?P<month>\d{1,2})\s?[월月]\s?(?P<day>\d{1,2})\s?[일日][발発發]\s?"
    r"(?P<agency>조선중앙통신|朝鮮中央通信|朝鲜中央通讯社)[）)】]"
)
_KOREAN = re.compile(
    r"[(\[（](?P<place>[가-힣][가-힣·,/]{0,16}(?:\s[가-힣]{1,8}){0,2}?)(?:\s(?P<origin>[A-Za-z]{2,8}|[가-힣]{2,4}))?"
    r"=(?P<agency>[^)\]）=\n]{2,24})[)\]）]"
    r"(?:\s?(?P<reporters>(?:[가-힣]{2,4}[·,\s]{1,2}){1,6})(?:[가-힣]{2,6}\s)?"
    r"(?:[가-힣]{0,4}기자|[가-힣]{0,3}특파원|통신원|논설위원|PD)\s?=)?"
)
_KOREAN_OUTLET = re.compile(r"(?:뉴스|통신|일보|신문|경제|타임스|방송|데일리|투데이|TV|닷컴)\d?$")
_KOREAN_STAFF = re.compile(r"(?P<reporters>[가-힣]{2,4})\s(?:[가-힣]{0,4}기자|[가-힣]{0,3}특파원)")


def _read_chinese(head: str) -> tuple[Parts, int] | None:
    found = _chinese().match(head)
    if found is None:
        if report := _CHINESE_REPORT.match(head):
            parts = _with_day(Parts(agency=report["paper"], agency_text=report["paper"], sure_agency=True), report)
            return parts, report.end()
        return None
    bracketed = head[0] in "（(【"
    if not (found["sent"] or (bracketed and head[found.end() - 1] in "）)】") or found["month"]):
        return None
    place, reporters = found["place"], found["reporters"]
    if found["staff"]:
        place, reporters = _without_reporters(place)
    own_paper = found["agency"] in _THIS_PAPER
    parts = Parts(
        place=place or None,
        agency=None if own_paper else named(found["agency"]),
        agency_text=None if own_paper else found["agency"],
        sure_agency=not own_paper,
        reporters=re.sub(r"[记記]者\s?", "", reporters).strip() if reporters else None,
    )
    return _with_day(parts, found), found.end()


def _without_reporters(names_and_place: str) -> tuple[str, str | None]:
    """`王小明台北` → Taipei and its reporter: a known place at the end, else what follows three characters."""
    places = entry_set("places_han")
    last = names_and_place.rpartition("、")[2]
    for size in range(min(_LONGEST_HAN_PLACE, len(last) - 2), 1, -1):
        place = last[-size:]
        if place in places or (place[-1] in "市縣县" and place[:-1] in places):
            return place, names_and_place[: len(names_and_place) - size]
    size = len(last) - 3 if len(last) > 4 else 0
    cut = len(names_and_place) - size
    return names_and_place[cut:], names_and_place[:cut]


def _read_japanese(head: str) -> tuple[Parts, int] | None:
    if head[0] not in "【［（([":
        return None
    found = _KOREAN_NORTH.match(head) or _japanese().match(head)
    if found:
        parts = Parts(found["place"], agency=named(found["agency"]), agency_text=found["agency"], sure_agency=True)
        reporters = found.groupdict().get("reporters")
        return _with_day(parts._replace(reporters=reporters), found), found.end()
    if found := _JAPANESE_SPACED.match(head):
        agency = named(found["agency"])
        if agency is None:
            return None
        parts = Parts(found["place"], agency=agency, agency_text=found["agency"], sure_agency=True)
        return _with_day(parts, found), found.end()
    if (found := _JAPANESE_REPORTER.match(head)) and _HAN_OR_KANA.search(found["place"]):
        return Parts(found["place"], reporters=found["reporters"]), found.end()
    return None


def _read_korean(head: str) -> tuple[Parts, int] | None:
    found = _KOREAN.match(head)
    if found is None:
        return None
    if staff := _KOREAN_STAFF.fullmatch(found["agency"]):  # `[헤럴드경제=홍길동 기자]`: the paper, and who wrote for it
        paper = found["place"]
        return Parts(agency=paper, agency_text=paper, sure_agency=True, reporters=staff["reporters"]), found.end()
    written = found["agency"]
    if not (named(written) or _KOREAN_OUTLET.search(written)):
        return None
    place, origin = found["place"], found["origin"]
    if origin and not named(origin):
        place, origin = f"{place} {origin}", None
    parts = Parts(
        place=place,
        agency=named(origin or written) or written,
        agency_text=f"{origin}={written}" if origin else written,
        sure_agency=True,
        reporters=" ".join(found["reporters"].split()) if found["reporters"] else None,
    )
    return parts, found.end()


def _with_day(parts: Parts, found: re.Match[str]) -> Parts:
    given = found.groupdict()
    if not given.get("day"):
        return parts
    year = int(given["year"]) if given.get("year") else None
    if given.get("month"):
        return parts._replace(month_day=(int(given["month"]), int(given["day"])), year=year)
    return parts._replace(day=int(given["day"]))
