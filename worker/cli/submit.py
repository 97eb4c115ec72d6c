"""`wiredesk submit`: hand in files, folders, standard input, URLs or JSON Lines."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import Any, cast, get_args

import click

from wiredesk.worker.cli import output
from wiredesk.worker.errors import Rejected
from wiredesk.worker.inbox.client import Desk
from wiredesk.worker.inbox.intake import FileMessage, Message, Receipt, in_transactions, of_part
from wiredesk.worker.news.formats import table as formats
from wiredesk.worker.news.formats.given import Part
from wiredesk.worker.news.submission import BY_SUFFIX, MediaType, Submission
from wiredesk.worker.settings import load
from wiredesk.worker.store.records import ItemOutcome

# Names of documents in a folder; other files in it are left alone.
_ENDINGS = (
    *BY_SUFFIX,
    *".xml .rss .atom .rdf .json .nitf .ninjs .newsml .jsonld .iptc .anpa .eml .warc .warc.gz .wacz .zip".split(),
)
_SHOWN = 20

Named = tuple[str, Message]


@click.command()
@click.argument("what", nargs=-1, metavar="[FILE|DIR|URL|-]...")
@click.option("--source", metavar="S", help="The publisher: slug or name.")
@click.option("--key", metavar="K", help="Idempotency key of a single document.")
@click.option("--url", metavar="URL", help="Where a single document was published.")
@click.option(
    "--media-type",
    type=click.Choice(get_args(MediaType)),
    help="Media type of the documents. Default: by name, else sniffed.",
)
@click.option("--submitter", metavar="NAME", help="The program or person that submits it.")
@click.option("--jsonl", is_flag=True, help="Each line is a submit_article.v1 message.")
@click.option("--wait", is_flag=True, help="Wait until every item has an outcome, and print it.")
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
    """Submit articles. The receipt is printed after they are committed to the inbox: from then on they can't be lost.

    FILE is a document as it is: wire copy, a page, a feed, NewsML, ninjs, mail. Of a WARC, WACZ or ZIP each document in
    it is submitted apart, whatever the size of the file. DIR stands for the documents in it; `-` is standard input;
    with --jsonl each line of them is a message. A URL is fetched. The same source and key twice is one submission.
    """
    if (key or url) and (jsonl or len(what) > 1 or any(Path(name).is_dir() for name in what)):
        raise click.UsageError("--key and --url are for a single document")
    if not what and sys.stdin.isatty():
        raise click.UsageError("nothing to hand in: name a FILE, a DIR or a URL, or - for standard input")
    settings = load()
    fields = {
        name: value.encode("utf-8", "replace").decode()  # arguments may hold bytes that are no text
        for name, value in (("source", source), ("key", key), ("url", url), ("submitter", submitter))
        if value is not None
    }
    batch = _Batch(_Problems(), output_format, wait)
    try:
        with Desk(settings) as desk:
            named = _messages(what or ("-",), fields, media_type, jsonl, settings.max_submission_bytes, batch.problems)
            for some in in_transactions(named, _size):
                batch.note(some, desk.submit([message for _, message in some], channel="cli"))
            _print_counts(batch.counts, output_format)
            if wait:
                _wait(desk, batch, timeout)
    except KeyboardInterrupt:
        if wait:
            batch.print_receipts()
        sys.stdout.flush()
        output.complain("interrupted: what has a receipt is in the inbox; the rest can be handed in again")
        sys.exit(130)
    if batch.problems.count:
        sys.exit(1)


class _Problems:
    """Lines on stderr, and how many there were."""

    def __init__(self) -> None:
        self.count = 0

    def say(self, line: str) -> None:
        self.count += 1
        output.complain(line)


@dataclass(slots=True)
class _Batch:
    """What was handed in. With `wait`, the receipts so far, and the submissions whose outcomes were printed."""

    problems: _Problems
    output_format: str
    wait: bool
    receipts: dict[int, list[tuple[str, Receipt]]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    finished: set[int] = field(default_factory=set)

    def note(self, named: Sequence[Named], receipts: Sequence[Receipt]) -> None:
        for (name, _), receipt in zip(named, receipts, strict=True):
            self.counts[receipt.status] += 1
            if self.wait:
                self.receipts.setdefault(receipt.submission_id, []).append((name, receipt))
            if receipt.status == "refused":
                key = f" (key {receipt.key})" if receipt.key else ""
                self.problems.say(f"{name}: {receipt.reason}{key}")
            if not self.wait:
                _print_receipt(name, receipt, self.output_format, self.counts.total())
            elif receipt.status == "refused":
                _print_refusal(name, receipt, self.output_format)

    def print_receipts(self) -> None:
        """The receipts of submissions without an outcome."""
        left = [pair for n, pairs in self.receipts.items() if n not in self.finished for pair in pairs]
        for number, (name, receipt) in enumerate(left, 1):
            _print_receipt(name, receipt, self.output_format, number)


# ---- reading the arguments


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
        for path in _paths(name, problems):
            try:
                yield from _lines(path, fields) if jsonl else _documents(path, fields, media_type, limit)
            except OSError as error:
                problems.say(f"{_shown(path)}: {(error.strerror or str(error)).lower()}")
            except Rejected as rejected:
                problems.say(f"{_shown(path)}: {rejected}")


def _paths(name: str, problems: _Problems) -> Iterator[Path | None]:
    """The files that an argument stands for; None is standard input. A folder that can't be read is a problem."""
    if name == "-":
        yield None
        return
    path = Path(name)
    if not path.is_dir():
        yield path
        return
    before, found = problems.count, 0

    def say(error: OSError) -> None:
        problems.say(f"{_shown(Path(error.filename))}: {(error.strerror or str(error)).lower()}")

    for folder, folders, files in os.walk(path, onerror=say):
        folders.sort()
        for file in sorted(files):
            if file.lower().endswith(_ENDINGS) and (Path(folder) / file).is_file():
                found += 1
                yield Path(folder) / file
    if not found and problems.count == before:
        problems.say(f"{_shown(path)}: no documents in this folder (names that end in {', '.join(sorted(_ENDINGS))})")


