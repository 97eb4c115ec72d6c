"""One budget for each host over all workers, kept in Redis.

A host is counted twice: as its registrable domain (`feeds.example.co.uk` and `www.example.co.uk` are one publisher)
and as its address (many names on one machine are one machine). `per_host` and `per_address` bound the requests that
run at once, `spacing_seconds` the time between two starts. A wait that a host asks for (429, 503, `Retry-After`) holds
its domain only: at a content network one address serves thousands of unrelated sites.

Every decision is one Lua script on Redis' own clock, so that workers need not agree on the time. Slots are leased: a
worker that dies gives its slots back when the lease ends. Spacing is counted from the moment a request is on the wire:
from a grant until then no other request is granted, so that a slow connect and a fast one can't arrive together.

A request that finds no slot gets a place in the host's line, and HostBusy says when to try again. The line is ordered
by rank, then by the time of the first try; a place is kept until its request is granted. A new request takes the last
place: it gets a slot only if no request before it is due before that slot would be free again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from ipaddress import IPv6Address, IPv6Network, ip_address
from types import TracebackType
from typing import Protocol, Self
from weakref import WeakValueDictionary

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from wiredesk.worker import events
from wiredesk.worker.errors import HostBusy
from wiredesk.worker.news.values.sites import site_of

_log = logging.getLogger(__name__)

# Each script begins so.
_NOW = "local time = redis.call('TIME'); local now = time[1] * 1000 + math.floor(time[2] / 1000)\n"

# Counting is by domain and by address: KEYS 1 and 3 are the running slots (token -> end of lease), 2 and 4 the next
# start (`at`; `by` while the request that set it is not out yet, which makes `at` the worst case). 5 is the hold, 6 the
# pace, 7 the host's answer that set the hold. 8 is the line (name -> place: rank, then the time of the first try), 9
# the time at which each request of the line tries again, 10 the last try of each request that waits in its process. A
# request that is `late` no longer blocks those behind it; after the time `forget` without a try it leaves the line.
_ACQUIRE = """
local token, limits = ARGV[1], {tonumber(ARGV[2]), 0, tonumber(ARGV[3])}
local lease, spacing, begin = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local name, rank, late, forget = ARGV[7], tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
for _, lost in ipairs(redis.call('ZRANGEBYSCORE', KEYS[9], '-inf', now - forget)) do
    redis.call('ZREM', KEYS[8], lost)
    redis.call('ZREM', KEYS[9], lost)
end
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[10], '-inf', now - late)) do
    redis.call('ZREM', KEYS[10], gone)
    if not redis.call('ZSCORE', KEYS[9], gone) then redis.call('ZREM', KEYS[8], gone) end
end
redis.call('ZADD', KEYS[8], 'NX', string.format('%d', rank * 1e14 + now), name)
local place = tonumber(redis.call('ZSCORE', KEYS[8], name))
local function wait_in_line(why, wait)
    redis.call('ZADD', KEYS[10], now, name)
    for key = 8, 10 do redis.call('PEXPIRE', KEYS[key], forget * 5) end
    return {why, wait, redis.call('GET', KEYS[7]) or ''}
end
local held = tonumber(redis.call('GET', KEYS[5]) or 0) - now
if held > 0 then return wait_in_line('held', held) end
spacing = math.max(spacing, tonumber(redis.call('GET', KEYS[6]) or 0))
local wait, begins = 0, false
for key = 2, 4, 2 do
    local at = tonumber(redis.call('HGET', KEYS[key], 'at') or 0) - now
    if at > 0 then
        wait = math.max(wait, at)
        begins = begins or redis.call('HEXISTS', KEYS[key], 'by') == 1
    end
end
if begins then return wait_in_line('beginning', math.min(wait, math.max(spacing, 1))) end
if wait > 0 then return wait_in_line('spaced', wait) end
for key = 1, 3, 2 do
    redis.call('ZREMRANGEBYSCORE', KEYS[key], '-inf', now)
    if redis.call('ZCARD', KEYS[key]) >= limits[key] then return wait_in_line('full', 0) end
