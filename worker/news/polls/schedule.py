"""The time of a feed's next poll, and whether its validators (ETag, Last-Modified) can be trusted.

Pure: the state goes in and comes out, and the feed's row keeps it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Literal

FailureKind = Literal["gone", "hard", "soft", "dns"]

FIRST_INTERVAL_SECONDS = 1_800.0
"""For a feed that has shown nothing yet."""

MIN_INTERVAL_SECONDS = 300.0
MAX_INTERVAL_SECONDS = 86_400.0

FAILURE_WEIGHTS: dict[FailureKind, float] = {"gone": 1.0, "hard": 1.0, "soft": 0.5, "dns": 0.25}
"""A refused connection or address is hard, and so is 410 (gone); 404, 429, 5xx, a timeout or an unreadable body soft; a
name server that does not answer counts least. The weights are Media Cloud's, learned on 180,000 feeds."""

_JITTER = 0.1
_MAX_RETRY_AFTER_SECONDS = 86_400.0
_MAX_DOUBLINGS = 20  # of five minutes: ten years

# Share of new entries in a poll → factor on the interval. Above two thirds the feed is close to rolling over.
_HASTE = ((2 / 3, 0.5), (1 / 3, 0.75))
_NOTHING_NEW_FACTOR = 1.25
_GAP_FACTOR = 0.25

# Polls that should fit into the time that a feed's entries span, so that two in a row may fail without a loss.
_POLLS_PER_SPAN = 3
_DATES_THAT_TELL = 3


@dataclass(frozen=True, slots=True)
class Bounds:
    min_seconds: float = MIN_INTERVAL_SECONDS
    max_seconds: float = MAX_INTERVAL_SECONDS


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The polling rhythm in the feed's row.

    `interval_seconds` is the learned interval, before hints and jitter; `failures` is the weight of the failures in a
    row; `gaps` counts the polls that may have missed entries. `pace_seconds` is the usual time between publications and
    `newest_at` the date of the newest entry, both null until an entry has a date.
    """

    interval_seconds: float | None = None
    failures: float = 0.0
    gaps: int = 0
    pace_seconds: float | None = None
    newest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ServerWaits:
    """Waits that the feed and its server ask for, in seconds from now; null where they ask for none."""

    ttl_seconds: float | None = None
    update_seconds: float | None = None
    max_age_seconds: float | None = None
    """`Cache-Control: max-age`, or 0 with `no-cache`."""
    expires_seconds: float | None = None
    retry_after_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Poll:
    """The result of one poll.

    `entries` counts those in the document and `known` those that were filed before it. `overlaps` says whether any
    entry was in the previous poll that had entries; null when there was none. `published` are the entries' dates.
    """

    failure: FailureKind | None = None
    not_modified: bool = False
    entries: int = 0
    known: int = 0
    overlaps: bool | None = None
    published: tuple[datetime, ...] = ()
    hints: ServerWaits = ServerWaits()


@dataclass(frozen=True, slots=True)
class Plan:
    """The time of the next poll and the reason in words; `rhythm` goes back into the feed's row."""

    next_fetch_at: datetime
    interval_seconds: float
    reason: str
    rhythm: Rhythm
    possible_gap: bool = False


def next_poll(
    poll: Poll,
    rhythm: Rhythm,
    *,
    now: datetime,
    random: Callable[[], float],
    bounds: Bounds = Bounds(),
) -> Plan:
    """The next poll of a feed. `random` gives numbers from 0 to 1, as `random.random` does.

    A failure slows the feed down and never drops it: "a surprising number of feeds come back" (Media Cloud).
    """
    if poll.failure is not None:
        return _after_failure(poll, poll.failure, rhythm, now=now, random=random, bounds=bounds)
    gap = poll.overlaps is False and poll.entries > 0
    rhythm = _with_dates(rhythm, poll.published, now)
    learned, reason = _learn(poll, rhythm, gap, now=now, bounds=bounds)
    kept = replace(rhythm, interval_seconds=learned, failures=0.0, gaps=rhythm.gaps + gap)
    floor, floor_reason = _floor(poll.hints, in_need=gap or _new_share(poll) > _HASTE[0][0])
    if floor > learned:
        reason = f"{floor_reason}; without it: {reason}"
    return _plan(max(learned, floor), floor, reason, kept, gap, now=now, random=random, bounds=bounds)


