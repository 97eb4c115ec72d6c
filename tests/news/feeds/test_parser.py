"""Feeds of every format, well-formed and broken, against what a reader would take from them."""

from __future__ import annotations

import gzip
import io
import warnings
from datetime import UTC, datetime

import feedparser
import pytest
from corpus import CORPUS

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.feeds.entries import Feed
from wiredesk.worker.news.feeds.parser import is_feed, read_feed
from wiredesk.worker.news.model import Author, Draft, Evidence, Media, Moment

FEEDS = CORPUS / "feeds"
RECEIVED_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
RSS = '<rss version="2.0"><channel><title>F</title>{}</channel></rss>'


def read(body: bytes | str, *, content_type: str | None = None, url: str | None = "https://site.example/feed") -> Feed:
    raw = body.encode() if isinstance(body, str) else body
    return read_feed(raw, content_type=content_type, url=url, received_at=RECEIVED_AT)


def read_file(name: str) -> Feed:
    return read((FEEDS / name).read_bytes())


def drafts(feed: Feed) -> list[Draft]:
    return [entry for entry in feed.entries if isinstance(entry, Draft)]


def only(body: bytes | str, **known: str) -> Draft:
    (draft,) = drafts(read(body, **known))
    return draft


def refusal(body: bytes | str, **known: str) -> Rejected:
    with pytest.raises(Rejected) as caught:
        read(body, **known)
    return caught.value


def test_rss_with_its_extensions() -> None:
    feed = read_file("rss20.xml")
    assert (feed.format, feed.title, feed.link) == ("rss20", "The Harbour Gazette", "https://gazette.example/")
    assert (feed.description, feed.language) == ("News from the coast", "en-GB")
    assert (feed.ttl_seconds, feed.update_seconds) == (1200, 900)
    assert (feed.hub, feed.self_url) == ("https://hub.example/", "https://gazette.example/feed.xml")
    assert feed.faults == ()
    url = "https://gazette.example/2026/11/ferry?ref=a&page=2"
    assert feed.entries[0] == Draft(
        headline="Ferry & bridge: ‘no quick fix’",
        body_text="The ferry stays in port until Friday.\n\nThe bridge is shut, too.",
        description="The ferry stays in port.",
        byline="Anna Holm and Peter Lund",
        authors=(Author("Anna Holm", "feed:author"), Author("Peter Lund", "feed:author")),
        language="en-GB",
        url=url,
        published=Moment(datetime(2026, 11, 23, 8, 15, tzinfo=UTC), "second", "feed:published", offset_minutes=60),
        tags=("Transport", "North Pier"),
        media=(
            Media("https://cdn.example/ferry.mp3", "audio", "audio/mpeg"),
            Media("https://gazette.example/img/ferry.jpg", "image", "image/jpeg", "The ferry at North Pier", 1200, 800),
            Media("https://gazette.example/img/ferry-small.jpg", "image", width=120, height=80),
        ),
        identifiers=(("guid", "gazette-1001"), ("url", url)),
        evidence=(Evidence("published", "feed:published", "Mon, 23 Nov 2026 09:15:00 +0100", chosen=True),),
    )


def test_a_broken_date_is_null_and_kept_as_evidence() -> None:
    draft = read_file("rss20.xml").entries[1]
    assert isinstance(draft, Draft)
    assert draft.published is None
    assert draft.evidence == (Evidence("published", "feed:published", "sometime on Monday", chosen=False),)


def test_an_empty_entry_is_refused_in_its_place() -> None:
    entries = read_file("rss20.xml").entries
    assert [type(entry) for entry in entries] == [Draft, Draft, Rejected, Draft]
    assert isinstance(entries[2], Rejected)
    assert (entries[2].reason, entries[2].detail) == (
        "empty_entry",
        "entry 3: the entry has no title, text, link or date",
    )


def test_an_entry_without_title_or_link_takes_its_permanent_guid_as_link() -> None:
    draft = read_file("rss20.xml").entries[3]
    assert isinstance(draft, Draft)
    assert (draft.headline, draft.url) == (None, "https://gazette.example/notes/7")
    assert draft.published == Moment(datetime(2026, 11, 22, tzinfo=UTC), "day", "feed:dc:date", zone_known=False)


