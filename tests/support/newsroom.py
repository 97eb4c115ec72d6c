"""A desk in the test's own process: hand copy in, file what waits, and look at the rows.

What is called is what the tasks call; only Celery is left out. Tests of processes start real ones (`start_celery`).
"""

from __future__ import annotations

import contextlib
import hashlib
import random
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, LiteralString
from xml.sax.saxutils import escape

import redis
from commands import run_captured
from psycopg.rows import dict_row

from wiredesk.worker.db import Connection
from wiredesk.worker.fetch.learning import learn
from wiredesk.worker.filing import ingest
from wiredesk.worker.filing.items import Outcome
from wiredesk.worker.inbox import dispatch
from wiredesk.worker.inbox.intake import Message, Receipt, accept
from wiredesk.worker.inbox.reader import Reader
from wiredesk.worker.settings import Settings, load
from wiredesk.worker.store import feeds, inbox, sequences
from wiredesk.worker.store.records import DocumentRow, NewFeed

# The fixture `start_celery` of tests/conftest.py: arguments of the process, its environment as keywords.
StartCelery = Callable[..., Any]
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
LIMIT = 4_194_304
ROOT = Path(__file__).parents[2]

FERRY = "\n\n".join(
    (
        "Harbour Wire Service",
        "Island ferry returns after nine weeks",
        "By Nora Castellan",
        "LISBON, March 9 (Harbour Wire) — The night ferry to the outer islands sailed on Monday, after nine weeks.",
        "“We have missed her more than we expected,” said Ines Duarte, who runs the only bakery on the island.",
        "The operator said repairs had cost four million euros, twice the first estimate, and more may come.\n",
    )
)


def settings_of(database_url: str, redis_url: str = "", **changes: str) -> Settings:
    """Settings as a worker would read them; keywords are names without the prefix."""
    given = {"database_url": database_url, "redis_url": redis_url, "data_dir": "/nonexistent"} | changes
    return load({f"WIREDESK_{name.upper()}": value for name, value in given.items()})


def hand_in(connection: Connection, *messages: Message, now: datetime = NOW, **more: Any) -> list[Receipt]:
    return accept(connection, messages, channel="client", max_content_bytes=LIMIT, now=now, **more)


def ingest_documents(settings: Settings, document_ids: Sequence[int], token: str) -> list[Outcome]:
    """What the task of that name does."""
    ingested = ingest.ingest_documents(settings, document_ids, token)
    learn(settings, ingested.documents, ingested.outcomes, ingested.feeds)
    return list(ingested.outcomes)


def file_waiting(settings: Settings) -> list[Outcome]:
    """Lease, read and file until nothing is due, as the dispatcher and the ingest workers do."""
    outcomes: list[Outcome] = []
    while hints := [hint for hint in dispatch.tick(settings) if hint.work == "ingest"]:
        for hint in hints:
            outcomes += ingest_documents(settings, hint.ids, hint.token)
    return outcomes


def drain(settings: Settings, source: type[Any], name: str = "reader-0") -> int:
    """Read until nothing waits, as the service `intake` does; how many messages were moved."""
    with redis.Redis.from_url(settings.redis_url) as client:
        reader = Reader(client, source(client, settings, name), settings)
        moved = 0
        while some := reader.step():
            moved += some
        return moved


def submit_and_file(connection: Connection, settings: Settings, *messages: Message, **more: Any) -> list[Outcome]:
    hand_in(connection, *messages, **more)
    return file_waiting(settings)


def show_feed(connection: Connection, url: str, body: bytes, *, at: datetime = NOW, media_type: str = "") -> int:
    """What a poll leaves behind when `url` answered `body`; the number of the feed, which is added if it is new."""
    added = feeds.add(connection, [NewFeed(url=url)])
    (row,) = feeds.find(connection, urls=[url])
    feed_id = added.get(url) or row.feed_id
    digest = hashlib.sha256(body)
    inbox.add_bodies(connection, {digest.digest(): body})
    (document_id,) = sequences.reserve_ids(connection, "wiredesk.document_id_seq", 1)
    document = DocumentRow(
        document_id=document_id,
        origin="feed",
        body_sha256=digest.hexdigest(),
        body_bytes=len(body),
        media_type=media_type or None,
        url=url,
        feed_id=feed_id,
        received_at=at,
    )
    inbox.add_documents(connection, [document])
    return feed_id