end
-- Requests before it in the line go first: those that wait in a process or are due, and, where this request is not due
-- itself, those that are due before the next slot would be free.
local horizon = now + spacing
if tonumber(redis.call('ZSCORE', KEYS[9], name) or now + 1) <= now then horizon = now end
for _, others in ipairs({
    redis.call('ZRANGEBYSCORE', KEYS[9], now - late, horizon), redis.call('ZRANGE', KEYS[10], 0, -1)
}) do
    for _, other in ipairs(others) do
        if other ~= name and tonumber(redis.call('ZSCORE', KEYS[8], other) or place) < place then
            return wait_in_line('queued', redis.call('ZRANK', KEYS[8], name) * spacing)
        end
    end
end
for key = 8, 10 do redis.call('ZREM', KEYS[key], name) end
for key = 1, 3, 2 do
    redis.call('ZADD', KEYS[key], now + lease, token)
    redis.call('PEXPIRE', KEYS[key], lease)
    if spacing > 0 then
        redis.call('HSET', KEYS[key + 1], 'at', string.format('%d', now + 1 + begin + spacing), 'by', token)
        redis.call('PEXPIRE', KEYS[key + 1], begin + spacing + 1000)
    end
end
return {'granted', spacing, ''}
"""
_SETTLE = """
local token, spacing, release = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'
for key = 2, 4, 2 do
    local by = redis.call('HGET', KEYS[key], 'by')
    if by == token or not (by or release) then
        redis.call('HSET', KEYS[key], 'at', string.format('%d', now + 1 + spacing))
        redis.call('HDEL', KEYS[key], 'by')
        redis.call('PEXPIRE', KEYS[key], spacing + 1000)
    end
    if release then redis.call('ZREM', KEYS[key - 1], token) end
end
"""
# KEYS: the hold, the number of holds in a row, and the host's answer. Each hold doubles the shortest wait, from the
# second on or where the host named no time; a hold during another (two requests were out) is the same one. The count
# starts again after a time without a hold: twice the last hold, and DEFAULT_HOLD_SECONDS.
_HOLD = """
local asked, first, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local held, strikes = tonumber(redis.call('GET', KEYS[1]) or 0), tonumber(redis.call('GET', KEYS[2]) or 0)
if held <= now then strikes = math.min(strikes + 1, 16) end
local least = math.min(first * 2 ^ (strikes - 1), most)
if strikes == 1 and asked > 0 then least = 0 end
local till = math.max(now + math.max(asked, least), held)
redis.call('SET', KEYS[1], string.format('%d', till), 'PX', string.format('%d', till - now + 1))
redis.call('SET', KEYS[2], strikes, 'PX', string.format('%d', 2 * (till - now) + first))
redis.call('SET', KEYS[3], ARGV[4], 'PX', string.format('%d', till - now + 1))
return till - now
"""
# KEYS: the line, when each request of it tries again, the requests that wait in their process, and the pace. A request
# without a name does not try again, and leaves the line.
_DEFER = """
local soonest, spacing, most = now + tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local name, rank, stays, least = ARGV[4], tonumber(ARGV[5]), ARGV[6] == '1', tonumber(ARGV[7])
spacing = math.max(spacing, tonumber(redis.call('GET', KEYS[4]) or 0))
redis.call('ZREM', KEYS[3], name)
redis.call('ZADD', KEYS[1], 'NX', string.format('%d', rank * 1e14 + now), name)
local turn = soonest + redis.call('ZRANK', KEYS[1], name) * spacing
turn = math.min(math.max(turn, now + least), now + most)
local told = tonumber(redis.call('ZSCORE', KEYS[2], name) or 0)
if told >= soonest then turn = math.min(turn, told) end  -- it tried before its turn, which stays
if stays then
    redis.call('ZADD', KEYS[2], string.format('%d', turn), name)
    for key = 1, 2 do redis.call('PEXPIRE', KEYS[key], 2 * most) end