def test_atom() -> None:
    feed = read_file("atom10.xml")
    assert (feed.format, feed.title, feed.language) == ("atom10", "Inselblatt", "de")
    assert (feed.link, feed.self_url) == ("https://insel.example/blatt/", "https://insel.example/blatt/atom.xml")
    assert feed.next_url == "https://insel.example/blatt/atom.xml?seite=2"
    storm, price = drafts(feed)
    assert storm.headline == "Sturm über der Insel"
    assert storm.body_text == "Der Sturm kam in der Nacht.\n\nAm Morgen war er vorbei."
    assert storm.description == "Kurz gesagt: Es stürmt."
    assert storm.authors == (Author("Jutta Petersen", "feed:author"), Author("Ole Krüger", "feed:author"))
    assert storm.url == "https://insel.example/blatt/sturm.html"
    assert storm.media == (Media("https://insel.example/blatt/sturm.mp4", "video", "video/mp4"),)
    assert storm.published == Moment(
        datetime(2026, 11, 23, 6, 30, tzinfo=UTC), "second", "feed:published", offset_minutes=60
    )
    assert storm.modified == Moment(datetime(2026, 11, 23, 8, tzinfo=UTC), "second", "feed:updated", offset_minutes=0)
    assert (storm.language, storm.tags, storm.teaser) == ("de", ("Wetter",), False)
    assert (price.headline, price.body_text) == ("Prix < 5 € & plus", "Le prix reste bas.")
    assert (price.language, price.source, price.byline) == ("fr", "Le Phare", "Redaktion")
    assert price.identifiers[0] == ("guid", "urn:uuid:00000000-0000-4000-8000-000000000002")


def test_old_atom_with_base64() -> None:
    feed = read_file("atom03.xml")
    (draft,) = drafts(feed)
    assert feed.format == "atom03"
    assert (draft.headline, draft.body_text) == ("A small note", "Hello there")
    assert draft.published == Moment(
        datetime(2004, 5, 1, 9, tzinfo=UTC), "second", "feed:published", offset_minutes=120
    )
    assert draft.modified == Moment(datetime(2004, 5, 2, 9, tzinfo=UTC), "second", "feed:updated", offset_minutes=120)


def test_rdf() -> None:
    feed = read_file("rdf.xml")
    (draft,) = drafts(feed)
    assert (feed.format, feed.update_seconds) == ("rss10", 86_400)
    assert (draft.headline, draft.url) == ("Shell growth in cold water", "http://science.example/1")
    assert draft.published == Moment(datetime(2026, 11, 20, tzinfo=UTC), "second", "feed:dc:date", offset_minutes=0)
    assert draft.authors == (Author("Maren Vik", "feed:author"),)
    assert draft.tags == ("Biology",)


def test_declared_signs_of_an_old_document_type() -> None:
    feed = read_file("rss091.xml")
    assert (feed.format, feed.title, feed.faults) == ("rss091n", "Café news (C) 1999", ())
    assert drafts(feed)[0].headline == "Café opens (C)"


def test_podcast() -> None:
    feed = read_file("podcast.xml")
    (draft,) = drafts(feed)
    assert feed.moved_to == "https://talk.example/new.xml"
    assert (draft.body_text, draft.byline) == ("Nils walks along the pier.", "Nils Berg")
    assert [(media.url, media.kind) for media in draft.media] == [
        ("https://talk.example/4.m4a", "audio"),
        ("https://talk.example/4.jpg", "image"),
    ]
    assert draft.published == Moment(
        datetime(2026, 11, 22, 23, tzinfo=UTC), "second", "feed:published", offset_minutes=-300
    )


