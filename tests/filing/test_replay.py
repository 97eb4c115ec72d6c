"""Replay: stored documents read again with today's code, which here is a reader that was changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from newsroom import (
    FERRY,
    NOW,
    ROOT,
    counts,
    entry,
    file_waiting,
    hand_in,
    outcomes_of,
    prose,
    rows,
    rss,
    run,
    show_feed,
    submit_and_file,
    value,
    values,
)

from wiredesk.worker.db import Connection
from wiredesk.worker.errors import Rejected
from wiredesk.worker.filing import ingest
from wiredesk.worker.filing.replay import Difference, replay
from wiredesk.worker.news.model import Draft
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import inbox

FEED = "https://harbour.example/feed.xml"
HEADLINE = "Island ferry returns after nine weeks"
LATER = NOW + timedelta(days=30)
Reader = Callable[[Draft], Draft | Rejected]


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> Callable[[Reader], None]:
    """`today(change)`: from now on what is read is `change` of what the code of before made of it."""
    before = ingest._item

    def read_as(change: Reader) -> None:
        def item(document: Any, number: int, read: Draft | Rejected, settings: Settings, **more: bool) -> Any:
            return before(document, number, change(read) if isinstance(read, Draft) else read, settings, **more)

        monkeypatch.setattr(ingest, "_item", item)

    return read_as


def again(connection: Connection, settings: Settings, *, dry_run: bool = False) -> list[Difference]:
    ids = inbox.documents_to_replay(connection, after=0, limit=1000, rejected=False)
    return replay(connection, settings, ids, now=LATER, dry_run=dry_run)


def kinds(connection: Connection) -> list[Any]:
    return values(connection, "SELECT article_id, revision_no, change_kind FROM wire_v1.revisions ORDER BY 1, 2")


def better(draft: Draft) -> Draft:
    return replace(
        draft, headline="Night ferry returns", body_text=draft.body_text.removesuffix(", and more may come.")
    )


def test_the_same_code_changes_nothing(connection: Connection, settings: Settings) -> None:
    submit_and_file(connection, settings, {"content": FERRY, "key": "k", "tags": ["ferries"]})
    show_feed(connection, FEED, rss(*(entry(n) for n in range(1, 6)), entry(2)))
    page = f"<html lang=en><title>Quarry</title><body><article><h1>Quarry</h1><p>{prose(5, 160)}</p></article>"
    submit_and_file(connection, settings, {"content": page, "url": "https://harbour.example/quarry"})
    hand_in(connection, {"content": ""}, {"nonsense": 1})
    file_waiting(settings)
    before, ledger = (
        counts(connection),
        rows(connection, "SELECT * FROM wiredesk.outcome ORDER BY document_id, item_no"),
    )
    assert again(connection, settings, dry_run=True) == []
    assert again(connection, settings) == []
    assert counts(connection) == before
    assert rows(connection, "SELECT * FROM wiredesk.outcome ORDER BY document_id, item_no") == ledger
    assert values(connection, "SELECT DISTINCT state, lease_token FROM wiredesk.document") == [("done", None)]


def test_a_text_that_reads_differently_is_a_reread_revision(
    connection: Connection, settings: Settings, today: Callable[[Reader], None]
) -> None:
    (outcome,) = submit_and_file(connection, settings, {"content": FERRY, "key": "k"})
    article_id = outcome.article_id
    first = rows(connection, "SELECT * FROM wire_v1.revisions")
    before, sightings = counts(connection), rows(connection, "SELECT * FROM wire_v1.sightings")
    stories = rows(connection, "SELECT * FROM wire_v1.stories")
    ledger = rows(connection, "SELECT * FROM wire_v1.outcomes")
    today(better)
    planned = again(connection, settings, dry_run=True)
    assert [(d.what, d.article_id, d.revision_no) for d in planned] == [("reread", article_id, 1)]
    assert planned[0].fields is not None
    assert planned[0].fields["headline"] == ("Island ferry returns after nine weeks", "Night ferry returns")
    assert counts(connection) == before
    assert again(connection, settings) == planned
    assert kinds(connection) == [(article_id, 1, "created"), (article_id, 2, "reread")]
    assert rows(connection, "SELECT * FROM wire_v1.revisions WHERE revision_no = 1") == first
    assert values(connection, "SELECT headline, revision_no, first_seen_at, last_seen_at FROM wire_v1.articles") == [
        ("Night ferry returns", 2, NOW, NOW)
    ]
    assert values(connection, "SELECT kind, revision_no FROM wire_v1.changes ORDER BY cursor") == [
        ("created", 1),
        ("reread", 2),
    ]
    assert rows(connection, "SELECT * FROM wire_v1.sightings") == sightings
    assert rows(connection, "SELECT * FROM wire_v1.stories") == stories
    assert rows(connection, "SELECT * FROM wire_v1.outcomes") == ledger
    # Once more is once too often, and what was known then stays what was known then.
    assert again(connection, settings) == []
    then = "SELECT headline FROM wire_v1.article_at(%s, %s)"
    assert value(connection, then, article_id, LATER - timedelta(days=1)) == "Island ferry returns after nine weeks"
    assert value(connection, then, article_id, LATER) == "Night ferry returns"
    # The publisher sends the same again: today's code reads what is filed now, and that is no edit.
    (repeated,) = submit_and_file(connection, settings, {"content": FERRY + "\n", "key": "k"}, now=LATER)
    assert (repeated.outcome, repeated.article_id) == ("repeated", article_id)


def test_a_text_that_was_read_again_moves_no_story_and_is_found_by_later_copies(
    connection: Connection, settings: Settings
) -> None:
    (ferry,) = submit_and_file(connection, settings, {"content": FERRY, "key": "k", "source": "Harbour Wire"})
    (quarry,) = submit_and_file(connection, settings, {"content": prose(5, 160), "source": "Quarry News"})
    stories = rows(connection, "SELECT * FROM wire_v1.stories ORDER BY story_id")
    with pytest.MonkeyPatch.context() as undone:
        # Today's code finds in the ferry's document the text of the quarry, and a further one.
        text = f"{prose(5, 160)}\n\n{prose(6, 160)}"
        as_before = ingest._item
        undone.setattr(
            ingest,
            "_item",
            lambda d, n, item, s, **more: as_before(d, n, replace(item, body_text=text) if d.key else item, s, **more),
        )
        soon = NOW + timedelta(days=1)
        ids = inbox.documents_to_replay(connection, after=0, limit=10, rejected=False)
        assert [d.article_id for d in replay(connection, settings, ids, now=soon, dry_run=False)] == [ferry.article_id]
    assert rows(connection, "SELECT * FROM wire_v1.stories ORDER BY story_id") == stories
    old, new = submit_and_file(
        connection,
        settings,
        {"content": FERRY.partition("\n\n")[2], "source": "Island Post"},
        {"content": prose(6, 160), "source": "Island Post"},
        now=soon,
    )
    joined = "SELECT story_id FROM wire_v1.articles WHERE article_id = ANY(%s)"
    assert values(connection, joined, [old.article_id, new.article_id]) == [ferry.article_id] * 2
    assert value(connection, joined, [quarry.article_id]) == quarry.article_id


def test_a_text_that_reads_the_same_keeps_its_one_fingerprint(connection: Connection, settings: Settings) -> None:
    submit_and_file(connection, settings, {"content": FERRY, "key": "k", "source": "Harbour Wire"})
    before = rows(connection, "SELECT * FROM wiredesk.story_print")
    connection.execute("UPDATE wiredesk.revision SET section = 'As an older program read it'")
    ids = inbox.documents_to_replay(connection, after=0, limit=10, rejected=False)
    (found,) = replay(connection, settings, ids, now=NOW + timedelta(days=1), dry_run=False)
    assert (found.what, list(found.fields or ())) == ("reread", ["section"])
    assert rows(connection, "SELECT * FROM wiredesk.story_print") == before


def test_only_the_current_text_is_read_again(
    connection: Connection, settings: Settings, today: Callable[[Reader], None]
) -> None:
    """The document of an older revision must not bring its text back."""
    submit_and_file(connection, settings, {"content": FERRY, "key": "k"})
    submit_and_file(connection, settings, {"content": FERRY.replace("four million", "five million"), "key": "k"})
    today(better)
    assert [d.revision_no for d in again(connection, settings)] == [2]
    assert [kind for _, _, kind in kinds(connection)] == ["created", "minor", "reread"]
    assert "five million" in value(connection, "SELECT body_text FROM wire_v1.articles")


def test_a_text_without_names_of_its_own_is_still_the_same_article(
    connection: Connection, settings: Settings, today: Callable[[Reader], None]
) -> None:
    submit_and_file(connection, settings, {"content": FERRY})
    today(better)
    assert [d.what for d in again(connection, settings)] == ["reread"]
    assert value(connection, "SELECT count(*) FROM wire_v1.articles") == 1


def test_an_edit_after_the_dry_run_is_not_overwritten(
    connection: Connection, settings: Settings, today: Callable[[Reader], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A publisher's edit is filed between reading and filing: the current text is the edit, and stays it."""
    submit_and_file(connection, settings, {"content": FERRY, "key": "k"})
    ids = inbox.documents_to_replay(connection, after=0, limit=10, rejected=False)
    ledger = inbox.filed_items(connection, ids)
    submit_and_file(connection, settings, {"content": FERRY.replace("four million", "five million"), "key": "k"})
    monkeypatch.setattr(inbox, "filed_items", lambda *_: ledger)
    today(better)
    replay(connection, settings, ids, now=LATER, dry_run=False)
    assert value(connection, "SELECT count(*) FROM wire_v1.revisions") == 2
    assert "five million" in value(connection, "SELECT body_text FROM wire_v1.articles")


