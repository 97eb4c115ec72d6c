"""Articles, their revisions and everything that is filed with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from wiredesk import schema
from wiredesk.worker.db import Connection
from wiredesk.worker.store.records import OutcomeRow
from wiredesk.worker.store.rows import Rows, as_json

_SQL = schema.queries("articles")

# Where an article was seen: (article_id, feed_id, submission_id), one of the last two null.
Place = tuple[int, int | None, int | None]
Sequenced = Literal["wiredesk.article_id_seq", "wiredesk.document_id_seq", "wiredesk.submission_id_seq"]


def sources(connection: Connection, names: Mapping[str, str]) -> dict[str, int]:
    """Source ids by slug for `{slug: name}`; run outside the filing transaction, so that no one waits for a slug."""
    ids: dict[str, int] = {}
    while missing := [{"slug": slug, "name": name} for slug, name in names.items() if slug not in ids]:
        # A slug that another worker added at the same instant is in neither half of the answer: ask again.
        ids.update(connection.execute(_SQL["sources"], {"rows": as_json(missing)}).fetchall())
    return ids


def reserve_ids(connection: Connection, sequence: Sequenced, count: int) -> list[int]:
    if not count:
        return []
    return [n for (n,) in connection.execute(_SQL["reserve_ids"], {"sequence": sequence, "count": count})]


def same_again(connection: Connection, named: Sequence[tuple[UUID, bytes]]) -> set[UUID]:
    """The names, of pairs of name and meaning, that lead to an article whose current text means the same."""
    if not named:
        return set()
    parameters = {"alias_keys": [key for key, _ in named], "meanings": [meaning for _, meaning in named]}
    return {key for (key,) in connection.execute(_SQL["same_again"], parameters)}


def articles_by_alias(connection: Connection, alias_keys: Iterable[UUID]) -> dict[UUID, int]:
    return dict(connection.execute(_SQL["articles_by_alias"], {"alias_keys": list(alias_keys)}).fetchall())


def hold_articles(connection: Connection, article_ids: Iterable[int]) -> list[tuple[int, int, int, bytes]]:
    """(article_id, story_id, revision_no, meaning_sha256) of each, locked until the transaction ends."""
    return connection.execute(_SQL["hold_articles"], {"article_ids": list(article_ids)}).fetchall()


def current_texts(connection: Connection, article_ids: Iterable[int]) -> dict[int, tuple[str | None, str, list[str]]]:
    """Headline, body text and flags of current revisions, by article."""
    rows = connection.execute(_SQL["current_texts"], {"article_ids": list(article_ids)}).fetchall()
    return {article_id: (headline, body_text, flags) for article_id, headline, body_text, flags in rows}


def recent_meanings(connection: Connection, article_ids: Iterable[int]) -> list[tuple[int, bytes, datetime]]:
    """(article_id, meaning_sha256, observed_at) of the latest revisions of each."""
    return connection.execute(_SQL["recent_meanings"], {"article_ids": list(article_ids)}).fetchall()


def shown_before(
    connection: Connection, article_ids: Iterable[int], *, feed_ids: Iterable[int], submission_ids: Iterable[int]
) -> dict[Place, bytes]:
    """The meaning that each of these feeds and submissions showed last of each article."""
    parameters = {
        "article_ids": list(article_ids),
        "feed_ids": list(feed_ids),
        "submission_ids": list(submission_ids),
    }
    found = connection.execute(_SQL["shown_before"], parameters)
    return {(article, feed, submission): meaning for article, feed, submission, meaning in found}


def add_aliases(connection: Connection, rows: Rows) -> set[UUID]:
    """Claim names; the answer holds those that are ours now. Waits for a transaction that is claiming the same ones."""
    if not rows:
        return set()
    return {key for (key,) in connection.execute(_SQL["add_aliases"], {"rows": as_json(rows)})}


def add_articles(connection: Connection, rows: Rows) -> None:
    _put(connection, "add_articles", rows)


def move_articles(connection: Connection, rows: Rows) -> None:
    _put(connection, "move_articles", rows)


def add_stories(connection: Connection, rows: Rows) -> None:
    _put(connection, "add_stories", rows)


def join_stories(connection: Connection, rows: Rows) -> None:
    """Count new articles into stories: story_id, count, and the seen_at and article_id of the first one seen."""
    _put(connection, "join_stories", rows)


def add_revisions(connection: Connection, rows: Rows) -> None:
    _put(connection, "add_revisions", rows)


def add_authors(connection: Connection, rows: Rows) -> None:
    _put(connection, "add_authors", rows)


def add_tags(connection: Connection, rows: Rows) -> None:
    _put(connection, "add_tags", rows)


def add_media(connection: Connection, rows: Rows) -> None:
    _put(connection, "add_media", rows)


def add_quotes(connection: Connection, rows: Rows) -> None:
    _put(connection, "add_quotes", rows)


def add_mentions(connection: Connection, rows: Rows) -> None:
    _put(connection, "add_mentions", rows)


def add_sightings(connection: Connection, rows: Rows) -> None:
    _put(connection, "add_sightings", rows)


def add_outcomes(connection: Connection, rows: Sequence[OutcomeRow]) -> None:
    _put(connection, "add_outcomes", rows)


def amend_outcomes(connection: Connection, rows: Sequence[OutcomeRow]) -> None:
    """Outcomes of a replay: they replace rejections and nothing else."""
    _put(connection, "amend_outcomes", rows)


def add_changes(connection: Connection, rows: Rows) -> None:
    _put(connection, "add_changes", rows)


def _put(connection: Connection, query: str, rows: Rows) -> None:
    if rows:
        connection.execute(_SQL[query], {"rows": as_json(rows)})
