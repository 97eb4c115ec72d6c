"""The publisher of docs/a-day.md: 280 sound feeds, 20 that are broken in different ways, and a few pages.

    python -m bench.day [FOLDER] [--port 8300]

It serves them on this machine until Ctrl-C, and writes their list to `FOLDER/feeds.opml`. Feeds whose server asks to
wait are on an address of their own, 127.0.0.2, because a host's wish holds for all of its feeds.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from xml.sax.saxutils import escape, quoteattr

from bench.newswire import Piece, piece

SOUND = 280
_ENTRIES = 2
_WORDS = 90
_HERE, _ELSEWHERE = "127.0.0.1", "127.0.0.2"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.day", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path())
    parser.add_argument("--port", type=int, default=8300)
    arguments = parser.parse_args()
    with Publisher(arguments.port) as publisher, contextlib.suppress(KeyboardInterrupt):
        (arguments.folder / "feeds.opml").write_text(publisher.opml())
        print(f"{len(publisher.feeds())} feeds at port {publisher.port}, listed in {arguments.folder / 'feeds.opml'}")
        threading.Event().wait()


@dataclass(slots=True)
class Publisher:
    """The server, on a thread of its own. Port 0: any free one."""

    port: int = 0
    _loop: asyncio.AbstractEventLoop | None = None
    _stop: asyncio.Event | None = None
    _thread: threading.Thread | None = None
    _answers: Mapping[str, bytes | None] = field(default_factory=dict)

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
        self._thread.start()
        if not ready.wait(10):
            raise SystemExit(f"port {self.port} of {_HERE} or {_ELSEWHERE} is in use")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None and self._stop is not None and self._thread is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def feeds(self) -> dict[str, str]:
        """The title of each feed, by its address."""
        sound = {self._url(f"/papers/{n}.rss"): _title(n) for n in range(1, SOUND + 1)}
        broken = {self._url(path, host): title for title, (host, path, _) in _broken(self.port).items()}
        return sound | broken | {"http://feeds.wiredesk.invalid/rss": "Nowhere Times"}

    def opml(self) -> str:
        """The feeds in two folders."""
        outlines: dict[str, list[str]] = {}
        for number, (url, title) in enumerate(self.feeds().items()):
            line = f'<outline type="rss" text={quoteattr(title)} xmlUrl={quoteattr(url)}/>'
            outlines.setdefault("Coast" if number % 2 else "Inland", []).append(line)
        folders = "".join(
            f"<outline text={quoteattr(name)}>{''.join(some)}</outline>" for name, some in outlines.items()
        )
        return f'<opml version="2.0"><head><title>A day</title></head><body>{folders}</body></opml>\n'

    def _url(self, path: str, host: str = _HERE) -> str:
        return path if "://" in path else f"http://{host}:{self.port}{path}"

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with await asyncio.start_server(self._connected, _HERE, self.port, backlog=512) as here:
            self.port = here.sockets[0].getsockname()[1]
            self._answers = _answers(self.port)
            async with await asyncio.start_server(self._connected, _ELSEWHERE, self.port):
                ready.set()
                await self._stop.wait()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            target = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode("latin-1")
            answer = self._answers.get(target, _response(404, b"not here"))
            if answer is None:
                await reader.read()  # until the client gives up
            else:
                writer.write(answer)
                await writer.drain()
        writer.close()


def _answers(port: int) -> dict[str, bytes | None]:
    """The answer of each path, its head included; None: the server stays silent."""
    site = f"http://{_HERE}:{port}"
    answers: dict[str, bytes | None] = {path: answer for _, path, answer in _broken(port).values()}
    for n in range(1, SOUND + 1):
        entries = [piece(n * _ENTRIES + each, words=_WORDS) for each in range(_ENTRIES)]
        answers[f"/papers/{n}.rss"] = _feed(_title(n), entries, site)
    answers["/articles/ferry.html"] = _response(200, _page(piece(9_000, words=200)), "Content-Type: text/html")
    return answers


def _broken(port: int) -> dict[str, tuple[str, str, bytes | None]]:
    """Nineteen feeds by title: host, path, answer. The twentieth has a host that does not exist."""
    html = "Content-Type: text/html; charset=utf-8"
    login = b"<!DOCTYPE html><title>Log in</title><form action=/login><input type=password name=p></form>"
    check = b"<!DOCTYPE html><title>Just a moment...</title><div id=challenge-form>Checking your browser</div>"
    bomb = b'<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><rss><channel><title>&b;</title></channel></rss>'
    table: dict[str, tuple[int, bytes, tuple[str, ...]] | bytes | None] = {
        "Gone Gazette": (410, b"", ()),
        "Missing Mercury": (404, b"", ()),
        "Forbidden Forum": (403, b"no", ()),
        "Password Post": (401, b"", ('WWW-Authenticate: Basic realm="readers"',)),
        "Broken Bugle": (500, b"a fault", ()),
        "Harbour Herald": (200, login, (html,)),
        "Careful Courier": (403, check, (html, "cf-mitigated: challenge", "Server: cloudflare")),
        "Json Journal": (200, b'{"status": "ok"}', ("Content-Type: application/json",)),
        "Empty Echo": (200, b"", ()),
        "Loop Leader": (302, b"", ("Location: /broken/loop-leader.rss",)),
        "Moved Monitor": (301, b"", ("Location: /papers/1.rss",)),
        "Gzip Globe": (200, b"not compressed", ("Content-Encoding: gzip",)),
        "Bomb Bulletin": (200, bomb, ("Content-Type: application/rss+xml",)),
        "Quiet Quarterly": (200, b'<rss version="2.0"><channel><title>Quiet Quarterly</title></channel></rss>', ()),
        "Cut Chronicle": b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<rss version='2.0'><channel><title>Cu",
        "Hasty Hour": b"",
        "Mail Mirror": b"220 mail.example ESMTP ready\r\n",
        "Slow Sun": None,
        "Busy Beacon": (429, b"", ("Retry-After: 600",)),
    }
    found: dict[str, tuple[str, str, bytes | None]] = {}
    for title, answer in table.items():
        host = _ELSEWHERE if title == "Busy Beacon" else _HERE
        raw = _response(answer[0], answer[1], *answer[2]) if isinstance(answer, tuple) else answer
        found[title] = (host, f"/broken/{title.lower().replace(' ', '-')}.rss", raw)
    return found


def _title(n: int) -> str:
    return f"Example Paper {n}"


def _feed(title: str, entries: list[Piece], site: str) -> bytes:
    items = "".join(
        f"<item><title>{escape(p.headline)}</title><link>{site}/articles/{p.number}.html</link>"
        f"<guid isPermaLink='false'>{p.number}</guid><pubDate>{p.published:%a, %d %b %Y %H:%M:%S} GMT</pubDate>"
        f"<content:encoded>{escape(''.join(f'<p>{text}</p>' for text in p.paragraphs))}</content:encoded></item>"
        for p in entries
    )
    text = (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>{escape(title)}</title><link>{site}/</link>{items}</channel></rss>"
    )
    return _response(200, text.encode(), "Content-Type: application/rss+xml")


def _page(p: Piece) -> bytes:
    paragraphs = "".join(f"<p>{escape(text)}</p>" for text in p.paragraphs)
    return (
        f"<!DOCTYPE html><html lang=en><head><title>{escape(p.headline)}</title>"
        f'<meta property="article:published_time" content="{p.published.isoformat()}"></head>'
        f"<body><article><h1>{escape(p.headline)}</h1>{paragraphs}</article></body></html>"
    ).encode()


def _response(status: int, body: bytes, *headers: str) -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status} Because", f"Content-Length: {len(body)}", "Connection: close", *headers])
    return f"{head}\r\n\r\n".encode() + body


if __name__ == "__main__":
    main()
