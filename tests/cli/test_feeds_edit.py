"""What an operator sets for feeds: folders, titles, intervals, headers and credentials, which are never shown."""

from __future__ import annotations

import base64
import json
import os
import pty
import re
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ

import pytest
from local_site import Answer, Site, add, feed, poll, serving
from newsroom import ROOT, Ran, entry, rss, run, settings_of, value, values

from wiredesk.worker import db
from wiredesk.worker.db import Connection
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import feeds
from wiredesk.worker.store.records import NewFeed

PASSWORD = "hunter2-and-more"


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Settings]:
    yield settings_of(
        database_url, redis_url, allowed_networks="127.0.0.0/8", host_spacing_seconds="0", per_host="64",
        full_text="never", min_interval_seconds="60", credentials_dir=str(tmp_path),
    )  # fmt: skip
    db.close()


@pytest.fixture
def environment(database_url: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        "WIREDESK_DATABASE_URL": database_url, "WIREDESK_REDIS_URL": redis_url,
        "WIREDESK_ALLOWED_NETWORKS": "127.0.0.0/8", "WIREDESK_HOST_SPACING_SECONDS": "0",
        "WIREDESK_CREDENTIALS_DIR": str(tmp_path),
    }  # fmt: skip


OPML = """<opml version="2.0"><body>
<outline text="News"><outline text="Europe"><outline type="rss" text="Harbour" xmlUrl="feed:https://a.example/x"/></outline>
<outline type="rss" text="Ferry" xmlUrl="feed://b.example/rss"/></outline>
<outline type="rss" text="Island" xmlUrl="https://c.example/rss"/>
</body></opml>"""


def test_folders_titles_and_feed_addresses_survive_import_and_export(
    environment: dict[str, str], connection: Connection, tmp_path: Path
) -> None:
    (tmp_path / "in.opml").write_text(OPML)
    for _ in range(2):
        ran = run("feeds", "import", str(tmp_path / "in.opml"), environment=environment)
        assert (ran.code, ran.out) == (0, "3 feeds added, 0 known already\n")
        assert values(connection, "SELECT url, title, folders FROM wiredesk.feed ORDER BY url") == [
            ("http://b.example/rss", "Ferry", ["News"]),
            ("https://a.example/x", "Harbour", ["News", "Europe"]),
            ("https://c.example/rss", "Island", []),
        ]
        exported = run("feeds", "export", environment=environment).out
        connection.execute("DELETE FROM wiredesk.feed")
        (tmp_path / "in.opml").write_text(exported)


def test_the_list_is_filtered_and_sorted(environment: dict[str, str], connection: Connection) -> None:
    feeds.add(
        connection,
        [
            NewFeed(url="https://a.example/", title="Zebra", folders=("News", "Europe")),
            NewFeed(url="https://b.example/", title="Apple", folders=("News",)),
            NewFeed(url="https://c.example/", title="Mango"),
        ],
    )
    feeds.set_state(connection, [2], "paused")

    def listed(*options: str) -> list[str]:
        ran = run("feeds", "list", *options, environment=environment)
        assert (ran.code, ran.err) == (0, "")
        return [line.split()[-1] for line in ran.lines()[1:]]

    assert listed() == ["https://a.example/", "https://b.example/", "https://c.example/"]
    assert listed("--sort", "title") == ["https://b.example/", "https://c.example/", "https://a.example/"]
    assert listed("--folder", "News") == ["https://a.example/", "https://b.example/"]
    assert listed("--folder", "News/Europe") == ["https://a.example/"]
    assert listed("--state", "paused") == ["https://b.example/"]
    assert listed("--match", "mango") == ["https://c.example/"]
    (header, first, *_) = run("feeds", "list", environment=environment).lines()
    assert header.split() == "ID STATE TITLE FOLDER ARTICLES LAST POLL NEXT POLL WHAT URL".split()
    assert "Zebra" in first and "News/Europe" in first


