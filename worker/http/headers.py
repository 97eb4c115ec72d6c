"""HTTP dates, ages and waits: every header that holds a time is read here, and the headers of checks for robots.

No header raises.

A value that can't be understood is None, as if the header were missing. Numbers are ASCII digits (RFC 9110, 10.2.3;
RFC 9111, 1.2.2), dates one of the three forms of RFC 9110, 5.6.7, or what mail programs write.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from wiredesk.worker.news.polls.schedule import ServerWaits

MAX_WAIT_SECONDS = 86_400.0
"""The longest wait that a server can ask for with Retry-After."""

_MAX_AGE_SECONDS = float(2**31)
"""RFC 9111, 1.2.2: a number of seconds that is too large becomes this one."""

_MAX_DATE_CHARACTERS = 100
_MAX_LINK_CHARACTERS = 16_384
_LINK = re.compile(
    r"<([^<>]{1,4096})>((?:\s{0,5};\s{0,5}[A-Za-z0-9*_-]{1,64}(?:\s{0,5}=\s{0,5}(?:\"[^\"]{0,1000}\"|[^\s;,\"]{1,1000}))?){1,20})"
)
_RELATION = re.compile(r";\s{0,5}rel\s{0,5}=\s{0,5}(?:\"([^\"]{1,1000})\"|([^\s;,\"]{1,1000}))", re.IGNORECASE)


def http_date(value: str | None) -> datetime | None:
    """The time in a Date, Expires, Last-Modified or Retry-After header, in UTC."""
    text = (value or "").strip()
    if not text.isascii() or len(text) > _MAX_DATE_CHARACTERS:
        return None
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def delta_seconds(value: str | None) -> float | None:
    """The seconds in an Age or Retry-After header, or in a directive of Cache-Control; at most 2³¹."""
    text = (value or "").strip()
    if not (text.isascii() and text.isdigit()):
        return None
    digits = text.lstrip("0")
    return _MAX_AGE_SECONDS if len(digits) > 10 else min(float(digits or 0), _MAX_AGE_SECONDS)


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """The wait that Retry-After asks for, at most a day; a date counts from the Date header, or else from `now`."""
    value = headers.get("Retry-After")
    seconds = delta_seconds(value)
    if seconds is None:
        seconds = _seconds_until(http_date(value), headers, now)
    return None if seconds is None else min(seconds, MAX_WAIT_SECONDS)


# A header of the services that stand before a site, and the values that say: this answer is a check for robots.
# developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/,
# docs.aws.amazon.com/waf/latest/developerguide/waf-captcha-and-challenge-how-it-works.html,
# vercel.com/docs/headers/response-headers
_ROBOT_CHECKS = (
    ("cf-mitigated", ("challenge",)),
    ("x-amzn-waf-action", ("challenge", "captcha")),
    ("x-vercel-mitigated", ("challenge",)),
)


def robot_check(headers: Mapping[str, str]) -> str | None:
    """The header that declares the answer a check for robots, as `name: value`."""
    for name, values in _ROBOT_CHECKS:
        value = (headers.get(name) or "").strip().lower()
        if value in values:
            return f"{name}: {value}"
    return None


def links(value: str | None) -> dict[str, str]:
    """The targets of a Link header (RFC 8288) by relation in lower case, the first of each, as they were written."""
    found: dict[str, str] = {}
    for target, parameters in _LINK.findall((value or "")[:_MAX_LINK_CHARACTERS]):
        if relation := _RELATION.search(parameters):
            for name in (relation[1] or relation[2]).lower().split():
                found.setdefault(name, target.strip())
    return found


def server_hints(headers: Mapping[str, str], now: datetime) -> ServerWaits:
    """The response's headers on when to poll again; `Age` is subtracted from `max-age` (RFC 9111, 4.2.1)."""
    directives = _directives(headers.get("Cache-Control"))
    max_age = delta_seconds(directives.get("max-age"))
    if max_age is not None:
        max_age = max(0.0, max_age - (delta_seconds(headers.get("Age")) or 0.0))
    if directives.get("no-cache") == "" or directives.get("no-store") == "":
        max_age = 0.0
    return ServerWaits(
        max_age_seconds=max_age,
        expires_seconds=_seconds_until(http_date(headers.get("Expires")), headers, now),
        retry_after_seconds=retry_after_seconds(headers, now),
    )


def _seconds_until(moment: datetime | None, headers: Mapping[str, str], now: datetime) -> float | None:
    if moment is None:
        return None
    seconds = (moment - (http_date(headers.get("Date")) or now)).total_seconds()
    return min(max(seconds, 0.0), _MAX_AGE_SECONDS)


def _directives(cache_control: str | None) -> dict[str, str]:
    """Directives by name in lower case, "" for one without a value; the first of a name counts."""
    found: dict[str, str] = {}
    for part in (cache_control or "").split(","):
        name, equals, value = part.partition("=")
        found.setdefault(name.strip().lower(), value.strip().strip('"') if equals else "")
    return found
