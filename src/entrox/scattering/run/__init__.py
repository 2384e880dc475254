"""Runs: chain, convergence, checkpoint, ensemble, what the boxes show, the record."""
