"""Polling against a local HTTP server: what is new is filed once, and a feed's failures stay its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from local_site import Answer, Site, serving
from newsroom import entry, file_waiting, outcomes_of, prose, rss, run, settings_of, value, values

from wiredesk.worker import db
from wiredesk.worker.db import Connection
from wiredesk.worker.fetch import feeds as polling
from wiredesk.worker.inbox import dispatch
from wiredesk.worker.inbox.dispatch import Hint
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import feeds
from wiredesk.worker.store.records import FeedRow, NewFeed


@pytest.fixture
def server() -> Iterator[Site]:
    with serving() as site:
        yield site


@pytest.fixture
def settings(database_url: str, redis_url: str) -> Iterator[Settings]:
    yield settings_of(
        database_url,
        redis_url,
        allowed_networks="127.0.0.0/8",
        host_spacing_seconds="0",
        per_host="64",
        full_text="never",
        first_byte_seconds="0.5",
        fetch_seconds="3",
        min_interval_seconds="60",
    )
    db.close()


def add(connection: Connection, *urls: str) -> None:
    feeds.add(connection, [NewFeed(url=url) for url in urls])


def poll(connection: Connection, settings: Settings, *, now: bool = True) -> list[str]:
    """Poll what is due (all of it, when `now`) and file what came."""
    if now:
        feeds.make_due(connection)
    for hint in dispatch.tick(settings):
        if hint.work == "poll":
            polling.poll_feeds(settings, hint.ids, hint.token, list)
    # What was stored was leased for the message that nobody sends here.
    connection.execute("UPDATE wiredesk.document SET due_at = now(), lease_token = NULL WHERE state = 'waiting'")
    return outcomes_of(file_waiting(settings))


def feed(connection: Connection, url: str) -> FeedRow:
    (row,) = feeds.find(connection, urls=[url])
    return row


@pytest.mark.parametrize("validators", [True, False], ids=["304", "200 same body"])
def test_ten_feeds_give_fifty_articles_and_then_none(
    connection: Connection, settings: Settings, server: Site, validators: bool
) -> None:
    for n in range(10):
        headers = {"ETag": f'"v{n}"'} if validators else {}
        server.answers[f"/{n}.xml"] = (200, headers, rss(*(entry(n * 5 + k) for k in range(5)), title=f"Feed {n}"))
        add(connection, server.url(f"/{n}.xml"))
    assert poll(connection, settings) == ["created"] * 50
    assert value(connection, "SELECT count(*) FROM wire_v1.articles") == 50
    before = values(connection, "SELECT * FROM wire_v1.articles ORDER BY article_id")
    assert poll(connection, settings) == []
    assert poll(connection, settings) == []
    again = "SELECT DISTINCT f.status FROM (SELECT * FROM wire_v1.fetches ORDER BY fetched_at OFFSET 10) f"
    assert values(connection, again) == [304 if validators else 200]
    assert values(connection, "SELECT * FROM wire_v1.articles ORDER BY article_id") == before
    assert value(connection, "SELECT count(*) FROM wiredesk.document") == 10
    assert value(connection, "SELECT count(*) FROM wiredesk.fetch") == 30


def test_a_changed_entry_is_a_revision_and_the_others_are_repeated(
    connection: Connection, settings: Settings, server: Site
) -> None:
    url = server.url("/feed.xml")
    add(connection, url)
    server.answers["/feed.xml"] = (200, {"ETag": '"1"'}, rss(*(entry(n) for n in range(5))))
    poll(connection, settings)
    changed = entry(2, **{"content:encoded": f"<p>{prose(2)} Corrected.</p>"})
    server.answers["/feed.xml"] = (200, {"ETag": '"2"'}, rss(entry(0), entry(1), changed, entry(3), entry(4), entry(5)))
    assert poll(connection, settings) == ["revised", "created"]  # the others are known by their bytes
    second = "SELECT outcome FROM wire_v1.outcomes WHERE received_at = (SELECT max(received_at) FROM wire_v1.outcomes)"
    assert sorted(values(connection, second)) == ["created", "repeated", "repeated", "repeated", "repeated", "revised"]
    assert feed(connection, url).etag == '"2"'
    assert server.seen[-1] == ("/feed.xml", '"1"')


def failing(status: int, body: bytes = b"no", **headers: str) -> Answer:
    return (status, {name.replace("_", "-"): text for name, text in headers.items()}, body)


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (failing(404), 404, "http_404"),
        (failing(500), 500, "http_500"),
        (failing(410), 410, "http_410"),
        (failing(200, b"<html><body>Please log in</body></html>"), 200, "not_a_feed"),
        (failing(200, b""), 200, "empty"),
        (failing(302, Location="http://10.0.0.1/feed.xml"), None, "blocked_address"),
        (failing(302, Location="file:///etc/passwd"), None, ""),
        (failing(302, Location="/feed.xml"), None, "too_many_redirects"),
    ],
    ids=["404", "500", "410", "page", "empty", "inside", "file", "loop"],
)  # fmt: skip
def test_a_failing_feed_says_why_and_recovers(
    connection: Connection, settings: Settings, server: Site, answer: Answer, status: int | None, said: str
) -> None:
    bad, good = server.url("/feed.xml"), server.url("/good.xml")
    server.answers["/feed.xml"] = answer
    server.answers["/good.xml"] = (200, {}, rss(entry(1)))
    add(connection, bad, good)
    outcomes = poll(connection, settings)
    assert [outcome for outcome in outcomes if outcome != "rejected"] == ["created"]
    row = feed(connection, bad)
    assert (row.state, row.last_status, row.leased) == ("active", status, False)
    assert (row.last_error or "").startswith(said) and row.last_error
    assert row.failures > 0
    assert row.next_fetch_at > datetime.now(UTC) + timedelta(seconds=30)
    listed = run("feeds", "list", environment={"WIREDESK_DATABASE_URL": settings.database_url})
    (line,) = [line for line in listed.lines() if line.endswith("/feed.xml")]
    assert "asked every" in line and ("never answered well" in line) is (status != 200)
    server.answers["/feed.xml"] = (200, {}, rss(entry(2)))
    assert poll(connection, settings) == ["created"]
    row = feed(connection, bad)
    assert (row.last_error, row.failures, row.last_status) == (None, 0, 200)


def test_a_server_that_does_not_answer_is_a_failure_in_time(
    connection: Connection, settings: Settings, server: Site
) -> None:
    waiting = threading.Event()

    def never(_: Mapping[str, str]) -> Answer:
        waiting.wait(5)
        return failing(200)

    server.answers["/slow.xml"] = never
    server.answers["/good.xml"] = (200, {}, rss(entry(1)))
    add(connection, server.url("/slow.xml"), server.url("/good.xml"), "http://127.0.0.1:1/feed.xml")
    started = datetime.now(UTC)
    assert poll(connection, settings) == ["created"]
    waiting.set()
    assert datetime.now(UTC) - started < timedelta(seconds=5)
    for url in (server.url("/slow.xml"), "http://127.0.0.1:1/feed.xml"):
        row = feed(connection, url)
        assert row.last_error and row.last_status is None and row.failures > 0, url


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_kept(connection: Connection, settings: Settings, server: Site, status: int) -> None:
    url = server.url("/feed.xml")
    server.answers["/feed.xml"] = failing(status, Retry_After="1800")
    add(connection, url)
    asked = datetime.now(UTC)
    poll(connection, settings)
    wait = (feed(connection, url).next_fetch_at - asked).total_seconds()
    assert 1_790 <= wait <= 3_700


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "²"},
        {"Retry-After": "999999999999"},
        {"Retry-After": "Thu, 01 Jan 1970 00:00:00 +999999999999"},
        {"Retry-After": "-5"},
        {"Retry-After": "Wed, 99 Foo 2026 99:99:99 GMT"},
        {"Cache-Control": "max-age=²"},
        {"Cache-Control": "max-age=" + "9" * 400},
        {"Expires": "Thu, 01 Jan 1970 00:00:00 +999999999999"},
        {"Expires": "0"},
        {"Expires": "Mon, 01 Jan 99999999999 00:00:00 GMT"},
        {"Retry-After": "Mon, 01 Jan 99999999999 00:00:00 GMT"},
        {"Retry-After": "120 "},
        {"Date": "Mon, 01 Jan 99999999999 00:00:00 GMT", "Expires": "Mon, 23 Nov 2026 10:02:00 GMT"},
        {"Age": "99999999999", "Cache-Control": "max-age=99999999999"},
        {"ETag": "\udcff\0"[:1] or ""},
        {"Content-Type": "text/xml; charset=nonsense" + "x" * 5_000},
        {"Last-Modified": "x" * 5_000},
    ],
    ids=lambda headers: " ".join(f"{name} {text[:20]!r}" for name, text in headers.items()),
)
@pytest.mark.parametrize("status", [200, 503])
def test_odd_headers_do_not_stop_other_feeds(
    connection: Connection, settings: Settings, server: Site, headers: dict[str, str], status: int
) -> None:
    """A header that can't be understood is as good as none; no answer keeps a feed away for years."""
    encoded = {name: text.encode("utf-8", "surrogateescape").decode("latin-1") for name, text in headers.items()}
    server.answers["/odd.xml"] = (status, encoded, rss(entry(1)))
    server.answers["/good.xml"] = (200, {}, rss(entry(2)))
    add(connection, server.url("/odd.xml"), server.url("/good.xml"))
    assert poll(connection, settings) == ["created"] * (2 if status == 200 else 1)
    row = feed(connection, server.url("/odd.xml"))
    assert row.leased is False
    assert row.next_fetch_at < datetime.now(UTC) + timedelta(seconds=2 * settings.max_interval_seconds)


