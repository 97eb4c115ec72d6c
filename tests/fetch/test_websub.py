"""WebSub against a local hub: what it pushes is filed as what is polled, and whatever it does, the feed is polled."""

from __future__ import annotations

import hmac
import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any, LiteralString
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from local_site import Site as Publisher
from local_site import feed, poll
from newsroom import StartCelery, entry, file_waiting, outcomes_of, run, settings_of, value, values, wait_until
from web_site import Site, site_of

from wiredesk.worker import db
from wiredesk.worker.db import Connection
from wiredesk.worker.fetch import websub
from wiredesk.worker.inbox import dispatch
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import feeds
from wiredesk.worker.store.records import FeedChanges, NewFeed
from wiredesk.worker.upkeep import feed_words

PUBLIC = "https://desk.example.org"
PUSHED = 4 * 3600
BEGIN = datetime.now(UTC) - timedelta(hours=1)  # of a feed whose interval stays short
OPEN = {"WIREDESK_PUBLIC_URL": PUBLIC}


@pytest.fixture
def settings(database_url: str, redis_url: str) -> Iterator[Settings]:
    yield settings_of(
        database_url,
        redis_url,
        public_url=PUBLIC,
        allowed_networks="127.0.0.0/8",
        host_spacing_seconds="0",
        full_text="never",
        fetch_seconds="3",
    )
    db.close()


def atom(*numbers: int, links: Mapping[str, str], edited: str = "") -> bytes:
    """An Atom feed of these entries."""
    head = "".join(f'<link rel="{relation}" href="{address}"/>' for relation, address in links.items())
    entries = []
    for number in numbers:
        one = entry(number)
        entries.append(
            f"<entry><id>{one['guid']}</id><title>{one['title']}</title><link href='{one['link']}'/>"
            f"<updated>{(BEGIN + timedelta(minutes=number)).isoformat()}</updated>"
            f"<content type='text'>{one['content:encoded']}{edited}</content></entry>"
        )
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:x</id><title>Harbour Wire</title>{head}'
        f"<updated>2026-03-10T00:00:00Z</updated>{''.join(entries)}</feed>"
    ).encode()


