"""A publisher who edits, corrects, retitles, moves, withdraws and restores for a month, by a script.

Its pages stand on a local server and are fetched as the fetch workers do; only the days are given and not waited for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import escape

import pytest
from local_site import Site
from newsroom import NOW, file_waiting, hand_in, outcomes_of, prose, rows, value, values

from wiredesk.worker.db import Connection
from wiredesk.worker.fetch import pages
from wiredesk.worker.inbox import dispatch
from wiredesk.worker.settings import Settings

LEAD = "The night ferry to the outer islands sailed again on Monday after nine weeks in dock, the operator said."
COST = "Repairs had cost 4 million euros, twice the first estimate, and the bill may yet grow, a spokeswoman said."
REST = prose(7, 90)


@dataclass(frozen=True)
class Page:
    """An article's page on one day."""

    path: str
    headline: str
    paragraphs: tuple[str, ...]
    furniture: str = "12 comments"


@dataclass(frozen=True)
class Step:
    """What the publisher did on a day, and the kind of revision it must give; None: no revision."""

    day: float
    page: Page
    kind: str | None


FERRY = Page("/ferry", "Island ferry returns", (LEAD, COST, REST))
TYPO = replace(FERRY, paragraphs=(LEAD.replace("after nine", "following nine"), COST, REST))
DEARER = replace(TYPO, paragraphs=(TYPO.paragraphs[0], COST.replace("4 million", "6 million"), REST))
RETITLED = replace(DEARER, headline="Islanders cheer as their ship comes home")
NOTE = "Correction: an earlier version of this article gave the wrong day of the sailing."
CORRECTED = replace(RETITLED, paragraphs=(*RETITLED.paragraphs, NOTE))
MOVED = replace(CORRECTED, path="/2026/03/ferry")
WITHDRAWN = replace(
    MOVED, headline="Article withdrawn", paragraphs=("This article has been withdrawn by the editors.",)
)
LATEST = replace(MOVED, paragraphs=(*MOVED.paragraphs, prose(8, 40)))

SCRIPT = (
    Step(0, FERRY, "created"),
    Step(0.01, replace(FERRY, furniture="48 comments"), None),
    Step(0.1, FERRY, None),
    Step(1, TYPO, "minor"),
    Step(2, DEARER, "update"),
    Step(3, RETITLED, "retitle"),
    Step(5, CORRECTED, "correction"),
    Step(5.5, replace(CORRECTED, furniture="Share on Facebook"), None),
    Step(8, MOVED, None),
    Step(12, WITHDRAWN, "withdrawn"),
    Step(15, MOVED, "restored"),
    Step(20, LATEST, "update"),
    Step(30, LATEST, None),
)


def on_day(day: float) -> datetime:
    return NOW + timedelta(days=day)


def html(site: Site, page: Page) -> bytes:
    title = escape(page.headline)
    body = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in page.paragraphs)
    return (
        f"<html lang=en><head><title>{title}</title><link rel=canonical href='{site.url(page.path)}'></head>"
        f"<body><nav>Home News Sport</nav><article><h1>{title}</h1><p>{page.furniture}</p>{body}</article>"
        "<footer>Imprint</footer></body></html>"
    ).encode()


def publish(site: Site, page: Page, *, moved_from: str | None = None) -> None:
    site.answers[page.path] = (200, {"Content-Type": "text/html; charset=utf-8"}, html(site, page))
    if moved_from and moved_from != page.path:
        site.answers[moved_from] = (301, {"Location": site.url(page.path)}, b"")


def visit(connection: Connection, settings: Settings, url: str, day: float) -> list[str]:
    """Hand in an address that day, fetch it and file what came."""
    hand_in(connection, {"url": url, "source": "Harbour Wire"}, now=on_day(day))
    filed = fetch_and_file(connection, settings)
    return filed or values(connection, "SELECT outcome FROM wire_v1.outcomes WHERE received_at = %s", on_day(day))


def look_again(connection: Connection, settings: Settings) -> list[str]:
    """Let the desk look at the article's page again, as if it had come to its next step or its time to be confirmed."""
    connection.execute(
        "UPDATE wiredesk.recheck SET due_at = now(), gone_since = gone_since - make_interval(hours => 6)"
    )
    filed = fetch_and_file(connection, settings)
    return filed or values(connection, "SELECT outcome FROM wire_v1.outcomes ORDER BY decided_at DESC LIMIT 1")


