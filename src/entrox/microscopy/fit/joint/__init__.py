"""One fit of a column together with the columns that share its background."""
