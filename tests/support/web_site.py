"""A client of the service web, for tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests


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
