"""What a page tells its reader to type works as it stands: every Python block and every ``entrox`` command is run.

The commands of a page run from top to bottom in one folder that has the examples of the repository in it. Only the
example study, the sample in space, the ramps through alloys and vacancies, and the relabelings and widest neighborhoods
of ions are made smaller.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from entrox.cli import main

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "docs" / "index.md",
    *sorted((ROOT / "docs" / "how-to").glob("*.md")),
    *sorted((ROOT / "docs" / "explanation").glob("*.md")),
]
FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w+)\n(?P<text>.*?)^(?P=indent)```", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"(\.venv/bin/)?entrox ")
SMALLER_STUDY = {"steps = 21": "steps = 2", "seeds = 32": "seeds = 5"}
SMALLER_SAMPLE = {
    "--dimensions 3 --cells 15 --seeds 8": "--dimensions 3 --cells 5 --seeds 5",
    "--alloy explicit": "--alloy explicit --seeds 5",
    "--vacancy-profile bottom": "--vacancy-profile bottom --seeds 5",
    "--radii-nm 0.5,1,1.5": "--radii-nm 0.5,1",
    "atomprobe entropy ": "atomprobe entropy --origins 1 --relabelings 39 --bootstraps 39 ",
}


def snippets(page: Path) -> list[tuple[str, str]]:
    """Return (language, text) of all that a page asks to run, in its order."""
    found = []
    for block in FENCE.finditer(page.read_text(encoding="utf-8")):
        text = re.sub(rf"^{block['indent']}", "", block["text"], flags=re.MULTILINE)
        if block["language"] == "python":
            found.append(("python", text))
        elif block["language"] == "bash":
            found.extend(("bash", line) for line in text.splitlines() if COMMAND.match(line))
    return found


def replaced(text: str, changes: dict[str, str]) -> str:
    for old, new in changes.items():
        text = text.replace(old, new)
    return text


def run_script(text: str) -> None:
    """Run a Python block as a script of its own, in a process of its own."""
    Path("script.py").write_text(text, encoding="utf-8")
    environment = {**os.environ, "MPLBACKEND": "Agg"}
    done = subprocess.run(
        [sys.executable, "script.py"], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{text}\n{done.stderr[-2000:]}"


def run_commands(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Run a line of the shell: commands of ours joined by ``&&``, their output to a file where ``>`` says so."""
    for part in replaced(line, SMALLER_SAMPLE).split("&&"):
        words = shlex.split(part, comments=True)
        words, target = (words[:-2], words[-1]) if ">" in words else (words, None)
        assert words[0] in ("entrox", ".venv/bin/entrox"), line
        capsys.readouterr()
        code = main(words[1:])
        answer = capsys.readouterr()
        assert code == 0, f"{line}\n{answer.err}"
        if target:
            Path(target).write_text(replaced(answer.out, SMALLER_STUDY), encoding="utf-8")


@pytest.mark.parametrize("page", [page for page in PAGES if snippets(page)], ids=lambda page: page.name)
def test_every_snippet_of_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("webbrowser.open", lambda *_, **__: True)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for language, text in snippets(page):
        if language == "python":
            run_script(text)
        else:
            run_commands(text, capsys)


def test_pages_call_the_command_in_one_way_and_have_snippets() -> None:
    found = {page.name: snippets(page) for page in PAGES}
    with_snippets = {
        "README.md", "index.md", "atom-probe.md", "one-material.md", "own-study.md", "composition.md", "design.md",
    }  # fmt: skip
    assert {name for name, texts in found.items() if texts} >= with_snippets
    lines = [text for texts in found.values() for language, text in texts if language == "bash"]
    assert [line for line in lines if not line.startswith(".venv/bin/entrox ")] == []
