"""Pages of filed articles are looked at again: what changed is a revision, what is gone is noted after confirmation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from feed_site import Site, add, poll, serving
from newsroom import prose, rss, settings_of, value, values

from worker import db
from worker.db import Connection
from worker.errors import SettingsError
from worker.settings import Settings, load

TEXT = f"{prose(7, 90)} Repairs cost 4 million euros."
HOUR, DAY = 3600, 86_400


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


@pytest.fixture
def desk(database_url: str, redis_url: str) -> Iterator[Settings]:
    networks = {"allowed_networks": "127.0.0.0/8", "host_spacing_seconds": "0"}
    yield settings_of(database_url, redis_url, **networks)
    db.close()


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


def look(connection: Connection, desk: Settings, site: Site, *, after: int) -> list[str]:
    """What the re-checks gave once that many seconds have passed; the feed itself is polled no more."""
    connection.execute("UPDATE wiredesk.feed SET state = 'paused'")
    pass_time(connection, after)
    before = value(connection, "SELECT count(*) FROM wire_v1.outcomes")
    poll(connection, desk)
    found = values(
        connection, "SELECT outcome FROM wire_v1.outcomes ORDER BY decided_at, document_id OFFSET %s", before
    )
    return found[:1]  # a step that was missed in between is made up for at once, and shows the same again


@pytest.fixture
def filed(connection: Connection, desk: Settings, site: Site) -> int:
    """An article that was filed from the page of a feed's teaser."""
    show(site, TEXT)
    entry = {"title": "Ferry returns", "link": site.url("/ferry"), "guid": "f", "description": "A short line."}
    site.answers["/feed"] = (200, {"Content-Type": "application/rss+xml"}, rss(entry))
    add(connection, site.url("/feed"))
    poll(connection, desk)
    poll(connection, desk)
    (article_id,) = values(connection, "SELECT article_id FROM wire_v1.articles WHERE body_text = %s", TEXT)
    return int(article_id)


def kinds(connection: Connection) -> list[Any]:
    return values(connection, "SELECT kind FROM wire_v1.changes ORDER BY cursor")


def test_a_page_is_looked_at_again_on_the_ladder(
    connection: Connection, desk: Settings, site: Site, filed: int
) -> None:
    asked = [after for after, found in (
        (after, look(connection, desk, site, after=after))
        for after in (600, 600, 2 * HOUR, HOUR, DAY, DAY, 6 * DAY, 20 * DAY, 10 * DAY, 300 * DAY)
    ) if found == ["repeated"]]  # fmt: skip
    assert asked == [600, HOUR, DAY, 6 * DAY, 10 * DAY]
    assert value(connection, "SELECT step FROM wiredesk.recheck WHERE due_at = 'infinity'") == 5
    assert value(connection, "SELECT revision_no FROM wire_v1.articles WHERE article_id = %s", filed) == 2


def test_an_edit_and_a_withdrawal_are_revisions(connection: Connection, desk: Settings, site: Site, filed: int) -> None:
    show(site, TEXT.replace("4 million", "6 million"))
    assert look(connection, desk, site, after=HOUR) == ["revised"]
    show(site, "This article has been withdrawn by the editors.", "Article withdrawn")
    assert look(connection, desk, site, after=DAY) == ["revised"]
    show(site, TEXT)
    assert look(connection, desk, site, after=7 * DAY) == ["revised"]
    chain = "SELECT change_kind FROM wire_v1.revisions WHERE article_id = %s ORDER BY revision_no"
    assert values(connection, chain, filed) == ["created", "full_text", "update", "withdrawn", "restored"]


def test_one_404_is_nothing_and_two_a_day_apart_are_gone(
    connection: Connection, desk: Settings, site: Site, filed: int
) -> None:
    before = kinds(connection)
    gone = "SELECT gone_at IS NOT NULL FROM wire_v1.articles WHERE article_id = %s"
    site.answers["/ferry"] = (404, {}, b"not here")
    assert look(connection, desk, site, after=HOUR) == ["rejected"]
    assert (value(connection, gone, filed), kinds(connection)) == (False, before)
    assert look(connection, desk, site, after=HOUR) == []
    show(site, TEXT)
    assert look(connection, desk, site, after=DAY) == ["repeated"]
    site.answers["/ferry"] = (410, {}, b"gone")
    assert look(connection, desk, site, after=7 * DAY) == ["rejected"]
    assert (value(connection, gone, filed), kinds(connection)) == (False, before)
    assert look(connection, desk, site, after=DAY) == ["rejected"]
    assert (value(connection, gone, filed), kinds(connection)) == (True, [*before, "gone"])
    assert value(connection, "SELECT revision_no FROM wire_v1.articles WHERE article_id = %s", filed) == 2
    show(site, TEXT)
    connection.execute("UPDATE wiredesk.recheck SET due_at = now()")  # asking again for confirmation took up the ladder
    assert look(connection, desk, site, after=0) == ["repeated"]
    assert (value(connection, gone, filed), kinds(connection)) == (False, [*before, "gone", "back"])


def test_a_page_that_leads_to_the_front_page_is_no_edit(
    connection: Connection, desk: Settings, site: Site, filed: int
) -> None:
    show(site, prose(20, 120), "Harbour Wire", "/")
    site.answers["/ferry"] = (302, {"Location": site.url("/")}, b"")
    assert look(connection, desk, site, after=HOUR) == ["rejected"]
    assert value(connection, "SELECT reason FROM wire_v1.outcomes WHERE origin = 'recheck'").startswith("elsewhere")
    assert value(connection, "SELECT count(*) FROM wire_v1.articles") == 1


def test_an_empty_ladder_looks_at_nothing(connection: Connection, desk: Settings, site: Site) -> None:
    assert load({"WIREDESK_RECHECK_LADDER": "90m 2d"}).ladder() == (5_400.0, 172_800.0)
    for wrong in ("soon", "1d 3h", "0m", "-1h", "5"):
        with pytest.raises(SettingsError, match="RECHECK_LADDER"):
            load({"WIREDESK_RECHECK_LADDER": wrong})
