"""A small publisher on loopback for `wiredesk demo`: a wire agency and two papers, whose feeds change by the second.

The time since its start decides what each feed shows, so that within a minute everything happens: new articles, an
edit, a repeated article, reprints that share a story, and an entry without text that is refused.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.sax.saxutils import escape

_PORT = (
    "RIGA, {date} (Baltic Wire) - The port of Riga reopened on {weekday} after a storm of two days, its director said.",
    "“We lost {cranes} cranes and no one was hurt,” said Anna Berzina, who runs the port. “Ships will sail tonight.”",
    "Eleven ships waited outside the harbour through the night, and the first of them came in at noon with grain.",
    "Repairs will take a month, she said, and the insurers have been told.",
)
_LIBRARY = (
    "TARTU, {date} (Baltic Wire) - The city library will lend tools as well as books from next week, its head said.",
    "“A drill is used for thirteen minutes in its life,” said Mart Tamm, who runs the library. “Here it will be busy.”",
    "Saws, ladders and a loom can be borrowed for two weeks with an ordinary library card.",
)
_FERRY = (
    "The night ferry to the islands carries bicycles again, its owner said on {weekday}.",
    "Forty places are kept on the lower deck, and they can be booked until an hour before she sails.",
    "Last summer the bicycles had stayed on the quay, and islanders had written four hundred letters.",
)


@dataclass(frozen=True, slots=True)
class Item:
    """An entry from `after_seconds` on, until `until_seconds`; one without text breaks what an entry must have."""

    name: str
    title: str
    paragraphs: tuple[str, ...]
    after_seconds: float = 0.0
    until_seconds: float = float("inf")
    byline: str = ""


_FEEDS: dict[str, tuple[str, tuple[Item, ...]]] = {
    "/wire.rss": (
        "Baltic Wire",
        (
            Item("port", "Port of Riga reopens after storm", _PORT, until_seconds=25),
            Item("port", "Port of Riga reopens after storm", (*_PORT, "The storm was the worst in nine years."), 25),
            Item("library", "Tartu library lends tools", _LIBRARY, 8),
        ),
    ),
    "/gazette.rss": (
        "Harbour Gazette",
        (
            Item("riga", "Riga port open again, two cranes lost", _PORT, 10, byline="Staff and agencies"),
            Item("ferry", "Bicycles back on the night ferry", _FERRY, 5, byline="Liis Kask"),
        ),
    ),
    "/courier.rss": (
        "Evening Courier",
        (
            Item("storm", "Storm over: ships sail from Riga tonight", _PORT[:3], 15),
            Item("empty", "", (), 12),
        ),
    ),
}


class Publisher(ThreadingHTTPServer):
    """Serves the feeds from an address that only this machine reaches."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.begin()

    def begin(self) -> None:
        """Set the feeds to their first documents."""
        self.began_at = datetime.now(UTC)
        self.began = time.monotonic()

    def feeds(self) -> dict[str, str]:
        """The publisher of each feed, by its address."""
        return {f"http://127.0.0.1:{self.server_address[1]}{path}": title for path, (title, _) in _FEEDS.items()}

    def body(self, path: str) -> bytes | None:
        """The feed at `path` as it is now."""
        if path not in _FEEDS:
            return None
        title, items = _FEEDS[path]
        age = time.monotonic() - self.began
        shown = [item for item in items if item.after_seconds <= age < item.until_seconds]
        return _rss(title, f"http://127.0.0.1:{self.server_address[1]}", shown, self.began_at).encode()


class _Handler(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        body = self.server.body(self.path)
        self.send_response(200 if body is not None else 404)
        self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: Any) -> None:
        """Write no log: the fetch workers log each poll."""


@contextmanager
def publishing() -> Iterator[Publisher]:
    with Publisher() as publisher:
        thread = threading.Thread(target=publisher.serve_forever, args=(0.2,), daemon=True)
        thread.start()
        try:
            yield publisher
        finally:
            publisher.shutdown()
            thread.join(5)


def _rss(title: str, site: str, items: list[Item], at: datetime) -> str:
    words = {"date": f"{at:%B} {at.day}", "weekday": f"{at:%A}", "cranes": "two"}
    parts = []
    for item in items:
        text = "".join(f"<p>{escape(paragraph.format(**words))}</p>" for paragraph in item.paragraphs)
        byline = f"<dc:creator>{escape(item.byline)}</dc:creator>" if item.byline else ""
        link = f"<link>{site}/{escape(title.split()[0].lower())}/{item.name}</link>" if item.title else ""
        guid = f'<guid isPermaLink="false">{item.name}</guid>'
        parts.append(
            f"<item><title>{escape(item.title)}</title>{link}{guid}{byline}<pubDate>{format_datetime(at)}</pubDate>"
            f"<content:encoded>{escape(text)}</content:encoded></item>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>{escape(title)}</title><link>{site}/</link><language>en</language>{''.join(parts)}</channel></rss>"
    )
