"""Requests to untrusted servers, redirects included, within limits of time and size and the budget of each host.

Everything is made inside the running loop: a Celery child calls `asyncio.run` for a batch of fetches, so a host that
hangs costs one coroutine and never a thread. aiohttp connects and speaks HTTP. Its redirects and decompression are
replaced by ours, which have limits; its cookies and proxies from the environment are off.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
import time
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from ipaddress import ip_address
from itertools import takewhile
from types import TracebackType
from typing import Any, NoReturn, Self

import aiohttp
from aiohttp.connector import Connection
from multidict import CIMultiDict
from yarl import URL

from wiredesk.worker.errors import HostBusy, Rejected, Transient
from wiredesk.worker.http.addresses import Address, Network, literal_address, require_public
from wiredesk.worker.http.budget import DEFAULT_HOLD_SECONDS, HostBudget, Slot, Turn
from wiredesk.worker.http.headers import retry_after_seconds
from wiredesk.worker.http.names import Names, Resolve, SystemLookup
from wiredesk.worker.http.response import Response, Timing
from wiredesk.worker.news.values.decoding import ACCEPT_ENCODING, BodyDecoder

_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_PERMANENT = frozenset((301, 308))
_MAX_URL_CHARACTERS = 8192
_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
_KEEPALIVE_SECONDS = 5.0
_MAX_HEADERS = 128
_MAX_HEADER_BYTES = 8190
# Ports that browsers refuse because other protocols use them (WHATWG Fetch, "bad port"), and common databases.
# fmt: off
_BLOCKED_PORTS = frozenset((
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
    109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526,
    530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045,
    4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080, 1433, 1521, 2379, 3306, 5432,
    6379, 9042, 11211, 27017,
))
# fmt: on


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Limits of one fetch. `total_seconds` is wall clock over names, connections, TLS, headers, body and redirects
    (waiting for the host's budget is not counted); `first_byte_seconds` is the longest silence, before the first
    byte and between any two; `max_wire_bytes` counts the body as it came, `max_body_bytes` as decoded.
    """

    connect_seconds: float = 10.0
    first_byte_seconds: float = 15.0
    total_seconds: float = 30.0
    max_wire_bytes: int = 10 << 20
    max_body_bytes: int = 16 << 20
    max_redirects: int = 5


@dataclass(frozen=True, slots=True)
class Request:
    """A request, and its place in the line of the host.

    `verify_tls=False` holds for the host in `url` only, `headers` for its origin: a redirect does not carry them on.
    With a `body` it is a POST, whose redirect is an answer and is not followed.
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None
    accept: str = "*/*"
    verify_tls: bool = True
    turn: Turn = Turn()
    user_agent: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)


def parse_url(text: str, base: URL | None = None) -> URL:
    """An absolute http(s) URL without userinfo or fragment; raises Rejected("bad_url").

    The same parsed value is checked and connected to, so that no second parser can read it in another way.
    """
    text = text.strip().replace(" ", "%20")  # yarl would write `+` in a query, browsers don't
    if len(text) > _MAX_URL_CHARACTERS:
        raise Rejected("bad_url", f"longer than {_MAX_URL_CHARACTERS} characters")
    if any(character < " " or character == "\x7f" for character in text):
        raise Rejected("bad_url", f"{text[:200]!r} holds control characters")
    if "\\" in _authority(text) or "@" in _authority(text):
        raise Rejected("bad_url", f"{text[:200]!r} carries a user name, or a backslash where its host should be")
    try:
        url = URL(text)
        url = (base.join(url) if base is not None else url).with_fragment(None)
        port = url.port
        host = url.raw_host
    except (ValueError, TypeError) as error:
        raise Rejected("bad_url", f"{text[:200]!r}: {error}") from None
    if url.scheme not in ("http", "https"):
        raise Rejected("bad_url", f"{text[:200]!r}: only http and https are fetched")
    if not host or port is None or "@" in url.raw_authority or not _is_host(host):
        raise Rejected("bad_url", f"{text[:200]!r} names no host")
    return url


def _is_host(host: str) -> bool:
    """A name in its ASCII form, as DNS could know it, or an IPv6 address, which is looked at later."""
    labels = host.removesuffix(".").split(".")
    return ":" in host or (len(host) <= 254 and all(_LABEL.fullmatch(label) for label in labels))


def _authority(text: str) -> str:
    _, _, rest = text.partition("//")
    for mark in "/?#":
        rest = rest.partition(mark)[0]
    return rest


@dataclass(slots=True)
class _Hop:
    """One request of a fetch, and how far it is."""

    url: URL
    slot: Slot | None
    dns_seconds: float
    began: float = field(default_factory=time.monotonic)
    sent: float = 0.0
    address: str = ""
    refusal: Rejected | None = None


_current_hop: ContextVar[_Hop] = ContextVar("current_hop")


class _NotedResponse(aiohttp.ClientResponse):
    """Notes the peer's address, and calls `Slot.started` when connected: the spacing counts from there."""

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        hop = _current_hop.get()
        hop.sent = time.monotonic()
        if connection.transport is not None and (peer := connection.transport.get_extra_info("peername")):
            hop.address = str(peer[0])
        if hop.slot is not None:
            await hop.slot.started()
        return await super().start(connection)


