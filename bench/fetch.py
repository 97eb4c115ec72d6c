"""The fetch client: requests a second with and without the hosts' budget, the cost of bombs, and politeness.

    python -m bench.fetch [--requests 2000] [--rounds 3] [--polite]

One process fetches a feed of 50 entries from a server in a process of its own, 64 at a time; the budget is the real one
in Redis, set so wide that only its cost shows. Hostile answers are read by a process each, whose memory is measured.
`--polite` starts the real services (four fetch processes) on 50 feeds of one host, two at a time and 1 s apart, and a
`Retry-After: 30`; it takes three minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import multiprocessing
import os
import resource
import statistics
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from itertools import pairwise
from multiprocessing.connection import Connection as Pipe
from typing import Any

import psycopg
from aiohttp import web

from bench import machine, servers
from bench.feed_server import FeedServer
from wiredesk.worker.errors import Rejected, Transient
from wiredesk.worker.http.budget import HostBudget
from wiredesk.worker.http.client import Fetcher, FetchLimits, Request
from wiredesk.worker.machine import embedded, services
from wiredesk.worker.migrate import migrate
from wiredesk.worker.store import feeds as store
from wiredesk.worker.store.records import NewFeed

_AT_ONCE = 64
_LOOPBACK = (ip_network("127.0.0.0/8"),)
_AGENT = "wiredesk-bench (bench@example.org)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--polite", action="store_true")
    parser.add_argument("--one-host", type=int, metavar="N", help="N first polls beside N pages that wait already")
    arguments = parser.parse_args()
    print(machine.description())
    with ExitStack() as stack:
        redis_server = stack.enter_context(servers.server(embedded.start_redis))
        if arguments.polite:
            _politeness(stack, stack.enter_context(servers.server(embedded.start_postgres)).url, redis_server.url)
            return
        if arguments.one_host:
            _one_host(stack, arguments.one_host, redis_server.url)
            return
        _speed(arguments.requests, arguments.rounds, redis_server.url)
    _hostile()


# ---- speed


def _speed(requests: int, rounds: int, redis_url: str) -> None:
    with _in_process(_serve_feed) as url:
        ways: dict[str, str | None] = {"without budget": None, "with budget": redis_url}
        for words, budget_url in ways.items():
            rates = [requests / asyncio.run(_fetch_all(url, requests, budget_url)) for _ in range(rounds)]
            print(f"{words:<16} {statistics.median(rates):>7,.0f} requests/s (median of {rounds}, {requests:,} each)")


async def _fetch_all(url: str, requests: int, budget_url: str | None) -> float:
    """Seconds for the requests."""
    async with AsyncExitStack() as stack:
        budget = None
        if budget_url:
            budget = await stack.enter_async_context(
                HostBudget(budget_url, per_host=_AT_ONCE, spacing_seconds=0.0, lease_seconds=60, max_wait_seconds=30)
            )
        client = await stack.enter_async_context(Fetcher(user_agent=_AGENT, allowed_networks=_LOOPBACK, budget=budget))
        left = iter(range(requests))

        async def one_after_the_other() -> None:
            for _ in left:
                response = await client.fetch(Request(url))
                assert response.status == 200

        begin = time.monotonic()
        await asyncio.gather(*(one_after_the_other() for _ in range(_AT_ONCE)))
        return time.monotonic() - begin


def _serve_feed(pipe: Pipe) -> None:
    with FeedServer(1, 50, validators=False) as server:
        pipe.send(server.urls()[0])
        pipe.recv()


# ---- hostile answers


def _hostile() -> None:
    limits = FetchLimits()
    wire, body = limits.max_wire_bytes >> 20, limits.max_body_bytes >> 20
    print(f"hostile answers (limits: {wire} MB on the wire, {body} MB decoded)")
    with _in_process(_serve_hostile) as url:
        for path in ("gzip-1GB", "gzip-in-gzip", "deflate-1GB", "endless"):
            ours, theirs = multiprocessing.Pipe()
            process = multiprocessing.get_context("spawn").Process(
                target=_fetch_hostile, args=(f"{url}/{path}", theirs)
            )
            process.start()
            outcome, seconds, megabytes = ours.recv()
            process.join()
            print(f"  {path:<14} {outcome:<70} {seconds:>5.2f} s {megabytes:>6.1f} MB more memory")


def _fetch_hostile(url: str, pipe: Pipe) -> None:
    async def fetch() -> str:
        async with Fetcher(user_agent=_AGENT, allowed_networks=_LOOPBACK) as client:
            try:
                await client.fetch(Request(url))
            except (Rejected, Transient) as error:
                return str(error)
            return "taken"

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.monotonic()
    outcome = asyncio.run(fetch())
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    pipe.send((outcome, time.monotonic() - begin, (after - before) / 1024))


def _serve_hostile(pipe: Pipe) -> None:
    zeros = bytes(1 << 20)
    gzipper, deflater = zlib.compressobj(9, wbits=31), zlib.compressobj(9)
    bombs: dict[str, tuple[str, bytes]] = {
        "gzip-1GB": ("gzip", b"".join(gzipper.compress(zeros) for _ in range(1024)) + gzipper.flush()),
        "deflate-1GB": ("deflate", b"".join(deflater.compress(zeros) for _ in range(1024)) + deflater.flush()),
    }
    bombs["gzip-in-gzip"] = ("gzip, gzip", gzip.compress(bombs["gzip-1GB"][1]))

    async def answer(request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        if path in bombs:
            encoding, body = bombs[path]
            return web.Response(body=body, headers={"Content-Encoding": encoding})
        response = web.StreamResponse()
        await response.prepare(request)
        with suppress(ConnectionError):
            while True:
                await response.write(bytes(65_536))
        return response

    async def serve() -> None:
        app = web.Application()
        app.router.add_get("/{path}", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        assert site._server is not None
        pipe.send(f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}")  # type: ignore[attr-defined]
        await asyncio.to_thread(pipe.recv)
        await runner.cleanup()

    asyncio.run(serve())


@contextmanager
def _in_process(serve: Callable[[Pipe], None]) -> Iterator[str]:
    """The URL of a server in a process of its own."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send(None)
        process.join(5)
        process.terminate()


