"""`wiredesk parse`: what would be filed, without any server."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from wiredesk.worker.cli import output
from wiredesk.worker.errors import Rejected
from wiredesk.worker.filing.deadline import cpu_limit
from wiredesk.worker.news import submission as contract
from wiredesk.worker.news.formats.table import media_type_by_name
from wiredesk.worker.news.model import Draft, Known
from wiredesk.worker.news.read import NOT_MARKED_UP, Document, internal, mark_up, read_document
from wiredesk.worker.news.record import record, rejection
from wiredesk.worker.settings import Settings, load

_SHOWN = (
    "headline source byline published_at published_precision published_source modified_at language canonical_url "
    "agency section word_count"
).split()


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, allow_dash=True), metavar="[FILE|-]...")
@click.option("--jsonl", is_flag=True, help="Each line is a submit_article.v1 message; prints a record a line.")
@click.option("--media-type", metavar="TYPE", help="Media type of the files. Default: by name, else sniffed.")
@click.option("--url", metavar="URL", help="Where the document was published.")
@click.option(
    "--received-at", metavar="TIME", help="When it was received; resolves dates without a year. Default: now."
)
@click.option("--explain", is_flag=True, help="Show all values found for each field, with their sources.")
@output.FORMAT
def parse(
    files: tuple[Path, ...],
    jsonl: bool,
    media_type: str | None,
    url: str | None,
    received_at: str | None,
    explain: bool,
    output_format: str,
) -> None:
    """Print the records that would be filed. Needs no server, database or network."""
    settings = load({})
    now = datetime.now(UTC)
    fields = {k: v for k, v in (("media_type", media_type), ("url", url), ("received_at", received_at)) if v}
    rejected = 0
    for path in files or (Path("-"),):
        try:
            stream = sys.stdin.buffer if str(path) == "-" else path.open("rb")
        except OSError as error:
            output.complain(f"{path}: {(error.strerror or '').lower()}")
            rejected += 1
            continue
        with stream:
            if jsonl:
                for line in stream:
                    if line.strip():
                        rejected += _print(_read_message(line, settings, now, explain), as_json=True)
                continue
            try:
                content = stream.read(settings.max_document_bytes + 1)
            except OSError as error:
                output.complain(f"{path}: {(error.strerror or '').lower()}")
                rejected += 1
                continue
            by_name = media_type_by_name(path.name, content)
            declared = {"media_type": by_name} if by_name else {}
            lines = _read_file(content, declared | fields, settings, now, explain)
            rejected += _print(lines, as_json=output_format == "json")
    if rejected and not jsonl:
        sys.exit(1)


def _read_message(line: bytes, settings: Settings, now: datetime, explain: bool) -> list[dict[str, Any]]:
    key = None
    try:
        message, content = contract.read_submission(line, max_content_bytes=settings.max_submission_bytes)
        key = message.key
        if content is None:
            raise Rejected("no_content", "content: `parse` fetches nothing, so a message with url alone can't be read")
        return _records(message, content, settings, now, explain)
    except Rejected as error:
        return [rejection(key, error)]
    except Exception as error:  # noqa: BLE001  (the next line is read all the same)
        return [rejection(key, internal(error))]


def _read_file(
    content: bytes, fields: dict[str, Any], settings: Settings, now: datetime, explain: bool
) -> list[dict[str, Any]]:
    try:
        message = msgspec.convert(fields, contract.Submission)
        contract.check_content(content, max_content_bytes=settings.max_document_bytes)
        contract.check_fields(message)
        return _records(message, content, settings, now, explain)
    except msgspec.ValidationError as error:
        raise click.UsageError(str(error)) from None
    except Rejected as error:
        return [rejection(None, error)]
    except Exception as error:  # noqa: BLE001  (the next file is read all the same)
        return [rejection(None, internal(error))]


def _records(
    message: contract.Submission, content: bytes, settings: Settings, now: datetime, explain: bool
) -> list[dict[str, Any]]:
    document = Document(
        body=content,
        received_at=contract.received_at(message, now),
        media_type=message.media_type,
        url=message.url,
        known=msgspec.convert(message, Known, from_attributes=True),
        max_entries=settings.max_feed_entries,
    )
    with cpu_limit(settings.parse_seconds):
        read = read_document(document)
    items = [_marked_up(item, settings, document.received_at) if isinstance(item, Draft) else item for item in read]
    if not items:
        raise Rejected("no_items", "the feed has no entries")
    return [
        record(message.key, item, explain=explain) if isinstance(item, Draft) else rejection(message.key, item)
        for item in items
    ]


def _marked_up(draft: Draft, settings: Settings, received_at: datetime) -> Draft:
    """The draft with its marks; as it was read where marking up fails or takes too long."""
    try:
        with cpu_limit(settings.parse_seconds):
            return mark_up(draft, received_at=received_at)
    except Exception:  # noqa: BLE001  (the flag says so)
        return replace(draft, flags=(*draft.flags, NOT_MARKED_UP))


def _print(lines: list[dict[str, Any]], *, as_json: bool) -> int:
    """Print records; how many were rejected."""
    for line in lines:
        if as_json:
            output.json_line(line)
        else:
            _print_for_people(line)
    return sum(line["outcome"] == "rejected" for line in lines)


def _print_for_people(line: dict[str, Any]) -> None:
    if line["outcome"] == "rejected":
        output.complain(f"rejected: {line['reason']}: {line['detail']}")
        return
    for name in _SHOWN:
        if line[name] is not None:
            output.say(f"{output.styled(name.ljust(20), 'cyan')} {' '.join(str(line[name]).split())}")
    if line["dateline"]:
        d = line["dateline"]
        output.say(
            f"{output.styled('dateline'.ljust(20), 'cyan')} {d['text']}  [{d['place']} | {d['date']} | {d['agency']}]"
        )
    for name, item in (("authors", "name"), ("quotes", "text"), ("mentions", "text")):
        for value in line[name]:
            more = (
                f"  ({value['speaker']})"
                if value.get("speaker")
                else f"  ({value['kind']})"
                if name == "mentions"
                else ""
            )
            output.say(f"{output.styled(name.rstrip('s').ljust(20), 'cyan')} {value[item]}{more}")
    for name in ("tags", "flags"):
        if line[name]:
            output.say(f"{output.styled(name.ljust(20), 'cyan')} {', '.join(line[name])}")
    for evidence in line.get("evidence", []):
        mark = output.styled("chosen", "green") if evidence["chosen"] else output.styled("lost  ", "red")
        output.say(f"  {mark} {evidence['field']}: {evidence['value'][:100]!r} from {evidence['source']}")
    output.say()
    output.say_block(line["body_text"])
    output.say()
