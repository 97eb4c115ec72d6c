"""Credentials of feeds: read from files when a feed is fetched, kept nowhere else, and never printed or logged."""

from __future__ import annotations

import base64
import re
from pathlib import Path

from wiredesk.worker.errors import Rejected
from wiredesk.worker.settings import Settings

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
OWN_HEADERS = frozenset(
    "accept-encoding connection content-length host if-modified-since if-none-match te transfer-encoding upgrade "
    "user-agent".split()
)
"""Headers that the fetcher sets by itself; a feed can't have them."""

_HEADER = re.compile(r"([A-Za-z0-9-]{1,64}):[ \t]+(.+)")
_MAX_FILE_BYTES = 16_384


def credential_headers(settings: Settings, name: str | None) -> dict[str, str]:
    """The headers of the file `name` in `credentials_dir`: `user:password` for HTTP Basic, or `Name: value` lines.

    Raises Rejected("credentials"), whose message tells the file and never its content.
    """
    if name is None:
        return {}
    if not settings.credentials_dir:
        raise Rejected("credentials", f"{name}: WIREDESK_CREDENTIALS_DIR is not set")
    path = Path(settings.credentials_dir) / name
    if not NAME.fullmatch(name):
        raise Rejected("credentials", "a name of letters, digits, dots and dashes is expected")
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_FILE_BYTES).decode().strip()
    except OSError as error:
        raise Rejected("credentials", f"{path}: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise Rejected("credentials", f"{path} is no UTF-8 text") from None
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    headers = {match[1]: match[2] for line in lines if (match := _HEADER.fullmatch(line))}
    if lines and len(headers) == len(lines) and not {header.lower() for header in headers} & OWN_HEADERS:
        return headers
    if len(lines) == 1 and ":" in lines[0]:
        return {"Authorization": "Basic " + base64.b64encode(lines[0].encode()).decode()}
    raise Rejected("credentials", f"{path} holds neither `user:password` nor header lines")
