"""Euthymia: how ketamine relieves depression, from dose to mood. Importing it loads no array library."""

__version__ = "0.2.0"
