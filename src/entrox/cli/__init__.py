"""The command line: one file per room, each command parses, calls one public function, and prints or writes.

Exit codes: 0 done, 1 a published number left its expected verdict, 2 bad input, 3 missing extra, 4 no answer
(not converged, engine failed, no breakdown; what there is, is written), 130 interrupted.
"""

from entrox.cli.app import main

__all__ = ["main"]
