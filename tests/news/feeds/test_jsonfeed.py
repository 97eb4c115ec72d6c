"""JSON Feed 1.0 and 1.1, and JSON that is none."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from corpus import CORPUS

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.feeds.entries import Feed
from wiredesk.worker.news.feeds.parser import read_feed
from wiredesk.worker.news.model import Author, Draft, Evidence, Media, Moment

FEED = CORPUS / "feeds" / "feed.json"


def read(body: bytes | str, *, max_entries: int = 5_000) -> Feed:
    raw = body.encode() if isinstance(body, str) else body
    return read_feed(
        raw, content_type="text/plain", url="https://light.example/feed.json", received_at=None, max_entries=max_entries
    )


def only(item: dict[str, Any], **feed: Any) -> Draft:
    document = {"version": "https://jsonfeed.org/version/1", "items": [item], **feed}
    (draft,) = read(json.dumps(document)).entries
    assert isinstance(draft, Draft)
    return draft


def test_a_feed() -> None:
    feed = read(FEED.read_bytes())
    assert (feed.format, feed.title, feed.language) == ("json11", "Lighthouse", "en")
    assert (feed.link, feed.self_url) == ("https://light.example/", "https://light.example/feed.json")
    assert (feed.next_url, feed.hub) == ("https://light.example/feed.json?page=2", "https://hub.example/")
    assert feed.entries[0] == Draft(
        headline="The lamp & the lens",
        body_text="The lamp is out.\n\nThe lens is not.",
        description="Lamp out.",
        byline="Ada Stone, Bo Reed",
        authors=(Author("Ada Stone", "feed:author"), Author("Bo Reed", "feed:author")),
        language="en",
        url="https://light.example/1",
        published=Moment(datetime(2026, 11, 23, 11, tzinfo=UTC), "second", "feed:published", offset_minutes=-300),
        modified=Moment(datetime(2026, 11, 23, 12, tzinfo=UTC), "second", "feed:updated", offset_minutes=0),
        tags=("light", "sea"),
        media=(
            Media("https://light.example/lamp.png", "image"),
            Media("https://light.example/lamp.mp3", "audio", "audio/mpeg", "Listen"),
        ),
        identifiers=(
            ("guid", "https://light.example/1"),
            ("url", "https://light.example/1"),
            ("url", "https://other.example/lamp"),
        ),
        evidence=(
            Evidence("published", "feed:published", "2026-11-23T06:00:00-05:00", chosen=True),
            Evidence("modified", "feed:updated", "2026-11-23T12:00:00Z", chosen=True),
        ),
    )


def test_bad_items_are_refused_in_their_places() -> None:
    entries = read(FEED.read_bytes()).entries
    assert [type(entry) for entry in entries] == [Draft, Rejected, Draft, Rejected]
    assert [str(entry) for entry in entries if isinstance(entry, Rejected)] == [
        "broken_entry: entry 2: a JSON object is expected",
        "empty_entry: entry 4: the entry has no title, text, link or date",
    ]


def test_numbers_as_ids_plain_text_and_the_feeds_authors() -> None:
    draft = read(FEED.read_bytes()).entries[2]
    assert isinstance(draft, Draft)
    assert draft.identifiers == (("guid", "7"),)
    assert draft.body_text == "Plain text with 1 < 2.\n\nAnd a second paragraph."
    assert draft.authors == (Author("Keeper Jones", "feed:feed-author"),)
    assert (draft.published, draft.evidence[0].value) == (None, "soon")


def test_version_1_with_one_author() -> None:
    draft = only({"id": "1", "content_text": "x"}, author={"name": "Al Roy"})
    assert draft.authors == (Author("Al Roy", "feed:feed-author"),)


def test_a_link_elsewhere_is_the_link_when_there_is_no_other() -> None:
    draft = only({"id": "1", "external_url": "https://other.example/x", "summary": "Short."})
    assert (draft.url, draft.body_text, draft.teaser) == ("https://other.example/x", "Short.", True)


def test_markup_wins_over_the_same_as_text() -> None:
    assert only({"id": "1", "content_html": "<p>Rich</p>", "content_text": "Plain"}).body_text == "Rich"


@pytest.mark.parametrize("wrong", [None, 1, [], {}, True, "", ["x"], {"a": 1}])
def test_values_of_wrong_types_are_passed_over(wrong: object) -> None:
    names = ("url", "summary", "content_html", "date_published", "authors", "tags", "attachments", "image", "language")
    draft = only({"id": "1", "title": "T", **dict.fromkeys(names, wrong)}, authors=wrong, hubs=wrong, language=wrong)
    assert draft.headline == "T"


def test_a_byte_order_mark_and_control_characters() -> None:
    feed = read(b'\xef\xbb\xbf {"version": "https://jsonfeed.org/version/1", "items": [{"id": "a\tb", "title": "x"}]}')
    assert len(feed.entries) == 1


def test_items_over_the_limit_are_left_out_and_it_says_so() -> None:
    body = json.dumps({"version": "https://jsonfeed.org/version/1", "items": [{"id": "x"}] * 4})
    feed = read(body, max_entries=3)
    assert (len(feed.entries), feed.truncated) == (3, True)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{", "broken_feed: line 1: Expecting property name enclosed in double quotes"),
        ('{"items": [1 2]}', "broken_feed: line 1: Expecting ',' delimiter"),
        ("[]", "not_a_feed: the document is JSON without a list of items; a feed is expected"),
        ('{"a": 1}', "not_a_feed: the document is JSON without a list of items; a feed is expected"),
        ('{"items": []}', "not_a_feed: the document is JSON that does not say it is a JSON Feed"),
    ],
)
def test_other_json_is_refused(body: str, message: str) -> None:
    with pytest.raises(Rejected) as caught:
        read(body)
    assert str(caught.value).startswith(message)
