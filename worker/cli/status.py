"""`wiredesk status`: the outcome of a submission or an address, with its reason; without an argument, totals."""

from __future__ import annotations

from datetime import UTC, datetime

import click
import msgspec

from wiredesk.worker import db
from wiredesk.worker.cli import output
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import UsageError
from wiredesk.worker.news.compare.identity import address_keys
from wiredesk.worker.news.values import urls
from wiredesk.worker.safe_text import mask_secrets
from wiredesk.worker.settings import load
from wiredesk.worker.store import articles, feeds, reading
from wiredesk.worker.store.records import ItemOutcome, SubmissionStatus, WaitingDocument
from wiredesk.worker.upkeep import feed_words


@click.command()
@click.argument("what", required=False, metavar="[SUBMISSION|KEY|URL]")
@output.FORMAT
def status(what: str | None, output_format: str) -> None:
    """Show the outcome of a submission (by number or key) or of an address, and the reason."""
    with db.alone(load().require_database()) as connection:
        if what is None:
            _totals(connection, output_format)
        elif what.startswith(("http://", "https://")):
            _address(connection, what, output_format)
        else:
            _submission(connection, what, output_format)


def _totals(connection: Connection, output_format: str) -> None:
    totals = reading.totals(connection)
    if output_format == "json":
        output.json_line(totals)
        return
    for name, number in msgspec.structs.asdict(totals).items():
        output.say(f"{name:<10} {number:>12,}")


def _submission(connection: Connection, what: str, output_format: str) -> None:
    ids = [int(what)] if what.isdecimal() and len(what) < 19 else []
    found = reading.submissions(connection, submission_ids=ids, key=what)
    if not found:
        raise UsageError(f"no submission has the number or key {what!r}")
    outcomes = reading.outcomes_of_submissions(connection, [row.submission_id for row in found])
    for row in found:
        mine = [o for o in outcomes if o.submission_id == row.submission_id]
        if output_format == "json":
            output.json_line(msgspec.structs.asdict(row) | {"outcomes": mine})
            continue
        key = f" key {row.key}" + (f" (version {row.version})" if row.version > 1 else "") if row.key else ""
        times = f", handed in {row.times} times" if row.times > 1 else ""
        output.say(
            f"submission {row.submission_id}{key} by {row.channel} at {row.received_at:%Y-%m-%d %H:%M:%S}{times}"
        )
        if row.state == "waiting":
            output.say(f"  {_waiting(row)}")
        _show(connection, mine)


def _address(connection: Connection, url: str, output_format: str) -> None:
    ids = articles.articles_by_alias(connection, address_keys(url))
    spellings = list(dict.fromkeys(filter(None, (url, urls.canonical_url(url), mask_secrets(url)))))
    rejected = reading.outcomes_of_url(connection, spellings)
    waiting = reading.waiting_of_url(connection, spellings)
    of_feed = feeds.find(connection, urls=spellings)
    if output_format == "json":
        found = reading.articles_by_id(connection, ids.values())
        told = [feed_words.for_machines(feed, datetime.now(UTC)) for feed in of_feed]
        output.json_line({"url": url, "articles": found, "rejected": rejected, "waiting": waiting, "feeds": told})
        return
    if not (ids or rejected or waiting or of_feed):
        raise UsageError(f"nothing is known of {url}: no article, no rejection, no document that waits, no feed")
    for feed in of_feed:
        for line in feed_words.explain(feed, feeds.last_fetches(connection, feed.feed_id, limit=5), datetime.now(UTC)):
            output.say(line)
    for row in waiting:
        output.say(f"document {row.document_id} {_waiting(row)}")
    for article_id in sorted(set(ids.values())):
        _show(connection, reading.outcomes_of_article(connection, article_id))
    _show(connection, rejected)


def _waiting(row: SubmissionStatus | WaitingDocument) -> str:
    why = f", last: {row.reason}" if row.reason else ""
    return f"waits to be {'fetched' if row.needs == 'fetch' else 'read'}, {row.attempts} attempts{why}"


def _show(connection: Connection, outcomes: list[ItemOutcome]) -> None:
    known = {
        row.article_id: row
        for row in reading.articles_by_id(connection, {o.article_id for o in outcomes if o.article_id is not None})
    }
    for outcome in outcomes:
        if outcome.outcome == "rejected":
            output.say(f"  {output.word('rejected')} {outcome.reason}")
            continue
        output.say(
            f"  {output.word(outcome.outcome)} article {outcome.article_id} revision {outcome.revision_no}"
            f" at {outcome.received_at:%Y-%m-%d %H:%M:%S}  {outcome.headline or ''}"
        )
    for row in known.values():
        output.say(
            f"  article {row.article_id}: {row.source}, {row.word_count:,} words, "
            f"{row.revision_no} revision{'s' if row.revision_no > 1 else ''}, story {row.story_id}"
            + (f", {row.canonical_url}" if row.canonical_url else "")
        )
