"""Which hosts are addresses, and which addresses are public."""

from __future__ import annotations

import contextlib
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiredesk.worker.errors import Rejected
from wiredesk.worker.http.addresses import literal_address, parse_networks, require_public, why_blocked

# A host as a URL may spell it, and what comes of it: `name` (asked of DNS), `public`, `bad`, or why it is blocked.
HOSTS = """
93.184.216.34                       public
93.184.216.34.                      public
1.1.1.1                             public
1572395042                          public
0x5db8d822                          public
0135.0270.0330.042                  public
93.12113954                         public
[2606:2800:220:1:248:1893:25c8:1946]  public
[2a00:1450:4001:80b::200e]          public
[::ffff:93.184.216.34]              public
[64:ff9b::5db8:d822]                public
news.test                           name
news.test.                          name
localhost                           name
127.0.0.1.nip.test                  name
1.2.3.4a                            name
0xnews                              name
xn--mnchen-3ya.test                 name
dead.beef                           name
127.0.0.1                           loopback
127.0.0.1.                          loopback
127.1                               loopback
127.0.1                             loopback
127.255.255.254                     loopback
2130706433                          loopback
017700000001                        loopback
0177.0.0.1                          loopback
0177.0.0.01                         loopback
0x7f000001                          loopback
0X7F000001                          loopback
0x7f.1                              loopback
0x7f.0x0.0x0.0x1                    loopback
0x7f.0.01                           loopback
0                                   this host
0x                                  this host
0.0.0.0                             this host
00000000000                         this host
0.255.255.255                       this host
10.0.0.1                            a private network
167772161                           a private network
012.0.0.1                           a private network
10.255.255.255                      a private network
172.16.0.1                          a private network
172.31.255.255                      a private network
172.32.0.1                          public
192.168.0.1                         a private network
192.168.257                         a private network
0300.0250.0.1                       a private network
3232235521                          a private network
100.64.0.1                          a provider's shared network
100.100.100.200                     a provider's shared network
100.128.0.1                         public
169.254.169.254                     link-local
2852039166                          link-local
0xa9fea9fe                          link-local
0251.0376.0251.0376                 link-local
169.254.43518                       link-local
168.63.129.16                       a cloud provider's metadata service
192.0.0.8                           protocol assignments
192.0.0.192                         protocol assignments
192.0.2.1                           documentation
198.51.100.7                        documentation
203.0.113.9                         documentation
192.31.196.1                        AS112
192.52.193.1                        AMT
192.175.48.1                        AS112
192.88.99.1                         6to4 relays
198.18.0.1                          benchmarking
198.19.255.255                      benchmarking
224.0.0.1                           multicast
239.255.255.250                     multicast
240.0.0.1                           reserved
255.255.255.255                     reserved
4294967295                          reserved
[::]                                outside global unicast
[::1]                               outside global unicast
[0:0:0:0:0:0:0:1]                   outside global unicast
[::127.0.0.1]                       outside global unicast
[::ffff:127.0.0.1]                  loopback
[::ffff:7f00:1]                     loopback
[0:0:0:0:0:ffff:127.0.0.1]          loopback
[::ffff:169.254.169.254]            link-local
[::ffff:0:127.0.0.1]                outside global unicast
[64:ff9b::7f00:1]                   loopback
[64:ff9b::127.0.0.1]                loopback
[64:ff9b::a9fe:a9fe]                link-local
[64:ff9b:1::1]                      outside global unicast
[100::1]                            outside global unicast
[2001::1]                           protocol assignments (Teredo among them)
[2001:0:4136:e378:8000:63bf:3fff:fdd2]  protocol assignments (Teredo among them)
[2001:2::1]                         protocol assignments (Teredo among them)
[2001:10::1]                        protocol assignments (Teredo among them)
[2001:db8::1]                       documentation
[2002:7f00:1::]                     6to4
[2002:5db8:d822::1]                 6to4
[2620:4f:8000::1]                   AS112
[3fff::1]                           documentation
[5f00::1]                           outside global unicast
[2a00:1450::5efe:7f00:1]            ISATAP
[2a00:1450::200:5efe:10.0.0.1]      ISATAP
[fc00::1]                           outside global unicast
[fd00:ec2::254]                     outside global unicast
[fe80::1]                           outside global unicast
[fec0::1]                           outside global unicast
[ff02::1]                           outside global unicast
[fe80::1%eth0]                      bad
[::1%lo]                            bad
[::1%25lo]                          bad
[::g]                               bad
[1.2.3.4]                           bad
[]                                  bad
::ffff:1.2.3                        bad
256.1.1.1                           bad
1.2.3.4.5                           bad
1.2.3.                              public
1..2                                bad
1.2.3.256                           bad
127.0.65536                         bad
4294967296                          bad
0x100000000                         bad
08                                  bad
0189.0.0.1                          bad
news.1                              bad
news.0x7f                           bad
1.2.3.-4                            name
99999999999999999999999999999999999999999  bad
"""
ROWS = [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1].strip()) for line in HOSTS.strip().splitlines()]


