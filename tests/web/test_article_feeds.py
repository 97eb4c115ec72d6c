"""The articles as feeds: what our own readers read back, what the formats demand, and who may read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from lxml import etree
from newsroom import StartCelery, prose, submit_and_file, value
from web_site import Site, bearer, made, site_of

from wiredesk.worker import db
from wiredesk.worker.db import Connection
from wiredesk.worker.news.feeds.parser import Feed, read_feed
from wiredesk.worker.news.model import Draft
from wiredesk.worker.settings import Settings, load
from wiredesk.worker.web.api import article_feeds

ATOM, JSON_FEED, SITEMAP = article_feeds.ATOM, article_feeds.JSON_FEED, article_feeds.NEWS_SITEMAP
A = "{http://www.w3.org/2005/Atom}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
MAPS = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
TEXT = f"{prose(21)}\n\nA <b>tag</b>, an & and a word that is broken. {prose(22)}"
NOW = datetime(2026, 3, 12, 9, 30, 15, tzinfo=UTC)


def story(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "content": f"{prose(number)}\n\n{prose(number + 10)}",
        "headline": f"Story {number}",
        "source": "Harbour Wire",
        "key": f"k{number}",
        "url": f"https://harbour.example/news/{number}",
        "published_at": f"2026-03-0{number}T10:00:00Z",
        "language": "en",
    } | fields


@pytest.fixture(scope="module")
def desk(shared_database_url: str, shared_web: Site) -> Iterator[Site]:
    """The service web of four articles: a plain one, one in two revisions, one that says little, a withdrawn one."""
    settings = load({"WIREDESK_DATABASE_URL": shared_database_url, "WIREDESK_DATA_DIR": "/nonexistent"})
    rich = {
        "content": TEXT,
        "headline": "Café & <b>bold</b> “quotes” 🚢",
        "authors": ["Nora Castellan", "Luis Prado"],
        "tags": ["ports", "weather & more"],
    }
    with db.alone(shared_database_url) as connection:
        for message in (
            story(1),
            story(2, **rich),
            story(3, content="Short and without a title, from nowhere.", headline=None, url=None, published_at=None,
                  language=None),
            story(4, tags=["kill"]),
            story(2, **rich | {"content": TEXT.replace("broken", "mended")}),
        ):  # fmt: skip
            given = {name: text for name, text in message.items() if text is not None}
            submit_and_file(connection, settings, given, now=NOW)
        connection.execute(
            "UPDATE wiredesk.revision SET description = 'What it is & <why>', section = 'World'"
            " WHERE headline LIKE 'Caf%'"
        )
        connection.execute(
            "UPDATE wiredesk.revision SET flags = '{withdrawn}', ed_note = 'Legal reasons'"
            " WHERE article_id = (SELECT article_id FROM wire_v1.articles WHERE headline = 'Story 4')"
        )
        connection.execute(
            "INSERT INTO wiredesk.media (article_id, revision_no, ordinal, url, kind, media_type, caption)"
            " SELECT article_id, revision_no, 1, 'https://harbour.example/1.jpg', 'image', 'image/jpeg',"
            " 'A port & sea' FROM wire_v1.articles WHERE headline LIKE 'Caf%'"
        )
        connection.execute("UPDATE wiredesk.revision SET language = NULL WHERE headline IS NULL")
        connection.execute("UPDATE wiredesk.revision SET filed_at = '2026-03-12 10:00+00'")
        connection.execute("UPDATE wiredesk.revision SET filed_at = '2026-03-12 11:00:01+00' WHERE revision_no = 2")
    db.close()
    yield shared_web


def read(web: Site, path: str) -> Feed:
    answer = web.get(path)
    assert answer.status_code == 200, answer.text
    feed = read_feed(
        answer.content, content_type=answer.headers["Content-Type"], url=answer.url, received_at=datetime.now(UTC)
    )
    assert feed.faults == ()
    return feed


def drafts(feed: Feed) -> list[Draft]:
    assert all(isinstance(entry, Draft) for entry in feed.entries)
    return [entry for entry in feed.entries if isinstance(entry, Draft)]


@pytest.mark.parametrize(("path", "form"), [(ATOM, "atom10"), (JSON_FEED, "json11")])
def test_our_readers_read_what_we_wrote(desk: Site, path: str, form: str) -> None:
    feed = read(desk, path)
    assert (feed.format, feed.title, feed.self_url, feed.next_url) == (form, "wiredesk", desk.url + path, None)
    withdrawn, short, rich, plain = drafts(feed)
    records = {one["article_id"]: desk.get(f"/v1/articles/{one['article_id']}").json() for one in
               desk.get("/v1/articles").json()["articles"]}  # fmt: skip
    for draft in (rich, plain):
        (number,) = [n for n, record in records.items() if record["canonical_url"] == draft.url]
        record = records[number]
        assert draft.identifiers == (("guid", f"urn:wiredesk:article:{number}"), ("url", record["canonical_url"]))
        assert (draft.headline, draft.body_text) == (record["headline"], record["body_text"])
        assert draft.description == record["description"]
        assert draft.published is not None and draft.modified is not None
        assert draft.published.at == datetime.fromisoformat(record["published_at"])
        assert draft.language == record["language"]
        assert draft.tags == tuple(record["tags"])
        assert draft.teaser is False
    assert [author.name for author in rich.authors] == ["Nora Castellan", "Luis Prado"]
    assert [(media.url, media.kind, media.media_type, media.caption) for media in rich.media] == [
        ("https://harbour.example/1.jpg", "image", "image/jpeg", "A port & sea")
    ]
    assert rich.modified is not None and rich.modified.at == datetime(2026, 3, 12, 11, 0, 1, tzinfo=UTC)
    assert plain.modified is not None and plain.modified.at == datetime(2026, 3, 12, 10, tzinfo=UTC)
    assert (short.headline, short.published is not None and short.published.source) == (
        "Short and without a title, from nowhere.", "feed:updated",
    )  # fmt: skip
    assert short.url == f"{desk.url}/articles/{short.identifiers[0][1].rpartition(':')[2]}"
    assert (withdrawn.headline, withdrawn.body_text) == (
        "Withdrawn: Story 4", "Its provider has withdrawn this article.\n\nLegal reasons",
    )  # fmt: skip
    if path == ATOM:
        assert (rich.source, rich.section) == ("Harbour Wire", "World")


def test_our_reader_reads_the_news_sitemap(desk: Site) -> None:
    """Two days are the default; times that are given win. What is withdrawn is left out."""
    assert drafts(read(desk, SITEMAP)) == []
    short, rich, plain = drafts(read(desk, f"{SITEMAP}?seen_from=2026-01-01T00:00:00Z"))
    assert (plain.url, plain.headline, plain.language, plain.source) == (
        "https://harbour.example/news/1", "Story 1", "en", "Harbour Wire",
    )  # fmt: skip
    assert plain.published is not None and plain.published.at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert rich.modified is not None and rich.modified.at == datetime(2026, 3, 12, 11, 0, 1, tzinfo=UTC)
    assert short.published is not None and short.published.at == NOW  # first seen
    assert (short.headline, short.language) == ("Short and without a title, from nowhere.", "und")


def test_atom_has_what_rfc_4287_demands(desk: Site) -> None:
    root = etree.fromstring(desk.get(ATOM).content)
    assert root.tag == f"{A}feed"
    for name in ("id", "title", "updated"):
        assert len(root.findall(A + name)) == 1, name
    assert root.findtext(f"{A}id") == "urn:wiredesk:articles:"
    assert root.findtext(f"{A}updated") == "2026-03-12T11:00:01Z"
    assert [link.get("rel") for link in root.findall(f"{A}link")] == ["self", "first", "alternate"]
    entries = root.findall(f"{A}entry")
    assert len({entry.findtext(f"{A}id") for entry in entries}) == len(entries) == 4
    for entry in entries:
        for name in ("id", "title", "updated", "content"):
            assert len(entry.findall(A + name)) == 1, name
        assert len(entry.findall(f"{A}published")) <= 1
        assert entry.findall(f"{A}author/{A}name")
        assert next(link.get("rel") for link in entry.iterfind(f"{A}link")) == "alternate"
        for moment in (*entry.iterfind(f"{A}updated"), *entry.iterfind(f"{A}published")):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", moment.text or "")
        for address in [entry.findtext(f"{A}id"), *(link.get("href") for link in entry.iterfind(f"{A}link"))]:
            assert urlsplit(address or "").scheme in ("urn", "http", "https")
        content = entry.find(f"{A}content")
        assert content is not None and content.get("type") == "html"
        assert set(re.findall(r"<(/?\w+)", content.text or "")) <= {"p", "/p", "br"}
    empty = etree.fromstring(desk.get(f"{ATOM}?q=absent").content)
    assert (empty.findtext(f"{A}title"), empty.findtext(f"{A}updated")) == ("wiredesk: absent", "1970-01-01T00:00:00Z")


def test_json_feed_has_what_version_1_1_demands(desk: Site) -> None:
    answer = desk.get(JSON_FEED)
    assert answer.headers["Content-Type"] == "application/feed+json; charset=utf-8"
    feed = answer.json()
    assert (feed["version"], feed["title"]) == ("https://jsonfeed.org/version/1.1", "wiredesk")
    assert set(feed) == {"version", "title", "home_page_url", "feed_url", "items"}
    for item in feed["items"]:
        assert isinstance(item["id"], str) and item["content_html"]
        assert all(file["url"] and file["mime_type"] for file in item.get("attachments", ()))
        assert datetime.fromisoformat(item["date_modified"]).tzinfo is not None
    assert [item["_wiredesk"].get("is_withdrawn") for item in feed["items"]] == [True, None, None, None]
    assert json.loads(desk.get(f"{JSON_FEED}?q=absent").text)["items"] == []


def test_the_sitemap_has_what_google_demands(desk: Site) -> None:
    answer = desk.get(f"{SITEMAP}?seen_from=2026-01-01T00:00:00Z")
    assert answer.headers["Content-Type"] == "application/xml; charset=utf-8"
    urls = etree.fromstring(answer.content).findall(f"{MAPS}url")
    assert len(urls) == 3
    for url in urls:
        assert (url.findtext(f"{MAPS}loc") or "").startswith(("https://harbour.example/", desk.url))
        for name in ("publication/{n}name", "publication/{n}language", "publication_date", "title"):
            assert url.findtext(f"{NEWS}news/{NEWS}" + name.format(n=NEWS)), name


@pytest.mark.parametrize("path", [ATOM, JSON_FEED])
def test_a_feed_has_pages(desk: Site, path: str) -> None:
    """Each article once, over links that keep the filter; the last page has none."""
    seen, feed = [], read(desk, f"{path}?limit=2&source=harbour-wire&unknown=1")
    assert feed.self_url == f"{desk.url}{path}?source=harbour-wire&limit=2"
    while True:
        seen += [draft.headline for draft in drafts(feed)]
        if feed.next_url is None:
            break
        assert feed.next_url.startswith(f"{desk.url}{path}?source=harbour-wire&limit=2&cursor=")
        feed = read(desk, feed.next_url.removeprefix(desk.url))
    assert len(seen) == len(set(seen)) == 4
    assert seen[0] == "Withdrawn: Story 4"


def test_what_has_not_changed_is_not_sent_again(desk: Site) -> None:
    for path in (ATOM, JSON_FEED, f"{SITEMAP}?seen_from=2026-01-01T00:00:00Z"):
        whole = desk.get(path)
        changed = parsedate_to_datetime(whole.headers["Last-Modified"])
        assert changed == datetime(2026, 3, 12, 11, 0, 1, tzinfo=UTC)
        earlier = format_datetime(changed - timedelta(seconds=1), usegmt=True)
        for headers, status in (
            ({"If-None-Match": whole.headers["ETag"]}, 304),
            ({"If-None-Match": f'"x", W/{whole.headers["ETag"]}'}, 304),
            ({"If-Modified-Since": whole.headers["Last-Modified"]}, 304),
            ({"If-None-Match": '"x"', "If-Modified-Since": whole.headers["Last-Modified"]}, 200),
            ({"If-Modified-Since": earlier}, 200),
            ({"If-Modified-Since": "soon"}, 200),
        ):
            answer = desk.get(path, headers=headers)
            assert (answer.status_code, bool(answer.content)) == (status, status == 200), headers
            assert answer.headers["ETag"] == whole.headers["ETag"]


def test_a_wrong_parameter_is_named(desk: Site) -> None:
    for query, said in (("limit=0", "limit"), ("cursor=x", "cursor: not one"), ("q=-", "q: '-' has no word"),
                        ("seen_to=soon", "seen_to")):  # fmt: skip
        refused = desk.get(f"{ATOM}?{query}")
        assert (refused.status_code, said in refused.json()["detail"]) == (400, True), refused.text


def test_the_page_of_articles_links_to_the_feed_of_its_filter(desk: Site) -> None:
    page = desk.get("/articles?q=story&source=harbour-wire&published_to=2026-03-04").text
    query = "q=story&amp;source=harbour-wire&amp;published_to=2026-03-05T00%3A00%3A00Z"
    assert f'<link rel="alternate" type="application/atom+xml" href="{ATOM}?{query}"' in page
    assert f'<a href="{JSON_FEED}?{query}">JSON Feed</a>' in page


def test_a_page_ends_before_it_is_too_large(
    settings: Settings, connection: Connection, start_service: StartCelery
) -> None:
    for number in range(1, 4):
        submit_and_file(connection, settings, story(number))
    body = "A long line of wire copy. " * 40_000
    connection.execute("UPDATE wiredesk.revision SET body_text = %s", [body])
    with site_of(start_service) as web:
        first = read(web, ATOM)
        assert len(first.entries) == 1
        assert first.next_url is not None
        assert len(read(web, first.next_url.removeprefix(web.url)).entries) == 1
        just_changed = web.get(ATOM).headers
        assert ("ETag" in just_changed, "Last-Modified" in just_changed) == (True, False)


def test_characters_that_xml_cannot_hold_are_left_out(
    settings: Settings, connection: Connection, start_service: StartCelery
) -> None:
    submit_and_file(connection, settings, story(1))
    odd = "".join(map(chr, [*range(1, 32), 127, 0x85, 0x2028, 0xFFFE, 0xFFFF]))
    connection.execute(
        "UPDATE wiredesk.revision SET headline = %(t)s, body_text = %(t)s, description = %(t)s, section = %(t)s",
        {"t": f"A{odd}]]>&<B"},
    )
    with site_of(start_service) as web:
        for path in (ATOM, JSON_FEED, f"{SITEMAP}?seen_from=2026-01-01T00:00:00Z"):
            (draft,) = drafts(read(web, path))
            assert draft.headline is not None
            assert (draft.headline[0], draft.headline[-6:]) == ("A", "]]>&<B"), path


def test_who_may_follow_a_feed(
    start_service: StartCelery, database_url: str, connection: Connection, settings: Settings
) -> None:
    """A token that only reads is taken as a password, and stands in no log line."""
    submit_and_file(connection, settings, story(1))
    sees = made(database_url, "--scope", "read,embargoed")
    reads = made(database_url, "--scope", "read")
    rules = made(database_url, "--scope", "admin")
    connection.execute("UPDATE wiredesk.article SET release_at = now() + interval '1 hour'")
    with site_of(start_service, WIREDESK_PUBLIC_URL="https://desk.example.org") as web:
        asked = web.get(ATOM)
        assert (asked.status_code, asked.headers["WWW-Authenticate"]) == (
            401,
            'Basic realm="wiredesk", charset="UTF-8"',
        )
        for path in (ATOM, JSON_FEED):
            assert len(drafts(read_as(web, path, reads))) == 0
            (early,) = drafts(read_as(web, path, sees))
            assert early.url == "https://harbour.example/news/1"
        assert read_as(web, ATOM, reads).self_url == f"https://desk.example.org{ATOM}"
        assert "Embargo until" in web.get(ATOM, auth=("x", sees)).text
        assert len(drafts(read_as(web, SITEMAP, sees))) == 0  # a sitemap is for everybody
        assert web.get(ATOM, headers=bearer(reads)).status_code == 200
        refused = web.get(ATOM, auth=("x", rules))
        assert (refused.status_code, refused.json()["detail"]) == (
            401, "a password must be a token that may only read (--scope read)",
        )  # fmt: skip
        assert web.get(ATOM, auth=("x", "wd_wrong")).status_code == 401
        assert web.get(ATOM, headers={"Authorization": "Basic !"}).status_code == 401
        assert web.get("/v1/articles", auth=("x", reads)).status_code == 401  # feeds only
        before = read_as(web, ATOM, reads)
        connection.execute("UPDATE wiredesk.article SET release_at = now() - interval '1 minute'")
        (released,) = drafts(read_as(web, ATOM, reads))
        release_at = value(connection, "SELECT release_at FROM wiredesk.article")
        assert (before.entries, released.modified is not None and released.modified.at >= release_at) == ((), True)
        assert not any(token in web.log() for token in (sees, reads, rules, "wd_wrong"))


def read_as(web: Site, path: str, token: str) -> Feed:
    answer = web.get(path, auth=("reader", token))
    return read_feed(answer.content, content_type=None, url=web.url + path, received_at=datetime.now(UTC))
