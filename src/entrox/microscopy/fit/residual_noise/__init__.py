"""What a residual says about the noise of an image."""
