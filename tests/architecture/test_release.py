"""Wheel and source archive, built without a network; what a release says of itself in several places agrees."""

from __future__ import annotations

import email
import importlib.util
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

import entrox
from entrox.cli.doctor import EXTRAS

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not (ROOT / "pyproject.toml").is_file(), reason="needs the source tree")
COMPILED = (".pyc", ".nbi", ".nbc", ".so")
LEFTOVERS = {"__pycache__", "_output", ".venv", ".hypothesis", ".mypy_cache", ".ruff_cache", ".git"}
AT_THE_TOP = {"runs", "site", "dist", "build"}
NEEDED_BY_THE_TESTS = (
    "src/entrox/__init__.py", "tests/conftest.py", "tests/public_api.py", "benchmarks/asv.conf.json", "gallery",
    "examples/batio3_families.toml", "validation", "docs/index.md", "mkdocs.yml", "Makefile", "tools/release_check.py",
    "constraints.txt", "constraints-lowest.txt", "pyproject.toml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md",
    "CITATION.cff", "LICENSE", ".ci/run",
)  # fmt: skip
DATA_FILES = (
    "composition/data/shannon_radii.csv", "breakdown/data/calibration.toml", "design/ledger.toml",
    "design/data/example_study.toml", "plots/data/report.html", "plots/data/page.css", "py.typed",
)  # fmt: skip
WHEEL_BYTES, ARCHIVE_BYTES = 4e6, 15e6
LARGEST_FILE_BYTES = 1e6


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return found


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling is in the extra dev")
    folder = tmp_path_factory.mktemp("release")
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(next(built.glob("*.whl")))


@pytest.fixture(scope="module")
def archive(built: Path) -> dict[str, int]:
    """Return the size of every file of the source archive by its path in the tree."""
    with tarfile.open(next(built.glob("*.tar.gz"))) as packed:
        return {item.name.split("/", 1)[1]: item.size for item in packed.getmembers() if item.isfile()}


def metadata_of(wheel: zipfile.ZipFile) -> Message:
    name = next(item for item in wheel.namelist() if item.endswith(".dist-info/METADATA"))
    return email.message_from_bytes(wheel.read(name))


def leftovers(names: list[str]) -> list[str]:
    return [
        name
        for name in names
        if name.endswith(COMPILED) or LEFTOVERS & set(name.split("/")) or name.split("/")[0] in AT_THE_TOP
    ]


def test_the_wheel_holds_every_module_and_every_data_file(wheel: zipfile.ZipFile) -> None:
    packed = {name for name in wheel.namelist() if name.startswith("entrox/")}
    sources = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src" / "entrox").rglob("*")
        if path.is_file() and not leftovers([path.relative_to(ROOT).as_posix()])
    }
    assert packed == sources
    assert {f"entrox/{name}" for name in DATA_FILES} <= packed


def test_the_wheel_holds_nothing_but_the_package(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert {name.split("/")[0] for name in names} == {"entrox", f"entrox-{entrox.__version__}.dist-info"}
    assert leftovers(names) == []
    assert sum(item.compress_size for item in wheel.infolist()) < WHEEL_BYTES
    assert [item.filename for item in wheel.infolist() if item.file_size > LARGEST_FILE_BYTES] == []


def test_the_source_archive_is_complete_and_small(archive: dict[str, int], built: Path) -> None:
    missing = [name for name in NEEDED_BY_THE_TESTS if not any(found.startswith(name) for found in archive)]
    assert missing == []
    assert leftovers(list(archive)) == []
    assert next(built.glob("*.tar.gz")).stat().st_size < ARCHIVE_BYTES
    assert [name for name, size in archive.items() if size > LARGEST_FILE_BYTES] == []


def test_the_metadata_say_what_the_project_says(wheel: zipfile.ZipFile, project: dict[str, Any]) -> None:
    metadata = metadata_of(wheel)
    assert metadata["Version"] == entrox.__version__
    assert metadata["License-Expression"] == project["license"]
    assert metadata["Requires-Python"] == project["requires-python"]
    core = [text for text in metadata.get_all("Requires-Dist", []) if "extra ==" not in text]
    assert len(core) == len(project["dependencies"])
    assert set(metadata.get_all("Provides-Extra", [])) == set(project["optional-dependencies"])


def test_the_version_stands_in_one_place(project: dict[str, Any]) -> None:
    assert "version" in project["dynamic"]
    assert "version" not in project
    source = (ROOT / "src" / "entrox" / "__init__.py").read_text(encoding="utf-8")
    assert source.count(f'__version__ = "{entrox.__version__}"') == 1


def test_the_citation_agrees_with_the_project(project: dict[str, Any]) -> None:
    yaml = pytest.importorskip("yaml", reason="the extra dev brings a reader of YAML")
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors", "version", "license", "type"} <= set(citation)
    assert str(citation["cff-version"]) == "1.2.0"
    assert str(citation["version"]) == entrox.__version__
    assert citation["license"] == project["license"]
    assert [author["name"] for author in citation["authors"]] == [author["name"] for author in project["authors"]]
    assert citation["title"].endswith(project["description"].removeprefix("The "))


def test_every_extra_is_explained_by_the_doctor_and_on_the_page_of_releases(project: dict[str, Any]) -> None:
    extras = set(project["optional-dependencies"])
    assert extras <= set(EXTRAS)
    page = (ROOT / "docs" / "release.md").read_text(encoding="utf-8")
    assert [extra for extra in sorted(extras) if f"| `{extra}` |" not in page] == []


def test_the_lowest_versions_are_the_lower_bounds_of_the_project(project: dict[str, Any]) -> None:
    lines = (ROOT / "constraints-lowest.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    bounds = dict(text.replace(" ", "").split(">=") for text in project["dependencies"])
    wrong = {name: (bound, pins.get(name)) for name, bound in bounds.items() if not same(bound, pins.get(name, ""))}
    assert wrong == {}


def same(bound: str, pin: str) -> bool:
    """Say whether two versions are one, such as 3.24 and 3.24.0."""
    parts = [[int(part) for part in text.split(".") if part.isdigit()] for text in (bound, pin)]
    longest = max(map(len, parts))
    return parts[0] + [0] * (longest - len(parts[0])) == parts[1] + [0] * (longest - len(parts[1])) and bool(pin)
