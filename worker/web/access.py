"""Permissions over HTTP: tokens with scopes, sessions of browsers, loopback, and the rate of each token.

A caller shows a token (`Authorization: Bearer …`) or the cookie of a session that was opened with one. Without either
it may do what a scope allows only from this machine, and only while no token has that scope.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import logging
import secrets
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection, Request
from litestar.datastructures import Cookie, State
from litestar.handlers import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.plugins.problem_details import ProblemDetailsException
from redis import RedisError
from redis.asyncio import Redis

from wiredesk.worker import db, events
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import tokens as store
from wiredesk.worker.store.records import Scope, Token
from wiredesk.worker.store.tokens import sha256

log = logging.getLogger(__name__)

AnyRequest = Request[Any, Any, State]
AnyConnection = ASGIConnection[Any, Any, Any, Any]
COOKIE = "wiredesk_session"
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf"
PASSWORDS = {"takes_passwords": True}
"""`opt` of a handler that readers of feeds ask, which send no header but a name and a password (RFC 7617)."""
SESSION_SECONDS = 12 * 3600.0
# A revoked token is refused after this time at the latest.
_KNOWN_SECONDS = 2.0
_USE_SECONDS = 60.0
_WINDOW_SECONDS = 10
_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
# A reader of feeds keeps its password, sometimes on a server of others: with it nothing can be changed.
_OF_PASSWORDS: frozenset[Scope] = frozenset(("read", "embargoed"))
_IMPLIED: dict[Scope, frozenset[Scope]] = {"admin": frozenset(("admin", "read", "submit"))}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request. `token` is null for a caller without one; `by_cookie`: a browser, whose forms need `csrf`."""

    address: str
    token: Token | None = None
    by_cookie: bool = False

    @property
    def name(self) -> str | None:
        return self.token.name if self.token else None

    @property
    def source(self) -> str | None:
        """The only source that it may hand in for; null: any."""
        return self.token.source if self.token else None

    def has(self, scope: Scope) -> bool:
        return self.token is not None and any(scope in _IMPLIED.get(own, {own}) for own in self.token.scopes)


