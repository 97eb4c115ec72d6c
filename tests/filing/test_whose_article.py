"""Whose article an item is: sequences of items in all orders, one by one and together, by every way in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations

import pytest
from newsroom import NOW, file_waiting, outcomes_of, prose, rows, rss, show_feed, submit_and_file, value, values

from wiredesk.worker.db import Connection
from wiredesk.worker.settings import Settings

BOB = "https://bob.example/2026/harbour.html"
BOBS_FEED = "https://bob.example/feed.xml"
BLOGS_FEED = "https://linkblog.example/feed.xml"
TEXT, COMMENT = prose(1, 200), prose(2, 130)
OWN = {"title": "Harbour reopens", "link": BOB, "guid": "b1", "content:encoded": f"<p>{TEXT}</p>"}
BLOG = {"title": "Tulips, and a harbour", "link": BOB, "guid": "t1", "content:encoded": f"<p>{COMMENT}</p>"}
QUOTING = BLOG | {"content:encoded": f"<p>{COMMENT}</p><p>{' '.join(TEXT.split()[:90])}</p>"}
SAME_TITLE = BLOG | {"title": "Harbour reopens", "content:encoded": "<p>Comments</p>"}
COPY = OWN | {"guid": "planet-1"}


def page(headline: str, text: str, canonical: str | None = None) -> str:
    link = f'<link rel=canonical href="{canonical}">' if canonical else ""
    return (
        f"<html><head><title>{headline}</title>{link}</head><body><article><h1>{headline}</h1><p>{text}</p>"
        "</article></body></html>"
    )


def show(connection: Connection, settings: Settings, feed: str, *items: dict[str, str], hour: int) -> list[str]:
    title = feed.split("/")[2]
    show_feed(connection, feed, rss(*items, title=title), at=NOW + timedelta(hours=hour))
    return outcomes_of(file_waiting(settings))


def headlines(connection: Connection) -> list[str]:
    return values(connection, "SELECT headline FROM wire_v1.articles ORDER BY headline")


# ---- addresses of others


@pytest.mark.parametrize("blog", [BLOG, QUOTING, SAME_TITLE], ids=["own text", "quoting", "same headline"])
@pytest.mark.parametrize("first", ["bob", "blog"])
def test_a_link_to_an_article_is_not_the_article(
    connection: Connection, settings: Settings, blog: dict[str, str], first: str
) -> None:
    shown = [(BOBS_FEED, OWN), (BLOGS_FEED, blog)]
    for hour, (feed, item) in enumerate(shown if first == "bob" else shown[::-1]):
        assert show(connection, settings, feed, item, hour=hour) == ["created"]
    for hour, (feed, item) in enumerate(shown, 2):  # both again: each is its own
        assert show(connection, settings, feed, item, hour=hour) == ["repeated"]
    assert values(connection, "SELECT source, revision_count FROM wire_v1.articles ORDER BY source") == [
        ("bob.example", 1), ("linkblog.example", 1),
    ]  # fmt: skip
    edited = OWN | {"content:encoded": f"<p>{TEXT} The port paid for it.</p>"}
    assert show(connection, settings, BOBS_FEED, edited, hour=5) == ["revised"]
    assert value(connection, "SELECT source FROM wire_v1.articles WHERE revision_count = 2") == "bob.example"


@pytest.mark.parametrize("first", ["bob", "planet"])
def test_a_copy_elsewhere_is_a_sighting_of_the_article(connection: Connection, settings: Settings, first: str) -> None:
    shown = [(BOBS_FEED, OWN), ("https://planet.example/feed.xml", COPY)]
    found = [
        show(connection, settings, feed, item, hour=hour)
        for hour, (feed, item) in enumerate(shown if first == "bob" else shown[::-1])
    ]
    assert found == [["created"], ["repeated"]]
    assert value(connection, "SELECT count(*) FROM wire_v1.sightings") == 2
    cut = COPY | {"content:encoded": f"<p>{' '.join(TEXT.split()[:120])}</p>"}
    if first == "bob":  # a copy on another site never shortens the article
        assert show(connection, settings, "https://planet.example/feed.xml", cut, hour=3) == ["repeated"]


def test_the_site_takes_its_address_over_from_who_linked_to_it(connection: Connection, settings: Settings) -> None:
    show(connection, settings, BLOGS_FEED, BLOG, hour=0)
    show(connection, settings, BOBS_FEED, OWN, hour=1)
    message = {"content": page("Harbour reopens", f"{TEXT} Ships came."), "media_type": "text/html", "url": BOB}
    (outcome,) = submit_and_file(connection, settings, message, now=NOW + timedelta(hours=2))
    assert outcome.outcome == "revised"
    assert value(connection, "SELECT source FROM wire_v1.articles WHERE article_id = %s", outcome.article_id) == (
        "bob.example"
    )


@pytest.mark.parametrize(
    "host", ["{}.github.io", "{}.blogspot.com", "{}.substack.com", "www.{}.gv.at", "{}.asso.fr", "{}.example.org"]
)
@pytest.mark.parametrize("first", ["alice", "bob"])
def test_a_canonical_link_to_a_neighbour_is_none(
    connection: Connection, settings: Settings, host: str, first: str
) -> None:
    bob, alice = (f"https://{host.format(name)}" for name in ("bob", "alice"))
    messages = [
        {"content": page("Harbour reopens", prose(1, 120)), "media_type": "text/html", "url": f"{bob}/harbour.html"},
        {
            "content": page("Buy my tulips", prose(2, 120), f"{bob}/harbour.html"),
            "media_type": "text/html",
            "url": f"{alice}/tulips.html",
        },
    ]
    for hour, message in enumerate(messages if first == "bob" else messages[::-1]):
        submit_and_file(connection, settings, message, now=NOW + timedelta(hours=hour))
    assert headlines(connection) == ["Buy my tulips", "Harbour reopens"]
    assert value(connection, "SELECT max(revision_count) FROM wire_v1.articles") == 1


# ---- one address or guid, several articles

TENDERS = [
    {"title": "Tender for bridge over the river", "description": f"The city asks for bids. {prose(3, 30)}"},
    {"title": "Tender for school meals", "description": f"Kitchens for eleven schools. {prose(4, 30)}"},
    {"title": "Court rejects the appeal of a mayor", "description": f"Judges found no fault. {prose(5, 30)}"},
]
KINDS: dict[str, Callable[[int], dict[str, str]]] = {
    "parameter": lambda n: {"link": f"https://post.example/notice?ref_id={n}", "guid": f"t{n}"},
    "fragment": lambda n: {"link": f"https://post.example/changes#v{n}", "guid": f"v{n}"},
    "no link": lambda n: {"guid": f"n-{n}"},
    "nothing": lambda n: {},
    "guid N/A": lambda n: {"guid": "N/A"},
    "guid 0": lambda n: {"guid": "0", "link": ""},
    "one guid": lambda n: {"guid": "https://post.example/feed"},
    "one link": lambda n: {"link": "https://post.example/live", "guid": f"l{n}"},
    "one link, no guid": lambda n: {"link": "https://post.example/live"},
    "feed's link": lambda n: {"link": "https://post.example/feed.xml", "guid": f"f{n}"},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["poll", "submit"])
def test_items_with_other_headlines_and_texts_are_articles_of_their_own(
    connection: Connection, settings: Settings, kind: str, way: str
) -> None:
    """One by one, then all in one document in every order: each is created once and never revised."""
    items = [{name: text for name, text in (t | KINDS[kind](n)).items() if text} for n, t in enumerate(TENDERS)]
    sequence: list[tuple[dict[str, str], ...]] = [(item,) for item in items]
    sequence += [tuple(order) for order in permutations(items)]
    found: list[str] = []
    for hour, document in enumerate(sequence):
        at, url = NOW + timedelta(hours=hour), "https://post.example/feed.xml"
        if way == "poll":
            found += show(connection, settings, url, *document, hour=hour)
            continue
        body = rss(*document, title=f"Post {hour}").decode()  # another document each time
        message = {"content": body, "media_type": "application/rss+xml", "url": url, "source": "Harbour Post"}
        found += outcomes_of(submit_and_file(connection, settings, message, now=at))
    assert found == ["created"] * 3 + ["repeated"] * 18
    assert headlines(connection) == sorted(t["title"] for t in TENDERS)
    assert value(connection, "SELECT count(*) FROM wire_v1.revisions") == 3


@pytest.mark.parametrize("kind", ["one guid", "one link", "one link, no guid"])
def test_items_of_one_document_are_told_apart_at_once(connection: Connection, settings: Settings, kind: str) -> None:
    items = [t | KINDS[kind](n) for n, t in enumerate(TENDERS)]
    assert show(connection, settings, "https://post.example/feed.xml", *items, hour=0) == ["created"] * 3
    assert show(connection, settings, "https://post.example/feed.xml", *items[::-1], hour=1) == ["repeated"] * 3
    edited = [item | {"description": item["description"] + " Until May."} for item in items]
    assert show(connection, settings, "https://post.example/feed.xml", *edited, hour=2) == ["revised"] * 3
    assert value(connection, "SELECT count(*) FROM wire_v1.articles") == 3


def test_an_address_that_is_used_again_names_the_new_article(connection: Connection, settings: Settings) -> None:
    link = {"link": "https://post.example/today", "guid": "today"}
    for hour, text in enumerate(TENDERS):
        assert show(connection, settings, "https://post.example/feed.xml", text | link, hour=hour) == ["created"]
    edited = TENDERS[2] | link | {"description": f"{TENDERS[2]['description']} It was the last one."}
    assert show(connection, settings, "https://post.example/feed.xml", edited, hour=5) == ["revised"]
    assert value(connection, "SELECT headline FROM wire_v1.articles WHERE revision_count = 2") == TENDERS[2]["title"]


def test_the_submitters_key_says_that_it_is_the_same(connection: Connection, settings: Settings) -> None:
    for hour, seed in enumerate((1, 2)):
        message = {"content": f"Piece {seed}\n\n{prose(seed, 90)}", "key": "k", "source": "Harbour Post"}
        submit_and_file(connection, settings, message, now=NOW + timedelta(hours=hour))
    assert values(connection, "SELECT headline, revision_count FROM wire_v1.articles") == [("Piece 2", 2)]


def test_the_key_of_a_feed_document_is_no_key_of_its_items(connection: Connection, settings: Settings) -> None:
    body = rss(*(t | {"guid": f"g{n}"} for n, t in enumerate(TENDERS))).decode()
    message = {"content": body, "media_type": "application/rss+xml", "key": "k", "source": "Harbour Post"}
    assert outcomes_of(submit_and_file(connection, settings, message)) == ["created"] * 3


def test_canonical_urls_open_the_article(connection: Connection, settings: Settings) -> None:
    items = [
        {"title": "A", "link": "https://post.example/notice?ref_id=1&utm_source=rss", "guid": "1"},
        {"title": "B", "link": "https://post.example/changes#v2", "guid": "2"},
        {"title": "C", "guid": "3"},
        {"title": "D", "link": "https://post.example/d#comments", "guid": "4"},
        {"title": "E", "link": "https://post.example/e?source=rss-1a2b------2", "guid": "5"},
    ]
    show(connection, settings, "https://post.example/feed.xml", *items, hour=0)
    assert values(connection, "SELECT canonical_url FROM wire_v1.articles ORDER BY headline") == [
        "https://post.example/notice?ref_id=1",
        "https://post.example/changes#v2",
        None,
        "https://post.example/d",
        "https://post.example/e",
    ]


def test_one_post_under_the_links_of_two_feeds_is_one_article(connection: Connection, settings: Settings) -> None:
    """The addresses differ by the name of the feed that they were read in."""
    for hour, (mark, source) in enumerate((("rss-d1b2------2", "Ana"), ("rss----9f8e---4", "Tech"))):
        item = {
            "title": "Sailing past the light",
            "link": f"https://medium.example/@ana/sailing-1a2b?source={mark}",
            "guid": "https://medium.example/p/1a2b",
            "pubDate": "Mon, 09 Mar 2026 10:05:00 GMT",
            "description": "A short one about the light house.",
        }
        message = {"content": rss(item).decode(), "media_type": "application/rss+xml", "source": source}
        submit_and_file(connection, settings, message, now=NOW + timedelta(hours=hour))
    assert values(connection, "SELECT outcome FROM wire_v1.outcomes ORDER BY received_at") == ["created", "repeated"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_pages_of_articles_named_by_a_parameter_are_their_own(
    connection: Connection, settings: Settings, order: tuple[int, ...]
) -> None:
    """Teasers first, then the page of each, as a full-text fetch hands it in, in any order."""
    teasers = [
        {
            "title": f"Story {n}",
            "link": f"https://post.example/n?ns_id={n}",
            "guid": f"g{n}",
            "description": prose(n, 20),
        }
        for n in range(3)
    ]
    show(connection, settings, "https://post.example/feed.xml", *teasers, hour=0)
    for n in order:
        digest = f"page {n}"
        content = page(f"Story {n}", f"{prose(n, 20)} {prose(50 + n, 200)}").encode()
        _page_came(connection, content, f"https://post.example/n?ns_id={n}", digest)
    assert outcomes_of(file_waiting(settings)) == ["revised"] * 3
    found = rows(connection, "SELECT headline, canonical_url, revision_count FROM wire_v1.articles ORDER BY headline")
    assert [(row["headline"], row["canonical_url"], row["revision_count"]) for row in found] == [
        (f"Story {n}", f"https://post.example/n?ns_id={n}", 2) for n in range(3)
    ]


def _page_came(connection: Connection, content: bytes, url: str, digest: str) -> None:
    """What fetching leaves of the page that filing asked for."""
    from hashlib import sha256

    from wiredesk.worker.store import inbox

    body = sha256(content)
    inbox.add_bodies(connection, {body.digest(): content})
    changed = connection.execute(
        "UPDATE wiredesk.document SET needs = 'ingest', body_sha256 = %s, body_bytes = %s, media_type = 'text/html', "
        "fetched_at = now(), due_at = now() WHERE origin = 'page' AND url = %s",
        (body.digest(), len(content), url),
    )
    assert changed.rowcount == 1, digest
