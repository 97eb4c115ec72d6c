"""robots.txt: what it says, and how it is had."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from ipaddress import ip_network

import pytest
from http_server import Server

from wiredesk.worker.errors import HostBusy, Rejected, Transient
from wiredesk.worker.http import robots
from wiredesk.worker.http.budget import HostBudget
from wiredesk.worker.http.client import Fetcher, FetchLimits
from wiredesk.worker.http.robots import RobotsCache, RobotsRules, parse_robots

LIMITS = FetchLimits(connect_seconds=0.5, first_byte_seconds=0.5, total_seconds=1.0)


def allows(text: str, path: str, token: str = "wiredesk") -> bool:
    return parse_robots(text.encode(), token).allows(f"https://news.test{path}")


@pytest.mark.parametrize(
    ("text", "allowed", "forbidden"),
    [
        ("", ["/", "/a"], []),
        ("User-agent: *\nDisallow: /", ["/robots.txt"], ["/", "/a", "/robots.txt.old"]),
        ("User-agent: *\nDisallow:", ["/", "/a"], []),
        ("User-agent: *\nDisallow: /a", ["/", "/b", "/A"], ["/a", "/a/b", "/ab", "/a?b"]),
        ("User-agent: *\nDisallow: /a/\nAllow: /a/b/", ["/a", "/a/b/c"], ["/a/", "/a/c"]),
        ("User-agent: *\nAllow: /a\nDisallow: /a", ["/a"], []),
        ("User-agent: *\nDisallow: /\nAllow: /$", ["/"], ["/a", "/?a"]),
        ("User-agent: *\nDisallow: /*.pdf$", ["/a.pdf?b", "/a.pdfx"], ["/a.pdf", "/.pdf", "/x/a.pdf.pdf"]),
        ("User-agent: *\nDisallow: /*?print=", ["/a", "/a?p=1"], ["/a?print=1", "/b/c?print="]),
        ("User-agent: *\nDisallow: *secret", ["/a"], ["/secret", "/a/secret/b"]),
        ("User-agent: *\nDisallow: /a*b*c", ["/acb", "/ab"], ["/abc", "/a1b2c3", "/aabbcc"]),
        ("User-agent: *\nDisallow: /a**b", ["/a"], ["/ab", "/axb"]),
        ("User-agent: *\nDisallow: /ab*ba$", ["/aba"], ["/abba", "/abxba"]),
        ("User-agent: *\nDisallow: a", ["/a", "/"], []),
        ("User-agent: *\nDisallow: /news/é", ["/news/e"], ["/news/é", "/news/%C3%A9", "/news/%c3%a9x"]),
        ("User-agent: *\nDisallow: /%7edesk/%2f", ["/~desk/"], ["/~desk/%2Fa", "/%7Edesk/%2f"]),
        ("user-AGENT : * # all\nDISALLOW : /a # not this", ["/"], ["/a"]),
        ("\ufeffUser-agent: *\r\nDisallow: /a\rDisallow: /b", ["/"], ["/a", "/b"]),
        ("Disallow: /a\nUser-agent: *\nDisallow: /b", ["/a"], ["/b"]),
        ("<html><body>Disallow: /</body></html>", ["/", "/a"], []),
    ],
)
def test_rules(text: str, allowed: list[str], forbidden: list[str]) -> None:
    assert [path for path in allowed if not allows(text, path)] == []
    assert [path for path in forbidden if allows(text, path)] == []


GROUPS = """
User-agent: otherbot
User-agent: WireDesk/2.0
Disallow: /shared

User-agent: *
Disallow: /

User-agent: wiredesk
Disallow: /own