def test_a_broken_feed_is_read() -> None:
    """Warnings before the feed, bare ampersands, HTML's entities, undeclared prefixes, open tags, a cut end."""
    feed = read_file("broken.xml")
    first, second = drafts(feed)
    assert feed.title == "Fish & chips"
    assert feed.faults == ("line 6: not well-formed (invalid token)",)
    assert first.headline == "Fish & chips & peas again"
    assert first.url == "http://fish.example/?id=1&section=2"
    assert first.media == (Media("http://fish.example/1.jpg", "image"),)
    assert first.authors == (Author("Ida Falk", "feed:author"),)
    assert first.body_text.split() == ["Unescaped", "markup"]
    assert (second.headline, second.body_text) == ("Second dish", "It is served")


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ('<rss version="0.92"><channel><item><title>T</title></item></channel></rss>', "rss092"),
        ("<rss><channel><item><title>T</title></item></channel></rss>", "rss"),
        ('<feed version="0.3"><entry><title>T</title></entry></feed>', "atom03"),
        ("<feed><entry><title>T</title></entry></feed>", "atom"),
        ('<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:title>T</a:title></a:entry></a:feed>', "atom10"),
        ("<CHANNEL><ITEM><TITLE>T</TITLE></ITEM></CHANNEL>", "unknown"),
        (
            '<r:RDF xmlns="http://my.netscape.com/rdf/simple/0.9/" xmlns:r="r"><item><title>T</title></item></r:RDF>',
            "rss090",
        ),
    ],
)
def test_every_dialect(form: str, name: str) -> None:
    feed = read(form)
    assert (feed.format, drafts(feed)[0].headline) == (name, "T")


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<title>1 &lt; 2</title>", "1 < 2"),
        ("<title>A &amp;amp; B</title>", "A & B"),
        ("<title>&lt;b&gt;Bold&lt;/b&gt; claim</title>", "Bold claim"),
        ("<title><![CDATA[A <i>slanted</i> claim]]></title>", "A slanted claim"),
        ("<title>\n  two\n  lines </title>", "two lines"),
        ("<title>first</title><title>second</title>", "first"),
        ("<media:title xmlns:media='http://search.yahoo.com/mrss/'>clip</media:title><title>real</title>", "real"),
        ("<title>real</title><source url='http://s.example/'>Elsewhere</source>", "real"),
        ("<image><title>logo</title></image><title>real</title>", "real"),
    ],
)
def test_headlines(markup: str, text: str) -> None:
    assert only(RSS.format(f"<item>{markup}</item>")).headline == text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("1 &lt; 2 and 3 &gt; 2", "1 < 2 and 3 > 2"),
        ("the &lt;blink&gt; tag", "the <blink> tag"),
        ("&lt;p&gt;Not &lt;i&gt;really&lt;/i&gt; text.&lt;/p&gt;", "Not really text."),
        ("AT&amp;amp;T", "AT&T"),
    ],
)
def test_text_that_is_markup_all_the_same(written: str, text: str) -> None:
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><content type="text">{written}</content></entry></feed>'
    assert only(feed).body_text == text


@pytest.mark.parametrize("element", ["description", "content:encoded", "dc:description"])
@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("Größe " * 60, "Größe " * 60),
        ("caf\u00c3\u00a9 " * 60, "café " * 60),
        ("\u0093é\u0094 " * 60, "“é” " * 60),
    ],
)
def test_long_texts_are_mended_like_short_ones(element: str, written: str, text: str) -> None:
    item = f"<item><title>T</title><{element}><![CDATA[<p>{written}</p>]]></{element}></item>"
    feed = RSS.replace("<rss", '<rss xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="{dc}"')
    draft = only(feed.format(item, dc="http://purl.org/dc/elements/1.1/"))
    assert draft.body_text == text.strip()
    assert draft.description is None


def test_a_caption_does_not_become_the_text() -> None:
    draft = only(
        RSS.format(
            '<item xmlns:media="http://search.yahoo.com/mrss/"><description>The piece itself.</description>'
            '<media:group><media:content url="http://m.example/a.jpg"><media:description>A pier</media:description>'
            "</media:content></media:group></item>"
        )
    )
    assert (draft.body_text, draft.description) == ("The piece itself.", None)
    assert draft.media == (Media("http://m.example/a.jpg", "image", caption="A pier"),)


def test_unknown_elements_are_no_part_of_the_entry() -> None:
    entry = only(
        RSS.format(
            "<item><title>Ferry <x>sails</x> again</title><wx>Wind 5</wx><category>Sea<wx>calm</wx>faring</category>"
            "<wx><guid>pier-1</guid>inside</wx><description>The pier is open.</description></item>"
        )
    )
    assert (entry.headline, entry.body_text, entry.description) == ("Ferry sails again", "The pier is open.", None)
    assert (entry.tags, entry.identifiers) == (("Seafaring",), (("guid", "pier-1"),))


