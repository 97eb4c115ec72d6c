"""The pages of the browser as their server sends them: their content, and the escaping of markup in articles."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from newsroom import FERRY, show_feed, submit_and_file
from web_site import Site

from wiredesk.worker import db
from wiredesk.worker.settings import load

EDITED = FERRY.replace("nine weeks", "ten weeks")
HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>'


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def text_of(page: str) -> str:
    """The words of a page, runs of white space as one space."""
    parser = _Text()
    parser.feed(page)
    return " ".join("".join(parser.parts).split())


def shown(web: Site, path: str) -> str:
    answer = web.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    return text_of(answer.text)


@pytest.fixture(scope="module")
def desk(shared_database_url: str, shared_web: Site) -> Site:
    """The service web of an article with an edit and a copy, a challenge page, a blank submission and a feed."""
    settings = load({"WIREDESK_DATABASE_URL": shared_database_url, "WIREDESK_DATA_DIR": "/nonexistent"})
    challenge = f"<html><head><title>Just a moment...</title></head><body>Checking your browser {HOSTILE}</body></html>"
    with db.alone(shared_database_url) as connection:
        for message in (
            {"content": FERRY, "source": "Harbour Wire", "key": "f1"},
            {"content": EDITED, "source": "Harbour Wire", "key": "f1"},
            {"content": EDITED, "source": "Island Post"},
            {"content": " ", "key": "blank"},
            {"content": challenge, "media_type": "text/html", "url": "https://example.org/a", "key": HOSTILE},
        ):
            submit_and_file(connection, settings, message, now=datetime.now(UTC))
        show_feed(connection, "https://example.org/feed", b"<rss/>")
    db.close()
    return shared_web


def test_an_article_shows_its_marks_revisions_and_evidence(desk: Site) -> None:
    page = desk.get("/articles/1").text
    assert '<span class="speaker"><span class="hidden">said by </span>Ines Duarte</span>' in page
    assert "Island ferry returns after ten weeks" in text_of(page)
    assert "revision 2 of 2" in text_of(page)
    assert "2 copies" in text_of(page)
    changed = desk.get("/articles/1/revisions/2").text
    assert "<del>nine</del>" in changed
    assert "<ins>ten</ins>" in changed


def test_articles_are_found_by_words_and_filters(desk: Site) -> None:
    found = shown(desk, "/articles?q=ferry&source=harbour-wire")
    assert "Island ferry returns after ten weeks" in found
    assert "words: ferry" in found
    assert "No article fits these filters." in shown(desk, "/articles?q=ferry&language=de")
    assert "'soon' is no day like 2026-11-25" in shown(desk, "/articles?published_from=soon")


def test_the_first_page_shows_what_arrived(desk: Site) -> None:
    page = shown(desk, "/")
    assert "last hour 5 2 created, 1 revised" in page
    assert "Island ferry returns after ten weeks created" in page
    assert re.search(r"blank rejected .* submission", page)


def test_a_rejected_item_shows_what_arrived_as_text(desk: Site) -> None:
    """Markup in the content is shown as text, and is not part of the page."""
    assert "challenge 1" in shown(desk, "/rejected")
    page = desk.get("/rejected/5").text
    assert HOSTILE in text_of(page)
    assert "<img" not in page
    assert page.count("<script") == 1  # the page's own


def test_a_feed_shows_its_state_and_its_fetches(desk: Site) -> None:
    assert "example.org" in shown(desk, "/feeds")
    assert "https://example.org/feed" in shown(desk, "/feeds/1")
    assert "No feed is in this state." in shown(desk, "/feeds?only=paused")


def test_copies_of_a_story_stand_in_the_order_in_which_they_were_seen(desk: Site) -> None:
    assert "2 copies first Harbour Wire" in shown(desk, "/stories?span=year")
    assert "100% of the original kept" in shown(desk, "/stories/1")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/articles/77", "there is no article 77"),
        ("/articles/2/revisions/2", "article 2 has no revision 2 that changed an earlier one"),
        ("/stories/55", "there is no story 55"),
        ("/feeds/55", "there is no feed 55"),
        ("/rejected/1", "document 1 has no rejected item"),
        ("/nothing", "Not Found"),
    ],
)
def test_what_is_not_there_is_a_page_in_one_sentence(desk: Site, path: str, said: str) -> None:
    answer = desk.get(path)
    assert answer.status_code == 404
    assert said in text_of(answer.text)


def test_the_log_of_containers_is_explained(desk: Site) -> None:
    assert "no log at" in shown(desk, "/log")


def test_a_page_without_rows_says_what_would_fill_it(web: Site) -> None:
    assert "Nothing has arrived yet." in shown(web, "/")
    assert "No article is filed yet." in shown(web, "/articles")
    assert "No text was carried twice in this span." in shown(web, "/stories")
    assert "No feed is polled yet." in shown(web, "/feeds")
    assert "Nothing is rejected" in shown(web, "/rejected")
