"""Points in time as people write them: `12:50`, `yesterday`, `2h`, `yesterday 18:00`, `2026-03-01T12:00`."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

import click

EXAMPLES = "say 90s, 15m, 2h, 7d, 12:50, today, yesterday, yesterday 18:00, monday, or 2026-03-01T12:00"

_AGO = re.compile(r"([0-9]{1,6})\s*(s|m|min|h|d|w)[a-z]*(?:\s+ago)?")
_UNITS = {"s": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def read(text: str, now: datetime) -> datetime:
    """The point in time that a text names, never later than `now` unless it names its date. Raises `ValueError`.

    `now` is aware and in the zone of the person. A clock time that today has not reached is yesterday's; a day's name
    alone is its midnight.
    """
    said = " ".join(text.lower().split())
    if ago := _AGO.fullmatch(said):
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    day, _, clock = said.rpartition(" ") if " " in said else ("", "", said)
    if found := _CLOCK.fullmatch(clock):
        at = time(int(found[1]), int(found[2]), int(found[3] or 0))
        if day:
            return _at(_day(day, now), at)
        moment = _at(now, at)
        return moment if moment <= now else _at(now - timedelta(days=1), at)
    if said in ("today", "yesterday", *_WEEKDAYS):
        return _at(_day(said, now), time())
    moment = datetime.fromisoformat(text.strip())
    return moment if moment.tzinfo else moment.astimezone()


def option(value: str | None, name: str) -> datetime | None:
    """The value of a command's option. Raises `click.BadParameter` that gives examples."""
    if value is None:
        return None
    try:
        return read(value, datetime.now().astimezone())
    except (ValueError, OverflowError):
        raise click.BadParameter(f"{value!r}: {EXAMPLES}", param_hint=name) from None


def _day(name: str, now: datetime) -> datetime:
    if name == "today":
        return now
    if name == "yesterday":
        return now - timedelta(days=1)
    if name in _WEEKDAYS:
        return now - timedelta(days=(now.weekday() - _WEEKDAYS.index(name)) % 7)
    return datetime.fromisoformat(name)


def _at(day: datetime, at: time) -> datetime:
    """That wall clock time on that day; the zone's offset is looked up for it, which summer time may have changed."""
    return datetime.combine(day.date(), at).astimezone()
