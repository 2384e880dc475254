"""What is counted over lists of neighbors."""