def test_a_date_out_of_range_keeps_no_other_feed_from_being_stored(
    connection: Connection, settings: Settings, server: Site
) -> None:
    for n in range(4):
        headers = {"Expires": "Mon, 01 Jan 99999999999 00:00:00 GMT"} if n == 2 else {}
        server.answers[f"/{n}.xml"] = (200, headers, rss(entry(n), title=f"Feed {n}"))
        add(connection, server.url(f"/{n}.xml"))
    assert poll(connection, settings) == ["created"] * 4
    assert values(connection, "SELECT last_error FROM wiredesk.feed WHERE lease_token IS NULL") == [None] * 4


def test_a_moved_feed_is_followed(connection: Connection, settings: Settings, server: Site) -> None:
    server.answers["/old.xml"] = failing(301, Location="/new.xml")
    server.answers["/new.xml"] = (200, {"ETag": '"n"'}, rss(entry(1)))
    add(connection, server.url("/old.xml"))
    assert poll(connection, settings) == ["created"]
    assert poll(connection, settings) == []
    assert [path for path, _ in server.seen] == ["/old.xml", "/new.xml"] * 2


def test_a_paused_feed_is_not_polled(connection: Connection, settings: Settings, server: Site) -> None:
    server.answers["/feed.xml"] = (200, {}, rss(entry(1)))
    add(connection, server.url("/feed.xml"))
    (row,) = feeds.find(connection)
    feeds.set_state(connection, [row.feed_id], "paused")
    assert poll(connection, settings) == []
    assert server.seen == []
    feeds.set_state(connection, [row.feed_id], "active")
    assert poll(connection, settings, now=False) == ["created"]


