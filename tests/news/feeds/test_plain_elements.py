"""Plain elements read by `plain_elements` and by feedparser alone give the same feed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import pytest
from corpus import CORPUS
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.newswire import rss
from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.feeds import feedparser_limits
from wiredesk.worker.news.feeds.feedparser_limits import StrictParser
from wiredesk.worker.news.feeds.parser import read_feed

RECEIVED_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
# Feeds beside the checkout that are no part of the project; read where they are.
BESIDE = Path(__file__).parents[4] / "shared" / "cases" / "feeds"


class ByFeedparserAlone(StrictParser):
    def _begin_plain(self, tag: str, name: str, attributes: dict[str, str]) -> bool:
        return False


def read(body: bytes) -> object:
    """All that is read of a feed, comparable."""
    try:
        feed = read_feed(body, content_type=None, url="https://site.example/feed", received_at=RECEIVED_AT)
    except Rejected as refusal:
        return str(refusal)
    return [str(entry) if isinstance(entry, Rejected) else entry for entry in feed.entries], repr(feed)


def read_by_feedparser_alone(body: bytes) -> object:
    with mock.patch.object(feedparser_limits, "StrictParser", ByFeedparserAlone):
        return read(body)


def bodies() -> Iterator[tuple[str, bytes]]:
    for path in sorted((CORPUS / "feeds").glob("*.xml")):
        yield path.name, path.read_bytes()
    yield "newswire", rss(1, entries=20, base_url="https://news.example")
    for path in sorted(BESIDE.glob("*.json")):
        content = json.loads(path.read_text()).get("message", {}).get("content", "")
        if "<" in content:
            yield path.name, content.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in bodies()])
def test_feeds_of_the_corpus_are_read_as_by_feedparser_alone(body: bytes) -> None:
    assert read(body) == read_by_feedparser_alone(body)


TEXTS = st.sampled_from(
    (
        "",
        "  ",
        "One &amp; two",
        "<![CDATA[<p>Ferry &#8217;s back</p>]]>",
        "&lt;b&gt;bold&lt;/b&gt;",
        "MÃ¼ller sagt",
        "caf\u00e9 \u0085 au lait",
        "https://site.example/a?b=1",
        "https:////site.example/a",
        "https://site.example/ä?b=1&amp;c=2",
        "/relative",
        "hw-1",
        "Tue, 10 Mar 2026 12:00:00 GMT",
        "2026-03-10T12:00:00Z",
        "jane@example.com (Jane Doe)",
        "Jane Doe",
        "<!-- comment -->Jane<?pi?> Doe",
        "<b>child</b>",
        "before <title>inner</title> after",
        "<media:title>inner</media:title>",
        '<x:a xmlns:x="urn:x">child</x:a>',
        '<a xmlns="http://www.w3.org/1999/xhtml">child</a>',
        "word " * 60 + "é",
    )
)
NAMES = st.sampled_from(
    "title link guid id description summary content:encoded pubDate published updated dc:date dc:creator dc:subject "
    "dc:title author category comments slash:comments wfw:commentRss media:content media:title media:description "
    "media:keywords media:thumbnail media:group source image textInput enclosure prism:section feedburner:origLink "
    "itunes:author itunes:summary svg unknown atom:link atom:id atom:title atom:author name email xhtml:body body "
    "contributor dc:language language".split()
)
ATTRIBUTES = st.sampled_from(
    (
        "",
        "",
        "",
        ' isPermaLink="false"',
        ' isPermaLink="true"',
        ' isPermaLink="False"',
        ' type="html"',
        ' type="text"',
        ' type="xhtml"',
        ' rel="self" href="https://site.example/self"',
        ' url="https://site.example/i.jpg" medium="image"',
        ' xml:base="https://other.example/"',
        ' xml:lang="de_AT"',
        ' term="News" label="Latest"',
        ' xmlns="http://www.w3.org/2005/Atom"',
        ' xmlns:dc="urn:other"',
        ' xmlns:title="http://purl.org/dc/elements/1.1/"',
    )
)
ELEMENTS = st.recursive(
    st.tuples(NAMES, ATTRIBUTES, TEXTS).map(lambda e: f"<{e[0]}{e[1]}>{e[2]}</{e[0]}>"),
    lambda inner: st.tuples(NAMES, ATTRIBUTES, st.lists(inner, max_size=3)).map(
        lambda e: f"<{e[0]}{e[1]}>{''.join(e[2])}</{e[0]}>"
    ),
    max_leaves=4,
)
ENTRIES = st.lists(st.lists(ELEMENTS, max_size=7).map("\n".join), min_size=1, max_size=3)
SPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/" '
    'xmlns:wfw="http://wellformedweb.org/CommentAPI/" xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:prism="http://prismstandard.org/namespaces/1.2/basic/" xmlns:xhtml="http://www.w3.org/1999/xhtml" '
    'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" xmlns:itunes="http://www.itunes.com/DTDs/PodCast-1.0.dtd"'
)
RSS = "<rss version='2.0' {spaces}><channel{about}><title>F</title><language>en_GB</language>{entries}</channel></rss>"
ATOM = "<feed xmlns='http://www.w3.org/2005/Atom' {spaces}{about}><title>F</title>{entries}</feed>"
RDF = (
    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/' {spaces}>"
    "<channel{about}><title>F</title></channel>{entries}</rdf:RDF>"
)


@settings(max_examples=300, deadline=None)
@given(
    form=st.sampled_from(((RSS, "item"), (ATOM, "entry"), (RDF, "item"))),
    about=st.sampled_from(("", ' xml:base="https://other.example/x/"', ' xml:lang="pt_BR"')),
    entries=ENTRIES,
)
@example(
    form=(RSS, "item"), about="", entries=["<title>A</title><media:title>B</media:title>", "<title/><title>C</title>"]
)
@example(form=(RSS, "item"), about="", entries=["<guid>a</guid><link/>", "<link>a</link><link/><guid>b</guid>"])
@example(form=(RSS, "item"), about="", entries=["<description>a</description><description>b</description>"])
@example(form=(RSS, "item"), about="", entries=["<content:encoded>a</content:encoded><description>b</description>"])
@example(form=(RSS, "item"), about="", entries=["<category>a</category><category/><category>a</category>"])
@example(form=(RSS, "item"), about="", entries=["<title>one <b>two</b></title><dc:creator><b>x</b></dc:creator>"])
def test_drawn_feeds_are_read_as_by_feedparser_alone(form: tuple[str, str], about: str, entries: list[str]) -> None:
    template, name = form
    items = "".join(f"<{name}>{entry}</{name}>" for entry in entries)
    body = template.format(spaces=SPACES, about=about, entries=items).encode()
    assert read(body) == read_by_feedparser_alone(body)
