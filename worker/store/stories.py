"""Stories: their rows, the fingerprints of texts, the story keys by which texts are found, and merges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from wiredesk import schema
from wiredesk.worker.db import Connection
from wiredesk.worker.news.compare.fingerprint import Fingerprint
from wiredesk.worker.store.records import StoryGainRow, StoryRow
from wiredesk.worker.store.rows import as_json

_SQL = schema.queries("stories")

# The first number of our advisory locks on story keys; one below is the lock on all keys, one above the lock on merges.
# Any fixed numbers that no other program uses in this database.
_LOCK_SPACE = 7102
# More key locks would fill PostgreSQL's lock table (64 a connection by default); then all keys are locked as one.
MAX_KEY_LOCKS = 128
# A key is looked up among the 8 newest texts that have it, and a text is compared with 8 others.
PER_KEY = 8
PER_TEXT = 8
# The latest 4 revisions of an article are compared.
PER_ARTICLE = 4


class StoryCandidate(NamedTuple):
    """A stored text that shares keys with the text number `ordinal` of the question."""

    ordinal: int
    article_id: int
    seen_at: datetime
    fingerprint: Fingerprint


class StoredFingerprint(NamedTuple):
    """The fingerprint of one revision."""

    article_id: int
    revision_no: int
    seen_at: datetime
    fingerprint: Fingerprint


def _array(numbers: Iterable[int]) -> str:
    """An array as PostgreSQL reads it: a third of the cost of having psycopg adapt thousands of numbers one by one."""
    return f"{{{','.join(map(str, numbers))}}}"


def lock_keys(connection: Connection, keys: Iterable[int]) -> None:
    """Wait until no other transaction files a text with one of these keys; holds until this transaction ends.

    Call it once in a transaction, and after every other lock that the transaction takes: all transactions take their
    locks in one order. It also sets planner options for the rest of the transaction (`look_ups_only`).
    """
    connection.execute(_SQL["look_ups_only"])
    locks = sorted({(key & 0xFFFFFFFF) - 0x80000000 for key in keys})
    if len(locks) > MAX_KEY_LOCKS:
        connection.execute(_SQL["lock_all_keys"], {"space": _LOCK_SPACE})
    elif locks:
        connection.execute(_SQL["lock_keys"], {"space": _LOCK_SPACE, "locks": _array(locks)})


def lock_for_merging(connection: Connection) -> None:
    """Wait until no other transaction merges stories or joins one; holds until this transaction ends."""
    connection.execute(_SQL["lock_for_merging"], {"space": _LOCK_SPACE})


def lock_against_merging(connection: Connection) -> None:
    """Wait until no transaction merges stories, and let none begin before this one ends."""
    connection.execute(_SQL["lock_against_merging"], {"space": _LOCK_SPACE})


def find_candidates(connection: Connection, texts: Sequence[Fingerprint]) -> list[StoryCandidate]:
    """Stored texts that may be copies of `texts`, the likeliest first: at most `PER_TEXT` for each."""
    keys = _array(key for text in texts for key in text.keys)
    ordinals = _array(ordinal for ordinal, text in enumerate(texts) for _ in text.keys)
    bounds = {"per_key": PER_KEY, "per_text": PER_TEXT, "per_article": PER_ARTICLE}
    rows = connection.execute(_SQL["find_candidates"], {"ordinals": ordinals, "keys": keys, **bounds}, binary=True)
    found = []
    for ordinal, article_id, seen_at, stored in rows:
        text = Fingerprint.from_bytes(stored)
        if text is not None:
            found.append(StoryCandidate(ordinal, article_id, seen_at, text))
    return found


def stories_of(connection: Connection, article_ids: Iterable[int]) -> dict[int, int]:
    """The surviving story of each article that is stored."""
    wanted = list(article_ids)
    return dict(connection.execute(_SQL["stories_of"], {"article_ids": wanted}).fetchall()) if wanted else {}


def add_stories(connection: Connection, rows: Sequence[StoryRow]) -> None:
    if rows:
        connection.execute(_SQL["add_stories"], {"rows": as_json(rows)})


def join_stories(connection: Connection, rows: Sequence[StoryGainRow]) -> None:
    """Count new articles into the stories they joined."""
    if rows:
        connection.execute(_SQL["join_stories"], {"rows": as_json(rows)})


def surviving_stories(connection: Connection, story_ids: Iterable[int]) -> dict[int, int]:
    """The survivor of each story; a story that was never merged is its own."""
    return dict(connection.execute(_SQL["surviving_stories"], {"story_ids": list(story_ids)}).fetchall())


def merge_stories(connection: Connection, survivor: int, story_ids: Iterable[int], observed_at: datetime) -> None:
    """Point stories at the survivor. Call `lock_for_merging` first."""
    parameters = {"survivor": survivor, "story_ids": list(story_ids), "observed_at": observed_at}
    connection.execute(_SQL["merge_stories"], parameters)


def add_fingerprints(connection: Connection, stored: Sequence[StoredFingerprint]) -> None:
    """Store fingerprints and their keys; an existing fingerprint stays as it is."""
    if not stored:
        return
    columns = {
        "article_ids": [p.article_id for p in stored],
        "revision_nos": [p.revision_no for p in stored],
        "seen_ats": [p.seen_at for p in stored],
        "fingerprints": [p.fingerprint.to_bytes() for p in stored],
    }
    connection.execute(_SQL["add_fingerprints"], columns)
    pairs = sorted((key, p.article_id) for p in stored for key in p.fingerprint.keys)
    connection.execute(
        _SQL["add_keys"], {"keys": _array(k for k, _ in pairs), "article_ids": _array(a for _, a in pairs)}
    )


def expire(connection: Connection, before: datetime, count: int) -> int:
    """Delete up to `count` fingerprints seen before a time, with the keys that no later one of the article has.

    Returns how many there were. All keys are locked meanwhile: a filing transaction that finds a key does not add it.
    """
    with connection.transaction():
        connection.execute(_SQL["lock_all_keys"], {"space": _LOCK_SPACE})
        rows = connection.execute(
            _SQL["expired_fingerprints"], {"before": before, "count": count}, binary=True
        ).fetchall()
        if not rows:
            return 0
        article_ids = [article_id for article_id, _, _ in rows]
        connection.execute(
            _SQL["remove_fingerprints"], {"article_ids": article_ids, "revision_nos": [no for _, no, _ in rows]}
        )
        left = connection.execute(_SQL["fingerprints_of"], {"article_ids": article_ids}, binary=True).fetchall()
        pairs = sorted(_pairs((article_id, stored) for article_id, _, stored in rows) - _pairs(left))
        connection.execute(
            _SQL["remove_keys"], {"keys": _array(k for k, _ in pairs), "article_ids": _array(a for _, a in pairs)}
        )
        return len(rows)


def _pairs(rows: Iterable[tuple[int, bytes]]) -> set[tuple[int, int]]:
    texts = ((article_id, Fingerprint.from_bytes(stored)) for article_id, stored in rows)
    return {(key, article_id) for article_id, text in texts if text is not None for key in text.keys}
