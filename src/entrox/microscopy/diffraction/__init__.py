"""Electron diffraction: rings, sizes, pair distributions, scans of patterns, and what strain does to them."""
