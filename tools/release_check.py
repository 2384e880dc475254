"""Build wheel and source archive, install them where nothing else is, and use them: ``make release-check``.

Needs a package index, some minutes and 2 GB in a temporary folder; nothing in the source tree changes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LARGEST_DOWNLOAD_MB = 260.0
EXTRAS = ("hpc", "postgres", "atomprobe", "microscopy")
"""Extras that are installed one after the other; ``potentials`` (3 GB) has ``make test-engines``."""
ABSENT = {
    "hpc": ("study", "study.toml", "--out", "cluster", "--scheduler", "tcp://127.0.0.1:9"),
    "atomprobe": ("atomprobe", "entropy", "tip.apt", "--ranges", "tip.rrng", "--out", "tip"),
    "microscopy": ("stem", "analyze", "image.dm4", "--out", "map"),
}
"""Commands that need an extra, in a folder where their input lies."""
STUDY = """[study]
title = "Three points"
[[family]]
name = "A2"
formula = "Ba(1-2x)NaxSmxTiO3"
host = "BaTiO3"
x = { start = 0.0, stop = 0.3, steps = 3 }
[measures]
breakdown = { seeds = 2 }
"""
IMPORT_ALL = """
import importlib, json, pkgutil, entrox
found = [m.name for m in pkgutil.walk_packages(entrox.__path__, "entrox.") if not m.name.endswith("__main__")]
for name in found:
    importlib.import_module(name)
missing = [f"{room}.{name}" for room in entrox.__all__ if room != "__version__"
           for name in getattr(entrox, room).__all__ if not hasattr(getattr(entrox, room), name)]
assert not missing, missing
print(json.dumps(len(found)))
"""
QUICK_TESTS = ("tests/unit/core", "tests/unit/composition", "tests/cli/test_cli_describe.py")


class Place:
    """A virtual environment of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.bin = folder, folder / "bin"
        venv.create(folder, with_pip=True)

    def install(self, *what: str, upgrade: bool = False) -> None:
        """Install packages."""
        options = ("--quiet", *(("--upgrade",) if upgrade else ()))
        run([self.bin / "python", "-m", "pip", "install", *options, *what])

    def entrox(self, *arguments: str, cwd: Path, code: int = 0) -> str:
        """Run a command of entrox; stop if its exit code is another one."""
        return run([self.bin / "entrox", *arguments], cwd=cwd, code=code)


def run(command: list[Any], *, cwd: Path = ROOT, code: int = 0) -> str:
    """Run a program without this environment's packages and return what it printed."""
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [str(item) for item in command], cwd=cwd, env=clean, capture_output=True, text=True, check=False
    )
    if done.returncode != code:
        sys.exit(
            f"{' '.join(map(str, command))}\nended with {done.returncode} and not {code}:\n{done.stdout}{done.stderr}"
        )
    return done.stdout + done.stderr


def say(text: str) -> None:
    """Print a line with the time since the start."""
    print(f"{time.monotonic() - STARTED:6.0f} s  {text}", flush=True)


def build(folder: Path) -> tuple[Path, Path]:
    """Build wheel and source archive."""
    run([sys.executable, "-m", "hatchling", "build", "--directory", folder])
    wheel, archive = next(folder.glob("*.whl")), next(folder.glob("*.tar.gz"))
    say(f"{wheel.name} {wheel.stat().st_size / 1e6:.1f} MB, {archive.name} {archive.stat().st_size / 1e6:.1f} MB")
    return wheel, archive


def check_download(wheel: Path, folder: Path) -> None:
    """Load the wheels of the core and add up their sizes."""
    run([sys.executable, "-m", "pip", "download", "--quiet", "--only-binary", ":all:", "--dest", folder, wheel])
    size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    say(f"{len(list(folder.iterdir()))} wheels of the core, {size:.0f} MB to load")
    if size > LARGEST_DOWNLOAD_MB:
        sys.exit(f"the core must stay below {LARGEST_DOWNLOAD_MB:.0f} MB.")


def use(place: Path, python: Place) -> None:
    """Use the core as a new user does, outside the source tree."""
    modules = run([python.bin / "python", "-c", IMPORT_ALL], cwd=place).strip()
    python.entrox("--help", cwd=place)
    python.entrox("describe", "Ba(1-2x)NaxSmxTiO3", "--x", "0.3", cwd=place)
    (place / "study.toml").write_text(STUDY, encoding="utf-8")
    python.entrox("study", "study.toml", "--out", "run", "--quiet", cwd=place)
    if not (place / "run" / "report.html").is_file():
        sys.exit("the study has written no report.")
    say(f"{modules} modules imported, a study computed")


def check_absent(place: Path, python: Place) -> None:
    """See that a missing extra is named with the command that installs it."""
    for name in ("tip.apt", "tip.rrng", "image.dm4"):
        (place / name).write_bytes(b"")
    for extra, command in ABSENT.items():
        said = python.entrox(*command, cwd=place, code=3)
        if f"pip install 'entrox[{extra}]'" not in said:
            sys.exit(f"entrox {' '.join(command)} does not say how to install {extra}:\n{said}")
    say(f"{', '.join(ABSENT)}: absent, and said so")


def check_extra(extra: str, wheel: Path, place: Path, python: Place) -> None:
    """Install an extra beside the core; the doctor must find it."""
    python.install(f"{wheel}[{extra}]")
    run([python.bin / "python", "-c", IMPORT_ALL], cwd=place)
    found = json.loads(python.entrox("doctor", "--json", cwd=place))["extras"]
    if not next(item for item in found if item["extra"] == extra)["installed"]:
        sys.exit(f"the doctor does not find the extra {extra}.")
    say(f"{extra}: installed and found by the doctor")


def check_archive(archive: Path, folder: Path, python: Place) -> None:
    """Install from the source archive and run quick tests that came with it."""
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    source = next(folder.iterdir())
    python.install(str(source), "pytest", "hypothesis")
    said = run([python.bin / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *QUICK_TESTS], cwd=source)
    say(f"source archive: {said.strip().splitlines()[-1]}")


def main() -> None:
    """Check a release."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--extras", nargs="*", default=EXTRAS, help="extras to install (default: %(default)s)")
    extras = parser.parse_args().extras
    with tempfile.TemporaryDirectory(prefix="entrox-release-") as name:
        folder = Path(name)
        parts = {part: folder / part for part in ("dist", "wheels", "away", "source")}
        for part in parts.values():
            part.mkdir()
        wheel, archive = build(parts["dist"])
        check_download(wheel, parts["wheels"])
        python = Place(folder / "python")
        python.install("--no-index", "--find-links", str(parts["wheels"]), str(wheel))
        use(parts["away"], python)
        check_absent(parts["away"], python)
        for extra in extras:
            check_extra(extra, wheel, parts["away"], python)
        check_archive(archive, parts["source"], Place(folder / "source_python"))
    say("wheel and source archive are fit for release")


if __name__ == "__main__":
    STARTED = time.monotonic()
    main()
