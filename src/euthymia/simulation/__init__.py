"""One protocol through the whole model."""