@dataclass
class Hub:
    """A feed and its hub on this machine. `verifies`: it does so before it answers, at `web`, for `lease_seconds`."""

    site: Publisher
    web: Site | None = None
    verifies: bool = True
    status: int = 202
    lease_seconds: str | None = "86400"
    topic: str = ""
    secret: str = ""
    callback: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    challenged: list[tuple[int, str]] = field(default_factory=list)

    @property
    def links(self) -> dict[str, str]:
        return {"hub": self.site.url("/hub"), "self": self.site.url("/feed.xml")}

    def publish(self, *numbers: int, **more: str) -> bytes:
        body = atom(*numbers, links=self.links, **more)
        self.site.answers["/feed.xml"] = (200, {"Content-Type": "application/atom+xml"}, body)
        return body

    def answer(self, _: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        form = {name: text for name, (text,) in parse_qs(self.site.asked[-1].body.decode()).items()}
        self.asked.append(form)
        self.callback = urlsplit(form["hub.callback"]).path
        self.secret = form.get("hub.secret", self.secret)
        if self.verifies and self.status == 202:
            self.verify(form["hub.mode"])
        return (self.status, {}, b"")

    def verify(self, mode: str = "subscribe", **changes: str) -> tuple[int, str]:
        """The answer of the callback."""
        assert self.web is not None
        asked = {"hub.mode": mode, "hub.topic": self.links["self"], "hub.challenge": "a challenge <b>"}
        if self.lease_seconds is not None and mode == "subscribe":
            asked["hub.lease_seconds"] = self.lease_seconds
        asked |= {f"hub.{name}": text for name, text in changes.items()}
        answer = requests.get(f"{self.web.url}{self.callback}?{urlencode(asked)}", timeout=30)
        self.challenged.append((answer.status_code, answer.text))
        return self.challenged[-1]

    def push(self, body: bytes, *, method: str = "sha256", secret: str | None = None, **headers: str) -> int:
        """The status that the callback answers."""
        assert self.web is not None
        digest = hmac.new((secret or self.secret).encode(), body, method).hexdigest()
        given = {
            "Content-Type": "application/atom+xml",
            "Link": f'<{self.links["hub"]}>; rel="hub", <{self.links["self"]}>; rel=self',
            "X-Hub-Signature": f"{method}={digest}",
        }
        given |= {name.replace("_", "-"): text for name, text in headers.items()}
        sent = {name: text for name, text in given.items() if text}
        return requests.post(self.web.url + self.callback, data=body, headers=sent, timeout=60).status_code


@pytest.fixture
def hub(site: Publisher) -> Hub:
    made = Hub(site)
    site.answers["/hub"] = made.answer
    return made


@pytest.fixture
def desk(start_service: StartCelery, hub: Hub) -> Iterator[Site]:
    """The service web, which the hub knows."""
    with site_of(start_service, **OPEN, WIREDESK_MAX_DOCUMENT_BYTES="100000") as web:
        hub.web = web
        yield web


def add(connection: Connection, url: str) -> int:
    return feeds.add(connection, [NewFeed(url=url)])[url]


def ask(connection: Connection, settings: Settings) -> int:
    """Ask the hubs that are due, as the fetch worker does; their number."""
    # Leases for messages that no test sends.
    connection.execute("UPDATE wiredesk.subscription SET due_at = now() WHERE lease_token IS NOT NULL")
    hints = [hint for hint in dispatch.tick(settings) if hint.work == "hub"]
    for hint in hints:
        websub.ask_hubs(settings, hint.ids, hint.token)
    return sum(len(hint.ids) for hint in hints)


def subscribe(connection: Connection, settings: Settings, hub: Hub) -> int:
    """Poll a feed that names the hub, and subscribe there; the feed's number."""
    hub.publish(1)
    feed_id = add(connection, hub.site.url("/feed.xml"))
    assert poll(connection, settings) == ["created"]
    assert ask(connection, settings) == 1
    return feed_id


def due(connection: Connection) -> None:
    connection.execute("UPDATE wiredesk.subscription SET due_at = now()")


def problems(connection: Connection, feed_id: int) -> list[str]:
    return feed_words.problems(feed(connection, feed_id), datetime.now(UTC))


WAITING: LiteralString = "SELECT count(*) FROM wiredesk.document WHERE state = 'waiting'"
VALID: LiteralString = "SELECT expires_at > now() FROM wiredesk.subscription"


def test_what_a_hub_pushes_is_filed_as_what_is_polled(
    desk: Site, hub: Hub, connection: Connection, settings: Settings
) -> None:
    feed_id = subscribe(connection, settings, hub)
    (form,) = hub.asked
    assert {name: form[name] for name in ("hub.mode", "hub.topic", "hub.lease_seconds")} == {
        "hub.mode": "subscribe",
        "hub.topic": hub.site.url("/feed.xml"),
        "hub.lease_seconds": "864000",
    }
    assert form["hub.callback"].startswith(f"{PUBLIC}/websub/")
    assert (len(hub.callback.rpartition("/")[2]), len(form["hub.secret"])) == (43, 43)
    assert hub.challenged == [(200, "a challenge <b>")]
    assert problems(connection, feed_id) == []

    body = hub.publish(1, 2)
    assert hub.push(body) == 202
    assert outcomes_of(file_waiting(settings)) == ["repeated", "created"]
    assert hub.push(body, Authorization="Bearer wd_x") == 202  # again, as after an answer that was lost
    assert value(connection, WAITING) == 0
    assert poll(connection, settings) == ["repeated", "repeated"]
    polled = feed(connection, feed_id)
    assert polled.interval_reason is not None
    assert polled.interval_reason.startswith("every 4 h: its hub pushes it; without that: every ")
    assert PUSHED - 0.1 * PUSHED <= (polled.next_fetch_at - datetime.now(UTC)).total_seconds() <= PUSHED

    assert hub.push(atom(2, links=hub.links, edited=" A correction.")) == 202
    assert outcomes_of(file_waiting(settings)) == ["revised"]
    assert values(connection, "SELECT DISTINCT feed_id FROM wire_v1.sightings") == [feed_id]
    assert {line["event"] for event in ("hub.verified", "hub.pushed") for line in desk.lines(event)} == {
        "hub.verified",
        "hub.pushed",
    }
    assert hub.secret not in desk.log()
    assert hub.callback not in desk.log()


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_each_method_of_signing_is_read(
    desk: Site, hub: Hub, connection: Connection, settings: Settings, method: str
) -> None:
    subscribe(connection, settings, hub)
    assert hub.push(hub.publish(1, 2), method=method) == 202
    assert outcomes_of(file_waiting(settings)) == ["repeated", "created"]


LIES: list[tuple[Callable[[Hub, bytes], int], str]] = [
    (lambda hub, body: hub.push(body, X_Hub_Signature=""), "without a signature that is known"),
    (lambda hub, body: hub.push(body, method="md5"), "without a signature that is known"),
    (lambda hub, body: hub.push(body, secret="guessed"), "with a wrong signature"),
    (lambda hub, body: hub.push(body, X_Hub_Signature="sha256="), "with a wrong signature"),
    (lambda hub, body: hub.push(body, X_Hub_Signature="sha256=é".encode().decode("latin-1")), "with a wrong signature"),
    (lambda hub, body: hub.push(body, Link='<https://other.example/feed>; rel="self"'), "of another topic"),
]


@pytest.mark.parametrize(("lie", "said"), LIES)
def test_a_hub_that_lies_is_not_believed_and_then_left(
    desk: Site, hub: Hub, connection: Connection, settings: Settings, lie: Callable[[Hub, bytes], int], said: str
) -> None:
    """Nothing gets into the inbox; after five lies in a row the callback is gone, and the feed is polled at once."""
    feed_id = subscribe(connection, settings, hub)
    assert hub.push(hub.publish(1, 2)) == 202
    file_waiting(settings)
    body = hub.publish(1, 2, 3)
    for _ in range(websub.MOST_REFUSALS):
        assert value(connection, VALID) is True
        assert lie(hub, body) == 202
    assert value(connection, WAITING) == 0
    (problem,) = problems(connection, feed_id)
    listed = run("feeds", "list", "--problems", environment={"WIREDESK_DATABASE_URL": settings.database_url})
    assert "its hub 127.0.0.1 does not push, so it is polled" in listed.out
    assert problem == f"its hub 127.0.0.1 does not push, so it is polled: it pushed a content {said}"
    assert hub.push(body) == 410
    assert feed(connection, feed_id).next_fetch_at <= datetime.now(UTC)
    assert poll(connection, settings) == ["repeated", "repeated", "created"]
    assert ask(connection, settings) == 0  # for a day
    old = (hub.callback, hub.secret)
    due(connection)
    assert ask(connection, settings) == 1
    assert (hub.callback != old[0], hub.secret != old[1]) == (True, True)
    assert problems(connection, feed_id) == []


def test_a_content_that_is_too_large_or_coded_is_refused(
    desk: Site, hub: Hub, connection: Connection, settings: Settings
) -> None:
    feed_id = subscribe(connection, settings, hub)
    assert hub.push(b"x" * 100_001) == 413
    assert problems(connection, feed_id)[0].endswith("it pushed a content that is too large (max_document_bytes)")
    assert hub.push(hub.publish(1, 2), Content_Encoding="gzip") == 415
    assert value(connection, WAITING) == 0
    assert hub.push(hub.publish(1, 2)) == 202
    assert problems(connection, feed_id) == []


def test_a_poll_that_finds_what_was_not_pushed_ends_the_long_interval(
    desk: Site, hub: Hub, connection: Connection, settings: Settings
) -> None:
    """So do an interval of the operator, and a public address that is taken away."""
    feed_id = subscribe(connection, settings, hub)
    said: LiteralString = "SELECT interval_reason LIKE '%%its hub pushes it%%' FROM wiredesk.feed"

    def pushed(*numbers: int, polled_by: Settings = settings) -> bool:
        assert hub.push(hub.publish(*numbers)) == 202
        file_waiting(settings)
        poll(connection, polled_by)
        return bool(value(connection, said))

    assert pushed(1, 2)
    hub.publish(1, 2, 3)
    assert poll(connection, settings) == ["repeated", "repeated", "created"]
    assert value(connection, said) is False
    assert poll(connection, settings) == []
    assert value(connection, said) is False
    assert pushed(1, 2, 3, 4)
    private = settings_of(
        settings.database_url, settings.redis_url, allowed_networks="127.0.0.0/8", host_spacing_seconds="0"
    )
    assert not pushed(1, 2, 3, 4, 5, polled_by=private)
    assert pushed(1, 2, 3, 4, 5, 6)
    feeds.edit(connection, [feed_id], FeedChanges(fixed_interval_seconds=600))
    assert not pushed(1, 2, 3, 4, 5, 6, 7)


def test_a_notice_without_content_lets_the_feed_be_polled(
    desk: Site, hub: Hub, connection: Connection, settings: Settings
) -> None:
    feed_id = subscribe(connection, settings, hub)
    connection.execute(
        "UPDATE wiredesk.feed SET fetched_at = now() - interval '1 h', next_fetch_at = now() + interval '1 h'"
    )
    assert hub.push(b"something changed") == 202
    assert value(connection, WAITING) == 0
    assert feed(connection, feed_id).next_fetch_at <= datetime.now(UTC)


def test_a_hub_is_asked_again_before_its_time_is_over(
    desk: Site, hub: Hub, connection: Connection, settings: Settings
) -> None:
    """The bounds of the time are ours. A renewal keeps callback, secret, and the old time until it is verified."""
    subscribe(connection, settings, hub)
    seconds: LiteralString = "SELECT extract(epoch FROM {} - now())::float8 FROM wiredesk.subscription"
    for granted, kept in (
        ("86400", 86_400),
        ("1", 300),
        ("999999999999", 30 * 86_400),
        (None, 10 * 86_400),
        ("x", 864_000),
    ):
        hub.lease_seconds = granted
        due(connection)
        assert ask(connection, settings) == 1
        assert value(connection, seconds.replace("{}", "expires_at")) == pytest.approx(kept, abs=60)
        assert value(connection, seconds.replace("{}", "due_at")) == pytest.approx(0.8 * kept, abs=60)
    assert len({form["hub.callback"] for form in hub.asked}) == len({form["hub.secret"] for form in hub.asked}) == 1
    hub.status = 500
    due(connection)
    assert ask(connection, settings) == 1
    assert value(connection, VALID) is True
    assert hub.push(hub.publish(1, 2)) == 202


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (410, "it answered 410 to our request"),
        (404, "it answered 404 to our request"),
        (500, "it answered 500 to our request"),
        (307, "it answered 307 to our request"),
    ],
)
def test_a_hub_that_takes_no_request_is_told_and_asked_later(
    desk: Site, hub: Hub, connection: Connection, settings: Settings, status: int, said: str
) -> None:
    hub.status = status
    feed_id = subscribe(connection, settings, hub)
    assert said in problems(connection, feed_id)[0]
    assert ask(connection, settings) == 0
    wait = value(connection, "SELECT extract(epoch FROM due_at - now())::float8 FROM wiredesk.subscription")
    assert wait == pytest.approx(3_600, abs=60)
    hub.publish(1, 2)
    assert poll(connection, settings) == ["repeated", "created"]