def test_a_poll_with_a_stale_token_stores_nothing(connection: Connection, settings: Settings, server: Site) -> None:
    server.answers["/feed.xml"] = (200, {}, rss(entry(1)))
    add(connection, server.url("/feed.xml"))
    (stale,) = dispatch.tick(settings)
    feeds.make_due(connection)
    (current,) = dispatch.tick(settings)
    sent: list[Hint] = []
    polling.poll_feeds(settings, stale.ids, stale.token, sent.extend)
    assert (server.seen, sent) == ([], [])
    assert value(connection, "SELECT count(*) FROM wiredesk.document") == 0
    polling.poll_feeds(settings, current.ids, current.token, sent.extend)
    assert [hint.work for hint in sent] == ["ingest"]
    polling.poll_feeds(settings, current.ids, current.token, sent.extend)
    assert (len(server.seen), len(sent)) == (1, 1)


def test_a_slow_feed_does_not_hold_back_what_the_others_brought(
    connection: Connection, settings: Settings, server: Site
) -> None:
    is_sent = threading.Event()

    def slow(_: Mapping[str, str]) -> Answer:
        # It answers only once the hint for the other feed's document is on its way.
        return (200, {}, rss(entry(2))) if is_sent.wait(2) else (500, {}, b"nothing was sent")

    server.answers["/quick.xml"], server.answers["/slow.xml"] = (200, {}, rss(entry(1))), slow
    add(connection, server.url("/quick.xml"), server.url("/slow.xml"))
    sent: list[tuple[int, ...]] = []

    def send(hints: Sequence[Hint]) -> None:
        sent.extend(hint.ids for hint in hints)
        is_sent.set()

    patient = replace(settings, first_byte_seconds=2.5)
    (hint,) = dispatch.tick(patient)
    polling.poll_feeds(patient, hint.ids, hint.token, send)
    documents = values(connection, "SELECT document_id, url FROM wiredesk.document ORDER BY document_id")
    assert [url for _, url in documents] == [server.url("/quick.xml"), server.url("/slow.xml")]
    assert sent == [(document_id,) for document_id, _ in documents]
