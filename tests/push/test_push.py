"""Changes sent to other systems: signed, in order by article, at least once, whatever is killed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from http_server import Answer, Server
from newsroom import NOW, ROOT, Ran, StartCelery, file_waiting, hand_in, prose, rows, run, settings_of, value, values

from wiredesk.worker.db import Connection
from wiredesk.worker.errors import UsageError
from wiredesk.worker.inbox import dispatch
from wiredesk.worker.push import messages, sending
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import push as store
from wiredesk.worker.store.selection import Selection

KEY = b"0123456789abcdef0123456789abcdef"
OK: Answer = (204, {}, b"")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(only_answers=True) as running:
        running.answers["/hook"] = OK
        yield running


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    (tmp_path / "hook").write_text(f"whsec_{base64.b64encode(KEY).decode()}\n")
    return tmp_path


@pytest.fixture
def desk(database_url: str, redis_url: str, secrets: Path) -> Settings:
    return settings_of(
        database_url, redis_url, credentials_dir=str(secrets), allowed_networks="127.0.0.1/32", tick_seconds="0.2"
    )


@pytest.fixture
def wiredesk(desk: Settings, tmp_path: Path) -> Callable[..., Ran]:
    names = ("database_url", "redis_url", "credentials_dir", "allowed_networks", "data_dir")
    environment = {f"WIREDESK_{name.upper()}": str(getattr(desk, name)) for name in names}
    return lambda *arguments: run(*arguments, environment=environment, cwd=tmp_path)


def story(number: int, **fields: Any) -> dict[str, Any]:
    text = f"LISBON, March 9 (Harbour Wire) - {prose(number)}"
    return {"content": text, "headline": f"Story {number}", "source": "Harbour Wire", "key": f"k{number}"} | fields


def publish(connection: Connection, settings: Settings, *stories: dict[str, Any]) -> None:
    hand_in(connection, *stories, now=NOW)
    file_waiting(settings)
    # Its ticks lease the targets too, and their hints are not sent.
    connection.execute("UPDATE wiredesk.push SET lease_token = NULL, next_at = now() WHERE lease_token IS NOT NULL")


def add(connection: Connection, server: Server, name: str = "crm", **changes: Any) -> None:
    given: dict[str, Any] = {
        "name": name,
        "kind": "webhook",
        "target": server.url("/hook"),
        "queue": None,
        "secret": "hook",
        "kinds": (),
        "selection": Selection(),
        "cursor": 0,
    }
    assert store.add(connection, **(given | changes))


def send(settings: Settings) -> int:
    """What a tick and the task do; how many targets were due."""
    hints = [hint for hint in dispatch.tick(settings) if hint.work == "push"]
    for hint in hints:
        sending.send_changes(settings, hint.ids[0], hint.token)
    return len(hints)


def due_again(connection: Connection) -> None:
    connection.execute("UPDATE wiredesk.push SET next_at = now()")


def received(server: Server) -> list[tuple[str, str]]:
    """The type and headline of each message."""
    bodies = [json.loads(asked.body) for asked in server.asked]
    return [(body["type"], body["data"]["article"]["headline"]) for body in bodies]


def pushed(connection: Connection) -> dict[str, Any]:
    (row,) = rows(connection, "SELECT * FROM wiredesk.push")
    return row


def test_a_signature_is_that_of_the_standard() -> None:
    """The example of the specification of Standard Webhooks."""
    message = messages.Message(1, "", "msg_p5jXN8AQM9LWM0D4loKWxJek", "test", b'{"test": 2432232314}')
    key = messages.signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert messages.signature_headers(key, message, datetime.fromtimestamp(1614265330, UTC)) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize("text", ["", "whsec_", "secret", "whsec_c2hvcnQ=", "whsec_" + "!" * 40, "whsec_" + "A" * 100])
def test_a_bad_key_is_told_without_its_text(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        messages.signing_key(text)
    assert str(raised.value).startswith("a signing key is whsec_ and 24 to 64 bytes as base64")


def test_a_webhook_gets_each_change_once_with_its_article(
    connection: Connection, desk: Settings, server: Server
) -> None:
    add(connection, server)
    assert send(desk) == 0  # nothing to send
    publish(connection, desk, story(1), story(2))
    publish(connection, desk, story(1, content=f"LISBON, March 9 (Harbour Wire) - {prose(1)} {prose(50)}"))
    assert send(desk) == 1
    assert sorted(received(server)) == [
        ("article.created", "Story 1"), ("article.created", "Story 2"), ("article.revised", "Story 1"),
    ]  # fmt: skip
    for asked in server.asked:
        signed = f"{asked.headers['webhook-id']}.{asked.headers['webhook-timestamp']}.".encode() + asked.body
        expected = base64.b64encode(hmac.digest(KEY, signed, hashlib.sha256)).decode()
        assert asked.headers["webhook-signature"] == f"v1,{expected}"
        assert asked.headers["content-type"] == "application/json"
    assert len({asked.headers["webhook-id"] for asked in server.asked}) == 3
    assert value(connection, "SELECT cursor FROM wiredesk.consumer") == value(
        connection, "SELECT max(cursor) FROM wire_v1.changes"
    )
    assert send(desk) == 0


def test_kinds_selections_and_embargoes(connection: Connection, desk: Settings, server: Server) -> None:
    add(connection, server, "a", selection=Selection(sources=("port-times",)), kinds=("created",))
    ahead = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    publish(connection, desk, story(1), story(2, source="Port Times"), story(3, source="Port Times", release_at=ahead))
    publish(connection, desk, story(2, source="Port Times", content=f"{prose(2)} {prose(60)}"))
    assert send(desk) == 1
    assert received(server) == [("article.created", "Story 2")]
    assert send(desk) == 0  # the cursor is past what was not selected


def test_a_refused_message_holds_up_its_article_only(connection: Connection, desk: Settings, server: Server) -> None:
    add(connection, server)
    publish(connection, desk, *(story(number) for number in range(1, 6)))
    first_id = value(connection, "SELECT min(article_id) FROM wiredesk.article")
    refusing = [True]

    def answer(headers: Mapping[str, str]) -> Answer:
        is_first = headers["webhook-id"] == f"msg_crm_{value(connection, 'SELECT min(cursor) FROM wiredesk.change')}"
        return (422, {}, b"") if is_first and refusing[0] else OK

    server.answers["/hook"] = answer
    send(desk)
    assert len(server.asked) == 5
    row = pushed(connection)
    assert (row["failures"], row["last_error"], len(row["sent"])) == (1, "it answered 422", 4)
    assert value(connection, "SELECT cursor FROM wiredesk.consumer") == 0
    assert send(desk) == 0  # it waits
    refusing[0] = False
    due_again(connection)
    send(desk)
    assert len(server.asked) == 6  # the others don't come again
    assert json.loads(server.asked[-1].body)["data"]["article_id"] == first_id
    row = pushed(connection)
    assert (row["failures"], row["last_error"], row["failing_since"], row["sent"]) == (0, None, None, [])


def test_revisions_of_an_article_wait_for_each_other(connection: Connection, desk: Settings, server: Server) -> None:
    add(connection, server)
    publish(connection, desk, story(1))
    publish(connection, desk, story(1, content=f"LISBON, March 9 (Harbour Wire) - {prose(1)} {prose(50)}"))
    server.answers["/hook"] = (400, {}, b"")
    send(desk)
    assert [json.loads(asked.body)["type"] for asked in server.asked] == ["article.created"]
    server.answers["/hook"] = OK
    due_again(connection)
    send(desk)
    assert [json.loads(asked.body)["type"] for asked in server.asked[1:]] == ["article.created", "article.revised"]


def test_pauses_grow_and_a_dead_target_is_paused_told_and_resumed_without_a_gap(
    connection: Connection, desk: Settings, server: Server, wiredesk: Callable[..., Ran]
) -> None:
    add(connection, server)
    publish(connection, desk, story(1))
    server.answers["/hook"] = (500, {}, b"")
    waits = []
    for _ in range(3):
        send(desk)
        waits.append(value(connection, "SELECT extract(epoch FROM next_at - now())::float FROM wiredesk.push"))
        due_again(connection)
    assert [round(wait / 5) for wait in waits] in ([1, 2, 4], [1, 2, 3], [1, 2, 5])
    assert "warn  crm takes no changes since" in wiredesk("doctor").out
    connection.execute("UPDATE wiredesk.push SET failing_since = now() - interval '3 days 1 minute'")
    send(desk)
    assert pushed(connection)["state"] == "paused"
    assert send(desk) == 0
    publish(connection, desk, story(2))
    assert "warn  changes are not sent to crm: it is paused (it answered 500)" in wiredesk("doctor").out
    server.answers["/hook"] = OK
    server.asked.clear()
    assert wiredesk("push", "resume", "crm").out == "crm resumed\n"
    send(desk)
    assert sorted(received(server)) == [("article.created", "Story 1"), ("article.created", "Story 2")]


ANSWERS = [
    ((410, {}, b""), "paused", "gone: it answered 410: it takes no message any more"),
    ((302, {"Location": "/elsewhere"}, b""), "active", "it answered 302"),
    ((429, {"Retry-After": "120"}, b""), "active", "127.0.0.1 answered 429: wait 120 s"),
]


def test_answers(connection: Connection, desk: Settings, server: Server) -> None:
    publish(connection, desk, story(1))
    for answer, state, error in ANSWERS:
        add(connection, server)
        server.answers["/hook"] = answer
        send(desk)
        row = pushed(connection)
        assert (row["state"], row["last_error"]) == (state, error)
        store.remove(connection, "crm")
    assert server.targets == ["/hook"] * 3  # no redirect is followed


def test_private_addresses_are_not_sent_to(
    connection: Connection, database_url: str, redis_url: str, secrets: Path, server: Server
) -> None:
    guarded = settings_of(database_url, redis_url, credentials_dir=str(secrets))
    add(connection, server)
    publish(connection, guarded, story(1))
    send(guarded)
    assert pushed(connection)["last_error"].startswith("blocked_address: 127.0.0.1")
    assert server.asked == []


def test_a_worker_whose_lease_ended_notes_nothing(connection: Connection, desk: Settings, server: Server) -> None:
    add(connection, server)
    publish(connection, desk, story(1))
    (hint,) = [hint for hint in dispatch.tick(desk) if hint.work == "push"]
    due_again(connection)
    (later,) = [hint for hint in dispatch.tick(desk) if hint.work == "push"]
    sending.send_changes(desk, hint.ids[0], hint.token)
    assert server.asked == []
    sending.send_changes(desk, later.ids[0], later.token)
    assert len(server.asked) == 1


def test_a_stream_and_a_task_get_the_same_messages(
    connection: Connection, desk: Settings, server: Server, redis_url: str
) -> None:
    add(connection, server, "stream", kind="stream", target="team:news", secret=None)
    add(connection, server, "task", kind="task", target="team.news_changed", queue="team", secret=None)
    publish(connection, desk, story(1))
    assert send(desk) == 2
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        ((_, entry),) = client.xrange("team:news")
        (raw,) = client.lrange("team", 0, -1)
    message = json.loads(entry["message"])
    assert (entry["type"], message["type"], message["data"]["article"]["headline"]) == (
        "article.created", "article.created", "Story 1",
    )  # fmt: skip
    task = json.loads(raw)
    assert task["headers"]["task"] == "team.news_changed"
    assert task["headers"]["id"] == entry["id"].replace("stream", "task")
    assert json.loads(base64.b64decode(task["body"]))[0] == [message]


def test_the_commands(connection: Connection, wiredesk: Callable[..., Ran], server: Server, secrets: Path) -> None:
    hook = server.url("/hook")
    (secrets / "short").write_text("whsec_c2hvcnQ=")
    refused = [
        (("crm",), "name one target: --webhook, --stream or --task"),
        (("crm", "--webhook", hook), "a webhook is signed: name its key's file with --secret"),
        (("crm", "--webhook", hook, "--secret", "none"), f"credentials: {secrets}/none: no such file or directory"),
        (("crm", "--webhook", hook, "--secret", "../hook"), "credentials: a name of letters, digits, dots and dashes"),
        (("crm", "--webhook", "ftp://a.example/", "--secret", "hook"), "bad_url: 'ftp://a.example/': only http and"),
        (("crm", "--webhook", hook, "--secret", "short"), "a signing key is whsec_ and 24 to 64 bytes as base64"),
        (("a b", "--stream", "s"), "Invalid value for NAME: 'a b': letters, digits, - and _"),
    ]
    for arguments, said in refused:
        ran = wiredesk("push", "add", *arguments)
        assert (ran.code in (1, 2), said in ran.err) == (True, True), ran.err
    assert wiredesk("push", "list").err == "no targets yet: wiredesk push add NAME --webhook URL\n"
    added = wiredesk("push", "add", "crm", "--webhook", hook, "--secret", "hook", "--source", "Port Times")
    assert (added.code, added.out) == (0, "crm added; `wiredesk push test crm` sends it a message\n")
    assert wiredesk("push", "add", "crm", "--stream", "s").code == 1
    assert wiredesk("push", "test", "crm").out == "crm took the message\n"
    assert json.loads(server.asked[0].body)["type"] == "wiredesk.test"
    assert wiredesk("push", "pause", "crm").out == "crm paused\n"
    assert "paused" in wiredesk("push", "list").out
    assert wiredesk("push", "resume", "crm", "--after", "7").code == 0
    assert value(connection, "SELECT cursor FROM wiredesk.consumer") == 7
    assert wiredesk("push", "remove", "crm").out == "crm removed\n"
    assert wiredesk("push", "remove", "crm").err == "wiredesk: no target is called crm: see `wiredesk push list`\n"
    assert values(connection, "SELECT name FROM wiredesk.consumer") == []


KILLED = """
import sys
from killing import kill_at
from wiredesk.worker.push import sending
from wiredesk.worker.settings import load
from wiredesk.worker.store import push

