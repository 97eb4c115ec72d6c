"""Feeds that move, end, turn into pages or fall silent: each is in a state that `feeds list` puts into words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis
from local_site import Site, add, age_state, feed, poll, serving
from newsroom import entry, rss, run, settings_of, value, values

from wiredesk.worker import db
from wiredesk.worker.db import Connection
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import feeds
from wiredesk.worker.store.records import NewFeed


@pytest.fixture
def settings(settings_with: Callable[..., Settings]) -> Settings:
    return settings_with(
        allowed_networks="127.0.0.0/8,::1/128", host_spacing_seconds="0", per_host="64",
        full_text="never", first_byte_seconds="2", fetch_seconds="3", min_interval_seconds="60",
    )  # fmt: skip


def moved(to: str, status: int = 301) -> tuple[int, dict[str, str], bytes]:
    return (status, {"Location": to}, b"")


def listed(settings: Settings, *options: str) -> list[str]:
    ran = run("feeds", "list", *options, environment={"WIREDESK_DATABASE_URL": settings.database_url})
    assert (ran.code, ran.err) == (0, "")
    return ran.lines()[1:]


# ---- moves


def test_a_permanent_redirect_is_taken_over_after_seven_days(
    connection: Connection, settings: Settings, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "wiredesk.worker.fetch.feeds")
    site.answers = {"/old.xml": moved("/new.xml"), "/new.xml": (200, {"ETag": '"1"'}, rss(entry(1)))}
    (feed_id,) = add(connection, site.url("/old.xml"))
    assert poll(connection, settings) == ["created"]
    age_state(connection, feed_id, 6)
    poll(connection, settings)
    assert feed(connection, feed_id).url == site.url("/old.xml")
    (line,) = listed(settings, "--problems")
    assert f"has moved to {site.url('/new.xml')} since 6 days, taken over in 24 h" in line
    age_state(connection, feed_id, 1)
    assert poll(connection, settings) == []
    row = feed(connection, feed_id)
    assert (row.url, row.schedule.moved_from, row.schedule.redirect) == (
        site.url("/new.xml"), site.url("/old.xml"), None,
    )  # fmt: skip
    (said,) = [record.__dict__ for record in caplog.records if record.message == "feed.moved"]
    assert (said["url"], said["moved_to"], said["same_as"]) == (site.url("/old.xml"), site.url("/new.xml"), None)
    site.asked.clear()
    assert poll(connection, settings) == []
    assert site.seen == [("/new.xml", '"1"')]
    assert listed(settings, "--problems") == []


def test_only_the_leading_permanent_redirects_count(connection: Connection, settings: Settings, site: Site) -> None:
    site.answers = {
        "/old.xml": moved("/new.xml", 308), "/new.xml": moved("/cdn/1.xml", 302),
        "/cdn/1.xml": (200, {}, rss(entry(1))),
        "/short.xml": moved("/long.xml", 302), "/long.xml": (200, {}, rss(entry(2))),
    }  # fmt: skip
    old, short = add(connection, site.url("/old.xml"), site.url("/short.xml"))
    poll(connection, settings)
    age_state(connection, old, 8)
    poll(connection, settings)
    assert feed(connection, old).url == site.url("/new.xml")
    assert feed(connection, short).schedule.redirect is None


def test_a_redirect_that_ends_within_the_week_changes_nothing(
    connection: Connection, settings: Settings, site: Site
) -> None:
    site.answers = {"/old.xml": moved("/new.xml"), "/new.xml": (200, {}, rss(entry(1)))}
    (feed_id,) = add(connection, site.url("/old.xml"))
    poll(connection, settings)
    site.answers["/old.xml"] = (200, {}, rss(entry(1)))
    poll(connection, settings)
    row = feed(connection, feed_id)
    assert (row.url, row.schedule.redirect) == (site.url("/old.xml"), None)


def test_a_redirect_to_the_front_page_is_never_taken_over(
    connection: Connection, settings: Settings, site: Site
) -> None:
    site.answers = {"/old.xml": moved("/"), "/": (200, {}, b"<!DOCTYPE html><html><body>Welcome</body></html>")}
    (feed_id,) = add(connection, site.url("/old.xml"))
    poll(connection, settings)
    age_state(connection, feed_id, 30)
    poll(connection, settings)
    assert feed(connection, feed_id).url == site.url("/old.xml")
    (line,) = listed(settings, "--problems")
    assert "answers an HTML page (not_a_feed) since 30 days" in line and "never answered" not in line


@pytest.mark.parametrize("together", [False, True], ids=["another is there", "two at once"])
def test_a_feed_that_moves_to_where_another_is_becomes_that_one(
    connection: Connection, settings: Settings, site: Site, together: bool
) -> None:
    site.answers = {path: moved("/new.xml") for path in ("/a.xml", "/b.xml")}
    site.answers["/new.xml"] = (200, {}, rss(entry(1), entry(2)))
    old, other = add(connection, site.url("/a.xml"), site.url("/b.xml" if together else "/new.xml"))
    assert sorted(poll(connection, settings)) == ["created", "created", "repeated", "repeated"]
    for feed_id in (old, other):
        age_state(connection, feed_id, 7)
    poll(connection, settings)
    states = {feed_id: feed(connection, feed_id) for feed_id in (old, other)}
    (gone,) = [row for row in states.values() if row.state == "removed"]
    (kept,) = [row for row in states.values() if row.state == "active"]
    assert kept.url == site.url("/new.xml")
    reason = f"moved to {site.url('/new.xml')}, which is feed {kept.feed_id}"
    assert (gone.last_error, gone.schedule.same_as) == (reason, kept.feed_id)
    assert value(connection, "SELECT count(*) FROM wire_v1.articles") == 2
    assert value(connection, "SELECT count(*) FROM wire_v1.sightings WHERE feed_id = %s", gone.feed_id) == 2
    assert any(reason in line and "removed" in line for line in listed(settings))
    assert poll(connection, settings) == []
    connection.execute("UPDATE wiredesk.feed SET fetched_at = now() - interval '31 days' WHERE state = 'removed'")
    assert len(listed(settings)) == 1
    feeds.add(connection, [NewFeed(url=gone.url)])
    assert feed(connection, gone.feed_id).schedule.same_as is None


def test_a_feed_that_moves_to_a_paused_one_stays_where_it_is(
    connection: Connection, settings: Settings, site: Site
) -> None:
    site.answers = {"/old.xml": moved("/new.xml"), "/new.xml": (200, {}, rss(entry(1)))}
    old, other = add(connection, site.url("/old.xml"), site.url("/new.xml"))
    feeds.set_state(connection, [other], "paused")
    poll(connection, settings)
    age_state(connection, old, 8)
    assert poll(connection, settings) == []
    assert (feed(connection, old).state, feed(connection, old).url) == ("active", site.url("/old.xml"))


def podcast(to: str, *entries: dict[str, str]) -> bytes:
    itunes = f'<channel xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><itunes:new-feed-url>{to}</itunes:new-feed-url>'
    return rss(*entries).replace(b"<channel>", itunes.encode())


@pytest.mark.parametrize("is_feed", [True, False])
def test_a_feed_that_says_it_has_gone_is_followed_when_it_is_there(
    connection: Connection, settings: Settings, site: Site, is_feed: bool
) -> None:
    new = site.url("/new.xml")
    site.answers = {"/old.xml": (200, {"ETag": '"o"'}, podcast(new, entry(1)))}
    site.answers["/new.xml"] = (200, {}, rss(entry(1), entry(2)) if is_feed else b"<html><body>Soon</body></html>")
    (feed_id,) = add(connection, site.url("/old.xml"))
    poll(connection, settings)
    assert poll(connection, settings) == []
    age_state(connection, feed_id, 7)
    site.asked.clear()
    outcomes = poll(connection, settings)
    row = feed(connection, feed_id)
    if is_feed:
        assert (outcomes, row.url, site.seen) == (["repeated", "created"], new, [("/new.xml", None)])
        assert row.schedule.notice is None
    else:
        assert (outcomes, row.url) == ([], site.url("/old.xml"))
        assert site.seen == [("/new.xml", None), ("/old.xml", '"o"')]
        poll(connection, settings)
        assert site.seen[2:] == [("/old.xml", '"o"')]


def test_the_exception_for_a_certificate_is_for_the_old_host(connection: Connection) -> None:
    ids = feeds.add(
        connection,
        [NewFeed(url=f"https://{name}.example/", verify_tls=False) for name in ("a", "b")],
    )
    assert feeds.move(connection, ids["https://a.example/"], "https://a.example/feed", other_host=False)
    assert feeds.move(connection, ids["https://b.example/"], "https://c.example/", other_host=True)
    assert values(connection, "SELECT url, verify_tls FROM wiredesk.feed ORDER BY url") == [
        ("https://a.example/feed", False), ("https://c.example/", True),
    ]  # fmt: skip


# ---- troubles


def test_a_feed_that_is_gone_is_asked_once_a_day_and_never_dropped(
    connection: Connection, settings: Settings, site: Site
) -> None:
    (feed_id,) = add(connection, site.url("/feed.xml"))
    site.answers["/feed.xml"] = (200, {}, rss(entry(1)))
    poll(connection, settings)
    site.answers["/feed.xml"] = (410, {}, b"")
    for _ in range(9):
        poll(connection, settings)
    age_state(connection, feed_id, 21)
    poll(connection, settings)
    row = feed(connection, feed_id)
    assert row.state == "active"
    assert row.interval_seconds == pytest.approx(86_400, rel=0.11)
    (line,) = listed(settings, "--problems")
    assert "gone (410) since 21 days, asked every 2" in line  # 22 to 24 h
    site.answers["/feed.xml"] = (200, {}, rss(entry(1), entry(2)))
    assert poll(connection, settings) == ["repeated", "created"]
    assert feed(connection, feed_id).schedule.reaching is None
    assert listed(settings, "--problems") == []


PAGE = b"<!DOCTYPE html><html><body>We have a new look</body></html>"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, {}, PAGE), "answers an HTML page (not_a_feed) since 2 days"),
        ((200, {"ETag": '"p"'}, PAGE), "answers an HTML page (not_a_feed) since 2 days"),
        ((200, {}, rss()), "without entries since 2 days"),
        ((404, {}, b""), "not found (404) since 2 days"),
        ((403, {}, b""), "refused (http_403) since 2 days"),
        (
            (403, {"CF-Mitigated": "challenge"}, b""),
            "refused (http_403: a check for robots (cf-mitigated: challenge)) since",
        ),
        ((500, {}, b""), "failing (http_500) since 2 days"),
        ((429, {"Retry-After": "1"}, b""), "told to wait (127.0.0.1 answered 429: wait"),
    ],
    ids=["page", "page with 304", "empty", "404", "403", "check", "500", "429"],
)
def test_a_trouble_is_said_with_its_beginning_until_it_ends(
    connection: Connection, settings: Settings, site: Site, redis_url: str, answer: Any, words: str
) -> None:
    (feed_id,) = add(connection, site.url("/feed.xml"))
    site.answers["/feed.xml"] = (200, {}, rss(entry(1)))
    poll(connection, settings)
    assert listed(settings, "--problems") == []
    site.answers["/feed.xml"] = answer
    poll(connection, settings)
    age_state(connection, feed_id, 2)
    intervals = [feed(connection, feed_id).interval_seconds or 0.0]
    for _ in range(6):
        poll(connection, settings)  # the same again, body and all
        intervals.append(feed(connection, feed_id).interval_seconds or 0.0)
    if answer[0] != 429:  # the host is held and not asked again
        assert intervals[-1] > 1.3 * intervals[0]
    (line,) = listed(settings, "--problems")
    assert words in line
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()  # the host's hold is over
    site.answers["/feed.xml"] = (200, {}, rss(entry(1), entry(2)))
    assert poll(connection, settings) == ["repeated", "created"]
    assert listed(settings, "--problems") == []
    assert feed(connection, feed_id).failures == 0


def test_a_timeout_does_not_hide_that_the_answer_is_a_page(
    connection: Connection, settings: Settings, site: Site
) -> None:
    (feed_id,) = add(connection, site.url("/feed.xml"))
    site.answers["/feed.xml"] = (200, {}, PAGE)
    poll(connection, settings)
    site.answers["/feed.xml"] = (500, {}, b"")
    poll(connection, settings)
    assert "failing (http_500)" in listed(settings, "--problems")[0]
    site.answers["/feed.xml"] = (200, {}, PAGE)
    poll(connection, settings)
    assert "answers an HTML page" in listed(settings, "--problems")[0]
    assert (feed(connection, feed_id).last_error or "").startswith("not_a_feed: ")


def test_no_overlap_is_listed_as_a_possible_gap(connection: Connection, settings: Settings, site: Site) -> None:
    (feed_id,) = add(connection, site.url("/feed.xml"))
    for first in (0, 10, 15):
        site.answers["/feed.xml"] = (200, {}, rss(*(entry(first + n) for n in range(10))))
        poll(connection, settings)
    assert feed(connection, feed_id).schedule.rhythm.gaps == 1
    (line,) = listed(settings, "--problems")
    assert "possible gaps: 1" in line


# ---- hints in the document


def test_a_ttl_holds_for_answers_without_a_document_too(connection: Connection, settings: Settings, site: Site) -> None:
    (feed_id,) = add(connection, site.url("/feed.xml"))
    body = rss(entry(1)).replace(b"<channel>", b"<channel><ttl>180</ttl>")
    site.answers["/feed.xml"] = (200, {"ETag": '"1"'}, body)
    poll(connection, settings)
    site.answers["/feed.xml"] = (200, {"ETag": '"2"'}, body + b" ")
    for _ in range(3):  # read again, then not modified
        poll(connection, settings)
        row = feed(connection, feed_id)
        assert row.fetched_at is not None and row.next_fetch_at - row.fetched_at >= timedelta(hours=3)
        assert "its ttl is 3 h" in (row.interval_reason or "")


# ---- the fetch log


def test_every_fetch_of_a_feed_or_page_is_a_row(connection: Connection, database_url: str, redis_url: str) -> None:
    settings = settings_of(
        database_url,
        redis_url,
        allowed_networks="127.0.0.0/8",
        host_spacing_seconds="0",
        per_host="64",
        full_text="short",
    )
    with serving() as site:
        page, lost = site.url("/story.html"), site.url("/lost.html")
        teasers = [
            entry(n, link=link, description="Only a teaser.", **{"content:encoded": ""})
            for n, link in enumerate((page, lost))
        ]
        text = b"<p>" + b"</p><p>".join(b"The harbour was quiet on Monday, and nobody went out. " * 3 for _ in range(4))
        site.answers = {
            "/feed.xml": (200, {"ETag": '"1"'}, rss(*teasers)),
            "/story.html": (200, {"Content-Type": "text/html"}, b"<html><body><article>" + text + b"</p></article>"),
        }
        (feed_id,) = add(connection, site.url("/feed.xml"))
        poll(connection, settings)
        poll(connection, settings)
        rows = values(
            connection,
            "SELECT url, feed_id, document_id IS NOT NULL, status, body_bytes > 0, seconds > 0, host(address::inet),"
            " sent_etag, entries, new_entries, error FROM wire_v1.fetches ORDER BY fetched_at",
        )
        known = {row[0]: row for row in rows[1:-1]}
        assert rows[0] == (site.url("/feed.xml"), feed_id, False, 200, True, True, "127.0.0.1", None, 2, 2, None)
        assert known[page] == (page, feed_id, True, 200, True, True, "127.0.0.1", None, None, None, None)
        assert known[lost][:5] == (lost, feed_id, True, 404, False)
        assert known[lost][10] == f"http_404: {lost} answered 404"
        assert rows[-1][:5] == (site.url("/feed.xml"), feed_id, False, 304, False)
        assert rows[-1][7:] == ('"1"', None, None, None)
        assert len(rows) == 4
    db.close()


def test_json_of_the_list_has_the_problems(connection: Connection, settings: Settings, site: Site) -> None:
    add(connection, site.url("/feed.xml"))
    poll(connection, settings)
    (line,) = run(
        "feeds", "list", "--problems", "--format", "json", environment={"WIREDESK_DATABASE_URL": settings.database_url}
    ).lines()
    assert "not found (404)" in line
