"""Lists of feeds, read and written."""

from __future__ import annotations

import pytest

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.feeds.opml import Outline, read_opml, write_opml

LIST = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.1"><head><title>mine</title></head><body>
  <outline text="Coast &amp; sea">
    <outline type="rss" text="Gazette" title="The Gazette" xmlUrl=" https://gazette.example/feed " htmlUrl="https://gazette.example/"/>
    <outline text="Weather"><outline type="rss" text="Storms" xmlurl="https://storms.example/rss"/></outline>
  </outline>
  <outline type="rss" text="" xmlUrl="https://plain.example/rss"/>
  <outline type="rss" text="Again" xmlUrl="https://gazette.example/feed"/>
  <outline type="link" text="No feed" url="https://link.example/"/>
</body></opml>"""
OUTLINES = (
    Outline("https://gazette.example/feed", "The Gazette", "https://gazette.example/", ("Coast & sea",)),
    Outline("https://storms.example/rss", "Storms", None, ("Coast & sea", "Weather")),
    Outline("https://plain.example/rss"),
)


def test_reading() -> None:
    assert read_opml(LIST) == OUTLINES


def test_bytes_in_another_encoding() -> None:
    body = LIST.replace("UTF-8", "windows-1252").replace("Storms", "Stürme").encode("cp1252")
    assert read_opml(body)[1].title == "Stürme"


def test_bare_ampersands_are_mended() -> None:
    text = '<opml><body><outline text="A & B" xmlUrl="http://x.example/?a=1&b=2"/></body></opml>'
    assert read_opml(text) == (Outline("http://x.example/?a=1&b=2", "A & B"),)


def test_a_written_list_is_read_again() -> None:
    outlines = (
        Outline("https://a.example/?x=1&y=<2>", "Quoted \"A\" & 'B'\n", "https://a.example/", ("One", "Two")),
        Outline("https://b.example/", "B", None, ()),
        Outline("https://c.example/", "C", None, ("One",)),
        Outline("https://d.example/", "D\x00\x0b", None, ("Other",)),
        Outline("https://e.example/", "E", None, ("One", "Two")),
    )
    read = read_opml(write_opml(outlines))
    assert {outline.feed_url: (outline.title, outline.site_url, outline.folders) for outline in read} == {
        "https://a.example/?x=1&y=<2>": ("Quoted \"A\" & 'B'", "https://a.example/", ("One", "Two")),
        "https://b.example/": ("B", None, ()),
        "https://c.example/": ("C", None, ("One",)),
        "https://d.example/": ("D", None, ("Other",)),
        "https://e.example/": ("E", None, ("One", "Two")),
    }


def test_feeds_of_a_folder_stand_in_it_together() -> None:
    text = write_opml(
        [Outline("u1", "1", None, ("A",)), Outline("u2", "2", None, ("B",)), Outline("u3", "3", None, ("A",))],
        title="T & U",
    )
    assert text == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<opml version="2.0">\n'
        "  <head><title>T &amp; U</title></head>\n"
        "  <body>\n"
        '    <outline text="A" title="A">\n'
        '      <outline type="rss" text="1" title="1" xmlUrl="u1"/>\n'
        '      <outline type="rss" text="3" title="3" xmlUrl="u3"/>\n'
        "    </outline>\n"
        '    <outline text="B" title="B">\n'
        '      <outline type="rss" text="2" title="2" xmlUrl="u2"/>\n'
        "    </outline>\n"
        "  </body>\n"
        "</opml>\n"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<rss/>", "not_opml: the document's first element is rss; <opml> is expected"),
        ("", "not_opml: the document's first element is missing; <opml> is expected"),
        ("<opml>\n<body><outline></opml>", "broken_opml: line 2: mismatched tag"),
    ],
)
def test_a_document_that_is_no_list_is_refused(text: str, message: str) -> None:
    with pytest.raises(Rejected) as caught:
        read_opml(text)
    assert str(caught.value) == message
