"""robots.txt as RFC 9309 has it, with `crawl-delay` and sitemaps: a parser without I/O, and a cache that fetches.

Our own parser, because the maintained library for it turns `*` into `.*` and lets a hostile file choose how long
matching takes; here a rule costs one pass over the path.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from weakref import WeakValueDictionary

from redis.asyncio import Redis
from redis.exceptions import RedisError
from yarl import URL

from wiredesk.worker.errors import HostBusy, Rejected, Transient
from wiredesk.worker.http.budget import USUAL, Turn
from wiredesk.worker.http.client import Fetcher, Request, parse_url

# RFC 9309, 2.5: at least 500 KiB must be read; nothing more is.
MAX_ROBOTS_BYTES = 500 * 1024
# 2.4: a copy is used for a day, or longer while the file can't be reached.
_FRESH_SECONDS = 86_400.0
_KEEP_SECONDS = 7 * 86_400
_MAX_CRAWL_DELAY_SECONDS = 86_400.0
_MAX_SITEMAPS = 1000

_PRODUCT_TOKEN = re.compile(r"[A-Za-z_-]{1,100}")
_DECIMAL = re.compile(r"[0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9}")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(frozen=True, slots=True)
class _Rule:
    """`parts` are the pieces between the `*` of a path; `whole` when it ends in `$`."""

    allow: bool
    length: int
    parts: tuple[str, ...]
    whole: bool

    def matches(self, path: str) -> bool:
        first, *rest = self.parts
        if not path.startswith(first):
            return False
        if not rest:
            return not self.whole or len(path) == len(first)
        at = len(first)
        for part in rest[:-1] if self.whole else rest:
            found = path.find(part, at)
            if found < 0:
                return False
            at = found + len(part)
        return not self.whole or (path.endswith(rest[-1]) and len(path) - len(rest[-1]) >= at)


@dataclass(frozen=True, slots=True)
class RobotsRules:
    """The rules of one robots.txt for one crawler; without rules everything is allowed.

    `crawl_delay_seconds` is as written; `sitemaps` are absolute URLs as written, not checked.
    """

    rules: tuple[_Rule, ...] = ()
    crawl_delay_seconds: float | None = None
    sitemaps: tuple[str, ...] = ()

    def allows(self, url: str) -> bool:
        """Whether `url` may be fetched: the longest matching path decides, `allow` between equals."""
        path = _comparable(parse_url(url).raw_path_qs or "/")
        if path == "/robots.txt":
            return True
        return next((rule.allow for rule in self.rules if rule.matches(path)), True)


@dataclass(slots=True)
class _Group:
    rules: list[_Rule]
    crawl_delay_seconds: float | None = None


def parse_robots(content: bytes, product_token: str) -> RobotsRules:
    """The rules for the crawler called `product_token` (any case), or else those for `*`; never fails."""
    own = product_token.lower()
    groups: dict[str, _Group] = {}
    current: set[str] = set()
    agents_end = True
    sitemaps: list[str] = []
    for key, value in _records(content):
        match key:
            case "user-agent":
                if agents_end:
                    current, agents_end = set(), False
                if (agent := _agent(value)) in (own, "*"):
                    groups.setdefault(agent, _Group([]))
                    current.add(agent)
            case "allow" | "disallow":
                agents_end = True
                if value.startswith(("/", "*")):
                    rule = _rule(value, allow=key == "allow")
                    for agent in current:
                        groups[agent].rules.append(rule)
            case "crawl-delay":
                # No record of the RFC's, so it does not end a list of agents.
                for agent in current:
                    groups[agent].crawl_delay_seconds = groups[agent].crawl_delay_seconds or _delay(value)
            case "sitemap" if value and len(sitemaps) < _MAX_SITEMAPS:
                sitemaps.append(value)
    group = groups.get(own) or groups.get("*") or _Group([])
    ordered = sorted(group.rules, key=lambda rule: (-rule.length, not rule.allow))
    return RobotsRules(tuple(ordered), group.crawl_delay_seconds, tuple(sitemaps))


def _records(content: bytes) -> Iterator[tuple[str, str]]:
    text = content[:MAX_ROBOTS_BYTES].decode("utf-8-sig", "replace")
    for line in re.split(r"[\r\n]", text):
        key, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield key.strip().lower(), value.strip()


def _agent(value: str) -> str:
    """`NewsBot/2.1` → `newsbot`; a text without a product token matches no crawler."""
    if value.startswith("*"):
        return "*"
    token = _PRODUCT_TOKEN.match(value)
    return token[0].lower() if token else ""


def _rule(value: str, allow: bool) -> _Rule:
    whole = value.endswith("$")
    path = _comparable(value.removesuffix("$"))
    parts = re.split(r"\*+", path)
    return _Rule(allow, len(path) + whole, tuple(parts), whole)


def _delay(value: str) -> float | None:
    """The seconds of a crawl-delay, which unlike HTTP's may have a fraction."""
    seconds = float(value) if _DECIMAL.fullmatch(value) else 0.0
    return seconds if 0 < seconds <= _MAX_CRAWL_DELAY_SECONDS else None


