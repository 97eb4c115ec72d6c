"""Headers that hold times, as servers write them and as they should not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict

from wiredesk.worker.http.headers import delta_seconds, http_date, links, retry_after_seconds, robot_check, server_hints
from wiredesk.worker.news.polls.schedule import ServerWaits

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
TEN = datetime(2026, 11, 23, 10, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("Mon, 23 Nov 2026 10:02:00 GMT", TEN),
        (" Mon, 23 Nov 2026 10:02:00 GMT ", TEN),
        ("Monday, 23-Nov-26 10:02:00 GMT", TEN),
        ("Mon Nov 23 10:02:00 2026", TEN),
        ("Mon, 23 Nov 2026 12:02:00 +0200", TEN),
        (None, None),
        ("", None),
        ("0", None),
        ("-1", None),
        ("tomorrow", None),
        ("Mon, 99 Nov 2026 10:02:00 GMT", None),
        ("Mon, 01 Jan 99999999999 00:00:00 GMT", None),
        ("Mon, 01 Jan 9999 23:59:59 -2359", datetime(9999, 1, 2, 23, 58, 59, tzinfo=UTC)),
        ("Fri, 31 Dec 9999 23:59:59 -2359", None),
        ("Thu, 01 Jan 1970 00:00:00 +999999999999", None),
        ("Mon, ٢٣ Nov ٢٠٢٦ 10:02:00 GMT", None),
        ("Mon, 23 Nov 2026 10:02:00 GMT" + " " * 50 + "x" * 9_000, None),
    ],
)
def test_dates(value: str | None, moment: datetime | None) -> None:
    assert http_date(value) == moment


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0), (" 120 ", 120.0), ("0", 0.0), ("000120", 120.0), ("99999999999", 2.0**31),
        (None, None), ("", None), ("-5", None), ("+5", None), ("1.5", None), ("1e3", None), ("²", None), ("٣", None),
        ("9" * 5_000, 2.0**31), ("inf", None), ("nan", None), ("1_0", None), ("120s", None),
    ],
)  # fmt: skip
def test_seconds(value: str | None, seconds: float | None) -> None:
    assert delta_seconds(value) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "120 "}, 120.0),
        ({"Retry-After": "99999999999"}, 86_400.0),
        ({"Retry-After": "٣"}, None),
        ({"Retry-After": "Mon, 23 Nov 2026 10:02:00 GMT"}, 120.0),
        ({"Retry-After": "Mon, 23 Nov 2026 09:00:00 GMT"}, 0.0),
        ({"Retry-After": "Fri, 31 Dec 2049 23:59:59 GMT"}, 86_400.0),
        # The server's clock is two hours fast; it means two minutes.
        ({"Retry-After": "Mon, 23 Nov 2026 12:02:00 GMT", "Date": "Mon, 23 Nov 2026 12:00:00 GMT"}, 120.0),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "hints"),
    [
        ({}, ServerWaits()),
        ({"Cache-Control": "public, max-age=600"}, ServerWaits(max_age_seconds=600)),
        ({"Cache-Control": 'Max-Age = "600" , public'}, ServerWaits(max_age_seconds=600)),
        ({"Cache-Control": "max-age=600", "Age": "500"}, ServerWaits(max_age_seconds=100)),
        ({"Cache-Control": "max-age=600", "Age": "9999"}, ServerWaits(max_age_seconds=0)),
        ({"Cache-Control": "max-age=600", "Age": "-9"}, ServerWaits(max_age_seconds=600)),
        ({"Cache-Control": "no-cache, max-age=600"}, ServerWaits(max_age_seconds=0)),
        ({"Cache-Control": 'no-cache="Set-Cookie", max-age=600'}, ServerWaits(max_age_seconds=600)),
        ({"Cache-Control": "max-age=²"}, ServerWaits()),
        ({"Cache-Control": "max-age=-1"}, ServerWaits()),
        ({"Cache-Control": "max-age=" + "9" * 400}, ServerWaits(max_age_seconds=2.0**31)),
        ({"Expires": "Mon, 23 Nov 2026 10:02:00 GMT"}, ServerWaits(expires_seconds=120)),
        ({"Expires": "Mon, 01 Jan 99999999999 00:00:00 GMT"}, ServerWaits()),
        ({"Expires": "0"}, ServerWaits()),
        ({"Retry-After": "120 "}, ServerWaits(retry_after_seconds=120)),
    ],
)
def test_hints_of_a_server(headers: dict[str, str], hints: ServerWaits) -> None:
    assert server_hints(CIMultiDict(headers), NOW) == hints


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"CF-Mitigated": "challenge"}, "cf-mitigated: challenge"),
        ({"x-amzn-waf-action": " Captcha "}, "x-amzn-waf-action: captcha"),
        ({"X-Vercel-Mitigated": "challenge"}, "x-vercel-mitigated: challenge"),
        ({"X-Vercel-Mitigated": "deny", "Server": "cloudflare"}, None),
    ],
)
def test_headers_that_declare_a_check_for_robots(headers: dict[str, str], said: str | None) -> None:
    assert robot_check(CIMultiDict(headers)) == said


_NAMES = ("Expires", "Retry-After", "Cache-Control", "Age", "Date", "Last-Modified")
_VALUES = st.one_of(
    st.text(max_size=60),
    st.integers().map(str),
    st.integers().map("max-age={}".format),
    st.builds(
        "{}, {:02} {} {} {:02}:{:02}:{:02} {}".format,
        st.sampled_from(("Mon", "Monday", "?")),
        st.integers(-5, 99),
        st.sampled_from(("Jan", "Dec", "13", "Foo")),
        st.integers(),
        st.integers(0, 99),
        st.integers(0, 99),
        st.integers(0, 99),
        st.sampled_from(("GMT", "+0000", "-2359", "+999999", "")),
    ),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(_NAMES), _VALUES))
def test_no_header_raises_or_asks_for_more_than_the_longest(headers: dict[str, str]) -> None:
    hints = server_hints(headers, NOW)
    http_date(headers.get("Last-Modified"))
    assert all(0 <= seconds <= 2.0**31 for seconds in (hints.max_age_seconds or 0, hints.expires_seconds or 0))
    assert 0 <= (hints.retry_after_seconds or 0) <= 86_400


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ('<https://h.example/>; rel="hub"', {"hub": "https://h.example/"}),
        ("<https://h.example/>; rel=hub", {"hub": "https://h.example/"}),
        ("<h>;rel=HUB,<s> ; title=\"a, b; c\" ; rel = 'self'", {"hub": "h", "'self'": "s"}),
        ('<a>; rel="x hub"; type="y", <b>; rel="hub", <c,d>; REL="self"', {"x": "a", "hub": "a", "self": "c,d"}),
        ("<a>; title=x", {}),
        ("<a>", {}),
        ("a; rel=hub", {}),
        ("", {}),
        (None, {}),
        ("<" * 20_000, {}),
        ("<a>" + ";x" * 20_000, {}),
    ],
)
def test_links_by_relation(value: str | None, found: dict[str, str]) -> None:
    assert links(value) == found