def test_on_a_terminal_no_line_is_wider_than_it(environment: dict[str, str], connection: Connection) -> None:
    feeds.add(connection, [NewFeed(url=f"https://harbour.example/{'long-' * 30}", title="A title " * 20)])
    terminal, inside = pty.openpty()
    ioctl(inside, TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    command = [sys.executable, "-c", "from wiredesk.worker.cli import main; main()", "feeds", "list"]
    path = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    subprocess.run(command, stdout=inside, stderr=inside, env=path | environment, timeout=300, check=True)
    os.close(inside)
    shown = os.read(terminal, 65_536)
    os.close(terminal)
    lines = shown.decode().splitlines()
    assert len(lines) == 2 and max(len(line) for line in lines) <= 100, lines
    assert "…" in lines[1]


def test_edit_changes_what_is_named_and_nothing_else(environment: dict[str, str], connection: Connection) -> None:
    feeds.add(connection, [NewFeed(url="https://a.example/", title="A", source="harbour", folders=("News",))])
    ran = run("feeds", "edit", "1", "--title", "Harbour", "--interval", "10m", environment=environment)
    assert (ran.code, ran.out, ran.err) == (0, "feed 1 changed\n", "")
    row = feed(connection, 1)
    assert (row.title, row.source, row.folders, row.fixed_interval_seconds) == ("Harbour", "harbour", ("News",), 600.0)
    run("feeds", "edit", "1", "--source", "", "--folder", "A / B", "--interval", "auto", environment=environment)
    row = feed(connection, 1)
    assert (row.title, row.source, row.folders, row.fixed_interval_seconds) == ("Harbour", None, ("A", "B"), None)
    run("feeds", "edit", "1", "--full-text", "always", "--folder", "", environment=environment)
    assert (feed(connection, 1).full_text, feed(connection, 1).folders) == ("always", ())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "name what to change"),
        (["--interval", "soon"], "--interval 'soon': a time such as"),
        (["--interval", "90d"], "from a minute to 30 days"),
        (["--header", "no colon"], "'Name: value' in printable ASCII is expected"),
        (["--header", "Host: x"], "this header is set by the fetcher"),
        (["--header", f"Authorization: Basic {PASSWORD}"], "put it into a file and name that with --credentials"),
        (["--credentials", "../etc/passwd"], "the name of a file"),
        (["--user-agent", "Bär"], "printable ASCII only"),
    ],
)
def test_an_invalid_value_is_a_usage_error(
    environment: dict[str, str], connection: Connection, options: list[str], said: str
) -> None:
    feeds.add(connection, [NewFeed(url="https://a.example/")])
    before = feed(connection, 1)
    ran = run("feeds", "edit", "1", *options, environment=environment)
    assert ran.code == 2 and said in ran.err and PASSWORD not in ran.err, ran.err
    assert feed(connection, 1) == before


def test_an_interval_that_is_set_is_kept(connection: Connection, settings: Settings, site: Site) -> None:
    site.answers["/feed.xml"] = (200, {"Cache-Control": "max-age=7200"}, rss(entry(1)))
    (feed_id,) = add(connection, site.url("/feed.xml"))
    connection.execute("UPDATE wiredesk.feed SET fixed_interval_seconds = 600")
    for _ in range(3):
        poll(connection, settings)
        row = feed(connection, feed_id)
        assert (row.interval_seconds, row.interval_reason) == (600, "every 10 min: set by `feeds edit`")
    site.answers["/feed.xml"] = (500, {}, b"")
    for _ in range(4):
        poll(connection, settings)
    assert (feed(connection, feed_id).interval_seconds or 0) > 1_000