def _shown(path: Path | None) -> str:
    """A name that can be printed: file names are bytes, and not all of them are text."""
    return os.fsencode(path).decode("utf-8", "replace") if path else "standard input"


def _opened(path: Path | None) -> BufferedReader:
    return cast("BufferedReader", sys.stdin.buffer) if path is None else path.open("rb")


def _lines(path: Path | None, fields: dict[str, Any]) -> Iterator[Named]:
    with _opened(path) as stream:
        for number, line in enumerate(stream, 1):
            if line.strip():
                yield f"{_shown(path)}:{number}", _with_fields(line, fields)


def _with_fields(line: bytes, fields: dict[str, Any]) -> Message:
    """A line; fields that it lacks come from the options."""
    if not fields:
        return line
    import msgspec

    try:
        message = msgspec.json.decode(line)
    except (ValueError, RecursionError):
        return line
    return fields | message if isinstance(message, dict) else line


def _documents(path: Path | None, fields: dict[str, Any], media_type: str | None, limit: int) -> Iterator[Named]:
    """The document in a file; of a package each document in it, one at a time."""
    with _opened(path) as stream:
        head = stream.peek(formats.HEAD_BYTES)
        found = formats.format_of(media_type) if media_type else formats.recognise(head)
        if found is not None and found.parts_in is not None and (path is not None or found is formats.WARC):
            if fields.keys() & {"key", "url"}:
                raise click.UsageError("--key and --url are for a single document")
            yield from _parts(found.parts_in(stream, max_bytes=limit), path, fields)
            return
        content = stream.read(limit + 1)
        if len(content) > limit and path is not None:
            size = path.stat().st_size
            raise Rejected("too_large", f"{size:,} bytes, the limit is {limit:,} (max_submission_bytes)")
    declared = media_type or (formats.media_type_by_name(path.name, content) if path else None)
    yield _shown(path), _copy(content, fields | ({"media_type": declared} if declared else {}))


def _parts(parts: Iterator[Part | Rejected], path: Path | None, fields: dict[str, Any]) -> Iterator[Named]:
    given = _copy(b"", fields).fields
    for part in parts:
        name = _shown(path) if isinstance(part, Rejected) else f"{_shown(path)}:{part.name}"
        yield name, of_part(part, given)


def _copy(content: bytes, fields: dict[str, Any]) -> FileMessage:
    import msgspec

    try:
        return FileMessage(msgspec.convert(fields, Submission), content)
    except msgspec.ValidationError as error:
        raise click.UsageError(str(error)) from None


def _size(named: Named) -> int:
    """Bytes of a message that may be a line, a document, or fields without a content."""
    message = named[1]
    if isinstance(message, FileMessage):
        return len(message.content)
    return len(message) if isinstance(message, bytes) else 500


# ---- printing


def _print_receipt(name: str, receipt: Receipt, output_format: str, number: int) -> None:
    if output_format == "json":
        row = {"submission_id": receipt.submission_id, "key": receipt.key, "status": receipt.status, "name": name}
        output.json_line(row | ({"reason": receipt.reason} if receipt.status == "refused" else {}))
    elif receipt.status == "refused":
        return
    elif number <= _SHOWN:
        output.say(f"{output.word(receipt.status)} submission {receipt.submission_id}  {name}")
    elif number == _SHOWN + 1:
        output.say("…")


def _print_counts(counts: Counter[str], output_format: str) -> None:
    if output_format == "text" and counts.total() > 1:
        output.say(", ".join(f"{n:,} {status}" for status, n in sorted(counts.items())), err=True)


def _wait(desk: Desk, batch: _Batch, timeout: float | None) -> None:
    """Print the outcomes of all submissions; a document that was given twice has two lines."""
    expected = [receipt for found in batch.receipts.values() for _, receipt in found if receipt.status != "refused"]
    counts: Counter[str] = Counter()
    is_text = batch.output_format == "text"
    with ExitStack() as stack:
        bar = None
        if sys.stderr.isatty() and is_text and len(expected) > 1:
            bar = stack.enter_context(click.progressbar(length=len(expected), label="filing", file=sys.stderr))
        for item in desk.outcomes(expected, timeout_seconds=timeout):
            submission_id = item.submission_id or 0
            for name, receipt in batch.receipts[submission_id]:
                outcome = "repeated" if receipt.status == "repeated" and item.outcome != "rejected" else item.outcome
                counts[outcome] += 1
                if outcome == "rejected":
                    batch.problems.say(f"{name}: {item.reason}")
                _print_outcome(name, outcome, item, batch.output_format, len(expected))
            if bar is not None and submission_id not in batch.finished:
                bar.update(len(batch.receipts[submission_id]))
            batch.finished.add(submission_id)
    if is_text and len(expected) > 1:
        output.say(", ".join(f"{counts[name]:,} {name}" for name in ("created", "revised", "repeated", "rejected")))


def _print_refusal(name: str, receipt: Receipt, output_format: str) -> None:
    """The outcome of a refused message is known at once."""
    if output_format == "json":
        row = {"name": name, "submission_id": receipt.submission_id, "key": receipt.key, "outcome": "rejected"}
        output.json_line(row | {"reason": receipt.reason, "article_id": None, "revision_no": None, "headline": None})


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
