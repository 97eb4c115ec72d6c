"""Filing: which article an item is, what becomes of it, and exactly which rows that leaves."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from newsroom import (
    FERRY,
    NOW,
    counts,
    entry,
    file_waiting,
    hand_in,
    ingest_documents,
    outcomes_of,
    prose,
    rows,
    rss,
    show_feed,
    submit_and_file,
    value,
    values,
)

from wiredesk.worker import db
from wiredesk.worker.db import Connection
from wiredesk.worker.filing import ingest
from wiredesk.worker.filing.items import Arrival, Item, Outcome
from wiredesk.worker.filing.marking import mark_up
from wiredesk.worker.filing.transaction import Batch, file_batch
from wiredesk.worker.inbox import dispatch
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import inbox, reading
from wiredesk.worker.store.inbox import TakenDocument

FEED = "https://harbour.example/feed.xml"
OTHER = "https://harbour.example/other.xml"


def poll(
    connection: Connection, settings: Settings, *items: dict[str, str], url: str = FEED, hours: int = 0
) -> list[str]:
    """What became of the entries of one poll of the feed."""
    show_feed(connection, url, rss(*items), at=NOW + timedelta(hours=hours))
    return outcomes_of(file_waiting(settings))


def articles(connection: Connection) -> int:
    return int(value(connection, "SELECT count(*) FROM wire_v1.articles"))


def assert_consistent(connection: Connection) -> None:
    """What must be true after anything: no gaps, no orphans, one outcome an item, one change a revision."""
    assert (
        values(
            connection,
            """SELECT a.article_id FROM wiredesk.article a JOIN wiredesk.revision r USING (article_id) GROUP BY 1
           HAVING count(*) <> max(r.revision_no) OR min(r.revision_no) <> 1
               OR max(r.revision_no) <> max(a.revision_no)""",
        )
        == []
    )
    assert value(connection, "SELECT count(*) FROM wiredesk.article") == articles(connection)
    for table in ("revision", "alias", "author", "tag", "media", "quote", "mention", "sighting"):
        orphans = f"SELECT count(*) FROM wiredesk.{table} t WHERE NOT EXISTS (SELECT FROM wiredesk.article a WHERE a.article_id = t.article_id)"  # noqa: E501
        assert value(connection, orphans) == 0, table
    assert (
        values(connection, "SELECT article_id, revision_no FROM wiredesk.change GROUP BY 1, 2 HAVING count(*) > 1")
        == []
    )
    assert value(connection, "SELECT count(*) FROM wiredesk.change") == value(
        connection, "SELECT count(*) FROM wiredesk.revision"
    )
    assert value(
        connection, "SELECT sum(created + revised + repeated + rejected) FROM wiredesk.document WHERE state = 'done'"
    ) == value(connection, "SELECT count(*) FROM wiredesk.outcome")


# ---- one article, every table


def test_wire_copy_is_filed_in_every_table(connection: Connection, settings: Settings) -> None:
    (receipt,) = hand_in(
        connection, {"content": FERRY, "source": "Harbour Wire", "key": "HW-17", "tags": ["ferries", "islands"]}
    )
    (outcome,) = file_waiting(settings)
    assert (outcome.outcome, outcome.revision_no, outcome.headline) == (
        "created",
        1,
        "Island ferry returns after nine weeks",
    )
    (article,) = rows(connection, "SELECT * FROM wire_v1.articles")
    body = FERRY[FERRY.index("LISBON") :].rstrip("\n")
    expected = {
        "article_id": outcome.article_id, "story_id": outcome.article_id, "source": "Harbour Wire",
        "source_slug": "harbour-wire", "canonical_url": None, "headline": "Island ferry returns after nine weeks",
        "byline": "By Nora Castellan", "body_text": body, "language": "en",
        "published_at": datetime(2026, 3, 9, tzinfo=UTC), "published_precision": "day", "published_source": "dateline",
        "modified_at": None, "first_seen_at": NOW, "last_seen_at": NOW, "revision_no": 1, "revision_count": 1,
        "dateline_place": "LISBON", "dateline_date": date(2026, 3, 9), "dateline_agency": "Harbour Wire",
        "is_original": True,
    }  # fmt: skip
    assert {name: article[name] for name in expected} == expected
    assert article["word_count"] == len(body.replace("—", "").split())
    assert values(connection, "SELECT revision_no, change_kind, observed_at FROM wire_v1.revisions") == [
        (1, "created", NOW)
    ]
    assert values(connection, "SELECT ordinal, name, name_source FROM wire_v1.authors") == [
        (1, "Nora Castellan", "byline")
    ]
    assert values(connection, "SELECT ordinal, tag FROM wire_v1.tags") == [(1, "ferries"), (2, "islands")]
    quotes = rows(
        connection, "SELECT text, speaker, cue, start_offset, end_offset FROM wire_v1.quotes ORDER BY ordinal"
    )
    assert [(q["text"], q["speaker"], q["cue"]) for q in quotes] == [
        ("We have missed her more than we expected,", "Ines Duarte", "said"),
    ]  # fmt: skip
    assert all(article["body_text"][q["start_offset"] : q["end_offset"]] == q["text"] for q in quotes)
    mentions = rows(connection, "SELECT kind, text, start_offset, end_offset FROM wire_v1.mentions")
    assert ("person", "Ines Duarte") in [(m["kind"], m["text"]) for m in mentions]
    assert all(article["body_text"][m["start_offset"] : m["end_offset"]] == m["text"] for m in mentions)
    assert values(connection, "SELECT submission_id, feed_id, seen_at, times FROM wire_v1.sightings") == [
        (receipt.submission_id, None, NOW, 1)
    ]
    assert values(connection, "SELECT story_id, article_count, original_article_id FROM wire_v1.stories") == [
        (outcome.article_id, 1, outcome.article_id)
    ]
    assert values(connection, "SELECT kind, article_id, revision_no, story_id FROM wire_v1.changes") == [
        ("created", outcome.article_id, 1, outcome.article_id)
    ]
    assert values(
        connection,
        "SELECT received_at, origin, key, outcome, reason, article_id, revision_no, item_no FROM wire_v1.outcomes",
    ) == [(NOW, "submission", "HW-17", "created", None, outcome.article_id, 1, 1)]
    assert values(connection, "SELECT state, attempts, created, lease_token, reason FROM wiredesk.document") == [
        ("done", 1, 1, None, None)
    ]
    assert sorted(values(connection, "SELECT kind FROM wiredesk.alias")) == ["key", "text"]
    assert_consistent(connection)


def test_a_page_is_filed_with_its_address(connection: Connection, settings: Settings) -> None:
    text = prose(5, 160)
    page = (
        "<html lang=en><head><title>Granite quarry reopens | Harbour Wire</title>"
        '<link rel=canonical href="https://harbour.example/quarry">'
        '<meta property="og:title" content="Granite quarry reopens">'
        '<meta property="article:published_time" content="2026-03-08T07:30:00Z"></head><body><nav>Home News</nav>'
        f"<article><h1>Granite quarry reopens</h1><p>{text[:500]}</p><p>{text[500:]}</p></article></body></html>"
    )
    (outcome,) = submit_and_file(
        connection,
        settings,
        {"content": page, "media_type": "text/html", "url": "https://harbour.example/quarry?utm_source=x"},
    )
    assert outcome.outcome == "created"
    assert values(
        connection,
        "SELECT headline, canonical_url, source, published_at, published_precision, published_source "
        "FROM wire_v1.articles",
    ) == [
        (
            "Granite quarry reopens",
            "https://harbour.example/quarry",
            "harbour.example",
            datetime(2026, 3, 8, 7, 30, tzinfo=UTC),
            "second",
            value(connection, "SELECT published_source FROM wire_v1.articles"),
        )
    ]
    # The same page under its tracking address, and its plain one: the same article.
    for address in ("https://harbour.example/quarry?utm_medium=mail", "https://harbour.example/quarry"):
        (again,) = submit_and_file(connection, settings, {"content": page, "media_type": "text/html", "url": address})
        assert (again.outcome, again.article_id) == ("repeated", outcome.article_id)
    assert articles(connection) == 1
    assert_consistent(connection)


def test_a_feed_document_gives_an_outcome_for_each_entry(connection: Connection, settings: Settings) -> None:
    assert poll(connection, settings, *(entry(n) for n in range(1, 6))) == ["created"] * 5
    assert values(connection, "SELECT item_no, origin, outcome FROM wire_v1.outcomes ORDER BY item_no") == [
        (n, "feed", "created") for n in range(1, 6)
    ]
    assert values(connection, "SELECT created, revised, repeated, rejected FROM wiredesk.document") == [(5, 0, 0, 0)]
    assert (
        value(connection, "SELECT count(*) FROM wire_v1.sightings WHERE feed_id IS NOT NULL AND submission_id IS NULL")
        == 5
    )
    assert sorted(set(values(connection, "SELECT kind FROM wiredesk.alias"))) == ["guid", "text", "url"]
    assert_consistent(connection)


# ---- again


def test_the_same_again_is_a_sighting_and_nothing_else(connection: Connection, settings: Settings) -> None:
    items = [entry(n) for n in range(1, 4)]
    poll(connection, settings, *items)
    before = counts(connection)
    content = rows(connection, "SELECT * FROM wire_v1.revisions ORDER BY article_id")
    assert poll(connection, settings, *items, entry(4), hours=2) == ["repeated"] * 3 + ["created"]
    after = counts(connection)
    for table in ("feed", "source"):
        assert after[table] == before[table]
    for table in ("article", "revision", "change", "sighting", "story"):
        assert after[table] == before[table] + 1, table
    assert rows(connection, "SELECT * FROM wire_v1.revisions WHERE article_id = ANY(%s) ORDER BY article_id",
                [row["article_id"] for row in content]) == content  # fmt: skip
    assert sorted(values(connection, "SELECT times, seen_at, last_seen_at FROM wire_v1.sightings")) == [
        (1, NOW + timedelta(hours=2), NOW + timedelta(hours=2)), *[(2, NOW, NOW + timedelta(hours=2))] * 3,
    ]  # fmt: skip
    assert_consistent(connection)


def test_one_word_changed_is_revision_two_and_revision_one_stays(connection: Connection, settings: Settings) -> None:
    submit_and_file(connection, settings, {"content": FERRY, "key": "k"})
    first = rows(connection, "SELECT * FROM wire_v1.revisions")
    later = NOW + timedelta(hours=1)
    (outcome,) = submit_and_file(
        connection, settings, {"content": FERRY.replace("four million", "five million"), "key": "k"}, now=later
    )
    assert (outcome.outcome, outcome.revision_no) == ("revised", 2)
    revisions = rows(connection, "SELECT * FROM wire_v1.revisions ORDER BY revision_no")
    assert revisions[:1] == first
    assert revisions[1]["body_text"] == first[0]["body_text"].replace("four million", "five million")
    assert (revisions[1]["observed_at"], revisions[1]["headline"]) == (later, first[0]["headline"])
    assert revisions[1]["change_kind"] not in ("created", "boring")
    assert values(
        connection, "SELECT revision_no, revision_count, first_seen_at, last_seen_at FROM wire_v1.articles"
    ) == [(2, 2, NOW, later)]
    assert values(connection, "SELECT kind, revision_no FROM wire_v1.changes ORDER BY cursor") == [
        ("created", 1),
        ("revised", 2),
    ]
    assert_consistent(connection)


def test_a_text_that_comes_back_is_a_third_revision(connection: Connection, settings: Settings) -> None:
    other = FERRY.replace("four million", "five million")
    found = [
        submit_and_file(connection, settings, {"content": text, "key": "k"})[0]
        for text in (FERRY, other, FERRY, FERRY + "\n")
    ]
    assert outcomes_of(found) == ["created", "revised", "revised", "repeated"]
    bodies = values(connection, "SELECT body_text FROM wire_v1.revisions ORDER BY revision_no")
    assert bodies[0] == bodies[2] != bodies[1]
    assert_consistent(connection)


def test_an_article_in_two_feeds_is_one_article_with_two_sightings(connection: Connection, settings: Settings) -> None:
    assert poll(connection, settings, entry(1)) == ["created"]
    assert poll(connection, settings, entry(1), url=OTHER) == ["repeated"]
    assert articles(connection) == 1
    assert value(connection, "SELECT count(DISTINCT feed_id) FROM wire_v1.sightings") == 2


def test_a_new_guid_for_a_known_address_is_the_same_article(connection: Connection, settings: Settings) -> None:
    assert poll(connection, settings, entry(1)) == ["created"]
    assert poll(connection, settings, entry(1, guid="hw-1-again")) == ["repeated"]
    assert poll(
        connection, settings, entry(1, guid="hw-1-third", **{"content:encoded": f"<p>{prose(1)} Added.</p>"})
    ) == ["revised"]
    assert articles(connection) == 1


def test_a_new_address_for_a_known_guid_is_the_same_article(connection: Connection, settings: Settings) -> None:
    assert poll(connection, settings, entry(1)) == ["created"]
    assert poll(connection, settings, entry(1, link="https://harbour.example/moved/1")) == ["repeated"]
    changed = entry(1, link="https://harbour.example/moved/again", **{"content:encoded": f"<p>{prose(1)} Added.</p>"})
    assert poll(connection, settings, changed) == ["revised"]
    assert articles(connection) == 1
    assert set(values(connection, "SELECT value FROM wiredesk.alias WHERE kind = 'url'")) == {
        "harbour.example/news/1", "harbour.example/moved/1", "harbour.example/moved/again",
    } or value(connection, "SELECT count(*) FROM wiredesk.alias WHERE kind = 'url'") == 3  # fmt: skip


def test_a_guid_that_is_no_address_gives_the_article_none(connection: Connection, settings: Settings) -> None:
    assert poll(connection, settings, entry(1, link="")) == ["created"]
    assert values(connection, "SELECT canonical_url FROM wire_v1.articles") == [None]


@pytest.mark.parametrize("with_links", [True, False], ids=["links", "no links"])
def test_two_articles_that_share_a_guid_stay_two(connection: Connection, settings: Settings, with_links: bool) -> None:
    """And stay two when they are shown again and again: nothing is revised."""
    link = {} if with_links else {"link": ""}
    items = [
        entry(1, guid="tag:harbour.example,2026:same", **link),
        entry(2, guid="tag:harbour.example,2026:same", **link),
    ]
    assert poll(connection, settings, *items) == ["created", "created"]
    assert poll(connection, settings, entry(3), *items, hours=1) == ["created", "repeated", "repeated"]
    assert poll(connection, settings, *items[::-1], hours=2) == ["repeated", "repeated"]
    assert articles(connection) == 3
    assert value(connection, "SELECT max(revision_no) FROM wire_v1.articles") == 1
    assert_consistent(connection)


def test_entries_that_all_link_to_the_front_page_stay_apart(connection: Connection, settings: Settings) -> None:
    """Status pages, agencies and podcasts link every entry to the same address; the guid tells them apart."""
    items = [entry(n, link="https://harbour.example/") for n in range(1, 4)]
    assert poll(connection, settings, *items) == ["created"] * 3
    assert poll(connection, settings, *items, entry(4, link="https://harbour.example/")) == ["repeated"] * 3 + [
        "created"
    ]
    assert articles(connection) == 4


def test_entries_without_any_name_are_known_again(connection: Connection, settings: Settings) -> None:
    """RSS demands neither guid nor link nor date; a short entry without them is told by its text within its feed."""
    short = [{"title": f"Short note number {n}", "description": f"Nothing more than note {n}."} for n in range(3)]
    assert poll(connection, settings, *short) == ["created"] * 3
    assert poll(connection, settings, {"title": "A fourth"}, *short) == ["created"] + ["repeated"] * 3
    assert articles(connection) == 4


def test_short_formulas_of_other_days_stay_apart(connection: Connection, settings: Settings) -> None:
    """ "Qtly div ten cts" comes every quarter: the day decides while the text is short."""

    def notice(day: int) -> dict[str, Any]:
        return {"content": "Dividend ten cents, payable next month.", "headline": "Quarterly dividend",
                "source": "Harbour Wire", "published_at": f"2026-0{day}-02"}  # fmt: skip

    assert outcomes_of(submit_and_file(connection, settings, notice(1))) == ["created"]
    assert outcomes_of(submit_and_file(connection, settings, notice(2))) == ["created"]
    assert outcomes_of(submit_and_file(connection, settings, notice(1))) == ["repeated"]
    assert articles(connection) == 2


def test_long_copy_without_a_name_is_known_by_its_text(connection: Connection, settings: Settings) -> None:
    content = {"content": prose(9, 120), "source": "Harbour Wire"}
    assert outcomes_of(submit_and_file(connection, settings, content)) == ["created"]
    assert outcomes_of(submit_and_file(connection, settings, content)) == ["repeated"]
    assert outcomes_of(submit_and_file(connection, settings, content | {"source": "Other Wire"})) == ["created"]
    assert articles(connection) == 2


def test_a_teaser_never_replaces_a_text(connection: Connection, settings: Settings) -> None:
    teaser = entry(1, **{"content:encoded": "", "description": "Only the first words of it …"})
    assert poll(connection, settings, entry(1)) == ["created"]
    body = value(connection, "SELECT body_text FROM wire_v1.articles")
    assert poll(connection, settings, teaser, url=OTHER) == ["repeated"]
    assert poll(connection, settings, teaser) == ["repeated"]
    assert values(connection, "SELECT body_text, revision_no FROM wire_v1.articles") == [(body, 1)]


def test_a_text_replaces_a_teaser(connection: Connection, settings: Settings) -> None:
    teaser = entry(1, **{"content:encoded": "", "description": "Only the first words of it …"})
    assert poll(connection, settings, teaser) == ["created"]
    assert poll(connection, settings, entry(1), url=OTHER) == ["revised"]
    assert values(connection, "SELECT body_text, revision_no FROM wire_v1.articles") == [(prose(1), 2)]


def test_a_feed_that_lags_behind_does_not_make_the_article_flap(connection: Connection, settings: Settings) -> None:
    newer = entry(1, **{"content:encoded": f"<p>{prose(1)} And more.</p>"})
    assert poll(connection, settings, entry(1)) == ["created"]
    assert poll(connection, settings, entry(1), url=OTHER) == ["repeated"]
    assert poll(connection, settings, newer) == ["revised"]
    for hour in range(1, 4):
        assert poll(connection, settings, entry(1), url=OTHER, hours=hour) == ["repeated"]
        assert poll(connection, settings, newer, hours=hour) == ["repeated"]
    assert poll(connection, settings, newer, url=OTHER, hours=5) == ["repeated"]
    assert value(connection, "SELECT revision_no FROM wire_v1.articles") == 2


def test_old_and_new_text_in_one_batch_say_what_changed(connection: Connection, settings: Settings) -> None:
    """Two feeds are filed together, one with the stored text and one with a new one."""
    poll(connection, settings, entry(1))
    show_feed(connection, OTHER, rss(entry(1)))
    show_feed(connection, FEED, rss(entry(1, **{"content:encoded": f"<p>{prose(1)} Added.</p>"})))
    assert sorted(outcomes_of(file_waiting(settings))) == ["repeated", "revised"]
    share, kind = values(connection, "SELECT share_changed, change_kind FROM wire_v1.revisions WHERE revision_no = 2")[
        0
    ]
    assert share < 0.1, kind


def test_the_same_article_twice_in_one_document(connection: Connection, settings: Settings) -> None:
    assert poll(connection, settings, entry(1), entry(1)) == ["created", "repeated"]
    assert articles(connection) == 1
    assert_consistent(connection)


def test_rejected_entries_leave_the_others_alone(connection: Connection, settings: Settings) -> None:
    assert poll(connection, settings, entry(1), {"author": "x@example.org"}, entry(2)) == [
        "created",
        "rejected",
        "created",
    ]
    assert values(connection, "SELECT item_no, outcome, reason IS NULL FROM wire_v1.outcomes ORDER BY item_no") == [
        (1, "created", True), (2, "rejected", False), (3, "created", True),
    ]  # fmt: skip
    assert_consistent(connection)


def test_characters_that_postgresql_can_not_hold_are_dropped(connection: Connection, settings: Settings) -> None:
    odd = "A line with \\u0000 in words, a NUL \0 and a backslash before one \\\0 and a paragraph. " + prose(3)
    (outcome,) = submit_and_file(
        connection, settings, {"content": odd, "headline": "Head\0line \\u0000", "source": "A\0B"}
    )
    assert outcome.outcome == "created"
    (article,) = rows(connection, "SELECT headline, body_text, source FROM wire_v1.articles")
    assert "\\u0000 in words" in article["body_text"]
    assert article["headline"].endswith("\\u0000")
    surrogate = (
        b"<html><body><article><h1>Half &#xD83D; a pair</h1><p>"
        + prose(4).encode()
        + b" &#55296;</p></article></body></html>"
    )
    show_feed(connection, FEED, rss(entry(7, title="Half &#xD83D; of it")).replace(b"&amp;#x", b"&#x"))
    hand_in(connection, {"content": surrogate.decode(), "media_type": "text/html"})
    assert sorted(set(outcomes_of(file_waiting(settings)))) == ["created"]
    assert_consistent(connection)


@pytest.mark.parametrize(
    "item",
    [
        pytest.param({"pubDate": "Mon, 09 Mar 99999 00:00:00 GMT"}, id="year 99999"),
        pytest.param({"pubDate": "Thu, 01 Jan 1970 00:00:00 +99999999999999"}, id="zone"),
        pytest.param({"pubDate": "0001-01-01T00:00:00+14:00"}, id="before year 1"),
        pytest.param({"pubDate": "9999-12-31T23:59:59-14:00"}, id="after year 9999"),
        pytest.param({"enclosure": ""} | {"title": "x" * 1_000_000}, id="long title"),
        pytest.param({"guid": "g" * 1_000_000}, id="long guid"),
        pytest.param({"link": "https://harbour.example/" + "é" * 100_000}, id="long link"),
        pytest.param({"dc:creator": " ".join(chr(0x41 + n % 26) + "aeio" * 3 for n in range(9_000))}, id="long author"),
        pytest.param({"category": "c" * 1_000_000}, id="long category"),
        pytest.param(
            {"content:encoded": "<p>" + " ".join(f"Ab{chr(97 + n % 26) * (n % 17 + 1)}" for n in range(5_000))},
            id="capitals",
        ),
        pytest.param(
            {"content:encoded": "<p>said “" + "A" * 30_000 + " Bcd ” said " + "Xyz-Abc-" * 3_000}, id="long name"
        ),
        pytest.param(
            {"content:encoded": '<img width="99999999999" height="1e999" src="https://harbour.example/i.png">'},
            id="wide image",
        ),
    ],
)
def test_an_odd_entry_never_spoils_the_others(connection: Connection, settings: Settings, item: dict[str, str]) -> None:
    outcomes = poll(connection, settings, entry(1), entry(2, **item), entry(3))
    assert (outcomes[0], outcomes[2]) == ("created", "created")
    assert value(connection, "SELECT count(*) FROM wiredesk.document WHERE state = 'waiting' AND needs = 'ingest'") == 0


# ---- at once


def at_once(*works: Any) -> list[Any]:
    """Results of functions that start together in threads."""
    together = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def do(number: int) -> None:
        together.wait(10)
        try:
            results[number] = works[number]()
        except BaseException as error:  # noqa: BLE001
            results[number] = error

    threads = [threading.Thread(target=do, args=(n,)) for n in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def lease_each(connection: Connection, settings: Settings) -> list[tuple[int, str]]:
    hints = [hint for hint in dispatch.tick(settings) if hint.work == "ingest"]
    return [(document_id, hint.token) for hint in hints for document_id in hint.ids]


def test_two_workers_with_the_same_names_file_one_article(connection: Connection, settings: Settings) -> None:
    """Six documents with the same forty entries, filed by six connections at once: a created and five repeated each."""
    for n in range(6):
        items = [entry(seed) for seed in range(40)]
        show_feed(connection, f"https://harbour.example/{n}.xml", rss(*(items if n % 2 else items[::-1])))
    leased = lease_each(connection, settings)
    assert len(leased) == 6
    results = at_once(*(read_for(connection, settings, *one) for one in leased))
    kinds = sorted(o.outcome for result in results for o in result)
    assert kinds == ["created"] * 40 + ["repeated"] * 200
    assert articles(connection) == 40
    assert values(connection, "SELECT DISTINCT times FROM wire_v1.sightings") == [1]
    assert value(connection, "SELECT count(*) FROM wire_v1.sightings") == 240
    assert_consistent(connection)


def read_items(taken: Sequence[TakenDocument], settings: Settings) -> tuple[Item, ...]:
    """The items of documents, marked up: time limits are for the main thread."""
    items = [item for document in taken for item in ingest.read(document, settings).items]
    return tuple(mark_up(item, settings) if isinstance(item, Arrival) else item for item in items)


def read_for(connection: Connection, settings: Settings, document_id: int, token: str) -> Callable[[], list[Outcome]]:
    """Read a leased document here, as its worker does; what is returned files it on a connection of its own."""
    taken = inbox.take_documents(connection, [document_id], token, lease_seconds=60)
    batch = Batch(read_items(taken, settings), (document_id,), token)

    def file_it() -> list[Outcome]:
        with db.alone(settings.database_url) as mine:
            return list(file_batch(mine, settings, batch).outcomes)

    return file_it


def test_two_workers_with_two_revisions_of_one_article(connection: Connection, settings: Settings) -> None:
    poll(connection, settings, entry(1))
    for n in range(4):
        changed = entry(1, **{"content:encoded": f"<p>{prose(1)} Version {n}.</p>"})
        show_feed(connection, f"https://harbour.example/{n}.xml", rss(changed))
    results = at_once(*(read_for(connection, settings, *one) for one in lease_each(connection, settings)))
    assert [o.outcome for result in results for o in result] == ["revised"] * 4
    assert values(connection, "SELECT revision_no FROM wire_v1.revisions ORDER BY 1") == [1, 2, 3, 4, 5]
    assert articles(connection) == 1
    assert_consistent(connection)


def test_a_stale_token_files_nothing(connection: Connection, settings: Settings) -> None:
    hand_in(connection, {"content": FERRY, "key": "k"})
    ((document_id, stale),) = lease_each(connection, settings)
    connection.execute("UPDATE wiredesk.document SET due_at = now() - interval '1 second'")
    ((_, current),) = lease_each(connection, settings)
    before = counts(connection)
    assert ingest_documents(settings, [document_id], stale) == []
    assert counts(connection) == before
    assert values(connection, "SELECT state, attempts FROM wiredesk.document") == [("waiting", 0)]
    assert outcomes_of(ingest_documents(settings, [document_id], current)) == ["created"]
    assert ingest_documents(settings, [document_id], current) == []
    assert articles(connection) == 1


def test_a_lease_lost_while_reading_files_nothing(connection: Connection, settings: Settings) -> None:
    """The worker took the documents, slept too long, and another one filed them: its own filing leaves no row."""
    hand_in(connection, {"content": FERRY, "key": "a"}, {"content": prose(1), "key": "b"})
    (hint,) = dispatch.tick(settings)
    taken = inbox.take_documents(connection, list(hint.ids), hint.token, lease_seconds=60)
    connection.execute("UPDATE wiredesk.document SET due_at = now() WHERE document_id = %s", [hint.ids[0]])
    assert outcomes_of(file_waiting(settings)) == ["created"]
    batch = Batch(read_items(taken, settings), tuple(hint.ids), hint.token)
    outcomes = file_batch(connection, settings, batch).outcomes
    assert [(o.outcome, o.at.document_id) for o in outcomes] == [("created", hint.ids[1])]
    assert articles(connection) == 2
    assert_consistent(connection)


# ---- the change feed


def test_a_reader_never_passes_a_transaction_that_is_still_open(connection: Connection, database_url: str) -> None:
    insert = "INSERT INTO wiredesk.change (kind, article_id, revision_no, story_id) VALUES ('created', %s, 1, %s)"
    with db.alone(database_url) as early, db.alone(database_url) as late:
        with early.transaction():
            early.execute(insert, [1, 1])
            with late.transaction():
                late.execute(insert, [2, 2])
            # The later one has committed; the earlier one has the lower cursor and may still come.
            assert reading.changes_after(connection, 0) == []
        found = reading.changes_after(connection, 0)
    assert [change.article_id for change in found] == [1, 2]
    assert found[0].cursor < found[1].cursor
    assert [c.article_id for c in reading.changes_after(connection, found[0].cursor)] == [2]
    assert reading.changes_after(connection, found[1].cursor) == []


def test_a_rolled_back_transaction_does_not_hold_back_the_change_feed(
    connection: Connection, database_url: str
) -> None:
    insert = "INSERT INTO wiredesk.change (kind, article_id, revision_no, story_id) VALUES ('created', %s, 1, %s)"
    with db.alone(database_url) as other:
        other.execute("BEGIN")
        other.execute(insert, [1, 1])
        connection.execute(insert, [2, 2])
        assert reading.changes_after(connection, 0) == []
        other.execute("ROLLBACK")
        assert [c.article_id for c in reading.changes_after(connection, 0)] == [2]


def test_readers_of_pages_see_every_change_once_under_concurrent_writers(
    connection: Connection, database_url: str
) -> None:
    """Four writers with transactions of different lengths, one reader that pages by three."""

    def write(writer: int) -> None:
        rng = random.Random(writer)
        with db.alone(database_url) as mine:
            for n in range(40):
                with mine.transaction():
                    for part in range(rng.randint(1, 3)):
                        mine.execute(
                            "INSERT INTO wiredesk.change (kind, article_id, revision_no, story_id) "
                            "VALUES ('created', %s, %s, 0)",
                            [writer * 1_000 + n, part],
                        )
                        time.sleep(rng.random() * 0.004)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    seen: list[tuple[int | None, int | None]] = []
    cursors: list[int] = [0]
    while any(thread.is_alive() for thread in threads) or reading.changes_after(connection, cursors[-1], limit=3):
        for change in reading.changes_after(connection, cursors[-1], limit=3):
            seen.append((change.article_id, change.revision_no))
            cursors.append(change.cursor)
    assert cursors == sorted(set(cursors))
    written = values(connection, "SELECT article_id, revision_no FROM wiredesk.change")
    assert len(seen) == len(set(seen)) == len(written)
    assert set(seen) == set(written)
