"""Entries that a feed shows again in the same bytes are not read again, and every row is as if they had been."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, strategies
from hypothesis import settings as examples
from newsroom import NOW, entry, file_waiting, hand_in, prose, rows, rss, settings_of, values
from psycopg import sql

from wiredesk.worker import db
from wiredesk.worker.db import Connection
from wiredesk.worker.fetch import feeds as polling
from wiredesk.worker.fetch.state import FetchedFeed
from wiredesk.worker.filing import shown
from wiredesk.worker.filing.replay import replay
from wiredesk.worker.http.response import Response, Timing
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import feeds, inbox
from wiredesk.worker.store.records import NewFeed

FEEDS = ("https://harbour.example/a.xml", "https://harbour.example/b.xml", "https://quay.example/c.xml")
PIECES = 5


@dataclass(frozen=True, slots=True)
class Desk:
    """A database and the settings that name it. `reads_all` is the way in which nothing is known by its bytes."""

    connection: Connection
    settings: Settings
    reads_all: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """One entry of a poll: a version of a piece, and a number that changes its bytes and not its meaning."""

    piece: int
    version: int = 0
    noise: int = 0


@dataclass(frozen=True, slots=True)
class Poll:
    """A poll of a feed. What it brought is filed at once, or with what comes later."""

    feed: int
    entries: tuple[Shown, ...]
    is_filed: bool = True


@dataclass(frozen=True, slots=True)
class Submission:
    """A piece that is handed in under the address of its entry."""

    piece: int
    version: int


@dataclass(frozen=True, slots=True)
class Event:
    """`upgrade`: a worker with other code reads from now on. `head`: the feeds' own elements change."""

    name: str = field(metadata={"of": ("upgrade", "head", "retitle")})


Step = Poll | Submission | Event


def text(piece: int, version: int) -> str:
    return f"{prose(piece, 70)} {prose(100 * piece + version, 12)}"


def body(poll: Poll, number: int, head: int) -> bytes:
    """The feed's document: the pieces 4 and 5 share an address, the pieces 2 and 3 their guid."""
    items = []
    for one in poll.entries:
        changes = {
            "title": f"Piece {one.piece}" + (" corrected" if one.version == 2 else ""),
            "content:encoded": f"<p>{text(one.piece, one.version)}</p>",
            "comments": str(one.noise),
        }
        if one.piece >= 4:
            changes["link"] = f"https://{FEEDS[poll.feed].split('/')[2]}/"
        if one.piece in (2, 3):
            changes["guid"] = "the-same"
        items.append(entry(one.piece, **changes))
    made = rss(*items, title=f"Harbour Wire {head}")
    return made.replace(b"<channel>", f"<channel><lastBuildDate>{number}</lastBuildDate>".encode())


def show(desk: Desk, url: str, document: bytes, *, at: datetime) -> None:
    """What a poll does when `url` answers `document`; what it brought is not filed."""
    feeds.add(desk.connection, [NewFeed(url=url, source="Harbour Wire")])
    (row,) = feeds.find(desk.connection, urls=[url])
    token = uuid.uuid4()
    desk.connection.execute("UPDATE wiredesk.feed SET next_fetch_at = '2099-01-01', lease_token = NULL")
    feeds.make_due(desk.connection, [row.feed_id])
    feeds.lease(desk.connection, token, limit=9, lease_seconds=60)
    (taken,) = feeds.take(desk.connection, [row.feed_id], str(token), lease_seconds=60)
    headers = {"Content-Type": "application/rss+xml"}
    response = Response(url, url, 200, headers, document, len(document), "127.0.0.1", (), None, Timing(0, 0, 0, 0, 0))
    fetched = [FetchedFeed(taken, at, response)]
    if not desk.reads_all:
        fetched = polling._with_showings(desk.connection, desk.settings, fetched)
    polling._store(desk.connection, desk.settings, fetched, str(token))


def file_all(desk: Desk) -> None:
    desk.connection.execute("UPDATE wiredesk.document SET due_at = now(), lease_token = NULL WHERE state = 'waiting'")
    desk.connection.execute("UPDATE wiredesk.feed SET next_fetch_at = '2099-01-01'")
    file_waiting(desk.settings)


