"""The whole analysis of an image, its record, report and tables."""