def test_the_description_of_a_clip_is_the_text_when_there_is_no_other() -> None:
    draft = only(
        RSS.format(
            '<item xmlns:media="http://search.yahoo.com/mrss/"><media:group><media:title>Clip</media:title>'
            '<media:description>What it shows.</media:description><media:thumbnail url="http://m.example/t.jpg"/>'
            "</media:group></item>"
        )
    )
    assert (draft.headline, draft.body_text) == ("Clip", "What it shows.")


@pytest.mark.parametrize(
    ("texts", "teaser"),
    [
        ("<description>Only the first lines.</description>", True),
        (f"<description>{'word ' * 120}</description>", False),
        (f"<description>{'word ' * 120}…</description>", True),
        (f"<description>{'word ' * 120}Read more</description>", True),
        ("<description>Short</description><content:encoded>A short whole note.</content:encoded>", False),
        ("<content:encoded>It goes on [...]</content:encoded>", True),
        ("", True),
    ],
)
def test_a_teaser_is_told_from_the_whole_text(texts: str, teaser: bool) -> None:
    item = f"<item><title>T</title><link>http://x.example/a</link>{texts}</item>"
    feed = RSS.format(item).replace("<rss", '<rss xmlns:content="http://purl.org/rss/1.0/modules/content/"')
    assert only(feed).teaser is teaser


def test_without_a_link_nothing_is_a_teaser() -> None:
    assert only(RSS.format("<item><title>T</title><description>Short</description></item>")).teaser is False


@pytest.mark.parametrize(
    ("written", "people", "byline"),
    [
        ("<author>jo@x.example (Jo Berg)</author>", ("Jo Berg",), "Jo Berg"),
        ("<author>Jo Berg &lt;jo@x.example&gt;</author>", ("Jo Berg",), "Jo Berg"),
        ("<author>jo@x.example</author>", (), "jo@x.example"),
        ("<author>nightowl</author>", ("nightowl",), "nightowl"),
        ("<author>admin</author>", (), "admin"),
        ("<author>Reuters</author>", (), "Reuters"),
        ("<author>A Ek</author><author>B Ek</author>", ("A Ek", "B Ek"), "A Ek, B Ek"),
    ],
)
def test_authors(written: str, people: tuple[str, ...], byline: str) -> None:
    draft = only(RSS.format(f"<item><title>T</title>{written}</item>"))
    assert tuple(author.name for author in draft.authors) == people
    assert draft.byline == byline


@pytest.mark.parametrize(
    ("written", "at", "precision"),
    [
        ("Mon, 23 Nov 2026 10:00:05 +0100", datetime(2026, 11, 23, 9, 0, 5, tzinfo=UTC), "second"),
        ("Mon, 23 Nov 2026 1:2:3 GMT", datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC), "second"),
        ("23 Nov 2026 10:00 EST", datetime(2026, 11, 23, 15, tzinfo=UTC), "minute"),
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC), "day"),
        ("2026-327", datetime(2026, 11, 23, tzinfo=UTC), "day"),
        ("2026-11", datetime(2026, 11, 1, tzinfo=UTC), "month"),
        ("Κυρ, 11 Ιούλ 2004 12:00:00 EST", datetime(2004, 7, 11, 17, tzinfo=UTC), "second"),
        ("Mon Nov 23 10:00:00 2026", datetime(2026, 11, 23, 10, tzinfo=UTC), "second"),
    ],
)
def test_dates(written: str, at: datetime, precision: str) -> None:
    published = only(RSS.format(f"<item><title>T</title><pubDate>{written}</pubDate></item>")).published
    assert published is not None
    assert (published.at, published.precision) == (at, precision)