def fetch_and_file(connection: Connection, settings: Settings) -> list[str]:
    for hint in dispatch.tick(settings):
        assert hint.work == "fetch"
        pages.fetch_documents(settings, hint.ids, hint.token, list)
    connection.execute("UPDATE wiredesk.document SET due_at = now(), lease_token = NULL WHERE state = 'waiting'")
    return outcomes_of(file_waiting(settings))


@pytest.fixture
def settings(settings_with: Callable[..., Settings]) -> Settings:
    return settings_with(allowed_networks="127.0.0.0/8", host_spacing_seconds="0")


def test_the_chain_of_revisions_is_the_script(connection: Connection, settings: Settings, site: Site) -> None:
    for step in SCRIPT:
        publish(site, step.page, moved_from=FERRY.path)
        (outcome,) = visit(connection, settings, site.url(FERRY.path), step.day)
        assert outcome == {"created": "created", None: "repeated"}.get(step.kind, "revised"), step
    expected = [(step.kind, on_day(step.day), step.page.headline) for step in SCRIPT if step.kind]
    chain = "SELECT change_kind, observed_at, headline FROM wire_v1.revisions ORDER BY revision_no"
    assert values(connection, chain) == expected
    assert value(connection, "SELECT count(*) FROM wire_v1.articles") == 1
    assert value(connection, "SELECT canonical_url FROM wire_v1.articles") == site.url(MOVED.path)
    for step in SCRIPT:
        (then,) = rows(connection, "SELECT headline, body_text FROM wire_v1.articles_at(%s)", on_day(step.day))
        assert then["headline"] == step.page.headline, step
        assert then["body_text"].endswith("\n\n".join(step.page.paragraphs)), step
    # It answers to its old address and to its new one.
    assert visit(connection, settings, site.url(MOVED.path), 31) == ["repeated"]


def test_the_desk_follows_the_script_from_an_address_that_was_handed_in_once(
    connection: Connection, settings: Settings, site: Site
) -> None:
    """What the publisher does is seen by looking at the page again; in the end the page is taken down and put back."""
    first, *later = SCRIPT
    publish(site, first.page)
    assert visit(connection, settings, site.url(FERRY.path), first.day) == ["created"]
    for step in later:
        publish(site, step.page, moved_from=FERRY.path)
        assert look_again(connection, settings) == ["revised" if step.kind else "repeated"], step
    chain = "SELECT change_kind, headline FROM wire_v1.revisions ORDER BY revision_no"
    assert values(connection, chain) == [(step.kind, step.page.headline) for step in SCRIPT if step.kind]
    site.answers[MOVED.path] = (404, {}, b"not here")
    assert [look_again(connection, settings) for _ in range(2)] == [["rejected"]] * 2
    publish(site, LATEST)
    assert look_again(connection, settings) == ["repeated"]
    changes = ["created", *["revised"] * sum(step.kind is not None for step in later), "gone", "back"]
    assert values(connection, "SELECT kind FROM wire_v1.changes ORDER BY cursor") == changes
    assert values(connection, "SELECT canonical_url, gone_at FROM wire_v1.articles") == [(site.url(MOVED.path), None)]


def test_a_page_that_fails_or_leads_elsewhere_is_no_edit(
    connection: Connection, settings: Settings, site: Site
) -> None:
    publish(site, FERRY)
    assert visit(connection, settings, site.url(FERRY.path), 0) == ["created"]
    before = rows(connection, "SELECT * FROM wire_v1.revisions")
    site.answers[FERRY.path] = (404, {}, b"not here")
    assert visit(connection, settings, site.url(FERRY.path), 1) == ["rejected"]
    site.answers[FERRY.path] = (410, {}, b"gone")
    assert visit(connection, settings, site.url(FERRY.path), 2) == ["rejected"]
    # Readers of what is gone are sent to the front page: its text is not the article's.
    publish(site, Page("/", "Harbour Wire", (prose(20, 60), prose(21, 60))), moved_from=FERRY.path)
    assert visit(connection, settings, site.url(FERRY.path), 3) == ["created"]
    ferry = before[0]["article_id"]
    assert rows(connection, "SELECT * FROM wire_v1.revisions WHERE article_id = %s", ferry) == before
    # It comes back where it was, and later moves and is edited at once.
    publish(site, FERRY)
    assert visit(connection, settings, site.url(FERRY.path), 4) == ["repeated"]
    publish(site, replace(DEARER, path="/archive/ferry"), moved_from=FERRY.path)
    assert visit(connection, settings, site.url(FERRY.path), 5) == ["revised"]
    assert values(connection, "SELECT article_id, canonical_url, revision_no FROM wire_v1.articles ORDER BY 1")[0] == (
        ferry,
        site.url("/archive/ferry"),
        2,
    )
