"""A local HTTP server with any number of made-up feeds: `/feeds/N.xml`, with validators unless told otherwise.

Each feed has three editions: the first, one in which only `lastBuildDate` differs, and one with new entries on top.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from dataclasses import dataclass, field
from typing import Literal, get_args

from aiohttp import web

from bench.newswire import rss

Edition = Literal["first", "no new entries", "new entries"]


@dataclass(slots=True)
class FeedServer:
    """Serves `feeds` feeds of `entries` entries on loopback from a thread; `requests` counts by status.

    `show` makes the bodies of an edition, of which `new_entries` counts the entries that the first one did not have.
    """

    feeds: int
    entries: int
    new_entries: int = 2
    validators: bool = True
    base_url: str = ""
    requests: dict[int, int] = field(default_factory=dict)
    bodies: dict[int, tuple[bytes, str]] = field(default_factory=dict)
    _loop: asyncio.AbstractEventLoop | None = None
    _thread: threading.Thread | None = None

    @property
    def answered(self) -> int:
        return sum(self.requests.values())

    def urls(self) -> list[str]:
        return [f"{self.base_url}/feeds/{n}.xml" for n in range(self.feeds)]

    def __enter__(self) -> FeedServer:
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        ready.wait(30)
        self.show("first")
        return self

    def show(self, edition: Edition) -> None:
        """Serve this edition of all feeds from now on."""
        number = get_args(Edition).index(edition)
        new = self.new_entries if edition == "new entries" else 0
        for n in range(self.feeds):
            body = rss(n, entries=self.entries, base_url=self.base_url, edition=number, new=new)
            self.bodies[n] = (body, f'"{hashlib.sha256(body).hexdigest()[:16]}"')

    def __exit__(self, *_: object) -> None:
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5)

    def _run(self, ready: threading.Event) -> None:
        self._loop = asyncio.new_event_loop()
        runner = self._loop.run_until_complete(self._serve(ready))
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    async def _serve(self, ready: threading.Event) -> web.AppRunner:
        app = web.Application()
        app.router.add_get("/feeds/{n}.xml", self._feed)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        assert site._server is not None
        self.base_url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[attr-defined]
        ready.set()
        return runner

    async def _feed(self, request: web.Request) -> web.Response:
        body, etag = self.bodies[int(request.match_info["n"])]
        status = 304 if self.validators and request.headers.get("If-None-Match") == etag else 200
        self.requests[status] = self.requests.get(status, 0) + 1
        headers = {"ETag": etag} if self.validators else {}
        if status == 304:
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type="application/rss+xml", headers=headers)
