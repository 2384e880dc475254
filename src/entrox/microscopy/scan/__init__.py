"""Errors of the scan: jitter of rows, drift, affine distortion."""
