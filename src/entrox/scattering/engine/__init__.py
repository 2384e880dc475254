"""The Markov chain of boxes: neighbors, moves, cost, gradient."""