def test_a_hub_that_asks_to_wait_is_left_alone_for_that_time(
    desk: Site, hub: Hub, connection: Connection, settings: Settings
) -> None:
    hub.site.answers["/hub"] = (503, {"Retry-After": "7200"}, b"")
    feed_id = subscribe(connection, settings, hub)
    assert "127.0.0.1 answered 503: wait 7200 s" in problems(connection, feed_id)[0]
    wait = value(connection, "SELECT extract(epoch FROM due_at - now())::float8 FROM wiredesk.subscription")
    assert wait == pytest.approx(7_200, abs=60)


def test_a_hub_that_never_verifies_is_told_and_asked_again(
    desk: Site, hub: Hub, connection: Connection, settings: Settings
) -> None:
    hub.verifies = False
    feed_id = subscribe(connection, settings, hub)
    assert problems(connection, feed_id) == []
    assert ask(connection, settings) == 0  # it has ten minutes
    assert hub.push(hub.publish(1, 2)) == 410
    due(connection)
    assert ask(connection, settings) == 1
    assert problems(connection, feed_id)[0].endswith("it accepted our request and did not verify it")
    assert hub.verify()[0] == 404  # too late
    assert len(hub.asked) == 1
    hub.verifies = True
    due(connection)
    assert ask(connection, settings) == 1
    assert (problems(connection, feed_id), value(connection, VALID)) == ([], True)


