"""Pages of filed articles are looked at again: what changed is a revision, what is gone is noted after confirmation."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from local_site import Site, add, poll
from newsroom import entry, hand_in, prose, rows, rss, run, submit_and_file, value, values

from wiredesk import schema
from wiredesk.worker import db
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import SettingsError
from wiredesk.worker.settings import Settings, load
from wiredesk.worker.store import reading

TEXT = f"{prose(7, 90)} Repairs cost 4 million euros."
HOUR, DAY = 3600, 86_400


@pytest.fixture
def settings(settings_with: Callable[..., Settings]) -> Settings:
    return settings_with(allowed_networks="127.0.0.0/8", host_spacing_seconds="0")


def show(site: Site, text: str, headline: str = "Ferry returns", path: str = "/ferry") -> None:
    page = f"<html lang=en><title>{headline}</title><body><article><h1>{headline}</h1><p>{text}</p></article></body>"
    site.answers[path] = (200, {"Content-Type": "text/html"}, page.encode())


def pass_time(connection: Connection, seconds: int) -> None:
    """As if so much time had passed since the article was filed."""
    connection.execute(
        "UPDATE wiredesk.recheck SET filed_at = filed_at - make_interval(secs => %(s)s),"
        " due_at = due_at - make_interval(secs => %(s)s), gone_since = gone_since - make_interval(secs => %(s)s)",
        {"s": seconds},
    )
    connection.execute("UPDATE wiredesk.article SET gone_at = gone_at - make_interval(secs => %s)", [seconds])


def look(connection: Connection, settings: Settings, site: Site, *, after: int) -> list[str]:
    """What the re-checks gave once that many seconds have passed; the feed itself is polled no more."""
    connection.execute("UPDATE wiredesk.feed SET state = 'paused'")
    pass_time(connection, after)
    before = value(connection, "SELECT count(*) FROM wire_v1.outcomes")
    poll(connection, settings)
    return values(connection, "SELECT outcome FROM wire_v1.outcomes ORDER BY decided_at, document_id OFFSET %s", before)


@pytest.fixture
def filed(connection: Connection, settings: Settings, site: Site) -> int:
    """An article that was filed from the page of a feed's teaser."""
    show(site, TEXT)
    entry = {"title": "Ferry returns", "link": site.url("/ferry"), "guid": "f", "description": "A short line."}
    site.answers["/feed"] = (200, {"Content-Type": "application/rss+xml"}, rss(entry))
    add(connection, site.url("/feed"))
    poll(connection, settings)
    poll(connection, settings)
    (article_id,) = values(connection, "SELECT article_id FROM wire_v1.articles WHERE body_text = %s", TEXT)
    return int(article_id)


def kinds(connection: Connection) -> list[Any]:
    return values(connection, "SELECT kind FROM wire_v1.changes ORDER BY cursor")


def test_a_page_is_looked_at_again_on_the_ladder(
    connection: Connection, settings: Settings, site: Site, filed: int
) -> None:
    asked = [after for after, found in (
        (after, look(connection, settings, site, after=after))
        for after in (600, 600, 2 * HOUR, HOUR, DAY, DAY, 6 * DAY, 20 * DAY, 10 * DAY, 300 * DAY)
    ) if found == ["repeated"]]  # fmt: skip
    assert asked == [600, HOUR, DAY, 6 * DAY, 10 * DAY]
    assert values(connection, "SELECT due_at = 'infinity' FROM wiredesk.recheck") == [True]
    assert value(connection, "SELECT revision_no FROM wire_v1.articles WHERE article_id = %s", filed) == 2


def test_an_edit_and_a_withdrawal_are_revisions(
    connection: Connection, settings: Settings, site: Site, filed: int
) -> None:
    show(site, TEXT.replace("4 million", "6 million"))
    assert look(connection, settings, site, after=HOUR) == ["revised"]
    show(site, "This article has been withdrawn by the editors.", "Article withdrawn")
    assert look(connection, settings, site, after=DAY) == ["revised"]
    show(site, TEXT)
    assert look(connection, settings, site, after=7 * DAY) == ["revised"]
    chain = "SELECT change_kind FROM wire_v1.revisions WHERE article_id = %s ORDER BY revision_no"
    assert values(connection, chain, filed) == ["created", "full_text", "update", "withdrawn", "restored"]


