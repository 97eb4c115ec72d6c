"""What goes wrong with one feed or page is that one's own, wherever it goes wrong; the others of its message go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from local_site import Site, add, feed, poll
from msgspec.structs import replace
from newsroom import entry, file_waiting, hand_in, outcomes_of, rss, settings_of, value, values

from wiredesk.worker.db import Connection
from wiredesk.worker.fetch import feeds as polling
from wiredesk.worker.fetch import learning, pages, state
from wiredesk.worker.inbox import dispatch
from wiredesk.worker.settings import Settings

FEEDS = 3
PAGE = "<html><head><title>{0}</title></head><body><article><h1>{0}</h1><p>{1}</p></article></body></html>"
OUT_OF_RANGE = 2**40


@pytest.fixture
def settings(settings_with: Callable[..., Settings]) -> Settings:
    return settings_with(
        allowed_networks="127.0.0.0/8", host_spacing_seconds="0", per_host="64",
        full_text="never", min_interval_seconds="60",
    )  # fmt: skip


def raising_for(bad: str, function: Callable[..., Any], url_of: Callable[..., str | None]) -> Callable[..., Any]:
    """`function`, which raises for what has the URL `bad`."""

    def raises(*arguments: Any) -> Any:
        if url_of(*arguments) == bad:
            raise ZeroDivisionError("division by zero")
        return function(*arguments)

    return raises


def unstorable_for(bad: str, function: Callable[..., Any], url_of: Callable[..., str | None]) -> Callable[..., Any]:
    """`function`, which gives a row that PostgreSQL refuses for what has the URL `bad`; not so for its failure."""

    def spoils(*arguments: Any) -> Any:
        row = function(*arguments)
        return replace(row, status=OUT_OF_RANGE) if url_of(*arguments) == bad and row.status == 200 else row

    return spoils


@pytest.mark.parametrize("place", range(FEEDS))
@pytest.mark.parametrize("where", ["fetching", "building its row", "storing its row"])
def test_a_feed_that_raises_is_its_own_failure(
    connection: Connection, settings: Settings, site: Site, monkeypatch: pytest.MonkeyPatch, where: str, place: int
) -> None:
    urls = [site.url(f"/{n}.xml") for n in range(FEEDS)]
    for n in range(FEEDS):
        site.answers[f"/{n}.xml"] = (200, {}, rss(entry(n)))
    ids = add(connection, *urls)
    bad = urls[place]
    match where:
        case "fetching":
            spoilt = raising_for(bad, polling._fetch, lambda _c, _s, feed: feed.url)
            monkeypatch.setattr(polling, "_fetch", spoilt)
        case "building its row":
            once = raising_for(bad, state.poll_row, lambda _, f: f.feed.url if f.error is None else None)
            monkeypatch.setattr(polling, "poll_row", once)
        case _:
            spoilt = unstorable_for(bad, state.fetch_log_row, lambda f: f.feed.url)
            monkeypatch.setattr(polling, "fetch_log_row", spoilt)
    assert poll(connection, settings) == ["created"] * (FEEDS - 1)
    for feed_id, url in zip(ids, urls, strict=True):
        row = feed(connection, feed_id)
        assert not row.leased and row.fetched_at is not None
        assert (row.last_error or "").startswith("internal: ") is (url == bad), row.last_error
    assert value(connection, "SELECT count(*) FROM wiredesk.fetch") == FEEDS
    monkeypatch.undo()
    assert poll(connection, settings) == ["created"]
    assert values(connection, "SELECT last_error FROM wiredesk.feed") == [None] * FEEDS


@pytest.mark.parametrize("place", range(FEEDS))
def test_a_state_that_cannot_be_read_is_begun_anew(
    connection: Connection, settings: Settings, site: Site, place: int
) -> None:
    urls = [site.url(f"/{n}.xml") for n in range(FEEDS)]
    for n in range(FEEDS):
        site.answers[f"/{n}.xml"] = (200, {}, rss(entry(n)))
    ids = add(connection, *urls)
    broken = """UPDATE wiredesk.feed SET schedule = '{"rhythm": "twice a day"}' WHERE feed_id = %s"""
    connection.execute(broken, [ids[place]])
    assert feed(connection, ids[place]).schedule.polls_with_entries == 0
    assert poll(connection, settings) == ["created"] * FEEDS
    assert [feed(connection, feed_id).schedule.polls_with_entries for feed_id in ids] == [1] * FEEDS


@pytest.mark.parametrize("place", range(FEEDS))
def test_a_document_that_teaches_nothing_keeps_no_other_from_teaching(
    connection: Connection, settings: Settings, site: Site, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    for n in range(FEEDS):
        site.answers[f"/{n}.xml"] = (200, {}, rss(entry(n)))
    ids = add(connection, *(site.url(f"/{n}.xml") for n in range(FEEDS)))
    raises = raising_for(str(ids[place]), learning._learned, lambda _, feed, *rest: str(feed.feed_id))
    monkeypatch.setattr(learning, "_learned", raises)
    assert poll(connection, settings) == ["created"] * FEEDS
    learned = [feed(connection, feed_id).schedule.polls_with_entries for feed_id in ids]
    assert learned == [int(n != place) for n in range(FEEDS)]


def fetch_pages(settings: Settings) -> None:
    (hint,) = [hint for hint in dispatch.tick(settings) if hint.work == "fetch"]
    pages.fetch_documents(settings, hint.ids, hint.token, list)


def release(connection: Connection) -> None:
    connection.execute("UPDATE wiredesk.document SET due_at = now(), lease_token = NULL WHERE state = 'waiting'")


@pytest.mark.parametrize("place", range(FEEDS))
@pytest.mark.parametrize("where", ["fetching", "building its row", "storing its row"])
def test_a_page_that_raises_is_tried_again_and_the_others_are_stored(
    connection: Connection, settings: Settings, site: Site, monkeypatch: pytest.MonkeyPatch, where: str, place: int
) -> None:
    urls = [site.url(f"/{n}.html") for n in range(FEEDS)]
    for n in range(FEEDS):
        text = entry(n)["content:encoded"].removeprefix("<p>").removesuffix("</p>")
        site.answers[f"/{n}.html"] = (200, {"Content-Type": "text/html"}, PAGE.format(f"Harbour {n}", text).encode())
    hand_in(connection, *({"url": url, "source": "harbour"} for url in urls))
    bad = urls[place]
    match where:
        case "fetching":
            monkeypatch.setattr(pages, "_fetch", raising_for(bad, pages._fetch, lambda _c, _r, document: document.url))
        case "building its row":
            raises = raising_for(bad, pages._fetched_row, lambda page: page.document.url)
            monkeypatch.setattr(pages, "_fetched_row", raises)
        case _:
            spoilt = unstorable_for(bad, pages._fetch_log_row, lambda page: page.document.url)
            monkeypatch.setattr(pages, "_fetch_log_row", spoilt)
    fetch_pages(settings)
    waiting = values(connection, "SELECT url, reason FROM wiredesk.document WHERE needs = 'fetch'")
    assert [url for url, _ in waiting] == [bad] and waiting[0][1].startswith("internal: ")
    monkeypatch.undo()
    release(connection)
    fetch_pages(settings)
    release(connection)
    assert outcomes_of(file_waiting(settings)) == ["created"] * FEEDS


def test_a_page_that_always_raises_is_rejected_in_the_end(
    connection: Connection, settings: Settings, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(connection, {"url": site.url("/1.html"), "source": "harbour", "key": "k"})
    url = site.url("/1.html")
    monkeypatch.setattr(pages, "_fetch", raising_for(url, pages._fetch, lambda _c, _r, document: document.url))
    for _ in range(9):
        fetch_pages(settings)
        release(connection)
    (outcome,) = file_waiting(settings)
    assert outcome.outcome == "rejected"
    assert (outcome.reason or "").startswith("unreachable: internal: ZeroDivisionError: division by zero, 9 times")


def test_a_connection_error_is_no_feeds_failure(
    connection: Connection, settings: Settings, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL away: the message fails as a whole, and its leases bring the feeds back."""
    import psycopg

    from wiredesk.worker.errors import Transient

    site.answers["/1.xml"] = (200, {}, rss(entry(1)))
    (feed_id,) = add(connection, site.url("/1.xml"))

    def away(*_: Any) -> Sequence[Any]:
        raise psycopg.OperationalError("server closed the connection")

    monkeypatch.setattr(polling, "_store_documents", away)
    (hint,) = dispatch.tick(settings)
    with pytest.raises(Transient, match="server closed the connection"):
        polling.poll_feeds(settings, hint.ids, hint.token, list)
    assert (feed(connection, feed_id).last_error, feed(connection, feed_id).leased) == (None, True)