def test_only_what_was_asked_for_is_confirmed(desk: Site, hub: Hub, connection: Connection, settings: Settings) -> None:
    hub.verifies = False
    feed_id = subscribe(connection, settings, hub)
    callback = hub.callback
    assert hub.verify(topic="https://other.example/feed")[0] == 404
    assert hub.verify("unsubscribe")[0] == 404
    assert hub.verify("publish")[0] == 404
    assert hub.verify(challenge="x" * 5_000)[0] == 404
    hub.callback = f"{callback[:-1]}{'a' if callback[-1] != 'a' else 'b'}"
    assert hub.verify()[0] == 404
    assert hub.push(b"") == 410
    hub.callback = f"{websub.PATH}short"
    assert (hub.verify()[0], hub.push(b"")) == (404, 404)
    hub.callback = callback
    assert hub.verify() == (200, "a challenge <b>")
    assert hub.verify()[0] == 404  # nobody asked a second time
    assert hub.verify("denied", reason="no\nmoney") == (200, "")
    assert problems(connection, feed_id)[0].endswith("it denies the subscription: no money")
    assert hub.push(b"") == 410


def test_a_feed_that_is_paused_or_removed_leaves_its_hub(
    desk: Site, hub: Hub, connection: Connection, settings: Settings
) -> None:
    feed_id = subscribe(connection, settings, hub)
    feeds.set_state(connection, [feed_id], "paused")
    assert hub.push(hub.publish(1, 2)) == 410
    assert ask(connection, settings) == 1
    assert hub.asked[-1] == {
        "hub.callback": f"{PUBLIC}{hub.callback}",
        "hub.mode": "unsubscribe",
        "hub.topic": hub.site.url("/feed.xml"),
    }
    assert hub.challenged[-1] == (200, "a challenge <b>")
    assert values(connection, "SELECT feed_id FROM wiredesk.subscription") == []
    assert ask(connection, settings) == 0

    feeds.set_state(connection, [feed_id], "active")
    assert poll(connection, settings) == ["repeated", "created"]
    assert ask(connection, settings) == 1
    assert value(connection, VALID) is True
    hub.status = 500
    feeds.set_state(connection, [feed_id], "removed")
    for _ in range(3):  # a hub that does not care is left
        assert values(connection, "SELECT feed_id FROM wiredesk.subscription") == [feed_id]
        assert ask(connection, settings) == 1
        due(connection)
    assert values(connection, "SELECT feed_id FROM wiredesk.subscription") == []


