"""Articles, stories and the archive as they were known at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from newsroom import FERRY, NOW, prose, rows, submit_and_file, value, values

from wiredesk.worker.db import Connection
from wiredesk.worker.settings import Settings

PARAGRAPHS = [prose(n, 40) for n in range(1, 6)]
ONE, OTHER, BOTH = "\n\n".join(PARAGRAPHS[:3]), "\n\n".join(PARAGRAPHS[2:]), "\n\n".join(PARAGRAPHS)


def file(connection: Connection, settings: Settings, content: str, *, hours: float = 0, **more: Any) -> int:
    now = NOW + timedelta(hours=hours)
    (outcome,) = submit_and_file(connection, settings, {"content": content} | more, now=now)
    assert outcome.article_id is not None
    return outcome.article_id


def at(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def test_an_article_is_what_it_was_then(connection: Connection, settings: Settings) -> None:
    article_id = file(connection, settings, FERRY, key="k")
    file(connection, settings, FERRY.replace("returns", "is back"), key="k", hours=2)
    file(connection, settings, FERRY.replace("returns", "sails"), key="k", hours=4)
    asked = "SELECT revision_no, headline, last_seen_at FROM wire_v1.article_at(%s, %s)"
    assert values(connection, asked, article_id, at(-0.1)) == []
    for hours, expected in (
        (0, (1, "Island ferry returns after nine weeks", None)),
        (1.9, (1, "Island ferry returns after nine weeks", None)),
        (2, (2, "Island ferry is back after nine weeks", None)),
        (4, (3, "Island ferry sails after nine weeks", at(4))),
        (9_999, (3, "Island ferry sails after nine weeks", at(4))),
    ):
        assert values(connection, asked, article_id, at(hours)) == [expected], hours


def test_now_is_what_the_view_says(connection: Connection, settings: Settings) -> None:
    file(connection, settings, FERRY, url="https://harbour.example/ferry")
    file(connection, settings, f"Head\n\n{ONE}", source="A")
    file(connection, settings, f"Head\n\n{ONE}", source="B", hours=1)
    file(connection, settings, f"Other\n\n{OTHER}", source="B", hours=1)
    file(connection, settings, f"Both\n\n{BOTH}", source="C", hours=2)
    now = rows(connection, "SELECT * FROM wire_v1.articles ORDER BY article_id")
    assert len(now) == 5
    assert rows(connection, "SELECT * FROM wire_v1.articles_at(%s) ORDER BY article_id", at(2)) == now


def test_the_archive_has_what_had_been_seen(connection: Connection, settings: Settings) -> None:
    ids = [file(connection, settings, f"Head {n}\n\n{prose(20 + n)}", hours=n) for n in range(4)]
    for hours in range(4):
        found = values(connection, "SELECT article_id FROM wire_v1.articles_at(%s) ORDER BY 1", at(hours + 0.5))
        assert found == ids[: hours + 1]
    assert values(connection, "SELECT article_id FROM wire_v1.articles_at(%s)", at(-1)) == []


def test_two_stories_are_two_until_the_text_that_joins_them_comes(connection: Connection, settings: Settings) -> None:
    first = file(connection, settings, f"Ferry\n\n{ONE}", source="A")
    second = file(connection, settings, f"Bridge\n\n{OTHER}", source="B", hours=1)
    copy = file(connection, settings, f"A bridge\n\n{OTHER}", source="C", hours=2)
    both = file(connection, settings, f"Ferry and bridge\n\n{BOTH}", source="D", hours=3)
    asked = "SELECT story_id, article_count, original_article_id, article_ids FROM wire_v1.story_at(%s, %s)"
    for story_id, hours, expected in (
        (first, 0, [(first, 1, first, [first])]),
        (second, 0, []),
        (second, 1, [(second, 1, second, [second])]),
        (first, 2.9, [(first, 1, first, [first])]),
        (second, 2.9, [(second, 2, second, [second, copy])]),
        (first, 3, [(first, 4, first, [first, second, copy, both])]),
        (second, 3, [(first, 4, first, [first, second, copy, both])]),
    ):
        assert values(connection, asked, story_id, at(hours)) == expected, (story_id, hours)
    then = "SELECT article_id, story_id, is_original FROM wire_v1.articles_at(%s) ORDER BY article_id"
    assert values(connection, then, at(2)) == [(first, first, True), (second, second, True), (copy, second, False)]
    assert values(connection, then, at(3)) == [
        (first, first, True),
        (second, first, False),
        (copy, first, False),
        (both, first, False),
    ]
    assert values(connection, "SELECT merged_story_id, story_id, observed_at FROM wire_v1.story_merges") == [
        (second, first, at(3))
    ]


def test_a_story_merged_twice_is_followed_step_by_step(connection: Connection, settings: Settings) -> None:
    one, two, three = (f"{prose(40 + n, 60)}\n\n{prose(50 + n, 60)}" for n in range(3))
    first = file(connection, settings, f"One\n\n{one}", source="A")
    second = file(connection, settings, f"Two\n\n{two}", source="B", hours=1)
    third = file(connection, settings, f"Three\n\n{three}", source="C", hours=2)
    file(connection, settings, f"Two and three\n\n{two}\n\n{three}", source="D", hours=3)
    file(connection, settings, f"One and two\n\n{one}\n\n{two}", source="E", hours=4)
    asked = "SELECT wire_v1.story_id_at(%s, %s)"
    assert [value(connection, asked, third, at(h)) for h in (2, 3, 4)] == [third, second, first]
    assert [
        value(connection, "SELECT article_count FROM wire_v1.story_at(%s, %s)", third, at(h)) for h in (2, 3, 4)
    ] == [
        1,
        3,
        5,
    ]


def test_a_late_filing_is_known_from_then_on(connection: Connection, settings: Settings) -> None:
    """Copy that came in late: it was observed long ago, and the desk has it only now."""
    before = value(connection, "SELECT clock_timestamp()")
    article_id = file(connection, settings, FERRY, received_at="2018-05-31T10:00:00Z")
    long_ago = datetime(2018, 6, 1, tzinfo=UTC)
    assert values(connection, "SELECT article_id FROM wire_v1.articles_at(%s)", long_ago) == [article_id]
    assert values(connection, "SELECT article_id FROM wire_v1.articles_at(%s, %s)", long_ago, before) == []
    assert values(connection, "SELECT story_id FROM wire_v1.story_at(%s, %s, %s)", article_id, long_ago, before) == []
    after = value(connection, "SELECT clock_timestamp()")
    assert values(connection, "SELECT article_id FROM wire_v1.articles_at(%s, %s)", long_ago, after) == [article_id]


def test_the_reader_may_ask(connection: Connection, settings: Settings) -> None:
    article_id = file(connection, settings, FERRY)
    if value(connection, "SELECT count(*) FROM pg_roles WHERE rolname = 'wiredesk_reader'") == 0:
        return
    with connection.transaction():
        connection.execute("SET LOCAL ROLE wiredesk_reader")
        assert values(connection, "SELECT article_id FROM wire_v1.articles_at(%s)", at(1)) == [article_id]
        assert value(connection, "SELECT article_ids FROM wire_v1.story_at(%s, %s)", article_id, at(1)) == [article_id]