class _Stopwatch:
    """The time that a fetch has left; it does not run while the fetch waits for the host's budget."""

    def __init__(self, seconds: float) -> None:
        self._limit = seconds
        self.used = 0.0

    @contextlib.asynccontextmanager
    async def running(self, host: str) -> AsyncIterator[None]:
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._limit - self.used):
                yield
        except TimeoutError:
            raise Transient(f"{host}: no complete answer within {self._limit:g} s") from None
        finally:
            self.used += time.monotonic() - began


class _Visit:
    """The slot that a fetch holds. Redirects within a host keep it: the host itself asked for the next request, and
    with a spacing longer than `max_wait_seconds` a feed behind such a redirect could never be fetched.
    """

    def __init__(self, budget: HostBudget | None, turn: Turn) -> None:
        self._budget = budget
        self._turn = turn
        self._held = contextlib.AsyncExitStack()
        self._slot: Slot | None = None
        self.waited = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: Any) -> None:
        await self._held.aclose()

    async def slot(self, host: str, machine: Address) -> Slot | None:
        """The slot for `host`; all waits of one fetch together last no longer than the budget's longest."""
        if self._budget is None or (self._slot is not None and self._slot.covers(host)):
            return self._slot
        await self._held.aclose()
        began = time.monotonic()
        patience = max(self._budget.max_wait_seconds - self.waited, 0.0)
        slot = self._budget.slot(host, str(machine), turn=self._turn, max_wait_seconds=patience)
        self._slot = await self._held.enter_async_context(slot)
        self.waited += time.monotonic() - began
        return self._slot


@dataclass(frozen=True, slots=True)
class _Answer:
    """The answer to one request of a fetch."""

    status: int
    headers: Mapping[str, str]
    cookies: SimpleCookie
    body: bytes
    wire_bytes: int
    address: str
    dns_seconds: float
    connect_seconds: float
    first_byte_seconds: float

    @property
    def location(self) -> str | None:
        return self.headers.get("Location") if self.status in _REDIRECTS else None