class Tokens:
    """The tokens that are not revoked, as PostgreSQL had them at most `_KNOWN_SECONDS` ago."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = asyncio.Lock()
        self._known: list[Token] = []
        self._read_at = float("-inf")
        self._used: set[int] = set()
        self._noted_at = float("-inf")

    async def known(self) -> list[Token]:
        async with self._lock:
            if time.monotonic() - self._read_at > _KNOWN_SECONDS:
                self._known = await asyncio.to_thread(self._read)
                self._read_at = time.monotonic()
            return self._known

    async def find(self, secret: str) -> Token | None:
        """The token with this text, if it is neither revoked nor expired."""
        return await self._usable(lambda token: hmac.compare_digest(token.sha256, sha256(secret)))

    async def of_session(self, secret: str) -> Token | None:
        token_id = await asyncio.to_thread(self._session_token, sha256(secret))
        return None if token_id is None else await self._usable(lambda token: token.token_id == token_id)

    async def guards(self, scope: Scope) -> bool:
        """Whether a token has this scope; one that is expired counts, so that its end opens no access."""
        return any(scope in _IMPLIED.get(own, {own}) for token in await self.known() for own in token.scopes)

    async def _usable(self, fits: Callable[[Token], bool]) -> Token | None:
        for token in await self.known():
            if fits(token) and (token.expires_at is None or token.expires_at > datetime.now(UTC)):
                self._used.add(token.token_id)
                return token
        return None

    def _read(self) -> list[Token]:
        with db.for_web(self._settings.database_url) as connection:
            if self._used and time.monotonic() - self._noted_at > _USE_SECONDS:
                used, self._used = self._used, set()
                store.note_token_use(connection, used)
                self._noted_at = time.monotonic()
            return [token for token in store.tokens(connection) if token.revoked_at is None]

    def _session_token(self, hashed: bytes) -> int | None:
        with db.for_web(self._settings.database_url) as connection:
            return store.session_token(connection, hashed)


class Rates:
    """Counts the requests of each token or hub in Redis, for all processes; without Redis each process its own."""

    def __init__(self, settings: Settings) -> None:
        self._redis = Redis.from_url(settings.redis_url, socket_timeout=1, socket_connect_timeout=1)
        self._own: Counter[str] = Counter()
        self._window = 0

    async def wait_seconds(self, who: str, *, a_minute: int) -> int:
        """Count a request; 0 where it may be answered, else the seconds after which the next may."""
        most = max(1, a_minute * _WINDOW_SECONDS // 60)
        window = int(time.time()) // _WINDOW_SECONDS
        if window != self._window:
            self._own.clear()
            self._window = window
        self._own[who] += 1
        count = self._own[who]
        key = f"wiredesk:web:{who}:{window}"
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.incr(key)
                pipe.expire(key, 2 * _WINDOW_SECONDS)
                count, _ = await pipe.execute()
        except RedisError:
            pass
        return 0 if count <= most else _WINDOW_SECONDS - int(time.time()) % _WINDOW_SECONDS

    async def close(self) -> None:
        await self._redis.aclose()


class Authentication(AbstractAuthenticationMiddleware):
    """Finds out who calls. An unknown token is refused at once, whatever was asked for."""

    async def authenticate_request(self, connection: AnyConnection) -> AuthenticationResult:
        address = connection.client.host if connection.client else ""
        tokens: Tokens = connection.app.state.tokens
        scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            token = await tokens.find(secret.strip())
            if token is None:
                raise _refused(connection, None, "the token is unknown, revoked or expired")
            return AuthenticationResult(user=await self._rated(connection, Caller(address, token)), auth=None)
        if scheme.lower() == "basic" and _takes_passwords(connection):
            token = await tokens.find(_password(secret))
            if token is None:
                raise _refused(connection, None, "the token is unknown, revoked or expired")
            if not _OF_PASSWORDS.issuperset(token.scopes):
                raise _refused(connection, None, "a password must be a token that may only read (--scope read)")
            return AuthenticationResult(user=await self._rated(connection, Caller(address, token)), auth=None)
        cookie = connection.cookies.get(COOKIE, "")
        if cookie:
            token = await tokens.of_session(cookie)
            if token is not None:
                caller = await self._rated(connection, Caller(address, token, by_cookie=True))
                return AuthenticationResult(user=caller, auth=None)
        return AuthenticationResult(user=Caller(address), auth=None)

    async def _rated(self, connection: AnyConnection, caller: Caller) -> Caller:
        assert caller.token is not None
        most = connection.app.state.settings.web_requests_a_minute
        wait = await connection.app.state.rates.wait_seconds(str(caller.token.token_id), a_minute=most)
        if wait:
            raise ProblemDetailsException(
                status_code=429,
                title="Too many requests",
                detail=f"token {caller.token.name}: the limit is "
                f"{connection.app.state.settings.web_requests_a_minute} a minute (web_requests_a_minute)",
                headers={"Retry-After": str(wait)},
            )
        return caller


def requires(
    scope: Scope, other: Scope | None = None
) -> Callable[[AnyConnection, BaseRouteHandler], Coroutine[Any, Any, None]]:
    """A guard: the caller has this scope, or the other one; or is on this machine, while no token has it."""

    async def guard(connection: AnyConnection, _: BaseRouteHandler) -> None:
        caller: Caller = connection.user
        if caller.has(scope) or (other is not None and caller.has(other)):
            if caller.by_cookie and connection.scope["path"].startswith("/v1/"):
                require_csrf(connection, connection.headers.get(CSRF_HEADER.lower(), ""))
            return
        if caller.token is not None:
            raise _refused(connection, scope, f"the token has no scope {scope}")
        if await connection.app.state.tokens.guards(scope):
            raise _refused(connection, scope, f"a token with the scope {scope} is needed")
        if not is_local(connection):
            raise _refused(connection, scope, "without a token only callers on this machine are answered")

    return guard


def sees_embargoed(connection: AnyConnection) -> bool:
    caller: Caller = connection.user
    return caller.has("embargoed")


def is_local(connection: AnyConnection) -> bool:
    """Whether a request without a token comes from a program on this machine, and not by way of a page of another site.

    A proxy on this machine forwards the requests of others; a page of another site can make the browser send requests
    here (its `Origin` is another), also under a name of its own that leads to 127.0.0.1 (`Host` is no loopback name).
    """
    caller: Caller = connection.user
    headers = connection.headers
    if not _is_loopback(caller.address) or any(
        headers.get(name) for name in ("forwarded", "x-forwarded-for", "x-real-ip")
    ):
        return False
    host = headers.get("host", "")
    name = urlsplit(f"//{host}").hostname or ""
    if name != "localhost" and not _is_loopback(name):
        return False
    origin = headers.get("origin")
    return (origin is None or urlsplit(origin).netloc == host) and headers.get("sec-fetch-site") != "cross-site"


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


# ---- sessions of browsers


async def log_in(connection: AnyConnection, token_text: str) -> Cookie:
    """Open a session with a token; the cookie that the answer must set. Raises a problem where the token is unknown."""
    tokens: Tokens = connection.app.state.tokens
    token = await tokens.find(token_text.strip())
    if token is None:
        raise _refused(connection, None, "the token is unknown, revoked or expired")
    secret = secrets.token_urlsafe(32)

    def add() -> None:
        with db.for_web(connection.app.state.settings.database_url) as rows:
            store.add_session(rows, sha256(secret), token.token_id, seconds=SESSION_SECONDS)

    await asyncio.to_thread(add)
    return session_cookie(connection, secret)


async def log_out(connection: AnyConnection) -> Cookie:
    """End the session; the cookie that the answer must set."""
    secret = connection.cookies.get(COOKIE, "")

    def end() -> None:
        with db.for_web(connection.app.state.settings.database_url) as rows:
            store.end_session(rows, sha256(secret))

    await asyncio.to_thread(end)
    return session_cookie(connection, secrets.token_urlsafe(32))


def session_cookie(connection: AnyConnection, secret: str) -> Cookie:
    """The cookie of a visitor. One that is no session of a token serves `csrf` only."""
    return Cookie(
        key=COOKIE,
        value=secret,
        path="/",
        httponly=True,
        samesite="strict",
        secure=connection.base_url.scheme == "https",
        max_age=int(SESSION_SECONDS),
    )


def csrf(cookie: str) -> str:
    """The token that a form must carry for the visitor with this cookie."""
    return hmac.new(cookie.encode(), b"wiredesk csrf", hashlib.sha256).hexdigest()


def require_csrf(connection: AnyConnection, given: str) -> None:
    """Raise a problem where a request that changes something does not carry what our own page gave its visitor."""
    if connection.scope.get("method") in _SAFE:
        return
    cookie = connection.cookies.get(COOKIE, "")
    if not cookie or not hmac.compare_digest(csrf(cookie).encode(), given.encode()):
        raise _refused(connection, None, "the form is too old or not ours: load the page again")


def _takes_passwords(connection: AnyConnection) -> bool:
    handler = connection.scope.get("route_handler")
    return handler is not None and "takes_passwords" in handler.opt


def _password(credentials: str) -> str:
    """The password of `name:password` in Base64; "" where it is none."""
    try:
        return base64.b64decode(credentials.strip(), validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


def _refused(connection: AnyConnection, scope: Scope | None, reason: str) -> ProblemDetailsException:
    caller = connection.scope.get("user")
    name = caller.name if isinstance(caller, Caller) else None
    log.info(  # at `warning` the same line is written once a minute
        events.WEB_REFUSED,
        extra={
            "scope": scope,
            "token": name,
            "reason": reason,
            "path": connection.scope["path"],
            "address": connection.client.host if connection.client else None,
        },
    )
    if name is None:
        asks = 'Basic realm="wiredesk", charset="UTF-8"' if _takes_passwords(connection) else "Bearer"
        return ProblemDetailsException(
            status_code=401, title="Not allowed", detail=reason, headers={"WWW-Authenticate": asks}
        )
    return ProblemDetailsException(status_code=403, title="Not allowed", detail=reason)