else
    redis.call('ZREM', KEYS[1], name)
end
return turn - now
"""

# A host sees requests as far apart as the network and its own scheduler let it; a twentieth more keeps its log clean.
# On a loaded machine the log of a local server was up to 20 ms off.
_SPACING_MARGIN = 1.05
# A connect that lasts longer has failed by any limit; a killed worker blocks its host this long.
_BEGIN_SECONDS = 30.0
# The shortest time between two turns in a line, and the latest that a turn may be.
_MIN_TURN_SECONDS = 1.0
_MAX_TURN_SECONDS = 3600.0
# A request that HostBusy sent away returns after the next tick and when a worker is free; one that waits in its process
# asks again within `max_wait_seconds`, which is 10 s at most.
_LATE_SECONDS = 12.0
_FORGET_SECONDS = 900.0
_POLL_SECONDS = 0.1
# Without Redis each process is alone: one request a host at a time, this much slower, leaves room for some processes.
_LOCAL_SLOWDOWN = 4.0
# An event loop may be busy and read an answer of Redis late; this is longer than that was ever seen to last.
_REDIS_TIMEOUT_SECONDS = 5.0
_REDIS_RETRY_SECONDS = 5.0
# The hold after a 429 or 503 without Retry-After, and the limit to which repeated answers of that kind double it.
DEFAULT_HOLD_SECONDS = 60.0
_MAX_HOLD_SECONDS = 3600.0
_MAX_PACE_SECONDS = 60.0
_PACE_KEEP_SECONDS = 86_400.0


def address_key(address: str) -> str:
    """The key that addresses of one machine share: IPv4 as it is, IPv6 as its /64, which one customer gets."""
    parsed = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or IPv6Network((int(parsed) >> 64 << 64, 64)))
    return str(parsed)


@dataclass(frozen=True, slots=True)
class Turn:
    """The place of a request in the line of its host. A lower `rank` goes first; between equals, the first that asked.

    `name` is the same whenever the same request tries again. A request without a name keeps no place.
    """

    name: str = ""
    rank: int = 0  # LOOK


LOOK, FIRST, USUAL = 0, 1, 2
"""Ranks of requests: a person waits for it; first polls and polls on demand; all others."""


@dataclass(frozen=True, slots=True)
class _Verdict:
    """`wait_seconds` until it is worth asking again, or, once granted, the spacing in force.

    `said` is the host's answer that set a hold.
    """

    state: str
    wait_seconds: float
    said: str = ""


class _Slots(Protocol):
    """Counts the slots of all hosts."""

    async def acquire(self, domain: str, address: str, token: str, turn: Turn) -> _Verdict: ...
    async def settle(self, domain: str, address: str, token: str, spacing_seconds: float, release: bool) -> None: ...
    async def hold(self, domain: str, asked_seconds: float, said: str) -> float: ...
    async def defer(self, domain: str, wait_seconds: float, token: str, turn: Turn) -> float: ...


@dataclass(frozen=True, slots=True)
class _Terms:
    per_host: int
    per_address: int
    spacing_seconds: float
    lease_seconds: float


class _RedisSlots:
    def __init__(self, redis: Redis, terms: _Terms, prefix: str) -> None:
        self._redis = redis
        self._terms = terms
        self._prefix = prefix
        self._acquire = redis.register_script(_NOW + _ACQUIRE)
        self._settle = redis.register_script(_NOW + _SETTLE)
        self._hold = redis.register_script(_NOW + _HOLD)
        self._defer = redis.register_script(_NOW + _DEFER)

    def _key(self, what: str, name: str) -> str:
        return f"{self._prefix}:{what}:{name}"

    def _slot_keys(self, domain: str, address: str) -> list[str]:
        return [
            self._key("running", domain),
            self._key("next", domain),
            self._key("running-address", address),
            self._key("next-address", address),
        ]

    async def acquire(self, domain: str, address: str, token: str, turn: Turn) -> _Verdict:
        terms = self._terms
        of_domain = [self._key(what, domain) for what in ("hold", "pace", "said", "line", "back", "here")]
        state, milliseconds, said = await self._acquire(
            keys=[*self._slot_keys(domain, address), *of_domain],
            args=[
                token,
                terms.per_host,
                terms.per_address,
                _milliseconds(terms.lease_seconds),
                _milliseconds(terms.spacing_seconds),
                _milliseconds(_BEGIN_SECONDS),
                turn.name or token,
                turn.rank,
                _milliseconds(_LATE_SECONDS),
                _milliseconds(_FORGET_SECONDS),
            ],
        )
        return _Verdict(_text(state), milliseconds / 1000, _text(said))

    async def settle(self, domain: str, address: str, token: str, spacing_seconds: float, release: bool) -> None:
        keys = self._slot_keys(domain, address)
        await self._settle(keys=keys, args=[token, _milliseconds(spacing_seconds), int(release)])

    async def hold(self, domain: str, asked_seconds: float, said: str) -> float:
        milliseconds = await self._hold(
            keys=[self._key("hold", domain), self._key("strikes", domain), self._key("said", domain)],
            args=[
                _milliseconds(asked_seconds),
                _milliseconds(DEFAULT_HOLD_SECONDS),
                _milliseconds(_MAX_HOLD_SECONDS),
                said,
            ],
        )
        return float(milliseconds) / 1000

    async def defer(self, domain: str, wait_seconds: float, token: str, turn: Turn) -> float:
        spacing = max(self._terms.spacing_seconds, _MIN_TURN_SECONDS)
        milliseconds = await self._defer(
            keys=[self._key(what, domain) for what in ("line", "back", "here", "pace")],
            args=[
                _milliseconds(wait_seconds),
                _milliseconds(spacing),
                _milliseconds(_MAX_TURN_SECONDS),
                turn.name or token,
                turn.rank,
                int(bool(turn.name)),
                _milliseconds(_MIN_TURN_SECONDS),
            ],
        )
        return float(milliseconds) / 1000

    async def pace(self, domain: str, seconds: float) -> None:
        key, keep = self._key("pace", domain), _milliseconds(_PACE_KEEP_SECONDS)
        await self._redis.set(key, _milliseconds(seconds), px=keep)


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _milliseconds(seconds: float) -> int:
    return math.ceil(seconds * 1000)


@dataclass(slots=True)
class _Local:
    next_at: float
    running: set[str] = field(default_factory=set)
    held_until: float = 0.0
    said: str = ""


class _LocalSlots:
    """Slots of this process alone, used without Redis; strict, because it can't see the requests of other processes."""

    def __init__(self, terms: _Terms) -> None:
        self._spacing_seconds = terms.spacing_seconds * _LOCAL_SLOWDOWN
        self._known: dict[str, _Local] = {}

    def _state(self, key: str) -> _Local:
        """A new host starts with a wait: another process may have sent it a request a moment ago."""
        return self._known.setdefault(key, _Local(next_at=time.monotonic() + self._spacing_seconds))

    async def acquire(self, domain: str, address: str, token: str, turn: Turn) -> _Verdict:
        now = time.monotonic()
        states = [self._state(f"domain {domain}"), self._state(f"address {address}")]
        if (held := states[0].held_until - now) > 0:
            return _Verdict("held", held, states[0].said)
        if (wait := max(state.next_at for state in states) - now) > 0:
            return _Verdict("spaced", wait)
        if any(state.running for state in states):
            return _Verdict("full", 0.0)
        for state in states:
            state.running.add(token)
            state.next_at = now + self._spacing_seconds
        return _Verdict("granted", self._spacing_seconds)

    async def settle(self, domain: str, address: str, token: str, spacing_seconds: float, release: bool) -> None:
        for state in (self._state(f"domain {domain}"), self._state(f"address {address}")):
            if release:
                state.running.discard(token)
            else:
                state.next_at = max(state.next_at, time.monotonic() + spacing_seconds)

    async def hold(self, domain: str, asked_seconds: float, said: str) -> float:
        state, now = self._state(f"domain {domain}"), time.monotonic()
        state.held_until = max(state.held_until, now + (asked_seconds or DEFAULT_HOLD_SECONDS))
        state.said = said
        return state.held_until - now

    async def defer(self, domain: str, wait_seconds: float, token: str, turn: Turn) -> float:
        return max(wait_seconds, self._spacing_seconds, _MIN_TURN_SECONDS)


