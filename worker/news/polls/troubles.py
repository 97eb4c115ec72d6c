"""Moves and troubles of a feed, each with the time since when it lasts.

Pure: the state goes in and comes out, and the feed's row keeps it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from wiredesk.worker.news.polls.schedule import in_words

MOVE_STABLE = timedelta(days=7)
"""A permanent redirect, or a notice in the feed, is taken over after it has named one address for this time. Many a
"permanent" redirect is a maintenance page that ends the day after (lion-reader waits as long)."""

Trouble = Literal["gone", "missing", "forbidden", "busy", "failing", "unreadable", "empty"]
"""`gone` 410, `missing` 404, `forbidden` 401, 402, 403 and 451, `busy` 429 and 503, `failing` any other failure to get
an answer, `unreadable` an answer that is no feed, `empty` a feed without entries."""

_OF_STATUS: dict[int, Trouble] = {
    410: "gone",
    404: "missing",
    **dict.fromkeys((401, 402, 403, 451), "forbidden"),
    **dict.fromkeys((429, 503), "busy"),
}


@dataclass(frozen=True, slots=True)
class Move:
    """The new address that a feed names, and since when it has named it without a break."""

    to: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Condition:
    """The trouble of a feed, since when it lasts without a break, and the last error as its message says it."""

    trouble: Trouble
    since: datetime
    detail: str | None = None


def judge_move(url: str, target: str | None, held: Move | None, *, now: datetime) -> Move | None:
    """The move after an answer that named `target`; null when `target` is no other address."""
    if target is None or target == url:
        return None
    return held if held is not None and held.to == target else Move(target, now)


def may_take_over(url: str, move: Move | None, *, now: datetime) -> bool:
    """Whether the feed is polled at the new address from now on: the same address under https at once."""
    return move is not None and (is_upgrade(url, move.to) or now - move.since >= MOVE_STABLE)


def is_upgrade(url: str, target: str) -> bool:
    """Whether `target` is `url` with https for http, and nothing else."""
    before, after = urlsplit(url), urlsplit(target)
    return (before.scheme, after.scheme) == ("http", "https") and before[1:] == after[1:]


def trouble_of_status(status: int | None) -> Trouble:
    """The trouble that the status of a failed fetch shows; a null status: no answer came."""
    return _OF_STATUS.get(status or 0, "failing")


def judge_condition(trouble: Trouble, detail: str | None, held: Condition | None, *, now: datetime) -> Condition:
    """The condition after a poll that found `trouble`; it keeps its beginning while the trouble is the same."""
    since = held.since if held is not None and held.trouble == trouble else now
    return Condition(trouble, since, detail)


def condition_in_words(condition: Condition, *, now: datetime, interval_seconds: float) -> str:
    """`gone (410) since 21 days, asked every 1 day`."""
    times = (
        f"since {in_words(max(0.0, (now - condition.since).total_seconds()))}, asked every {in_words(interval_seconds)}"
    )
    error = condition.detail or "no reason given"
    match condition.trouble:
        case "gone":
            return f"gone (410) {times}"
        case "missing":
            return f"not found (404) {times}"
        case "forbidden":
            return f"refused ({error}) {times}"
        case "busy":
            return f"told to wait ({error}) {times}"
        case "failing":
            return f"failing ({error}) {times}"
        case "unreadable":
            if "HTML page" in error:
                return f"answers an HTML page ({error.partition(':')[0]}) {times}"
            return f"answers no feed ({error}) {times}"
        case "empty":
            return f"without entries {times}"


def move_in_words(move: Move, *, now: datetime) -> str:
    """`has moved to https://… since 2 days, taken over in 5 days`."""
    known = now - move.since
    left = max(0.0, (MOVE_STABLE - known).total_seconds())
    return f"has moved to {move.to} since {in_words(known.total_seconds())}, taken over in {in_words(left)}"
