"""Equations of columns that stand in chains."""
