"""Numerical methods without biology."""