def test_a_page_waits_when_its_network_is_allowed_no_longer_and_a_new_one_is_refused(
    connection: Connection, settings: Settings, site: Site, database_url: str, redis_url: str
) -> None:
    """The message names the setting; once it is back the page that waited is fetched."""
    site.answers["/1.html"] = (200, {"Content-Type": "text/html"}, PAGE.format("Harbour", "Long text. " * 40).encode())
    hand_in(connection, {"url": site.url("/1.html"), "source": "harbour"})
    connection.execute("UPDATE wiredesk.document SET reason = '127.0.0.1: other requests go first'")
    without = settings_of(database_url, redis_url, host_spacing_seconds="0", per_host="64")
    hand_in(connection, {"url": site.url("/new.html"), "source": "harbour"})
    fetch_pages(without)
    release(connection)
    (refused,) = file_waiting(without)
    reason = (
        "blocked_address: 127.0.0.1 leads to 127.0.0.1: loopback; "
        "WIREDESK_ALLOWED_NETWORKS names networks that may be fetched from"
    )
    assert (refused.outcome, refused.reason) == ("rejected", reason)
    waiting = "SELECT url, reason, attempts FROM wiredesk.document WHERE state = 'waiting'"
    assert values(connection, waiting) == [(site.url("/1.html"), reason, 1)]
    release(connection)
    fetch_pages(settings)
    release(connection)
    assert outcomes_of(file_waiting(settings)) == ["created"]