class Slot:
    """The right to send one request to a host, and those that follow its redirects within the host.

    `started` is called when a request is on the wire; the spacing counts from there.
    """

    def __init__(
        self, budget: HostBudget, slots: _Slots, domain: str, address: str, token: str, spacing: float
    ) -> None:
        self._budget = budget
        self._slots = slots
        self._name = (domain, address, token)
        self._spacing_seconds = spacing

    def covers(self, host: str) -> bool:
        return site_of(host) == self._name[0]

    async def started(self) -> None:
        if self._spacing_seconds > 0:
            await self._settle(release=False)

    async def release(self) -> None:
        await self._settle(release=True)

    async def _settle(self, release: bool) -> None:
        """Without Redis the lease frees the slot, and the latest start that the grant wrote keeps the spacing."""
        try:
            await self._slots.settle(*self._name, self._spacing_seconds, release)
        except (RedisError, OSError) as error:
            self._budget.redis_failed(error)


class HostBudget:
    """At most `per_host` requests at once for each registrable domain, `per_address` for each address (the same number
    unless given), begun at least `spacing_seconds` apart; `slot` waits up to `max_wait_seconds` for its turn.

    `redis` is a URL, whose client is then closed with the budget, or a client of the running loop. Without Redis each
    process falls back to one request a host at a time, four times as far apart. `lease_seconds` must exceed what a
    fetch may take, or a slow one is counted as gone while it runs.
    """

    def __init__(
        self,
        redis: Redis | str,
        *,
        per_host: int = 2,
        per_address: int | None = None,
        spacing_seconds: float = 5.0,
        lease_seconds: float = 60.0,
        max_wait_seconds: float = 10.0,
        prefix: str = "wiredesk:budget",
    ) -> None:
        self._owns_redis = isinstance(redis, str)
        self.redis = _connect(redis) if isinstance(redis, str) else redis
        terms = _Terms(per_host, per_address or per_host, spacing_seconds * _SPACING_MARGIN, lease_seconds)
        self._shared = _RedisSlots(self.redis, terms, prefix)
        self._local = _LocalSlots(terms)
        self.max_wait_seconds = max_wait_seconds
        self._redis_away_until = 0.0
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        if self._owns_redis:
            await self.redis.aclose()

    @contextlib.asynccontextmanager
    async def slot(
        self, host: str, address: str, *, turn: Turn = Turn(), max_wait_seconds: float | None = None
    ) -> AsyncIterator[Slot]:
        """Hold one slot of `host` at `address`; raises HostBusy, with a turn to come back at, when none gets free."""
        patience = self.max_wait_seconds if max_wait_seconds is None else max_wait_seconds
        slot = await self._wait(site_of(host), address_key(address), turn, patience)
        try:
            yield slot
        finally:
            await asyncio.shield(slot.release())

    async def _wait(self, domain: str, address: str, turn: Turn, patience_seconds: float) -> Slot:
        """Ask Redis for one request of a host at a time in this process, in order of arrival."""
        token = secrets.token_hex(8)
        deadline = time.monotonic() + patience_seconds
        asking = self._asking.setdefault(domain, asyncio.Lock())
        try:
            async with asyncio.timeout(patience_seconds):
                await asking.acquire()
        except TimeoutError:
            raise await self._busy(domain, _Verdict("queued", 0.0), token, turn) from None
        try:
            return await self._ask(domain, address, token, turn, deadline)
        finally:
            asking.release()

    async def _ask(self, domain: str, address: str, token: str, turn: Turn, deadline: float) -> Slot:
        while True:
            slots, verdict = await self._acquire(domain, address, token, turn)
            if verdict.state == "granted":
                return Slot(self, slots, domain, address, token, verdict.wait_seconds)
            left = deadline - time.monotonic()
            if left <= 0 or (verdict.state in ("held", "spaced", "queued") and verdict.wait_seconds > left):
                raise await self._busy(domain, verdict, token, turn)
            pause = _POLL_SECONDS if verdict.state in ("full", "beginning", "queued") else verdict.wait_seconds
            await asyncio.sleep(min(pause, left))

    async def _acquire(self, domain: str, address: str, token: str, turn: Turn) -> tuple[_Slots, _Verdict]:
        if time.monotonic() >= self._redis_away_until:
            try:
                return self._shared, await self._shared.acquire(domain, address, token, turn)
            except (RedisError, OSError) as error:
                self.redis_failed(error)
        return self._local, await self._local.acquire(domain, address, token, turn)

    async def _busy(self, domain: str, verdict: _Verdict, token: str, turn: Turn) -> HostBusy:
        slots: _Slots = self._local if time.monotonic() < self._redis_away_until else self._shared
        # `defer` counts the wait from the place in the line, as the verdict "queued" did.
        wait_seconds = 0.0 if verdict.state == "queued" else verdict.wait_seconds
        try:
            turn_seconds = await slots.defer(domain, wait_seconds, token, turn)
        except (RedisError, OSError) as error:
            self.redis_failed(error)
            turn_seconds = await self._local.defer(domain, wait_seconds, token, turn)
        why = f"{domain} {verdict.said}" if verdict.state == "held" else f"{domain}: other requests go first"
        return HostBusy(why, turn_seconds)

    async def hold(self, host: str, asked_seconds: float, said: str = "asked us to wait") -> float:
        """Stop all workers' requests to `host` for `asked_seconds` (0: it named no time); the seconds of the hold.

        `said` is the host's answer as the end of a sentence. A longer hold stays. Each further hold in a row lasts
        longer, up to an hour or `asked_seconds`, whichever is more.
        """
        domain = site_of(host)
        seconds = await self._local.hold(domain, asked_seconds, said)
        try:
            return await self._shared.hold(domain, asked_seconds, said)
        except (RedisError, OSError) as error:
            self.redis_failed(error)
            return seconds

    async def pace(self, host: str, spacing_seconds: float) -> None:
        """Start requests to `host` at least `spacing_seconds` apart for a day: the crawl-delay of its robots.txt.

        The larger of this and the usual spacing applies.
        """
        seconds = min(spacing_seconds, _MAX_PACE_SECONDS) * _SPACING_MARGIN
        try:
            await self._shared.pace(site_of(host), seconds)
        except (RedisError, OSError) as error:
            self.redis_failed(error)

    def redis_failed(self, error: Exception) -> None:
        """Ask Redis again after some seconds; until then this process paces itself."""
        if time.monotonic() >= self._redis_away_until:
            _log.warning(events.HOST_BUDGET_LOCAL, extra={"error": str(error)})
        self._redis_away_until = time.monotonic() + _REDIS_RETRY_SECONDS


def _connect(url: str) -> Redis:
    """Few connections, short limits, no retries: without Redis `_LocalSlots` paces a fetch at once."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=8,
        timeout=_REDIS_TIMEOUT_SECONDS,
        socket_timeout=_REDIS_TIMEOUT_SECONDS,
        socket_connect_timeout=_REDIS_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    return Redis.from_pool(pool)
