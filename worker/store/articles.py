"""Articles, their aliases, revisions and parts, and where they were seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg.rows import class_row

from wiredesk import schema
from wiredesk.worker.db import Connection
from wiredesk.worker.store.records import (
    AliasMoveRow,
    AliasRow,
    ArticleRow,
    ArticleSeenRow,
    AuthorRow,
    ChangeRow,
    MediaRow,
    MentionRow,
    OutcomeRow,
    QuoteRow,
    RevisionRow,
    SightingRow,
    SourceRow,
    SubjectRow,
    TagRow,
)
from wiredesk.worker.store.rows import Rows, as_json

_SQL = schema.queries("articles")


class SightingKey(NamedTuple):
    """The channel in which an article was seen: a feed, or a submission."""

    article_id: int
    feed_id: int | None
    submission_id: int | None


@dataclass(frozen=True, slots=True)
class HeldAlias:
    """A claimed alias, with the article that holds it."""

    alias_key: UUID
    article_id: int
    kind: str


@dataclass(frozen=True, slots=True)
class CurrentArticle:
    """A filed article as it stands. `source` is its publisher's slug; `observed_at` and the rest are its revision's."""

    article_id: int
    story_id: int
    source: str
    revision_no: int
    meaning_sha256: bytes
    observed_at: datetime
    flags: list[str]
    provider_id: str | None
    provider_version: str | None
    modified_at: datetime | None
    release_at: datetime | None


@dataclass(frozen=True, slots=True)
class CurrentText:
    """The text of an article's current revision."""

    article_id: int
    headline: str | None
    description: str | None
    body_text: str


@dataclass(frozen=True, slots=True)
class PastMeaning:
    """The meaning hash of one revision, and when it was observed."""

    article_id: int
    meaning_sha256: bytes
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """The meaning hash of the text that a channel showed last of an article."""

    article_id: int
    feed_id: int | None
    submission_id: int | None
    meaning_sha256: bytes


def sources(connection: Connection, names: Mapping[str, str]) -> dict[str, int]:
    """Source ids by slug for `{slug: name}`; run outside the filing transaction, which would keep new slugs locked."""
    ids: dict[str, int] = {}
    while missing := [SourceRow(slug=slug, name=name) for slug, name in names.items() if slug not in ids]:
        # A slug that another worker added at the same instant is in neither half of the answer: ask again.
        ids.update(connection.execute(_SQL["sources"], {"rows": as_json(missing)}).fetchall())
    return ids


def articles_by_alias(connection: Connection, alias_keys: Iterable[UUID]) -> dict[UUID, int]:
    """The article of each alias key that is claimed."""
    return {alias.alias_key: alias.article_id for alias in held_aliases(connection, alias_keys)}


def held_aliases(connection: Connection, alias_keys: Iterable[UUID]) -> list[HeldAlias]:
    """Which of these alias keys are claimed."""
    keys = list(alias_keys)
    if not keys:
        return []
    with connection.cursor(row_factory=class_row(HeldAlias)) as cursor:
        return cursor.execute(_SQL["held_aliases"], {"alias_keys": keys}).fetchall()


def current_articles(connection: Connection, article_ids: Iterable[int]) -> list[CurrentArticle]:
    """Articles as they stand, without a lock."""
    with connection.cursor(row_factory=class_row(CurrentArticle)) as cursor:
        return cursor.execute(_SQL["current_articles"], {"article_ids": list(article_ids)}).fetchall()


def lock_articles(connection: Connection, article_ids: Iterable[int]) -> dict[int, int]:
    """Lock articles in the order of their ids until the transaction ends; their revision numbers, by article."""
    return dict(connection.execute(_SQL["lock_articles"], {"article_ids": list(article_ids)}).fetchall())


def current_texts(connection: Connection, article_ids: Iterable[int]) -> list[CurrentText]:
    """The texts of current revisions."""
    with connection.cursor(row_factory=class_row(CurrentText)) as cursor:
        return cursor.execute(_SQL["current_texts"], {"article_ids": list(article_ids)}).fetchall()


def past_meanings(connection: Connection, article_ids: Iterable[int]) -> list[PastMeaning]:
    """The meaning hashes of the latest 20 revisions of each article."""
    with connection.cursor(row_factory=class_row(PastMeaning)) as cursor:
        return cursor.execute(_SQL["past_meanings"], {"article_ids": list(article_ids)}).fetchall()


def shown_last(
    connection: Connection, article_ids: Iterable[int], *, feed_ids: Iterable[int], submission_ids: Iterable[int]
) -> list[Shown]:
    """The meaning hash that each of these feeds and submissions showed last of each article."""
    parameters = {
        "article_ids": list(article_ids),
        "feed_ids": list(feed_ids),
        "submission_ids": list(submission_ids),
    }
    with connection.cursor(row_factory=class_row(Shown)) as cursor:
        return cursor.execute(_SQL["shown_last"], parameters).fetchall()


def add_aliases(connection: Connection, rows: Sequence[AliasRow]) -> set[UUID]:
    """Claim aliases; returns those that this transaction holds. Waits for a transaction that claims the same ones."""
    if not rows:
        return set()
    return {key for (key,) in connection.execute(_SQL["add_aliases"], {"rows": as_json(rows)})}


def move_aliases(connection: Connection, rows: Sequence[AliasMoveRow]) -> None:
    """Give aliases to other articles. Lock the articles that hold them first."""
    _put(connection, "move_aliases", rows)


def add_articles(connection: Connection, rows: Sequence[ArticleRow]) -> None:
    _put(connection, "add_articles", rows)


def update_articles(connection: Connection, rows: Sequence[ArticleSeenRow]) -> None:
    _put(connection, "update_articles", rows)


def add_revisions(connection: Connection, rows: Sequence[RevisionRow]) -> None:
    _put(connection, "add_revisions", rows)


def add_authors(connection: Connection, rows: Sequence[AuthorRow]) -> None:
    _put(connection, "add_authors", rows)


def add_tags(connection: Connection, rows: Sequence[TagRow]) -> None:
    _put(connection, "add_tags", rows)


def add_subjects(connection: Connection, rows: Sequence[SubjectRow]) -> None:
    _put(connection, "add_subjects", rows)


def add_media(connection: Connection, rows: Sequence[MediaRow]) -> None:
    _put(connection, "add_media", rows)


def add_quotes(connection: Connection, rows: Sequence[QuoteRow]) -> None:
    _put(connection, "add_quotes", rows)


def add_mentions(connection: Connection, rows: Sequence[MentionRow]) -> None:
    _put(connection, "add_mentions", rows)


def add_sightings(connection: Connection, rows: Sequence[SightingRow]) -> None:
    _put(connection, "add_sightings", rows)


def add_outcomes(connection: Connection, rows: Sequence[OutcomeRow]) -> None:
    _put(connection, "add_outcomes", rows)


def amend_outcomes(connection: Connection, rows: Sequence[OutcomeRow]) -> None:
    """Store the outcomes of a replay: they replace rejections and no other outcome."""
    _put(connection, "amend_outcomes", rows)


def release_articles(connection: Connection, *, limit: int) -> None:
    """End the embargoes that are over, each with one change `released`."""
    connection.execute(_SQL["release_articles"], {"limit": limit})


def add_changes(connection: Connection, rows: Sequence[ChangeRow]) -> None:
    _put(connection, "add_changes", rows)


def _put(connection: Connection, query: str, rows: Rows) -> None:
    if rows:
        connection.execute(_SQL[query], {"rows": as_json(rows)})