@pytest.mark.parametrize("written", ["0001-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT", "--11-23", "now", "99"])
def test_placeholder_dates_of_servers_are_none(written: str) -> None:
    draft = only(RSS.format(f"<item><title>T</title><pubDate>{written}</pubDate></item>"))
    assert draft.published is None
    assert draft.evidence == (Evidence("published", "feed:published", written, chosen=False),)


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("<link>page?a=1&amp;b=2</link>", "https://site.example/page?a=1&b=2"),
        ("<link>//cdn.example/x</link>", "https://cdn.example/x"),
        ("<link>javascript:alert(1)</link>", None),
        ("<link>mailto:a@b.example</link>", None),
        ("<link/><guid>http://x.example/guid</guid>", "http://x.example/guid"),
        ('<guid isPermaLink="false">http://x.example/guid</guid>', None),
        ('<atom:link rel="alternate" href="http://x.example/a"/>', "http://x.example/a"),
    ],
)
def test_links(link: str, url: str | None) -> None:
    feed = RSS.format(f"<item><title>T</title>{link}</item>")
    assert only(feed.replace("<rss", '<rss xmlns:atom="http://www.w3.org/2005/Atom"')).url == url


def test_xml_base_ends_with_its_element() -> None:
    feed = read(
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry xml:base="http://one.example/a/"><title>A</title>'
        '<link href="x"/></entry><entry><title>B</title><link href="y"/></entry></feed>'
    )
    assert [draft.url for draft in drafts(feed)] == ["http://one.example/a/x", "https://site.example/y"]


TITLE = '<?xml version="1.0"{}?><rss version="2.0"><channel><item><title>{}</title></item></channel></rss>'


@pytest.mark.parametrize(
    ("body", "content_type", "headline"),
    [
        (TITLE.format("", "Žalud").encode(), None, "Žalud"),
        (b"\xef\xbb\xbf" + TITLE.format(' encoding="iso-8859-1"', "Žalud").encode(), None, "Žalud"),
        (TITLE.format(' encoding="utf-16"', "Žalud").encode("utf-16"), None, "Žalud"),
        (TITLE.format("", "Žalud").encode("utf-16-be"), None, "Žalud"),
        (TITLE.format("", "Žalud").encode("utf-32"), None, "Žalud"),
        (TITLE.format(' encoding="utf-16"', "Žalud").encode(), None, "Žalud"),
        (TITLE.format(' encoding="windows-1251"', "Жёлудь").encode("cp1251"), None, "Жёлудь"),
        (TITLE.format(' encoding="windows-1251"', "Жёлудь").encode(), None, "Жёлудь"),
        (TITLE.format("", "Жёлудь").encode("koi8-r"), "text/xml; charset=KOI8-R", "Жёлудь"),
        (TITLE.format(' encoding="utf-8"', "Žalud").encode(), "text/xml; charset=iso-8859-1", "Žalud"),
        (TITLE.format(' encoding="euc-kr"', "도토리").encode("euc-kr"), None, "도토리"),
        (TITLE.format(' encoding="shift_jis"', "ドングリ①").encode("cp932"), None, "ドングリ①"),
        (TITLE.format(' encoding="gb2312"', "橡果镕").encode("gb18030"), None, "橡果镕"),
        (TITLE.format(' encoding="shift_jis"', "ドングリ").encode(), None, "ドングリ"),
        (TITLE.format(' encoding="gb2312"', "橡果").encode(), None, "橡果"),
        (TITLE.format(' encoding="cp037"', "Acorn").encode("cp037"), None, "Acorn"),
        (TITLE.format(' encoding="iso-8859-1"', "5 € “now”").encode("cp1252"), None, "5 € “now”"),
        (TITLE.format(' encoding="utf-8"', "5 €").encode("cp1252"), None, "5 €"),
        (TITLE.format(' encoding="nonsense"', "Žalud").encode(), None, "Žalud"),
        (TITLE.format("", "é" * 40 + "X").encode().replace(b"X", b"\x80"), None, "é" * 40 + "€"),
        (TITLE.format("", "T").encode(), "text/html; charset=utf-8", "T"),
        (TITLE.format("", "T").encode(), "image/png", "T"),
        (b"\r\n \t" + TITLE.format("", "T").encode(), None, "T"),
        (gzip.compress(TITLE.format("", "T").encode(), mtime=0), None, "T"),
    ],
)
def test_encodings(body: bytes, content_type: str | None, headline: str) -> None:
    assert [draft.headline for draft in drafts(read(body, content_type=content_type))] == [headline]