def test_a_feed_that_names_no_hub_any_more_leaves_it(
    desk: Site, hub: Hub, connection: Connection, settings: Settings
) -> None:
    subscribe(connection, settings, hub)
    hub.site.answers["/feed.xml"] = (200, {}, atom(1, 2, links={}))
    assert poll(connection, settings) == ["repeated", "created"]
    assert ask(connection, settings) == 1
    assert hub.asked[-1]["hub.mode"] == "unsubscribe"
    assert values(connection, "SELECT feed_id FROM wiredesk.subscription") == []


def test_a_hub_is_named_by_link_headers_too(hub: Hub, connection: Connection, settings: Settings) -> None:
    site = hub.site
    hub.verifies = False
    for path, headers, body in (
        ("/a", {"Link": f'<{site.url("/hub")}>; rel="hub", <{site.url("/topic")}>; rel="self"'}, atom(1, links={})),
        ("/b", {"Link": '</hub>; rel="x hub"'}, atom(2, links={})),
        ("/c", {}, json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "x", "feed_url": site.url("/c"),
                               "hubs": [{"type": "WebSub", "url": site.url("/hub")}],
                               "items": [{"id": "1", "content_text": "Something long enough."}]}).encode()),
    ):  # fmt: skip
        site.answers[path] = (200, headers, body)
        add(connection, site.url(path))
    poll(connection, settings)
    assert values(connection, "SELECT hub, topic FROM wiredesk.subscription ORDER BY feed_id") == [
        (site.url("/hub"), site.url("/topic")),
        (site.url("/hub"), site.url("/b")),
        (site.url("/hub"), site.url("/c")),
    ]


