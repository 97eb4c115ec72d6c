"""The cost of reading on one core: feed entries stage by stage beside feedparser alone, and wire copy whole.

    python -m bench.reading [--rounds 7]

Processor time of this process, the least of the rounds: other load on the machine can only add to it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import feedparser

from bench import machine
from bench.newswire import piece, rss
from wiredesk.worker.news.compare.fingerprint import fingerprints
from wiredesk.worker.news.compare.identity import identify
from wiredesk.worker.news.model import Draft
from wiredesk.worker.news.read import Document, mark_up, read_document

_NOW = datetime(2026, 11, 1, tzinfo=UTC)
_FEEDS, _ENTRIES, _COPIES = 6, 50, 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    print(machine.description())
    bodies = [rss(number, entries=_ENTRIES, base_url="https://news.example") for number in range(_FEEDS)]
    documents = [Document(body, _NOW, url="https://news.example/feed", expects_feed=True) for body in bodies]
    drafts = [draft for document in documents for draft in _drafts(document)]
    marked = [mark_up(draft, received_at=_NOW) for draft in drafts]
    stages: dict[str, Callable[[], object]] = {
        "feedparser alone": lambda: [feedparser.parse(body) for body in bodies],
        "read": lambda: [_drafts(document) for document in documents],
        "identify": lambda: [identify(draft, source="example", key=None) for draft in drafts],
        "mark up": lambda: [mark_up(draft, received_at=_NOW) for draft in drafts],
        "fingerprint": lambda: fingerprints([_text(draft) for draft in marked]),
    }
    entries = len(drafts)
    print(f"{entries} feed entries of {sum(map(len, bodies)) // entries:,} bytes")
    cost = {stage: _least(work, rounds) / entries for stage, work in stages.items()}
    for stage, seconds in cost.items():
        print(f"  {stage:<18} {seconds * 1e6:6.0f} µs an entry")
    ours = sum(cost.values()) - cost["feedparser alone"]
    print(f"  all but feedparser {ours * 1e6:6.0f} µs: {ours / cost['feedparser alone']:.2f} times feedparser alone")
    copies = [Document(_copy(number), _NOW, media_type="text/plain") for number in range(_COPIES)]
    seconds = _least(lambda: _read_whole(copies), rounds)
    size = sum(len(document.body) for document in copies) // _COPIES
    print(f"wire copy of {size:,} bytes, read, identified, marked up, fingerprinted: {_COPIES / seconds:,.0f} a second")


def _least(work: Callable[[], object], rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        begin = time.process_time()
        work()
        taken.append(time.process_time() - begin)
    return min(taken)


def _copy(number: int) -> bytes:
    article = piece(number)
    return f"Example News\n\n{article.headline}\n\nBy {article.author}\n\n{article.text}\n".encode()


def _drafts(document: Document) -> list[Draft]:
    return [item for item in read_document(document) if isinstance(item, Draft)]


def _text(draft: Draft) -> str:
    return f"{draft.headline or ''}\n\n{draft.body_text}"


def _read_whole(documents: Iterable[Document]) -> None:
    drafts = [draft for document in documents for draft in _drafts(document)]
    for draft in drafts:
        identify(draft, source="example", key=None)
    fingerprints([_text(mark_up(draft, received_at=_NOW)) for draft in drafts])


if __name__ == "__main__":
    main()