User-agent: wiredesk-images
Disallow: /images
"""


def test_groups_of_the_same_crawler_are_one_and_replace_the_default() -> None:
    paths = ["/shared", "/own", "/images", "/else"]
    assert [path for path in paths if allows(GROUPS, path)] == ["/images", "/else"]
    assert [path for path in paths if allows(GROUPS, path, "WIREDESK-IMAGES")] == ["/shared", "/own", "/else"]
    assert [path for path in paths if allows(GROUPS, path, "stranger")] == []


def test_an_empty_group_of_ones_own_allows_everything() -> None:
    assert allows("User-agent: *\nDisallow: /\n\nUser-agent: wiredesk\nDisallow:\n", "/a")


def test_other_records_do_not_end_a_list_of_agents() -> None:
    rules = parse_robots(b"User-agent: wiredesk\nCrawl-delay: 2.5\nUser-agent: x\nDisallow: /a", "wiredesk")
    assert rules.crawl_delay_seconds == 2.5
    assert not rules.allows("https://news.test/a")


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("10", 10.0),
        ("0.5", 0.5),
        ("0", None),
        ("-1", None),
        ("soon", None),
        ("nan", None),
        ("1e999", None),
        ("1e9", None),
    ],
)
def test_crawl_delay(written: str, seconds: float | None) -> None:
    assert parse_robots(f"User-agent: *\nCrawl-delay: {written}".encode(), "wiredesk").crawl_delay_seconds == seconds


def test_sitemaps_belong_to_no_group() -> None:
    text = (
        b"Sitemap: https://news.test/a.xml\nUser-agent: x\nDisallow: /\nsitemap:https://news.test/b.xml#now\nSitemap:\n"
    )
    assert parse_robots(text, "wiredesk") == RobotsRules(
        sitemaps=("https://news.test/a.xml", "https://news.test/b.xml")
    )


def test_robots_txt_is_read_up_to_500_kib() -> None:
    padding = b"#" * (robots.MAX_ROBOTS_BYTES - 13) + b"\n"
    assert not parse_robots(b"User-agent: *\nDisallow: /a\n", "x").allows("http://news.test/a")
    assert parse_robots(b"User-agent: *" + padding + b"Disallow: /a\n", "x").allows("http://news.test/a")


@pytest.mark.parametrize(
    "content",
    [
        b"User-agent: *\nDisallow: /" + b"*a" * 250_000 + b"$",
        b"User-agent: *\n" + b"Disallow: /*a*a*a*a*b\n" * 22_000,
        b"User-agent: *\n" * 18_000 + b"Disallow: /a\n" * 18_000,
        b"User-agent: *\nDisallow: /" + b"%" * 500_000,
        b"\r\n" * 250_000,
        b":" * 500_000,
    ],
)
def test_a_hostile_file_takes_no_time(content: bytes) -> None:
    began = time.process_time()
    parse_robots(content, "wiredesk").allows("http://news.test/" + "a" * 2000)
    assert time.process_time() - began < 1.5


# The cache


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(robots=b"User-agent: wiredesk\nDisallow: /private\nCrawl-delay: 7\n") as running:
        yield running


def run(redis_url: str | None, body: Callable[[RobotsCache, HostBudget | None], Awaitable[None]]) -> None:
    async def inside() -> None:
        async with AsyncExitStack() as stack:
            budget = None
            if redis_url is not None:
                budget = HostBudget(redis_url, per_host=50, spacing_seconds=0.0, max_wait_seconds=0.0)
                await stack.enter_async_context(budget)
            allowed = (ip_network("127.0.0.1/32"),)
            fetcher = Fetcher(user_agent="t", limits=LIMITS, allowed_networks=allowed, budget=budget)
            await body(RobotsCache(await stack.enter_async_context(fetcher), product_token="wiredesk"), budget)

    asyncio.run(inside())


def test_pages_are_judged_by_one_fetch_for_all_workers(redis_url: str, server: Server) -> None:
    async def body(cache: RobotsCache, _: HostBudget | None) -> None:
        await asyncio.gather(*(cache.require_allowed(server.url(f"/news/{number}")) for number in range(5)))
        with pytest.raises(Rejected) as caught:
            await cache.require_allowed(server.url("/private/a"))
        assert str(caught.value) == f"robots: robots.txt forbids {server.url('/private/a')}"

    run(redis_url, body)
    run(redis_url, body)
    assert server.targets == ["/robots.txt"]


def test_a_crawl_delay_slows_every_worker_down(redis_url: str, server: Server) -> None:
    async def body(cache: RobotsCache, budget: HostBudget | None) -> None:
        assert budget is not None
        assert (await cache.rules(server.url("/a"))).crawl_delay_seconds == 7.0
        async with budget.slot("127.0.0.1", "127.0.0.1") as slot:
            await slot.started()
        with pytest.raises(HostBusy) as caught:
            async with budget.slot("127.0.0.1", "127.0.0.1"):
                pass
        assert 7.0 < caught.value.retry_after_seconds <= 7.36

    run(redis_url, body)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_missing_file_allows_everything(server: Server, status: int) -> None:
    server.robots = status

    async def body(cache: RobotsCache, _: HostBudget | None) -> None:
        await cache.require_allowed(server.url("/private"))
        await cache.require_allowed(server.url("/else"))

    run(None, body)
    assert server.targets == ["/robots.txt"]


def test_redirects_without_end_count_as_no_file(server: Server) -> None:
    server.moves = {"/robots.txt": (302, "/robots.txt")}

    async def body(cache: RobotsCache, _: HostBudget | None) -> None:
        await cache.require_allowed(server.url("/private"))

    run(None, body)


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_file_that_fails_forbids_everything_for_now(server: Server, status: int) -> None:
    server.robots = status

    async def body(cache: RobotsCache, _: HostBudget | None) -> None:
        with pytest.raises(Transient):
            await cache.require_allowed(server.url("/a"))

    run(None, body)


def test_an_old_copy_serves_while_the_file_fails(
    redis_url: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.robots = b"User-agent: *\nDisallow: /private\n"

    async def body(cache: RobotsCache, _: HostBudget | None) -> None:
        await cache.require_allowed(server.url("/a"))
        with pytest.raises(Rejected):
            await cache.require_allowed(server.url("/private"))

    run(redis_url, body)
    monkeypatch.setattr(robots, "_FRESH_SECONDS", -1.0)
    server.robots = 500
    run(redis_url, body)
    assert server.targets == ["/robots.txt"] * 3
