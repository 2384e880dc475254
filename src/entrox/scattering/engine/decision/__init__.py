"""Decision on moves."""