def test_credentials_and_headers_are_sent_and_never_shown(
    connection: Connection, settings: Settings, site: Site, environment: dict[str, str], tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level("DEBUG")
    secret = base64.b64encode(f"reader:{PASSWORD}".encode()).decode()

    def answer(headers: Mapping[str, str]) -> Answer:
        wanted = (f"Basic {secret}", "gold", "Harbour/1")
        sent = (headers.get("Authorization"), headers.get("X-Plan"), headers["User-Agent"])
        return (200, {}, rss(entry(1))) if sent == wanted else (401, {}, b"")

    site.answers["/feed.xml"] = answer
    (feed_id,) = add(connection, site.url("/feed.xml"))
    poll(connection, settings)
    assert feed(connection, feed_id).last_error == "http_401"
    (tmp_path / "harbour").write_text(f"reader:{PASSWORD}\n")
    options = ["--credentials", "harbour", "--header", "X-Plan: gold", "--user-agent", "Harbour/1"]
    edited = run("feeds", "edit", str(feed_id), *options, environment=environment)
    assert (edited.code, edited.out, edited.err) == (0, f"feed {feed_id} changed\n", "")
    assert poll(connection, settings) == ["created"]
    assert feed(connection, feed_id).last_error is None
    checked = run("feeds", "check", site.url("/feed.xml"), environment=environment)
    assert checked.code == 0, checked.err
    shown = [
        run("feeds", "list", environment=environment).out,
        run("feeds", "list", "--format", "json", environment=environment).out,
        run("status", site.url("/feed.xml"), environment=environment).out,
        run("feeds", "export", environment=environment).out,
        checked.out,
        caplog.text,
        "".join(str(record.__dict__) for record in caplog.records),
    ]
    assert not [text for text in shown if PASSWORD in text or secret in text]
    assert json.loads(shown[1])["headers"] == ["X-Plan"]
    assert "sends       X-Plan, credentials harbour, Harbour/1" in shown[2]
    (tmp_path / "harbour").unlink()
    poll(connection, settings)
    said = feed(connection, feed_id).last_error
    assert said == f"credentials: {tmp_path / 'harbour'}: no such file or directory"


def test_a_move_to_another_host_leaves_headers_and_credentials_behind(connection: Connection) -> None:
    feeds.add(connection, [NewFeed(url="https://a.example/"), NewFeed(url="https://b.example/")])
    connection.execute("""UPDATE wiredesk.feed SET headers = '{"X-Plan": "gold"}', credentials = 'harbour'""")
    assert feeds.move(connection, 1, "https://a.example/feed", other_host=False)
    assert feeds.move(connection, 2, "https://c.example/", other_host=True)
    assert [(feed(connection, n).headers, feed(connection, n).credentials) for n in (1, 2)] == [
        ({"X-Plan": "gold"}, "harbour"), ({}, None),
    ]  # fmt: skip


# ---- what an address answers, and why a feed is silent


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, {"Content-Type": "text/html"}, b"<!DOCTYPE html><html><body>Hello</body></html>"), "an HTML page"),
        ((200, {"Content-Type": "application/json"}, b'{"hello": 1}'), "JSON"),
        ((200, {}, b""), "nothing: 200 and an empty body"),
        ((200, {"Content-Type": "text/xml"}, b"<?xml version='1.0'?><note/>"), "XML"),
        ((404, {}, b""), "the status 404"),
    ],
)
def test_check_says_what_the_address_itself_answers(
    site: Site, environment: dict[str, str], answer: Answer, words: str
) -> None:
    site.answers["/x"] = answer
    ran = run("feeds", "check", site.url("/x"), environment=environment)
    assert ran.code == 1
    assert f"is          {words}, no feed" in ran.lines()
    as_json = run("feeds", "check", site.url("/x"), "--format", "json", environment=environment)
    row = json.loads(as_json.out)
    assert (as_json.code, row["is_feed"], row["answered"]) == (1, False, words)


def test_status_of_a_feed_says_why_with_its_last_fetches(
    connection: Connection, settings: Settings, site: Site, environment: dict[str, str]
) -> None:
    site.answers["/feed.xml"] = (200, {}, rss(entry(1), entry(2)))
    (feed_id,) = add(connection, site.url("/feed.xml"))
    poll(connection, settings)
    site.answers["/feed.xml"] = (404, {}, b"")
    poll(connection, settings)
    lines = run("status", site.url("/feed.xml"), environment=environment).lines()
    assert lines[0] == f"feed {feed_id}: active"
    assert any(line.startswith("  problem     not found (404) since") for line in lines)
    fetches = [line for line in lines if " bytes in " in line]
    assert "  404  0 bytes in" in fetches[0] and fetches[0].endswith("http_404")
    assert fetches[1].endswith("2 entries, 2 new")


