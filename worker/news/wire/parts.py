"""The records that the readers of datelines hand to each other."""

from __future__ import annotations

from typing import NamedTuple


class Parts(NamedTuple):
    """The parts of a dateline that are read so far.

    `month_day` is month and day, `year` only where it is written; `day` alone stands where the copy names no month.
    `sure_agency` is false for a word that only looks like an agency; `unread_day` marks a day that can't be.
    """

    place: str | None = None
    month_day: tuple[int, int] | None = None
    year: int | None = None
    day: int | None = None
    agency: str | None = None
    agency_text: str | None = None
    sure_agency: bool = False
    unread_day: bool = False
    reporters: str | None = None
