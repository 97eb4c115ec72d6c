"""The pages in a real Chromium: no error, no failed request, no sideways scroll, no serious finding of axe-core.

Debian's `chromium` is asked for. Without it these tests are skipped, and fail where `CI` is set.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from newsroom import FERRY, show_feed, submit_and_file
from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright
from web_site import Site

from wiredesk.worker import db
from wiredesk.worker.settings import load

PATHS = (
    "/",
    "/articles",
    "/articles?q=ferry&source=harbour-wire",
    "/articles/1",
    "/articles/1/revisions/2",
    "/stories",
    "/stories/1",
    "/feeds",
    "/feeds?only=problems",
    "/feeds/1",
    "/rejected",
    "/rejected/4",
    "/log",
)
LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitän" * 8
FEEDS = 120
# Pixels by which the page is wider than the window.
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("no chromium: apt-get install chromium")
        pytest.skip("no chromium here: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def desk(shared_database_url: str, shared_web: Site) -> str:
    """The address of a desk with an edited article and its copy, long words, rejected items, and many feeds."""
    settings = load({"WIREDESK_DATABASE_URL": shared_database_url, "WIREDESK_DATA_DIR": "/nonexistent"})
    with db.alone(shared_database_url) as connection:
        for message in (
            {"content": FERRY, "source": "Harbour Wire", "key": "f1"},
            {"content": FERRY.replace("nine weeks", "ten weeks"), "source": "Harbour Wire", "key": "f1"},
            {"content": FERRY.replace("nine weeks", "ten weeks"), "source": "Island Post"},
            {"content": " ", "key": LONG_WORD[:200]},
            {"content": f"A long word\n\n{LONG_WORD} is a word of one line that no phone has room for.", "key": "long"},
        ):
            submit_and_file(connection, settings, message, now=datetime.now(UTC))
        for number in range(FEEDS):
            show_feed(connection, f"https://example.org/{LONG_WORD}/{number}", b"<rss/>")
    db.close()
    return shared_web.url


@dataclass
class Watched:
    """A page, and everything that went wrong on it."""

    page: Page
    wrong: list[str] = field(default_factory=list)

    def on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.wrong.append(f"{response.status} {response.url}")


@pytest.fixture(params=["desktop", "phone"])
def watched(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Watched]:
    context: BrowserContext
    if request.param == "phone":
        context = chromium.new_context(viewport={"width": 360, "height": 740}, color_scheme="dark")
    else:
        context = chromium.new_context(viewport={"width": 1280, "height": 900}, timezone_id="Asia/Tokyo")
    watched = Watched(context.new_page())
    watched.page.on("console", lambda message: watched.wrong.append(message.text))
    watched.page.on("pageerror", lambda error: watched.wrong.append(str(error)))
    watched.page.on("requestfailed", lambda failed: watched.wrong.append(f"failed: {failed.url}"))
    watched.page.on("response", watched.on_response)
    yield watched
    context.close()


def test_every_page_is_whole(watched: Watched, desk: str) -> None:
    for path in PATHS:
        answer = watched.page.goto(desk + path, wait_until="networkidle")
        assert answer is not None
        assert answer.status == 200, path
        assert len(answer.body()) < 100_000, path
        assert watched.page.evaluate(TOO_WIDE) == 0, path
        assert serious_findings(watched.page) == [], path
    assert watched.wrong == []


def serious_findings(page: Page) -> list[tuple[str, str]]:
    """The rules of axe-core that the page breaks, each with the first element that does."""
    found = Axe().run(page).response["violations"]
    return [(rule["id"], rule["nodes"][0]["html"]) for rule in found if rule["impact"] in ("serious", "critical")]


def test_keys_and_times(chromium: Browser, desk: str) -> None:
    context = chromium.new_context(timezone_id="Asia/Tokyo", locale="en-GB")
    page = context.new_page()
    page.goto(f"{desk}/articles")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "/articles/3"
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "/articles/2"
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/articles/3")
    page.keyboard.press("?")
    assert page.locator("dialog[open] h2").inner_text() == "Keys"
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("ferry")
    page.keyboard.press("Enter")
    page.wait_for_url("**/articles?q=ferry")
    page.goto(f"{desk}/rejected")
    time = page.locator("time").first
    assert time.get_attribute("title") == time.get_attribute("datetime")
    assert "UTC" not in time.inner_text()
    context.close()


def test_what_arrives_appears_by_itself(chromium: Browser, desk: str, shared_database_url: str) -> None:
    settings = load({"WIREDESK_DATABASE_URL": shared_database_url, "WIREDESK_DATA_DIR": "/nonexistent"})
    page = chromium.new_page()
    page.goto(desk)
    with db.alone(shared_database_url) as connection:
        message = {"content": FERRY.replace("Island ferry", "Mainland ferry"), "source": "Coast Times", "key": "new"}
        submit_and_file(connection, settings, message, now=datetime.now(UTC))
    db.close()
    page.locator("#arrivals .headline", has_text="Mainland ferry returns").wait_for(timeout=60_000)
    page.close()


def test_without_script_every_page_still_works(chromium: Browser, desk: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{desk}/articles?q=ferry")
    page.get_by_role("link", name="Island ferry returns after ten weeks").first.click()
    assert page.locator("h1").inner_text() == "Island ferry returns after ten weeks"
    assert page.locator("time").first.inner_text().endswith("UTC")
    context.close()
