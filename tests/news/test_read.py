"""What is odd about a time of publication is said, and nothing is guessed instead."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from wiredesk.worker.news.model import Dateline, Draft, Moment
from wiredesk.worker.news.read import mark_up

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


def test_a_missing_date_stays_missing() -> None:
    marked = mark_up(Draft(body_text="The port opened."), received_at=RECEIVED)
    assert (marked.published, marked.flags) == (None, ())
