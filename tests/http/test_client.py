"""One fetch against servers that don't mean well."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from http_server import FEED, Server

from wiredesk.worker.errors import HostBusy, Rejected, Transient
from wiredesk.worker.http.client import Fetcher, FetchLimits, Request, parse_url
from wiredesk.worker.http.names import Names, Resolve
from wiredesk.worker.http.response import Response

ALLOWED = (ip_network("127.0.0.1/32"),)
LIMITS = FetchLimits(
    connect_seconds=0.5,
    first_byte_seconds=0.5,
    total_seconds=1.0,
    max_wire_bytes=1 << 20,
    max_body_bytes=2 << 20,
    max_redirects=5,
)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def internal() -> Iterator[Server]:
    """A server at an address that is not allowed."""
    with Server(address="127.0.0.2") as running:
        yield running


def fetch(url: str, **settings: Any) -> Response:
    asked = {name: settings.pop(name) for name in ("etag", "last_modified", "verify_tls") if name in settings}
    (response,) = fetch_all([Request(url, **asked)], **settings)
    return response


def fetch_all(requests: Sequence[Request], **settings: Any) -> list[Response]:
    async def run() -> list[Response]:
        settings.setdefault("allowed_networks", ALLOWED)
        async with Fetcher(user_agent="wiredesk-test/1", limits=settings.pop("limits", LIMITS), **settings) as fetcher:
            return await asyncio.gather(*(fetcher.fetch(request) for request in requests))

    return asyncio.run(run())


def answers(*addresses: str) -> Resolve:
    async def resolve(host: str) -> Sequence[str]:
        return addresses

    return resolve


def refused(url: str, reason: str, **settings: Any) -> str:
    with pytest.raises(Rejected) as caught:
        fetch(url, **settings)
    assert caught.value.reason == reason
    return caught.value.detail


def failed(url: str, **settings: Any) -> str:
    with pytest.raises(Transient) as caught:
        fetch(url, **settings)
    return str(caught.value)


# What a good answer looks like


def test_an_answer_says_what_came_and_from_where(server: Server) -> None:
    response = fetch(server.url("/feed"))
    assert (response.url, response.final_url) == (server.url("/feed"), server.url("/feed"))
    assert (response.status, response.body, response.wire_bytes) == (200, FEED, len(FEED))
    assert response.headers["etag"] == '"v1"'
    assert response.address == "127.0.0.1"
    assert (response.redirects, response.permanent_url, response.not_modified) == ((), None, False)
    assert 0 < response.seconds.first_byte <= response.seconds.total
    assert response.seconds.waited >= 0


def test_the_request_says_who_asks_and_nothing_else(server: Server) -> None:
    fetch(server.url("/feed"))
    assert server.asked[0].headers == {
        "host": f"127.0.0.1:{server.port}",
        "user-agent": "wiredesk-test/1",
        "accept": "*/*",
        "accept-encoding": "gzip, deflate, br, zstd",
    }


def test_validators_bring_not_modified(server: Server) -> None:
    response = fetch(server.url("/feed"), etag='"v1"', last_modified="Mon, 23 Nov 2026 10:00:00 GMT")
    assert (response.status, response.not_modified, response.body) == (304, True, b"")
    assert server.asked[0].headers["if-none-match"] == '"v1"'
    assert server.asked[0].headers["if-modified-since"] == "Mon, 23 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize("stored", ['"a"\r\nX-Injected: 1', '"caf\xe9"', '"\ud800"', '"' + "x" * 9000 + '"'])
def test_a_stored_validator_that_is_no_header_is_left_out(server: Server, stored: str) -> None:
    assert fetch(server.url("/feed"), etag=stored).status == 200
    assert "if-none-match" not in server.asked[0].headers
    assert "x-injected" not in server.asked[0].headers


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_header_bytes_beyond_ascii_are_text_that_can_be_stored(server: Server, encoding: str) -> None:
    server.raw = 'HTTP/1.1 200 OK\r\nETag: "été"\r\nContent-Length: 0\r\n\r\n'.encode(encoding)
    assert fetch(server.url("/raw")).headers["ETag"] == '"été"'


def test_a_redirect_may_be_written_beyond_ascii(server: Server) -> None:
    server.raw = "HTTP/1.1 302 Found\r\nLocation: /feed/é?q=ü b\r\nContent-Length: 0\r\n\r\n".encode()
    assert fetch(server.url("/raw")).final_url == server.url("/feed/%C3%A9?q=%C3%BC%20b")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418, 500, 502, 504])
def test_an_error_status_is_an_answer_whose_body_is_not_read(server: Server, status: int) -> None:
    response = fetch(server.url(f"/status/{status}?bytes=3000000"))
    assert (response.status, response.body) == (status, b"")


def test_cookies_are_not_kept(server: Server) -> None:
    async def run() -> None:
        resolver = answers("127.0.0.1")
        async with Fetcher(user_agent="t", limits=LIMITS, allowed_networks=ALLOWED, resolver=resolver) as fetcher:
            url = server.url("/status/200?Set-Cookie=desk%3D1", "news.test")
            assert (await fetcher.fetch(Request(url))).headers["Set-Cookie"] == "desk=1"
            await fetcher.fetch(Request(url))

    asyncio.run(run())
    assert ["cookie" in asked.headers for asked in server.asked] == [False, False]


def test_the_environment_changes_nothing(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login desk password secret\n")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("NETRC", str(netrc))
    fetch(server.url("/feed"))
    assert ["authorization" in asked.headers for asked in server.asked] == [False]


# Redirects


def test_redirects_are_followed_and_only_leading_permanent_ones_move_the_feed(server: Server) -> None:
    server.moves = {"/a": (301, "/b"), "/b": (308, "/c"), "/c": (302, "/d"), "/d": (301, "/feed")}
    response = fetch(server.url("/a"))
    assert response.final_url == server.url("/feed")
    assert response.body == FEED
    assert response.redirects == (
        (301, server.url("/b")),
        (308, server.url("/c")),
        (302, server.url("/d")),
        (301, server.url("/feed")),
    )
    assert response.permanent_url == server.url("/c")


def test_a_temporary_redirect_moves_nothing(server: Server) -> None:
    server.moves = {"/a": (307, "/feed")}
    assert fetch(server.url("/a")).permanent_url is None


def test_a_redirect_status_without_location_is_an_answer(server: Server) -> None:
    assert fetch(server.url("/status/301")).status == 301


def test_redirects_end(server: Server) -> None:
    server.moves = {"/round": (302, "/about"), "/about": (302, "/round")}
    refused(server.url("/round"), "too_many_redirects")
    assert server.targets == ["/round", "/about"]
    server.asked.clear()
    detail = refused(server.url("/count/1"), "too_many_redirects")
    assert "more than 5 times" in detail
    assert server.targets == [f"/count/{number}" for number in range(1, 7)]


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://127.0.0.2:{port}/feed", "blocked_address"),
        ("//127.0.0.2:{port}/feed", "blocked_address"),
        ("http://2130706434:{port}/feed", "blocked_address"),
        ("http://0x7f.2:{port}/feed", "blocked_address"),
        ("http://[::ffff:127.0.0.2]:{port}/feed", "blocked_address"),
        ("http://[::1]:{port}/feed", "blocked_address"),
        ("http://169.254.169.254/latest/meta-data/", "blocked_address"),
        ("http://desk@127.0.0.1:{port}/feed", "bad_url"),
        ("http://127.0.0.1\\@127.0.0.2:{port}/feed", "bad_url"),
        ("file:///etc/passwd", "bad_url"),
        ("gopher://127.0.0.1:70/", "bad_url"),
        ("http://127.0.0.1:6379/", "blocked_port"),
        ("http://[::1%25lo]:{port}/", "bad_url"),
    ],
)
def test_a_redirect_is_checked_like_a_request(server: Server, internal: Server, location: str, reason: str) -> None:
    server.moves = {"/a": (302, location.format(port=internal.port))}
    refused(server.url("/a"), reason)
    assert (server.targets, internal.targets) == (["/a"], [])


# Addresses


@pytest.mark.parametrize(
    "host",
    ["127.0.0.2", "127.2", "0177.0.0.2", "0x7f000002", "2130706434", "[::ffff:7f00:2]", "１２７.0.0.2", "127。0。0。2"],
)
def test_no_spelling_of_an_address_gets_past(internal: Server, host: str) -> None:
    refused(f"http://{host}:{internal.port}/feed", "blocked_address")
    assert internal.targets == []


def test_a_name_is_judged_by_what_it_leads_to(server: Server, internal: Server) -> None:
    assert fetch(server.url("/feed", "news.test"), resolver=answers("127.0.0.1")).address == "127.0.0.1"
    detail = refused(internal.url("/feed", "news.test"), "blocked_address", resolver=answers("127.0.0.2"))
    assert detail == (
        "news.test leads to 127.0.0.2: loopback; WIREDESK_ALLOWED_NETWORKS names networks that may be fetched from"
    )
    assert internal.targets == []


def test_one_private_answer_taints_the_name(server: Server) -> None:
    refused(server.url("/feed", "news.test"), "blocked_address", resolver=answers("127.0.0.1", "10.0.0.5"))
    assert server.targets == []


def test_a_name_that_changes_its_answer_before_the_connection(
    server: Server, internal: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = iter(["127.0.0.1", "127.0.0.2"])

    async def rebinds(host: str) -> Sequence[str]:
        return [next(turns)]

    monkeypatch.setattr(Names, "_KEEP_SECONDS", -1.0)
    refused(internal.url("/feed", "news.test"), "blocked_address", resolver=rebinds)
    assert internal.targets == []


@pytest.mark.parametrize("addresses", [["127.0.0.2"], ["127.0.0.2", "127.0.0.3"]])
def test_the_socket_itself_is_refused(
    internal: Server, monkeypatch: pytest.MonkeyPatch, addresses: Sequence[str]
) -> None:
    """Even where every check of names is gone."""
    monkeypatch.setattr(Names, "_ask", lambda self, host: self._resolve(host))
    refused(internal.url("/feed", "news.test"), "blocked_address", resolver=answers(*addresses))
    assert internal.targets == []


def test_a_name_that_does_not_exist() -> None:
    async def unknown(host: str) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async def confused(host: str) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    assert refused("http://gone.test/", "unknown_host", resolver=unknown) == "gone.test does not exist in DNS"
    assert (
        failed("http://gone.test/", resolver=confused) == "gone.test: DNS failed: Temporary failure in name resolution"
    )


def test_the_system_resolver_answers_names(server: Server) -> None:
    networks = (*ALLOWED, ip_network("::1/128"))
    assert fetch(server.url("/feed", "localhost"), allowed_networks=networks).body == FEED


@pytest.mark.parametrize(
    "url",
    [
        "ftp://news.test/feed",
        "news.test/feed",
        "//news.test/feed",
        "http:news.test",
        "http://",
        "http://./",
        "http://desk:secret@news.test/",
        "http://@news.test/",
        "http://news.test@127.0.0.1/",
        "http://news.test:99999/",
        "http://news.test:port/",
        "http://news .test/",
        "http://news.test/\r\nX-Injected: 1",
        "http://news.test\\@127.0.0.1/",
        "http://1.2.3.4.5/",
        "http://256.256.256.256/",
        "http://[fe80::1%eth0]/",
        "http://[::1/",
        "http://news..test/",
        "http://" + "a" * 64 + ".test/",
        "http://news.test/" + "a" * 9000,
        "javascript:alert(1)",
        "data:text/plain,feed",
        "",
    ],
)
def test_a_text_that_is_no_url_is_refused(url: str) -> None:
    refused(url, "bad_url", resolver=answers("127.0.0.1"))


@pytest.mark.parametrize("port", [22, 25, 5432, 6379, 11211])
def test_ports_of_other_protocols_are_refused(port: int) -> None:
    refused(f"http://127.0.0.1:{port}/", "blocked_port")


def test_only_allowed_ports_where_they_are_named(server: Server) -> None:
    refused(server.url("/feed"), "blocked_port", allowed_ports={80, 443})
    assert fetch(server.url("/feed"), allowed_ports={server.port}).status == 200


def test_a_url_reads_the_same_for_the_check_and_the_connection() -> None:
    assert str(parse_url(" HTTP://News.Test:80/a b?q=é#part ")) == "http://news.test/a%20b?q=%C3%A9"
    assert parse_url("http://münchen.test/").raw_host == "xn--mnchen-3ya.test"


# Time


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("/slow-head", "127.0.0.1: no complete answer within 1 s"),
        ("/slow-body", "127.0.0.1: no complete answer within 1 s"),
        ("/chunk-extension", "127.0.0.1: no complete answer within 1 s"),
        ("/informs", "127.0.0.1: no complete answer within 1 s"),
        ("/silent", "127.0.0.1: silent for 0.5 s"),
    ],
)
def test_slowness_has_an_end(server: Server, target: str, message: str) -> None:
    assert failed(server.url(target)) == message


def test_redirects_share_one_deadline(server: Server) -> None:
    server.answer_seconds = 0.3
    assert failed(server.url("/count/1")) == "127.0.0.1: no complete answer within 1 s"
    assert 1 <= len(server.asked) <= 4


def test_a_name_that_hangs_has_an_end() -> None:
    async def hangs(host: str) -> Sequence[str]:
        await asyncio.sleep(60)
        return []

    assert failed("http://hangs.test/", resolver=hangs) == "hangs.test: no complete answer within 1 s"


def test_hanging_lookups_end_with_the_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that sits in getaddrinfo holds up neither the fetch nor the end of the loop."""
    released = threading.Event()

    def hangs(*_: object, **__: object) -> list[object]:
        released.wait()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hangs)
    try:
        assert failed("http://hangs.test/") == "hangs.test: no complete answer within 1 s"
    finally:
        released.set()


