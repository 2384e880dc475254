"""The fit of all columns with its covariance."""
