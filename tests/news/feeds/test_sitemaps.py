"""Sitemaps: of news, plain, indexes, broken."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest
from corpus import CORPUS

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.feeds.entries import Feed, SitemapReference
from wiredesk.worker.news.feeds.parser import read_feed
from wiredesk.worker.news.model import Draft, Evidence, Media, Moment

SITEMAP = CORPUS / "feeds" / "news-sitemap.xml"
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def read(body: bytes | str, *, max_entries: int = 5_000) -> Feed:
    raw = body.encode() if isinstance(body, str) else body
    return read_feed(
        raw, content_type=None, url="https://news.example/sitemap.xml", received_at=None, max_entries=max_entries
    )


def test_news() -> None:
    feed = read(SITEMAP.read_bytes())
    assert (feed.format, feed.sitemaps, feed.faults) == ("newssitemap", (), ())
    assert feed.entries[0] == Draft(
        headline="Council votes <late>",
        language="en",
        url="https://news.example/a?x=1&y=2",
        source="News Example",
        published=Moment(
            datetime(2026, 11, 23, 8, 30, tzinfo=UTC), "second", "sitemap:news:publication_date", offset_minutes=0
        ),
        modified=Moment(datetime(2026, 11, 23, 9, tzinfo=UTC), "second", "sitemap:lastmod", offset_minutes=0),
        tags=("council", "vote"),
        media=(
            Media("https://news.example/a.jpg", "image", caption="The council"),
            Media("https://news.example/b.jpg", "image"),
        ),
        identifiers=(("url", "https://news.example/a?x=1&y=2"),),
        teaser=True,
        evidence=(
            Evidence("published", "sitemap:news:publication_date", "2026-11-23T08:30:00+00:00", chosen=True),
            Evidence("modified", "sitemap:lastmod", "2026-11-23T09:00:00Z", chosen=True),
        ),
    )


def test_an_address_alone_is_an_entry_and_nothing_is_none() -> None:
    empty, bare = read(SITEMAP.read_bytes()).entries[1:]
    assert isinstance(empty, Rejected)
    assert empty.reason == "empty_entry"
    assert bare == Draft(url="https://news.example/b", identifiers=(("url", "https://news.example/b"),), teaser=True)


def test_gzip() -> None:
    assert read(gzip.compress(SITEMAP.read_bytes())).entries[0] == read(SITEMAP.read_bytes()).entries[0]


def test_an_index() -> None:
    feed = read(
        f'<?xml version="1.0"?><sitemapindex xmlns="{NAMESPACE}"><sitemap><loc>/news.xml.gz</loc>'
        "<lastmod>2026-11-23</lastmod></sitemap><sitemap><loc> https://news.example/b.xml </loc></sitemap>"
        "<sitemap><lastmod>2026-11-23</lastmod></sitemap></sitemapindex>"
    )
    assert (feed.format, feed.entries) == ("sitemapindex", ())
    assert feed.sitemaps == (
        SitemapReference(
            "https://news.example/news.xml.gz",
            Moment(datetime(2026, 11, 23, tzinfo=UTC), "day", "sitemap:lastmod", zone_known=False),
        ),
        SitemapReference("https://news.example/b.xml"),
    )


def test_a_plain_sitemap_without_a_namespace() -> None:
    feed = read("<urlset><url><loc>/a</loc></url></urlset>")
    assert (feed.format, [entry.url for entry in feed.entries if isinstance(entry, Draft)]) == (
        "sitemap",
        ["https://news.example/a"],
    )


def test_bare_ampersands_and_entities_are_mended() -> None:
    feed = read("<urlset><url><loc>https://news.example/?a=1&b=2&eacute;</loc></url></urlset>")
    (entry,) = feed.entries
    assert isinstance(entry, Draft)
    assert entry.url == "https://news.example/?a=1&b=2é"
    assert feed.faults == ()


def test_undeclared_prefixes_are_understood() -> None:
    feed = read(
        "<urlset><url><loc>/a</loc><news:news><news:title>Vote &amp; count</news:title></news:news></url></urlset>"
    )
    (entry,) = feed.entries
    assert isinstance(entry, Draft)
    assert (feed.format, entry.headline) == ("newssitemap", "Vote & count")


def test_entries_before_a_fault_are_kept() -> None:
    feed = read("<urlset>\n<url><loc>/a</loc></url>\n<url><loc>/b</urlset>")
    first, fault = feed.entries
    assert isinstance(first, Draft)
    assert first.url == "https://news.example/a"
    assert isinstance(fault, Rejected)
    assert str(fault) == "broken_entry: the document ends in a fault: line 3: mismatched tag"
    assert feed.faults == ("line 3: mismatched tag",)


def test_a_sitemap_that_is_nothing_but_a_fault() -> None:
    with pytest.raises(Rejected) as caught:
        read("<urlset>\n<url><<")
    assert str(caught.value) == "broken_feed: line 2: not well-formed (invalid token)"


def test_entries_over_the_limit_are_left_out_and_it_says_so() -> None:
    feed = read("<urlset>" + "<url><loc>/a</loc></url>" * 5 + "</urlset>", max_entries=3)
    assert (len(feed.entries), feed.truncated) == (3, True)
