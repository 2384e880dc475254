from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from entrox import __version__
from entrox.core.errors import ConvergenceError, EngineError, FormatError, InputError, MissingExtraError

COMMANDS = (
    "describe", "breakdown", "study", "polar", "polar-compare", "transitions", "hysteresis", "show", "reproduce",
    "doctor",
)  # fmt: skip
ESCAPE = "\x1b"


def test_help_names_every_command_and_every_exit_code(entrox: Callable) -> None:
    answer = entrox("--help")
    assert answer.code == 0
    assert all(f"\n  {command} " in answer.out for command in COMMANDS)
    assert "..." not in answer.out.split("Commands:")[1], "no summary of a command is cut off"
    assert all(f"{code} " in answer.out for code in (0, 1, 2, 3, 4, 130))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_has_a_help_text(entrox: Callable, command: str) -> None:
    answer = entrox(command, "--help")
    assert answer.code == 0
    lines = answer.out.split("Options:")[1].splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("  -"):
            assert len(line.strip().split("  ", 1)) == 2 or following.startswith(" " * 20), line


def test_the_version_is_that_of_the_package(entrox: Callable) -> None:
    assert entrox("--version").out == f"entrox {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("descrbe",), "descrbe"),
        (("describe",), "formula"),
        (("describe", "BaTiO3", "--jsn"), "--json"),
        (("breakdown", "BaTiO3", "--seeds", "many"), "--seeds"),
        (("describe", "BaTiO3", "SrTiO3"), "SrTiO3"),
    ],
)
def test_a_wrong_command_line_ends_with_code_2_and_names_the_place(
    fails: Callable, arguments: tuple[str, ...], words: str
) -> None:
    assert words.lower() in fails(*arguments).lower()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("what, got, allowed"), 2),
        (FormatError("what, got, allowed", path="a.toml", line=3), 2),
        (MissingExtraError("dask", "hpc", "a scheduler"), 3),
        (ConvergenceError("what, got, allowed"), 4),
        (EngineError("what, got, allowed", command="lmp", log_tail="ERROR"), 4),
        (KeyboardInterrupt(), 130),
    ],
)
def test_each_error_has_its_exit_code_and_no_traceback(
    entrox: Callable, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    def broken(*arguments: Any, **options: Any) -> None:
        raise error

    monkeypatch.setattr("entrox.composition.describe", broken)
    answer = entrox("describe", "BaTiO3")
    assert answer.code == code
    assert answer.out == ""
    assert answer.err == (f"Error: {error}\n" if code != 130 else "Interrupted.\n")


def test_an_error_that_is_not_ours_keeps_its_traceback(entrox: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: Any, **options: Any) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr("entrox.composition.describe", broken)
    with pytest.raises(ZeroDivisionError, match="a defect"):
        entrox("describe", "BaTiO3")


def on_terminal(arguments: list[str], **environment: str) -> str:
    """Return what a command prints on a terminal."""
    ours, theirs = pty.openpty()
    settings = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "FORCE_COLOR"}}
    settings.update({"TERM": "xterm-256color", "COLUMNS": "100", **environment})
    subprocess.run([sys.executable, "-m", "entrox", *arguments], stdout=theirs, env=settings, check=True)
    os.close(theirs)
    printed = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        printed += part
    os.close(ours)
    return printed.decode()


def test_a_terminal_gets_bold_headers_and_none_with_no_color() -> None:
    assert ESCAPE in on_terminal(["describe", "BaTiO3"])
    plain = on_terminal(["describe", "BaTiO3"], NO_COLOR="1")
    assert ESCAPE not in plain
    assert "entropy per formula unit" in plain


def test_a_pipe_gets_no_escape_codes_and_unbroken_lines() -> None:
    command = [sys.executable, "-m", "entrox", "describe", "Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3", "--x", "0.2"]
    settings = {key: value for key, value in os.environ.items() if key not in {"COLUMNS", "FORCE_COLOR"}}
    done = subprocess.run(command, capture_output=True, text=True, env=settings, check=True)
    assert ESCAPE not in done.stdout
    assert max(map(len, done.stdout.splitlines())) > 120, "a long warning stays on its line"
    assert all(line == line.rstrip() for line in done.stdout.splitlines())


def test_a_reader_that_leaves_early_causes_no_traceback() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as pipe:
        done = subprocess.run(
            [sys.executable, "-m", "entrox", "describe", "BaTiO3", "--json"], stdout=pipe, stderr=subprocess.PIPE
        )
    assert b"Traceback" not in done.stderr


def test_brackets_in_titles_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    from entrox.cli.terminal import print_heading, print_table

    print_heading("[bold]x[/bold] :smile:")
    print_table(("[red]Family",), [("A[/] [link]",)])
    out = capsys.readouterr().out
    assert "[bold]x[/bold] :smile:" in out
    assert "[red]Family" in out
    assert "A[/] [link]" in out


def test_the_shell_can_complete_commands() -> None:
    settings = {**os.environ, "_ENTROX_COMPLETE": "complete_bash", "COMP_WORDS": "entrox de", "COMP_CWORD": "1"}
    done = subprocess.run([sys.executable, "-m", "entrox"], capture_output=True, text=True, env=settings)
    assert done.stdout.split() == ["describe"]