def live(desk: Desk, history: Sequence[Step], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a history happen, an hour between two steps, and file all of it."""
    head = 0
    monkeypatch.setattr(random, "random", lambda: 0.5)
    for number, step in enumerate(history):
        at = NOW + timedelta(hours=number)
        match step:
            case Poll():
                show(desk, FEEDS[step.feed], body(step, number, head), at=at)
                if step.is_filed:
                    file_all(desk)
            case Submission():
                content = f"Piece {step.piece}\n\n{text(step.piece, step.version)}"
                url = f"https://harbour.example/news/{step.piece}"
                hand_in(desk.connection, {"content": content, "url": url, "source": "Harbour Wire"}, now=at)
                file_all(desk)
            case Event("upgrade"):
                monkeypatch.setattr(shown, "_code_version", lambda number=number: str(number))
            case Event("head"):
                head += 1
            case Event():
                desk.connection.execute("UPDATE wiredesk.feed SET source = 'Harbour Wire' || %s", [number % 2])
    file_all(desk)


def state_of(desk: Desk) -> dict[str, list[Any]]:
    """All that was filed, with articles named by what they were first, so that two databases can be compared.

    An entry gets its alias of the kind `titled` one poll later where the other entry that shares its address is known.
    """
    connection = desk.connection
    names = {
        row["article_id"]: (row["observed_at"], row["source"], row["headline"], row["body_text"])
        for row in rows(connection, "SELECT r.article_id, r.observed_at, s.slug AS source, r.headline, r.body_text"
                                    " FROM wiredesk.revision r JOIN wiredesk.article a USING (article_id)"
                                    " JOIN wiredesk.source s USING (source_id) WHERE r.revision_no = 1")
    }  # fmt: skip
    assert len(set(names.values())) == len(names)
    urls: dict[int, str] = dict(connection.execute("SELECT feed_id, url FROM wiredesk.feed").fetchall())
    hidden = "document_id item_no filed_at decided_at story_id filed_story_id last_cursor".split()
    tables = {
        "articles": "SELECT * FROM wire_v1.articles",
        "revisions": "SELECT * FROM wire_v1.revisions",
        "quotes": "SELECT * FROM wire_v1.quotes",
        "aliases": "SELECT article_id, kind, value, seen_at FROM wiredesk.alias WHERE kind <> 'titled'",
        "sightings": "SELECT * FROM wire_v1.sightings",
        "shown": "SELECT article_id, feed_id, submission_id, meaning_sha256 FROM wiredesk.sighting",
        "outcomes": "SELECT * FROM wire_v1.outcomes",
        "changes": "SELECT kind, article_id, revision_no FROM wire_v1.changes",
        "fetches": "SELECT feed_id, fetched_at, body_bytes, entries, new_entries FROM wire_v1.fetches",
        "feeds": "SELECT feed_id, interval_seconds, interval_reason, changed_at, failures FROM wire_v1.feeds",
        "stories": "SELECT original_article_id AS article_id, article_count, first_seen_at FROM wire_v1.stories",
    }
    return {
        table: sorted(
            (
                {
                    name: names.get(it) if name == "article_id" else urls.get(it) if name == "feed_id" else it
                    for name, it in row.items()
                    if name not in hidden
                }
                for row in rows(connection, query)
            ),
            key=repr,
        )
        for table, query in tables.items()
    }


@contextmanager
def desk(url: str, *, reads_all: bool = False) -> Iterator[Desk]:
    settings = settings_of(url, full_text="never", min_interval_seconds="60")
    with db.alone(url) as connection:
        yield Desk(connection, settings, reads_all)


@pytest.fixture
def desks(database_url: str, second_database_url: str) -> Iterator[tuple[Desk, Desk]]:
    """A desk that knows entries by their bytes, and one that reads all."""
    with desk(database_url) as knowing, desk(second_database_url, reads_all=True) as reading:
        yield knowing, reading
        db.close()


def begin_anew(desk: Desk) -> None:
    kept = ("migration", "change_epoch", "search_progress")
    tables = values(desk.connection, "SELECT tablename FROM pg_tables WHERE schemaname = 'wiredesk'")
    names = [sql.Identifier("wiredesk", name) for name in tables if name not in kept]
    desk.connection.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(names)))


entries = strategies.builds(
    Shown, strategies.integers(1, PIECES), strategies.integers(0, 2), strategies.sampled_from((0, 0, 0, 1))
)
polls = strategies.builds(
    Poll,
    strategies.sampled_from((0, 0, 0, 1, 2)),
    strategies.lists(entries, max_size=4, unique_by=lambda one: one.piece).map(tuple),
    strategies.sampled_from((True, True, True, False)),
)
steps = strategies.one_of(
    polls,
    polls,
    polls,
    strategies.builds(Submission, strategies.integers(1, PIECES), strategies.integers(0, 2)),
    strategies.builds(Event, strategies.sampled_from(("upgrade", "head", "retitle"))),
)
ONE, TWO, THREE = Shown(1), Shown(2), Shown(3)


@examples(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example([Poll(0, (ONE, TWO))] * 3)
@example([Poll(0, (Shown(1, n % 2),)) for n in range(8)])
@example([Poll(0, (ONE,)), Poll(0, (Shown(1, 1),), is_filed=False), Poll(0, (ONE,), is_filed=False), Poll(0, (ONE,))])
@example([Poll(0, (ONE,)), Submission(1, 1), Poll(0, (ONE, TWO)), Poll(1, (Shown(1, 2),)), Poll(0, (ONE,))])
@example(
    [Poll(0, (Shown(4),)), Poll(0, (Shown(5), Shown(4))), Poll(0, (Shown(5), Shown(4, 1))), Poll(0, (Shown(4, 1),))]
)
@example([Poll(0, (TWO,)), Poll(0, (THREE, TWO)), Poll(0, (THREE, Shown(2, 1))), Poll(0, ()), Poll(0, (TWO, THREE))])
@given(strategies.lists(steps, min_size=2, max_size=9))
def test_every_row_is_as_if_all_had_been_read(desks: tuple[Desk, Desk], history: list[Step]) -> None:
    found = []
    for desk in desks:
        begin_anew(desk)
        with pytest.MonkeyPatch.context() as monkeypatch:
            live(desk, history, monkeypatch)
            found.append(state_of(desk))
            ids = inbox.documents_to_replay(desk.connection, after=0, limit=1000, rejected=False)
            now = NOW + timedelta(days=1)
            differences = replay(desk.connection, desk.settings, ids, now=now, dry_run=False)
            assert [one for one in differences if one.what != "past"] == []  # `past`: a document without entries
            assert state_of(desk) == found[-1]
    assert found[0] == found[1]