class Fetcher:
    """Fetches within limits and budgets; an async context manager, to be made and used inside one running loop.

    `allowed_networks` may be fetched from although they aren't public. `allowed_ports` None means every port that no
    other protocol is known for. `resolver` answers names instead of the system. Without a `budget` nothing is paced.
    `ssl_context` replaces the system's trust store.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        limits: FetchLimits | None = None,
        allowed_networks: Sequence[Network] = (),
        allowed_ports: Collection[int] | None = None,
        resolver: Resolve | None = None,
        budget: HostBudget | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.limits = limits or FetchLimits()
        self.budget = budget
        self._user_agent = user_agent
        self._allowed_networks = tuple(allowed_networks)
        self._allowed_ports = allowed_ports
        self._ssl_context = ssl_context
        self._lookup = resolver
        self._names: Names | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._names = Names(self._lookup or SystemLookup(), self._allowed_networks)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,  # the callers and the budget bound concurrency; a pool's queue would only hide the wait
                use_dns_cache=False,
                resolver=self._names,
                socket_factory=self._checked_socket,
                keepalive_timeout=_KEEPALIVE_SECONDS,
            ),
            response_class=_NotedResponse,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            max_line_size=_MAX_HEADER_BYTES,
            max_field_size=_MAX_HEADER_BYTES,
            max_headers=_MAX_HEADERS,
            timeout=aiohttp.ClientTimeout(
                total=None,
                connect=self.limits.connect_seconds,
                sock_connect=self.limits.connect_seconds,
                sock_read=self.limits.first_byte_seconds,
            ),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
        if self._names is not None:
            await self._names.close()

    def _checked_socket(self, info: tuple[Any, ...]) -> socket.socket:
        """The last check before a connection: no socket is made for an address that is not allowed."""
        family, kind, protocol, _, where = info
        try:
            require_public(where[0], [ip_address(where[0].partition("%")[0])], self._allowed_networks)
        except Rejected as refusal:
            _current_hop.get().refusal = refusal
            raise OSError(str(refusal)) from None  # aiohttp's race between addresses passes on no other kind of error
        return socket.socket(family, kind, protocol)

    async def fetch(self, request: Request) -> Response:
        """The answer to `request` after redirects; any status but 429 and 503 is an answer.

        Raises Rejected (bad_url, blocked_address, blocked_port, unknown_host, too_large, too_many_redirects,
        bad_encoding, bad_response, tls), HostBusy for 429, 503 and a spent budget, Transient for the rest.
        """
        stopwatch = _Stopwatch(self.limits.total_seconds)
        first = url = self._target(request.url)
        redirects: list[tuple[int, str]] = []
        # Cookies are kept for one fetch: many sites redirect to the same address until their cookie is sent back.
        cookies = aiohttp.CookieJar(unsafe=True)  # "unsafe" means that hosts may be addresses
        seen = {(url, "")}
        async with _Visit(self.budget, request.turn) as visit:
            while True:
                verify = request.verify_tls or url.raw_host != first.raw_host
                answer = await self._hop(url, request, verify, stopwatch, visit, _cookie_header(cookies, url))
                if answer.location is None or request.body is not None:
                    break
                cookies.update_cookies(answer.cookies, url)
                url = self._target(answer.location, url)
                redirects.append((answer.status, str(url)))
                if len(redirects) > self.limits.max_redirects:
                    most = self.limits.max_redirects
                    raise Rejected("too_many_redirects", f"{first} redirects more than {most} times")
                if (url, _cookie_header(cookies, url)) in seen:
                    raise Rejected("too_many_redirects", f"{url} redirects to itself in the end")
                seen.add((url, _cookie_header(cookies, url)))
        return Response(
            url=request.url,
            final_url=str(url),
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            wire_bytes=answer.wire_bytes,
            address=answer.address,
            redirects=tuple(redirects),
            permanent_url=_permanent_url(redirects),
            seconds=Timing(
                dns=answer.dns_seconds,
                connect=answer.connect_seconds,
                first_byte=answer.first_byte_seconds,
                waited=visit.waited,
                total=stopwatch.used,
            ),
        )

    def _target(self, text: str, base: URL | None = None) -> URL:
        """A URL whose port may be used and whose host, if it spells an address in any form, is that address."""
        url = parse_url(text, base)
        port = url.port or 0
        if (port in _BLOCKED_PORTS) if self._allowed_ports is None else (port not in self._allowed_ports):
            raise Rejected("blocked_port", f"{url}: port {port} is not fetched from")
        literal = literal_address(url.raw_host or "")
        return url if literal is None else url.with_host(str(literal))

    async def _hop(
        self, url: URL, request: Request, verify_tls: bool, stopwatch: _Stopwatch, visit: _Visit, cookie: str
    ) -> _Answer:
        host = url.raw_host or ""
        began = time.monotonic()
        assert self._names is not None
        async with stopwatch.running(host):
            addresses = await self._names.addresses(host)
        dns_seconds = time.monotonic() - began
        # The lowest address, IPv4 first: DNS answers change their order, and the budget must count one address.
        machine = min(addresses, key=lambda address: (address.version, int(address)))
        slot = await visit.slot(host, machine)
        async with stopwatch.running(host):
            hop = _Hop(url=url, slot=slot, dns_seconds=dns_seconds)
            _current_hop.set(hop)
            with _failures(hop, self.limits):
                return await self._exchange(hop, request, verify_tls, cookie)

    async def _exchange(self, hop: _Hop, request: Request, verify_tls: bool, cookie: str) -> _Answer:
        assert self._session is not None
        async with self._session.request(
            "GET" if request.body is None else "POST",
            hop.url,
            data=request.body,
            headers=self._headers(request, hop.url) | ({"Cookie": cookie} if cookie else {}),
            allow_redirects=False,
            ssl=(self._ssl_context or True) if verify_tls else False,
        ) as response:
            first_byte_seconds = time.monotonic() - hop.sent
            if response.status in (429, 503):
                await self._obey(hop.url.raw_host or "", response)
            body, wire_bytes = await self._body(response)
            return _Answer(
                status=response.status,
                headers=_first_values(response),
                cookies=response.cookies,
                body=body,
                wire_bytes=wire_bytes,
                address=hop.address,
                dns_seconds=hop.dns_seconds,
                connect_seconds=hop.sent - hop.began,
                first_byte_seconds=first_byte_seconds,
            )

    def _headers(self, request: Request, url: URL) -> dict[str, str]:
        own = request.headers if url.origin() == parse_url(request.url).origin() else {}
        headers = {"Accept": request.accept, **{name: text for name, text in own.items() if _is_header_value(text)}}
        headers |= {"User-Agent": request.user_agent or self._user_agent, "Accept-Encoding": ACCEPT_ENCODING}
        if request.etag and _is_header_value(request.etag):
            headers["If-None-Match"] = request.etag
        if request.last_modified and _is_header_value(request.last_modified):
            headers["If-Modified-Since"] = request.last_modified
        return headers

    async def _obey(self, host: str, response: aiohttp.ClientResponse) -> NoReturn:
        """Stop the requests of all workers to the host for the time that its answer names."""
        asked = retry_after_seconds(response.headers, datetime.now(UTC))
        seconds = asked or DEFAULT_HOLD_SECONDS
        if self.budget is not None:
            wish = f"asked us to wait {asked:g} s" if asked else "named no time to wait"
            seconds = await self.budget.hold(host, asked or 0.0, f"answered {response.status} and {wish}")
        raise HostBusy(f"{host} answered {response.status}: wait {round(seconds, 1):g} s", seconds, response.status)

    async def _body(self, response: aiohttp.ClientResponse) -> tuple[bytes, int]:
        """The decoded body and its size on the wire; empty and 0 for statuses from 300 on, whose body is unused."""
        if response.status >= 300:
            return b"", 0
        limit = self.limits.max_wire_bytes
        if (response.content_length or 0) > limit:
            raise Rejected("too_large", f"{response.content_length} bytes announced, the limit is {limit}")
        decoder = BodyDecoder(",".join(response.headers.getall("Content-Encoding", ())), self.limits.max_body_bytes)
        wire_bytes = 0
        async for piece in response.content.iter_any():
            wire_bytes += len(piece)
            if wire_bytes > limit:
                raise Rejected("too_large", f"more than {limit} bytes came")
            decoder.feed(piece)
        return decoder.finish(), wire_bytes


def _cookie_header(cookies: aiohttp.CookieJar, url: URL) -> str:
    """The cookies that may be sent to `url`; those too long for a header are left out."""
    header = "; ".join(f"{name}={morsel.coded_value}" for name, morsel in cookies.filter_cookies(url).items())
    return header if _is_header_value(header) else ""


def _permanent_url(redirects: Sequence[tuple[int, str]]) -> str | None:
    leading = list(takewhile(lambda redirect: redirect[0] in _PERMANENT, redirects))
    return leading[-1][1] if leading else None


def _is_header_value(text: str) -> bool:
    """Whether a stored ETag or Last-Modified may be sent: a line break in it would add further headers."""
    return len(text) <= _MAX_HEADER_BYTES and text.isprintable() and text.isascii()


def _first_values(response: aiohttp.ClientResponse) -> Mapping[str, str]:
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in response.headers.items():
        readable = value if value.isascii() else _readable(value)
        if name not in headers:
            headers[name] = readable
        elif name.lower() == "link":  # a list (RFC 8288), of which servers send an element a line
            headers[name] += f", {readable}"
    return headers


def _readable(value: str) -> str:
    """aiohttp decodes bytes that aren't UTF-8 to surrogates, which PostgreSQL can't store; they are read as Latin-1."""
    octets = value.encode("utf-8", "surrogateescape")
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


@contextlib.contextmanager
def _failures(hop: _Hop, limits: FetchLimits) -> Iterator[None]:
    """Turn aiohttp's errors into Rejected and Transient."""
    host = hop.url.raw_host
    try:
        yield
    except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError, ssl.SSLError) as error:
        raise Rejected("tls", f"{host}: {error}") from None
    except aiohttp.ConnectionTimeoutError:
        raise Transient(f"{host}: no connection within {limits.connect_seconds:g} s") from None
    except aiohttp.ServerTimeoutError:
        raise Transient(f"{host}: silent for {limits.first_byte_seconds:g} s") from None
    except aiohttp.ClientResponseError as error:
        raise _bad_response(f"{host}: {' '.join(error.message.split())[:200]}") from None
    except aiohttp.InvalidURL as error:
        raise Rejected("bad_url", str(error)) from None
    except aiohttp.ClientConnectorError as error:
        raise hop.refusal or Transient(f"{host}: no connection: {error.strerror}") from None
    except aiohttp.ServerDisconnectedError:
        raise Transient(f"{host}: the connection was closed before an answer") from None
    except aiohttp.ClientPayloadError:
        raise Transient(f"{host}: the body ended in the middle") from None
    except (aiohttp.ClientError, ConnectionError) as error:
        raise Transient(f"{host}: {error or type(error).__name__}") from None


def _bad_response(detail: str) -> Rejected:
    """Whether an error of aiohttp's parser is about a limit; only its message tells."""
    if "Got more than" in detail or "Too many headers" in detail:
        return Rejected("too_large", detail)
    return Rejected("bad_response", f"{detail} (not HTTP)")
