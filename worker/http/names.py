"""Host names to addresses that may be connected to."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address

from aiohttp.abc import AbstractResolver, ResolveResult

from wiredesk.worker.errors import Rejected, Transient
from wiredesk.worker.http.addresses import Address, Network, literal_address, require_public

Resolve = Callable[[str], Awaitable[Sequence[str]]]

# A lookup that hangs keeps its thread until the system's resolver gives up; a process has at most this many threads.
_MAX_LOOKUPS = 64
# EAI_NODATA (a name without addresses) is not in every C library.
_NO_SUCH_NAME = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))


class SystemLookup:
    """Every address that the system's resolver gives for a name, in its order.

    Each lookup has a daemon thread of its own: the loop's executor has six threads on two cores, so that six hanging
    names would stop all others, and `asyncio.run` waits for it at the end.
    """

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(_MAX_LOOKUPS)

    async def __call__(self, host: str) -> Sequence[str]:
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[str]] = loop.create_future()
        threading.Thread(target=self._look_up, args=(host, loop, answer), daemon=True).start()
        return await answer

    def _look_up(self, host: str, loop: asyncio.AbstractEventLoop, answer: asyncio.Future[list[str]]) -> None:
        result: list[str] | OSError
        try:
            infos = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            result = list(dict.fromkeys(str(info[4][0]) for info in infos))
        except OSError as error:
            result = error
        except ValueError:  # UnicodeError among them: labels that IDNA refuses
            result = socket.gaierror(socket.EAI_NONAME, "not a host name")
        with contextlib.suppress(RuntimeError):  # the loop has closed meanwhile
            loop.call_soon_threadsafe(self._settle, answer, result)

    def _settle(self, answer: asyncio.Future[list[str]], result: list[str] | OSError) -> None:
        self._free.release()
        if answer.done():
            return
        if isinstance(result, OSError):
            answer.set_exception(result)
        else:
            answer.set_result(result)


class Names(AbstractResolver):
    """Names to checked addresses, cached for a minute; simultaneous requests for a name share one lookup."""

    _KEEP_SECONDS = 60.0

    def __init__(self, lookup: Resolve, allowed: Sequence[Network]) -> None:
        self._lookup = lookup
        self._allowed = allowed
        self._known: dict[str, tuple[float, asyncio.Task[tuple[Address, ...]]]] = {}

    async def addresses(self, host: str) -> tuple[Address, ...]:
        """At least one address, all of them allowed; raises Rejected or Transient."""
        now = time.monotonic()
        expires, task = self._known.get(host, (0.0, None))
        if task is None or expires < now:
            task = asyncio.create_task(self._ask(host))
            task.add_done_callback(lambda done: self._forget_failure(host, done))
            self._known[host] = (now + self._KEEP_SECONDS, task)
        return await asyncio.shield(task)

    def _forget_failure(self, host: str, task: asyncio.Task[tuple[Address, ...]]) -> None:
        if (task.cancelled() or task.exception() is not None) and self._known.get(host, (0.0, None))[1] is task:
            del self._known[host]

    async def _ask(self, host: str) -> tuple[Address, ...]:
        literal = literal_address(host)
        found = (literal,) if literal is not None else await self._resolve(host)
        require_public(host, found, self._allowed)
        return found

    async def _resolve(self, host: str) -> tuple[Address, ...]:
        try:
            texts = await self._lookup(host)
        except socket.gaierror as error:
            if error.errno in _NO_SUCH_NAME:
                raise Rejected("unknown_host", f"{host} does not exist in DNS") from None
            raise Transient(f"{host}: DNS failed: {error.strerror}") from None
        except OSError as error:
            raise Transient(f"{host}: DNS failed: {error}") from None
        if not texts:
            raise Rejected("unknown_host", f"{host} has no address")
        return tuple(ip_address(text.partition("%")[0]) for text in texts)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in await self.addresses(host)
        ]

    async def close(self) -> None:
        tasks = [task for _, task in self._known.values()]
        self._known.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
