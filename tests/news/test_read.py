"""What is odd about a time of publication is said, and nothing is guessed instead."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from wiredesk.worker.news.model import Dateline, Draft, Moment
from wiredesk.worker.news.read import Document, mark_up, read_document

ENTRY = (
    "<rss version='2.0'><channel><item><title>T</title><pubDate>Thu, 12 Mar 2026 00:30:00 +0100</pubDate></item>"
    "</channel></rss>"
)
PAGE = (
    "<html><head><title>T</title><meta property='article:published_time' content='2026-03-12T00:30:00+01:00'></head>"
    "<body><h1>T</h1><p>The port opened on Thursday, its director said, and ships sailed.</p></body></html>"
)
RECEIVED = datetime(2026, 3, 10, 12, tzinfo=UTC)


def draft(year: int, month: int, day: int, *, url: str | None = None, dateline: date | None = None) -> Draft:
    line = Dateline("RIGA, March 9 -", "RIGA", dateline, None, 0, 15) if dateline else None
    published = Moment(datetime(year, month, day, 9, tzinfo=UTC), "second", "meta")
    return Draft(body_text="RIGA, March 9 - The port opened.", published=published, canonical_url=url, dateline=line)


@pytest.mark.parametrize(
    ("one", "flags"),
    [
        (draft(2026, 3, 10), ()),
        (draft(2026, 3, 11), ()),
        (draft(2026, 3, 12), ("future_date",)),
        (draft(1599, 3, 9), ("old_date",)),
        (draft(2026, 3, 9, dateline=date(2026, 3, 8)), ()),
        (draft(2026, 3, 9, dateline=date(2026, 2, 8)), ("conflicting_dates",)),
        (draft(2026, 3, 9, url="https://news.example/2026/03/08/port"), ()),
        (draft(2026, 3, 9, url="https://news.example/2024/03/08/port"), ("conflicting_dates",)),
    ],
)
def test_odd_dates_are_flagged(one: Draft, flags: tuple[str, ...]) -> None:
    assert mark_up(one, received_at=RECEIVED).flags == flags


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (ENTRY, "application/rss+xml"),
        (PAGE, "text/html"),
    ],
)
def test_entries_and_pages_dated_ahead_have_one_flag_and_the_offset_of_their_publisher(
    body: str, media_type: str
) -> None:
    (item,) = read_document(Document(body.encode(), RECEIVED, media_type=media_type))
    assert isinstance(item, Draft)
    marked = mark_up(item, received_at=RECEIVED)
    assert [flag for flag in marked.flags if "future" in flag] == ["future_date"]
    assert marked.published is not None
    assert marked.published.offset_minutes == 60


def test_a_missing_date_stays_missing() -> None:
    marked = mark_up(Draft(body_text="The port opened."), received_at=RECEIVED)
    assert (marked.published, marked.flags) == (None, ())
