"""Protocols run through the whole model, and the claims that such runs must bear out."""
