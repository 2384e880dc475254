"""Potential of the applied field around the conducting cluster."""
