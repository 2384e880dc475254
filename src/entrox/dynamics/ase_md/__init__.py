"""Molecular dynamics in Python with any calculator of ASE."""
