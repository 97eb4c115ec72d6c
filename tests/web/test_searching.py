"""Lists by filters and words: what they find, in which order, page by page."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg
import pytest
from newsroom import FERRY, submit_and_file, value, values

from wiredesk.worker.db import Connection
from wiredesk.worker.errors import UsageError
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import search as store
from wiredesk.worker.web import searching
from wiredesk.worker.web.searching import Filters, find

BAKER = """Harbour Wire Service

Baker of the outer islands retires

PORTO, March 9 (Harbour Wire) — The baker retired on Monday after forty years of running the oven by hand.

"I was never late with the bread in all those years," said Rui Teixeira, who has run the bakery since he was young.

He said that the ferries had always waited for his loaves, and that the town would miss them both in winter.
"""
GERMAN = """Ölpreise steigen wieder

HAMBURG, 9. März (Hafenpost) - Die Häuser am Hafen müssen in diesem Winter wieder mit steigenden Preisen rechnen.

„Wir haben die Preise nicht gemacht“, sagte Karin Albers, die Sprecherin der Hafenbetriebe in Hamburg, am Montag.

Die laufenden Verträge der Mieter bleiben davon zunächst unberührt, so die Hafenbetriebe am selben Tag weiter.
"""


@pytest.fixture
def three(connection: Connection, settings: Settings) -> dict[str, int]:
    """The numbers of three articles by a word of theirs."""
    numbers = {}
    for word, content, source in (
        ("ferry", FERRY, "Harbour Wire"),
        ("baker", BAKER, "Island Post"),
        ("german", GERMAN, "Hafenpost"),
    ):
        (outcome,) = submit_and_file(connection, settings, {"content": content, "source": source, "key": word})
        assert outcome.article_id is not None, outcome
        numbers[word] = outcome.article_id
    assert values(connection, "SELECT language FROM wire_v1.articles ORDER BY article_id") == ["en", "en", "de"]
    return numbers


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ferries", ["ferry", "baker"]),  # inflected as English: ferry, ferries
        ("haus", ["german"]),  # inflected as German: Häuser
        ('"night ferry"', ["ferry"]),
        ('"ferry night"', []),
        ("ferry -bakery", []),
        ("bakery -night", ["baker"]),
        ("baker -ferries", []),  # the English stem excludes, whatever the word's stem is in German
        ("hafen or oven", ["german", "baker"]),
        ("hafenbetr*", ["german"]),
        ("harb* isl*", ["ferry", "baker"]),
        ("o'neill\\", []),
    ],
)
def test_a_text_finds_words_as_the_language_of_the_article_inflects_them(
    three: dict[str, int], settings: Settings, text: str, found: list[str]
) -> None:
    names = {number: word for word, number in three.items()}
    assert sorted(names[one.article_id] for one in find(settings, Filters(text=text), limit=10).articles) == sorted(
        found
    )


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (Filters(source="Island Post"), ["baker"]),
        (Filters(source="harbour-wire"), ["ferry"]),
        (Filters(agency="harbour wire"), ["baker", "ferry"]),
        (Filters(place="LISBON"), ["ferry"]),
        (Filters(speaker="rui teixeira"), ["baker"]),
        (Filters(person="Ines Duarte"), ["ferry"]),
        (Filters(language="de"), ["german"]),
        (Filters(text="islands", place="Porto"), ["baker"]),
        (Filters(story_id=1), ["ferry"]),
        (Filters(speaker="it's nobody"), []),
    ],
)
def test_filters_are_combined(three: dict[str, int], settings: Settings, filters: Filters, found: list[str]) -> None:
    names = {number: word for word, number in three.items()}
    if filters.story_id is not None:
        filters = Filters(story_id=three["ferry"])
    assert [names[one.article_id] for one in find(settings, filters, limit=10).articles] == found


def test_times_are_half_open(three: dict[str, int], connection: Connection, settings: Settings) -> None:
    published = value(connection, "SELECT published_at FROM wire_v1.articles WHERE article_id = %s", three["ferry"])
    same_day = [three["baker"], three["ferry"]]
    german_too = find(settings, Filters(published_from=published), limit=10)
    assert [one.article_id for one in german_too.articles] == [three["german"], *same_day]
    assert find(settings, Filters(published_to=published), limit=10).articles == []


def test_found_words_are_marked(three: dict[str, int], settings: Settings) -> None:
    (one,) = find(settings, Filters(text='"night ferry"'), limit=10).articles
    assert one.headline_marked == "Island \ue000ferry\ue001 returns after nine weeks"
    assert one.excerpt_marked is not None and "\ue000night\ue001 \ue000ferry\ue001" in one.excerpt_marked


def test_pages_are_cut_by_cursor(three: dict[str, int], settings: Settings) -> None:
    for filters, order in (
        (Filters(), [three["german"], three["baker"], three["ferry"]]),
        (Filters(agency="Harbour Wire"), [three["baker"], three["ferry"]]),
    ):
        seen, cursor = [], None
        while True:
            page = find(settings, filters, limit=1, cursor=cursor)
            seen += [one.article_id for one in page.articles]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert seen == order
    first = find(settings, Filters(text="islands"), limit=1)
    second = find(settings, Filters(text="islands"), limit=1, cursor=first.next_cursor)
    assert {one.article_id for one in (*first.articles, *second.articles)} == {three["ferry"], three["baker"]}
    assert second.next_cursor is None
    with pytest.raises(UsageError, match="cursor"):
        find(settings, Filters(), limit=1, cursor="nonsense")


def test_stop_words_alone_search_for_nothing(three: dict[str, int], settings: Settings) -> None:
    found = find(settings, Filters(text="   *  "), limit=10)
    assert (found.articles, found.ignored) == ([], True)


def test_an_edit_is_found_by_its_new_words_only(
    three: dict[str, int], connection: Connection, settings: Settings
) -> None:
    assert len(find(settings, Filters(text="oven"), limit=10).articles) == 1
    edited = BAKER.replace("running the oven", "keeping the furnace")
    submit_and_file(connection, settings, {"content": edited, "source": "Island Post", "key": "baker"})
    assert find(settings, Filters(text="oven"), limit=10).articles == []
    assert [one.revision_no for one in find(settings, Filters(text="furnace"), limit=10).articles] == [2]


def test_a_batch_is_indexed_by_one_statement(
    three: dict[str, int], connection: Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[set[int]] = []
    indexed = store.index_articles

    def note(connection: Connection, article_ids: Iterable[int]) -> None:
        batches.append(set(article_ids))
        indexed(connection, article_ids)

    monkeypatch.setattr(store, "index_articles", note)
    searching.catch_up(settings)
    assert batches == [set(three.values())]
    assert value(connection, "SELECT count(*) FROM wire_v1.search_documents") == 3


def test_an_article_that_cant_be_indexed_does_not_stop_the_index(
    three: dict[str, int], connection: Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexed = store.index_articles

    def refuses_one(connection: Connection, article_ids: list[int]) -> None:
        if three["baker"] in article_ids:
            raise psycopg.errors.ProgramLimitExceeded("string is too long for tsvector")
        indexed(connection, article_ids)

    monkeypatch.setattr(store, "index_articles", refuses_one)
    assert [one.article_id for one in find(settings, Filters(text="ferries"), limit=10).articles] == [three["ferry"]]


def test_readers_search_in_sql(three: dict[str, int], settings: Settings, connection: Connection) -> None:
    searching.catch_up(settings)
    found = connection.execute("SELECT article_id, headline_marked FROM wire_v1.search('ferries -bread')").fetchall()
    assert found == [(three["ferry"], "Island ⟦ferry⟧ returns after nine weeks")]
