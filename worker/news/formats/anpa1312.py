"""ANPA 1312: the wire format of North American agencies, with selector codes, categories and typesetting marks."""

from __future__ import annotations

import re
from datetime import datetime

from wiredesk.worker.news.formats.given import Found, Given
from wiredesk.worker.news.formats.transmission import Message, articles, full_year, under_header
from wiredesk.worker.news.model import Draft, Moment
from wiredesk.worker.news.values.dates import read_moment
from wiredesk.worker.news.wire.copy import read_wire_copy

# `a0123 -----`, then `r i bc-portreopens 03-09 0250`: service and number; priority, category, keyword, day, words.
_NUMBER = re.compile(r"\s*([A-Za-z])(\d{3,5})(?!\d)")
_SECOND = re.compile(
    r"(?:^|[\n\r\x1e\x1f])\s*([A-Za-z])\s([A-Za-z])\s?[\x11-\x14]{0,3}\s*([A-Za-z]{2}-[^\s\x1e\x1f]{1,60})?"
    r"(?:.{0,80}?(\d{1,2})-(\d{1,2})(?:-(\d\d))?\s+(\d{1,5}))?",
    re.DOTALL,
)
# `AP-NY-03-09-26 1215EST`, `-03-09-26 1715GMT`: service, place, day, hour, zone; behind the text, or its last line.
_STAMP = re.compile(r"(?:([A-Za-z]{2,6})-)?(?:([A-Za-z]{2,6})-)?(\d\d)-(\d\d)-(\d\d)\s+(\d\d)(\d\d)\s?([A-Z]{2,4})?")
_STAMP_LINE = re.compile(rf"\n[ \t]*{_STAMP.pattern}[ \t]*\n?\s*$")
_LAST_CHARACTERS = 200
# flash, bulletin, urgent, regular, deferred, weekend: IPTC's urgencies that ANPA's priorities stand for.
_URGENCY = {"f": 1, "b": 2, "u": 3, "r": 4, "d": 5, "a": 5, "s": 6, "w": 6, "x": 6, "z": 6, "y": 6, "q": 6}


def read(given: Given) -> Found:
    """The articles of a transmission, each read as wire copy under what its header says."""
    return articles(given, _draft)


def _draft(message: Message, received_at: datetime) -> Draft:
    text = message.text
    stamp = _STAMP.search(message.trailer)
    if stamp is None and (last := _STAMP_LINE.search(text, max(0, len(text) - _LAST_CHARACTERS))):
        stamp, text = _STAMP.search(last[0]), text[: last.start()]
    sent = _sent(stamp, received_at) if stamp else None
    number = _NUMBER.match(message.header)
    second = _SECOND.search(message.header, number.end() if number else 0)
    service = stamp[1] or "" if stamp else ""
    return under_header(
        read_wire_copy(text, received_at=received_at),
        message,
        source="anpa-1312",
        sent=sent,
        stamp=stamp[0] if stamp else "",
        provider_id=f"{service}{number[1]}{number[2]}/{sent.at.date()}" if number and sent else None,
        urgency=_URGENCY.get(second[1].lower()) if second else None,
        category=second[2].lower() if second else None,
        slug=second[3] if second else None,
    )


def _sent(stamp: re.Match[str], received_at: datetime) -> Moment | None:
    month, day, year, hour, minute, zone = stamp[3], stamp[4], stamp[5], stamp[6], stamp[7], stamp[8]
    text = f"{full_year(year)}-{month}-{day} {hour}:{minute} {zone or ''}".strip()
    return read_moment(text, source="anpa-1312", received_at=received_at)
