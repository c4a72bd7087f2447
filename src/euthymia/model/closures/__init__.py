"""Closures: what stands for a circuit in the slow field, how it is built and stored."""
