"""WebSub (w3.org/TR/websub): subscriptions at the hubs that feeds name, and what these hubs push.

A hub is asked by a fetch worker, verifies at the callback of the service web, and pushes documents there. What it
pushes is a document of its feed like that of a poll. Whatever a hub does, its feed is polled on.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlencode, urljoin, urlsplit

import msgspec

from wiredesk.worker import events
from wiredesk.worker.db import Connection, connected
from wiredesk.worker.errors import HostBusy, Rejected, Transient
from wiredesk.worker.fetch.batches import fetcher, in_groups
from wiredesk.worker.fetch.showing import lane_of
from wiredesk.worker.http.budget import USUAL, Turn
from wiredesk.worker.http.client import Fetcher, Request
from wiredesk.worker.http.headers import links
from wiredesk.worker.news.feeds.parser import is_feed
from wiredesk.worker.news.polls.state import PollContext
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import inbox, sequences
from wiredesk.worker.store import subscriptions as store
from wiredesk.worker.store.records import DocumentRow, HeldSubscription, HubRequest, NamedHub

log = logging.getLogger(__name__)

PATH = "/websub/"
"""The callbacks of the service web begin so; 32 random bytes as text follow."""

CALLBACK = re.compile(r"[A-Za-z0-9_-]{43}")
ASKED_SECONDS = 10 * 86_400.0
"""The time for which a subscription is asked for. The hub decides: between the next two."""

_LEAST_SECONDS, _MOST_SECONDS = 300.0, 30 * 86_400.0
# A hub verifies at once, or from a queue.
VERIFY_SECONDS = 600.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 3_600.0, 86_400.0
MOST_REFUSALS = 5
"""After so many contents in a row that are not believed the subscription ends."""

# A hub that does not confirm the end is left after this many requests; its contents are answered 410.
_FAREWELLS = 3
_MAX_ADDRESS_CHARACTERS = 2_048
_MAX_REASON_CHARACTERS = 200
_METHODS = ("sha1", "sha256", "sha384", "sha512")

Received = Literal["stored", "known", "polled", "ignored", "gone"]
"""`stored`: it is in the inbox; `known`: the bytes came before; `polled`: it is no feed, which is polled for it;
`ignored`: it is not believed; `gone`: the callback has no subscription."""


def named_hub(feed_id: int, *, feed_url: str, hub: str | None, topic: str | None) -> NamedHub | None:
    """The subscription at the hub that a feed names; None where it names none, or none that may be used.

    The addresses are as written. A feed that came over https is not taken from a hub that is asked without it: whoever
    listens there learns the secret.
    """
    if not hub:
        return None
    try:
        hub, topic = urljoin(feed_url, hub.strip()), urljoin(feed_url, (topic or "").strip())
        schemes = {urlsplit(hub).scheme, urlsplit(topic).scheme}
    except ValueError:
        return None
    is_weaker = feed_url.startswith("https:") and not hub.startswith("https:")
    if not schemes <= {"http", "https"} or is_weaker or max(len(hub), len(topic)) > _MAX_ADDRESS_CHARACTERS:
        return None
    return NamedHub(feed_id=feed_id, hub=hub, topic=topic, callback=_unguessable(), secret=_unguessable())


def _unguessable() -> str:
    return secrets.token_urlsafe(32)


# ---- asking hubs


def ask_hubs(settings: Settings, feed_ids: Sequence[int], token: str) -> None:
    """Subscribe, renew or unsubscribe at the hubs of leased subscriptions."""
    with connected(settings.database_url) as connection:
        taken = store.take(
            connection, feed_ids, token, base=settings.public_url, lease_seconds=settings.task_seconds + 10
        )

    def note(done: list[_Asked]) -> None:
        with connected(settings.database_url) as connection:
            for request, error in done:
                _note(connection, request, token, error)

    async def ask() -> None:
        async with fetcher(settings) as client:
            await in_groups(
                taken,
                lambda request: _ask(client, settings, request),
                lambda request, what: (request, Transient(what)),
                note,
            )

    if taken:
        asyncio.run(ask())


_Asked = tuple[HubRequest, Transient | Rejected | None]


async def _ask(client: Fetcher, settings: Settings, request: HubRequest) -> _Asked:
    """Send one request to a hub; none where it did not verify the one before, or need not be told."""
    if request.is_unverified:
        return request, Rejected("unverified", "it accepted our request and did not verify it")
    if not request.is_wanted and not request.is_valid:
        return request, None
    form = {
        "hub.callback": settings.public_url + PATH + request.callback,
        "hub.mode": "subscribe" if request.is_wanted else "unsubscribe",
        "hub.topic": request.topic,
    }
    if request.is_wanted:
        form |= {"hub.secret": request.secret, "hub.lease_seconds": str(int(ASKED_SECONDS))}
    try:
        response = await client.fetch(
            Request(
                request.hub,
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                body=urlencode(form).encode(),
                turn=Turn(f"hub {request.feed_id}", USUAL),
            )
        )
    except (Transient, Rejected) as error:
        return request, error
    if not 200 <= response.status < 300:
        return request, Rejected("hub", f"it answered {response.status} to our request")
    return request, None


def _note(connection: Connection, request: HubRequest, token: str, error: Transient | Rejected | None) -> None:
    if isinstance(error, HostBusy) and error.status is None:
        store.postpone(connection, request.feed_id, token, wait_seconds=max(error.retry_after_seconds, 1.0))
    elif not request.is_wanted and (not request.is_valid or (error and request.failures + 1 >= _FAREWELLS)):
        store.remove(connection, request.feed_id, token)
    elif error is None:
        store.note_accepted(connection, request.feed_id, token, wait_seconds=VERIFY_SECONDS)
    else:
        wait_seconds = _pause_seconds(request.failures)
        if isinstance(error, HostBusy):
            wait_seconds = max(wait_seconds, error.retry_after_seconds)
        why = error.detail if isinstance(error, Rejected) else str(error)
        store.note_failure(connection, request.feed_id, token, error=why, wait_seconds=wait_seconds)
        if not request.is_valid:
            store.poll_soon(connection, request.feed_id)
        log.warning(
            events.HUB_FAILED,
            extra={"feed_id": request.feed_id, "url": request.hub, "reason": why, "wait_seconds": wait_seconds},
        )


def _pause_seconds(failures: int) -> float:
    return float(min(FIRST_PAUSE_SECONDS * 2.0 ** min(failures, 10), LONGEST_PAUSE_SECONDS))


# ---- what hubs send


def verify(settings: Settings, callback: str, parameters: Mapping[str, str]) -> str | None:
    """The challenge that a hub gets back for a request that we made (section 5.3); None: we did not make it.

    A denial (section 5.2) is noted; its answer is "".
    """
    mode, topic = parameters.get("hub.mode", ""), parameters.get("hub.topic", "")
    with connected(settings.database_url) as connection:
        match mode:
            case "subscribe":
                seconds = _lease_seconds(parameters.get("hub.lease_seconds", ""))
                feed_id = store.verify(connection, callback, topic, seconds=seconds)
                if feed_id is not None:
                    log.info(events.HUB_VERIFIED, extra={"feed_id": feed_id, "url": topic, "lease_seconds": seconds})
            case "unsubscribe":
                feed_id = store.leave(connection, callback, topic)
            case "denied":
                reason = (
                    " ".join(parameters.get("hub.reason", "").split())[:_MAX_REASON_CHARACTERS] or "it gave no reason"
                )
                feed_id = store.deny(
                    connection,
                    callback,
                    topic,
                    error=f"it denies the subscription: {reason}",
                    wait_seconds=LONGEST_PAUSE_SECONDS,
                )
                if feed_id is not None:
                    store.poll_soon(connection, feed_id)
                    log.warning(events.HUB_REFUSED, extra={"feed_id": feed_id, "reason": f"denied: {reason}"})
                return None if feed_id is None else ""
            case _:
                return None
    return None if feed_id is None else parameters.get("hub.challenge", "")


def _lease_seconds(text: str) -> float:
    """What the hub grants, within our bounds; hubs of before WebSub say nothing."""
    granted = float(text) if text.isascii() and text.isdigit() and len(text) <= 12 else ASKED_SECONDS
    return min(max(granted, _LEAST_SECONDS), _MOST_SECONDS)


def subscribed_feed(settings: Settings, callback: str) -> int | None:
    """The feed for which contents of this callback are taken; None: they are not."""
    with connected(settings.database_url) as connection:
        return store.feed_of(connection, callback)


def receive(settings: Settings, callback: str, headers: Mapping[str, str], body: bytes) -> Received:
    """Take what a hub pushed: its document is committed to the inbox when this returns.

    Only a document that is signed with the secret of the subscription gets there. `headers` ignores case.
    """
    now = datetime.now(UTC)
    with connected(settings.database_url) as connection:
        with connection.transaction():
            held = store.hold(connection, callback)
            if held is None:
                return "gone"
            problem = _problem(held, headers, body)
            is_readable = problem is None and is_feed(body, content_type=headers.get("Content-Type"))
            sha256 = hashlib.sha256(body).digest()
            is_known = sha256 == held.body_sha256
            if problem is None:
                store.note_pushed(connection, held.feed_id, sha256)
            if is_readable and not is_known:
                _store(connection, held, headers.get("Content-Type") or None, body, now)
        if problem is not None:
            refuse(connection, callback, problem)
            return "ignored"
        log.info(events.HUB_PUSHED, extra={"feed_id": held.feed_id, "bytes": len(body), "changed": not is_known})
        if is_known:
            return "known"
        if not is_readable:
            store.poll_after(connection, held.feed_id, seconds=settings.min_interval_seconds)
            return "polled"
        return "stored"


def refuse(connection: Connection, callback: str, problem: str) -> None:
    """Note a content that is not believed; after `MOST_REFUSALS` in a row the subscription ends.

    A new one is asked for a day later, under another callback and with another secret.
    """
    noted = store.note_refused(connection, callback, problem)
    if noted is None:
        return
    feed_id, refusals = noted
    log.warning(events.HUB_REFUSED, extra={"feed_id": feed_id, "reason": problem})
    if refusals >= MOST_REFUSALS:
        store.replace(
            connection, feed_id, callback=_unguessable(), secret=_unguessable(), wait_seconds=LONGEST_PAUSE_SECONDS
        )
        store.poll_soon(connection, feed_id)


def _problem(held: HeldSubscription, headers: Mapping[str, str], body: bytes) -> str | None:
    """Why a content is not believed; None: it is the hub's, and of our topic."""
    method, _, digest = headers.get("X-Hub-Signature", "").partition("=")
    if method.lower() not in _METHODS:
        return "it pushed a content without a signature that is known"
    expected = hmac.new(held.secret.encode(), body, method.lower()).hexdigest()
    if not hmac.compare_digest(expected.encode(), digest.strip().lower().encode()):
        return "it pushed a content with a wrong signature"
    topic = links(headers.get("Link")).get("self")
    if topic is not None and topic != held.topic:
        return "it pushed a content of another topic"
    return None


def _store(connection: Connection, held: HeldSubscription, media_type: str | None, body: bytes, now: datetime) -> None:
    """Put a document into the inbox as a poll does, behind those of its feed that wait."""
    sha256 = hashlib.sha256(body).digest()
    inbox.add_bodies(connection, {sha256: body})
    (document_id,) = sequences.reserve_ids(connection, "wiredesk.document_id_seq", 1)
    document = DocumentRow(
        document_id=document_id,
        origin="feed",
        body_sha256=sha256.hex(),
        body_bytes=len(body),
        media_type=media_type,
        url=held.url,
        feed_id=held.feed_id,
        received_at=now,
        lane=lane_of(held.feed_id),
        context=msgspec.to_builtins(PollContext()),
    )
    inbox.add_documents(connection, [document])
    inbox.announce(connection)