@pytest.mark.parametrize(
    ("feed_url", "hub", "topic", "named"),
    [
        ("https://a.example/f", "https://h.example/", "https://a.example/self", ("https://h.example/", "https://a.example/self")),
        ("https://a.example/f", "/hub", None, ("https://a.example/hub", "https://a.example/f")),
        ("http://a.example/f", " http://h.example/ ", "self", ("http://h.example/", "http://a.example/self")),
        ("https://a.example/f", "http://h.example/", None, None),  # the secret would go in the clear
        ("https://a.example/f", "ftp://h.example/", None, None),
        ("https://a.example/f", "https://h.example/", "mailto:x@a.example", None),
        ("https://a.example/f", "https://[h.example/", None, None),
        ("https://a.example/f", f"https://h.example/{'x' * 2_048}", None, None),
        ("https://a.example/f", "", None, None),
        ("https://a.example/f", None, "https://a.example/self", None),
    ],
)  # fmt: skip
def test_which_hubs_are_used(feed_url: str, hub: str | None, topic: str | None, named: tuple[str, str] | None) -> None:
    found = websub.named_hub(7, feed_url=feed_url, hub=hub, topic=topic)
    assert (found and (found.hub, found.topic)) == named


def test_a_feed_that_names_another_hub_every_time_changes_it_once_an_hour(
    hub: Hub, connection: Connection, settings: Settings
) -> None:
    hub.verifies = False
    subscribe(connection, settings, hub)
    hubs: LiteralString = "SELECT hub FROM wiredesk.subscription"
    for number, aged, kept in ((2, False, "/hub"), (3, True, "/other")):
        if aged:
            connection.execute("UPDATE wiredesk.subscription SET named_at = now() - interval '61 minutes'")
        links = hub.links | {"hub": hub.site.url("/other")}
        hub.site.answers["/feed.xml"] = (200, {}, atom(number, links=links))
        poll(connection, settings)
        assert value(connection, hubs) == hub.site.url(kept)


def test_hubs_at_private_addresses_are_not_asked(hub: Hub, connection: Connection, settings: Settings) -> None:
    feed_id = subscribe(connection, settings, hub)
    guarded = settings_of(settings.database_url, settings.redis_url, public_url=PUBLIC)
    asked = len(hub.asked)
    due(connection)
    connection.execute("UPDATE wiredesk.subscription SET accepted_at = NULL")
    assert ask(connection, guarded) == 1
    assert len(hub.asked) == asked
    assert "127.0.0.1" in problems(connection, feed_id)[0]


def test_without_a_public_address_no_hub_is_asked_and_no_callback_answers(
    web: Site, hub: Hub, connection: Connection, database_url: str, redis_url: str
) -> None:
    private = settings_of(database_url, redis_url, allowed_networks="127.0.0.0/8", full_text="never")
    hub.publish(1)
    add(connection, hub.site.url("/feed.xml"))
    assert poll(connection, private) == ["created"]
    assert values(connection, "SELECT feed_id FROM wiredesk.subscription") == []
    hub.web, hub.callback, hub.secret = web, websub.PATH + "a" * 43, "x"
    assert (hub.verify()[0], hub.push(b"")) == (404, 404)