def test_a_connection_that_hangs_has_an_end() -> None:
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        assert failed(f"http://127.0.0.1:{full.getsockname()[1]}/") == "127.0.0.1: no connection within 0.5 s"


def test_a_tls_handshake_that_hangs_has_an_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        assert failed(f"https://127.0.0.1:{mute.getsockname()[1]}/") == "127.0.0.1: no connection within 0.5 s"


def test_a_hanging_host_does_not_delay_other_hosts(server: Server) -> None:
    async def run() -> None:
        patient = FetchLimits(first_byte_seconds=500.0, total_seconds=500.0)
        async with Fetcher(user_agent="t", limits=patient, allowed_networks=ALLOWED) as fetcher:
            hanging = [asyncio.create_task(fetcher.fetch(Request(server.url("/silent")))) for _ in range(50)]
            await asyncio.gather(*(fetcher.fetch(Request(server.url("/feed"))) for _ in range(50)))
            assert not any(task.done() for task in hanging)
            for task in hanging:
                task.cancel()
            await asyncio.gather(*hanging, return_exceptions=True)

    asyncio.run(run())


# Size


def test_a_body_too_large_on_the_wire(server: Server) -> None:
    assert refused(server.url("/announce/1048577"), "too_large") == "1048577 bytes announced, the limit is 1048576"
    assert refused(server.url("/endless"), "too_large") == "more than 1048576 bytes came"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_bombs_are_defused(server: Server, coding: str) -> None:
    detail = refused(server.url(f"/coded/{coding}"), "too_large")
    assert detail == "the body is larger than 2097152 bytes when decoded"


