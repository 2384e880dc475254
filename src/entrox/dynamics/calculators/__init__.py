"""Calculators of ASE in processes of their own."""