def _comparable(path: str) -> str:
    """Percent escapes in one form: unreserved characters bare, all others in capitals, none beyond ASCII (2.2.2)."""
    if not path.isascii():
        path = "".join(
            character if character.isascii() else "".join(f"%{byte:02X}" for byte in character.encode())
            for character in path
        )
    return _ESCAPE.sub(_one_form, path) if "%" in path else path


def _one_form(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0].upper()


class RobotsCache:
    """The robots.txt of each origin, fetched through the same fetcher and budget as its pages.

    In `redis` (a client that gives bytes; the budget's own unless another is given) a copy serves all workers for a
    day, and for a week while the file can't be reached. A crawl-delay becomes the host's spacing for every worker.
    """

    def __init__(
        self, fetcher: Fetcher, *, product_token: str, redis: Redis | None = None, prefix: str = "wiredesk:robots"
    ) -> None:
        self._fetcher = fetcher
        self._product_token = product_token
        self._redis = redis or (fetcher.budget.redis if fetcher.budget is not None else None)
        self._prefix = prefix
        self._known: dict[URL, tuple[float, RobotsRules]] = {}
        self._asking: WeakValueDictionary[URL, asyncio.Lock] = WeakValueDictionary()

    async def require_allowed(self, url: str) -> None:
        """Raises Rejected("robots") when robots.txt forbids `url`, and what `rules` raises."""
        if not (await self.rules(url)).allows(url):
            raise Rejected("robots", f"robots.txt forbids {url}")

    async def rules(self, url: str) -> RobotsRules:
        """The rules of `url`'s origin. A missing file (4xx) allows everything.

        Raises Transient or HostBusy while the file can't be had (5xx, no connection) and no older copy is known: then
        RFC 9309 forbids everything, for now.
        """
        origin = parse_url(url).origin()
        asking = self._asking.setdefault(origin, asyncio.Lock())
        async with asking:
            fresh_until, rules = self._known.get(origin, (0.0, RobotsRules()))
            if fresh_until > time.time():
                return rules
            fetched_at, content = await self._content(origin)
            rules = parse_robots(content, self._product_token)
            self._known[origin] = (fetched_at + _FRESH_SECONDS, rules)
            return rules

    async def _content(self, origin: URL) -> tuple[float, bytes]:
        """The time when robots.txt was fetched (Unix seconds), and its content."""
        stored = await self._load(origin)
        if stored is not None and stored[0] + _FRESH_SECONDS > time.time():
            return stored
        try:
            content = await self._fetch(origin)
        except Transient as error:
            if stored is None or isinstance(error, HostBusy):
                raise
            return stored
        delay = parse_robots(content, self._product_token).crawl_delay_seconds
        if delay is not None and self._fetcher.budget is not None:
            await self._fetcher.budget.pace(origin.raw_host or "", delay)
        await self._store(origin, content)
        return time.time(), content

    async def _fetch(self, origin: URL) -> bytes:
        url = str(origin.with_path("/robots.txt"))
        try:
            response = await self._fetcher.fetch(
                Request(url, accept="text/plain,*/*;q=0.1", turn=Turn(f"robots {origin}", USUAL))
            )
        except Rejected as error:
            if error.reason == "too_many_redirects":  # 2.3.1.2: as if there were none
                return b""
            raise
        if response.status >= 500:
            raise Transient(f"{url} answered {response.status}")
        return response.body[:MAX_ROBOTS_BYTES]

    async def _load(self, origin: URL) -> tuple[float, bytes] | None:
        if self._redis is None:
            return None
        try:
            stored = await self._redis.get(f"{self._prefix}:{origin}")
        except (RedisError, OSError):
            return None
        if not isinstance(stored, bytes):
            return None
        fetched_at, _, packed = stored.partition(b" ")
        return float(fetched_at), zlib.decompress(packed)

    async def _store(self, origin: URL, content: bytes) -> None:
        """Without Redis the next batch asks again."""
        if self._redis is not None:
            packed = b"%d %s" % (int(time.time()), zlib.compress(content))
            with contextlib.suppress(RedisError, OSError):
                await self._redis.set(f"{self._prefix}:{origin}", packed, ex=_KEEP_SECONDS)
