"""Install the built wheel as a user would, with the pip that this Python brings, and file an article with it.

    python tests/smoke.py [PYTHON …]        needs dist/wiredesk-*.whl (make dist) and the package index

Each PYTHON gets an empty virtual environment. The commands run in a folder whose `schema`, `tasks` and `worker` would
break the program if it imported them. Standard library only.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

START_SECONDS = 120
COPY = """Example Press

Harbour reopens after storm

RIGA, March 9 (Example Press) - The port of Riga reopened on Monday after a storm closed it for two days.

"We lost two cranes and no one was hurt," said Anna Berzina, who runs the port.
"""


def main() -> None:
    (wheel,) = (Path(__file__).parents[1] / "dist").glob("wiredesk-*.whl")
    for python in sys.argv[1:] or [sys.executable]:
        with tempfile.TemporaryDirectory() as folder:
            smoke(python, wheel.resolve(), Path(folder))


def smoke(python: str, wheel: Path, folder: Path) -> None:
    environment = {name: text for name, text in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}

    def run(*command: object, **options: object) -> str:
        done = subprocess.run([str(word) for word in command], env=environment, cwd=folder, text=True,
                              stdout=subprocess.PIPE, check=True, **options)  # type: ignore[call-overload]  # fmt: skip
        return str(done.stdout)

    run(python, "-m", "venv", folder / "env")
    bin_ = folder / "env" / "bin"
    run(bin_ / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"{wheel}[embedded]")
    for name in ("schema", "tasks", "worker"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(f"raise ImportError('{name} of the working directory')\n")
    (folder / "article.txt").write_text(COPY)
    run(bin_ / "python", "-c", "from wiredesk.client import Desk")
    assert "Harbour reopens after storm" in run(bin_ / "wiredesk", "parse", "article.txt")
    up = subprocess.Popen(
        [str(bin_ / "wiredesk"), "up"], env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        deadline = time.monotonic() + START_SECONDS
        said = ""
        while "created" not in said:
            assert time.monotonic() < deadline and up.poll() is None, f"no article was filed; last answer: {said!r}"
            done = subprocess.run(
                [str(bin_ / "wiredesk"), "submit", "article.txt", "--key", "smoke", "--wait"],
                env=environment, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
            )  # fmt: skip
            said = done.stdout
            time.sleep(0.5)
    finally:
        up.send_signal(signal.SIGTERM)
        up.wait(60)
    version = run(bin_ / "python", "-V").strip()
    pip = run(bin_ / "python", "-m", "pip", "--version").split()[1]
    print(f"{version}, pip {pip}: installed from {wheel.name}, {said.strip().splitlines()[-1]}")


if __name__ == "__main__":
    main()
