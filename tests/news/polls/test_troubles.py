"""When a move is taken over, and what is said of feeds in trouble."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from wiredesk.worker.news.polls.troubles import (
    Condition,
    Move,
    Trouble,
    condition_in_words,
    is_upgrade,
    judge_condition,
    judge_move,
    may_take_over,
    move_in_words,
    trouble_of_status,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OLD, NEW = "http://harbour.example/feed.xml", "https://wire.example/rss"


@pytest.mark.parametrize(
    ("url", "target", "same"),
    [
        (OLD, "https://harbour.example/feed.xml", True),
        (OLD, "https://harbour.example/feed.xml?a=1", False),
        (OLD, "https://www.harbour.example/feed.xml", False),
        (OLD, "https://harbour.example/feed.xml/", False),
        ("https://harbour.example/feed.xml", OLD, False),
        (OLD, OLD, False),
    ],
)
def test_only_the_scheme_may_change_at_once(url: str, target: str, same: bool) -> None:
    assert is_upgrade(url, target) is same
    assert may_take_over(url, Move(target, NOW), now=NOW) is same


def test_a_move_is_taken_over_after_seven_days_of_the_same_word() -> None:
    held = None
    for hours in range(0, 7 * 24 + 1, 6):
        now = NOW + timedelta(hours=hours)
        held = judge_move(OLD, NEW, held, now=now)
        assert may_take_over(OLD, held, now=now) is (hours == 7 * 24)
    assert held == Move(NEW, NOW)


def test_another_target_or_none_begins_anew() -> None:
    later = NOW + timedelta(days=6)
    held = judge_move(OLD, NEW, None, now=NOW)
    assert judge_move(OLD, "https://third.example/", held, now=later) == Move("https://third.example/", later)
    assert judge_move(OLD, None, held, now=later) is None
    assert judge_move(OLD, OLD, held, now=later) is None


def test_a_trouble_keeps_its_beginning() -> None:
    first = judge_condition("failing", "http_500", None, now=NOW)
    later = NOW + timedelta(days=2)
    assert judge_condition("failing", "silent for 15 s", first, now=later) == Condition(
        "failing", NOW, "silent for 15 s"
    )
    assert judge_condition("gone", "http_410", first, now=later) == Condition("gone", later, "http_410")


@pytest.mark.parametrize(
    ("status", "trouble"),
    [(410, "gone"), (404, "missing"), (403, "forbidden"), (429, "busy"), (503, "busy"), (500, "failing"),
     (None, "failing")],
)  # fmt: skip
def test_troubles_of_answers(status: int | None, trouble: Trouble) -> None:
    assert trouble_of_status(status) == trouble


@pytest.mark.parametrize(
    ("trouble", "detail", "words"),
    [
        ("gone", "http_410", "gone (410) since 21 days, asked every 1 day"),
        ("missing", "http_404", "not found (404) since 21 days, asked every 1 day"),
        ("forbidden", "http_403", "refused (http_403) since 21 days, asked every 1 day"),
        ("busy", "a.example answered 429: wait 60 s",
         "told to wait (a.example answered 429: wait 60 s) since 21 days, asked every 1 day"),
        ("failing", "http_500", "failing (http_500) since 21 days, asked every 1 day"),
        ("unreadable", "not_a_feed: the document is an HTML page; a feed is expected",
         "answers an HTML page (not_a_feed) since 21 days, asked every 1 day"),
        ("unreadable", "broken_feed: line 1",
         "answers no feed (broken_feed: line 1) since 21 days, asked every 1 day"),
        ("empty", None, "without entries since 21 days, asked every 1 day"),
    ],
)  # fmt: skip
def test_troubles_in_words(trouble: Trouble, detail: str | None, words: str) -> None:
    condition = Condition(trouble, NOW - timedelta(days=21), detail)
    assert condition_in_words(condition, now=NOW, interval_seconds=86_400) == words


def test_a_move_in_words() -> None:
    words = move_in_words(Move(NEW, NOW - timedelta(days=2)), now=NOW)
    assert words == "has moved to https://wire.example/rss since 2 days, taken over in 5 days"
