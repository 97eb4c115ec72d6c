"""How the cost of reading grows with hostile input: each kind of run, from 10 kB to 10 MB, in a process of its own.

    python -m bench.linear [--sizes 10k,100k,1m,10m] [--only TEXT] [--all]

An input is a unit of `bench/linear.toml` repeated to the size. It is read, identified, marked up, fingerprinted and
compared with a copy of itself that lacks a word. The figure is processor time a byte; growth is that of the largest
size over that of 100 kB. What more than doubles is listed, everything with `--all`. A child may take 120 s of
processor time; no other limit is on.
"""

from __future__ import annotations

import argparse
import multiprocessing
import multiprocessing.connection
import resource
import time
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from bench import machine
from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.compare import changes
from wiredesk.worker.news.compare.fingerprint import fingerprints
from wiredesk.worker.news.compare.identity import identify
from wiredesk.worker.news.model import Draft
from wiredesk.worker.news.read import Document, mark_up, read_document

_NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
_CPU_SECONDS = 120
# A growth measured on less than this is noise of the clock and of what is loaded at first use.
_LEAST_SECONDS = 0.05
_REFERENCE = 100_000
_UNITS: dict[str, list[str]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_LEAD = "RIGA, March 9 (Example Press) - The port of Riga reopened on Monday after a storm closed it, it said.\n\n"
_PARAGRAPHS = "<p>The port of Riga reopened on Monday after a storm closed it for two days, its director said.</p>" * 3


def _repeat(unit: str, size: int) -> str:
    return (unit * (size // len(unit.encode()) + 1))[: max(size * len(unit) // len(unit.encode()), 1)]


def _page(size: int, unit: str) -> str:
    return f"<html><head><title>Port</title></head><body><article><h1>Port</h1>{_PARAGRAPHS}{_repeat(unit, size)}"


def _declared(size: int, unit: str) -> str:
    run = _repeat(escape(unit), size // 4)
    return (
        f'<html><head><title>{run}</title><meta property="og:title" content="{run}">'
        f'<meta name="author" content="{run}">'
        f'<meta property="article:published_time" content="{run}"></head><body><h1>Port</h1>{_PARAGRAPHS}</body></html>'
    )


def _feed(size: int, unit: str) -> str:
    return _channel(_repeat(unit, size))


def _channel(content: str) -> str:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>{content}</channel></rss>'


def _entry(size: int, unit: str) -> str:
    run = _repeat(escape(unit), size // 2)
    return _channel(f"<item><title>{run}</title><guid>1</guid><description>{run}</description></item>")


def _json_ld(size: int, unit: str) -> str:
    script = f'<script type="application/ld+json">{_repeat(unit, size)}</script>'
    return f"<html><head>{script}</head><body><article><h1>Port</h1>{_PARAGRAPHS}</article></body></html>"


Make = Callable[[int, str], str]
_FAMILIES: tuple[tuple[str, str, Make, str], ...] = (
    ("copy", "text/plain", lambda size, unit: _LEAD + _repeat(unit, size), "text"),
    ("bare copy", "text/plain", lambda size, unit: _repeat(unit, size), "text"),
    ("page", "text/html", _page, "html"),
    ("page text", "text/html", lambda size, unit: _page(size, escape(unit)), "text"),
    ("page head", "text/html", _declared, "text"),
    ("json-ld", "text/html", _json_ld, "json"),
    ("feed", "application/rss+xml", _feed, "feed"),
    ("entry", "application/rss+xml", _entry, "text"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="100k,1m")
    parser.add_argument("--only", default="", help="families or units that contain this text")
    parser.add_argument("--all", action="store_true", help="list every kind, not only what grows")
    arguments = parser.parse_args()
    sizes = [_bytes(size) for size in arguments.sizes.split(",")]
    print(machine.description())
    tried = grown = 0
    for name, media_type, make, unit in _kinds(arguments.only):
        seconds = {size: _measure(media_type, make, unit, size) for size in sizes}
        growth = _growth(seconds)
        tried += 1
        grown += growth > 2
        if growth > 2 or arguments.all:
            cells = "  ".join(f"{size:>10,}: {taken:8.3f} s" for size, taken in seconds.items())
            print(f"{growth:6.1f} times  {name:<10} {unit[:40]!r:<44} {cells}", flush=True)
    print(f"{tried} kinds of run, {grown} of them cost more than twice as much a byte at {max(sizes):,} bytes")


def _kinds(only: str) -> Iterator[tuple[str, str, Make, str]]:
    for name, media_type, make, units in _FAMILIES:
        for unit in _UNITS[units]:
            if only in name or only in unit:
                yield name, media_type, make, unit


def _growth(seconds: dict[int, float]) -> float:
    """Seconds a byte at the largest size over those at 100 kB, or at the least size that took a measurable time."""
    largest = max(seconds)
    if seconds[largest] < _LEAST_SECONDS * 2:
        return 1.0
    reference = min(seconds) if _REFERENCE not in seconds else _REFERENCE
    base = max(seconds[reference], _LEAST_SECONDS * reference / largest, 0.002)
    return (seconds[largest] / largest) / (base / reference)


def _measure(media_type: str, make: Make, unit: str, size: int) -> float:
    """Processor seconds of a fresh process for one input; infinite when it needed more than it may."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=_child, args=(theirs, media_type, make, unit, size))
    child.start()
    theirs.close()
    try:
        return float(ours.recv())
    except EOFError:
        return float("inf")
    finally:
        child.join()
        ours.close()


def _child(answer: multiprocessing.connection.Connection, media_type: str, make: Make, unit: str, size: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    _work(Document(_LEAD.encode(), _NOW, media_type="text/plain"))
    document = Document(
        make(size, unit).encode("utf-8", "surrogatepass"), _NOW, media_type=media_type, url="https://a.example/1"
    )
    begin = time.process_time()
    _work(document)
    answer.send(time.process_time() - begin)


def _work(document: Document) -> None:
    try:
        drafts = [item for item in read_document(document) if isinstance(item, Draft)]
    except Rejected:
        return
    for draft in drafts:
        identify(draft, source="example", key=None)
        marked = mark_up(draft, received_at=_NOW)
        changes.meaning_sha256(marked.headline, marked.body_text)
        shorter = marked.body_text.replace(" ", "", 1)
        changes.describe(marked.headline, marked.body_text, marked.headline, shorter)
        changes.diff(marked.body_text, shorter)
        fingerprints([f"{marked.headline or ''}\n\n{marked.body_text}"])


def _bytes(size: str) -> int:
    unit = {"k": 1_000, "m": 1_000_000}.get(size[-1].lower())
    return int(size[:-1]) * unit if unit else int(size)


if __name__ == "__main__":
    main()
