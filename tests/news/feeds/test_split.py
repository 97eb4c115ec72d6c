"""A feed document in parts: what is cut out of it, and that the rest reads as it does in the whole."""

from __future__ import annotations

from collections import Counter

import pytest
from newsroom import NOW, entry, rss

from wiredesk.worker.news.feeds.parser import read_feed
from wiredesk.worker.news.feeds.split import compare, split

ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de" xml:base="https://harbour.example/x/">
<title>Harbour Wire</title><author><name>Ines Duarte</name></author><updated>2026-03-09T10:00:00Z</updated>
<entry><id>1</id><title>One</title><link href="a"/><content type="text">One text.</content></entry>
<entry xml:lang="fr"><id>2</id><title>Deux</title><link href="b"/><summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"
><p>Deux</p></div></summary></entry>
<link rel="self" href="https://harbour.example/feed"/></feed>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<channel rdf:about="https://harbour.example/"><title>Harbour Wire</title><link>https://harbour.example/</link>
<items><rdf:Seq><rdf:li rdf:resource="a"/></rdf:Seq></items></channel>
<item rdf:about="a"><title>One</title><link>https://harbour.example/1</link></item>
<item rdf:about="b"><title>Two</title><link>https://harbour.example/2</link></item></rdf:RDF>"""
SITEMAP = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>https://harbour.example/1</loc><n:news><n:title>One</n:title></n:news></url>
<url><loc>https://harbour.example/2</loc><n:news><n:title>Two</n:title></n:news></url></urlset>"""
JSON = """{"version": "https://jsonfeed.org/version/1.1", "title": "Harbour Wire", "language": "en",
"items": [{"id": "1", "content_text": "One."}, {"id": "2", "content_text": "Two."}],
"authors": [{"name": "Ines Duarte"}]}"""
RSS = rss(entry(1), entry(2)).decode()
LATIN = RSS.replace("UTF-8", "ISO-8859-1").replace("Harbour Wire", "Häfen").encode("iso-8859-1")
DOCUMENTS = {
    "rss": RSS.encode(),
    "rss with a blank line first": b"\n" + RSS.encode(),
    "rss in Latin-1": LATIN,
    "atom": ATOM.encode(),
    "rdf": RDF.encode(),
    "sitemap": SITEMAP.encode(),
    "json": JSON.encode(),
}


def drafts(body: bytes) -> list[object]:
    url = "https://harbour.example/feed"
    return list(read_feed(body, content_type=None, url=url, received_at=NOW).entries)


def without(body: bytes, *known: int) -> bytes | None:
    """The document without these entries."""
    parts = split(body, content_type=None)
    assert parts is not None
    digests = parts.digests("code")
    shown = Counter(digests[n] for n in known)
    compared = compare(body, content_type=None, context="code", shown=shown)
    assert compared is not None and compared.digests == digests
    assert compared.new == len(digests) - len(known)
    return compared.document


@pytest.mark.parametrize("body", DOCUMENTS.values(), ids=DOCUMENTS)
def test_an_entry_reads_as_in_the_whole_document(body: bytes) -> None:
    whole = drafts(body)
    assert len(whole) == 2
    for known in (0, 1):
        part = without(body, known)
        assert part is not None and drafts(part) == [whole[1 - known]]
    assert without(body, 0, 1) is None


CHANGED = {
    "its own dates": ("<updated>2026-03-09T10", "<updated>2026-03-09T11", True),
    "a comment": ("<title>Harbour", "<!-- 17 --><title>Harbour", True),
    "its language": ('xml:lang="de"', 'xml:lang="en"', False),
    "its base address": ("/x/", "/y/", False),
    "its author": ("Ines", "Nora", False),
    "its namespace": ('="http://www.w3.org/2005/Atom"', '="http://www.w3.org/2005/Atom" xmlns:dc="dc"', False),
}


@pytest.mark.parametrize(("old", "new", "same"), CHANGED.values(), ids=CHANGED)
def test_an_entry_is_known_while_what_it_inherits_is_the_same(old: str, new: str, same: bool) -> None:
    before, after = (split(text.encode(), content_type=None) for text in (ATOM, ATOM.replace(old, new)))
    assert before is not None and after is not None
    assert (before.digests("code") == after.digests("code")) is same
    assert before.digests("code") != before.digests("other code")


WHOLE = {
    "not well-formed": RSS.replace("</channel>", ""),
    "an undeclared prefix": RSS.replace("<guid>", "<x:y/><guid>"),
    "a document type": RSS.replace("<rss", '<!DOCTYPE rss [<!ENTITY copy "(C)">]><rss', 1),
    "an entry in an entry": RSS.replace("<guid>", "<item/><guid>", 1),
    "entries in two places": RSS.replace("</channel>", "</channel><item/>"),
    "a page": "<html><body><p>One</p></body></html>",
    "no JSON feed": '{"items": 1}',
    "broken JSON": JSON[:-1],
}


@pytest.mark.parametrize("text", WHOLE.values(), ids=WHOLE)
def test_a_document_of_another_shape_is_read_as_a_whole(text: str) -> None:
    assert split(text.encode(), content_type=None) is None


def test_the_bytes_of_a_known_entry_inside_another_text_are_not_cut() -> None:
    parts = split(RSS.encode(), content_type=None)
    assert parts is not None
    known = Counter(parts.digests("code"))
    one = parts.entries[0].decode()
    for quoting in (f"<!-- {one} -->", f"<description><![CDATA[{one}]]></description>"):
        body = RSS.replace("<link>https://harbour.example/</link>", f"<link>https://harbour.example/</link>{quoting}")
        compared = compare(body.encode(), content_type=None, context="code", shown=known)
        # A comment is no part of any entry; an element of the feed is inherited.
        assert (compared.document if compared else b"whole") == (None if quoting.startswith("<!--") else b"whole")