def verdict(host: str) -> str:
    try:
        address = literal_address(host)
    except Rejected as error:
        assert error.reason == "bad_url"
        return "bad"
    return "name" if address is None else why_blocked(address) or "public"


@pytest.mark.parametrize(("host", "expected"), ROWS, ids=[host for host, _ in ROWS])
def test_every_form_of_an_address(host: str, expected: str) -> None:
    assert verdict(host) == expected


def test_the_table_is_as_long_as_promised() -> None:
    assert len(dict(ROWS)) == len(ROWS) >= 60


@pytest.mark.parametrize("host", ["127.1", "0x7f.1", "017700000001", "2130706433", "127.0.0.1."])
def test_short_forms_are_the_address_they_stand_for(host: str) -> None:
    assert literal_address(host) == IPv4Address("127.0.0.1")


def test_mapped_addresses_stay_what_they_are() -> None:
    assert literal_address("[::ffff:7f00:1]") == IPv6Address("::ffff:127.0.0.1")


def test_allowed_networks_win_and_reach_no_further() -> None:
    allowed = parse_networks(["192.168.7.0/24", " fd12::/64 "])
    assert why_blocked(ip_address("192.168.7.9"), allowed) is None
    assert why_blocked(ip_address("::ffff:192.168.7.9"), allowed) is None
    assert why_blocked(ip_address("64:ff9b::c0a8:709"), allowed) is None
    assert why_blocked(ip_address("fd12::9"), allowed) is None
    assert why_blocked(ip_address("192.168.8.9"), allowed) == "a private network"
    assert why_blocked(ip_address("fd13::9"), allowed) == "outside global unicast"
    assert why_blocked(ip_address("127.0.0.1"), allowed) == "loopback"


def test_a_network_with_host_bits_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="host bits"):
        parse_networks(["10.0.0.1/8"])


def test_any_private_answer_refuses_the_name() -> None:
    require_public("news.test", [ip_address("93.184.216.34")])
    with pytest.raises(Rejected) as caught:
        require_public("news.test", [ip_address("93.184.216.34"), ip_address("10.1.2.3")])
    assert str(caught.value) == (
        "blocked_address: news.test leads to 10.1.2.3: a private network; "
        "WIREDESK_ALLOWED_NETWORKS names networks that may be fetched from"
    )


_PART = st.one_of(
    st.sampled_from(
        ["", "0", "00", "0x", "08", "0xg", "127", "256", "65536", "4294967295", "4294967296", "-1", "+1", "１"]
    ),
    st.integers(0, 2**33).map(str),
    st.integers(0, 2**33).map(hex),
    st.integers(0, 2**33).map(lambda number: f"0{number:o}"),
)


@given(st.lists(_PART, min_size=1, max_size=5).map(".".join))
def test_no_host_means_one_address_here_and_another_to_the_c_library(host: str) -> None:
    try:
        theirs = IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return
    with contextlib.suppress(Rejected):
        assert literal_address(host) == theirs
