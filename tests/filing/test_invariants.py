"""What must hold after any sequence of events, on real tables: hypothesis looks for a sequence that breaks it."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import HealthCheck, example, given, strategies
from hypothesis import settings as examples
from newsroom import NOW, entry, file_waiting, hand_in, outcomes_of, prose, rows, rss, show_feed, value, values
from psycopg import sql

from wiredesk.worker.db import Connection
from wiredesk.worker.filing.replay import replay
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import inbox

PIECES, VERSIONS = 3, 3
CHANNELS = ("https://harbour.example/a.xml", "https://harbour.example/b.xml", "key")
# (piece, version of its text, channel that shows it)
Event = tuple[int, int, str]
events = strategies.lists(
    strategies.tuples(
        strategies.integers(1, PIECES), strategies.integers(0, VERSIONS - 1), strategies.sampled_from(CHANNELS)
    ),
    min_size=1,
    max_size=10,
)
KEPT = ("migration", "change_epoch")


def text(piece: int, version: int) -> str:
    """Versions of a piece share most of their words, pieces hardly any; none is long enough to join two stories."""
    return f"{prose(piece, 90)} {prose(100 * piece + version, 12)}"


def happen(connection: Connection, settings: Settings, event: Event, hour: int) -> list[str]:
    piece, version, channel = event
    at = NOW + timedelta(hours=hour)
    if channel == "key":
        message = {"content": f"Piece {piece}\n\n{text(piece, version)}", "key": str(piece), "source": "Harbour Wire"}
        hand_in(connection, message | {"url": f"https://harbour.example/news/{piece}"}, now=at)
    else:
        item = entry(piece, title=f"Piece {piece}", **{"content:encoded": f"<p>{text(piece, version)}</p>"})
        show_feed(connection, channel, rss(item), at=at)
    return outcomes_of(file_waiting(settings))


def begin_anew(connection: Connection) -> None:
    tables = values(connection, "SELECT tablename FROM pg_tables WHERE schemaname = 'wiredesk'")
    names = [sql.Identifier("wiredesk", name) for name in tables if name not in KEPT]
    connection.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(names)))


@examples(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example([(1, n % 2, CHANNELS[0]) for n in range(8)])
@given(events)
def test_any_sequence_of_events(connection: Connection, settings: Settings, happened: list[Event]) -> None:
    begin_anew(connection)
    for hour, event in enumerate(happened):
        happen(connection, settings, event, hour)
    pieces = {piece for piece, _, _ in happened}
    # One article once, and one story each, under whatever names and through whatever channels it came.
    assert value(connection, "SELECT count(*) FROM wire_v1.articles") == len(pieces)
    assert value(connection, "SELECT count(*) FROM wire_v1.stories WHERE article_count = 1") == len(pieces)
    assert value(connection, "SELECT count(*) FROM (SELECT kind, value FROM wiredesk.alias GROUP BY 1, 2 "
                             "HAVING count(DISTINCT article_id) > 1) AS shared") == 0  # fmt: skip
    # No revision without a change, numbers without gaps, a change for each, an outcome for each event.
    revisions = rows(connection, "SELECT article_id, revision_no, meaning_sha256 FROM wiredesk.revision ORDER BY 1, 2")
    for before, after in pairwise(revisions):
        if before["article_id"] == after["article_id"]:
            assert after["revision_no"] == before["revision_no"] + 1
            assert after["meaning_sha256"] != before["meaning_sha256"]
        else:
            assert after["revision_no"] == 1
    assert value(connection, "SELECT count(*) FROM wiredesk.change") == len(revisions)
    receipts = value(connection, "SELECT coalesce(sum(times - 1), 0) FROM wiredesk.submission")
    assert value(connection, "SELECT count(*) FROM wire_v1.outcomes") + receipts == len(happened)
    # The same again is the same: once more the last event, and every stored document.
    assert set(happen(connection, settings, happened[-1], len(happened))) <= {"repeated"}
    ids = inbox.documents_to_replay(connection, after=0, limit=1000, rejected=False)
    assert replay(connection, settings, ids, now=NOW + timedelta(days=1), dry_run=False) == []
    assert rows(
        connection, "SELECT article_id, revision_no, meaning_sha256 FROM wiredesk.revision ORDER BY 1, 2"
    ) == revisions  # fmt: skip
    # The past at the end is the present.
    end = NOW + timedelta(hours=len(happened))
    now = rows(connection, "SELECT * FROM wire_v1.articles ORDER BY article_id")
    assert rows(connection, "SELECT * FROM wire_v1.articles_at(%s) ORDER BY article_id", end) == now
