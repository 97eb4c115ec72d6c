"""Stories in PostgreSQL: the same sets whoever comes first, also when two come at once."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from newsroom import wait_until

from wiredesk.worker import db
from wiredesk.worker.db import Connection
from wiredesk.worker.filing.stories import StoryPlacement, StoryText, place_in_stories
from wiredesk.worker.news.compare.fingerprint import fingerprint
from wiredesk.worker.store import stories

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
WINDOW = timedelta(days=14)


def prose(seed: int, words: int = 150) -> list[str]:
    """The words of a text of its own, with names and figures."""
    rng = random.Random(seed)
    syllables = "ba ce di fo gu ha ki lo mu ne pa ri so tu va we".split()
    text = ["".join(rng.choices(syllables, k=rng.randint(2, 4))) for _ in range(words)]
    for i in range(3, words, 9):
        text[i] = text[i].capitalize()
    for i in range(7, words, 20):
        text[i] = str(rng.randint(10, 9_999))
    return text


ONE, OTHER = prose(1), prose(2)


def text_of(article_id: int, words: Sequence[str], *, days: float = 0, story_id: int | None = None) -> StoryText:
    return StoryText(article_id, 1, NOW + timedelta(days=days), fingerprint(" ".join(words)), story_id)


def store(connection: Connection, placement: StoryPlacement) -> None:
    """What filing does with a placement, as little as the foreign keys allow."""
    source = connection.execute(
        "INSERT INTO wiredesk.source (slug, name) VALUES ('wire', 'Wire') "
        "ON CONFLICT (slug) DO UPDATE SET name = excluded.name RETURNING source_id"
    ).fetchone()
    assert source is not None
    for story_id in placement.opened:
        connection.execute(
            "INSERT INTO wiredesk.story (story_id, first_seen_at, original_article_id) VALUES (%s, %s, %s)",
            (story_id, NOW, story_id),
        )
    for article_id, story_id in placement.story_ids.items():
        connection.execute(
            "INSERT INTO wiredesk.article "
            "(article_id, story_id, source_id, first_seen_at, last_seen_at, meaning_sha256)"
            " VALUES (%s, %s, %s, %s, %s, '') ON CONFLICT DO NOTHING",
            (article_id, story_id, source[0], NOW, NOW),
        )


def file(connection: Connection, *texts: StoryText, window: timedelta = WINDOW) -> StoryPlacement:
    with connection.transaction():
        placement = place_in_stories(connection, texts, window)
        store(connection, placement)
    return placement


def sets(connection: Connection) -> set[frozenset[int]]:
    rows = connection.execute(
        "SELECT array_agg(a.article_id) FROM wiredesk.article a JOIN wiredesk.story s USING (story_id) "
        "GROUP BY coalesce(s.merged_into, s.story_id)"
    )
    return {frozenset(ids) for (ids,) in rows}


def waiting(connection: Connection) -> bool:
    row = connection.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").fetchone()
    return row is not None and row[0] > 0


@pytest.fixture(autouse=True)
def _tables(connection: Connection) -> None:
    if connection.execute("SELECT to_regclass('wiredesk.story_key')").fetchone() == (None,):
        pytest.skip("no migration has brought the tables of fingerprints yet")


@pytest.fixture
def other_connection(database_url: str) -> Iterator[Connection]:
    with db.alone(database_url) as connection:
        yield connection


def test_a_copy_joins_and_other_news_opens_a_story(connection: Connection) -> None:
    assert file(connection, text_of(10, ONE)).opened == [10]
    joined = file(connection, text_of(11, ONE[:80]))
    assert (joined.opened, joined.story_ids, joined.merged) == ([], {11: 10}, {})
    assert [(one, other, match.containment) for one, other, match in joined.matches] == [(11, 10, 1.0)]
    assert file(connection, text_of(12, OTHER)).opened == [12]
    assert sets(connection) == {frozenset({10, 11}), frozenset({12})}


def test_copies_within_one_batch_stand_together_and_the_first_opens(connection: Connection) -> None:
    placement = file(connection, text_of(31, OTHER), text_of(22, ONE), text_of(21, ONE[:80]), text_of(20, OTHER[10:]))
    assert placement.opened == [31, 22]
    assert placement.story_ids == {31: 31, 22: 22, 21: 22, 20: 31}


def test_a_copy_of_two_stories_makes_them_one_and_old_ids_stay_valid(connection: Connection) -> None:
    file(connection, text_of(1, ONE), text_of(2, OTHER), text_of(3, prose(3)))
    bridge = file(connection, text_of(4, ONE + OTHER))
    assert (bridge.story_ids, bridge.merged) == ({4: 1}, {2: 1})
    assert file(connection, text_of(5, OTHER[:80])).story_ids == {5: 1}
    assert file(connection, text_of(6, prose(3) + OTHER)).merged == {3: 1}
    assert sets(connection) == {frozenset(range(1, 7))}
    assert stories.surviving_stories(connection, [1, 2, 3]) == {1: 1, 2: 1, 3: 1}


def test_a_survivor_that_is_merged_takes_its_stories_along(connection: Connection) -> None:
    file(connection, text_of(5, ONE), text_of(6, OTHER), text_of(1, prose(3)))
    assert file(connection, text_of(7, ONE + OTHER)).merged == {6: 5}
    assert file(connection, text_of(8, ONE + prose(3))).merged == {5: 1}
    assert stories.surviving_stories(connection, [1, 5, 6]) == {1: 1, 5: 1, 6: 1}


def test_a_revision_brings_its_story_along(connection: Connection) -> None:
    file(connection, text_of(1, ONE), text_of(2, OTHER))
    revised = StoryText(2, 2, NOW, fingerprint(" ".join(OTHER + ONE)), 2)
    assert file(connection, revised).merged == {2: 1}


def test_copies_further_apart_than_the_window_are_two_stories(connection: Connection) -> None:
    file(connection, text_of(1, ONE))
    assert file(connection, text_of(2, ONE, days=13.9)).story_ids == {2: 1}
    assert file(connection, text_of(3, ONE, days=-14.1)).opened == [3]


@pytest.mark.parametrize("seed", range(4))
def test_any_order_in_any_batches_makes_the_same_stories(connection: Connection, seed: int) -> None:
    rng = random.Random(seed)
    texts = [text_of(i * 10 + j, prose(i)[j * 5 :]) for i in range(1, 5) for j in range(4)]
    texts.append(text_of(99, prose(1) + prose(2)))
    rng.shuffle(texts)
    while texts:
        size = rng.randint(1, 5)
        file(connection, *texts[:size])
        texts = texts[size:]
    expected = {frozenset({10, 11, 12, 13, 20, 21, 22, 23, 99}), frozenset(range(30, 34)), frozenset(range(40, 44))}
    assert sets(connection) == expected


@pytest.mark.parametrize("batch", [1, 40], ids=["by keys", "alone"])
def test_two_copies_at_the_same_instant_end_in_one_story(
    connection: Connection, other_connection: Connection, batch: int
) -> None:
    """The second transaction began before the first committed; it must wait, and then see it."""
    more = [text_of(100 + i, prose(100 + i)) for i in range(batch - 1)]
    placements: list[StoryPlacement] = []
    second = threading.Thread(target=lambda: placements.append(file(other_connection, text_of(2, ONE[:80]), *more)))
    with connection.transaction():
        placement = place_in_stories(connection, [text_of(1, ONE)], WINDOW)
        store(connection, placement)
        second.start()
        wait_until(lambda: waiting(connection))
        assert placements == []
    second.join()
    assert placements[0].story_ids[2] == 1
    assert frozenset({1, 2}) in sets(connection)


def test_other_news_does_not_wait(connection: Connection, other_connection: Connection) -> None:
    with connection.transaction():
        place_in_stories(connection, [text_of(1, ONE)], WINDOW)
        assert file(other_connection, text_of(2, OTHER)).opened == [2]


def test_many_workers_that_merge_at_once_end_in_the_same_stories(database_url: str, connection: Connection) -> None:
    """Bridges between stories, each in a transaction of its own, from four connections at once."""
    roots = [prose(i) for i in range(1, 7)]
    file(connection, *(text_of(i, words) for i, words in enumerate(roots, start=1)))
    bridges = [text_of(100 + i, one + other) for i, (one, other) in enumerate(itertools.pairwise(roots))]
    copies = [text_of(200 + i, words[:90]) for i, words in enumerate(roots)]
    work = [*bridges, *copies]
    random.Random(3).shuffle(work)
    failures: list[BaseException] = []

    def run(share: Sequence[StoryText]) -> None:
        try:
            with db.alone(database_url) as mine:
                for text in share:
                    file(mine, text)
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=run, args=(work[i::4],)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(sets(connection)) == 1
    assert set(stories.surviving_stories(connection, range(1, 7)).values()) == {1}


def test_a_phrase_that_all_share_costs_no_more_candidates(connection: Connection) -> None:
    notice = prose(50, 60)
    file(connection, *(text_of(i, [*notice, *prose(1000 + i)]) for i in range(1, 61)))
    asked = fingerprint(" ".join([*notice, *prose(1007)]))
    found = stories.find_candidates(connection, [asked])
    assert len(found) == stories.PER_TEXT
    assert found[0].article_id == 7  # the one copy comes first, for it shares what no other has


def test_expired_texts_are_forgotten_with_their_keys(connection: Connection) -> None:
    file(connection, text_of(1, ONE, days=-40), text_of(2, OTHER))
    assert stories.expire(connection, NOW - timedelta(days=30), 100) == 1
    assert stories.expire(connection, NOW - timedelta(days=30), 100) == 0
    assert connection.execute("SELECT DISTINCT article_id FROM wiredesk.story_key").fetchall() == [(2,)]
    assert connection.execute("SELECT article_id FROM wiredesk.story_print").fetchall() == [(2,)]


def test_keys_of_a_later_revision_stay_when_the_earlier_one_expires(connection: Connection) -> None:
    file(connection, text_of(1, ONE, days=-40))
    revised = text_of(1, [*ONE, *OTHER[:20]], days=-1, story_id=1)
    place_again = place_in_stories(connection, [replace(revised, revision_no=2)], WINDOW)
    assert place_again.opened == []
    assert stories.expire(connection, NOW - timedelta(days=30), 100) == 1
    kept = {key for (key,) in connection.execute("SELECT key FROM wiredesk.story_key WHERE article_id = 1")}
    assert kept == set(revised.fingerprint.keys)
    assert file(connection, text_of(2, [*ONE, *OTHER[:20]])).story_ids == {2: 1}


@pytest.mark.parametrize("analysed", ["never", "while empty", "since"])
def test_the_lookup_reads_a_few_rows_of_two_indexes_whatever_is_known_of_the_tables(
    connection: Connection, analysed: str
) -> None:
    """One key is unknown, one is that of a text, one of a phrase in 5,000 texts, of which the newest are looked at."""
    analyse = "ANALYZE wiredesk.story_key, wiredesk.story_print"
    if analysed == "while empty":
        connection.execute(analyse)
    connection.execute(
        "INSERT INTO wiredesk.story_key SELECT key, i FROM generate_series(1, 5000) AS i, unnest(ARRAY[7, 100 + i]) key"
    )
    connection.execute("INSERT INTO wiredesk.story_print SELECT i, 1, now(), '' FROM generate_series(1, 5000) AS i")
    if analysed == "since":
        connection.execute(analyse)
    asked = {"ordinals": "{0,0,0}", "keys": "{5,7,200}", "per_key": 8, "per_text": 4, "per_article": 4}
    with connection.transaction():
        stories.lock_keys(connection, [5, 7, 200])
        plan = connection.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + stories._SQL["find_candidates"], asked).fetchone()
    assert plan is not None
    scans = [node for node in _nodes(plan[0][0]["Plan"]) if "Relation Name" in node]
    assert {(node["Index Name"], node["Index Cond"]) for node in scans} == {
        ("story_key_pkey", "(key = p_1.key)"),
        ("story_print_pkey", "(article_id = f.article_id)"),
    }
    read = {node["Relation Name"]: round(node["Actual Rows"] * node["Actual Loops"]) for node in scans}
    assert read == {"story_key": stories.PER_KEY + 1, "story_print": 4}


def test_a_merge_looks_stories_up_whatever_there_are(connection: Connection) -> None:
    connection.execute("INSERT INTO wiredesk.story SELECT i, NULL, now(), i FROM generate_series(1, 5000) AS i")
    connection.execute("UPDATE wiredesk.story SET merged_into = story_id - 1 WHERE story_id % 2 = 0")
    connection.execute("ANALYZE wiredesk.story")
    asked = {"survivor": 1, "story_ids": [3], "observed_at": NOW}
    with connection.transaction():
        stories.lock_keys(connection, [])
        plan = connection.execute("EXPLAIN (FORMAT JSON) " + stories._SQL["merge_stories"], asked).fetchone()
        stories.merge_stories(connection, 1, [3], NOW)
    assert plan is not None
    scans = [node for node in _nodes(plan[0][0]["Plan"]) if node.get("Relation Name") == "story"]
    assert {node.get("Index Name") for node in scans if node["Node Type"] != "ModifyTable"} == {
        "story_pkey",
        "story_merged",
    }
    moved = connection.execute("SELECT story_id FROM wiredesk.story WHERE merged_into = 1 ORDER BY story_id").fetchall()
    assert moved == [(2,), (3,), (4,)]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def test_filing_the_same_text_again_changes_nothing(connection: Connection) -> None:
    file(connection, text_of(1, ONE))
    before = connection.execute("SELECT count(*) FROM wiredesk.story_key").fetchone()
    again = file(connection, text_of(1, ONE, story_id=1))
    assert (again.opened, again.story_ids, again.merged, again.matches) == ([], {1: 1}, {}, [])
    assert connection.execute("SELECT count(*) FROM wiredesk.story_key").fetchone() == before