def test_a_new_public_address_is_told_to_hubs(
    start_service: StartCelery, hub: Hub, connection: Connection, settings: Settings
) -> None:
    hub.verifies = False
    subscribe(connection, settings, hub)
    connection.execute(
        "UPDATE wiredesk.subscription SET asked_at = NULL, accepted_at = NULL, expires_at = now() + interval '9 d',"
        " due_at = now() + interval '8 d'"
    )
    moved = settings_of(settings.database_url, settings.redis_url, public_url="https://new.example.org",
                        allowed_networks="127.0.0.0/8")  # fmt: skip
    assert ask(connection, moved) == 0
    with site_of(start_service, WIREDESK_PUBLIC_URL="https://new.example.org"):
        assert ask(connection, moved) == 1
    assert hub.asked[-1]["hub.callback"] == f"https://new.example.org{hub.callback}"


def test_a_hub_that_pushes_too_often_is_told_to_wait(
    desk: Site, hub: Hub, connection: Connection, settings: Settings
) -> None:
    subscribe(connection, settings, hub)
    body = hub.publish(1, 2)
    assert {hub.push(body) for _ in range(45)} == {202, 429}  # twenty in ten seconds, and the window may end once
    assert value(connection, WAITING) == 1


def test_a_service_that_is_killed_while_it_takes_a_content_takes_it_when_it_comes_again(
    start_service: StartCelery, hub: Hub, connection: Connection, settings: Settings
) -> None:
    """Its transaction waits for a lock when it is killed: nothing is half stored, and the hub had no answer."""
    with site_of(start_service, **OPEN) as web:
        hub.web = web
        subscribe(connection, settings, hub)
    body = hub.publish(1, 2)
    running = start_service("web", WIREDESK_WEB_LISTEN="127.0.0.1:0", **OPEN)
    hub.web = Site(
        Site("", requests.Session(), running.log).lines("web.ready")[0]["address"], requests.Session(), running.log
    )
    wait_until(hub.web.answers)
    statuses: list[int] = []

    def push() -> None:
        with suppress(requests.RequestException):
            statuses.append(hub.push(body))

    with db.alone(settings.database_url) as other, other.transaction():
        other.execute("SELECT FROM wiredesk.subscription FOR UPDATE")
        pushing = Thread(target=push)
        pushing.start()
        waits: LiteralString = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock')"
        wait_until(lambda: bool(value(connection, waits)))
        workers = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
        running.kill()
        for worker in workers:
            os.kill(int(worker), signal.SIGKILL)
        pushing.join()
    assert (statuses, value(connection, WAITING)) == ([], 0)
    with site_of(start_service, **OPEN) as web:
        hub.web = web
        assert hub.push(body) == 202
    assert outcomes_of(file_waiting(settings)) == ["repeated", "created"]


def test_a_worker_that_is_killed_while_it_asks_a_hub_asks_again(
    start_service: StartCelery, desk: Site, hub: Hub, connection: Connection, settings: Settings, redis_url: str
) -> None:
    """The lease ends, and the hub is asked again at once: the kill is no failure of the hub."""
    hub.publish(1)
    add(connection, hub.site.url("/feed.xml"))
    assert poll(connection, settings) == ["created"]
    connection.execute("UPDATE wiredesk.subscription SET due_at = now(), lease_token = NULL")
    here, go_on = Event(), Event()

    def hang(_: Mapping[str, str]) -> Any:
        here.set()
        go_on.wait(60)
        return (202, {}, b"")

    hub.site.answers["/hub"] = hang
    environment = {**OPEN, "WIREDESK_ALLOWED_NETWORKS": "127.0.0.0/8", "WIREDESK_HOST_SPACING_SECONDS": "0"}
    running = start_service("fetch", **environment)
    start_service("dispatch", **environment)
    beat = start_service("beat", **environment)
    assert here.wait(120)
    beat.kill()
    running.kill()
    go_on.set()
    hub.site.answers["/hub"] = hub.answer
    assert ask(connection, settings) == 1
    assert value(connection, "SELECT (failures, expires_at > now())::text FROM wiredesk.subscription") == "(0,t)"
