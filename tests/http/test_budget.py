"""One budget for a host, whoever asks."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from ipaddress import ip_network
from itertools import pairwise
from typing import Any

import pytest
import redis
from http_server import Asked, Server
from redis.exceptions import ConnectionError as RedisConnectionError

from wiredesk.worker.errors import HostBusy
from wiredesk.worker.http.budget import FIRST, USUAL, HostBudget, Turn, address_key
from wiredesk.worker.http.client import Fetcher, Request

ADDRESS = "93.184.216.34"
LOOK = Turn()


# The first line of each script of the budget: a clock that stands still, and no expiry by the server's own clock.
CLOCK = """
local server = redis
local redis = {call = function(command, ...)
    if command == 'PEXPIRE' then return 1 end
    return server.call(command, ...)
end}
local now = tonumber(redis.call('GET', 'clock'))
"""


class Clock:
    """The clock of the scripts, moved by the test."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._client.set("clock", 1_700_000_000_000)

    def forward(self, seconds: float) -> None:
        self._client.incrby("clock", round(seconds * 1000))


@pytest.fixture
def clock(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    monkeypatch.setattr("wiredesk.worker.http.budget._NOW", CLOCK)
    with redis.Redis.from_url(redis_url) as client:
        yield Clock(client)


def run(body: Callable[[HostBudget], Awaitable[None]], redis_url: str, **settings: Any) -> None:
    """`body` with a budget of its own, in a loop of its own."""

    async def inside() -> None:
        async with HostBudget(redis_url, **{"spacing_seconds": 0.0, "max_wait_seconds": 0.0, **settings}) as budget:
            await body(budget)

    asyncio.run(inside())


async def busy(budget: HostBudget, host: str, address: str = ADDRESS, turn: Turn = LOOK) -> HostBusy:
    with pytest.raises(HostBusy) as caught:
        async with budget.slot(host, address, turn=turn):
            pass
    return caught.value


async def free(budget: HostBudget, host: str, address: str = ADDRESS, turn: Turn = LOOK) -> None:
    async with budget.slot(host, address, turn=turn) as slot:
        await slot.started()


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("93.184.216.34", "93.184.216.34"),
        ("::ffff:93.184.216.34", "93.184.216.34"),
        ("2606:2800:220:1:248:1893:25c8:1946", "2606:2800:220:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_address_key(address: str, key: str) -> None:
    assert address_key(address) == key


def test_all_names_of_a_domain_share_its_slots(redis_url: str) -> None:
    async def body(budget: HostBudget) -> None:
        async with budget.slot("www.example.com", ADDRESS), budget.slot("feeds.example.com", "93.184.216.35"):
            error = await busy(budget, "example.com", "93.184.216.36")
            assert str(error) == "example.com: other requests go first"
            assert error.retry_after_seconds == 1.0
            await free(budget, "example.org", "93.184.216.37")
        await free(budget, "example.com", "93.184.216.36")

    run(body, redis_url, per_host=2)


def test_all_names_of_an_address_share_its_slots(redis_url: str) -> None:
    async def body(budget: HostBudget) -> None:
        async with budget.slot("example.com", ADDRESS), budget.slot("example.org", ADDRESS):
            await busy(budget, "example.net", ADDRESS)
            await free(budget, "example.net", "93.184.216.35")

    run(body, redis_url, per_host=2)


def test_an_address_may_have_more_slots_than_a_name(redis_url: str) -> None:
    async def body(budget: HostBudget) -> None:
        async with budget.slot("example.com", ADDRESS), budget.slot("example.org", ADDRESS):
            await busy(budget, "example.net", ADDRESS)

    run(body, redis_url, per_host=1, per_address=2)


def test_requests_begin_so_far_apart(redis_url: str) -> None:
    begun: list[float] = []

    async def one(budget: HostBudget) -> None:
        async with budget.slot("example.com", ADDRESS) as slot:
            begun.append(time.monotonic())
            await slot.started()

    async def body(budget: HostBudget) -> None:
        await asyncio.gather(*(one(budget) for _ in range(5)))

    run(body, redis_url, spacing_seconds=0.2, max_wait_seconds=5.0)
    gaps = [later - earlier for earlier, later in pairwise(begun)]
    assert len(gaps) == 4
    assert min(gaps) >= 0.2


def test_the_next_request_waits_for_the_spacing_and_a_twentieth_more(redis_url: str, clock: Clock) -> None:
    async def body(budget: HostBudget) -> None:
        await free(budget, "example.com")
        verdict = await budget._shared.acquire("example.com", ADDRESS, "next", Turn())
        assert verdict.state == "spaced"
        assert verdict.wait_seconds == pytest.approx(0.21, abs=0.01)
        clock.forward(0.22)
        verdict = await budget._shared.acquire("example.com", ADDRESS, "next", Turn())
        assert verdict.state == "granted"

    run(body, redis_url, spacing_seconds=0.2)


def test_spacing_counts_from_when_the_request_is_out(redis_url: str) -> None:
    """A connection that took 0.4 s to make must not arrive together with the next one's."""
    marks: dict[str, float] = {}

    async def slow(budget: HostBudget) -> None:
        async with budget.slot("example.com", ADDRESS) as slot:
            await asyncio.sleep(0.4)
            marks["out"] = time.monotonic()
            await slot.started()

    async def quick(budget: HostBudget) -> None:
        await asyncio.sleep(0.05)
        async with budget.slot("example.com", ADDRESS):
            marks["next"] = time.monotonic()

    async def body(budget: HostBudget) -> None:
        await asyncio.gather(slow(budget), quick(budget))

    run(body, redis_url, spacing_seconds=0.2, max_wait_seconds=5.0)
    assert marks["next"] - marks["out"] >= 0.2


def test_a_request_that_never_went_out_lets_the_next_one_begin(redis_url: str, clock: Clock) -> None:
    async def body(budget: HostBudget) -> None:
        async with budget.slot("example.com", ADDRESS):
            pass
        clock.forward(0.15)
        await free(budget, "example.com")

    run(body, redis_url, spacing_seconds=0.1)


def test_a_wait_has_an_end_and_those_who_must_go_come_back_one_by_one(redis_url: str, clock: Clock) -> None:
    async def body(budget: HostBudget) -> None:
        await free(budget, "example.com")
        turns = [
            error.retry_after_seconds
            for error in await asyncio.gather(
                *(busy(budget, "example.com", turn=Turn(f"feed {n}", USUAL)) for n in range(3))
            )
        ]
        assert sorted(turns) == pytest.approx([5.25, 10.5, 15.75], abs=0.01)

    run(body, redis_url, spacing_seconds=5.0, max_wait_seconds=0.2)


def test_the_line_of_a_host_is_fair(redis_url: str, clock: Clock) -> None:
    """Who asked first goes first, whoever comes in between; a place is kept however often its turn is missed."""

    async def body(budget: HostBudget) -> None:
        first, second, late, newcomer = (Turn(name, USUAL) for name in ("first", "second", "late", "newcomer"))
        await free(budget, "example.com")
        waits = []
        for turn in (first, second, late):
            waits.append((await busy(budget, "example.com", turn=turn)).retry_after_seconds)
            clock.forward(0.001)
        assert waits == pytest.approx([1.0, 1.42, 2.42], abs=0.01)
        clock.forward(1.0)
        error = await busy(budget, "example.com", turn=newcomer)  # the slot is free, and the first is due
        assert str(error) == "example.com: other requests go first"
        assert error.retry_after_seconds == pytest.approx(3.0, abs=0.2)
        await busy(budget, "example.com", turn=second)  # it is early
        await free(budget, "example.com", turn=first)
        clock.forward(1.0)
        assert (await busy(budget, "example.com", turn=late)).retry_after_seconds <= 0.5  # its turn stays
        await free(budget, "example.com", turn=second)
        clock.forward(0.5)
        await free(budget, "example.com", turn=late)
        clock.forward(0.5)
        await free(budget, "example.com", turn=newcomer)

    run(body, redis_url, spacing_seconds=0.4)


def test_first_polls_and_people_go_before_all_others(redis_url: str, clock: Clock) -> None:
    async def body(budget: HostBudget) -> None:
        await free(budget, "example.com")
        for n in range(3):
            await busy(budget, "example.com", turn=Turn(f"document {n}", USUAL))
            clock.forward(0.001)
        first_poll = await busy(budget, "example.com", turn=Turn("feed 1", FIRST))
        assert first_poll.retry_after_seconds == pytest.approx(1.0, abs=0.01)
        clock.forward(1.0)
        await busy(budget, "example.com", turn=Turn("document 0", USUAL))  # both are due
        await free(budget, "example.com")  # a person's look
        clock.forward(0.5)
        await free(budget, "example.com", turn=Turn("feed 1", FIRST))
        clock.forward(0.5)
        await busy(budget, "example.com", turn=Turn("document 2", USUAL))
        clock.forward(0.6)
        await free(budget, "example.com", turn=Turn("document 0", USUAL))

    run(body, redis_url, spacing_seconds=0.4)


def test_a_late_request_does_not_block_the_line(redis_url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wiredesk.worker.http.budget._LATE_SECONDS", 0.3)

    async def body(budget: HostBudget) -> None:
        await free(budget, "example.com")
        await busy(budget, "example.com", turn=Turn("lost", USUAL))
        clock.forward(1.1)
        await busy(budget, "example.com", turn=Turn("newcomer", USUAL))
        clock.forward(0.4)
        await free(budget, "example.com", turn=Turn("newcomer", USUAL))

    run(body, redis_url, spacing_seconds=0.4)


def test_waiting_in_line_has_an_end_too(redis_url: str) -> None:
    async def body(budget: HostBudget) -> None:
        async with budget.slot("example.com", ADDRESS):
            began = time.monotonic()
            await asyncio.gather(*(busy(budget, "example.com") for _ in range(20)))
            assert time.monotonic() - began >= 0.3

    run(body, redis_url, per_host=1, max_wait_seconds=0.3)


def test_a_host_that_asks_to_wait_is_left_alone_by_all(redis_url: str) -> None:
    async def hold(budget: HostBudget) -> None:
        said = "answered 429 and asked us to wait 30 s"
        assert await budget.hold("www.example.com", 30.0, said) == 30.0
        assert 20.0 < await budget.hold("www.example.com", 1.0, said) <= 30.0

    async def body(budget: HostBudget) -> None:
        error = await busy(budget, "feeds.example.com", "93.184.216.35")
        assert 20.0 < error.retry_after_seconds <= 30.0
        assert str(error) == "example.com answered 429 and asked us to wait 30 s"
        await free(budget, "example.org", ADDRESS)

    run(hold, redis_url)
    run(body, redis_url, max_wait_seconds=1.0)


def test_a_short_hold_is_waited_out(redis_url: str) -> None:
    async def body(budget: HostBudget) -> None:
        await budget.hold("example.com", 0.3)
        began = time.monotonic()
        await free(budget, "example.com")
        assert time.monotonic() - began >= 0.29

    run(body, redis_url, max_wait_seconds=2.0)


def test_a_host_that_goes_on_asking_is_left_alone_for_longer(redis_url: str, clock: Clock) -> None:
    async def body(budget: HostBudget) -> None:
        held = []
        for asked in (5.0, 5.0, 0.0, 500.0, 5.0, 0.0, 0.0, 0.0):
            held.append(await budget.hold("example.com", asked))
            await budget.redis.delete("wiredesk:budget:hold:example.com")  # as if it were over
        assert held == [5.0, 120.0, 240.0, 500.0, 960.0, 1920.0, 3600.0, 3600.0]
        assert await budget.hold("example.org", 0.0) == 60.0
        assert await budget.hold("example.org", 0.0) == 60.0

    run(body, redis_url)


def test_the_wait_is_short_again_after_a_host_stopped_asking(redis_url: str) -> None:
    async def body(budget: HostBudget) -> None:
        await budget.hold("example.com", 0.0)
        left = await budget.redis.pttl("wiredesk:budget:strikes:example.com")
        assert 120_000 < left <= 180_000

    run(body, redis_url)


def test_a_restarted_redis_is_taught_the_scripts_again(redis_url: str) -> None:
    async def body(budget: HostBudget) -> None:
        await free(budget, "example.com")
        await budget.redis.script_flush()
        await free(budget, "example.com")
        assert await budget.redis.zcard("wiredesk:budget:running:example.com") == 0
        assert await budget.redis.exists("wiredesk:budget:running:example.com") == 0

    run(body, redis_url)


def test_a_crawl_delay_is_the_spacing_for_all(redis_url: str, clock: Clock) -> None:
    async def pace(budget: HostBudget) -> None:
        await budget.pace("example.com", 20.0)

    async def body(budget: HostBudget) -> None:
        await free(budget, "example.com")
        assert (await busy(budget, "example.com", "93.184.216.35")).retry_after_seconds == pytest.approx(21.0, abs=0.01)

    run(pace, redis_url)
    run(body, redis_url)


def test_a_slot_of_a_dead_worker_comes_back_with_its_lease(redis_url: str, clock: Clock) -> None:
    async def die(budget: HostBudget) -> None:
        await budget._shared.acquire("example.com", ADDRESS, "a token that nobody gives back", Turn())

    async def body(budget: HostBudget) -> None:
        await busy(budget, "example.com")
        clock.forward(0.5)
        await free(budget, "example.com")

    run(die, redis_url, per_host=1, lease_seconds=0.5)
    run(body, redis_url, per_host=1)


def test_the_slots_of_the_living_do_not_keep_those_of_the_dead(redis_url: str, clock: Clock) -> None:
    async def body(budget: HostBudget) -> None:
        await budget._shared.acquire("example.com", ADDRESS, "a token that nobody gives back", Turn())
        clock.forward(0.3)
        async with budget.slot("example.com", ADDRESS):
            await busy(budget, "example.com")
            clock.forward(0.3)
            await free(budget, "example.com")

    run(body, redis_url, per_host=2, lease_seconds=0.5)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(answer_seconds=0.5) as running:
        yield running


def fetcher(budget: HostBudget) -> Fetcher:
    return Fetcher(user_agent="t", allowed_networks=[ip_network("127.0.0.1/32")], budget=budget)


def test_redirects_within_a_host_are_one_visit(redis_url: str, server: Server) -> None:
    """However far apart visits are: else a feed behind a redirect on a slow-paced host could never be had."""
    server.answer_seconds = 0.0
    server.moves = {"/a": (301, "/b"), "/b": (301, "/feed")}

    async def body(budget: HostBudget) -> None:
        async with fetcher(budget) as client:
            assert (await client.fetch(Request(server.url("/a")))).status == 200
        left = (await busy(budget, "127.0.0.1", "127.0.0.1")).retry_after_seconds
        assert left > 20.0

    run(body, redis_url, per_host=1, spacing_seconds=30.0)


def test_a_redirect_to_another_host_waits_for_that_one(redis_url: str, server: Server) -> None:
    server.moves = {"/a": (302, server.url("/feed", "localhost"))}

    async def body(budget: HostBudget) -> None:
        async with fetcher(budget) as client:
            with pytest.raises(HostBusy):
                await client.fetch(Request(server.url("/a")))
        assert server.targets == ["/a"]

    run(body, redis_url, spacing_seconds=30.0)


def test_all_waits_of_one_fetch_share_one_patience(redis_url: str, server: Server) -> None:
    server.moves = {"/a": (302, server.url("/feed", "localhost"))}

    async def body(budget: HostBudget) -> None:
        await budget.hold("127.0.0.1", 0.6)
        await budget.hold("localhost", 2.0)
        async with fetcher(budget) as client:
            with pytest.raises(HostBusy):
                await client.fetch(Request(server.url("/a")))

    run(body, redis_url, max_wait_seconds=1.0)
    assert server.targets == ["/a"]


# Redis away


NO_REDIS = "redis://127.0.0.1:1/0"


def test_without_redis_one_request_a_host_at_a_time_and_slower() -> None:
    begun: list[float] = []
    running: list[int] = [0]

    async def one(budget: HostBudget) -> None:
        async with budget.slot("example.com", ADDRESS) as slot:
            begun.append(time.monotonic())
            running[0] += 1
            assert running[0] == 1
            await slot.started()
            await asyncio.sleep(0.01)
            running[0] -= 1

    async def body(budget: HostBudget) -> None:
        began = time.monotonic()
        await asyncio.gather(*(one(budget) for _ in range(4)))
        assert begun[0] - began >= 0.2
        assert all(later - earlier >= 0.2 for earlier, later in pairwise(begun))

    run(body, NO_REDIS, spacing_seconds=0.05, max_wait_seconds=5.0)
    assert len(begun) == 4


def test_without_redis_a_host_is_still_obeyed() -> None:
    async def body(budget: HostBudget) -> None:
        await budget.hold("example.com", 30.0)
        await budget.pace("example.com", 30.0)
        assert (await busy(budget, "www.example.com")).retry_after_seconds > 20.0

    run(body, NO_REDIS)


def test_a_slot_is_released_without_redis(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def gone(*_: object, **__: object) -> None:
        raise RedisConnectionError("gone")

    async def body(budget: HostBudget) -> None:
        async with budget.slot("example.com", ADDRESS) as slot:
            monkeypatch.setattr(budget._shared, "_settle", gone)
            monkeypatch.setattr(budget._shared, "_acquire", gone)
            await slot.started()
        async with budget.slot("example.com", ADDRESS):
            pass

    run(body, redis_url, spacing_seconds=0.01, max_wait_seconds=1.0)


# Four processes and a server that keeps a log


WORKER = """
import asyncio, sys
from ipaddress import ip_network
from wiredesk.worker.errors import HostBusy
from wiredesk.worker.http.budget import HostBudget
from wiredesk.worker.http.client import Fetcher, Request

async def fetch(fetcher, url):
    try:
        return str((await fetcher.fetch(Request(url))).status)
    except HostBusy as error:
        return f"busy:{error.retry_after_seconds:.1f}"

async def main(redis_url, max_wait_seconds, *urls):
    budget = HostBudget(redis_url, per_host=2, spacing_seconds=0.2, max_wait_seconds=float(max_wait_seconds))
    networks = [ip_network("127.0.0.1/32")]
    async with budget, Fetcher(user_agent="t", allowed_networks=networks, budget=budget) as fetcher:
        print(*await asyncio.gather(*(fetch(fetcher, url) for url in urls)))

asyncio.run(main(*sys.argv[1:]))
"""


def work(redis_url: str, max_wait_seconds: float, urls: list[str]) -> list[str]:
    """Four processes share the URLs; what each URL came to."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, redis_url, str(max_wait_seconds), *urls[process::4]],
            stdout=subprocess.PIPE,
            text=True,
        )
        for process in range(4)
    ]
    results = [process.communicate(timeout=300)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0, 0]
    return " ".join(results).split()


def most_at_once(log: list[Asked]) -> int:
    edges = sorted([(asked.began, 1) for asked in log] + [(asked.ended, -1) for asked in log])
    running, most = 0, 0
    for _, step in edges:
        running += step
        most = max(most, running)
    return most


def test_four_processes_keep_one_host_budget(redis_url: str, server: Server) -> None:
    """Twelve feeds under two names of one machine, two at a time and 0.2 s apart, by the server's own log."""
    urls = [server.url(f"/feed/{number}", host) for number in range(6) for host in ("127.0.0.1", "localhost")]
    assert work(redis_url, 30.0, urls) == ["200"] * 12
    log = sorted(server.asked, key=lambda asked: asked.began)
    assert sorted(asked.target for asked in log) == sorted(f"/feed/{number}" for number in range(6) for _ in range(2))
    assert most_at_once(log) == 2
    gaps = [later.began - earlier.began for earlier, later in pairwise(log)]
    assert min(gaps) >= 0.15, gaps  # the log is late when the server's thread has to wait for a processor


def test_retry_after_binds_four_processes(redis_url: str, server: Server) -> None:
    server.retry_after = "30"
    results = work(redis_url, 2.0, [server.url(f"/feed/{number}") for number in range(12)])
    assert len(results) == 12
    assert all(result.startswith("busy:") and float(result[5:]) > 25.0 for result in results), results
    assert 1 <= len(server.asked) <= 3  # the first, and those on their way before its answer

    async def afterwards(budget: HostBudget) -> None:
        assert (await busy(budget, "127.0.0.1", "127.0.0.1")).retry_after_seconds > 15.0

    run(afterwards, redis_url)