@pytest.mark.parametrize(
    ("body", "reason", "detail"),
    [
        (b"", "empty", "the document has no content"),
        (b"\xef\xbb\xbf \n", "empty", "the document has no content"),
        ("<!DOCTYPE html><html><p>404</p></html>", "not_a_feed", "the document is an HTML page; a feed is expected"),
        ("<html><body/></html>", "not_a_feed", "the document is an HTML page; a feed is expected"),
        ("<!DOCTYPE html>\n<p>no html element", "not_a_feed", "the document is an HTML page; a feed is expected"),
        ("Not found", "not_a_feed", "the document has no markup; a feed is expected"),
        (
            "<svg xmlns='http://www.w3.org/2000/svg'/>",
            "not_a_feed",
            "the document's first element is <svg>; RSS, Atom, RDF, JSON Feed or a sitemap is expected",
        ),
        (
            "<data><row>1</row></data>",
            "not_a_feed",
            "the document's first element is <data>; RSS, Atom, RDF, JSON Feed or a sitemap is expected",
        ),
        (
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>',
            "not_a_feed",
            "the document's first element is <rdf>; RSS, Atom, RDF, JSON Feed or a sitemap is expected",
        ),
        ("<rss>\n<", "broken_feed", "line 2: unclosed token"),
        (b"\x1f\x8b\x08\x00broken", "broken_feed", None),
    ],
)
def test_a_document_that_is_no_feed_is_refused_with_the_reason(
    body: bytes | str, reason: str, detail: str | None
) -> None:
    refused = refusal(body)
    assert refused.reason == reason
    assert detail in (None, refused.detail)


@pytest.mark.parametrize("name", sorted(path.name for path in FEEDS.iterdir()))
def test_feeds_are_known_by_how_they_begin(name: str) -> None:
    body = (FEEDS / name).read_bytes()
    assert is_feed(body)
    assert is_feed(gzip.compress(body))
    assert is_feed(body[:4_000])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "utf-8-sig"])
def test_feeds_are_known_in_any_encoding(encoding: str) -> None:
    assert is_feed(TITLE.format("", "Žalud").encode(encoding))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"PARIS, March 3 (Agency) - The <rss> element",
        b"<!DOCTYPE html><html><body><p>About RSS</p></body></html>",
        b"<html><body><xmp><rss version='2.0'></xmp></body></html>",
        b'{"items": []}',
        b"{not json",
        b"<opml/>",
        b"\x1f\x8bbroken",
    ],
)
def test_other_documents_are_not_taken_for_feeds(body: bytes) -> None:
    assert not is_feed(body)


def test_a_feed_without_entries_is_a_feed() -> None:
    feed = read(RSS.format(""))
    assert (feed.format, feed.title, feed.entries) == ("rss20", "F", ())


def test_entries_over_the_limit_are_left_out_and_it_says_so() -> None:
    body = RSS.format("<item><title>T</title></item>" * 5).encode()
    feed = read_feed(body, content_type=None, url=None, received_at=None, max_entries=3)
    assert (len(feed.entries), feed.truncated) == (3, True)
    feed = read_feed(body, content_type=None, url=None, received_at=None, max_entries=5)
    assert (len(feed.entries), feed.truncated) == (5, False)


def test_reading_changes_nothing_in_feedparser() -> None:
    """The parser is switched to whole pieces of text in our own class, not in the library."""
    body = RSS.format(
        "<item><title>T</title><description>&lt;script&gt;x&lt;/script&gt;y</description></item>"
    ).encode()
    before = feedparser.parse(io.BytesIO(body))
    read(body)
    assert feedparser.parse(io.BytesIO(body)) == before
    assert before.entries[0].summary == "y"


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("rss20.xml", "https://gazette.example/feed"),  # RSS has no base: its channel's link stands for one
        *((name, "https://site.example/feed") for name in ("atom10.xml", "atom03.xml", "rdf.xml", "podcast.xml")),
    ],
)
def test_titles_and_links_agree_with_feedparser(name: str, base: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        peer = feedparser.parse(io.BytesIO((FEEDS / name).read_bytes()), response_headers={"content-location": base})
        expected = [(entry.get("title"), entry.get("link")) for entry in peer.entries if entry]
    read_as = [(draft.headline, draft.url) for draft in drafts(read_file(name))]
    assert len(read_as) == len(expected)
    for (title, link), (headline, url) in zip(expected, read_as, strict=True):
        assert link in (url, None)
        assert title is None or "<" in title or " ".join(title.split()).replace("&amp;", "&") == headline
