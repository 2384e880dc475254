from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(
    shutil.which("git") is None or not (ROOT / ".git").exists(), reason="needs git and a checkout with its history"
)
def test_no_source_file_is_ignored_by_git() -> None:
    folders = ("src", "tests", "benchmarks", "gallery", "examples", "docs")
    made = {"__pycache__", "_output"}
    every = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    files = [str(path.relative_to(ROOT)) for path in every if not made & set(path.parts)]
    found = subprocess.run(
        ["git", "check-ignore", "--stdin"], input="\n".join(files), capture_output=True, text=True, cwd=ROOT,
        check=False,
    )  # fmt: skip
    ignored = [line for line in found.stdout.splitlines() if not line.endswith((".pyc", ".nbi", ".nbc"))]
    assert files
    assert ignored == []