def test_a_bomb_costs_no_memory(server: Server) -> None:
    """512 MB in 0.5 MB of gzip, in a process of its own because the peak is the process's."""
    program = f"""
import asyncio, resource
from ipaddress import ip_network
from wiredesk.worker.errors import Rejected
from wiredesk.worker.http.client import Fetcher, FetchLimits, Request

limits = FetchLimits(max_body_bytes=1 << 20)

async def run():
    async with Fetcher(user_agent="t", limits=limits, allowed_networks=[ip_network("127.0.0.1/32")]) as fetcher:
        await fetcher.fetch(Request({server.url("/feed")!r}))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            await fetcher.fetch(Request({server.url("/coded/gzip")!r}))
        except Rejected as error:
            print(error.reason, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)

asyncio.run(run())
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=300)
    reason, grown_kilobytes = run.stdout.split()
    assert reason == "too_large"
    assert int(grown_kilobytes) < 8 * 1024


def test_nested_codings_are_refused(server: Server) -> None:
    assert refused(server.url("/coded/gzip+gzip"), "bad_encoding") == "nested content codings: gzip, gzip"


@pytest.mark.parametrize("target", ["/long-header", "/many-headers"])
def test_header_floods_are_refused(server: Server, target: str) -> None:
    refused(server.url(target), "too_large")


# Breakage


def test_broken_connections_are_passing_failures(server: Server) -> None:
    assert failed(server.url("/cut")) == "127.0.0.1: the body ended in the middle"
    assert failed(server.url("/reset")) == "127.0.0.1: the connection was closed before an answer"
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        message = failed(f"http://127.0.0.1:{closed.getsockname()[1]}/")
        assert message.startswith("127.0.0.1: no connection: Connect call failed")


def test_a_server_that_does_not_speak_http_is_refused(server: Server) -> None:
    refused(server.url("/no-http"), "bad_response")


# Waiting when asked to


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("asked", "seconds"), [("30", 30.0), ("0", 60.0), ("999999999", 86_400.0), ("soon", 60.0)])
def test_a_host_that_asks_us_to_wait(server: Server, status: int, asked: str, seconds: float) -> None:
    with pytest.raises(HostBusy) as caught:
        fetch(server.url(f"/status/{status}?Retry-After={asked}"))
    assert caught.value.retry_after_seconds == seconds
    assert str(caught.value) == f"127.0.0.1 answered {status}: wait {seconds:g} s"


# TLS


@pytest.fixture
def tls_server(certificate: Path) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Server(tls=context) as running:
        yield running


LOCALHOST = answers("127.0.0.1")


def test_a_certificate_of_an_unknown_authority_is_refused(tls_server: Server) -> None:
    detail = refused(tls_server.url("/feed", "localhost"), "tls", resolver=LOCALHOST)
    assert "self-signed certificate" in detail.replace("self signed", "self-signed")
    assert tls_server.targets == []


def test_verification_can_be_waived_for_one_host(tls_server: Server) -> None:
    response = fetch(tls_server.url("/feed", "localhost"), verify_tls=False, resolver=LOCALHOST)
    assert response.body == FEED


def test_the_waiver_does_not_follow_a_redirect_to_another_host(tls_server: Server) -> None:
    tls_server.moves = {"/a": (302, tls_server.url("/feed", "other.test"))}
    refused(tls_server.url("/a", "localhost"), "tls", verify_tls=False, resolver=LOCALHOST)
    assert tls_server.targets == ["/a"]


def test_a_trusted_certificate_must_name_the_host(tls_server: Server, certificate: Path) -> None:
    trust = ssl.create_default_context(cafile=f"{certificate}.crt")
    assert fetch(tls_server.url("/feed", "localhost"), resolver=LOCALHOST, ssl_context=trust).body == FEED
    refused(tls_server.url("/feed", "other.test"), "tls", resolver=LOCALHOST, ssl_context=trust)


def test_plain_http_on_a_tls_port_and_the_reverse(server: Server, tls_server: Server) -> None:
    refused(f"https://localhost:{server.port}/feed", "tls", resolver=LOCALHOST)
    assert failed(f"http://localhost:{tls_server.port}/feed", resolver=LOCALHOST)
