"""Embargoes: readers see an article from its release on, and the change feed tells it then. Late versions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from newsroom import FERRY, NOW, file_waiting, hand_in, outcomes_of, prose, submit_and_file, value, values
from psycopg import sql

from wiredesk.worker.db import Connection
from wiredesk.worker.inbox import dispatch
from wiredesk.worker.settings import Settings

VIEWS = (
    "articles revisions authors tags subjects media quotes mentions sightings story_articles outcomes changes".split()
)


def tomorrow() -> str:
    return (datetime.now(UTC) + timedelta(days=1)).isoformat(timespec="seconds")


@contextmanager
def reading_as(connection: Connection, role: str) -> Iterator[None]:
    with connection.transaction():
        connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
        yield


def seen(connection: Connection, role: str = "wiredesk_reader") -> dict[str, int]:
    """How many rows a role sees in each view."""
    with reading_as(connection, role):
        return {view: _count(connection, view) for view in VIEWS}


def _count(connection: Connection, view: str) -> int:
    query = sql.SQL("SELECT count(*) FROM wire_v1.{}").format(sql.Identifier(view))
    (count,) = connection.execute(query).fetchone() or (0,)
    return int(count)


def pass_release(connection: Connection) -> None:
    """Let the time of release come: an hour ago."""
    query = "UPDATE wiredesk.article SET release_at = now() - interval '1 hour' WHERE release_at IS NOT NULL"
    connection.execute(query)


MESSAGE = {"content": FERRY, "key": "ferry", "source": "Harbour Wire", "tags": ["ferries"], "language": "en"}


def test_a_reader_sees_nothing_before_the_release_and_everything_after(
    connection: Connection, settings: Settings
) -> None:
    release_at = tomorrow()
    (outcome,) = submit_and_file(connection, settings, MESSAGE | {"release_at": release_at})
    flags = value(connection, "SELECT flags FROM wire_v1.articles")
    assert "embargo" in flags
    assert value(connection, "SELECT release_at FROM wire_v1.articles") == datetime.fromisoformat(release_at)
    assert seen(connection) == dict.fromkeys(VIEWS, 0)
    pass_release(connection)
    after = seen(connection)
    assert {view for view, count in after.items() if count} == set(VIEWS) - {"subjects", "media"}
    assert outcome.article_id == value(connection, "SELECT article_id FROM wire_v1.articles")


def test_members_of_wiredesk_embargoed_see_it_at_once(connection: Connection, settings: Settings) -> None:
    submit_and_file(connection, settings, MESSAGE | {"release_at": tomorrow()})
    with connection.transaction(force_rollback=True):
        connection.execute("CREATE ROLE early_reader IN ROLE wiredesk_reader, wiredesk_embargoed")
        assert seen(connection, "early_reader") == {view: _count(connection, view) for view in VIEWS}
        assert seen(connection, "early_reader")["articles"] == 1


def test_the_change_feed_tells_the_release_once(connection: Connection, settings: Settings) -> None:
    (outcome,) = submit_and_file(connection, settings, MESSAGE | {"release_at": tomorrow()})
    with reading_as(connection, "wiredesk_reader"):
        assert values(connection, "SELECT kind FROM wire_v1.changes_after(0)") == []
    dispatch.tick(settings)
    pass_release(connection)
    (before,) = values(connection, "SELECT cursor FROM wire_v1.changes_after(0)")
    dispatch.tick(settings)
    dispatch.tick(settings)
    with reading_as(connection, "wiredesk_reader"):
        query = "SELECT kind, article_id, revision_no, story_id FROM wire_v1.changes_after(%s)"
        told = values(connection, query, before)
        assert told == [("released", outcome.article_id, 1, outcome.article_id)]
        assert values(connection, "SELECT kind FROM wire_v1.changes_after(0)") == ["created", "released"]


def test_a_later_version_lifts_or_moves_the_embargo_even_with_the_same_text(
    connection: Connection, settings: Settings
) -> None:
    submit_and_file(connection, settings, MESSAGE | {"release_at": tomorrow()})
    moved = (datetime.now(UTC) + timedelta(days=2)).isoformat(timespec="seconds")
    (outcome,) = submit_and_file(connection, settings, MESSAGE | {"release_at": moved})
    assert (outcome.outcome, outcome.change_kind) == ("revised", "embargo")
    assert value(connection, "SELECT release_at FROM wire_v1.articles") == datetime.fromisoformat(moved)
    assert seen(connection)["articles"] == 0
    (outcome,) = submit_and_file(connection, settings, MESSAGE)
    assert (outcome.outcome, outcome.change_kind, outcome.revision_no) == ("revised", "embargo", 3)
    assert (seen(connection)["articles"], seen(connection)["revisions"]) == (1, 3)
    dispatch.tick(settings)
    assert values(connection, "SELECT kind FROM wire_v1.changes_after(0)") == ["created", "revised", "revised"]


def test_copy_without_the_key_of_the_article_does_not_lift_its_embargo(
    connection: Connection, settings: Settings
) -> None:
    place = {"url": "https://harbour.example/ferry"}
    submit_and_file(connection, settings, MESSAGE | place | {"release_at": tomorrow()})
    message = {"content": f"{FERRY}\n{prose(3)}", "source": "Harbour Wire"} | place
    (outcome,) = submit_and_file(connection, settings, message)
    assert (outcome.outcome, outcome.revision_no) == ("revised", 2)
    assert seen(connection) == dict.fromkeys(VIEWS, 0)


def test_copy_that_its_submitter_had_earlier_does_not_replace_what_came_since(
    connection: Connection, settings: Settings
) -> None:
    """An archive that is handed in late: its old states of a page are sightings."""
    page = "<html><title>Ferry</title><body><article><h1>Ferry returns</h1><p>{}</p></article></body></html>"
    url = "https://harbour.example/ferry"
    old, new = (page.format(f"{prose(1, 120)} {prose(seed, 30)}") for seed in (2, 3))
    hours = [(NOW - timedelta(hours=n)).isoformat() for n in (9, 1)]
    message = {"url": url, "source": "Harbour Wire", "media_type": "text/html"}
    hand_in(connection, message | {"content": new, "received_at": hours[1]})
    hand_in(connection, message | {"content": old, "received_at": hours[0]})
    assert outcomes_of(file_waiting(settings)) == ["created", "repeated"]
    hand_in(connection, message | {"content": old, "received_at": NOW.isoformat()})
    assert outcomes_of(file_waiting(settings)) == ["revised"]
