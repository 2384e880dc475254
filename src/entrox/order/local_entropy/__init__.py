"""Mixing entropy at every length scale, told apart from counting noise."""
