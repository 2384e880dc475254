"""Compiled kernels of the exchange of two species."""
