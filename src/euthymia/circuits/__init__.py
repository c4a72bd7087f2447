"""Milliseconds: circuits of spiking cells, and what they do once they have settled."""