def test_a_feed_that_waits_for_its_host_is_no_problem(
    connection: Connection,
    settings: Settings,
    site: Site,
    environment: dict[str, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    site.answers["/0.xml"] = (429, {"Retry-After": "60"}, b"")
    ids = add(connection, *(site.url(f"/{n}.xml") for n in range(5)))
    settings = settings_of(
        settings.database_url,
        settings.redis_url,
        allowed_networks="127.0.0.0/8",
        host_spacing_seconds="0",
        per_host="1",
    )
    connection.execute("UPDATE wiredesk.feed SET state = 'paused' WHERE feed_id > 1")
    poll(connection, settings)
    connection.execute("UPDATE wiredesk.feed SET state = CASE feed_id WHEN 1 THEN 'paused' ELSE 'active' END")
    caplog.clear()
    poll(connection, settings)
    reason = "127.0.0.1 answered 429 and asked us to wait 60 s"
    for feed_id in ids[1:]:
        row = feed(connection, feed_id)
        assert (row.postponed, row.fetched_at, row.last_error, row.failures) == (reason, None, None, 0)
        assert 0 < (row.next_fetch_at - row.added_at).total_seconds() < 120
    assert value(connection, "SELECT count(*) FROM wiredesk.fetch") == 1
    assert [record.levelname for record in caplog.records if record.levelname == "WARNING"] == []
    (line,) = [record.__dict__ for record in caplog.records if record.message == "host.waiting"]
    assert (line["host"], line["reason"], line["waiting"]) == ("127.0.0.1", reason, 4)
    listed = run("feeds", "list", environment=environment).lines()
    assert [line for line in listed if line.startswith(f"{reason}: 4 feeds wait for it, the last for ")] == listed[-1:]
    assert all("never" in line for line in listed[2:6])
    problems = run("feeds", "list", "--problems", environment=environment).lines()
    assert len(problems) == 2 and problems[1].endswith("/0.xml")


def test_hosts_whose_pages_check_for_robots_are_listed(
    connection: Connection, settings: Settings, environment: dict[str, str], site: Site
) -> None:
    teasers = [
        {"title": f"Ferry news {n}", "link": site.url(f"/news/{n}"), "guid": f"t-{n}", "description": "A teaser only …"}
        for n in range(2)
    ]
    site.answers["/feed.xml"] = (200, {}, rss(*teasers))
    site.answers["/news/0"] = (403, {"x-amzn-waf-action": "captcha"}, b"")
    page = b"<title>Just a moment...</title><div id='challenge-form'>Checking your browser before you go on</div>"
    site.answers["/news/1"] = (200, {"Content-Type": "text/html"}, b"<!DOCTYPE html><html>" + page)
    add(connection, site.url("/feed.xml"))
    poll(connection, replace(settings, full_text="short"))
    host = site.url("").removeprefix("http://")
    assert values(connection, "SELECT error FROM wiredesk.fetch WHERE document_id IS NOT NULL ORDER BY url")[0] == (
        f"challenge: {site.url('/news/0')} answered 403, a check for robots (x-amzn-waf-action: captcha)"
    )
    for options in ((), ("--problems",)):
        ran = run("feeds", "list", *options, environment=environment)
        assert ran.lines()[-1].startswith(f"{host}: 2 pages were a check for robots, the last ")


def test_a_poll_that_is_waited_for_says_what_came(
    connection: Connection, settings: Settings, environment: dict[str, str], site: Site
) -> None:
    site.answers["/good.xml"] = (200, {}, rss(entry(1)))
    site.answers["/bad.xml"] = (404, {}, b"")
    good, bad = add(connection, site.url("/good.xml"), site.url("/bad.xml"))
    poll(connection, settings)

    def polled(*names: int) -> Ran:
        """The command, while the feeds are polled here as the workers poll them."""
        with ThreadPoolExecutor(1) as pool:
            ended = pool.submit(run, "feeds", "poll", "--wait", *map(str, names), environment=environment)
            while not ended.done():
                if value(connection, "SELECT bool_or(asked) FROM wiredesk.feed"):
                    poll(connection, settings)
                time.sleep(0.05)
            return ended.result()

    ran = polled(good)
    assert (ran.code, ran.err) == (0, "")
    first, line = ran.lines()
    assert first == "1 feed is due now"
    assert re.fullmatch(rf"feed {good}  [-\d]+ [:\d]+  200  [\d,]+ bytes in [\d.]+ s  {site.url('/good.xml')}", line)
    ran = polled(good, bad)
    assert ran.code == 1
    assert ran.lines()[0] == "2 feeds are due now"
    assert sorted(line.partition("  ")[0] for line in ran.lines()[1:]) == sorted((f"feed {good}", f"feed {bad}"))
    assert re.search(rf"^feed {bad}  .*  404  .*  http_404  {site.url('/bad.xml')}$", ran.out, re.MULTILINE)


def test_a_feed_that_was_never_read_and_says_not_modified_is_a_problem(
    connection: Connection, settings: Settings, site: Site
) -> None:
    site.answers["/feed.xml"] = (304, {"ETag": '"1"'}, b"")
    (feed_id,) = add(connection, site.url("/feed.xml"))
    connection.execute("""UPDATE wiredesk.feed SET etag = '"1"', last_modified = 'Mon, 09 Mar 2026 10:00:00 GMT'""")
    for _ in range(2):
        poll(connection, settings)
        row = feed(connection, feed_id)
        assert (row.etag, row.last_modified, row.succeeded_at) == (None, None, None)
        assert (row.last_error or "").startswith("http_304: not modified, although it was asked without validators")
    assert site.seen == [("/feed.xml", None)] * 2
    site.answers["/feed.xml"] = (200, {"ETag": '"1"'}, rss(entry(1)))
    assert poll(connection, settings) == ["created"]
    assert feed(connection, feed_id).last_error is None