def outcomes_of(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.outcome for outcome in outcomes]


def rows(connection: Connection, query: LiteralString, *parameters: Any) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, parameters).fetchall()


def values(connection: Connection, query: LiteralString, *parameters: Any) -> list[Any]:
    """The only column of each row, or tuples where there are more."""
    found = connection.execute(query, parameters).fetchall()
    return [row[0] if len(row) == 1 else row for row in found]


def value(connection: Connection, query: LiteralString, *parameters: Any) -> Any:
    (one,) = values(connection, query, *parameters)
    return one


TABLES = (
    "source feed body submission document story article alias revision author tag media quote mention sighting outcome "
    "change"
).split()


def counts(connection: Connection) -> dict[str, int]:
    """Rows of every table that holds what came in, to assert that nothing changed."""
    from psycopg import sql

    query = sql.SQL("SELECT count(*) FROM wiredesk.{}")
    found = {}
    for table in TABLES:
        row = connection.execute(query.format(sql.Identifier(table))).fetchone()
        assert row is not None
        found[table] = int(row[0])
    return found


def wait_until(condition: Callable[[], bool], *, seconds: float = 240.0, what: str = "it") -> None:
    """Wait for a condition. The time to give up is long, because it costs nothing but on a loaded machine."""
    give_up_at = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > give_up_at:
            raise AssertionError(f"{what} did not happen within {seconds:g} s")
        time.sleep(0.05)


def waits_at_lock(connection: Connection, table: str) -> bool:
    """Whether another session waits for a lock on this table, which `connection` holds."""
    query = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND relation = %s::regclass"
    return value(connection, query, table) is True


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    def lines(self) -> list[str]:
        return self.out.splitlines()

    def errors(self) -> list[str]:
        return self.err.splitlines()


def run(*arguments: str, environment: Mapping[str, str], stdin: bytes | IO[bytes] = b"", cwd: Path = ROOT) -> Ran:
    """`wiredesk …` in a process of its own, with nothing of the test's environment but the path."""
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", **environment}
    with contextlib.ExitStack() as stack:
        given: IO[bytes]
        if isinstance(stdin, bytes):
            given = stack.enter_context(tempfile.TemporaryFile())
            given.write(stdin)
            given.seek(0)
        else:
            given = stdin
        code, out, err = run_captured(arguments, environment=environment, cwd=cwd, stdin=given)
    return Ran(code, out.decode(), err.decode())


def rss(*items: Mapping[str, str], title: str = "Harbour Wire") -> bytes:
    """An RSS 2.0 feed whose items have just these elements, full texts as `content:encoded`."""
    parts = []
    for item in items:
        elements = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in item.items())
        parts.append(f"<item>{elements}</item>")
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>{escape(title)}</title><link>https://harbour.example/</link>{''.join(parts)}</channel></rss>"
    ).encode()


_SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu".split()


def prose(seed: int, words: int = 80) -> str:
    """Made-up sentences of that many words; two seeds have hardly a word in common."""
    rng = random.Random(seed)
    sentences = []
    while words > 0:
        length = min(words, rng.randint(9, 14))
        made = ["".join(rng.choices(_SYLLABLES, k=rng.randint(2, 4))) for _ in range(length)]
        sentences.append(" ".join(made).capitalize() + ".")
        words -= length
    return " ".join(sentences)


def entry(seed: int, **changes: str) -> dict[str, str]:
    """A feed entry with all its names and a full text; keywords replace elements, empty ones drop them."""
    text = prose(seed)
    full = {
        "title": f"{text.split('.')[0].title()[:60]} {seed}",
        "link": f"https://harbour.example/news/{seed}",
        "guid": f"hw-{seed}",
        "pubDate": f"Mon, 09 Mar 2026 {seed % 24:02}:{seed % 60:02}:00 GMT",
        "content:encoded": f"<p>{text}</p>",
    }
    return {name: text for name, text in (full | changes).items() if text}
