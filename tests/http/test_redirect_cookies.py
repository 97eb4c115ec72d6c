"""Cookies that a redirect sets come back within the same fetch, to where they may be sent, and nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from functools import partial
from ipaddress import ip_network

import pytest
from local_site import Answer, Site, serving

from wiredesk.worker.errors import Rejected
from wiredesk.worker.http.client import Fetcher, Request
from wiredesk.worker.http.response import Response

FEED = (200, {"Content-Type": "application/rss+xml"}, b"<rss/>")


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


def fetch(url: str, headers: Mapping[str, str] | None = None) -> Response:
    async def inside() -> Response:
        async with Fetcher(user_agent="t", allowed_networks=[ip_network("127.0.0.0/8")]) as fetcher:
            return await fetcher.fetch(Request(url, headers=headers or {}))

    return asyncio.run(inside())


def until_cookie(headers: Mapping[str, str]) -> Answer:
    if headers.get("Cookie") == "consent=yes":
        return FEED
    return (302, {"Location": "/feed.xml", "Set-Cookie": "consent=yes; Path=/"}, b"")


def test_a_redirect_to_the_same_address_ends_when_its_cookie_comes_back(site: Site) -> None:
    site.answers["/feed.xml"] = until_cookie
    response = fetch(site.url("/feed.xml"))
    assert (response.status, response.body) == (200, b"<rss/>")
    assert [path for path, _ in site.seen] == ["/feed.xml"] * 2


def test_a_redirect_without_a_new_cookie_is_a_loop(site: Site) -> None:
    site.answers["/feed.xml"] = (302, {"Location": "/feed.xml", "Set-Cookie": "seen=1"}, b"")
    with pytest.raises(Rejected, match="redirects to itself in the end"):
        fetch(site.url("/feed.xml"))
    assert len(site.seen) == 2


def test_a_new_cookie_each_time_ends_at_the_limit(site: Site) -> None:
    def another(_: Mapping[str, str]) -> Answer:
        return (302, {"Location": "/feed.xml", "Set-Cookie": f"seen={len(site.seen)}"}, b"")

    site.answers["/feed.xml"] = another
    with pytest.raises(Rejected, match="redirects more than 5 times"):
        fetch(site.url("/feed.xml"))


def test_cookies_headers_and_credentials_stay_with_their_host_and_fetch(site: Site) -> None:
    asked: list[dict[str, str]] = []

    def answer(moved: bool, headers: Mapping[str, str]) -> Answer:
        asked.append({name: headers[name] for name in ("Cookie", "Authorization", "X-Key") if name in headers})
        moves = {"Location": other.url("/feed.xml", "localhost"), "Set-Cookie": "session=1"}
        return (302, moves, b"") if moved else FEED

    own = {"Authorization": "Basic dTpw", "X-Key": "k"}
    with serving() as other:
        site.answers["/feed.xml"] = partial(answer, True)
        other.answers["/feed.xml"] = partial(answer, False)
        assert fetch(site.url("/feed.xml"), own).status == 200
        assert asked == [own, {}]
        assert fetch(site.url("/feed.xml")).status == 200
        assert asked[2:] == [{}, {}]
