"""IPTC 7901 (the IPTC recommended message format): wire copy with a header of priority, category and word count."""

from __future__ import annotations

import re
from datetime import datetime

from wiredesk.worker.news.formats.given import Found, Given
from wiredesk.worker.news.formats.transmission import Message, articles, full_year, under_header
from wiredesk.worker.news.model import Draft, Moment
from wiredesk.worker.news.values.dates import month_number, read_moment
from wiredesk.worker.news.wire.copy import read_wire_copy

# `bdt0123 4 pl 233  dpa 0456`: service, number, priority, category, words, keywords.
_HEADER = re.compile(
    r"\s*([A-Za-z]{1,6})\s?(\d{1,5})\s+(\d)\s+([A-Za-zÄÖÜäöü]{1,4})(?:\s+(\d{1,5}))?\b[ \t]*(.{0,200})", re.DOTALL
)
# `091215 Mar 26`, `091215 GMT MAR 26`, `091215 MEZ Mär 26`: day, hour, minute, zone, month, year.
_DATE = re.compile(r"\b(\d\d)(\d\d)(\d\d)\s*(?:([A-Z]{1,4})\s+)?([^\W\d_]{3,9})\.?\s+(\d\d(?:\d\d)?)\b")


# `Hafen/Sturm/`: keywords above the headline.
_KEYWORDS = re.compile(r"\s*((?:[^\s/][^/\n]{0,40}/){1,8})[ \t]*\n")


def read(given: Given) -> Found:
    """The articles of a transmission, each read as wire copy under what its header says."""
    return articles(given, _draft)


def _draft(message: Message, received_at: datetime) -> Draft:
    keywords = _KEYWORDS.match(message.text)
    text = message.text[keywords.end() :] if keywords else message.text
    sent = _sent(message.trailer, received_at)
    header = _HEADER.match(message.header)
    return under_header(
        read_wire_copy(text, received_at=received_at),
        message,
        source="iptc-7901",
        sent=sent,
        stamp=message.trailer,
        provider_id=f"{header[1]}{header[2]}/{sent.at.date()}" if header and sent else None,
        urgency=int(header[3]) if header and header[3] in "12345678" else None,
        category=header[4] if header else None,
        slug=keywords[1] if keywords else None,
    )


def _sent(trailer: str, received_at: datetime) -> Moment | None:
    """The day-time group behind the text."""
    found = _DATE.search(trailer)
    month = month_number(found[5]) if found else None
    if found is None or month is None:
        return None
    day, hour, minute, zone, year = found[1], found[2], found[3], found[4], found[6]
    text = f"{full_year(year)}-{month:02}-{day} {hour}:{minute} {zone or ''}".strip()
    return read_moment(text, source="iptc-7901", received_at=received_at)
