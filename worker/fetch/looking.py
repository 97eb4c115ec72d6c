"""One look at an address: what it answers, and the feeds of its site. Nothing is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import urljoin

from wiredesk.worker.errors import Rejected, SettingsError, Transient, UsageError
from wiredesk.worker.fetch.batches import FEED_TYPES, fetcher
from wiredesk.worker.http.client import Fetcher, Request
from wiredesk.worker.http.response import Response
from wiredesk.worker.news.feeds import discovery, parser
from wiredesk.worker.news.feeds.entries import Feed
from wiredesk.worker.news.values import charset, urls
from wiredesk.worker.settings import Settings

# Addresses of one site that are tried, and feeds of it that are found, before the search ends.
_MAX_TRIED = 10
_MAX_FOUND = 5


@dataclass(frozen=True, slots=True)
class Look:
    """The result of one look at an address.

    `answered` is what the address itself answered, `response` and `feed` belong to the best feed that was found, which
    may be another's. `found` has the addresses of the feeds, the best first, where the address is none itself.
    `refusal`: nothing here can be polled; `problem`: it could not be looked at now.
    """

    asked: str
    answered: Response | None = None
    response: Response | None = None
    feed: Feed | None = None
    found: tuple[str, ...] = ()
    refusal: str | None = None
    problem: str | None = None

    @property
    def feed_url(self) -> str:
        return self.found[0] if self.found else self.asked

    @property
    def is_feed(self) -> bool:
        """Whether the address that was asked is a feed itself, to which a redirect may have led."""
        return self.feed is not None and not self.found


@dataclass(frozen=True, slots=True)
class Access:
    """The settings of a request, as a feed's row has them; `headers` go to the asked address only."""

    verify_tls: bool = True
    user_agent: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def look_at(settings: Settings, addresses: Sequence[str], access: Access = Access()) -> list[Look]:
    """Look at all addresses at once, before other requests to their hosts."""

    async def look_at_all() -> list[Look]:
        async with fetcher(settings) as client:
            return list(await asyncio.gather(*(_look_at(client, urls.feed_address(url), access) for url in addresses)))

    try:
        settings.require_redis()
    except SettingsError as error:
        raise UsageError(f"{error}; the host budget that all fetches share is kept there") from None
    return asyncio.run(look_at_all())


async def _look_at(client: Fetcher, address: str, access: Access) -> Look:
    """The feed at an address; at a page's, the best of those that its links, the site's habits or robots.txt name."""
    look = await _look_once(client, address, access)
    access = replace(access, headers={})  # other addresses are no business of this one's credentials
    if look.feed is not None and look.feed.format == "sitemapindex":
        return await _best_of(client, look, [_sitemaps_of(look.feed)], access)
    if look.answered is None or look.feed is not None or not look.refusal:
        return look
    page = look.answered
    text = charset.decode_html(page.body, content_type=page.headers.get("Content-Type"))
    named = [c.url for c in discovery.find_feeds(text, url=page.final_url)]
    usual = [c.url for c in discovery.well_known(page.final_url)][:_MAX_TRIED]
    found = await _best_of(client, look, [named, usual], access)
    return found if found.feed is not None else await _in_robots(client, found, page.final_url, access)


async def _in_robots(client: Fetcher, look: Look, page_url: str, access: Access) -> Look:
    """The site's news sitemap, where its robots.txt names one. Other sitemaps list everything a site ever had."""
    robots_url = urljoin(page_url, "/robots.txt")
    try:
        response = await client.fetch(_request(robots_url, "text/plain, */*;q=0.5", access))
    except (Transient, Rejected):
        return look
    text = charset.decode_html(response.body, content_type=response.headers.get("Content-Type"))
    sitemaps = list(discovery.sitemaps_in_robots(text, url=robots_url))[:_MAX_TRIED]
    for sitemap in sitemaps:
        one = await _look_once(client, sitemap, access)
        if one.feed is not None and one.feed.format == "sitemapindex":
            one = await _best_of(client, look, [_sitemaps_of(one.feed)], access)
        if one.feed is not None and one.feed.format == "newssitemap":
            return replace(one, asked=look.asked, answered=look.answered, found=one.found or (sitemap,))
    if sitemaps:
        return replace(look, refusal=f"{look.refusal}; its sitemaps ({sitemaps[0]} …) are not for news")
    return look


async def _best_of(client: Fetcher, look: Look, groups: Sequence[Sequence[str]], access: Access) -> Look:
    """The first address that is a feed with entries, and the others found with it; a later group only if none is."""
    tried = 0
    for group in groups:
        good: list[Look] = []
        for url in group[:_MAX_TRIED]:
            tried += 1
            one = await _look_once(client, url, access)
            if one.feed is not None and one.feed.format not in ("sitemap", "sitemapindex"):
                good.append(one)
                if len(good) == _MAX_FOUND:
                    break
        if good:
            good.sort(key=lambda one: not (one.feed and one.feed.entries))  # stable: the likeliest stays first
            found = tuple(one.asked for one in good)
            return replace(look, response=good[0].response, feed=good[0].feed, found=found, refusal=None)
    what = look.refusal or "a sitemap index"
    return replace(look, feed=None, refusal=f"{what}; no feed was found, {tried} addresses were tried")


def _sitemaps_of(index: Feed) -> list[str]:
    """Sitemaps for news first, then those that changed last."""
    by_change = sorted(index.sitemaps, key=lambda s: s.modified.at.timestamp() if s.modified else 0.0, reverse=True)
    return [sitemap.url for sitemap in sorted(by_change, key=lambda sitemap: "news" not in sitemap.url.lower())]


def _request(url: str, accept: str, access: Access) -> Request:
    return Request(
        url, accept=accept, verify_tls=access.verify_tls, user_agent=access.user_agent, headers=access.headers
    )


async def _look_once(client: Fetcher, address: str, access: Access) -> Look:
    try:
        response = await client.fetch(_request(address, FEED_TYPES, access))
    except Transient as error:
        return Look(address, problem=str(error))
    except Rejected as error:
        return Look(address, refusal=str(error))
    if response.status != 200:
        return Look(address, response, response, problem=f"the server answered {response.status}")
    try:
        feed = parser.read_feed(
            response.body,
            content_type=response.headers.get("Content-Type"),
            url=response.final_url,
            received_at=datetime.now(UTC),
        )
    except Rejected as error:
        return Look(address, response, response, refusal=str(error))
    return Look(address, response, response, feed)
