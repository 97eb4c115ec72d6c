"""The HTTP server of the tests: it answers as a test scripts it, or as badly as the path asks, and logs requests."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import ssl
import threading
import time
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qs, urlsplit

import brotli  # type: ignore[import-untyped]

from wiredesk.worker.zstd import zstd

FEED = b'<rss version="2.0"><channel><title>Harbour Gazette</title></channel></rss>'

Write = Callable[[bytes], Awaitable[None]]
Answer = tuple[int, dict[str, str], bytes]
"""Status, headers and body."""

Script = Answer | Callable[[Mapping[str, str]], Answer]


@dataclass(slots=True)
class Asked:
    """One request: when its head had come and when its answer was out (monotonic seconds), its headers and body."""

    target: str
    headers: dict[str, str]
    began: float
    ended: float = 0.0
    body: bytes = b""


@dataclass(slots=True)
class Server:
    """Runs on a thread of its own, so that what a client does to its loop can't be hidden by the server's.

    `answers` are by path, each an answer or a function of the request's headers; a validator that is still the ETag of
    an answer gets 304. Other paths are 404 with `only_answers`, else what `_misbehave` reads in them.
    """

    address: str = "127.0.0.1"
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    tls: ssl.SSLContext | None = None
    answer_seconds: float = 0.0
    retry_after: str | None = None
    moves: dict[str, tuple[int, str]] = field(default_factory=dict)
    robots: bytes | int = 404
    raw: bytes = b""
    answers: dict[str, Script] = field(default_factory=dict)
    only_answers: bool = False
    _loop: asyncio.AbstractEventLoop | None = None
    _stop: asyncio.Event | None = None
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
        self._thread.start()
        assert ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None and self._stop is not None and self._thread is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def url(self, target: str = "/", host: str | None = None) -> str:
        return f"{'https' if self.tls else 'http'}://{host or self.address}:{self.port}{target}"

    @property
    def targets(self) -> list[str]:
        return [asked.target for asked in self.asked]

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connected, self.address, self.port, ssl=self.tls, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._stop.wait()
        server.close()
        connections = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, asyncio.CancelledError):
            while await self._answer(reader, writer):
                pass
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request; false ends the connection."""
        first = await reader.readexactly(1)
        if first == b"\x16":  # a TLS hello on a plain port
            writer.write(_response(400, b"plain HTTP is spoken here"))
            return False
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *lines = head.split("\r\n")
        target = line.split(" ")[1]
        written = {name: value.strip() for name, _, value in (each.partition(":") for each in lines if each)}
        headers = {name.lower(): value for name, value in written.items()}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        asked = Asked(target, headers, time.monotonic(), body=body)
        self.asked.append(asked)
        await asyncio.sleep(self.answer_seconds)

        async def write(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        scripted = self.answers.get(target)
        if scripted is not None or self.only_answers:
            await write(await self._scripted(scripted or (404, {}, b"not here"), written))
            keep = True
        else:
            keep = await self._misbehave(target, headers, write)
        asked.ended = time.monotonic()
        return keep

    async def _scripted(self, answer: Script, asked: Mapping[str, str]) -> bytes:
        if callable(answer):  # it may wait or raise, and must not hold up other requests
            answer = await asyncio.get_running_loop().run_in_executor(None, answer, asked)
        status, headers, body = answer
        validator = asked.get("If-None-Match")
        if status == 200 and validator and headers.get("ETag") == validator:
            status, body = 304, b""
        return _response(status, body, *(f"{name}: {text}" for name, text in headers.items()))

    async def _misbehave(self, target: str, headers: dict[str, str], write: Write) -> bool:
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        match parts.path.split("/")[1:]:
            case _ if parts.path in self.moves:
                moved, location = self.moves[parts.path]
                await write(_response(moved, b"", f"Location: {location}"))
            case ["feed", *_] if self.retry_after is not None:
                await write(_response(429, b"", f"Retry-After: {self.retry_after}"))
            case ["feed", *_]:
                if headers.get("if-none-match") == '"v1"':
                    await write(_response(304, b"", 'ETag: "v1"'))
                else:
                    await write(_response(200, FEED, 'ETag: "v1"'))
            case ["robots.txt"]:
                await write(_response(*((self.robots, b"") if isinstance(self.robots, int) else (200, self.robots))))
            case ["status", code]:
                body = b"x" * int(query.get("bytes", "0"))
                await write(_response(int(code), body, *(f"{k}: {v}" for k, v in query.items() if k != "bytes")))
            case ["count", at]:
                await write(_response(302, b"", f"Location: /count/{int(at) + 1}"))
            case ["coded", coding]:
                await write(_response(200, BODIES[coding], f"Content-Encoding: {coding.replace('+', ', ')}"))
            case ["announce", announced]:
                await write(f"HTTP/1.1 200 OK\r\nContent-Length: {announced}\r\n\r\n".encode())
                await asyncio.sleep(60)
            case ["slow-head"]:
                await write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
                await _drip(write)
            case ["slow-body"]:
                await write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                await _drip(write)
            case ["silent"]:
                await asyncio.sleep(60)
            case ["endless"]:
                await write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                while True:
                    await write(b"10000\r\n" + b"y" * 65536 + b"\r\n")
            case ["chunk-extension"]:
                await write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;name=")
                while True:
                    await write(b"e" * 65536)
            case ["long-header"]:
                await write(b"HTTP/1.1 200 OK\r\nX-Long: ")
                while True:
                    await write(b"h" * 65536)
            case ["many-headers"]:
                await write(b"HTTP/1.1 200 OK\r\n")
                for number in range(1_000_000):
                    await write(b"".join(b"X-%d-%d: v\r\n" % (number, each) for each in range(1000)))
            case ["informs"]:
                while True:
                    await write(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n" * 1000)
            case ["cut"]:
                await write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
                return False
            case ["reset"]:
                return False
            case ["no-http"]:
                await write(b"220 mail.example ESMTP ready\r\n\r\n")
                return False
            case ["raw"]:
                await write(self.raw)
                return False
            case _:
                await write(_response(404, b"nothing here"))
        return True


def _response(status: int, body: bytes, *lines: str) -> bytes:
    length = [] if status == 304 else [f"Content-Length: {len(body)}"]
    head = "\r\n".join([f"HTTP/1.1 {status} Because", *length, *lines, "", ""])
    return head.encode("latin-1") + body


async def _drip(write: Write) -> None:
    """A byte now and then, which no limit on a single read ever notices."""
    while True:
        await write(b"x")
        await asyncio.sleep(0.05)


def _zeros(megabytes: int, wbits: int) -> bytes:
    """So many mebibytes of zeros: one compressed block again and again, because compressing them all takes seconds."""
    stream = zlib.compressobj(9, zlib.DEFLATED, wbits)
    head = stream.compress(bytes(1 << 20)) + stream.flush(zlib.Z_FULL_FLUSH)
    block = stream.compress(bytes(1 << 20)) + stream.flush(zlib.Z_FULL_FLUSH)
    return head + block * (megabytes - 1) + stream.flush()


class _Bodies:
    """Encoded bodies, made when first asked for: the bombs take a while."""

    def __init__(self) -> None:
        self._made: dict[str, bytes] = {}

    def __getitem__(self, name: str) -> bytes:
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def _make(self, name: str) -> bytes:
        match name:
            case "gzip":
                return _zeros(512, 31)
            case "deflate":
                return _zeros(512, 15)
            case "br":
                return bytes(brotli.compress(bytes(64 << 20), quality=1))
            case "zstd":
                return zstd.compress(bytes(64 << 20), 1)
            case "gzip+gzip":
                return gzip.compress(gzip.compress(FEED))
            case _:
                return FEED


BODIES = _Bodies()
