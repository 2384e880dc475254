"""Sums over the patch of a column that the steps of a fit and its covariance are made of."""
