"""Pages below `pages/`: each `.html` shows one idea, the `.json` beside it what must be read from it.

An expectation names only the fields that its page is about. A moment is written `ISO precision source`, a picture
`kind url size caption`, an author with the role in brackets when there is one.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from corpus import CORPUS

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.model import Draft, Evidence, Media, Moment
from wiredesk.worker.news.pages.page import read_page

PAGES = CORPUS / "pages"
RECEIVED_AT = datetime(2024, 3, 7, 12, 0, tzinfo=UTC)
PARAGRAPH = (
    "<p>The harbour board voted on Tuesday to close the old ferry pier for good, ending a service of a century.</p>"
)


def _moment(moment: Moment | None) -> str | None:
    return f"{moment.at.isoformat()} {moment.precision} {moment.source}" if moment else None


def _media(media: Media) -> str:
    size = f" {media.width}x{media.height}" if media.width else ""
    return f"{media.kind} {media.url}{size}{f' {media.caption}' if media.caption else ''}"


def _shown(draft: Draft) -> dict[str, Any]:
    return {
        "headline": draft.headline,
        "body_text": draft.body_text,
        "description": draft.description,
        "published": _moment(draft.published),
        "modified": _moment(draft.modified),
        "authors": [f"{author.name} ({author.role})" if author.role else author.name for author in draft.authors],
        "byline": draft.byline,
        "source": draft.source,
        "section": draft.section,
        "tags": list(draft.tags),
        "media": [_media(media) for media in draft.media],
        "language": draft.language,
        "canonical_url": draft.canonical_url,
        "flags": list(draft.flags),
    }


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.html")), ids=lambda path: path.stem)
def test_page(path: Path) -> None:
    want = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    url = want.pop("url", "https://estuary.example/pier")
    draft = read_page(path.read_text(encoding="utf-8"), url=url, received_at=RECEIVED_AT)
    shown = _shown(draft)
    assert {name: shown[name] for name in want} == want


def test_every_page_has_an_expectation() -> None:
    assert {path.stem for path in PAGES.glob("*.html")} == {path.stem for path in PAGES.glob("*.json")}


def test_losers_are_kept_as_evidence() -> None:
    page = f"""<html><head><title>Pier closes | Post</title><meta property="og:site_name" content="Post">
    <meta property="og:title" content="Ferry pier shuts for good">
    <meta property="article:published_time" content="2024-03-05T17:20:00Z"></head>
    <body><h1>Pier closes</h1><time datetime="2024-03-06">6 March 2024</time>{PARAGRAPH * 4}</body></html>"""
    draft = read_page(page, url=None, received_at=RECEIVED_AT)
    assert [entry for entry in draft.evidence if entry.field == "headline"] == [
        Evidence("headline", "h1", "Pier closes", True),
        Evidence("headline", "og:title", "Ferry pier shuts for good", False),
        Evidence("headline", "title", "Pier closes", False),
    ]
    assert [entry for entry in draft.evidence if entry.field == "published_at"] == [
        Evidence("published_at", "article:published_time", "2024-03-05T17:20:00+00:00", True),
        Evidence("published_at", "time", "2024-03-06T00:00:00+00:00", False),
    ]


@pytest.mark.parametrize(
    ("url", "canonical", "chosen"),
    [
        ("https://www.estuary.example/pier?ref=rss", "/pier", "https://www.estuary.example/pier"),
        ("https://amp.estuary.example/pier", "https://www.estuary.example/pier", "https://www.estuary.example/pier"),
        ("https://estuary.co.uk/pier", "https://www.estuary.co.uk/pier", "https://www.estuary.co.uk/pier"),
        ("https://m.abc.example/pier", "https://abc.example/pier", "https://abc.example/pier"),
        (None, "https://estuary.example/pier", "https://estuary.example/pier"),
        # A reprint, another paper under the same registry, a front page, nonsense.
        ("https://estuary.example/pier", "https://agency.example.net/pier", None),
        ("https://estuary.co.uk/pier", "https://post.co.uk/pier", None),
        ("https://estuary.example/pier", "https://estuary.example/", None),
        ("https://estuary.example/pier", "http://[broken", None),
        ("https://estuary.example/pier", "javascript:void(0)", None),
    ],
)
def test_canonical_url(url: str | None, canonical: str, chosen: str | None) -> None:
    page = f'<html><head><link rel="canonical" href="{canonical}"></head><body>{PARAGRAPH * 4}</body></html>'
    draft = read_page(page, url=url, received_at=RECEIVED_AT)
    assert draft.canonical_url == chosen
    assert draft.identifiers == ((("url", chosen),) if chosen else ())


def test_other_addresses_are_names() -> None:
    page = f"""<html><head><link rel="canonical" href="/pier"><link rel="amphtml" href="/amp/pier">
    <link rel="shortlink" href="/?p=7"></head><body>{PARAGRAPH * 4}</body></html>"""
    assert read_page(page, url="https://estuary.example/x", received_at=RECEIVED_AT).identifiers == (
        ("url", "https://estuary.example/pier"),
        ("url", "https://estuary.example/amp/pier"),
        ("url", "https://estuary.example/?p=7"),
    )


@pytest.mark.parametrize(
    "page",
    [
        "",
        "<",
        "<html><body></body></html>",
        "<html><body><script>var text = 'The harbour board voted on Tuesday to close the pier';</script></body></html>",
        "\x00" * 1000,
    ],
)
def test_page_without_text_is_rejected(page: str) -> None:
    with pytest.raises(Rejected) as caught:
        read_page(page, url=None, received_at=None)
    assert caught.value.reason == "no_text"


def test_no_field_holds_what_utf_8_cannot() -> None:
    data = r"""{"@type": "NewsArticle", "headline": "Pier\ud800 closes", "author": "Ines\udfff Calder",
    "image": {"url": "/a\ud800.jpg", "caption": "x\ud800"}, "keywords": "a\ud800"}"""
    page = f"""<html><head><link rel="canonical" href="/p\ud800ier">
    <script type="application/ld+json">{data}</script></head><body>{PARAGRAPH * 4}</body></html>"""
    draft = read_page(page, url="https://estuary.example/", received_at=RECEIVED_AT)
    assert (draft.headline, draft.authors[0].name, draft.tags) == ("Pier closes", "Ines Calder", ("a",))
    assert [media.url for media in draft.media] == ["https://estuary.example/a.jpg"]
    assert str(draft.canonical_url).encode()
    assert all(entry.value.encode() for entry in draft.evidence)


HOSTILE = {
    "angle brackets": "<" * 1_000_000,
    "nesting": PARAGRAPH * 5 + "<div>" * 150_000 + "x" + "</div>" * 150_000,
    "nesting that is never closed": PARAGRAPH * 5 + "<b><div>" * 60_000,
    "attributes": PARAGRAPH * 5 + "<p " + " ".join(f"a{number}=1" for number in range(40_000)) + ">x</p>",
    "attributes with brackets": PARAGRAPH * 5 + "<p " + " ".join(f"a{number}='>'" for number in range(40_000)),
    "paragraphs": "<p>x" * 100_000,
    "nested arrays in the data": PARAGRAPH * 5 + f'<script type="application/ld+json">{"[" * 200_000}</script>',
    "nested objects in the data": PARAGRAPH * 5
    + '<script type="application/ld+json">'
    + '{"a":' * 100_000
    + "</script>",
    "separators in the title": f"<title>{' - ' * 200_000}</title>" + PARAGRAPH * 5,
    "metas": "<meta name=author content='A B'>" * 20_000 + PARAGRAPH * 5,
    "lone surrogates": "<p>The board \ud800 voted on Tuesday to close \udfff the pier, which nobody had asked for.</p>"
    * 5,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_page_ends_soon(name: str) -> None:
    started = time.process_time()
    try:
        draft = read_page(HOSTILE[name], url="https://estuary.example/", received_at=RECEIVED_AT)
    except Rejected as rejected:
        assert rejected.reason == "no_text"
    else:
        assert draft.body_text.encode()
    # A hundredth of this is usual; quadratic parsing takes minutes.
    assert time.process_time() - started < 10


def test_a_box_named_after_the_title_of_its_author_keeps_the_name() -> None:
    box = '<div class="jobber-hero__author-title-wrapper"><span class="jobber-hero__author">Lena Brandt</span></div>'
    office = '<span class="hero__author-job-title">Deputy Editor</span>'
    html = (
        f'<html><body><article><h1>Bridge opens</h1><div class="hero__author-box">{box}{office}</div>'
        f"<p>{'The bridge over the river opened on Monday after two years of work, the town said. ' * 4}</p>"
        "</article></body></html>"
    )
    draft = read_page(html, url="https://gazette.example/bridge", received_at=None)
    assert [author.name for author in draft.authors] == ["Lena Brandt"]