def test_missed_rechecks_are_made_up_for_by_one(
    connection: Connection, settings: Settings, site: Site, filed: int
) -> None:
    site.asked.clear()
    assert look(connection, settings, site, after=2 * DAY) == ["repeated"]
    assert [path for path, _ in site.seen].count("/ferry") == 1
    assert look(connection, settings, site, after=DAY) == []
    assert look(connection, settings, site, after=5 * DAY) == ["repeated"]


def gone(connection: Connection, article_id: int) -> bool:
    return bool(value(connection, "SELECT gone_at IS NOT NULL FROM wire_v1.articles WHERE article_id = %s", article_id))


def test_a_page_is_gone_when_it_is_not_there_for_hours(
    connection: Connection, settings: Settings, site: Site, filed: int
) -> None:
    before = kinds(connection)
    site.answers["/ferry"] = (404, {}, b"not here")
    assert look(connection, settings, site, after=HOUR // 4) == ["rejected"]
    first = value(connection, "SELECT gone_since FROM wiredesk.recheck")
    assert look(connection, settings, site, after=HOUR) == ["rejected"]
    assert look(connection, settings, site, after=2 * HOUR) == ["rejected"]  # the step of three hours
    assert (gone(connection, filed), kinds(connection)) == (False, before)
    assert look(connection, settings, site, after=3 * HOUR) == ["rejected"]
    assert (gone(connection, filed), kinds(connection)) == (True, [*before, "gone"])
    assert value(connection, "SELECT gone_at FROM wire_v1.articles") == first - timedelta(hours=6)
    assert value(connection, "SELECT revision_no FROM wire_v1.articles WHERE article_id = %s", filed) == 2
    # The ladder goes on as if nothing had been asked beside it, and what is said once is not said again.
    assert look(connection, settings, site, after=12 * HOUR) == []
    assert look(connection, settings, site, after=6 * HOUR) == ["rejected"]
    assert (gone(connection, filed), kinds(connection)) == (True, [*before, "gone"])
    show(site, TEXT)
    assert look(connection, settings, site, after=6 * DAY) == ["repeated"]
    assert (gone(connection, filed), kinds(connection)) == (False, [*before, "gone", "back"])
    assert look(connection, settings, site, after=23 * DAY) == ["repeated"]
    assert kinds(connection) == [*before, "gone", "back"]


def test_a_404_that_passes_is_nothing(connection: Connection, settings: Settings, site: Site, filed: int) -> None:
    before = kinds(connection)
    for minutes_until_step in (15, 165):
        site.answers["/ferry"] = (410, {}, b"gone")
        assert look(connection, settings, site, after=60 * minutes_until_step) == ["rejected"]
        show(site, TEXT)
        assert look(connection, settings, site, after=0) == []
        assert look(connection, settings, site, after=HOUR) == ["repeated"]
        pass_time(connection, -HOUR)
    assert (gone(connection, filed), kinds(connection)) == (False, before)
    # It was there in between, so the next 404 is a first one, however long ago the others were.
    site.answers["/ferry"] = (404, {}, b"not here")
    assert look(connection, settings, site, after=DAY) == ["rejected"]
    assert (gone(connection, filed), kinds(connection)) == (False, before)


def test_a_front_page_does_not_bring_back_what_is_gone(
    connection: Connection, settings: Settings, site: Site, filed: int
) -> None:
    site.answers["/ferry"] = (404, {}, b"not here")
    assert [look(connection, settings, site, after=after) for after in (HOUR, DAY)] == [["rejected"]] * 2
    after = kinds(connection)
    assert (gone(connection, filed), after[-1]) == (True, "gone")
    show(site, prose(20, 120), "Harbour Wire", "/")
    site.answers["/ferry"] = (302, {"Location": site.url("/")}, b"")
    assert look(connection, settings, site, after=7 * DAY) == ["rejected"]
    assert (gone(connection, filed), kinds(connection)) == (True, after)


def test_a_page_that_leads_to_the_front_page_is_no_edit(
    connection: Connection, settings: Settings, site: Site, filed: int
) -> None:
    show(site, prose(20, 120), "Harbour Wire", "/")
    site.answers["/ferry"] = (302, {"Location": site.url("/")}, b"")
    assert look(connection, settings, site, after=HOUR) == ["rejected"]
    assert value(connection, "SELECT reason FROM wire_v1.outcomes WHERE origin = 'recheck'").startswith("elsewhere")
    assert value(connection, "SELECT count(*) FROM wire_v1.articles") == 1


WALL = (
    "<html lang=en><title>Before you continue</title><body><h1>Before you continue</h1>"
    "<p>We and our partners use cookies to store and access information on a device.</p>"
    "<p>You can change your choices at any time.</p></body></html>"
)


def test_a_page_that_is_a_wall_is_no_revision_and_is_asked_for_again(
    connection: Connection, settings: Settings, site: Site
) -> None:
    """The page of a feed's entry: the article keeps the entry's text until the ladder finds the page."""
    site.answers["/ferry"] = (200, {"Content-Type": "text/html"}, WALL.encode())
    teaser = {"title": "Ferry returns", "link": site.url("/ferry"), "guid": "f", "description": "A short line."}
    site.answers["/feed"] = (200, {"Content-Type": "application/rss+xml"}, rss(teaser))
    add(connection, site.url("/feed"))
    poll(connection, settings)
    poll(connection, settings)
    (outcome,) = rows(connection, "SELECT outcome, reason FROM wire_v1.outcomes WHERE origin = 'page'")
    assert (outcome["outcome"], outcome["reason"].partition(":")[0]) == ("rejected", "consent_wall")
    current = "SELECT headline, body_text, revision_no FROM wire_v1.articles"
    assert values(connection, current) == [("Ferry returns", "A short line.", 1)]
    error = value(connection, "SELECT error FROM wire_v1.fetches WHERE url = %s", site.url("/ferry"))
    assert error.startswith("consent_wall: the page is a question for consent")
    assert value(connection, "SELECT body_sha256 IS NOT NULL FROM wiredesk.document WHERE origin = 'page'")

    assert look(connection, settings, site, after=HOUR // 4) == ["rejected"]
    show(site, TEXT)
    assert look(connection, settings, site, after=3 * HOUR) == ["revised"]
    assert values(connection, current) == [("Ferry returns", TEXT, 2)]
    assert values(connection, "SELECT change_kind FROM wire_v1.revisions ORDER BY revision_no") == [
        "created",
        "full_text",
    ]
    # Later looks and submissions that are answered with a wall change nothing either.
    site.answers["/ferry"] = (200, {"Content-Type": "text/html"}, WALL.encode())
    assert look(connection, settings, site, after=DAY) == ["rejected"]
    number = submit_page(connection, settings, site.url("/ferry"))
    (refused,) = reading.outcomes_of_submissions(connection, [number])
    assert (refused.outcome, str(refused.reason).partition(":")[0]) == ("rejected", "consent_wall")
    assert values(connection, current) == [("Ferry returns", TEXT, 2)]


def submit_page(connection: Connection, settings: Settings, url: str, **known: Any) -> int:
    """Hand in an address, which is fetched and filed; its submission."""
    (receipt,) = hand_in(connection, {"url": url, **known}, now=datetime.now(UTC))
    poll(connection, settings)
    return receipt.submission_id


def test_a_submitted_page_is_looked_at_again_with_what_its_submitter_knows(
    connection: Connection, settings: Settings, site: Site
) -> None:
    show(site, TEXT)
    known = {"source": "Harbour Wire", "key": "ferry", "headline": "The ferry is back", "authors": ["Ines Duarte"]}
    number = submit_page(connection, settings, site.url("/ferry"), **known)
    first = rows(connection, "SELECT * FROM wire_v1.articles")
    assert [look(connection, settings, site, after=after) for after in (HOUR, DAY)] == [["repeated"]] * 2
    (seen,) = rows(connection, "SELECT submission_id, feed_id, times FROM wire_v1.sightings")
    assert (seen["submission_id"], seen["feed_id"], seen["times"]) == (number, None, 3)
    (article,) = rows(connection, "SELECT * FROM wire_v1.articles")
    assert article | {"last_seen_at": None} == first[0] | {"last_seen_at": None}
    show(site, TEXT.replace("4 million", "6 million"), "Another headline")
    assert look(connection, settings, site, after=7 * DAY) == ["revised"]
    (article,) = rows(connection, "SELECT headline, byline, source, revision_no FROM wire_v1.articles")
    assert (article["headline"], article["source"], article["revision_no"]) == ("The ferry is back", "Harbour Wire", 2)
    assert values(connection, "SELECT name FROM wire_v1.authors WHERE revision_no = 2") == ["Ines Duarte"]
    # What became of the submission is one outcome; the looks are their own.
    (outcome,) = reading.outcomes_of_submissions(connection, [number])
    assert (outcome.outcome, outcome.item_no) == ("created", 1)
    assert values(connection, "SELECT origin, submission_id, key FROM wire_v1.outcomes ORDER BY decided_at") == [
        ("submission", number, "ferry"),
        *[("recheck", None, None)] * 3,
    ]


def test_a_page_does_not_undo_what_was_handed_in_later(connection: Connection, settings: Settings, site: Site) -> None:
    """The submitter sends a newer text under the same key than the page shows: the page as before is no edit."""
    show(site, TEXT)
    key = {"source": "Harbour Wire", "key": "ferry"}
    submit_page(connection, settings, site.url("/ferry"), **key)
    newer = f"Ferry returns\n\n{TEXT.replace('4 million', '6 million')}"
    (outcome,) = submit_and_file(connection, settings, {"content": newer, **key}, now=datetime.now(UTC))
    assert (outcome.outcome, outcome.revision_no) == ("revised", 2)
    assert look(connection, settings, site, after=HOUR) == ["repeated"]
    assert "6 million" in value(connection, "SELECT body_text FROM wire_v1.articles")
    show(site, TEXT.replace("4 million", "7 million"))
    assert look(connection, settings, site, after=DAY) == ["revised"]
    assert "7 million" in value(connection, "SELECT body_text FROM wire_v1.articles")


def test_only_pages_are_looked_at_again(connection: Connection, settings: Settings, site: Site) -> None:
    """A submitted text comes from its submitter, and a submitted feed's address shows no article."""
    site.answers["/feed"] = (200, {"Content-Type": "application/rss+xml"}, rss(entry(1), entry(2)))
    submit_page(connection, settings, site.url("/feed"))
    submit_and_file(connection, settings, {"content": TEXT, "url": site.url("/ferry")})
    assert value(connection, "SELECT count(*) FROM wire_v1.articles") == 3
    assert value(connection, "SELECT count(*) FROM wiredesk.recheck") == 0


def test_a_page_leads_to_another_article(connection: Connection, settings: Settings, site: Site) -> None:
    """What its submitter said of the one is not said of the other."""
    show(site, TEXT)
    show(site, prose(11, 90), "Quarry closes", "/quarry")
    submit_page(connection, settings, site.url("/ferry"), headline="The ferry is back")
    submit_page(connection, settings, site.url("/quarry"))
    site.answers["/ferry"] = (301, {"Location": site.url("/quarry")}, b"")
    assert sorted(look(connection, settings, site, after=HOUR)) == ["rejected", "repeated"]
    assert values(connection, "SELECT headline, revision_no FROM wire_v1.articles ORDER BY article_id") == [
        ("The ferry is back", 1),
        ("Quarry closes", 1),
    ]


# ---- ladders


def teaser_of(site: Site, path: str) -> bytes:
    return rss({"title": "Ferry returns", "link": site.url(path), "guid": path, "description": "A short line."})


def test_a_feed_can_have_a_ladder_of_its_own(
    connection: Connection, settings: Settings, site: Site, database_url: str
) -> None:
    environment = {"WIREDESK_DATABASE_URL": database_url}
    for path, ladder in (("/often", ["2h 4h"]), ("/never", [""]), ("/usual", [])):
        site.answers[path] = (200, {"Content-Type": "application/rss+xml"}, teaser_of(site, f"{path}.html"))
        show(site, prose(len(path), 90), path, f"{path}.html")
        option = [f"--recheck-ladder={text}" for text in ladder]
        added = run("feeds", "add", site.url(path), "--no-check", *option, environment=environment)
        assert (added.code, added.err) == (0, "")
    listed = run("feeds", "list", "--format", "json", environment=environment)
    assert [json.loads(line)["recheck_ladder"] for line in listed.lines()] == [[7_200, 14_400], [], None]
    poll(connection, settings)
    poll(connection, settings)

    def looked_at(after: int) -> list[str]:
        site.asked.clear()
        look(connection, settings, site, after=after)
        return sorted(path for path, _ in site.seen if path.endswith(".html"))

    assert [looked_at(minutes * 60) for minutes in (20, 110, 70, 60)] == [
        ["/usual.html"],
        ["/often.html"],
        ["/usual.html"],
        ["/often.html"],
    ]
    wrong = run("feeds", "add", site.url("/often"), "--no-check", "--recheck-ladder=soon", environment=environment)
    assert (wrong.code, wrong.errors()[-1]) == (
        2,
        "Error: Invalid value for '--recheck-ladder': 'soon': rising times such as 15m 3h 1d",
    )


def test_an_empty_ladder_looks_at_nothing(connection: Connection, settings: Settings, site: Site, filed: int) -> None:
    """Neither at pages that are filed from then on, nor at those that waited for their next look."""
    off = replace(settings, recheck_ladder="")
    assert look(connection, off, site, after=HOUR) == []
    assert look(connection, settings, site, after=DAY) == []
    show(site, prose(11, 90), "Quarry closes", "/quarry")
    submit_page(connection, off, site.url("/quarry"))
    assert value(connection, "SELECT count(*) FROM wire_v1.articles") == 2
    assert values(connection, "SELECT article_id, due_at = 'infinity' FROM wiredesk.recheck") == [(filed, True)]


def test_a_ladder_is_rising_times() -> None:
    assert load({"WIREDESK_RECHECK_LADDER": "90m 2d"}).ladder() == (5_400.0, 172_800.0)
    for wrong in ("soon", "1d 3h", "1d 24h", "0m", "-1h", "5", "1e300d"):
        with pytest.raises(SettingsError, match=f"WIREDESK_RECHECK_LADDER='{wrong}': rising times such as 15m 3h 1d"):
            load({"WIREDESK_RECHECK_LADDER": wrong})


def test_due_rechecks_are_found_by_their_index_among_100_000_pages(connection: Connection, settings: Settings) -> None:
    connection.execute(
        "INSERT INTO wiredesk.feed (url, recheck_ladder) SELECT 'https://harbour.example/' || n, '{900,10800}'"
        " FROM generate_series(1, 10000) n"
    )
    connection.execute(
        """INSERT INTO wiredesk.recheck (article_id, url, feed_id, context, due_at)
           SELECT n, 'https://harbour.example/news/' || n, n %% 10000 + 1, '{}',
                  CASE WHEN n %% 2 = 0 THEN 'infinity' ELSE now() + make_interval(secs => n - 1000) END
           FROM generate_series(1, 100000) n""",
        (),
    )
    connection.execute("ANALYZE wiredesk.recheck, wiredesk.feed")
    query = "EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF) " + schema.queries("inbox")["issue_rechecks"]
    with db.connected(settings.database_url) as as_workers:
        for one in (connection, as_workers):
            found = one.execute(query, {"ladder": list(settings.ladder()), "limit": 50, "article_id": None})
            plan = "\n".join(line for (line,) in found)
            assert "recheck_due" in plan and "recheck_pkey" in plan and "feed_pkey" in plan, plan
            assert "Seq Scan" not in plan, plan
    # The earliest are issued first, each once.
    issued = values(connection, "SELECT url FROM wiredesk.document ORDER BY document_id")
    assert sorted(issued) == sorted(f"https://harbour.example/news/{n}" for n in range(1, 200, 2))
