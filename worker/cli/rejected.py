"""`wiredesk rejected`: what was refused, why, and another try."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from wiredesk.worker import db
from wiredesk.worker.cli import moments, output
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import UsageError
from wiredesk.worker.settings import load
from wiredesk.worker.store import rejections as store
from wiredesk.worker.store.records import Rejection
from wiredesk.worker.store.rejections import Filter

if TYPE_CHECKING:
    from wiredesk.worker.upkeep.rejections import Retried

_SHOWN_CHARACTERS = 2_000
_MOST = 100_000


def _filters(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that choose rejections."""
    for option in (
        click.option("--until", metavar="WHEN", help="Rejected up to then."),
        click.option("--since", metavar="WHEN", help="Rejected from then on: 2h, yesterday, 12:50, a date."),
        click.option("--source", metavar="TEXT", default="", help="From a source or feed whose name holds this."),
        click.option("--reason", metavar="CODE|TEXT", default="", help="With this code, or with this in the words."),
    ):
        command = option(command)
    return command


@click.group()
def rejected() -> None:
    """List, show, retry and discard rejected items. docs/contract.md lists the reasons."""


@rejected.command("list")
@_filters
@click.option("--all", "with_closed", is_flag=True, help="Include items that were discarded or filed since.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Rejections that are shown.")
@output.FORMAT
def list_(with_closed: bool, limit: int, output_format: str, **texts: str) -> None:
    """List rejected items, the latest first."""
    wanted = _wanted((), texts, with_closed=with_closed)
    with db.alone(load().require_database()) as connection:
        found = store.rejections(connection, wanted, limit=limit + 1)
    for one in found[:limit]:
        if output_format == "json":
            output.json_line(one)
        else:
            output.say(_line(one))
    if output_format == "text" and not found:
        output.say("nothing rejected that is open" if not with_closed else "nothing was rejected")
    if output_format == "text" and len(found) > limit:
        output.say(f"and more: --limit {limit * 10} shows them")


@rejected.command()
@click.argument("document_id", metavar="DOCUMENT", type=click.IntRange(min=1))
@output.FORMAT
def show(document_id: int, output_format: str) -> None:
    """Show the rejected items of a document, its submitter's fields, and the start of its content."""
    with db.alone(load().require_database()) as connection:
        found = _of_document(connection, document_id)
        content = store.rejected_content(connection, document_id)
    assert content is not None
    start = (content.content or b"")[:_SHOWN_CHARACTERS].decode("utf-8", "replace")
    if output_format == "json":
        output.json_line({"items": found, "known": content.known, "content_start": start})
        return
    for one in found:
        output.say(_line(one))
        output.say(f"  {_what_to_do(one)}")
    for name, value in content.known.items():
        output.say(f"  {name:<12} {value}")
    if content.content is None:
        output.say("  no content: the page could not be had")
        return
    output.say(f"  content      {len(content.content):,} bytes {content.media_type or ''}".rstrip())
    output.say()
    output.say_block(start)
    if len(content.content) > _SHOWN_CHARACTERS:
        output.say("…")


@rejected.command()
@click.argument("document_ids", metavar="[DOCUMENT]...", type=click.IntRange(min=1), nargs=-1)
@_filters
@output.FORMAT
def retry(document_ids: tuple[int, ...], output_format: str, **texts: str) -> None:
    """Try rejected items again with today's code.

    A document is read again, and what is filed takes the place of the rejection. A refused message, and a page that
    could not be had, is handed in again: the rejection then names that submission, and is closed when it is filed.
    """
    from wiredesk.worker.upkeep import rejections  # the readers of documents

    settings = load()
    counts: Counter[str] = Counter()
    filed: set[int] = set()
    with db.alone(settings.require_database()) as connection:
        found = _chosen(connection, document_ids, texts)
        for one in rejections.retry(connection, settings, found, channel="cli"):
            if one.what in rejections.CLOSING:
                filed.add(one.document_id)
            elif one.what in ("handed in again", "still rejected"):
                counts[one.what] += 1
            _tell(one, output_format)
    counts["filed"] = len(filed)
    if output_format == "text":
        output.say(", ".join(f"{number:,} {what}" for what, number in counts.items() if number) or "nothing to retry")
    if counts["still rejected"]:
        sys.exit(1)


@rejected.command()
@click.argument("document_ids", metavar="[DOCUMENT]...", type=click.IntRange(min=1), nargs=-1)
@_filters
def discard(document_ids: tuple[int, ...], **texts: str) -> None:
    """Close rejected items without filing them. Their outcomes stay, and `rejected list --all` shows them."""
    with db.alone(load().require_database()) as connection:
        found = _chosen(connection, document_ids, texts)
        number = store.discard_rejections(connection, {one.document_id for one in found})
    output.say(f"{number:,} rejected items discarded")


def _wanted(document_ids: Sequence[int], texts: dict[str, str], *, with_closed: bool = False) -> Filter:
    return Filter(
        document_ids=document_ids,
        reason=texts["reason"],
        source=texts["source"],
        since=moments.option(texts["since"], "--since"),
        until=moments.option(texts["until"], "--until"),
        with_closed=with_closed,
    )


def _chosen(connection: Connection, document_ids: Sequence[int], texts: dict[str, str]) -> list[Rejection]:
    if not document_ids and not any(texts.values()):
        raise click.UsageError("say which: documents, or --reason, --source, --since, --until")
    found = store.rejections(connection, _wanted(document_ids, texts), limit=_MOST)
    for document_id in document_ids:
        if all(one.document_id != document_id for one in found):
            raise UsageError(f"document {document_id} has no rejected item that is open: see `wiredesk rejected list`")
    return found


def _of_document(connection: Connection, document_id: int) -> list[Rejection]:
    found = store.rejections(connection, Filter(document_ids=[document_id], with_closed=True), limit=_MOST)
    if not found:
        raise UsageError(f"document {document_id} has no rejected item: see `wiredesk rejected list`")
    return found


def _line(one: Rejection) -> str:
    item = f"/{one.item_no}" if one.item_no else ""
    where = one.headline or one.url or (f"key {one.key}" if one.key else "")
    who = one.feed_title or one.source
    state = "  discarded" if one.discarded_at else f"  retried as submission {one.retried_by}" if one.retried_by else ""
    return "  ".join(
        part
        for part in (
            f"{output.styled(f'{one.document_id}{item}'.ljust(8), 'red')} {one.decided_at:%Y-%m-%d %H:%M:%S}",
            one.reason,
            who,
            where,
            state.strip(),
        )
        if part
    )


def _what_to_do(one: Rejection) -> str:
    if one.discarded_at:
        return f"discarded at {one.discarded_at:%Y-%m-%d %H:%M:%S}"
    if one.is_refused:
        return f"a refused message: mend its sender, or `wiredesk rejected retry {one.document_id}` hands it in again"
    if not one.has_content:
        return f"`wiredesk rejected retry {one.document_id}` fetches its address again"
    return f"`wiredesk rejected retry {one.document_id}` reads it again"


def _tell(one: Retried, output_format: str) -> None:
    if output_format == "json":
        output.json_line(one)
        return
    article = f"article {one.article_id}  " if one.article_id else ""
    output.say(f"document {one.document_id}  {one.what}  {article}{one.reason or one.headline or ''}")