def _after_failure(
    poll: Poll, kind: FailureKind, rhythm: Rhythm, *, now: datetime, random: Callable[[], float], bounds: Bounds
) -> Plan:
    failures = rhythm.failures + FAILURE_WEIGHTS[kind]
    base = rhythm.interval_seconds or FIRST_INTERVAL_SECONDS
    wanted = base * max(1.0, failures)
    reason = f"failures in a row weigh {failures:g}: {failures:g} times {in_words(base)}"
    if kind == "gone":
        # 410 is the publisher's statement: the interval doubles each time, and reaches a day within two days.
        wanted = base * 2 ** min(failures, _MAX_DOUBLINGS)
        reason = f"gone (410), failures in a row weigh {failures:g}: twice as long each time"
    floor = min(poll.hints.retry_after_seconds or 0.0, _MAX_RETRY_AFTER_SECONDS)
    if failures <= 1 and kind != "gone":
        reason = f"a failure ({kind}), weight {failures:g}: as often as before"
    if floor > wanted:
        reason = f"the server asks to wait {in_words(floor)}; {reason}"
    kept = replace(rhythm, failures=failures)
    return _plan(max(wanted, floor), floor, reason, kept, False, now=now, random=random, bounds=bounds)


def _plan(
    seconds: float,
    floor: float,
    reason: str,
    rhythm: Rhythm,
    gap: bool,
    *,
    now: datetime,
    random: Callable[[], float],
    bounds: Bounds,
) -> Plan:
    """Bounded, then spread by a tenth: upwards from a floor, downwards from the ceiling, else both ways."""
    bounded = min(max(seconds, bounds.min_seconds), bounds.max_seconds)
    if bounded >= bounds.max_seconds:
        spread = 1 - _JITTER * random()
    elif bounded <= max(floor, bounds.min_seconds):
        spread = 1 + _JITTER * random()
    else:
        spread = 1 + _JITTER * (2 * random() - 1)
    interval = min(max(bounded * spread, bounds.min_seconds), bounds.max_seconds)
    if floor <= bounds.max_seconds:
        interval = max(interval, floor)
    return Plan(now + timedelta(seconds=interval), interval, f"every {in_words(bounded)}: {reason}", rhythm, gap)


def _new_share(poll: Poll) -> float:
    return (poll.entries - poll.known) / poll.entries if poll.entries else 0.0


def _learn(poll: Poll, rhythm: Rhythm, gap: bool, *, now: datetime, bounds: Bounds) -> tuple[float, str]:
    """The interval that the feed's own entries ask for, and why."""
    first = rhythm.interval_seconds is None
    base = FIRST_INTERVAL_SECONDS if rhythm.interval_seconds is None else rhythm.interval_seconds
    factor, reason = _by_share(poll, first=first, gap=gap)
    learned = base * factor
    pace = _pace(rhythm, now)
    if pace is not None:
        # Between the two, because dates say how often the feed publishes and the share says what polling misses.
        learned = pace if first else (learned * pace) ** 0.5
        reason += f", one comes about every {in_words(pace)}"
    span = (now - min(poll.published)).total_seconds() if poll.published else 0.0
    if len(poll.published) >= _DATES_THAT_TELL and 0 < span < learned * _POLLS_PER_SPAN:
        learned = span / _POLLS_PER_SPAN
        reason += f", the entries go back {in_words(span)} only"
    if gap:
        learned = min(learned, base * _GAP_FACTOR)
    return min(max(learned, bounds.min_seconds), bounds.max_seconds), reason


def _by_share(poll: Poll, *, first: bool, gap: bool) -> tuple[float, str]:
    """The factor on the interval, by the share of entries that were new."""
    if gap:
        return _GAP_FACTOR, "no entry of the last poll was there any more, some may have been missed"
    if poll.not_modified:
        return _NOTHING_NEW_FACTOR, "not modified"
    if not poll.entries:
        return _NOTHING_NEW_FACTOR, "no entries"
    if first:
        return 1.0, f"the first poll, {poll.entries} entries"
    new, share = poll.entries - poll.known, _new_share(poll)
    factor = next((haste for limit, haste in _HASTE if share > limit), 1.0 if new else _NOTHING_NEW_FACTOR)
    return factor, f"{new} of {poll.entries} entries were new"


def _with_dates(rhythm: Rhythm, published: Sequence[datetime], now: datetime) -> Rhythm:
    """The rhythm with the pace that the entries' dates show; a document without new entries leaves it unchanged."""
    past = sorted({moment for moment in published if moment <= now})
    if len(past) < _DATES_THAT_TELL:
        return rhythm
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(past)]
    return replace(rhythm, pace_seconds=median(gaps), newest_at=past[-1])


def _pace(rhythm: Rhythm, now: datetime) -> float | None:
    """Seconds between publications. A feed that has been quiet for longer than usual slows down with its silence."""
    if rhythm.pace_seconds is None or rhythm.newest_at is None:
        return None
    return max(rhythm.pace_seconds, (now - rhythm.newest_at).total_seconds() / 2)


