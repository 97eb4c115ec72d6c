"""`wiredesk feeds add` at a site: its feeds are found, shown, and the best is taken."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from local_site import Answer, Site, serving
from newsroom import Ran, counts, entry, rss, run, values

from wiredesk.worker.db import Connection

PAGE = "<!DOCTYPE html><html><head>{}</head><body>Harbour news</body></html>"
NEWS = (
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    ' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>{0}/story</loc><news:news>'
    "<news:publication><news:name>Harbour Wire</news:name><news:language>en</news:language></news:publication>"
    "<news:publication_date>2026-03-09</news:publication_date><news:title>Ferry returns</news:title>"
    "</news:news></url></urlset>"
)
EVERYTHING = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>{0}/about</loc></url></urlset>'
INDEX = (
    '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>{0}/pages.xml</loc></sitemap>'
    "<sitemap><loc>{0}/latest-news.xml.gz</loc></sitemap></sitemapindex>"
)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


@pytest.fixture
def environment(database_url: str, redis_url: str) -> dict[str, str]:
    return {
        "WIREDESK_DATABASE_URL": database_url, "WIREDESK_REDIS_URL": redis_url, "WIREDESK_PER_HOST": "8",
        "WIREDESK_ALLOWED_NETWORKS": "127.0.0.0/8", "WIREDESK_HOST_SPACING_SECONDS": "0",
    }  # fmt: skip


def page(links: str = "") -> Answer:
    return (200, {"Content-Type": "text/html"}, PAGE.format(links).encode())


def add(site: Site, environment: dict[str, str], path: str = "/") -> Ran:
    return run("feeds", "add", site.url(path), environment=environment)


def test_link_tags_come_first_and_the_best_is_taken(
    site: Site, environment: dict[str, str], connection: Connection
) -> None:
    links = (
        '<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed">'
        '<link rel="alternate" type="application/rss+xml" title="News" href="/news.xml">'
        '<link rel="alternate" type="application/feed+json" href="/news.json">'
    )
    site.answers = {"/": page(links), "/news.xml": (200, {}, rss(entry(1), title="Harbour Wire"))}
    site.answers["/comments/feed"] = (200, {}, rss(entry(2), title="Comments"))
    site.answers["/news.json"] = (
        200, {}, b'{"version":"https://jsonfeed.org/version/1.1","title":"H","items":[{"id":"1","content_text":"x"}]}'
    )  # fmt: skip
    ran = add(site, environment)
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines() == [
        f"feed 1 added: {site.url('/news.xml')}  Harbour Wire",
        f"  also found: {site.url('/news.json')}",
        f"  also found: {site.url('/comments/feed')}",
    ]
    assert values(connection, "SELECT url FROM wiredesk.feed") == [site.url("/news.xml")]
    assert "/robots.txt" not in [path for path, _ in site.seen]


def test_an_empty_feed_is_taken_only_where_no_other_is(
    site: Site, environment: dict[str, str], connection: Connection
) -> None:
    links = "".join(f'<link rel="alternate" type="application/rss+xml" href="/{n}.xml">' for n in (1, 2))
    site.answers = {"/": page(links), "/1.xml": (200, {}, rss()), "/2.xml": (200, {}, rss(entry(1)))}
    assert add(site, environment).code == 0
    assert values(connection, "SELECT url FROM wiredesk.feed") == [site.url("/2.xml")]


def test_well_known_addresses_are_tried_where_the_page_names_none(
    site: Site, environment: dict[str, str], connection: Connection
) -> None:
    dead = '<link rel="alternate" type="application/rss+xml" href="/dead.xml">'
    site.answers = {"/": page(dead), "/feed.xml": (200, {}, rss(entry(1)))}
    assert add(site, environment).code == 0
    assert values(connection, "SELECT url FROM wiredesk.feed") == [site.url("/feed.xml")]


@pytest.mark.parametrize("way", ["named", "in an index"])
def test_a_news_sitemap_in_robots_is_the_last_resort(
    site: Site, environment: dict[str, str], connection: Connection, way: str
) -> None:
    root = site.url("").rstrip("/")
    site.answers = {
        "/": page(),
        "/pages.xml": (200, {}, EVERYTHING.format(root).encode()),
        "/latest-news.xml.gz": (200, {"Content-Type": "application/gzip"}, gzip.compress(NEWS.format(root).encode())),
        "/index.xml.gz": (200, {}, gzip.compress(INDEX.format(root).encode())),
    }
    named = ("/pages.xml", "/latest-news.xml.gz") if way == "named" else ("/pages.xml", "/index.xml.gz")
    lines = "".join(f"Sitemap: {root}{path}\n" for path in named)
    site.answers["/robots.txt"] = (200, {"Content-Type": "text/plain"}, f"User-agent: *\nDisallow:\n{lines}".encode())
    ran = add(site, environment)
    assert (ran.code, ran.err, ran.lines()) == (0, "", [f"feed 1 added: {root}/latest-news.xml.gz"])


def test_an_index_of_sitemaps_is_never_polled_itself(
    site: Site, environment: dict[str, str], connection: Connection
) -> None:
    root = site.url("").rstrip("/")
    site.answers = {
        "/sitemap.xml": (200, {}, INDEX.format(root).encode()),
        "/latest-news.xml.gz": (200, {}, gzip.compress(NEWS.format(root).encode())),
    }
    ran = add(site, environment, "/sitemap.xml")
    assert (ran.code, ran.lines()) == (0, [f"feed 1 added: {root}/latest-news.xml.gz"])


@pytest.mark.parametrize("robots", [False, True])
def test_a_site_without_a_feed_is_an_error_that_says_so(
    site: Site, environment: dict[str, str], connection: Connection, robots: bool
) -> None:
    before = counts(connection)
    root = site.url("").rstrip("/")
    site.answers = {"/": page()}
    if robots:
        site.answers["/robots.txt"] = (200, {}, f"Sitemap: {root}/all.xml\n".encode())
        site.answers["/all.xml"] = (200, {}, EVERYTHING.format(root).encode())
    ran = add(site, environment)
    more = f"; its sitemaps ({root}/all.xml …) are not for news" if robots else ""
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        f"wiredesk: {site.url('/')}: not_a_feed: the document is an HTML page; a feed is expected;"
        f" no feed was found, 10 addresses were tried{more}\n"
    )
    assert counts(connection) == before


def test_check_explains_what_it_found_and_files_nothing(
    site: Site, environment: dict[str, str], connection: Connection
) -> None:
    before = counts(connection)
    link = '<link rel="alternate" type="application/rss+xml" href="/news.xml">'
    site.answers = {"/": page(link), "/news.xml": (200, {"ETag": '"1"'}, rss(entry(1), entry(2)))}
    ran = run("feeds", "check", site.url("/"), environment=environment)
    assert ran.code == 1
    lines = ran.lines()
    assert lines[0].startswith("answer      200 from 127.0.0.1, ")
    assert lines.index("is          an HTML page, no feed") < lines.index(f"found       {site.url('/news.xml')}")
    add_it = f"`wiredesk feeds add {site.url('/news.xml')}` adds the best that its site has"
    assert ran.err == f"wiredesk: {site.url('/')} is no feed; {add_it}\n"
    assert "entries     2: 0 only teasers, 0 without a date, 0 unreadable" in ran.lines()
    assert counts(connection) == before


def test_check_says_what_a_redirect_and_a_ttl_would_do(
    site: Site, environment: dict[str, str], connection: Connection
) -> None:
    body = rss(entry(1)).replace(b"<channel>", b"<channel><ttl>180</ttl>")
    site.answers = {
        "/old.xml": (301, {"Location": "/new.xml"}, b""),
        "/new.xml": (200, {"Cache-Control": "max-age=7200"}, body),
    }
    ran = run("feeds", "check", site.url("/old.xml"), environment=environment)
    assert ran.code == 0
    assert f"redirect    301 to {site.url('/new.xml')}" in ran.lines()
    assert f"moves       to {site.url('/new.xml')}, after 7 days of the same answer" in ran.lines()
    assert "says        its ttl is 3 h" in ran.lines()
    assert ran.lines()[-1].startswith("next poll   after 2.1 h: every 2 h: its answer may be cached for 2 h")


RUSSIAN = (
    "<?xml version='1.0'?><rss version='2.0'><channel><title>Мост закрыт</title>"
    "<item><title>Мост закрыт</title><link>/1</link></item></channel></rss>"
)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Type": "text/xml;charset=cp-1251"}, RUSSIAN.encode("cp1251")),
        ({"Content-Type": 'text/xml; charset="KOI8-R"'}, RUSSIAN.encode("koi8-r")),
        ({"Content-Type": "text/xml", "Content-Encoding": "UTF-8"}, RUSSIAN.encode()),
        ({"Content-Type": "text/xml", "Content-Encoding": "deflate"}, gzip.compress(RUSSIAN.encode())),
    ],
)
def test_check_reads_a_feed_whose_headers_are_odd(
    site: Site, environment: dict[str, str], headers: dict[str, str], body: bytes
) -> None:
    site.answers = {"/rss": (200, headers, body)}
    ran = run("feeds", "check", site.url("/rss"), environment=environment)
    assert ran.code == 0
    assert any("Мост закрыт" in line for line in ran.lines())


@pytest.mark.parametrize(
    "head", ['<a href="/good.xml">RSS</a>', '<meta http-equiv="refresh" content="0; url=/good.xml">']
)
def test_check_finds_a_feed_that_only_words_or_a_refresh_lead_to(
    site: Site, environment: dict[str, str], head: str
) -> None:
    site.answers = {"/": page(head), "/good.xml": (200, {}, rss(entry(1)))}
    ran = run("feeds", "check", site.url("/"), environment=environment)
    assert ran.code == 1  # the asked address itself is no feed
    assert f"found       {site.url('/good.xml')}" in ran.lines()
