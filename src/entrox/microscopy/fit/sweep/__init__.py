"""One refit of every column with the model of all others subtracted."""
