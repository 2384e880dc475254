"""Runs one command of DeePMD-kit, and ends with the process that started it.

Started as a file of its own, with the thread variables set before; imports nothing of entrox. Standard input is a pipe
that only the parent holds: its end means that the parent is gone, and a training that nobody waits for would write into
the same folder as the one that is started in its place.
"""

import os
import sys

if __name__ == "__main__":
    del sys.path[0]  # the neighbors of this file must not hide other modules

import threading


def _end_with_parent() -> None:
    # the bare descriptor: a thread inside a buffered read would abort the interpreter at its end
    while os.read(0, 4096):
        pass
    os._exit(1)


def _main() -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from deepmd.main import main

    main(sys.argv[1:])


if __name__ == "__main__":
    _main()
