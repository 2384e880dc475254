"""Where the answer of a command of ``entrox diffraction`` goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import typer

from entrox.cli.terminal import command_line, print_json, print_message

__all__ = ["DiffractionRun"]


class DiffractionRun:
    """Run folder, JSON or tables of a command."""

    def __init__(self, context: typer.Context, out: Path | None, *, overwrite: bool, json: bool, quiet: bool) -> None:
        self.command, self.out, self.overwrite = command_line(context), out, overwrite
        self.json, self.quiet = json, quiet

    def prepare(self, record: dict[str, Any], files: tuple[str, ...]) -> None:
        """Make the run folder, if there is one, before the work begins."""
        from entrox.cli.run_folder import prepare_folder

        if self.out is not None:
            prepare_folder(self.out, record, overwrite=self.overwrite, files=files)

    def finish(
        self, content: Mapping[str, Any], show: Callable[[Mapping[str, Any]], None], write: Callable[[Path], None]
    ) -> None:
        """Write the run folder and print the answer."""
        if self.out is not None:
            write(self.out)
            if not self.quiet and not self.json:
                print_message(f"Written: {self.out}")
        if self.json:
            print_json(content)
        elif not self.quiet:
            show(content)
