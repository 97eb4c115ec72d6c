"""What is installed: one package, whole, that no folder of the working directory can shadow."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("worker", "tasks", "schema")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return folder


def package_files() -> set[str]:
    """The files of the three folders and of `wiredesk/`, by the names that they have in the package."""
    found = {
        f"wiredesk/{path.relative_to(ROOT)}"
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    return found | {f"wiredesk/{path.name}" for path in (ROOT / "wiredesk").iterdir() if path.is_file()}


def test_the_wheel_has_one_package_and_every_file_of_it(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert names == package_files()


def test_the_sdist_has_the_same_package(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames()}
    assert {name for name in names if name.startswith("wiredesk/")} == package_files()


def test_a_folder_of_the_working_directory_shadows_nothing(tmp_path: Path) -> None:
    for name in FOLDERS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise ImportError(__file__)\n")
    program = "from wiredesk.client import Desk; from wiredesk import schema; print(len(schema.migrations()) > 0)"
    ran = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert (ran.stdout, ran.stderr) == ("True\n", "")


def test_nothing_imports_the_folders_by_their_own_names() -> None:
    by_own_name = re.compile(rf"^\s*(?:from|import) (?:{'|'.join(FOLDERS)})\b", re.MULTILINE)
    python = [path for folder in (*FOLDERS, "tests", "bench") for path in (ROOT / folder).rglob("*.py")]
    assert [str(path) for path in python if by_own_name.search(path.read_text())] == []
