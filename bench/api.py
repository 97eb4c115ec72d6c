"""The HTTP API against its own OpenAPI document: valid and invalid requests made from it, and chains of them.

    make conformance

Starts the desk with some articles, a feed and refused messages, and runs schemathesis (all checks, stateful links) on
it. The stream of changes never ends and is left out; `tests/web` reads it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from bench import servers
from bench.intake import MORE, TEXT
from wiredesk.worker.machine import services

_CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
_ARTICLES = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schemathesis", default="schemathesis", help="The command.")
    parser.add_argument("--seconds", type=int, default=240)
    parser.add_argument("--seed", type=int, help="That of a run before, to repeat it.")
    options = parser.parse_args()
    with servers.site(services.SERVICES) as (_, address):
        _fill(address)
        command = [
            options.schemathesis,
            "--config-file",
            str(_CONFIGURATION),
            "run",
            f"{address}/v1/openapi.json",
            "--continue-on-failure",
            "--max-time",
            str(options.seconds),
            "--exclude-path",
            "/v1/changes/stream",
            *(("--seed", str(options.seed)) if options.seed is not None else ()),
        ]
        sys.exit(subprocess.run(command, check=False).returncode)


def _fill(url: str) -> None:
    """Articles, a feed and refused messages, so that what is asked for by number is there."""
    for n in range(1, _ARTICLES + 1):
        _post(f"{url}/v1/articles", {"content": TEXT.format(n=n, more=MORE), "source": "Example Press", "key": str(n)})
    _post(f"{url}/v1/feeds", {"url": "http://127.0.0.1:9/feed.xml", "check": False})
    for n in range(_ARTICLES):
        _post(f"{url}/v1/articles", {"content": " ", "key": f"empty-{n}"})
    servers.wait(lambda: json.load(urllib.request.urlopen(f"{url}/v1/submissions/{_ARTICLES}"))["finished"])


def _post(url: str, message: dict[str, object]) -> None:
    request = urllib.request.Request(url, json.dumps(message).encode(), {"Content-Type": "application/json"})
    with contextlib.suppress(urllib.error.HTTPError):  # the refused ones
        urllib.request.urlopen(request).close()


if __name__ == "__main__":
    main()