# ---- politeness at full size


def _one_host(stack: ExitStack, number: int, redis_url: str) -> None:
    """How long each of `number` new feeds of one host waits for its first poll while as many pages wait too."""
    postgres_url = stack.enter_context(servers.server(embedded.start_postgres)).url
    connection = _workers(stack, postgres_url, redis_url, processes=2, spacing_seconds="0.2")
    host = _SlowHost(("127.0.0.1", 0), _SlowHostHandler)
    host.seconds = 0.0
    threading.Thread(target=host.serve_forever, daemon=True).start()
    stack.callback(host.shutdown)
    root = f"http://127.0.0.1:{host.server_address[1]}"
    connection.execute(
        "INSERT INTO wiredesk.document (origin, needs, url, received_at)"
        " SELECT 'page', 'fetch', %s || '/page/' || n, now() FROM generate_series(1, %s) n",
        [root, number],
    )
    servers.wait(lambda: len(host.visits) >= 5)  # the pages are under way
    begin = time.monotonic()
    store.add(connection, [NewFeed(url=f"{root}/{n}.xml") for n in range(number)])
    servers.wait(lambda: sum(path.endswith(".xml") for path in host.paths) >= number)
    waits = [at - begin for (at, _), path in zip(host.visits, host.paths, strict=False) if path.endswith(".xml")]
    between = sum(path.startswith("/page/") for path in host.paths[5:])
    print(f"{number} first polls of one host: each waited {', '.join(f'{wait:.1f}' for wait in sorted(waits))} s")
    print(f"pages fetched before the last of them: {between} of {number}; requests at once {host.most_at_once}")


def _politeness(stack: ExitStack, postgres_url: str, redis_url: str) -> None:
    connection = _workers(stack, postgres_url, redis_url, processes=4, spacing_seconds="1")
    host = _SlowHost(("127.0.0.1", 0), _SlowHostHandler)
    threading.Thread(target=host.serve_forever, daemon=True).start()
    stack.callback(host.shutdown)
    urls = [f"http://127.0.0.1:{host.server_address[1]}/{number}.xml" for number in range(50)]
    store.add(connection, [NewFeed(url=url) for url in urls])
    begin = time.monotonic()
    servers.wait(lambda: len(host.visits) >= 50)
    took, visits = time.monotonic() - begin, sorted(host.visits)
    closest = min(later[0] - earlier[0] for earlier, later in pairwise(visits))
    print(f"50 feeds of one host, 4 processes: {took:.0f} s, closest {closest:.3f} s, at once {host.most_at_once}")
    host.retry_after, told_at = 30, len(host.visits)
    store.make_due(connection)
    servers.wait(lambda: len(host.visits) > told_at)
    host.retry_after = 0
    servers.wait(lambda: len(host.visits) >= told_at + 10)
    told, *others = [begun for begun, _ in sorted(host.visits)[told_at:]]
    after = [begun - told for begun in others]
    print(f"Retry-After: 30: next requests {', '.join(f'{seconds:.1f}' for seconds in after[:6])} s after it")


def _workers(
    stack: ExitStack, postgres_url: str, redis_url: str, *, processes: int, spacing_seconds: str
) -> psycopg.Connection[tuple[Any, ...]]:
    """All services on a database of their own, and a connection to it."""
    database_url = stack.enter_context(servers.database(postgres_url, "polite"))
    with psycopg.connect(database_url, autocommit=True) as connection:
        list(migrate(connection))
    environment = services.environment(
        os.environ
        | {
            "WIREDESK_DATABASE_URL": database_url,
            "WIREDESK_REDIS_URL": redis_url,
            "WIREDESK_ALLOWED_NETWORKS": "127.0.0.0/8",
            "WIREDESK_WEB_LISTEN": "127.0.0.1:0",
            "WIREDESK_PER_HOST": "2",
            "WIREDESK_HOST_SPACING_SECONDS": spacing_seconds,
            "WIREDESK_FETCH_BATCH": "5",
        }
    )
    for service in services.SERVICES:
        number = processes if service is services.FETCH else 1
        stack.enter_context(servers.running(services.command(service, processes=number), environment))
    return stack.enter_context(psycopg.connect(database_url, autocommit=True))


class _SlowHost(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.lock = threading.Lock()
        self.visits: list[tuple[float, float]] = []
        self.paths: list[str] = []
        self.seconds = 1.5  # longer than the spacing, so that two would overlap into three
        self.running = self.most_at_once = self.retry_after = 0


class _SlowHostHandler(BaseHTTPRequestHandler):
    server: _SlowHost

    def do_GET(self) -> None:
        host, begun = self.server, time.monotonic()
        with host.lock:
            host.running += 1
            host.most_at_once = max(host.most_at_once, host.running)
            told = host.retry_after
        time.sleep(0.0 if told else host.seconds)
        with host.lock:
            host.running -= 1
            host.visits.append((begun, time.monotonic()))
            host.paths.append(self.path)
        headers: Mapping[str, str] = {"Retry-After": str(told)} if told else {}
        self.send_response(429 if told else 200)
        for name, text in headers.items():
            self.send_header(name, text)
        body = b'<rss version="2.0"><channel><title>Slow</title></channel></rss>'
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


if __name__ == "__main__":
    main()
