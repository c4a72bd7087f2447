"""Membrane physics that several scales share, each typed once."""
