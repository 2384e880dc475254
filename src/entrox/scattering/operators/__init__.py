"""Data sets as linear functions of a histogram of distances."""
