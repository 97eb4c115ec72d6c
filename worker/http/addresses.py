"""Which addresses may be connected to.

`ipaddress.is_global` is not enough: Python 3.11 calls NAT64, 6to4, `192.0.0.0/24`, site-local and multicast addresses
global. The lists here are the IANA special-purpose registries (RFC 6890 and its updates), read as "a public web site
can't live there".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from wiredesk.worker.errors import Rejected

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_BLOCKED_V4 = tuple(
    (IPv4Network(network), what)
    for network, what in (
        ("0.0.0.0/8", "this host"),
        ("10.0.0.0/8", "a private network"),
        ("100.64.0.0/10", "a provider's shared network"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "a cloud provider's metadata service"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "a private network"),
        ("192.0.0.0/24", "protocol assignments"),
        ("192.0.2.0/24", "documentation"),
        ("192.31.196.0/24", "AS112"),
        ("192.52.193.0/24", "AMT"),
        ("192.88.99.0/24", "6to4 relays"),
        ("192.168.0.0/16", "a private network"),
        ("192.175.48.0/24", "AS112"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
# Global unicast is 2000::/3 and nothing else; these are the holes in it.
_GLOBAL_V6 = IPv6Network("2000::/3")
_BLOCKED_V6 = tuple(
    (IPv6Network(network), what)
    for network, what in (
        ("2001::/23", "protocol assignments (Teredo among them)"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("2620:4f:8000::/48", "AS112"),
        ("3fff::/20", "documentation"),
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP_MARKS = (0x00005EFE, 0x02005EFE)
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")


def parse_networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """CIDR networks; raises ValueError for one that isn't (`10.0.0.1/8` with host bits set included)."""
    return tuple(ip_network(text.strip()) for text in texts)


def literal_address(host: str) -> Address | None:
    """The address that `host` spells, or None for a name.

    Reads every form that a resolver would (`127.1`, `0x7f.1`, `017700000001`, `2130706433`, `[::1]`), by the WHATWG
    rule that a host whose last label is a number is an address. Raises Rejected("bad_url") for one that is not, and
    for zone ids, which name an interface of this machine.
    """
    if ":" in host or host.startswith("["):
        try:
            address = IPv6Address(host.removeprefix("[").removesuffix("]"))
        except ValueError:
            raise Rejected("bad_url", f"{host!r} is not an IPv6 address") from None
        if address.scope_id is not None:
            raise Rejected("bad_url", f"{host!r} carries a zone id")
        return address
    labels = host.removesuffix(".").split(".")
    if not _NUMBER.fullmatch(labels[-1]):
        return None
    try:
        return IPv4Address(_ipv4_number(labels))
    except ValueError:
        raise Rejected("bad_url", f"{host[:80]!r} ends in a number and is not an IPv4 address") from None


def _ipv4_number(labels: Sequence[str]) -> int:
    """Parse as inet_aton does: one to four parts, the last of which fills the remaining bytes."""
    if len(labels) > 4:
        raise ValueError("too many parts")
    *leading, last = [_part(label) for label in labels]
    if any(part > 255 for part in leading) or last >= 256 ** (4 - len(leading)):
        raise ValueError("part too large")
    return last + sum(part << (8 * (3 - place)) for place, part in enumerate(leading))


def _part(label: str) -> int:
    if len(label) > 32 or not _NUMBER.fullmatch(label):
        raise ValueError("not a number")
    if label[:2] in ("0x", "0X"):
        return int(label[2:] or "0", 16)
    return int(label, 8 if len(label) > 1 and label.startswith("0") else 10)


def why_blocked(address: Address, allowed: Sequence[Network] = ()) -> str | None:
    """Why `address` is not public, in a few words; None where it may be connected to.

    IPv4 inside IPv6 (mapped, NAT64) is judged as the IPv4 it leads to. `allowed` networks win over everything.
    """
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return why_blocked(address.ipv4_mapped, allowed)
        if _within(address, allowed):
            return None
        if address in _NAT64:
            return why_blocked(IPv4Address(int(address) & 0xFFFFFFFF), allowed)
        return _why_blocked_v6(address)
    if _within(address, allowed):
        return None
    return next((what for network, what in _BLOCKED_V4 if address in network), None)


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _why_blocked_v6(address: IPv6Address) -> str | None:
    if address not in _GLOBAL_V6:
        return "outside global unicast"
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP_MARKS:
        return "ISATAP"
    return next((what for network, what in _BLOCKED_V6 if address in network), None)


def require_public(host: str, addresses: Sequence[Address], allowed: Sequence[Network] = ()) -> None:
    """Raise Rejected("blocked_address") when any of `addresses` is not public: one private answer taints the name."""
    for address in addresses:
        if (what := why_blocked(address, allowed)) is not None:
            raise Rejected(
                "blocked_address",
                f"{host} leads to {address}: {what}; WIREDESK_ALLOWED_NETWORKS names networks that may be fetched from",
            )
