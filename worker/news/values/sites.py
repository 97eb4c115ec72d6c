"""Sites: which hosts belong to one publisher. The host budget, pages and identity all ask here.

The public suffix list says where names are sold, private suffixes (`github.io`) included; `words/hosting_platforms.txt`
adds the platforms that give each publisher a subdomain and are not in the list.
"""

from __future__ import annotations

from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList

from wiredesk.worker.news.values import words


@cache
def _public_suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@cache
def _platforms() -> frozenset[str]:
    return words.entry_set("hosting_platforms")


@lru_cache(maxsize=4_096)
def site_of(host: str) -> str:
    """`www.news.example.co.uk` → `example.co.uk`, `ann.substack.com` → itself.

    `host` is a name in punycode without a port, in any case. An address, a bare suffix and a single label stay as they
    are, without brackets.
    """
    name = host.lower().rstrip(".").strip("[]")
    if ":" in name or name.rpartition(".")[2][:1].isdigit():  # no top-level domain begins with a digit
        return name
    own = _public_suffixes().privatesuffix(name) or name
    # A platform's own name is one label too short: the publisher's site has one label more.
    while own in _platforms() and own != name:
        longer = ".".join(name.split(".")[-own.count(".") - 2 :])
        if longer == f"www.{own}":
            return own
        own = longer
    return own
