"""`wiredesk submit`: hand in files, folders, standard input, URLs or JSON Lines."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import click

from wiredesk.worker.cli import output
from wiredesk.worker.errors import Rejected
from wiredesk.worker.inbox.client import BATCH, Desk
from wiredesk.worker.inbox.intake import Copy, Message, Receipt
from wiredesk.worker.news.submission import BY_SUFFIX, Submission
from wiredesk.worker.settings import load
from wiredesk.worker.store.reading import ItemOutcome

_FILES = frozenset((*BY_SUFFIX, ".xml", ".rss", ".atom", ".rdf", ".json"))
_BATCH_BYTES = 8_000_000
_SHOWN = 20

Named = tuple[str, Message]


@click.command()
@click.argument("what", nargs=-1, metavar="[FILE|DIR|URL|-]...")
@click.option("--source", metavar="S", help="Who publishes it: slug or name.")
@click.option("--key", metavar="K", help="Idempotency key of a single document.")
@click.option("--url", metavar="URL", help="Where a single document was published.")
@click.option(
    "--media-type", metavar="TYPE", help="text/plain, text/html, application/rss+xml, … Default: by name, else sniffed."
)
@click.option("--submitter", metavar="NAME", help="Who hands it in.")
@click.option("--jsonl", is_flag=True, help="Each line is a submit_article.v1 message.")
@click.option("--wait", is_flag=True, help="Wait until every item has an outcome, and say which.")
@click.option("--timeout", type=float, metavar="SECONDS", help="With --wait: give up waiting after this long.")
@output.FORMAT
def submit(
    what: tuple[str, ...],
    source: str | None,
    key: str | None,
    url: str | None,
    media_type: str | None,
    submitter: str | None,
    jsonl: bool,
    wait: bool,
    timeout: float | None,
    output_format: str,
) -> None:
    """Hand in articles. The receipt is printed after they are committed to the inbox: from then on nothing loses them.

    FILE is a document as it is (wire copy, a page, a feed); DIR stands for the documents in it; `-` is standard input;
    with --jsonl each line of them is a message. A URL is fetched. The same source and key twice is one submission.
    """
    if (key or url) and (jsonl or len(what) > 1):
        raise click.UsageError("--key and --url are for a single document")
    settings = load()
    fields = {
        name: value.encode("utf-8", "replace").decode()  # arguments may hold bytes that are no text
        for name, value in (("source", source), ("key", key), ("url", url), ("submitter", submitter))
        if value is not None
    }
    problems = _Problems()
    with Desk(settings) as desk:
        named = _messages(what or ("-",), fields, media_type, jsonl, settings.max_submission_bytes, problems)
        receipts: dict[int, list[tuple[str, Receipt]]] = {}
        counts: Counter[str] = Counter()
        for batch in _batches(named):
            for (name, _), receipt in zip(batch, desk.submit([m for _, m in batch], channel="cli"), strict=True):
                counts[receipt.status] += 1
                if receipt.status == "refused":
                    problems.say(f"{name}: {receipt.reason}")
                elif not wait:
                    _print_receipt(name, receipt, output_format, counts.total())
                receipts.setdefault(receipt.submission_id, []).append((name, receipt))
        _print_counts(counts, output_format)
        if wait:
            _wait(desk, receipts, timeout, output_format, problems)
    if problems.count:
        sys.exit(1)


class _Problems:
    """Lines on stderr, and how many there were."""

    def __init__(self) -> None:
        self.count = 0

    def say(self, line: str) -> None:
        self.count += 1
        output.complain(line)


# ---- what is handed in


def _messages(
    what: Iterable[str],
    fields: dict[str, Any],
    media_type: str | None,
    jsonl: bool,
    limit: int,
    problems: _Problems,
) -> Iterator[Named]:
    for name in what:
        if name.startswith(("http://", "https://")):
            yield name, {"url": name} | fields
            continue
        try:
            for path in _paths(name):
                yield from _lines(path, fields) if jsonl else [_document(path, fields, media_type, limit)]
        except OSError as error:
            problems.say(f"{name}: {(error.strerror or str(error)).lower()}")
        except Rejected as rejected:
            problems.say(f"{name}: {rejected}")


def _paths(name: str) -> Iterator[Path | None]:
    """The files that an argument stands for; None is standard input."""
    if name == "-":
        yield None
        return
    path = Path(name)
    if path.is_dir():
        yield from sorted(p for p in path.rglob("*") if p.suffix.lower() in _FILES and p.is_file())
    else:
        yield path


def _shown(path: Path | None) -> str:
    """A name that can be printed: file names are bytes, and not all of them are text."""
    return os.fsencode(path).decode("utf-8", "replace") if path else "standard input"


def _opened(path: Path | None) -> IO[bytes]:
    return sys.stdin.buffer if path is None else path.open("rb")


def _lines(path: Path | None, fields: dict[str, Any]) -> Iterator[Named]:
    with _opened(path) as stream:
        for number, line in enumerate(stream, 1):
            if line.strip():
                yield f"{_shown(path)}:{number}", _with_fields(line, fields)


def _with_fields(line: bytes, fields: dict[str, Any]) -> Message:
    """A line as it is, or with what the options say where it says nothing."""
    if not fields:
        return line
    import msgspec

    try:
        message = msgspec.json.decode(line)
    except (ValueError, RecursionError):
        return line
    return fields | message if isinstance(message, dict) else line


def _document(path: Path | None, fields: dict[str, Any], media_type: str | None, limit: int) -> Named:
    import msgspec

    with _opened(path) as stream:
        content = stream.read(limit + 1)
        if len(content) > limit and path is not None:
            size = path.stat().st_size
            raise Rejected("too_large", f"{size:,} bytes, the limit is {limit:,} (max_submission_bytes)")
    declared = media_type or (BY_SUFFIX.get(path.suffix.lower()) if path else None)
    said = fields | ({"media_type": declared} if declared else {})
    try:
        return _shown(path), Copy(msgspec.convert(said, Submission), content)
    except msgspec.ValidationError as error:
        raise click.UsageError(str(error)) from None


def _batches(named: Iterable[Named]) -> Iterator[list[Named]]:
    """As many as fit into one transaction, by number and by size."""
    batch: list[Named] = []
    size = 0
    for name, message in named:
        batch.append((name, message))
        size += (
            len(message) if isinstance(message, bytes) else len(message.content) if isinstance(message, Copy) else 500
        )
        if len(batch) >= BATCH or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


# ---- what is said


def _print_receipt(name: str, receipt: Receipt, output_format: str, number: int) -> None:
    if output_format == "json":
        output.json_line(
            {"submission_id": receipt.submission_id, "key": receipt.key, "status": receipt.status, "name": name}
        )
    elif number <= _SHOWN:
        output.say(f"{output.word(receipt.status)} submission {receipt.submission_id}  {name}")
    elif number == _SHOWN + 1:
        output.say("…")


def _print_counts(counts: Counter[str], output_format: str) -> None:
    if output_format == "text" and counts.total() > 1:
        output.say(", ".join(f"{n:,} {status}" for status, n in sorted(counts.items())), err=True)


def _wait(
    desk: Desk,
    receipts: dict[int, list[tuple[str, Receipt]]],
    timeout: float | None,
    output_format: str,
    problems: _Problems,
) -> None:
    """Say what became of everything that was handed in; what came twice is said twice."""
    expected = [receipt for found in receipts.values() for _, receipt in found if receipt.status != "refused"]
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        bar = None
        if sys.stderr.isatty() and output_format == "text" and len(expected) > 1:
            bar = stack.enter_context(click.progressbar(length=len(expected), label="filing", file=sys.stderr))
        seen: set[int | None] = set()
        for item in desk.outcomes(expected, timeout_seconds=timeout):
            handed_in = receipts[item.submission_id or 0]
            for name, receipt in handed_in:
                outcome = "repeated" if receipt.status == "repeated" and item.outcome != "rejected" else item.outcome
                counts[outcome] += 1
                if outcome == "rejected":
                    problems.say(f"{name}: {item.reason}")
                _print_outcome(name, outcome, item, output_format, len(expected))
            if bar is not None and item.submission_id not in seen:
                bar.update(len(handed_in))
            seen.add(item.submission_id)
    if output_format == "text" and len(expected) > 1:
        output.say(", ".join(f"{counts[name]:,} {name}" for name in ("created", "revised", "repeated", "rejected")))


def _print_outcome(name: str, outcome: str, item: ItemOutcome, output_format: str, expected: int) -> None:
    if output_format == "json":
        output.json_line(
            {
                "name": name,
                "submission_id": item.submission_id,
                "key": item.key,
                "outcome": outcome,
                "reason": item.reason,
                "article_id": item.article_id,
                "revision_no": item.revision_no,
                "headline": item.headline,
            }
        )
    elif expected <= _SHOWN and outcome != "rejected":
        output.say(
            f"{output.word(outcome)} article {item.article_id} revision {item.revision_no}  {item.headline or name}"
        )
