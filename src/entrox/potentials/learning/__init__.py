"""The learning loop: journal, exploration, choice of frames, convergence."""
