"""The answer to a request, as a record: code that only shows it does not import aiohttp."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. `dns`, `connect` and `first_byte` are the last hop's (`connect` is 0 on a reused connection);
    `waited` for budgets and `total` without it are the whole fetch's.
    """

    dns: float
    connect: float
    first_byte: float
    waited: float
    total: float


@dataclass(frozen=True, slots=True)
class Response:
    """The answer after redirects. `headers` ignores case and holds the first value of each name, of `Link` all.

    `permanent_url` is where the leading permanent redirects (301, 308) end, None when the first answer was none.
    `body` is decoded, and empty for every status but 2xx: the text of errors is not read.
    """

    url: str
    final_url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    wire_bytes: int
    address: str
    redirects: tuple[tuple[int, str], ...]
    permanent_url: str | None
    seconds: Timing

    @property
    def not_modified(self) -> bool:
        return self.status == 304