def test_feeds_keep_what_they_showed_and_fetch_no_pages(
    connection: Connection, settings: Settings, today: Callable[[Reader], None]
) -> None:
    items = [entry(n) for n in range(1, 4)]
    teaser = entry(4, **{"content:encoded": "", "description": "A line that says little."})
    show_feed(connection, FEED, rss(*items, teaser))
    file_waiting(settings)
    pages = value(connection, "SELECT count(*) FROM wiredesk.document WHERE origin = 'page'")
    today(lambda draft: replace(draft, headline=(draft.headline or "").upper()))
    assert [d.what for d in again(connection, settings)] == ["reread"] * 4
    assert value(connection, "SELECT count(*) FROM wiredesk.document WHERE origin = 'page'") == pages
    assert set(values(connection, "SELECT times, last_seen_at FROM wire_v1.sightings")) == {(1, NOW)}
    show_feed(connection, FEED, rss(*items, teaser, entry(5)), at=LATER)
    assert outcomes_of(file_waiting(settings)) == ["repeated"] * 4 + ["created"]


def test_rejected_items_are_tried_again(
    connection: Connection, settings: Settings, today: Callable[[Reader], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:

        def fails(document: object) -> Any:
            raise Rejected("too_slow", "it took more than 10 s")

        broken.setattr(ingest, "read_whole", fails, raising=False)
        broken.setattr(ingest, "read_document", fails, raising=False)
        (outcome,) = submit_and_file(connection, settings, {"content": FERRY, "key": "k"})
    assert outcome.outcome == "rejected"
    (planned,) = again(connection, settings, dry_run=True)
    assert (planned.what, planned.headline) == ("filed", "Island ferry returns after nine weeks")
    assert value(connection, "SELECT count(*) FROM wire_v1.articles") == 0
    assert again(connection, settings) == [planned]
    assert values(connection, "SELECT headline, first_seen_at FROM wire_v1.articles") == [
        ("Island ferry returns after nine weeks", NOW)
    ]
    assert values(connection, "SELECT item_no, outcome, reason, received_at FROM wire_v1.outcomes") == [
        (1, "created", None, NOW)
    ]
    assert values(connection, "SELECT state, created, rejected, reason FROM wiredesk.document") == [
        ("done", 1, 0, None)
    ]
    assert values(connection, "SELECT kind FROM wire_v1.changes") == ["created"]
    assert again(connection, settings) == []


def test_an_item_that_cant_be_read_today_stays_filed(
    connection: Connection, settings: Settings, today: Callable[[Reader], None]
) -> None:
    show_feed(connection, FEED, rss(entry(1), entry(2)))
    file_waiting(settings)
    before = counts(connection)
    today(lambda draft: Rejected("empty", "nothing") if "2" in (draft.url or "") else draft)
    assert [(d.what, d.item_no, d.reason) for d in again(connection, settings)] == [("lost", 2, "empty: nothing")]
    assert counts(connection) == before
    assert values(connection, "SELECT created, rejected FROM wiredesk.document") == [(2, 0)]


def test_of_two_replays_the_later_one_files(
    connection: Connection, settings: Settings, today: Callable[[Reader], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    submit_and_file(connection, settings, {"content": FERRY, "key": "k"})
    ids = inbox.documents_to_replay(connection, after=0, limit=10, rejected=False)
    today(better)
    stored = inbox.stored_documents

    def overtaken(*arguments: Any) -> Any:
        inbox.lease_closed(connection, ids, "00000000-0000-0000-0000-000000000001")
        return stored(*arguments)

    with monkeypatch.context() as slow:
        slow.setattr(inbox, "stored_documents", overtaken)
        replay(connection, settings, ids, now=LATER, dry_run=False)
    assert value(connection, "SELECT count(*) FROM wire_v1.revisions") == 1
    assert file_waiting(settings) == []
    replay(connection, settings, ids, now=LATER, dry_run=False)
    assert value(connection, "SELECT count(*) FROM wire_v1.revisions") == 2


def test_the_command(connection: Connection, settings: Settings) -> None:
    """A revision as an older program would have filed it: with another headline and no tags."""
    (outcome,) = submit_and_file(
        connection, settings, {"content": FERRY, "tags": ["ferries"], "source": "Harbour Wire"}
    )
    connection.execute("UPDATE wiredesk.revision SET headline = 'Island ferry returns'")
    connection.execute("DELETE FROM wiredesk.tag")
    environment = {"WIREDESK_DATABASE_URL": settings.database_url}
    (document_id,) = inbox.documents_to_replay(connection, after=0, limit=10, rejected=False)
    done = run("replay", "--article", str(outcome.article_id), "--dry-run", environment=environment)
    assert (done.code, done.err) == (0, "")
    assert done.lines() == [
        f"reread    document {document_id} item 1  article {outcome.article_id} revision 1  {HEADLINE}",
        "  headline:",
        "~ Island ferry returns {+after nine weeks+}",
        "  tags: [] → ['ferries']",
        "1 documents read (dry run, nothing stored): 1 reread, 0 filed, 0 known, 0 rejected, 0 lost",
    ]
    machine = run("replay", "--document", str(document_id), "--format", "json", environment=environment)
    (line,) = [json.loads(line) for line in machine.lines()]
    assert (line["what"], line["article_id"], line["fields"]["tags"]) == (
        "reread",
        outcome.article_id,
        {"filed": [], "read": ["ferries"]},
    )
    assert kinds(connection) == [(outcome.article_id, 1, "created"), (outcome.article_id, 2, "reread")]
    assert run("replay", "--all", environment=environment).lines() == [
        "1 documents read: 0 reread, 0 filed, 0 known, 0 rejected, 0 lost"
    ]
    assert run("replay", "--rejected", environment=environment).lines()[-1].startswith("0 documents read")
    assert run("replay", environment=environment).code == 2
    missing = run("replay", "--document", "99", environment=environment)
    assert (missing.code, missing.errors()) == (
        1,
        ["wiredesk: there is no document 99"],
    )


# Code that reads well, but for documents that kill their reader in ways that no alarm interrupts.
KILLERS = """
import os, signal
from wiredesk.worker.filing import ingest
read_whole = ingest.read_whole

def read(document):
    if b"a fault" in document.body:
        os.kill(os.getpid(), signal.SIGSEGV)
    if b"no end" in document.body:
        signal.signal(signal.SIGPROF, signal.SIG_IGN)
        while True:
            pass
    if b"a mistake" in document.body:
        raise ZeroDivisionError("of ours")
    return read_whole(document)

ingest.read_whole = read
"""


def test_a_document_that_kills_its_reader_stays_as_it_was_and_the_others_are_read(
    connection: Connection, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(KILLERS)
    environment = {
        "WIREDESK_DATABASE_URL": settings.database_url,
        "WIREDESK_PARSE_SECONDS": "0.5",
        "WIREDESK_FETCH_SECONDS": "1",
        "WIREDESK_TASK_SECONDS": "5",
        "PYTHONPATH": f"{tmp_path}:{ROOT}",
    }
    texts = [FERRY, f"{FERRY}\n\na fault", prose(5, 90), f"{prose(6, 90)} no end", f"{FERRY} a mistake"]
    submit_and_file(connection, settings, *({"content": text, "key": str(n)} for n, text in enumerate(texts)))
    connection.execute("UPDATE wiredesk.revision SET headline = 'As an older program read it'")
    numbers = values(connection, "SELECT document_id FROM wiredesk.document ORDER BY document_id")
    first = kinds(connection)
    for option in (["--dry-run"], []):
        ran = run("replay", "--all", *option, environment=environment)
        assert (ran.code, ran.err) == (0, "")
        found = [line.split()[:3] for line in ran.lines() if line.startswith(("reread", "poison", "lost"))]
        assert found == [
            ["reread", "document", str(numbers[0])],
            ["poison", "document", str(numbers[1])],
            ["reread", "document", str(numbers[2])],
            ["poison", "document", str(numbers[3])],
            ["lost", "document", str(numbers[4])],
        ]
        assert "poison: reading it killed its process (SIGSEGV)" in ran.out
        assert "internal: a fault of wiredesk (ZeroDivisionError)" in ran.out
        assert "poison: reading it was not over after 5 s (task_seconds)" in ran.out
        assert ran.lines()[-1] == "2 left as they were: reading them killed the process"
        assert option == [] or kinds(connection) == first
    assert [kind for _, _, kind in kinds(connection)].count("reread") == 2
    assert values(connection, "SELECT created, rejected, state FROM wiredesk.document") == [(1, 0, "done")] * 5


def test_the_command_says_what_it_leaves_alone(connection: Connection, settings: Settings) -> None:
    environment = {"WIREDESK_DATABASE_URL": settings.database_url}
    submit_and_file(connection, settings, {"content": FERRY}, {"content": prose(5, 90)})
    connection.execute("DELETE FROM wiredesk.outcome WHERE article_id = (SELECT min(article_id) FROM wiredesk.article)")
    past, _ = values(connection, "SELECT document_id FROM wiredesk.document ORDER BY document_id")
    assert run("replay", "--all", environment=environment).lines() == [
        "1 documents read: 0 reread, 0 filed, 0 known, 0 rejected, 0 lost",
        "1 left as they were: outcomes are kept for a time (outcome_months), theirs are past it",
    ]
    (line,) = run("replay", "--all", "--format", "json", environment=environment).lines()
    assert (json.loads(line)["document_id"], json.loads(line)["what"]) == (past, "past")


def test_a_page_without_content_has_to_be_submitted_again(connection: Connection, settings: Settings) -> None:
    environment = {"WIREDESK_DATABASE_URL": settings.database_url}
    url = "https://harbour.example/gone"
    for origin in ("submission", "recheck"):
        connection.execute(
            "INSERT INTO wiredesk.document (origin, needs, state, url, received_at, rejected, reason)"
            " VALUES (%s, 'fetch', 'done', %s, now(), 1, 'http_404: it answered 404')",
            [origin, url],
        )
    hand_in(connection, {"nonsense": 1})
    file_waiting(settings)
    hand_in(connection, {"content": FERRY})
    of_page, _, refused, waiting = values(connection, "SELECT document_id FROM wiredesk.document ORDER BY document_id")
    assert run("replay", "--rejected", environment=environment).lines() == [
        "0 documents read: 0 reread, 0 filed, 0 known, 0 rejected, 0 lost",
        (
            "1 rejected pages could not be had and have no content: hand in their URLs again "
            "(wiredesk submit URL; wire_v1.outcomes names them)"
        ),
    ]
    for number, words in (
        (of_page, f"has no content: hand in its URL again (wiredesk submit {url}; http_404: it answered 404)"),
        (waiting, "waits to be read for the first time"),
    ):
        ran = run("replay", "--document", str(number), environment=environment)
        assert (ran.code, ran.errors()) == (1, [f"wiredesk: document {number} {words}"])
    ran = run("replay", "--document", str(refused), environment=environment)
    assert ran.errors()[0].startswith(
        f"wiredesk: document {refused} is a message that was refused: hand it in again (unknown_"
    )