moment, number, push_id, token = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
kill_at(push, "note_sent", moment, number)
sending._PAGE = 4
sending.send_changes(load(), push_id, token)
"""


@pytest.mark.parametrize(("moment", "number", "repeated"), [("before", 1, 4), ("after", 1, 0), ("before", 2, 4)])
def test_a_killed_sender_leaves_no_gap(
    connection: Connection, desk: Settings, server: Server, moment: str, number: int, repeated: int
) -> None:
    """Messages that were sent and not noted come again, under the same ids."""
    add(connection, server)
    publish(connection, desk, *(story(number) for number in range(1, 11)))
    (hint,) = [hint for hint in dispatch.tick(desk) if hint.work == "push"]
    names = ("database_url", "redis_url", "credentials_dir", "allowed_networks")
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, moment, str(number), str(hint.ids[0]), hint.token],
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT}:{ROOT}/tests/support",
            **{f"WIREDESK_{name.upper()}": str(getattr(desk, name)) for name in names},
        },
        cwd=ROOT,
    )
    assert killed.returncode == -signal.SIGKILL
    assert send(desk) == 0  # the lease of the killed process has not ended
    due_again(connection)
    send(desk)
    ids = [asked.headers["webhook-id"] for asked in server.asked]
    cursors = values(connection, "SELECT cursor FROM wiredesk.change ORDER BY cursor")
    assert (set(ids), len(ids)) == ({f"msg_crm_{cursor}" for cursor in cursors}, len(cursors) + repeated)


@pytest.mark.timeout(240)
def test_the_services_send_and_a_killed_worker_leaves_no_gap(
    connection: Connection, desk: Settings, server: Server, start_service: StartCelery
) -> None:
    """Beat, dispatcher and fetch worker as they run; the worker is killed in the middle of a page."""
    add(connection, server)
    publish(connection, desk, *(story(number) for number in range(1, 31)))
    wanted = {f"msg_crm_{cursor}" for cursor in values(connection, "SELECT cursor FROM wiredesk.change")}
    server.answer_seconds = 0.3
    names = ("credentials_dir", "allowed_networks")
    # A lease ends ten seconds after the limit of a task.
    environment = {f"WIREDESK_{name.upper()}": str(getattr(desk, name)) for name in names} | {
        "WIREDESK_TASK_SECONDS": "6",
        "WIREDESK_FETCH_SECONDS": "3",
        "WIREDESK_PARSE_SECONDS": "1",
    }

    def until(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 200
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    worker = start_service("fetch", **environment)
    for name in ("dispatch", "beat"):
        start_service(name, **environment)
    until(lambda: len(server.asked) >= 3)
    worker.kill()
    killed_at = len({asked.headers["webhook-id"] for asked in server.asked})
    assert killed_at < len(wanted)
    server.answer_seconds = 0.0
    start_service("fetch", **environment)
    until(lambda: {asked.headers["webhook-id"] for asked in server.asked} == wanted)
    until(lambda: not pushed(connection)["sent"] and pushed(connection)["lease_token"] is None)
    last = value(connection, "SELECT max(cursor) FROM wiredesk.change")
    assert value(connection, "SELECT cursor FROM wiredesk.consumer") == last
