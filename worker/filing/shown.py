"""What makes an entry the same that a feed showed before: its bytes, and all that decides how it is read."""

from __future__ import annotations

import hashlib
import importlib.metadata
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_WORKER = Path(__file__).parents[1]


def reading_context(*, url: str | None, source: str | None) -> str:
    """What the reading of an entry depends on beside its document: `context` of `Split.digests`.

    `url` is where the document came from, `source` the publisher that the feed's row names.
    """
    return "\0".join((_code_version(), url or "", source or ""))


def title_key(title: str) -> int:
    """64 bits that stand for `Identity.title`."""
    packed = title.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(packed, digest_size=8).digest(), signed=True)


@cache
def _code_version() -> str:
    """A hash of the code and word lists that read entries and decide on them, and of the versions of libraries."""
    found = hashlib.sha256()
    for folder in (_WORKER / "news", _WORKER / "filing"):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                found.update(path.name.encode() + b"\0" + path.read_bytes())
    found.update("\0".join(_library_versions()).encode())
    return found.hexdigest()


def _library_versions() -> Iterator[str]:
    for requirement in importlib.metadata.requires("wiredesk") or ():
        name = re.split(r"[^A-Za-z0-9_.-]", requirement, maxsplit=1)[0]
        try:
            yield f"{name} {importlib.metadata.version(name)}"
        except importlib.metadata.PackageNotFoundError:
            continue  # of an extra that is not installed
