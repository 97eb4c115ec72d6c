"""A client of the service web, for tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from newsroom import StartCelery, run, wait_until


@dataclass(frozen=True, slots=True)
class Site:
    """A client of the running service. `url` is its address without a path."""

    url: str
    session: requests.Session
    log: Callable[[], str]

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.session.get(self.url + path, timeout=30, **more)

    def post(self, path: str, **more: Any) -> requests.Response:
        return self.session.post(self.url + path, timeout=30, **more)

    def answers(self) -> bool:
        """Whether it accepts connections: its worker says that it is ready before the server listens."""
        try:
            return self.get("/healthz").ok
        except requests.ConnectionError:
            return False

    def lines(self, event: str) -> list[dict[str, Any]]:
        """The lines of its log with this event."""
        found = [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]
        return [line for line in found if line.get("event") == event]


@contextmanager
def site_of(start_service: StartCelery, **environment: str) -> Iterator[Site]:
    """The service web in a process of its own, on a free port; keywords are its environment."""
    running = start_service("web", WIREDESK_WEB_LISTEN="127.0.0.1:0", **environment)
    with requests.Session() as session:
        (ready,) = Site("", session, running.log).lines("web.ready")
        site = Site(ready["address"], session, running.log)
        wait_until(site.answers, seconds=60, what="an answer")
        yield site
        running.stop()


def made(database_url: str, *arguments: str) -> str:
    """The text of a token that the command made."""
    ran = run("token", "create", *arguments, "--format", "json", environment={"WIREDESK_DATABASE_URL": database_url})
    assert ran.code == 0, ran.err
    return str(json.loads(ran.out)["token"])


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
