"""When a feed is polled next, and whether its validators are believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from wiredesk.worker.news.polls.schedule import (
    Answer,
    Bounds,
    FailureKind,
    Plan,
    Poll,
    Rhythm,
    ServerWaits,
    Validators,
    in_words,
    judge_validators,
    next_poll,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HALF_AN_HOUR = Rhythm(1_800.0)


def plan(poll: Poll, rhythm: Rhythm = HALF_AN_HOUR, *, random: float = 0.5, bounds: Bounds | None = None) -> Plan:
    """With `random` at one half there is no jitter between the bounds."""
    return next_poll(poll, rhythm, now=NOW, random=lambda: random, bounds=bounds or Bounds())


def every(minutes: float, *, entries: int = 10, newest: float = 0) -> tuple[datetime, ...]:
    return tuple(NOW - timedelta(minutes=newest + minutes * number) for number in range(entries))


@pytest.mark.parametrize(
    ("new", "seconds", "reason"),
    [
        (10, 900, "every 15 min: 10 of 10 entries were new"),
        (7, 900, "every 15 min: 7 of 10 entries were new"),
        (5, 1_350, "every 22 min: 5 of 10 entries were new"),
        (3, 1_800, "every 30 min: 3 of 10 entries were new"),
        (0, 2_250, "every 38 min: 0 of 10 entries were new"),
    ],
)
def test_the_share_of_new_entries_moves_the_interval(new: int, seconds: float, reason: str) -> None:
    planned = plan(Poll(entries=10, known=10 - new, overlaps=True))
    assert planned == Plan(NOW + timedelta(seconds=seconds), seconds, reason, Rhythm(seconds), possible_gap=False)


def test_not_modified_slows_down() -> None:
    planned = plan(Poll(not_modified=True))
    assert (planned.interval_seconds, planned.reason) == (2_250, "every 38 min: not modified")


def test_the_first_poll_takes_the_pace_of_the_entries() -> None:
    planned = plan(Poll(entries=10, published=every(60, newest=5)), Rhythm())
    assert planned.interval_seconds == 3_600
    assert planned.reason == "every 1 h: the first poll, 10 entries, one comes about every 1 h"


def test_the_first_poll_without_dates_starts_at_half_an_hour() -> None:
    assert plan(Poll(entries=10), Rhythm()).interval_seconds == 1_800


def test_pace_and_share_meet_in_the_middle() -> None:
    """30 minutes by the share, 120 by the dates: 60."""
    planned = plan(Poll(entries=10, known=7, overlaps=True, published=every(120)))
    assert planned.interval_seconds == pytest.approx(3_600)


def test_a_silent_feed_slows_down_with_its_silence() -> None:
    silent_for_ten_days = every(30, newest=14_400)
    planned = plan(Poll(not_modified=True, published=silent_for_ten_days), Rhythm(86_400.0))
    assert planned.rhythm.interval_seconds == 86_400


def test_not_modified_keeps_to_the_pace_that_was_seen() -> None:
    """Without it thirty answers without news would slow any feed down to a day."""
    rhythm = plan(Poll(entries=10, published=every(60)), Rhythm()).rhythm
    assert rhythm == Rhythm(3_600.0, pace_seconds=3_600.0, newest_at=NOW)
    for _ in range(30):
        rhythm = plan(Poll(not_modified=True), rhythm).rhythm
    assert rhythm.interval_seconds == pytest.approx(3_600 * 1.25)


def test_entries_that_span_little_time_are_polled_three_times_in_it() -> None:
    """Ten entries in the last 90 minutes: two polls may fail before one is lost."""
    planned = plan(Poll(entries=10, known=9, overlaps=True, published=every(10)), Rhythm(86_400.0))
    assert planned.interval_seconds == 1_800
    assert planned.reason == (
        "every 30 min: 1 of 10 entries were new, one comes about every 10 min, the entries go back 1.5 h only"
    )


def test_no_overlap_is_a_possible_gap_and_quarters_the_interval() -> None:
    planned = plan(Poll(entries=10, known=0, overlaps=False))
    assert planned == Plan(
        NOW + timedelta(seconds=450),
        450,
        "every 8 min: no entry of the last poll was there any more, some may have been missed",
        Rhythm(450, gaps=1),
        possible_gap=True,
    )
    assert plan(Poll(entries=10, overlaps=False, published=every(600)), HALF_AN_HOUR).interval_seconds == 450


def test_no_gap_without_entries_or_without_an_earlier_poll() -> None:
    assert plan(Poll(entries=0, overlaps=False)).possible_gap is False
    assert plan(Poll(entries=10, overlaps=None), Rhythm()).possible_gap is False


@pytest.mark.parametrize(
    ("hints", "seconds", "reason"),
    [
        (ServerWaits(ttl_seconds=7_200), 7_200, "every 2 h: its ttl is 2 h; without it: 3 of 10 entries were new"),
        (
            ServerWaits(update_seconds=3_600),
            3_600,
            "every 1 h: it says it is updated every 1 h; without it: 3 of 10 entries were new",
        ),
        (
            ServerWaits(max_age_seconds=2_000),
            2_000,
            "every 33 min: its answer may be cached for 33 min; without it: 3 of 10 entries were new",
        ),
        (
            ServerWaits(expires_seconds=2_400),
            2_400,
            "every 40 min: its answer expires after 40 min; without it: 3 of 10 entries were new",
        ),
        (ServerWaits(max_age_seconds=0, expires_seconds=9_000), 1_800, "every 30 min: 3 of 10 entries were new"),
        (
            ServerWaits(retry_after_seconds=5_400),
            5_400,
            "every 1.5 h: the server asks to wait 1.5 h; without it: 3 of 10 entries were new",
        ),
        (ServerWaits(ttl_seconds=60), 1_800, "every 30 min: 3 of 10 entries were new"),
    ],
)
def test_hints_are_a_floor(hints: ServerWaits, seconds: float, reason: str) -> None:
    planned = plan(Poll(entries=10, known=7, overlaps=True, hints=hints), random=0.0 if seconds != 1_800 else 0.5)
    assert (planned.interval_seconds, planned.reason) == (seconds, reason)
    assert planned.rhythm.interval_seconds == 1_800


def test_habits_do_not_count_while_entries_are_being_lost() -> None:
    hints = ServerWaits(ttl_seconds=7_200, update_seconds=7_200)
    assert plan(Poll(entries=10, known=0, overlaps=False, hints=hints)).interval_seconds == 450
    assert plan(Poll(entries=10, known=1, overlaps=True, hints=hints)).interval_seconds == 900


def test_a_cached_answer_counts_even_then() -> None:
    hints = ServerWaits(max_age_seconds=1_200)
    assert plan(Poll(entries=10, known=0, overlaps=False, hints=hints), random=0.0).interval_seconds == 1_200


@pytest.mark.parametrize(("kind", "weight"), [("hard", 1.0), ("soft", 0.5), ("dns", 0.25)])
def test_failures_count_by_weight_and_slow_down(kind: FailureKind, weight: float) -> None:
    rhythm = HALF_AN_HOUR
    for number in range(1, 13):
        planned = plan(Poll(failure=kind), rhythm)
        rhythm = planned.rhythm
        assert rhythm == Rhythm(1_800.0, failures=number * weight)
        assert planned.interval_seconds == pytest.approx(1_800 * max(1.0, number * weight))


def test_failures_in_words() -> None:
    assert plan(Poll(failure="soft")).reason == "every 30 min: a failure (soft), weight 0.5: as often as before"
    planned = plan(Poll(failure="hard"), Rhythm(1_800.0, failures=3))
    assert planned.reason == "every 2 h: failures in a row weigh 4: 4 times 30 min"


def test_a_feed_that_fails_for_ever_is_polled_once_a_day() -> None:
    planned = plan(Poll(failure="hard"), Rhythm(1_800.0, failures=5_000.0), random=0.0)
    assert planned.next_fetch_at == NOW + timedelta(days=1)


def test_a_success_ends_the_failures_and_goes_on_where_it_was() -> None:
    planned = plan(Poll(entries=10, known=7, overlaps=True), Rhythm(1_800.0, failures=9.5, gaps=2))
    assert (planned.interval_seconds, planned.rhythm) == (1_800, Rhythm(1_800.0, 0.0, 2))


@pytest.mark.parametrize(
    ("asked", "waits"), [(7_200.0, 7_200.0), (86_400.0, 86_400.0), (864_000.0, 86_400.0), (60.0, 1_800.0)]
)
def test_retry_after_binds_up_to_a_day(asked: float, waits: float) -> None:
    poll = Poll(failure="soft", hints=ServerWaits(retry_after_seconds=asked))
    for random in (0.0, 0.5, 1.0):
        assert plan(poll, random=random).interval_seconds >= waits * (1.0 if asked > 1_800 else 0.9)


@pytest.mark.parametrize("random", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_jitter_is_a_tenth_and_stays_within_the_bounds(random: float) -> None:
    steady = Poll(entries=10, known=7, overlaps=True)
    assert plan(steady, random=random).interval_seconds == pytest.approx(1_800 * (0.9 + 0.2 * random))
    assert plan(steady, Rhythm(10.0), random=random).interval_seconds == pytest.approx(300 * (1 + 0.1 * random))
    assert plan(steady, Rhythm(1e9), random=random).interval_seconds == pytest.approx(86_400 * (1 - 0.1 * random))


def test_bounds_are_arguments() -> None:
    bounds = Bounds(min_seconds=60, max_seconds=600)
    assert plan(Poll(entries=10, overlaps=False), Rhythm(100.0), random=0.0, bounds=bounds).interval_seconds == 60
    assert plan(Poll(not_modified=True), Rhythm(590.0), random=0.0, bounds=bounds).interval_seconds == 600


def test_dates_in_the_future_tell_nothing() -> None:
    future = tuple(NOW + timedelta(days=number) for number in range(1, 20))
    assert plan(Poll(entries=10, known=7, overlaps=True, published=future)).interval_seconds == 1_800


def test_a_day_of_a_feed_settles_near_its_own_pace() -> None:
    """A feed of twenty entries that publishes every twelve minutes, polled for a simulated day: nothing is missed."""
    rhythm, at, last_seen, polls, missed = Rhythm(), NOW, NOW, 0, 0
    first: bool = True
    while at < NOW + timedelta(days=1):
        newest = int((at - NOW).total_seconds() // 720)
        times = tuple(NOW + timedelta(seconds=720 * number) for number in range(newest, newest - 20, -1))
        new = 20 if first else sum(moment > last_seen for moment in times)
        missed += not first and new == 20
        planned = next_poll(
            Poll(entries=20, known=20 - new, overlaps=None if first else new < 20, published=times),
            rhythm,
            now=at,
            random=lambda: 0.5,
        )
        rhythm, at, last_seen, polls, first = planned.rhythm, planned.next_fetch_at, times[0], polls + 1, False
    assert missed == 0
    assert 60 <= polls <= 180
    assert rhythm.gaps == 0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(45, "45 s"), (720, "12 min"), (3_600, "1 h"), (5_400, "1.5 h"), (86_400, "1 day"), (216_000, "2.5 days")],
)
def test_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


DAY = timedelta(days=1)
NOT_MODIFIED = Answer(conditional=True, not_modified=True)


def test_not_modified_is_tested_after_a_day() -> None:
    held = Validators()
    for hour in range(24):
        held = judge_validators(NOT_MODIFIED, held, now=NOW + timedelta(hours=hour))
        assert held.send is True
    held = judge_validators(NOT_MODIFIED, held, now=NOW + DAY)
    assert (held.send, held.verdict, held.not_modified_at) == (False, "untested", NOW + DAY)


def test_a_test_that_agrees_makes_trust_and_the_next_test_rarer() -> None:
    held = Validators(not_modified_at=NOW, next_test_at=NOW)
    waits = []
    for _ in range(6):
        held = judge_validators(Answer(conditional=False, same_validators=True), held, now=NOW)
        assert held.next_test_at is not None
        waits.append((held.next_test_at - NOW).days)
        held = Validators("trusted", held.reason, False, NOW, held.tests_passed, held.next_test_at)
    assert waits == [2, 4, 8, 16, 16, 16]
    assert held.reason == "agreed with 6 tests"


def test_a_server_that_always_says_not_modified_is_found_out() -> None:
    held = Validators(not_modified_at=NOW, next_test_at=NOW, send=False)
    came = (NOW - timedelta(hours=20), NOW - timedelta(hours=5), NOW + timedelta(minutes=10))
    answer = Answer(conditional=False, changed=True, new_published=came)
    judged = judge_validators(answer, held, now=NOW + timedelta(minutes=30))
    assert (judged.verdict, judged.send) == ("lying", False)
    assert judged.reason == 'said "not modified" although 2 entries had come'


def test_entries_that_came_since_are_no_lie() -> None:
    held = Validators(not_modified_at=NOW, next_test_at=NOW, send=False)
    came = (NOW - timedelta(minutes=50), NOW + timedelta(minutes=10), NOW + timedelta(minutes=20))
    answer = Answer(conditional=False, changed=True, new_published=came)
    assert judge_validators(answer, held, now=NOW + timedelta(minutes=30)).verdict == "trusted"


def test_validators_that_stay_when_the_entries_change_are_a_lie() -> None:
    answer = Answer(conditional=True, same_validators=True, changed=True)
    judged = judge_validators(answer, Validators("trusted", tests_passed=3), now=NOW)
    assert judged == Validators(
        "lying", "the entries changed and the validators did not", False, None, 0, NOW + timedelta(days=30)
    )


def test_validators_are_trusted_again_after_a_month() -> None:
    held = Validators("lying", "x", False, None, 0, NOW)
    assert judge_validators(Answer(conditional=False), held, now=NOW - DAY) is held
    judged = judge_validators(Answer(conditional=False), held, now=NOW)
    assert (judged.verdict, judged.send, judged.next_test_at) == ("untested", True, NOW + DAY)


def test_a_server_that_ignores_its_validators() -> None:
    judged = judge_validators(Answer(conditional=True, same_validators=True), Validators(), now=NOW)
    assert (judged.verdict, judged.reason) == ("ignored", "answers in full although nothing has changed")


def test_a_server_without_validators() -> None:
    judged = judge_validators(Answer(conditional=False, has_validators=False), Validators(), now=NOW)
    assert (judged.verdict, judged.reason) == ("none", "the server sends neither ETag nor Last-Modified")


def test_a_changed_answer_with_new_validators_is_as_it_should_be() -> None:
    held = Validators(not_modified_at=NOW - DAY, next_test_at=NOW + DAY)
    judged = judge_validators(Answer(conditional=True, changed=True), held, now=NOW)
    assert judged == Validators(next_test_at=NOW + DAY)
