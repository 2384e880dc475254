"""Labeled frames as data sets: folders and files, checks, splits, energy references."""
