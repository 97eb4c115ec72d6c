"""A day on a simulated clock, with the real schedule (`python -m bench.schedule` runs it for 100,000 feeds)."""

from __future__ import annotations

import pytest

from bench.schedule import simulate
from wiredesk.worker.settings import Settings


@pytest.mark.parametrize(
    ("hours", "spacing_seconds", "late_most"),
    [(24, 1.0, 60), (12, 60.0, 7_200)],
    ids=["a day", "platforms at their limit"],
)
def test_no_feed_is_starved_and_no_host_is_asked_too_much(
    hours: float, spacing_seconds: float, late_most: float
) -> None:
    settings = Settings(host_spacing_seconds=spacing_seconds, tick_seconds=2.0)
    day = simulate(4_000, hours=hours, settings=settings)
    assert day.never_polled == 0
    assert max(day.late_most, day.overdue_at_the_end) <= late_most
    assert day.late_median <= 2.0
    assert day.longest_wait <= 86_400 + late_most
    assert day.host_closest >= spacing_seconds - 1e-6
    assert day.host_most_at_once <= settings.per_host
    assert day.tick_most_leased <= settings.in_flight
    assert day.lost <= day.published / 1_000
    polls = day.polls_by_kind
    assert polls["agency"] > polls["newspaper"] > polls["section"] > polls["blog"] >= 1


def test_leasing_is_bounded_when_everything_is_due_at_once() -> None:
    settings = Settings(in_flight=100, tick_seconds=1.0)
    day = simulate(2_000, hours=3, settings=settings)
    assert day.tick_most_leased <= 100
    assert day.never_polled == 0
