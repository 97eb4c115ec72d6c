"""Credentials of feeds: read from files when a feed is fetched, kept nowhere else, and never printed or logged."""

from __future__ import annotations

import base64
import re

from wiredesk.worker.errors import Rejected
from wiredesk.worker.settings import Settings, read_credentials

HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
OWN_HEADERS = frozenset(
    "accept-encoding connection content-length host if-modified-since if-none-match te transfer-encoding upgrade "
    "user-agent".split()
)
"""Headers that the fetcher sets by itself; a feed can't have them."""

_HEADER = re.compile(r"([A-Za-z0-9-]{1,64}):[ \t]+(.+)")


def credential_headers(settings: Settings, name: str | None) -> dict[str, str]:
    """The headers of the file `name` in `credentials_dir`: `user:password` for HTTP Basic, or `Name: value` lines.

    Raises Rejected("credentials"), whose message tells the file and never its content.
    """
    if name is None:
        return {}
    path, text = read_credentials(settings, name)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    headers = {match[1]: match[2] for line in lines if (match := _HEADER.fullmatch(line))}
    if lines and len(headers) == len(lines) and not {header.lower() for header in headers} & OWN_HEADERS:
        return headers
    if len(lines) == 1 and ":" in lines[0]:
        return {"Authorization": "Basic " + base64.b64encode(lines[0].encode()).decode()}
    raise Rejected("credentials", f"{path} holds neither `user:password` nor header lines")
