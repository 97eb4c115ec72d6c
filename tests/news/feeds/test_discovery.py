"""Feeds found in pages and robots.txt, the best first."""

from __future__ import annotations

import pytest

from wiredesk.worker.news.feeds.discovery import FeedCandidate, find_feeds, sitemaps_in_robots, well_known

PAGE = "https://site.example/news/index.html"


def found(html: str, url: str = PAGE) -> list[str]:
    return [candidate.url for candidate in find_feeds(html, url=url)]


def test_link_tags_are_ranked_and_say_what_they_are() -> None:
    html = """<html><head>
      <link rel="alternate" type="application/rss+xml" title="Site &raquo; Comments Feed" href="/comments/feed/">
      <link rel="alternate" type="application/rss+xml" title="Site: sport" href="/category/sport/feed/">
      <link rel="alternate" type="application/feed+json" title="JSON" href="/feed.json">
      <link rel="alternate" type="application/rss+xml" title="Site Feed" href="/feed/">
      <link rel="ALTERNATE home" type="application/atom+xml; charset=utf-8" href="atom.xml#top">
      <link rel="stylesheet" type="text/css" href="/feed.css"><link rel="alternate" hreflang="de" href="/de/feed/">
      </head></html>"""
    assert find_feeds(html, url=PAGE) == (
        FeedCandidate("https://site.example/feed/", "rss", "Site Feed", "link", 105),
        FeedCandidate("https://site.example/news/atom.xml", "atom", None, "link", 105),
        FeedCandidate("https://site.example/feed.json", "json", "JSON", "link", 100),
        FeedCandidate("https://site.example/category/sport/feed/", "rss", "Site: sport", "link", 85),
        FeedCandidate("https://site.example/comments/feed/", "rss", "Site » Comments Feed", "link", 45),
    )


def test_addresses_are_resolved_against_the_base_of_the_page() -> None:
    html = '<base href="//cdn.example/x/"><link rel="alternate" type="application/rss+xml" href="rss">'
    assert found(html) == ["https://cdn.example/x/rss"]


def test_loose_types_are_believed_when_the_address_or_title_agrees() -> None:
    html = """<link rel="alternate" type="application/xml" href="/rss">
      <link rel="alternate" type="text/xml" href="/data.xml">
      <link rel="alternate" type="text/xml" title="Our RSS" href="/data2.xml"><link rel="feed" href="/plain">
      <link rel="alternate" type="application/json" href="/wp-json/posts/1">"""
    assert found(html) == [
        "https://site.example/rss",
        "https://site.example/data2.xml",
        "https://site.example/plain",
    ]


def test_links_in_the_text_come_after_link_tags() -> None:
    html = """<body><a href="/rss.xml">Subscribe via RSS</a><a href="/feedback">Feedback</a><a href="/a/atom/">x</a>
      <a href="https://feedly.com/i/subscription/feed/https://site.example/rss">Feedly</a>
      <a href="feed://site.example/other.rss">other</a><a href="javascript:rss()">RSS</a>
      <link rel="alternate" type="application/rss+xml" href="/main"></body>"""
    assert [(c.url, c.found) for c in find_feeds(html, url=PAGE)] == [
        ("https://site.example/main", "link"),
        ("https://site.example/rss.xml", "anchor"),
        ("https://site.example/a/atom/", "anchor"),
        ("https://site.example/other.rss", "anchor"),
    ]


def test_an_address_counts_once_with_its_best_standing() -> None:
    html = '<a href="/rss">RSS</a><link rel="alternate" type="application/rss+xml" title="Feed" href="/rss">'
    assert find_feeds(html, url=PAGE) == (FeedCandidate("https://site.example/rss", "rss", "Feed", "link", 105),)


@pytest.mark.parametrize("html", ["", "no markup", "<html><body><p>A page.</p></body></html>", "<a href>x</a>"])
def test_a_page_without_a_feed_has_none(html: str) -> None:
    assert find_feeds(html, url=PAGE) == ()


def test_no_more_than_a_hundred_are_shown() -> None:
    html = "".join(f'<link rel="alternate" type="application/rss+xml" href="/{n}">' for n in range(3_000))
    assert len(find_feeds(html, url=PAGE)) == 100


def test_well_known_addresses_of_the_folder_and_the_site() -> None:
    root = [candidate.url for candidate in well_known("https://site.example")]
    assert root[:3] == ["https://site.example/feed/", "https://site.example/rss.xml", "https://site.example/feed.xml"]
    folder = [candidate.url for candidate in well_known("https://site.example/blog/post")]
    assert folder[0] == "https://site.example/blog/feed/"
    assert folder[len(root) :] == root
    assert {candidate.found for candidate in well_known("https://site.example/")} == {"well-known"}


def test_sitemaps_in_robots_news_first() -> None:
    robots = (
        "\ufeffUser-agent: *\nDisallow: /x\nSitemap: https://site.example/sitemap.xml\r\n"
        "# Sitemap: https://site.example/no.xml\n  SITEMAP : /news.xml # fresh\nSitemap:\nSitemap: ftp://site.example/f.xml\n"
        "Sitemap: https://site.example/sitemap.xml\n"
    )
    assert sitemaps_in_robots(robots, url="https://site.example/robots.txt") == (
        "https://site.example/news.xml",
        "https://site.example/sitemap.xml",
    )
    assert sitemaps_in_robots("Sitemap: /relative.xml") == ()


@pytest.mark.parametrize(
    "link",
    [
        '<a href="/good.xml">RSS</a>',
        '<a href="/good.xml"> RSS feed </a>',
        '<a href="/good.xml">Subscribe via RSS</a>',
        '<a href="/good.xml">[Atom]</a>',
        '<a href="/good.xml"><img src="/i.png" alt="RSS"></a>',
        '<a href="/good.xml" title="RSS 2.0"></a>',
        '<a href="/good.xml" aria-label="News feed"><svg></svg></a>',
        '<meta http-equiv="refresh" content="0; url=/good.xml">',
        "<META HTTP-EQUIV='Refresh' CONTENT=\"5;URL='https://site.example/good.xml'\">",
    ],
)
def test_a_feed_that_only_words_or_a_refresh_lead_to(link: str) -> None:
    (found,) = find_feeds(f"<html><body><p>{link}</p></body></html>", url="https://site.example/")
    assert found.url == "https://site.example/good.xml"


@pytest.mark.parametrize(
    "link",
    [
        '<a href="/about">What is RSS and how do I use it</a>',
        '<a href="/rss-icon.png">RSS</a>',
        '<a href="/cows">How to feed cows</a>',
        '<meta http-equiv="refresh" content="300">',
        '<meta http-equiv="refresh" content="300; url=https://site.example/">',
    ],
)
def test_words_about_feeds_lead_to_none(link: str) -> None:
    assert find_feeds(f"<html><body><p>{link}</p></body></html>", url="https://site.example/") == ()
