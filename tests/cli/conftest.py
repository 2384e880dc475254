from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from entrox.cli import main


@dataclass(frozen=True)
class Answer:
    """What one command gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Answer]


@pytest.fixture(autouse=True)
def plain_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """Print as into a pipe, whatever the terminal in which the tests run."""
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def entrox(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command in this process, as its entry point does."""

    def run(*arguments: object) -> Answer:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return run


@pytest.fixture
def fails(entrox: Command) -> Callable[..., str]:
    """Run a command that must refuse bad input: code 2, nothing on stdout, one message without a traceback."""

    def run(*arguments: object) -> str:
        answer = entrox(*arguments)
        assert (answer.code, answer.out) == (2, "")
        assert "Traceback" not in answer.err
        return answer.err

    return run


SMALL_STUDY = """
[study]
title = "Small study"

[[family]]
name = "Sr"
formula = "Ba(1-x)SrxTiO3"
host = "BaTiO3"
x = { start = 0, stop = 1, steps = 4 }

[measures]
breakdown = { seeds = 5, cells = 5, mean_free_path_angstrom = 16 }
"""


@pytest.fixture
def study_file(tmp_path: Path) -> Path:
    """Return the file of a study that is done in a moment."""
    path = tmp_path / "small.toml"
    path.write_text(SMALL_STUDY, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a finished study; tests only read it."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "small.toml").write_text(SMALL_STUDY, encoding="utf-8")
    assert main(["study", str(folder / "small.toml"), "-o", str(folder / "run"), "--workers", "1", "--quiet"]) == 0
    return folder / "run"
