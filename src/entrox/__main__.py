"""Run the command line with ``python -m entrox``."""

from __future__ import annotations

import sys

from entrox.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main())
