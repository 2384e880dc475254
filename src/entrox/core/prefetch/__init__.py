"""Memory asked for ahead of its use."""
