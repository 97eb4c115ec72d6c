"""Producers that submit copy by every channel, and keep the receipts."""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import redis
from celery import Celery
from kombu.exceptions import OperationalError

from bench.newswire import piece
from wiredesk.client import Desk
from wiredesk.worker.errors import Transient
from wiredesk.worker.settings import load

FIRST_PIECE = 1_000_000
"""Feeds show the pieces from 0 on."""

SOURCE = "Soak"
TASK = "wiredesk.submit_article.v1"
_WORDS = 120


@dataclass(slots=True)
class Given:
    """What was handed in, by key: how, and when it was asked for; and the last version of each key that has several.

    `receipts` are the numbers of submissions that the client and the CLI had accepted. An entry of the stream and a
    task are promised from the moment that Redis took them.
    """

    channel: dict[str, str] = field(default_factory=dict)
    at: dict[str, float] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    receipts: set[int] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, channel: str, keys: list[str], asked_at: float) -> None:
        with self.lock:
            for key in keys:
                self.channel.setdefault(key, channel)
                self.at[key] = asked_at


def message(number: int, version: int = 1) -> dict[str, Any]:
    """A `submit_article.v1` message. Versions of a number share its key; each has a paragraph that names it."""
    made = piece(FIRST_PIECE + number, words=_WORDS)
    more = piece(FIRST_PIECE + number * 31 + version, words=40).text
    text = made.text if version == 1 else f"{made.text}\n\nVersion {version} adds: {more}"
    return {
        "content": f"{made.headline}\n\n{text}",
        "headline": made.headline,
        "key": f"piece-{number}",
        "source": SOURCE,
        "media_type": "text/plain",
    }


class Producers:
    """A thread a door, with pauses of `pause_seconds` on average. `environment` is a worker's: it names the servers."""

    def __init__(self, environment: Mapping[str, str], pause_seconds: float) -> None:
        self.given = Given()
        self._pause_seconds = pause_seconds
        self._environment = dict(environment)
        self._next = iter(range(1, 1_000_000_000))
        self._numbers = threading.Lock()
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, seed: int) -> None:
        """Hand in until `stop`; it can be started again."""
        self._over.clear()
        doors = (self._client, self._cli, self._stream, self._task)
        self._threads = [
            threading.Thread(target=self._repeat, args=(door, random.Random(seed * 10 + n)), daemon=True)
            for n, door in enumerate(doors)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_seconds: float = 150.0) -> Given:
        """Hand in nothing new; what is under way is finished."""
        self._over.set()
        for thread in self._threads:
            thread.join(timeout_seconds)
        return self.given

    def _repeat(self, door: Callable[[random.Random], None], rng: random.Random) -> None:
        while not self._over.is_set():
            door(rng)
            time.sleep(rng.uniform(0, 2 * self._pause_seconds))

    def _fresh(self, count: int) -> list[int]:
        with self._numbers:
            return [next(self._next) for _ in range(count)]

    def _client(self, rng: random.Random) -> None:
        """Five pieces; half of the times later versions of two of them, in order; at times the others once more."""
        numbers = self._fresh(5)
        self._by_client([message(number) for number in numbers])
        if rng.random() < 0.5:
            for version in range(2, rng.randint(2, 4) + 1):
                self._by_client([message(number, version) for number in numbers[:2]])
                for number in numbers[:2]:
                    self.given.versions[f"piece-{number}"] = version
        if rng.random() < 0.3:
            self._by_client([message(number) for number in numbers[2:]])

    def _by_client(self, messages: list[dict[str, Any]]) -> None:
        for _ in self._until_it_works():
            asked_at = time.monotonic()
            with contextlib.suppress(Transient), Desk(load(self._environment)) as desk:
                receipts = desk.submit(messages)
                self.given.complaints += [f"{r.key}: {r.reason}" for r in receipts if r.status == "refused"]
                self.given.receipts |= {r.submission_id for r in receipts if r.submission_id is not None}
                self.given.note("client", [str(m["key"]) for m in messages], asked_at)
                return

    def _cli(self, rng: random.Random) -> None:
        messages = [message(number) for number in self._fresh(8)]
        lines = "".join(json.dumps(one) + "\n" for one in messages)
        command = [sys.executable, "-m", "wiredesk.worker.cli", "submit", "--jsonl", "-", "--format", "json"]
        for _ in self._until_it_works():
            asked_at = time.monotonic()
            done = subprocess.run(command, input=lines, capture_output=True, text=True, env=self._environment)
            if "Traceback" in done.stderr:
                self.given.complaints.append(f"the CLI ended in a traceback: {done.stderr[-300:]}")
            if done.returncode == 0:
                receipts = [json.loads(line) for line in done.stdout.splitlines()]
                self.given.receipts |= {receipt["submission_id"] for receipt in receipts}
                self.given.note("cli", [str(one["key"]) for one in messages], asked_at)
                return

    def _stream(self, rng: random.Random) -> None:
        with contextlib.suppress(redis.RedisError), self._redis() as client:
            for number in self._fresh(6):
                one, asked_at = message(number), time.monotonic()
                client.xadd("wiredesk:submissions", {"message": json.dumps(one)})
                self.given.note("stream", [str(one["key"])], asked_at)

    def _task(self, rng: random.Random) -> None:
        messages = [message(number) for number in self._fresh(4)]
        app = Celery(broker=self._environment["WIREDESK_REDIS_URL"], set_as_current=False)
        app.conf.broker_transport_options = {"socket_timeout": 5, "socket_connect_timeout": 5}
        asked_at = time.monotonic()
        try:
            app.send_task(TASK, [messages], queue="celery", retry=False)
            self.given.note("task", [str(one["key"]) for one in messages], asked_at)
        except (OperationalError, redis.RedisError, OSError):
            pass
        finally:
            app.close()

    def _redis(self) -> redis.Redis:
        return redis.Redis.from_url(self._environment["WIREDESK_REDIS_URL"], socket_timeout=5, socket_connect_timeout=5)

    @staticmethod
    def _until_it_works(seconds: float = 120.0) -> Iterator[None]:
        give_up_at = time.monotonic() + seconds
        while time.monotonic() < give_up_at:
            yield
            time.sleep(0.3)
