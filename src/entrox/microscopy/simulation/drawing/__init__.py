"""Compiled drawing of columns into an image."""
