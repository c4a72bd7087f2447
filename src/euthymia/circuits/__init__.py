"""Circuits, in milliseconds, and their steady states."""
