"""Membrane physics that several scales share."""
