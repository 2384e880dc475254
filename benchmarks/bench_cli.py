"""How long a new user waits for an answer of the command line, start of Python included."""

from __future__ import annotations

import subprocess
import sys


class TimeCommandLine:
    """Targets: help 0.7 s, describe 1.5 s, breakdown with compiled code at hand 3 s."""

    params = (["--help", "describe BaTiO3", "breakdown BaTiO3 --quiet", "study --example", "doctor"],)
    param_names = ("command",)
    timeout = 120.0
    number = 1
    repeat = (3, 10, 20.0)

    def setup(self, command: str) -> None:
        self.run(command)  # the first call compiles; its result is kept on disk

    def time_answer(self, command: str) -> None:
        self.run(command)

    def track_modules(self, command: str) -> int:
        """Count of the modules that the command loads."""
        arguments = command.split()
        script = (
            "import contextlib, io, sys\n"
            "from entrox.cli import main\n"
            "with contextlib.redirect_stdout(io.StringIO()):\n"
            f"    main({arguments!r})\n"
            "print(len(sys.modules))"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        return int(done.stdout)

    @staticmethod
    def run(command: str) -> None:
        subprocess.run([sys.executable, "-m", "entrox", *command.split()], capture_output=True, check=True)
