"""One day of a hundred thousand feeds, on a simulated clock: is any feed starved, is any host asked too much?

    python -m bench.schedule [--feeds 100000] [--hours 24] [--seed 1]

The schedule is the real one (`worker/news/polls/schedule.py`). The queue, the workers and the hosts' budget are models
of a few lines: a day of PostgreSQL and Redis can't be run in minutes. The modelled parts are tested on the real
thing: that leasing is O(batch) and takes the longest due first (`tests/inbox/test_dispatch.py`), and the budget over
processes (`tests/http/test_budget.py`, `tests/fetch/test_politeness.py`).
"""

from __future__ import annotations

import argparse
import math
import resource
import time
from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import pairwise
from random import Random

from bench import machine
from wiredesk.worker.http.budget import FIRST, USUAL
from wiredesk.worker.news.polls.schedule import MAX_INTERVAL_SECONDS, Poll, Rhythm, next_poll
from wiredesk.worker.settings import Settings

_BEGIN = datetime(2026, 3, 10, tzinfo=UTC)
_MAX_WAIT_SECONDS = 10.0  # as wiredesk.worker.fetch.batches: longer waits for a host give the feed back
# As wiredesk.worker.http.budget: bounds of a turn, and the time after which a request no longer blocks the line.
_MIN_TURN_SECONDS, _MAX_TURN_SECONDS = 1.0, 3600.0
_LATE_SECONDS = 12.0


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of publisher: its share of all feeds, seconds between its articles, entries in its document."""

    name: str
    share: float
    pace_seconds: float
    entries: int


# Made up, with what every large list shows: most feeds are quiet, few make most of the work, some are dead.
KINDS = (
    Kind("agency", 0.01, 240, 40),
    Kind("newspaper", 0.09, 1_800, 30),
    Kind("section", 0.20, 10_800, 20),
    Kind("blog", 0.60, 345_600, 10),
    Kind("silent", 0.07, 31_536_000, 10),
    Kind("dead", 0.03, math.inf, 0),
)
# One feed in twenty is on one of two platforms; the rest have two on their host.
_PLATFORMS = 2
_ON_PLATFORM = 0.05
_FAILS_NOW_AND_THEN = 0.01


@dataclass(slots=True)
class _Feed:
    kind: Kind
    host: int
    due_at: float
    published: deque[float]
    rhythm: Rhythm = Rhythm()
    read_until: float = -math.inf
    polls: int = 0
    polled_at: float | None = None
    longest_wait: float = 0.0
    lost: int = 0


@dataclass(slots=True)
class _Host:
    """The model of a host's budget: the next start, the ends of the requests under way, and the line of those without
    a slot, as `wiredesk.worker.http.budget` orders it: by rank, then by the time of the first try.
    """

    next_at: float = 0.0
    ends: list[float] = field(default_factory=list)
    visits: list[tuple[float, float]] = field(default_factory=list)
    line: list[tuple[int, float, int]] = field(default_factory=list)  # rank, first try, feed; sorted
    places: dict[int, tuple[int, float, int]] = field(default_factory=dict)  # by feed
    turns: dict[int, float] = field(default_factory=dict)  # the time at which each feed of the line tries again

    def is_behind(self, place: tuple[int, float, int], now: float, spacing: float) -> bool:
        """Whether a request before this place is due, or will be before the next slot is free."""
        horizon = now if self.turns.get(place[2], math.inf) <= now else now + spacing
        ahead = self.line[: bisect_left(self.line, place)]
        return any(now - _LATE_SECONDS <= self.turns[number] <= horizon for _, _, number in ahead)

    def defer(self, place: tuple[int, float, int], soonest: float, now: float, spacing: float) -> float:
        """Give the request its place in the line; its turn."""
        number = place[2]
        if number not in self.places:
            self.places[number] = place
            insort(self.line, place)
        turn = soonest + bisect_left(self.line, place) * max(spacing, _MIN_TURN_SECONDS)
        turn = min(max(turn, now + _MIN_TURN_SECONDS), now + _MAX_TURN_SECONDS)
        if self.turns.get(number, -math.inf) >= soonest:
            turn = min(turn, self.turns[number])
        self.turns[number] = turn
        return turn

    def leave(self, number: int) -> None:
        if place := self.places.pop(number, None):
            del self.line[bisect_left(self.line, place)]
            del self.turns[number]


@dataclass(frozen=True, slots=True)
class Day:
    """The result of a day. Times in seconds; `late` is from being due by the schedule to the request."""

    feeds: int
    polls: int
    never_polled: int
    overdue_at_the_end: float
    longest_wait: float
    late_median: float
    late_99: float
    late_most: float
    host_closest: float
    host_most_at_once: int
    tick_most_leased: int
    published: int
    lost: int
    polls_by_kind: dict[str, float]


def simulate(feeds: int, *, hours: float, settings: Settings, seed: int = 1) -> Day:
    """A day of that many feeds, added over the first hour."""
    random = Random(seed)
    simulation = _Simulation(settings, random, _make_feeds(feeds, random))
    simulation.run(hours * 3_600)
    return simulation.day()


def _make_feeds(number: int, random: Random) -> list[_Feed]:
    kinds = random.choices(KINDS, [kind.share for kind in KINDS], k=number)
    hosts = max(1, number // 2)
    made = []
    for kind in kinds:
        on_platform = random.random() < _ON_PLATFORM
        host = random.randrange(_PLATFORMS) if on_platform else _PLATFORMS + random.randrange(hosts)
        times: deque[float] = deque(maxlen=kind.entries or 1)
        if kind.entries:
            at = -random.expovariate(1 / kind.pace_seconds)
            for _ in range(kind.entries):
                times.appendleft(at)
                at -= random.expovariate(1 / kind.pace_seconds)
        made.append(_Feed(kind, host, random.random() * 3_600, times))
    return made


class _Simulation:
    def __init__(self, settings: Settings, random: Random, feeds: list[_Feed]) -> None:
        self._settings = settings
        self._random = random
        self._feeds = feeds
        self._hosts: dict[int, _Host] = {}
        self._due = [(feed.due_at, number) for number, feed in enumerate(feeds)]
        self._due.sort()
        self._under_way: list[tuple[float, int]] = []
        self._late: list[float] = []
        self._tick_most_leased = 0
        self._lost = self._published = 0
        self._overdue = 0.0

    def run(self, until: float) -> None:
        now = 0.0
        while now < until:
            while self._under_way and self._under_way[0][0] <= now:
                at, number = heappop(self._under_way)
                self._finish(self._feeds[number], number, at)
            room = self._settings.in_flight - len(self._under_way)
            leased = 0
            while leased < room and self._due and self._due[0][0] <= now:
                self._poll(heappop(self._due)[1], now)
                leased += 1
            self._tick_most_leased = max(self._tick_most_leased, leased)
            now += self._settings.tick_seconds
        self._overdue = max((now - self._feeds[number].due_at for _, number in self._due), default=0.0)
        for feed in self._feeds:
            feed.longest_wait = max(feed.longest_wait, until - (feed.polled_at or 0.0))

    def _poll(self, number: int, now: float) -> None:
        """One fetch within the host's budget, or word that the host has no room, after the wait that it asks for."""
        feed, spacing = self._feeds[number], self._settings.host_spacing_seconds
        host = self._hosts.setdefault(feed.host, _Host())
        host.ends = sorted(end for end in host.ends if end > now)
        begin = max(now, host.next_at)
        if len(host.ends) >= self._settings.per_host:
            begin = max(begin, host.ends[-self._settings.per_host])
        rank = FIRST if feed.polled_at is None else USUAL
        place = host.places.get(number, (rank, now, number))
        if begin - now > _MAX_WAIT_SECONDS or host.is_behind(place, now, spacing):
            heappush(self._due, (host.defer(place, begin, now, spacing), number))
            return
        host.leave(number)
        end = begin + self._duration(feed)
        host.next_at = begin + spacing
        host.ends.append(end)
        host.visits.append((begin, end))
        self._late.append(begin - feed.due_at)
        feed.longest_wait = max(feed.longest_wait, begin - (feed.polled_at or 0.0))
        feed.polled_at = begin
        heappush(self._under_way, (end, number))

    def _duration(self, feed: _Feed) -> float:
        if feed.kind.name == "dead":
            return self._random.choice((0.3, 10.0, 30.0))
        return min(self._random.lognormvariate(-0.7, 0.8), 30.0)

    def _finish(self, feed: _Feed, number: int, now: float) -> None:
        feed.polls += 1
        poll = self._answer(feed, now)
        at = _BEGIN + timedelta(seconds=now)
        plan = next_poll(poll, feed.rhythm, now=at, random=self._random.random)
        feed.rhythm = plan.rhythm
        feed.due_at = (plan.next_fetch_at - _BEGIN).total_seconds()
        heappush(self._due, (feed.due_at, number))

    def _answer(self, feed: _Feed, now: float) -> Poll:
        if feed.kind.name == "dead":
            return Poll(failure=self._random.choice(("gone", "soft", "hard", "dns")))
        if self._random.random() < _FAILS_NOW_AND_THEN:
            return Poll(failure="soft")
        pace, times = feed.kind.pace_seconds, feed.published
        at = times[-1] + self._random.expovariate(1 / pace)
        came = 0
        while at <= now:
            times.append(at)
            came += 1
            at += self._random.expovariate(1 / pace)
        first = feed.read_until == -math.inf
        if not first and not came:
            return Poll(not_modified=True)
        new = len(times) - bisect_left(times, feed.read_until)
        if not first:
            self._published += came
            self._lost += max(0, came - len(times))
        feed.read_until = now
        return Poll(
            entries=len(times),
            known=0 if first else len(times) - new,
            overlaps=None if first else new < len(times),
            published=tuple(_BEGIN + timedelta(seconds=each) for each in times),
        )

    def day(self) -> Day:
        late = sorted(self._late)
        by_kind: dict[str, list[int]] = {}
        for feed in self._feeds:
            by_kind.setdefault(feed.kind.name, []).append(feed.polls)
        gaps = [b[0] - a[0] for host in self._hosts.values() for a, b in pairwise(sorted(host.visits))]
        return Day(
            feeds=len(self._feeds),
            polls=len(late),
            never_polled=sum(feed.polled_at is None for feed in self._feeds),
            overdue_at_the_end=max(0.0, self._overdue),
            longest_wait=max(feed.longest_wait for feed in self._feeds),
            late_median=late[len(late) // 2],
            late_99=late[len(late) * 99 // 100],
            late_most=late[-1],
            host_closest=min(gaps),
            host_most_at_once=max(_most_at_once(host.visits) for host in self._hosts.values()),
            tick_most_leased=self._tick_most_leased,
            published=self._published,
            lost=self._lost,
            polls_by_kind={kind: sum(polls) / len(polls) for kind, polls in sorted(by_kind.items())},
        )


def _most_at_once(visits: list[tuple[float, float]]) -> int:
    edges = sorted([(begin, 1) for begin, _ in visits] + [(end, -1) for _, end in visits])
    running = most = 0
    for _, step in edges:
        running += step
        most = max(most, running)
    return most


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=100_000)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print(machine.description())
    settings = Settings()
    began = time.monotonic()
    day = simulate(arguments.feeds, hours=arguments.hours, settings=settings, seed=arguments.seed)
    took, memory = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{day.feeds:,} feeds, {arguments.hours:g} h simulated in {took:.0f} s, {memory:.0f} MB")
    print(f"polls                      {day.polls:,} ({day.polls / arguments.hours / 3600:.1f} a second)")
    print(f"never polled               {day.never_polled:,}")
    print(f"most overdue at the end    {day.overdue_at_the_end:.0f} s")
    print(f"longest time unpolled      {day.longest_wait / 3600:.1f} h (ceiling {MAX_INTERVAL_SECONDS / 3600:g} h)")
    print(f"late: median, 99 %, most   {day.late_median:.1f} s, {day.late_99:.1f} s, {day.late_most:.0f} s")
    print(
        f"one host: closest, at once {day.host_closest:.1f} s, {day.host_most_at_once}"
        f" (budget {settings.host_spacing_seconds:g} s, {settings.per_host})"
    )
    print(f"leased at one tick, most   {day.tick_most_leased:,} (in_flight {settings.in_flight:,})")
    print(f"entries that rolled over   {day.lost:,} of {day.published:,}")
    print("polls a day by kind        " + ", ".join(f"{kind} {polls:.1f}" for kind, polls in day.polls_by_kind.items()))


if __name__ == "__main__":
    main()