def _floor(hints: ServerWaits, *, in_need: bool) -> tuple[float, str]:
    """The longest wait that anyone asks for. Habits (`ttl`, `sy:`) don't count while entries are being lost."""
    asked = [
        (min(hints.retry_after_seconds or 0.0, _MAX_RETRY_AFTER_SECONDS), "the server asks to wait"),
        (hints.max_age_seconds or 0.0, "its answer may be cached for"),
    ]
    if hints.max_age_seconds is None:
        asked.append((hints.expires_seconds or 0.0, "its answer expires after"))
    if not in_need:
        asked.append((hints.ttl_seconds or 0.0, "its ttl is"))
        asked.append((hints.update_seconds or 0.0, "it says it is updated every"))
    seconds, words = max(asked)
    return seconds, f"{words} {in_words(seconds)}"


def in_words(seconds: float) -> str:
    """`45 s`, `12 min`, `3.5 h`, `2 days`."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3_600:
        return f"{seconds / 60:.0f} min"
    if seconds < 86_400:
        return f"{seconds / 3_600:.1f}".removesuffix(".0") + " h"
    days = f"{seconds / 86_400:.1f}".removesuffix(".0")
    return f"{days} day" if days == "1" else f"{days} days"


Verdict = Literal["none", "untested", "trusted", "ignored", "lying"]
"""Verdicts on a feed's validators (ETag, Last-Modified): it sends none; not known yet; a test agreed with them; it
answers in full whether or not they match; it said "not modified" and had new entries."""

_FIRST_TEST_AFTER = timedelta(days=1)
_LAST_TEST_AFTER = timedelta(days=16)
_FORGIVEN_AFTER = timedelta(days=30)
_LATE_PUBLICATION = timedelta(hours=1)
"""Entries may appear in a feed this long after their date; a shorter delay proves no fault of the validators."""


@dataclass(frozen=True, slots=True)
class Validators:
    """The state of the validators in the feed's row. `send` is false when the next request should carry none.

    `not_modified_at` is the last "not modified", null when the last answer was in full.
    """

    verdict: Verdict = "untested"
    reason: str = "not tested yet"
    send: bool = True
    not_modified_at: datetime | None = None
    tests_passed: int = 0
    next_test_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One good answer of a feed's server.

    `conditional` says whether the request carried validators; `same_validators` whether those of a full answer are the
    ones held before; `changed` whether its entries differ from those held; `new_published` are the dates of the entries
    that are new.
    """

    conditional: bool
    not_modified: bool = False
    has_validators: bool = True
    same_validators: bool = False
    changed: bool = False
    new_published: tuple[datetime, ...] = ()


def judge_validators(answer: Answer, held: Validators, *, now: datetime) -> Validators:
    """The verdict after an answer.

    "Not modified" is tested by one request without validators: after a day of it, then after ever longer times while
    the tests agree. A server that always says so is detected within a day.
    """
    if held.verdict == "lying":
        if held.next_test_at is None or now < held.next_test_at:
            return held
        held = Validators(reason="believed again after a lie long ago")
    test_at = held.next_test_at or now + _FIRST_TEST_AFTER
    if answer.not_modified:
        return replace(held, send=now < test_at, not_modified_at=now, next_test_at=test_at)
    if not answer.has_validators:
        return Validators("none", "the server sends neither ETag nor Last-Modified")
    if answer.changed and answer.same_validators:
        return _lying("the entries changed and the validators did not", now)
    if held.not_modified_at is not None and not answer.conditional:
        return _tested(answer, held, held.not_modified_at, now)
    if answer.conditional and answer.same_validators:
        return replace(held, verdict="ignored", reason="answers in full although nothing has changed", send=True)
    return replace(held, send=True, not_modified_at=None, next_test_at=test_at)


def _tested(answer: Answer, held: Validators, not_modified_at: datetime, now: datetime) -> Validators:
    """The verdict after a request without validators, which followed "not modified": were there new entries?"""
    kept_back = [moment for moment in answer.new_published if moment < not_modified_at - _LATE_PUBLICATION]
    if kept_back and 2 * len(kept_back) >= len(answer.new_published):
        return _lying(f'said "not modified" although {len(kept_back)} entries had come', now)
    passed = held.tests_passed + 1
    wait = min(_FIRST_TEST_AFTER * 2 ** min(passed, 8), _LAST_TEST_AFTER)
    return Validators("trusted", f"agreed with {passed} tests", True, None, passed, now + wait)


def _lying(reason: str, now: datetime) -> Validators:
    return Validators("lying", reason, False, None, 0, now + _FORGIVEN_AFTER)
