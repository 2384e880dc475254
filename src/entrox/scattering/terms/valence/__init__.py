"""Compiled code: see the file next door."""
