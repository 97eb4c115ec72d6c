"""`wiredesk replay`: stored documents, read again with today's code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import click

from wiredesk.worker import db
from wiredesk.worker.cli import output
from wiredesk.worker.cli.diff import show_edits
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import UsageError
from wiredesk.worker.filing.replay import Difference, Replayer
from wiredesk.worker.news.compare import changes
from wiredesk.worker.settings import load
from wiredesk.worker.store import inbox

_TEXTS = ("headline", "body_text")
_SHOWN_CHARACTERS = 120


@click.command()
@click.option("--document", "documents", type=int, multiple=True, metavar="N", help="This document; may be repeated.")
@click.option("--article", "article", type=int, metavar="N", help="The documents that an article was read from.")
@click.option("--rejected", is_flag=True, help="Every document with a rejected item.")
@click.option("--all", "everything", is_flag=True, help="Every stored document.")
@click.option("--dry-run", is_flag=True, help="Show the differences and store nothing.")
@output.FORMAT
def replay(
    documents: tuple[int, ...], article: int | None, rejected: bool, everything: bool, dry_run: bool, output_format: str
) -> None:
    """Read stored documents again with today's code.

    Where the current revision of an article reads otherwise, it gets a revision `reread`, which is no publisher's edit;
    a rejected item is tried again; what can't be read today stays as it was filed, and so does a document that kills
    the process that reads it. No page is fetched: where one could not be had, hand in its URL again. Doing it twice
    changes nothing more.
    """
    if sum((bool(documents), article is not None, rejected, everything)) != 1:
        raise click.UsageError("say which documents: one of --document, --article, --rejected, --all")
    settings = load()
    counts: Counter[str] = Counter()
    with db.alone(settings.require_database()) as connection:
        wanted = _wanted(connection, documents, article)
        with Replayer(settings, dry_run=dry_run) as replayer:
            for ids in _batches(connection, wanted, rejected=rejected, size=settings.ingest_batch):
                counts["documents"] += len(ids)
                for difference in replayer.replay(ids):
                    counts[difference.what] += 1
                    _print(difference, output_format)
        unread = inbox.without_content(connection) if rejected or everything else 0
    if output_format == "text":
        _sum_up(counts, unread, dry_run=dry_run)


def _wanted(connection: Connection, documents: tuple[int, ...], article: int | None) -> list[int] | None:
    """The documents that were asked for; None: any."""
    if article is not None:
        ids = inbox.documents_of_article(connection, article)
        if not ids:
            raise UsageError(f"there is no article {article}")
        return ids
    if not documents:
        return None
    ids = inbox.documents_to_replay(connection, after=0, limit=len(documents), rejected=False, document_ids=documents)
    if missing := sorted(set(documents) - set(ids)):
        raise UsageError(_why_not(connection, missing[0]))
    return ids


def _why_not(connection: Connection, document_id: int) -> str:
    """Why a document can't be read again, and what to do."""
    found = inbox.document(connection, document_id)
    if found is None:
        return f"there is no document {document_id}"
    if found.state != "done":
        return f"document {document_id} waits to be read for the first time"
    if found.refused:
        return f"document {document_id} is a message that was refused: hand it in again ({found.reason})"
    return f"document {document_id} has no content: hand in its URL again (wiredesk submit {found.url}; {found.reason})"


def _batches(connection: Connection, wanted: Iterable[int] | None, *, rejected: bool, size: int) -> Iterator[list[int]]:
    after = 0
    while ids := inbox.documents_to_replay(connection, after=after, limit=size, rejected=rejected, document_ids=wanted):
        yield ids
        after = ids[-1]


def _sum_up(counts: Counter[str], unread: int, *, dry_run: bool) -> None:
    read = counts["documents"] - counts["poison"] - counts["past"]
    said = ", ".join(f"{counts[what]:,} {what}" for what in ("reread", "filed", "known", "rejected", "lost"))
    output.say(f"{read:,} documents read{' (dry run, nothing stored)' if dry_run else ''}: {said}")
    if counts["poison"]:
        output.say(f"{counts['poison']:,} left as they were: reading them killed the process")
    if counts["past"]:
        output.say(
            f"{counts['past']:,} left as they were: outcomes are kept for a time (outcome_months), theirs are past it"
        )
    if unread:
        output.say(
            f"{unread:,} rejected pages could not be had and have no content: hand in their URLs again "
            "(wiredesk submit URL; wire_v1.outcomes names them)"
        )


def _print(difference: Difference, output_format: str) -> None:
    if output_format == "json":
        fields = {name: {"filed": old, "read": new} for name, (old, new) in (difference.fields or {}).items()}
        output.json_line(
            {
                "document_id": difference.document_id,
                "item_no": difference.item_no,
                "what": difference.what,
                "article_id": difference.article_id,
                "revision_no": difference.revision_no,
                "headline": difference.headline,
                "reason": difference.reason,
                "fields": fields,
            }
        )
        return
    if difference.what == "past":
        return  # only counted: nothing is known of any
    article = f"  article {difference.article_id}" if difference.article_id else ""
    revision = f" revision {difference.revision_no}" if difference.revision_no else ""
    output.say(
        f"{output.word(difference.what)} document {difference.document_id} item {difference.item_no}{article}{revision}"
        f"  {difference.reason or difference.headline or ''}"
    )
    for name, (old, new) in (difference.fields or {}).items():
        if name in _TEXTS:
            output.say(f"  {name}:")
            show_edits(changes.diff(old or "", new or ""))
        else:
            output.say(f"  {name}: {_short(old)} → {_short(new)}")


def _short(value: Any) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]} …"
