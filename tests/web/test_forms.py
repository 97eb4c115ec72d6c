"""The forms of the pages: a login with a token, and what changes feeds and rejected items."""

from __future__ import annotations

import re

import requests
from newsroom import StartCelery, submit_and_file, values
from web_site import Site, made, site_of

from wiredesk.worker.db import Connection
from wiredesk.worker.settings import Settings


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, page
    return found.group(1)


def send(web: Site, form_page: str, path: str, **fields: str) -> requests.Response:
    """Fill in a form of `form_page` and send it to `path`, as a browser does; redirects are followed."""
    csrf = field(web.get(form_page).text, "csrf")
    return web.post(path, data={"csrf": csrf, **fields}, headers={"Origin": web.url})


def test_a_visitor_logs_in_with_a_token_and_out_again(start_service: StartCelery, database_url: str) -> None:
    token = made(database_url, "ann", "--scope", "read")
    with site_of(start_service) as web:
        asked = web.get("/articles?q=ferry")
        assert asked.url == f"{web.url}/login?next=/articles%3Fq%3Dferry"
        refused = send(web, asked.url.removeprefix(web.url), "/login", token="wd_wrong", next="/articles?q=ferry")
        assert refused.status_code == 401
        assert "the token is unknown, revoked or expired" in refused.text
        entered = send(web, "/login?next=/articles%3Fq%3Dferry", "/login", token=token, next="/articles?q=ferry")
        assert (entered.status_code, entered.url) == (200, f"{web.url}/articles?q=ferry")
        cookie = entered.history[0].headers["Set-Cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert "Poll now" not in web.get("/feeds").text  # a reader changes nothing
        assert send(web, "/articles", "/logout").url == f"{web.url}/login"
        assert web.get("/").url == f"{web.url}/login?next=/"


def test_a_login_leads_to_no_other_site(web: Site) -> None:
    for onward in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"):
        assert field(web.get("/login", params={"next": onward}).text, "next") == "/", onward


def test_a_form_of_another_site_changes_nothing(web: Site, connection: Connection) -> None:
    csrf = field(web.get("/feeds").text, "csrf")
    for data, headers in (
        ({"url": "https://example.org/feed"}, {}),
        ({"url": "https://example.org/feed", "csrf": "0" * 64}, {}),
        ({"url": "https://example.org/feed", "csrf": csrf}, {"Origin": "https://evil.example"}),
    ):
        web.post("/feeds", data=data, headers=headers)
    assert values(connection, "SELECT url FROM wiredesk.feed") == []


def test_feeds_are_imported_paused_resumed_and_removed(web: Site, connection: Connection) -> None:
    opml = b"""<opml version="2.0"><body><outline text="Papers">
        <outline text="Harbour" xmlUrl="https://example.org/feed"/><outline text="Odd" xmlUrl="ftp://example.org/"/>
        </outline></body></opml>"""
    csrf = field(web.get("/feeds").text, "csrf")
    done = web.post("/feeds/import", data={"csrf": csrf}, files={"file": ("feeds.opml", opml)})
    assert "1 feeds added" in done.text
    assert "ftp://example.org/" in done.text
    assert 'xmlUrl="https://example.org/feed"' in web.get("/feeds.opml").text
    for action, state in (("pause", "paused"), ("resume", "active"), ("poll", "active"), ("remove", "removed")):
        assert send(web, "/feeds/1", "/feeds/1", action=action).status_code == 200
        assert values(connection, "SELECT state FROM wiredesk.feed") == [state]
    assert send(web, "/feeds", "/feeds/1", action="burn").status_code == 400


def test_a_rejected_item_is_handed_in_again_or_discarded(web: Site, connection: Connection, settings: Settings) -> None:
    submit_and_file(connection, settings, {"content": " ", "key": "one"}, {"content": " ", "key": "two"})
    again = send(web, "/rejected", "/rejected", document="1", action="retry")
    assert "still rejected" in again.text
    gone = send(web, "/rejected", "/rejected", document="2", action="discard")
    assert "1 rejected items discarded" in gone.text
    assert "two" not in web.get("/rejected").text
    assert "choose documents" in send(web, "/rejected", "/rejected", action="retry").text
