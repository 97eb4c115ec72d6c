"""A feed that shows two texts in turn makes no revisions for ever, and what stays is filed in the end."""

from __future__ import annotations

from datetime import timedelta

from newsroom import FERRY, NOW, entry, file_waiting, outcomes_of, prose, rss, show_feed, submit_and_file, value, values

from wiredesk.worker.db import Connection
from wiredesk.worker.settings import Settings

FEED = "https://harbour.example/feed.xml"
ONE = entry(1)
OTHER = entry(1, **{"content:encoded": f"<p>{prose(1)}</p><p>{prose(2, 30)}</p>"})


def poll(connection: Connection, settings: Settings, item: dict[str, str], *, hours: float, url: str = FEED) -> str:

    show_feed(connection, url, rss(item), at=NOW + timedelta(hours=hours))
    (outcome,) = outcomes_of(file_waiting(settings))
    return outcome


def test_two_texts_in_turn_are_filed_twice_each(connection: Connection, settings: Settings) -> None:
    found = [poll(connection, settings, (ONE, OTHER)[n % 2], hours=n) for n in range(20)]
    assert found == ["created", "revised", "revised", "revised"] + ["repeated"] * 16
    assert value(connection, "SELECT times FROM wire_v1.sightings") == 20
    assert values(connection, "SELECT revision_no, observed_at FROM wire_v1.revisions ORDER BY 1") == [
        (n + 1, NOW + timedelta(hours=n)) for n in range(4)
    ]


def test_a_third_text_is_filed_at_once(connection: Connection, settings: Settings) -> None:
    for n in range(8):
        poll(connection, settings, (ONE, OTHER)[n % 2], hours=n)
    third = entry(1, **{"content:encoded": f"<p>{prose(1)}</p><p>{prose(3, 30)}</p>"})
    assert poll(connection, settings, third, hours=9) == "revised"
    assert prose(3, 30) in value(connection, "SELECT body_text FROM wire_v1.articles")


def test_a_flapping_text_is_filed_after_it_has_stayed_a_week(connection: Connection, settings: Settings) -> None:
    for n in range(5):
        poll(connection, settings, (ONE, OTHER)[n % 2], hours=n)
    assert value(connection, "SELECT revision_no FROM wire_v1.articles") == 4
    assert value(connection, "SELECT body_text FROM wire_v1.articles") != prose(1)
    found = [poll(connection, settings, ONE, hours=24.0 * day) for day in range(1, 10)]
    assert found == ["repeated"] * 6 + ["revised"] + ["repeated"] * 2
    assert value(connection, "SELECT body_text FROM wire_v1.articles") == prose(1)


def test_submissions_are_never_flapping(connection: Connection, settings: Settings) -> None:
    other = FERRY.replace("four million", "five million")
    found = [
        submit_and_file(connection, settings, {"content": (FERRY, other)[n % 2], "key": "k"})[0].outcome
        for n in range(8)
    ]
    assert found == ["created"] + ["revised"] * 7
