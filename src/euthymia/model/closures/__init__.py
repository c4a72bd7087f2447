"""Closures: response surfaces that stand for circuits in the slow field; how they are built and stored."""
