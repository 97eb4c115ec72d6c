"""What feeds of real servers write into an entry, kind by kind: authors, links, texts, titles, tags, dates."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from wiredesk.worker.news.feeds.entries import author_line
from wiredesk.worker.news.feeds.parser import read_feed
from wiredesk.worker.news.model import Draft

RECEIVED_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
RSS = (
    '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:yandex="http://news.yandex.ru"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:turbo="http://turbo.yandex.ru"'
    ' xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" xmlns:pheedo="http://www.pheedo.com/namespace/pheedo">'
    "<channel><title>Lighthouse</title><link>{site}</link><item>{item}</item></channel></rss>"
)
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><title>Lighthouse</title>{about}<entry{attributes}>{entry}</entry></feed>'


def only(body: str, url: str = "https://light.example/feed.xml") -> Draft:
    (draft,) = read_feed(body.encode(), content_type=None, url=url, received_at=RECEIVED_AT).entries
    assert isinstance(draft, Draft)
    return draft


def rss(item: str, *, site: str = "https://light.example/", url: str = "https://light.example/feed.xml") -> Draft:
    return only(RSS.format(site=site, item=item), url)


def atom(entry: str, *, about: str = "", attributes: str = "", url: str = "https://light.example/feed.xml") -> Draft:
    return only(ATOM.format(about=about, entry=entry, attributes=attributes), url)


@pytest.mark.parametrize(
    ("creator", "authors", "byline"),
    [
        ("Anna Holm", ["Anna Holm"], "Anna Holm"),
        ("<![CDATA[By <b>Anna Holm</b> and Peter Lund, Staff Writers]]>", ["Anna Holm", "Peter Lund"], None),
        (
            "&lt;a href=\"https://papers.example/a/1\"&gt;Li Wei&lt;/a&gt;, &lt;a href='/a/2'&gt;Eva Novak&lt;/a&gt;",
            ["Li Wei", "Eva Novak"],
            "Li Wei, Eva Novak",
        ),
        ("<![CDATA[<p>Anna Holm</p><p>Peter Lund</p>]]>", ["Anna Holm", "Peter Lund"], "Anna Holm; Peter Lund"),
        ("<![CDATA[Anna Holm<br/>Peter Lund]]>", ["Anna Holm", "Peter Lund"], "Anna Holm; Peter Lund"),
        ("<![CDATA[<a href='mailto:anna@light.example'>Anna Holm</a>]]>", ["Anna Holm"], "Anna Holm"),
        ("Anna Holm (mailto:anna@light.example)", ["Anna Holm"], "Anna Holm"),
        ("mailto:anna@light.example (Anna Holm)", ["Anna Holm"], "Anna Holm"),
        ("anna@light.example (Anna Holm)", ["Anna Holm"], "Anna Holm"),
        ("Anna Holm &lt;anna@light.example&gt;", ["Anna Holm"], "Anna Holm"),
        ("Anna Holm &lt;mailto:anna@light.example?subject=Lamps&gt;", ["Anna Holm"], "Anna Holm"),
        ("&lt;![CDATA[Anna Holm]]&gt;", ["Anna Holm"], "Anna Holm"),
        (
            "anna@light.example (Anna Holm), peter@light.example (Peter Lund)",
            ["Anna Holm", "Peter Lund"],
            "Anna Holm, Peter Lund",
        ),
        ("anna@light.example", [], "anna@light.example"),
    ],
)
def test_authors(creator: str, authors: list[str], byline: str | None) -> None:
    for element in ("dc:creator", "author"):
        draft = rss(f"<title>T</title><{element}>{creator}</{element}>")
        assert [author.name for author in draft.authors] == authors, element
        assert byline in (None, draft.byline)


def test_an_address_in_a_long_line_of_letters_is_looked_for_in_its_beginning_only() -> None:
    assert len(author_line("a" * 200_000)) == 2_000


def test_an_aggregated_entry_is_by_the_authors_of_its_source() -> None:
    about = "<author><name>Planet Keeper</name></author>"
    source = "<source><title>Sea Diary</title><author><name>Eva Novak</name></author></source>"
    draft = atom(f"<title>T</title><id>urn:1</id>{source}", about=about)
    assert ([author.name for author in draft.authors], draft.source) == (["Eva Novak"], "Sea Diary")
    own = atom(f"<title>T</title><id>urn:1</id><author><name>Anna Holm</name></author>{source}", about=about)
    assert [author.name for author in own.authors] == ["Anna Holm"]
    bare = atom("<title>T</title><id>urn:1</id><source><title>Sea Diary</title></source>", about=about)
    assert [author.name for author in bare.authors] == ["Planet Keeper"]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("It ends&#133;", "It ends…"),
        ("&#147;Light&#148; &#x96; on&#x85;", "“Light” – on…"),
        ("Light\x85", "Light…"),
        ("<![CDATA[<p>&#133; and so on&#0133;</p>]]>", "… and so on…"),
        ("A lamp &#55357;&#56481; here", "A lamp 💡 here"),
        ("A lamp &#xD83D;&#xDCA1; here", "A lamp 💡 here"),
        ("<![CDATA[<p>A lamp &#55357;&#56481; here</p>]]>", "A lamp 💡 here"),
        ("A lamp &amp;#55357;&amp;#56481; here", "A lamp 💡 here"),
        ("A lamp &#55357; here", "A lamp here"),
        ("&lt;![CDATA[Some words]]&gt;", "Some words"),
        ("&lt;![CDATA[&lt;p&gt;Some words&lt;/p&gt;]]&gt;", "Some words"),
        ("[CDATA[Some words]]", "Some words"),
        ("&amp;lt;p&amp;gt;One.&amp;lt;/p&amp;gt;&amp;lt;p&amp;gt;Two.&amp;lt;/p&amp;gt;", "One.\n\nTwo."),
        ("One.&amp;lt;br /&amp;gt;Two.", "One.\nTwo."),
        ("&amp;amp;lt;p&amp;amp;gt;One.&amp;amp;lt;/p&amp;amp;gt;", "One."),
        ("&lt;p&gt;Write &amp;lt;br&amp;gt; for a line.&lt;/p&gt;", "Write <br> for a line."),
        ("Write &amp;lt;p&amp;gt; before a paragraph.", "Write <p> before a paragraph."),
        ('&lt;iframe src="https://film.example/1" /&gt;&lt;p&gt;After it.&lt;/p&gt;', "After it."),
        ('&lt;iframe src="https://film.example/1"&gt;&lt;p&gt;After it.&lt;/p&gt;', "After it."),
        ("&lt;script src='x' /&gt;&lt;p&gt;After it.&lt;/p&gt;", "After it."),
        ("&lt;iframe src='x'&gt;none&lt;/iframe&gt;&lt;p&gt;After it.&lt;/p&gt;", "After it."),
        ("&lt;p&gt;Run:&lt;/p&gt;&lt;pre&gt;lamp on\nlamp off&lt;/pre&gt;", "Run:\n\nlamp on\nlamp off"),
        ("&lt;pre&gt;&lt;code&gt;lamp &lt;b&gt;on&lt;/b&gt;\nlamp off\n&lt;/code&gt;&lt;/pre&gt;", "lamp on\nlamp off"),
    ],
)
def test_texts(written: str, text: str) -> None:
    assert rss(f"<title>T</title><description>{written}</description>").body_text == text


@pytest.mark.parametrize("element", ["yandex:full-text", "turbo:content", "full-text", "fulltext", "content:encoded"])
def test_full_texts(element: str) -> None:
    text = "The whole article is in this element. It has two sentences."
    draft = rss(f"<title>T</title><description>Short.</description><{element}>{text}</{element}>")
    assert (draft.body_text, draft.description) == (text, "Short.")


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("<link>www.light.example/a</link>", "https://www.light.example/a"),
        ("<link>light.example/a</link>", "https://light.example/a"),
        ("<link>lamps.html</link>", "https://light.example/lamps.html"),
        ("<link>http://https://light.example/a</link>", "https://light.example/a"),
        ("<link>https://http//light.example/a</link>", "http://light.example/a"),
        ("<link>http:/light.example/a</link>", "http://light.example/a"),
        ("<link>https//light.example/a</link>", "https://light.example/a"),
        ("<link>https:\\\\light.example/a</link>", "https://light.example/a"),
        ("<link>://light.example/a</link>", "https://light.example/a"),
        ("<link>https://web.example/2020/https://light.example/a</link>", "https://web.example/2020/https://light.example/a"),
        ("<link>https://https.example/a</link>", "https://https.example/a"),
        ("<link>&lt;![CDATA[https://light.example/a]]&gt;</link>", "https://light.example/a"),
        ("<link>N/A</link>", None),
        ("<link>#</link>", None),
        ("<link>null</link>", None),
        ('<link uri="at://did:plc:x/y/1">https://light.example/a</link>', "https://light.example/a"),
        ('<link url="tag:x">https://light.example/a</link>', "https://light.example/a"),
        ("<link>https://light.example/a</link><link/>", "https://light.example/a"),
        ('<link>https://light.example/a</link><link rel="enclosure">https://light.example/a.mp3</link>', "https://light.example/a"),
        (
            "<link>http://clicks.example/~r/1</link><feedburner:origLink>https://light.example/a</feedburner:origLink>",
            "https://light.example/a",
        ),
        (
            "<link>http://clicks.example/~r/1</link><pheedo:origLink>https://light.example/a</pheedo:origLink>",
            "https://light.example/a",
        ),
    ],
)  # fmt: skip
def test_links(link: str, url: str | None) -> None:
    assert rss(f"<title>T</title>{link}").url == url


def test_the_address_of_a_service_that_counts_clicks_is_kept_as_another() -> None:
    origin = "<feedburner:origLink>https://light.example/a</feedburner:origLink>"
    draft = rss(f"<title>T</title><link>http://clicks.example/~r/1</link>{origin}")
    assert [value for kind, value in draft.identifiers if kind == "url"] == [
        "https://light.example/a",
        "http://clicks.example/~r/1",
    ]


@pytest.mark.parametrize(
    ("site", "feed", "url"),
    [
        ("https://light.example/", "https://feeds.cdn.example/light/rss", "https://light.example/a/1.html"),
        ("https://light.example/blog/", "https://light.example/blog/feed.xml", "https://light.example/a/1.html"),
        ("/blog/", "https://feeds.cdn.example/light/rss", "https://feeds.cdn.example/a/1.html"),
    ],
)
def test_relative_links_of_a_feed_served_elsewhere_are_below_its_site(site: str, feed: str, url: str) -> None:
    assert rss("<title>T</title><link>/a/1.html</link>", site=site, url=feed).url == url


@pytest.mark.parametrize(
    ("links", "url"),
    [
        (
            (
                '<link rel="self" href="https://light.example/a.atom"/>'
                '<link rel="http://www.iana.org/assignments/relation/alternate" href="https://light.example/a"/>'
            ),
            "https://light.example/a",
        ),
        ('<link rel="ALTERNATE" href="https://light.example/a"/>', "https://light.example/a"),
        ('<link rel="alternate nofollow" href="https://light.example/a"/>', "https://light.example/a"),
        ('<content type="text/html" src="https://light.example/a"/>', "https://light.example/a"),
        (
            (
                '<link rel="alternate" href="https://light.example/a"/>'
                '<link rel="enclosure" type="image/png">https://light.example/lamp.png?w=1</link>'
            ),
            "https://light.example/a",
        ),
        ('<link rel="enclosure" type="image/png">https://light.example/lamp.png</link>', None),
    ],
)
def test_atom_links(links: str, url: str | None) -> None:
    assert atom(f"<title>T</title><id>urn:1</id>{links}").url == url


def test_an_enclosure_whose_address_is_its_text_is_a_file() -> None:
    draft = atom(
        '<title>T</title><id>urn:1</id><link rel="enclosure" type="image/png">https://light.example/l.png</link>'
    )
    assert [media.url for media in draft.media] == ["https://light.example/l.png"]


def test_a_relative_link_that_is_also_the_id_is_a_link() -> None:
    entry = '<title>T</title><link rel="alternate" href="lamp-2/"/><id>lamp-2/</id>'
    assert atom(entry, attributes=' xml:base="lamps/"', url="https://light.example/blog/feed.xml").url == (
        "https://light.example/blog/lamps/lamp-2/"
    )
    assert rss("<title>T</title><guid>lamp-2</guid>").url is None


@pytest.mark.parametrize(
    ("title", "headline"),
    [
        ('<title type="text">How to write &amp;amp; and &amp;lt;b&amp;gt;</title>', "How to write &amp; and &lt;b&gt;"),
        ('<title type="text">It&amp;#8217;s &amp;#x201C;lit&amp;#x201D;</title>', "It’s “lit”"),
        ('<title type="text">The &lt;b&gt; element</title>', "The <b> element"),
        ("<title>The &lt;i&gt;b&lt;/i&gt; element</title>", "The <i>b</i> element"),
        ("<title>Lamp, &amp;quot;Betty&amp;quot;</title>", 'Lamp, "Betty"'),
        ('<title type="html">The &lt;i&gt;Light&lt;/i&gt; &amp;amp; the sea</title>', "The Light & the sea"),
        (
            '<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">The <i>Light</i></div></title>',
            "The Light",
        ),
    ],
)
def test_atom_titles(title: str, headline: str) -> None:
    assert atom(f"{title}<id>urn:1</id>").headline == headline


def test_the_titles_and_texts_of_json_feeds_are_literal() -> None:
    item = {"id": "1", "title": "Write &amp;, it&#8217;s easy", "content_text": "Use &lt; for <"}
    draft = only(json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "L", "items": [item]}))
    assert (draft.headline, draft.body_text) == ("Write &amp;, it’s easy", "Use &lt; for <")


def test_a_label_goes_before_its_term() -> None:
    entry = '<title>T</title><id>urn:1</id><category term="lamps" label="All lamps"/><category term="sea"/>'
    assert atom(entry).tags == ("All lamps", "sea")


def test_of_several_dates_the_first_that_can_be_read_is_the_publication() -> None:
    first, second = "Mon, 23 Nov 2026 08:00:00 GMT", "Mon, 23 Nov 2026 10:00:00 GMT"
    for dates in ((first, second), ("soon", first, second)):
        draft = rss("<title>T</title>" + "".join(f"<pubDate>{date}</pubDate>" for date in dates))
        assert draft.published is not None
        assert draft.published.at == datetime(2026, 11, 23, 8, tzinfo=UTC)
