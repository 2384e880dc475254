"""Constraints: bond valence, coordination, closest approach, distance windows."""
