"""Runs over temperature and composition, transitions, and the phase diagram."""
